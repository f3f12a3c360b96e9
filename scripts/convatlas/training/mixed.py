"""Mixed models: the code of an autoencoder feeds a network that predicts the outputs.

`banoy`, 2.1.2: the best autoencoders with fewer and with more neurons than features, M1* and M2*,
and the best network of the grid, beside the one that the document found best; fitted with a
library, as the document does, and in NumPy, as the grid. The library's settings are those of the
document's published code.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from convatlas.data.partition import Table
from convatlas.evaluation.origin_distances import DOCUMENT, GRID
from convatlas.evaluation.origins import Keep
from convatlas.evaluation.place_regressors import Regressor
from convatlas.models.perceptron import Perceptron, Weights
from convatlas.models.perceptron_file import Fitted, encode_features
from convatlas.seeding import numpy_generator
from convatlas.training.batches import Descent
from convatlas.training.grid import fit_grid
from convatlas.training.library import fit_with_torch

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Candidate:
    """A network for the mixed models.

    Attributes
    ----------
    title : str
        :data:`GRID` or :data:`DOCUMENT`.
    shape : Perceptron
        Hidden layers and activations; inputs and outputs are those of what it is fitted to.
    rate : float
        Of online descent in NumPy; the library has its own.
    """

    title: str
    shape: Perceptron
    rate: float

    def name(self, way: str) -> str:
        """Name it for people, with what it is fitted by."""
        depth, width = len(self.shape.hidden), self.shape.hidden[0]
        rate = f" at rate {self.rate:g}" if way == "NumPy" else ""
        return f"{self.title} ({depth} x {width}{rate}), {way}"


def list_candidates(shape: Perceptron, rate: float, document: Mapping[str, Any]) -> list[Candidate]:
    """Return the grid's best network, and the document's as it states it.

    Parameters
    ----------
    shape, rate
        What the grid found best.
    document : mapping
        ``depth``, ``width`` and ``learning_rate``.
    """
    stated = dataclasses.replace(shape, hidden=(document["width"],) * document["depth"])
    return [Candidate(GRID, shape, rate), Candidate(DOCUMENT, stated, document["learning_rate"])]


Fit = Callable[[Candidate, Perceptron, Pair, Mapping[str, Any], int], Weights]


def fit_mixed_models(
    table: Table,
    autoencoders: Mapping[str, Fitted],
    candidates: Sequence[Candidate],
    *,
    settings: Mapping[str, Any],
    seeds: Sequence[int],
    keep: Keep | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Fit networks to features and codes, and predict the test part.

    Parameters
    ----------
    table : Table
        With outputs.
    autoencoders : mapping of str to tuple
        M1* and M2*, by name.
    candidates : sequence of Candidate
        The networks.
    settings : mapping
        ``mixed`` of ``origins`` in ``config/perceptrons.yaml``.
    seeds : sequence of int
        One fit of each network per seed and way.
    keep : callable, optional
        As :class:`~convatlas.training.checkpoint.Pieces`; a run that was stopped goes on from it.
    progress : callable, optional
        Called as ``progress(done, total)`` with counts of networks.

    Returns
    -------
    pandas.DataFrame
        A row per input, network, way, seed and test row: inputs, network (its title), pipeline (its
        name), seed, row, and for each output its true and predicted value in the units of the
        source: ``true_{output}``, ``predicted_{output}``.
    """
    tables, inputs = [], encode_features(table.features, autoencoders)
    fits = list(itertools.product(inputs, seeds, candidates, WAYS))
    for name, seed, candidate, way in fits:
        compute = functools.partial(
            _fit_and_predict, table, inputs[name], candidate, WAYS[way], settings, seed
        )
        pipeline = candidate.name(way)
        scaled = keep(f"{name}/{seed}/{pipeline}", compute) if keep else compute()
        about = {"inputs": name, "network": candidate.title, "pipeline": pipeline, "seed": seed}
        rows = _lay_out(table, scaled)
        tables.append(pd.DataFrame(about, index=rows.index).join(rows))
        if progress:
            progress(len(tables), len(fits))
    return pd.concat(tables, ignore_index=True)


def _fit_and_predict(
    table: Table, inputs: np.ndarray, candidate: Candidate, fit: Fit,
    settings: Mapping[str, Any], seed: int,
) -> np.ndarray:  # fmt: skip
    """Return predicted outputs of the test part, scaled."""
    train, test = table.parts["train"], table.parts["test"]
    network = _of_shape(candidate.shape, inputs.shape[1], len(table.outputs))
    weights = fit(candidate, network, (inputs[train], table.desired[train]), settings, seed)
    return network.predict(weights, inputs[test])


def as_regressors(
    table: Table, candidates: Sequence[Candidate], settings: Mapping[str, Any], *, seed: int
) -> dict[str, Regressor]:
    """Return each network in both ways as a regressor, for cross-validation.

    Parameters
    ----------
    table : Table
        Its scaling of the outputs is taken, which is over all rows, as in the document.
    candidates, settings
        As for :func:`fit_mixed_models`.
    seed : int
        Of weights and orders.
    """
    count, scaling = len(table.outputs), table.output_scaling

    def regressor(candidate: Candidate, fit: Fit) -> Regressor:
        def predict(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray) -> np.ndarray:
            network = _of_shape(candidate.shape, train_x.shape[1], count)
            train = train_x, scaling.scale(train_y)
            weights = fit(candidate, network, train, settings, seed)
            return scaling.restore(network.predict(weights, test_x))

        return predict

    return {
        candidate.name(way): regressor(candidate, fit)
        for candidate in candidates
        for way, fit in WAYS.items()
    }


def _of_shape(shape: Perceptron, inputs: int, outputs: int) -> Perceptron:
    return dataclasses.replace(shape, inputs=inputs, outputs=outputs)


def _fit_numpy(
    candidate: Candidate, network: Perceptron, train: Pair, settings: Mapping[str, Any], seed: int
) -> Weights:
    """As the grid's networks: weights from [-1, 1], online descent at the network's own rate."""
    own = settings["numpy"]
    start = network.draw(numpy_generator(seed, "mixed weights"))
    fit = fit_grid(
        [network], [start], [candidate.rate], train=train, monitor=train,
        epochs=own["epochs"], tolerance=0.0, seed=seed,
    )  # fmt: skip
    return fit.weights[0]


def _fit_torch(
    candidate: Candidate, network: Perceptron, train: Pair, settings: Mapping[str, Any], seed: int
) -> Weights:
    own = settings["torch"]
    descent = Descent("adam", own["learning_rate"], own["batch_size"], own["epochs"])
    start = network.draw_glorot(numpy_generator(seed, "mixed weights"))
    *_, last = fit_with_torch(network, start, *train, descent, seed, loss=own["loss"])
    return last


WAYS: dict[str, Fit] = {"torch": _fit_torch, "NumPy": _fit_numpy}


def _lay_out(table: Table, scaled: np.ndarray) -> pd.DataFrame:
    """Put true and predicted outputs of the test part side by side, in the units of the source."""
    rows = table.parts["test"]
    true, predicted = table.restore_outputs(table.desired[rows]), table.restore_outputs(scaled)
    return pd.DataFrame(
        {
            "row": rows,
            **{f"true_{name}": true[:, k] for k, name in enumerate(table.outputs)},
            **{f"predicted_{name}": predicted[:, k] for k, name in enumerate(table.outputs)},
        }
    )
