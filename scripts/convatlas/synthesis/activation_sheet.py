"""Filters of several layers, each sought in several ways, side by side."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch

from convatlas.evaluation.intervals import summarise_values
from convatlas.models.feature_network import FeatureNetwork
from convatlas.synthesis.activation import ActivationSettings, maximize_activation
from convatlas.synthesis.picture_files import Row


def seek_sheet(
    network: FeatureNetwork,
    asked: Mapping[str, Any],
    *,
    images: np.ndarray,
    seed: int,
    progress: Callable[[int, int, str], None] | None = None,
    preview: Callable[[np.ndarray], None] | None = None,
    keep: Callable[[str, Callable[[], np.ndarray]], np.ndarray] | None = None,
) -> tuple[list[Row], pd.DataFrame]:
    """Seek a picture for some filters of each layer, in each way.

    Parameters
    ----------
    network : FeatureNetwork
        In evaluation mode.
    asked : mapping
        ``layers``; ``filters``, how many of each, evenly over its channels; ``pixels`` of a side;
        ``ways``, settings by name.
    images : numpy.ndarray
        (n, height, width, 3) uint8: see
        :func:`convatlas.synthesis.activation.maximize_activation`.
    seed : int
        See there.
    progress : callable, optional
        Called as ``progress(done, total, "conv3_1, plain")`` with counts of steps.
    preview : callable, optional
        Called with the pictures of a layer and way side by side, (side, n side, 3) uint8, when they
        are done.
    keep : callable, optional
        What keeps finished pieces for a run that goes on after a stop
        (:class:`convatlas.training.checkpoint.Pieces`).

    Returns
    -------
    list of Row, pandas.DataFrame
        A row of pictures for each layer and way; and layer, way, channel, activation, and
        photograph, the greatest activation that one of the images gives.
    """
    keep = keep or (lambda _key, compute: compute())
    ways = {name: ActivationSettings.of(way) for name, way in asked["ways"].items()}
    total = len(asked["layers"]) * sum(way.steps for way in ways.values())
    rows: list[Row] = []
    answers, behind = [], 0
    for layer in asked["layers"]:
        usual = _on_photographs(network, images, layer)
        count = min(asked["filters"], len(usual))
        channels = np.linspace(0, len(usual) - 1, count).round().astype(int).tolist()
        for name, way in ways.items():

            def tell(done: int, _: int, where: str, behind: int = behind, name: str = name) -> None:
                if progress:
                    progress(behind + done, total, f"{where}, {name}")

            seek = functools.cache(
                functools.partial(
                    maximize_activation,
                    network, layer, channels, side=asked["pixels"], settings=way, images=images,
                    seed=seed, progress=tell,
                )
            )  # fmt: skip
            pictures = keep(f"{layer}, {name}: pictures", lambda seek=seek: seek()[0])
            found = keep(
                f"{layer}, {name}: answers", lambda seek=seek: np.array(seek()[1])
            ).tolist()
            if preview:
                preview(np.concatenate(list(pictures), axis=1))
            behind += way.steps
            pairs = [
                (f"{channel}: {answer:.3g}", picture)
                for channel, answer, picture in zip(channels, found, pictures, strict=True)
            ]
            rows.append((f"{layer}\n{name}", pairs))
            answers += [
                {
                    "layer": layer,
                    "way": name,
                    "channel": channel,
                    "activation": answer,
                    "photograph": usual[channel],
                }
                for channel, answer in zip(channels, found, strict=True)
            ]
    return rows, pd.DataFrame(answers)


@torch.inference_mode()
def _on_photographs(network: FeatureNetwork, images: np.ndarray, layer: str) -> list[float]:
    """Return each filter's mean over the photograph that it answers most strongly."""
    device = next(network.parameters()).device
    pictures = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255
    (found,) = network(pictures, [layer]).values()
    return found.mean((2, 3)).amax(0).double().tolist()


def summarise_sheet(answers: pd.DataFrame, network: str) -> dict[str, Any]:
    """Summarise activations by way, over all filters.

    Parameters
    ----------
    answers : pandas.DataFrame
        As :func:`seek_sheet` gives them.
    network : str
        Name of the feature network.

    Returns
    -------
    dict
        By way: shares of filters that answer to their picture ``positive`` on the mean, and
        ``above_photograph``, more than to any photograph; and ``activation``.
    """
    metrics = {}
    for way, rows in answers.groupby("way", sort=False):
        values = rows["activation"].astype(float).tolist()
        found = {
            "positive": [float(value > 0) for value in values],
            "above_photograph": rows["activation"].gt(rows["photograph"]).astype(float).tolist(),
            "activation": values,
        }
        metrics[str(way)] = {"dataset": network} | {
            name: {**summarise_values(each), "unit": "filters"} for name, each in found.items()
        }
    return metrics
