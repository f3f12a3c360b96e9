"""Perceptrons on disk: shapes as JSON, weights as arrays, in one .npz that holds no code."""

import dataclasses
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.models.perceptron import Activation, Perceptron, Weights

Fitted = tuple[Perceptron, Weights]
SHAPES = "shapes"


def save_perceptrons(path: str | Path, fitted: Mapping[str, Fitted]) -> None:
    """Write networks and their weights, by name."""
    shapes = {name: dataclasses.asdict(network) for name, (network, _) in fitted.items()}
    arrays = {
        f"{name}/{layer}": matrix
        for name, (_, weights) in fitted.items()
        for layer, matrix in enumerate(weights)
    }
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez(file, **{SHAPES: np.array(json.dumps(shapes))}, **arrays)


def load_perceptrons(path: str | Path) -> dict[str, Fitted]:
    """Read what :func:`save_perceptrons` wrote.

    Raises
    ------
    ConvatlasError
        If the file is none of it.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            shapes = json.loads(str(content[SHAPES]))
            return {
                name: (
                    _network(shape),
                    [content[f"{name}/{layer}"] for layer in range(len(shape["hidden"]) + 1)],
                )
                for name, shape in shapes.items()
            }
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ConvatlasError(f"{path} does not hold perceptrons: {error}") from error


def load_best(path: str | Path) -> tuple[Fitted, float]:
    """Read the one network of a file, with the learning rate that its name ends in.

    Raises
    ------
    ConvatlasError
        If there is none: every network of the grid diverged.
    """
    fitted = load_perceptrons(path)
    if not fitted:
        raise ConvatlasError(
            f"{path} holds no network: all of the grid diverged; try lower learning rates"
        )
    ((name, network),) = fitted.items()
    return network, float(name.rpartition("@")[2])


def encode_features(
    features: np.ndarray, autoencoders: Mapping[str, Fitted]
) -> dict[str, np.ndarray]:
    """Return the features (n, features), and the code (n, neurons) of each autoencoder."""
    codes = {
        name: network.encode(weights, features) for name, (network, weights) in autoencoders.items()
    }
    return {"features": features, **codes}


def _network(shape: dict) -> Perceptron:
    return Perceptron(
        **{
            **shape,
            "hidden": tuple(shape["hidden"]),
            "hidden_activation": Activation(**shape["hidden_activation"]),
            "output_activation": Activation(**shape["output_activation"]),
        }
    )
