"""Mixed models: the code of an autoencoder feeds a network that predicts the outputs.

`banoy`, 2.1.2: the best autoencoders with fewer and with more neurons than features, M1* and M2*,
and the best shape of the grid of networks; fitted with a library, as the document does, and in
NumPy. The library's settings are those of the document's published code.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from convatlas.data.partition import Table
from convatlas.evaluation.origins import Keep
from convatlas.evaluation.place_regressors import Regressor
from convatlas.models.perceptron import Perceptron, Weights
from convatlas.models.perceptron_file import Fitted, encode_features
from convatlas.seeding import numpy_generator
from convatlas.training.batches import Descent
from convatlas.training.grid import fit_grid
from convatlas.training.library import fit_with_torch

DOCUMENT = "the document's network"
Pair = tuple[np.ndarray, np.ndarray]
Fit = Callable[[Perceptron, Pair, Mapping[str, Any], int], Weights]


def fit_mixed_models(
    table: Table,
    autoencoders: Mapping[str, Fitted],
    shape: Perceptron,
    *,
    settings: Mapping[str, Any],
    seeds: Sequence[int],
    keep: Keep | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Fit networks of one shape to features and codes, and predict the test part.

    Parameters
    ----------
    table : Table
        With outputs.
    autoencoders : mapping of str to tuple
        M1* and M2*, by name.
    shape : Perceptron
        Hidden layers and activations are taken from it.
    settings : mapping
        ``mixed`` of ``origins`` in ``config/perceptrons.yaml``.
    seeds : sequence of int
        One network per seed and way.
    keep : callable, optional
        As :class:`~convatlas.training.checkpoint.Pieces`; a run that was stopped goes on from it.
    progress : callable, optional
        Called as ``progress(done, total)`` with counts of networks.

    Returns
    -------
    pandas.DataFrame
        A row per input, way, seed and test row: inputs, way, seed, row, and for each output its
        true and predicted value in the units of the source: ``true_{output}``,
        ``predicted_{output}``.
    """
    tables, inputs = [], encode_features(table.features, autoencoders)
    fits = list(itertools.product(inputs, seeds, WAYS))
    for name, seed, way in fits:
        network = _of_shape(shape, inputs[name].shape[1], len(table.outputs))
        compute = functools.partial(
            _fit_and_predict, table, inputs[name], network, WAYS[way], settings, seed
        )
        scaled = keep(f"{name}/{seed}/{way}", compute) if keep else compute()
        rows = _lay_out(table, scaled)
        rows.insert(0, "seed", seed)
        rows.insert(0, "way", way)
        rows.insert(0, "inputs", name)
        tables.append(rows)
        if progress:
            progress(len(tables), len(fits))
    return pd.concat(tables, ignore_index=True)


def _fit_and_predict(
    table: Table, inputs: np.ndarray, network: Perceptron, fit: Fit,
    settings: Mapping[str, Any], seed: int,
) -> np.ndarray:  # fmt: skip
    """Return predicted outputs of the test part, scaled."""
    train, test = table.parts["train"], table.parts["test"]
    weights = fit(network, (inputs[train], table.desired[train]), settings, seed)
    return network.predict(weights, inputs[test])


def networks_of_document(
    table: Table, shape: Perceptron, settings: Mapping[str, Any], *, seed: int
) -> dict[str, Regressor]:
    """Return the document's network in both ways as regressors, for cross-validation.

    Parameters
    ----------
    table : Table
        Its scaling of the outputs is taken, which is over all rows, as in the document.
    shape, settings
        As for :func:`fit_mixed_models`.
    seed : int
        Of weights and orders.
    """
    count, scaling = len(table.outputs), table.output_scaling

    def regressor(fit: Fit) -> Regressor:
        def predict(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray) -> np.ndarray:
            network = _of_shape(shape, train_x.shape[1], count)
            weights = fit(network, (train_x, scaling.scale(train_y)), settings, seed)
            return scaling.restore(network.predict(weights, test_x))

        return predict

    return {f"{DOCUMENT}, {way}": regressor(fit) for way, fit in WAYS.items()}


def _of_shape(shape: Perceptron, inputs: int, outputs: int) -> Perceptron:
    return dataclasses.replace(shape, inputs=inputs, outputs=outputs)


def _fit_numpy(network: Perceptron, train: Pair, settings: Mapping[str, Any], seed: int) -> Weights:
    """As the grid's networks: weights from [-1, 1], online descent."""
    own = settings["numpy"]
    start = network.draw(numpy_generator(seed, "mixed weights"))
    fit = fit_grid(
        [network], [start], [own["learning_rate"]], train=train, monitor=train,
        epochs=own["epochs"], tolerance=0.0, seed=seed,
    )  # fmt: skip
    return fit.weights[0]


def _fit_torch(network: Perceptron, train: Pair, settings: Mapping[str, Any], seed: int) -> Weights:
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
