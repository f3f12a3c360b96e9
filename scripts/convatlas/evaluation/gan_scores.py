"""Scoring a GAN's snapshots: pictures, features, statistics, distances."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from convatlas.data.classes import refuse_one_class
from convatlas.data.splits import Part
from convatlas.evaluation.fid import (
    Statistics,
    frechet_distance_of_features,
    save_statistics,
    statistics_of,
    warn_of_few,
)
from convatlas.evaluation.generation import class_shares, kernel_distance, precision_and_recall
from convatlas.evaluation.sampling import extract_features
from convatlas.files import atomic_path
from convatlas.seeding import numpy_generator

logger = logging.getLogger(__name__)

LEGIBLE = 0.95
"""A generated digit that a classifier is surer of than this is called legible."""
MANIFOLD = 5000
"""Pictures at most for precision and recall, whose cost grows with their square."""


@dataclass(frozen=True)
class Described:
    """Features of a set of pictures, and what a classifier reads in them.

    Attributes
    ----------
    features : numpy.ndarray
        (n, d) float32.
    labels, confidences : numpy.ndarray
        (n,) predicted class and its probability; empty for a network that is no classifier of
        digits.
    """

    features: np.ndarray
    labels: np.ndarray
    confidences: np.ndarray

    @property
    def statistics(self) -> Statistics:
        """Mean and covariance."""
        return statistics_of(self.features)


def describe_pictures(network: nn.Module, images: np.ndarray) -> Described:
    """Take a network's features and readings of pictures (n, 28, 28) uint8."""
    features, scores = zip(*extract_features(network, images), strict=True)
    features, scores = torch.cat(features).numpy(), torch.cat(scores)
    if scores.shape[1] != 10:
        return Described(features, np.empty(0, np.int64), np.empty(0))
    confidences, labels = torch.softmax(scores.double(), 1).max(1)
    return Described(features, labels.numpy(), confidences.numpy())


def choose_pictures(part: Part, count: int, *, seed: int) -> np.ndarray:
    """Choose at most ``count`` pictures of a part, at random; all of them in their order if fewer.

    Raises
    ------
    ConvatlasError
        If they are all of one class: distances to them say nothing about ten digits.
    """
    refuse_one_class(part, "to compare with")
    if len(part) <= count:
        return part.images
    chosen = numpy_generator(seed, "reference pictures").choice(len(part), count, replace=False)
    return part.images[np.sort(chosen)]


def compare(
    generated: Described, reference: Described, *, generator: np.random.Generator
) -> dict[str, Any]:
    """Measure how near generated pictures are to real ones.

    Returns
    -------
    dict
        ``fid``; ``kid``, ``kid_low``, ``kid_high``; ``precision``, ``recall``; ``generated`` and
        ``real`` counts; ``note``, what is wrong with so few pictures.
    """
    counts = len(generated.features), len(reference.features)
    kernel = kernel_distance(generated.features, reference.features, generator)
    most = min(MANIFOLD, *counts)
    # at random: MNIST's test digits are the clear ones first
    chosen = generator.permutation(counts[1])[:most]
    return {
        "fid": frechet_distance_of_features(generated.features, reference.features),
        "kid": kernel["mean"],
        "kid_low": kernel["low"],
        "kid_high": kernel["high"],
        **precision_and_recall(reference.features[chosen], generated.features[:most]),
        "generated": counts[0],
        "real": counts[1],
        "note": warn_of_few(min(counts), generated.features.shape[1]),
    }


def floors(train: Described, reference: Described, *, seed: int) -> dict[str, float]:
    """Return what real pictures score: no generator can be expected below.

    Returns
    -------
    dict
        ``floor_train``: as many training pictures as are generated against the reference;
        ``floor_halves``: one half of the reference against the other, higher since of fewer.
    """
    order = numpy_generator(seed, "halves").permutation(len(reference.features))
    half = len(order) // 2
    return {
        "floor_train": frechet_distance_of_features(train.features, reference.features),
        "floor_halves": frechet_distance_of_features(
            reference.features[order[:half]], reference.features[order[half : 2 * half]]
        ),
    }


def score_snapshots(
    network: nn.Module,
    pictures: Mapping[int, np.ndarray],
    references: Mapping[str, Part],
    *,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[int, Described]]:
    """Score the pictures of every snapshot against real ones.

    Parameters
    ----------
    network : torch.nn.Module
        Gives ``features``.
    pictures : mapping of int to numpy.ndarray
        By epoch: generated pictures (n, 28, 28) uint8.
    references : mapping of str to Part
        Real ones: ``train``, and the parts to score against, ``validation`` or ``test``.
    seed : int
        Of choosing references and subsets.

    Returns
    -------
    scores : pandas.DataFrame
        A row per epoch and reference: those of :func:`compare` and :func:`floors`.
    classes : pandas.DataFrame
        A row per epoch and digit: share, legible (share of its pictures). Empty where the
        network reads no digits.
    described : dict
        By epoch.
    """
    count = len(next(iter(pictures.values())))
    real = {
        part: describe_pictures(network, choose_pictures(digits, count, seed=seed))
        for part, digits in references.items()
    }
    parts = [part for part in real if part != "train"]
    lowest = {part: floors(real["train"], real[part], seed=seed) for part in parts}
    scores, classes, described = [], [], {}
    for epoch, images in pictures.items():
        described[epoch] = describe_pictures(network, images)
        for part, floor in lowest.items():
            stream = numpy_generator(seed, f"subsets {part}")
            measured = compare(described[epoch], real[part], generator=stream)
            scores.append({"epoch": epoch, "reference": part, **measured, **floor})
        classes.append(_tabulate_classes(described[epoch]).assign(epoch=epoch))
        fid = ", ".join(f"{row['fid']:.3f} ({row['reference']})" for row in scores[-len(parts) :])
        logger.info("epoch %d: Fréchet distance %s", epoch, fid)
    return pd.DataFrame(scores), pd.concat(classes, ignore_index=True), described


def _tabulate_classes(described: Described) -> pd.DataFrame:
    if len(described.labels) == 0:  # no digits are read: shares of 0 would look like a collapse
        return pd.DataFrame(columns=["digit", "share", "legible"])
    labels, sure = described.labels, described.confidences > LEGIBLE
    shares = class_shares(labels)
    legible = [float(sure[labels == digit].mean()) if shares[digit] else 0.0 for digit in range(10)]
    return pd.DataFrame({"digit": range(10), "share": shares, "legible": legible})


def save_described(
    described: Mapping[int, Described], *, features: str | Path, statistics: str | Path
) -> None:
    """Write the features and the statistics of the last epoch, each an ``.npz``.

    ``features`` (n, d) float32; ``mu`` (d,) and ``sigma`` (d, d) as pytorch-fid reads them.
    """
    last = described[max(described)]
    with atomic_path(features) as part, part.open("wb") as file:
        np.savez_compressed(file, features=last.features)
    save_statistics(statistics, last.statistics)
