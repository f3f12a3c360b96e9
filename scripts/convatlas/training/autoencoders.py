"""Fitting autoencoders n -> l -> n of several widths l, by every way that a study compares.

`sepulveda`, II.A and III.A: linear hidden layer, sigmoid output, online gradient descent of its
own against a library's Adam. What its published code did otherwise is available by name, so that
an ablation can take each cause apart.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from convatlas.data.partition import Table
from convatlas.errors import ConvatlasError
from convatlas.evaluation.reconstruction import broadcast_energy, mean_squared_error
from convatlas.models.perceptron import Activation, Perceptron, Weights
from convatlas.seeding import derive_seed, numpy_generator
from convatlas.training.batches import Descent, descend_in_batches
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.library import fit_with_scikit_learn, fit_with_torch
from convatlas.training.online import Stack

logger = logging.getLogger(__name__)

HISTORY = (
    "seed", "hidden", "epoch", "train_error", "test_error", "train_broadcast", "test_broadcast",
)  # fmt: skip


@dataclass(frozen=True)
class AutoencoderFit:
    """What became of the autoencoders of all seeds and widths.

    Attributes
    ----------
    history : pandas.DataFrame
        A row per seed, width and epoch: mean squared errors (``*_error``) and broadcast energies
        (``*_broadcast``) on the training and the test part, after the epoch.
    fitted : dict
        Network and weights by ``"{seed}/{width}"``.
    """

    history: pd.DataFrame
    fitted: dict[str, tuple[Perceptron, Weights]]


def sum_broadcast_errors(errors: np.ndarray) -> np.ndarray:
    """Turn errors (outputs, networks) into the one signal that the document's code propagates.

    There, desired outputs (3,) minus responses (3, 1) give the 3 x 3 matrix d_j - y_k, whose sum
    is taken for the error of every output: each learns that the sum of all should be right.
    """
    count = len(errors)
    return np.repeat(count * errors.sum(axis=0, keepdims=True), count, axis=0)


def average_broadcast_errors(errors: np.ndarray) -> np.ndarray:
    """Do as :func:`sum_broadcast_errors`, with the mean of the matrix in place of its sum."""
    return sum_broadcast_errors(errors) / len(errors) ** 2


SIGNALS = {
    "errors": None,
    "broadcast_sum": sum_broadcast_errors,
    "broadcast_mean": average_broadcast_errors,
}
"""What an online step propagates back; the broadcasts are mistakes to be studied."""


def fit_autoencoders(
    settings: Mapping[str, Any],
    table: Table,
    *,
    seeds: Sequence[int],
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> AutoencoderFit:
    """Fit one autoencoder per seed and width.

    Parameters
    ----------
    settings : mapping
        An entry of ``autoencoders`` in ``config/perceptrons.yaml``.
    table : Table
        What to encode; fitted on its training part.
    seeds : sequence of int
        Each draws its own weights and orders.
    checkpoint : Checkpoint, optional
        Saved after seeds; a run that was stopped goes on from there.
    progress : callable, optional
        Called as ``progress(done, total)`` with counts of epochs.

    Raises
    ------
    ConvatlasError
        If one diverged with every output that it may have.
    """
    epochs = settings["epochs"] * len(seeds)
    histories, fitted = [], {}
    saved = (checkpoint.load() if checkpoint else None) or {}
    if saved:
        logger.info("going on from seed %d of %d", len(saved) + 1, len(seeds))
    for number, seed in enumerate(seeds):
        key = str(seed)
        if key not in saved:
            tell = _counting(progress, number * settings["epochs"], epochs)
            saved[key] = _fit_seed(settings, table, seed, tell)
            if checkpoint and checkpoint.due():
                checkpoint.save(saved)
        histories.append(saved[key]["history"].numpy())
        for place, width in enumerate(settings["widths"]):
            network = _network(settings, table, width, saved[key]["outputs"][place])
            weights = [matrix.numpy() for matrix in saved[key]["weights"][place]]
            fitted[f"{seed}/{width}"] = network, weights
    history = pd.DataFrame(np.concatenate(histories), columns=list(HISTORY))
    return AutoencoderFit(history.astype({"seed": int, "hidden": int, "epoch": int}), fitted)


def _counting(
    progress: Callable[[int, int], None] | None, before: int, total: int
) -> Callable[[int], None]:
    return lambda done: progress(before + done, total) if progress else None


def _network(settings: Mapping[str, Any], table: Table, width: int, output: int) -> Perceptron:
    count = len(table.columns)
    return Perceptron(
        count,
        (*settings["layers_before"], width),
        count,
        Activation(**settings["hidden"]),
        Activation(**settings["outputs"][output]),
        settings["bias"],
    )


def _fit_seed(
    settings: Mapping[str, Any], table: Table, seed: int, tell: Callable[[int], None]
) -> dict[str, Any]:
    """Fit all widths; where several outputs are allowed, each width keeps its best by validation.

    Returns tensors and plain values, as a checkpoint holds them.
    """
    validation = table.part("validation")
    kept: list[dict[str, Any] | None] = [None] * len(settings["widths"])
    for output in range(len(settings["outputs"])):
        networks = [_network(settings, table, width, output) for width in settings["widths"]]
        rows: list[list[tuple[float, ...]]] = [[] for _ in networks]
        weights: list[Weights] = []
        for epoch, weights in enumerate(_epochs(settings, table, networks, seed), start=1):
            for place, (network, own) in enumerate(zip(networks, weights, strict=True)):
                errors = _errors(network, own, table)
                rows[place].append((seed, settings["widths"][place], epoch, *errors))
            tell(epoch)
        for place, (network, own) in enumerate(zip(networks, weights, strict=True)):
            error = mean_squared_error(network, own, validation)
            error = error if np.isfinite(error) else np.inf  # one that diverged is not kept
            best = kept[place]
            if best is None or error < best["error"]:
                kept[place] = {
                    "error": error, "output": output, "rows": rows[place],
                    "weights": [torch.from_numpy(matrix.copy()) for matrix in own],
                }  # fmt: skip
    for width, one in zip(settings["widths"], kept, strict=True):
        if not np.isfinite(one["error"]):
            raise ConvatlasError(
                f"the autoencoder of width {width}, seed {seed}, has diverged at learning rate "
                f"{settings['learning_rate']:g}; lower `learning_rate` in config/perceptrons.yaml"
            )
    return {
        "history": torch.tensor([row for one in kept for row in one["rows"]], dtype=torch.float64),
        "outputs": [one["output"] for one in kept],
        "weights": [one["weights"] for one in kept],
    }


def _errors(network: Perceptron, weights: Weights, table: Table) -> tuple[float, ...]:
    parts = [table.part(part) for part in ("train", "test")]
    return (
        *(mean_squared_error(network, weights, part) for part in parts),
        *(broadcast_energy(network, weights, part) for part in parts),
    )


def _epochs(
    settings: Mapping[str, Any], table: Table, networks: list[Perceptron], seed: int
) -> Iterator[list[Weights]]:
    """Give the weights of all widths after each epoch."""
    train = table.part("train")
    starts = [
        _draw(settings["weights"], network, numpy_generator(seed, f"weights {network.hidden[-1]}"))
        for network in networks
    ]
    if settings["method"] == "online":
        yield from _online_epochs(settings, train, networks, starts, seed)
        return
    descent = Descent(
        "descent" if settings["method"] == "batches" else "adam",
        settings["learning_rate"], settings["batch_size"], settings["epochs"], settings["cosine"],
    )  # fmt: skip
    fits = []
    for network, start in zip(networks, starts, strict=True):
        given = network, start, train, train, descent, seed
        match settings["method"]:
            case "torch_adam":
                fits.append(fit_with_torch(*given, loss=settings["loss"]))
            case "scikit_learn_adam":
                fits.append(fit_with_scikit_learn(network, train, train, descent, seed))
            case _:
                fits.append(descend_in_batches(*given))
    yield from map(list, zip(*fits, strict=True))


def _draw(how: str | list[float], network: Perceptron, generator: np.random.Generator) -> Weights:
    return network.draw_glorot(generator) if how == "glorot" else network.draw(generator, *how)


def _online_epochs(
    settings: Mapping[str, Any],
    train: np.ndarray,
    networks: list[Perceptron],
    starts: list[Weights],
    seed: int,
) -> Iterator[list[Weights]]:
    signal = SIGNALS[settings["error_signal"]]
    rates = [settings["learning_rate"]] * len(networks)
    stack = Stack(networks, starts, rates, error_signal=signal)
    for epoch in range(settings["epochs"]):
        order = np.random.default_rng([derive_seed(seed, "order"), epoch]).permutation(len(train))
        stack.learn(train[order], train[order])
        yield [stack.weights(place) for place in range(len(networks))]
