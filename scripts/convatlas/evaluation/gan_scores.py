"""Scoring a GAN's snapshots: pictures, features, statistics, distances."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from convatlas.data.classes import refuse_one_class
from convatlas.data.splits import Part
from convatlas.evaluation.feature_networks import Extractor
from convatlas.evaluation.fid import Moments, Statistics, frechet_distance, warn_of_few
from convatlas.evaluation.generation import class_shares, kernel_distance, precision_and_recall
from convatlas.evaluation.sampling import extract_features
from convatlas.files import atomic_path
from convatlas.seeding import numpy_generator

logger = logging.getLogger(__name__)

LEGIBLE = 0.95
"""A generated digit that a classifier is surer of than this is called legible."""
KEPT = 5000
"""Pictures at most whose features are kept, for kernel distances and for precision and recall,
whose cost grows with their square; at random: MNIST's test digits are the clear ones first."""


@dataclass(frozen=True)
class Described:
    """What is known of a set of pictures once a network has looked at each of them.

    Attributes
    ----------
    count : int
        Pictures.
    statistics : Statistics
        Of the features of all of them.
    features : numpy.ndarray
        (m, d) float32: those of at most :data:`KEPT` of them, chosen and ordered at random.
    labels, confidences : numpy.ndarray
        (n,) predicted class and its probability; empty for a network that reads no digits.
    """

    count: int
    statistics: Statistics
    features: np.ndarray
    labels: np.ndarray
    confidences: np.ndarray


def describe_pictures(
    extractor: Extractor,
    images: np.ndarray,
    *,
    generator: np.random.Generator,
    keep: bool = True,
    halves: tuple[Moments, Moments] | None = None,
) -> Described:
    """Let a network look at pictures (n, 28, 28) uint8, once; memory does not grow with them.

    Parameters
    ----------
    extractor : Extractor
        The network.
    images : numpy.ndarray
        (n, 28, 28) uint8.
    generator : numpy.random.Generator
        Chooses whose features are kept.
    keep : bool
        Whether any features are.
    halves : tuple of Moments, optional
        Filled with the features of one half of the pictures, at random, and of the other.
    """
    kept = np.isin(np.arange(len(images)), generator.permutation(len(images))[:KEPT]) & keep
    half = generator.permutation(len(images)) < len(images) // 2
    moments, features, labels, confidences, start = None, [], [], [], 0
    for batch, scores in extract_features(extractor, images):
        rows, seen = batch.numpy(), slice(start, start + len(batch))
        moments = moments or Moments(rows.shape[1])
        moments.add(rows)
        if halves is not None:
            halves[0].add(rows[half[seen]])
            halves[1].add(rows[~half[seen]])
        features.append(rows[kept[seen]])
        if scores is not None:
            sure, read = torch.softmax(scores.double(), 1).max(1)
            labels.append(read.numpy())
            confidences.append(sure.numpy())
        start += len(batch)
    some = np.concatenate(features)
    return Described(
        moments.count,
        moments.statistics(),
        some[generator.permutation(len(some))],
        np.concatenate(labels) if labels else np.empty(0, np.int64),
        np.concatenate(confidences) if confidences else np.empty(0),
    )


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
        ``fid``, of the statistics; ``kid``, ``kid_low``, ``kid_high``, ``precision`` and
        ``recall``, of the features that were kept; ``generated`` and ``real`` counts; ``note``,
        what is wrong with so few pictures.
    """
    made, real = generated.features, reference.features
    kernel = kernel_distance(made, real, generator)
    most = min(len(made), len(real))
    return {
        "fid": frechet_distance(generated.statistics, reference.statistics),
        "kid": kernel["mean"],
        "kid_low": kernel["low"],
        "kid_high": kernel["high"],
        **precision_and_recall(real[:most], made[:most]),
        "generated": generated.count,
        "real": reference.count,
        "note": warn_of_few(min(generated.count, reference.count), made.shape[1]),
    }


def score_snapshots(
    extractor: Extractor,
    pictures: Mapping[int, np.ndarray],
    references: Mapping[str, Part],
    *,
    seed: int,
    keep_statistics: Callable[[str, Statistics], None] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Score the pictures of every snapshot against real ones.

    Parameters
    ----------
    extractor : Extractor
        Gives the features.
    pictures : mapping of int to numpy.ndarray
        By epoch: generated pictures (n, 28, 28) uint8.
    references : mapping of str to Part
        Real ones: ``train``, and the parts to score against, ``validation`` or ``test``.
    seed : int
        Of choosing references, halves and subsets.
    keep_statistics : callable, optional
        Given the statistics that distances are computed from, by what they are of: ``train``,
        ``test`` and so on, ``test_half_1`` and ``test_half_2``, ``epoch_20``.

    Returns
    -------
    scores : pandas.DataFrame
        A row per epoch and reference: those of :func:`compare`; what real pictures score, below
        which no generator can be expected: ``floor_train``, as many training pictures against the
        reference, and ``floor_halves``, one half of the reference against the other, higher since
        of fewer; and ``sees``, what the network makes of pictures before it looks.
    classes : pandas.DataFrame
        A row per epoch and digit: share, legible (share of its pictures), and the same of the last
        of the references: real_share, real_legible; counts and ``sees`` as in ``scores``. Empty
        where the network reads no digits.
    features : numpy.ndarray
        (m, d) float32: of pictures of the last epoch.
    """
    keep = keep_statistics or (lambda _, __: None)
    count = len(next(iter(pictures.values())))
    real, floors, train = {}, {}, None
    for part, digits in references.items():
        chosen, stream = choose_pictures(digits, count, seed=seed), numpy_generator(seed, "kept")
        if part == "train":
            train = describe_pictures(extractor, chosen, generator=stream, keep=False)
            keep(part, train.statistics)
            continue
        halves = Moments(len(train.statistics.mean)), Moments(len(train.statistics.mean))
        real[part] = describe_pictures(extractor, chosen, generator=stream, halves=halves)
        both = [half.statistics() for half in halves]
        floors[part] = {
            "floor_train": frechet_distance(train.statistics, real[part].statistics),
            "floor_halves": frechet_distance(*both),
        }
        keep(part, real[part].statistics)
        for number, half in enumerate(both, 1):
            keep(f"{part}_half_{number}", half)
    scores, classes, described = [], [], None
    for epoch, images in sorted(pictures.items()):
        stream = numpy_generator(seed, "kept")
        described = describe_pictures(extractor, images, generator=stream)
        keep(f"epoch_{epoch}", described.statistics)
        for part, reference in real.items():
            stream = numpy_generator(seed, f"subsets {part}")
            measured = compare(described, reference, generator=stream)
            about = {"epoch": epoch, "reference": part}
            scores.append({**about, **measured, **floors[part], "sees": extractor.sees})
        about = {"epoch": epoch, "reference": part, "sees": extractor.sees}
        counts = {"generated": described.count, "real": real[part].count}
        classes.append(_tabulate_classes(described, real[part]).assign(**about, **counts))
        fid = ", ".join(f"{row['fid']:.3f} ({row['reference']})" for row in scores[-len(real) :])
        logger.info("epoch %d: Fréchet distance %s", epoch, fid)
    return pd.DataFrame(scores), pd.concat(classes, ignore_index=True), described.features


def _tabulate_classes(described: Described, real: Described) -> pd.DataFrame:
    columns = ["digit", "share", "legible", "real_share", "real_legible"]
    if len(described.labels) == 0:  # no digits are read: shares of 0 would look like a collapse
        return pd.DataFrame(columns=columns)
    values = [range(10), *_count_classes(described), *_count_classes(real)]
    return pd.DataFrame(dict(zip(columns, values, strict=True)))


def _count_classes(described: Described) -> tuple[np.ndarray, list[float]]:
    """Return the share of each digit, and of its pictures those that are legible."""
    labels, sure = described.labels, described.confidences > LEGIBLE
    shares = class_shares(labels)
    return shares, [float(sure[labels == d].mean()) if shares[d] else 0.0 for d in range(10)]


def save_features(path: str | Path, features: np.ndarray) -> None:
    """Write features (m, d) float32 as ``.npz``."""
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez_compressed(file, features=features)
