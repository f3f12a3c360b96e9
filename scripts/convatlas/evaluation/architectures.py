"""The layers of networks, found by looking into them, for figures and claims."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from convatlas.evaluation.worked_cases import WORKED, once
from convatlas.models.adversarial_pair import AdversarialPair
from convatlas.models.inspection import Layer, inspect_network, inspect_perceptron
from convatlas.models.perceptron_file import load_perceptrons
from convatlas.models.registry import build_model

NOT_LAYERS = ("picture", "vector", "enlarging")


def tabulate_architectures(
    networks: Mapping[str, Mapping[str, Any]], fitted: Mapping[str, str | Path]
) -> pd.DataFrame:
    """Build networks, send one input through each, and list what it passes.

    Parameters
    ----------
    networks : mapping of str to mapping
        By name, ``network`` (``file.Class``), its ``options``, and of networks that take pictures
        ``picture``: channels, height and width.
    fitted : mapping of str to path
        By name, files of perceptrons. Of those fitted with several seeds the first seed's are
        listed, a part for each number of hidden units.

    Returns
    -------
    pandas.DataFrame
        network, part (``generator`` and ``discriminator``, the number of hidden units, or nothing),
        and the fields of :class:`convatlas.models.inspection.Layer`, the name as ``layer``.
    """
    rows = []
    for name, entry in networks.items():
        for part, layers in _inspect(entry).items():
            rows += [_row(name, part, layer) for layer in layers]
    for name, path in fitted.items():
        found = load_perceptrons(path)
        # f"{seed}/{hidden}" of autoencoders; one network of a grid
        first = next(iter(found)).partition("/")[0]
        for key, (network, weights) in found.items():
            if key.partition("/")[0] == first:
                layers = inspect_perceptron(network, weights)
                rows += [_row(name, str(network.hidden[-1]), layer) for layer in layers]
    return pd.DataFrame(rows)


def _inspect(entry: Mapping[str, Any]) -> dict[str, list[Layer]]:
    network = build_model(entry["network"], seed=0, options=entry.get("options"))
    if not isinstance(network, AdversarialPair):
        return {"": inspect_network(network, torch.zeros(1, *entry["picture"]))}
    latent = torch.zeros(1, network.latent_dim)
    with torch.no_grad():
        picture = network.eval()(latent)
    return {
        "generator": inspect_network(network.generator, latent),
        "discriminator": inspect_network(network.discriminator, picture),
    }


def _row(network: str, part: str, layer: Layer) -> dict[str, Any]:
    told = dataclasses.asdict(layer)
    told = {"layer": told.pop("name"), **told, "follows": ";".join(layer.follows)}
    return {"network": network, "part": part, **told}


def metrics_of_architectures(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return what claims about networks are judged by, by network.

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`tabulate_architectures` gives it.

    Returns
    -------
    dict
        ``layers`` (pooling counts as one), ``convolutions``, ``transposed_convolutions``,
        ``dense``, ``pooling``, ``parameters``, ``skips`` (layers that follow one more than that
        before them), ``side`` (of what comes into the first layer), and ``inputs`` and ``units_1``
        and so on of dense layers; of pairs and several perceptrons, after the name of the part.
    """
    metrics: dict[str, dict[str, Any]] = {}
    for name, rows in table.fillna({"part": "", "follows": ""}).groupby("network", sort=False):
        found: dict[str, float] = {}
        for part, own in rows.groupby("part", sort=False):
            head = f"{part}_" if part else ""
            found |= {f"{head}{key}": value for key, value in _count(own).items()}
        metrics[str(name)] = {"dataset": WORKED} | {key: once(v) for key, v in found.items()}
    return metrics


def _count(rows: pd.DataFrame) -> dict[str, float]:
    layers = rows[~rows["kind"].isin(NOT_LAYERS)]
    kinds = layers["kind"].value_counts()
    dense = layers[layers["kind"] == "dense"]
    before = rows[rows.index < layers.index[0]].iloc[-1]
    found = {
        "layers": len(layers),
        "convolutions": kinds.get("convolution", 0),
        "transposed_convolutions": kinds.get("transposed convolution", 0),
        "dense": len(dense),
        "pooling": kinds.get("pooling", 0),
        "parameters": rows["parameters"].sum(),
        "skips": sum(len(names.split(";")) > 1 for names in layers["follows"]),
        "side": before["height"],
        "inputs": before["height"] * before["width"] * before["channels"],
    }
    units = {f"units_{n}": count for n, count in enumerate(dense["channels"], start=1)}
    return {key: float(value) for key, value in (found | units).items()}
