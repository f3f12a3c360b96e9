"""How well autoencoders give back what they were shown, and how well lines and planes do."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from convatlas.data.partition import Table
from convatlas.evaluation.intervals import summarise_values
from convatlas.models.perceptron import Perceptron, Weights

OUTPUT = "_output"
"""Behind the name of a variable: what an autoencoder gave back for it."""
PARTS = {"train": "training", "test": "testing", "validation": "validation"}


def mean_squared_error(network: Perceptron, weights: Weights, values: np.ndarray) -> float:
    """Return the mean over observations and variables of (x - x')^2."""
    return float(np.mean((values - network.predict(weights, values)) ** 2))


def broadcast_energy(network: Perceptron, weights: Weights, values: np.ndarray) -> float:
    """Return the mean over observations of 1/2 sum_j sum_k (d_j - y_k)^2.

    What `sepulveda`'s code reports for its own network, since it subtracts a column from a row.
    It is not 0 for perfect outputs: then it is the spread of the variables among themselves.
    """
    outputs = network.predict(weights, values)
    differences = values[:, :, None] - outputs[:, None, :]
    return float(np.mean(np.sum(differences**2, axis=(1, 2))) / 2)


def principal_components_error(train: np.ndarray, values: np.ndarray, count: int) -> float:
    """Return the mean squared error of the best linear code of a width (PCA; Pearson 1901).

    Parameters
    ----------
    train : numpy.ndarray
        (n, variables) from which mean and components are taken.
    values : numpy.ndarray
        (m, variables) that are coded and given back.
    count : int
        Components; with as many as variables the error is 0 but for rounding.
    """
    mean = train.mean(axis=0)
    _, _, directions = np.linalg.svd(train - mean, full_matrices=False)
    kept = directions[:count]
    back = (values - mean) @ kept.T @ kept + mean
    return float(np.mean((values - back) ** 2))


def measure_autoencoders(
    fitted: Mapping[str, tuple[Perceptron, Weights]],
    history: pd.DataFrame,
    table: Table,
    *,
    dataset: str,
    widths: Sequence[int],
    seeds: Sequence[int],
) -> dict[str, Any]:
    """Measure autoencoders of all seeds.

    Returns
    -------
    dict
        Per width ``hidden_{l}``: ``dataset``, ``observations``, ``parameters``, ``outputs``
        (activations by seed), and summaries over seeds: of each part ``{part}_error`` (mean
        squared), ``{part}_energy`` (mean of 1/2 sum_k e_k^2) and ``{part}_broadcast``
        (:func:`broadcast_energy`) after training; of training and testing the same with ``mean_``
        before, averages over epochs; and ``principal_components_error`` on the validation part.
    """
    values = {name: table.part(part) for part, name in PARTS.items()}
    measured: dict[str, Any] = {}
    for width in widths:
        own = [fitted[f"{seed}/{width}"] for seed in seeds]
        entry: dict[str, Any] = {
            "dataset": dataset,
            "hidden": width,
            "outputs": [network.output_activation.function for network, _ in own],
            "observations": summarise_values([len(table.values)]),
            "parameters": summarise_values([network.parameters for network, _ in own]),
            "principal_components_error": summarise_values(
                [principal_components_error(values["training"], values["validation"], width)]
            ),
        }
        for name, part in values.items():
            errors = np.array([mean_squared_error(*pair, part) for pair in own])
            broadcast = [broadcast_energy(*pair, part) for pair in own]
            _enter(entry, name, errors, broadcast, table)
        rows = history[history["hidden"] == width]
        means = rows.groupby("seed").mean().loc[list(seeds)]
        for part in ("train", "test"):
            errors, broadcast = means[f"{part}_error"].to_numpy(), means[f"{part}_broadcast"]
            _enter(entry, f"mean_{PARTS[part]}", errors, broadcast.tolist(), table)
        measured[f"hidden_{width}"] = entry
    return measured


def _enter(
    entry: dict[str, Any], name: str, errors: np.ndarray, broadcast: Sequence[float], table: Table
) -> None:
    entry[f"{name}_error"] = summarise_values(errors.tolist())
    entry[f"{name}_energy"] = summarise_values((errors * len(table.columns) / 2).tolist())
    entry[f"{name}_broadcast"] = summarise_values(broadcast)


def reconstruct(
    fitted: Mapping[str, tuple[Perceptron, Weights]],
    table: Table,
    *,
    widths: Sequence[int],
    seed: int,
) -> pd.DataFrame:
    """Lay out the scaled variables and what one seed's autoencoders give back.

    Returns
    -------
    pandas.DataFrame
        A row per width and observation: hidden, row, part, each variable, each variable with
        ``_output`` behind its name.
    """
    parts, tables = table.part_of_rows(), []
    for width in widths:
        network, weights = fitted[f"{seed}/{width}"]
        outputs = network.predict(weights, table.values)
        names = [f"{name}{OUTPUT}" for name in table.columns]
        frame = table.frame().join(pd.DataFrame(outputs, columns=names))
        frame.insert(0, "part", parts)
        frame.insert(0, "row", np.arange(len(parts)))
        frame.insert(0, "hidden", width)
        tables.append(frame)
    return pd.concat(tables, ignore_index=True)
