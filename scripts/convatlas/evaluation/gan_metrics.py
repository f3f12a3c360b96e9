"""A GAN in numbers, over its seeds."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from convatlas.evaluation.intervals import summarise_values

DISTANCES = ("fid", "kid", "precision", "recall", "floor_train", "floor_halves")


def measure_gan(
    *,
    scores: pd.DataFrame,
    classes: pd.DataFrame,
    judgements: pd.DataFrame,
    datasets: Mapping[str, str],
) -> dict[str, Any]:
    """Summarise over seeds what a GAN reached after its last epoch.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns features, seed, epoch, reference, and :data:`DISTANCES`.
    classes : pandas.DataFrame
        Columns seed, epoch, digit, share, legible.
    judgements : pandas.DataFrame
        Columns seed, epoch, mode, pictures, share_fake, share_real, mean_probability.
    datasets : mapping of str to str
        The dataset of each kind of picture; what is not in it is of the training's.

    Returns
    -------
    dict
        Per kind of picture that the discriminator saw: ``dataset``, and per mode
        ``share_fake_<mode>``, ``share_real_<mode>``, ``mean_probability_<mode>``. Under
        ``<features>_<reference>``: the distances. Under ``classes``: ``rarest`` and ``commonest``
        share of a digit, and ``legible``. Each with mean, low, high and values over seeds.
    """
    last = scores["epoch"].max()
    final = judgements[judgements["epoch"] == last]
    benchmark = datasets["generated"]
    metrics: dict[str, Any] = {}
    for kind, rows in final.groupby("pictures", sort=False):
        metrics[str(kind)] = {"dataset": datasets.get(str(kind), benchmark)}
        for mode, table in rows.groupby("mode"):
            for name in ("share_fake", "share_real", "mean_probability"):
                metrics[str(kind)][f"{name}_{mode}"] = summarise_values(table[name].tolist())
    groups = scores[scores["epoch"] == last].groupby(["features", "reference"])
    for (features, reference), rows in groups:
        distances = {name: summarise_values(rows[name].tolist()) for name in DISTANCES}
        counts = {name: int(rows[name].iloc[0]) for name in ("generated", "real")}
        metrics[f"{features}_{reference}"] = {"dataset": benchmark, **counts, **distances}
    shares = classes[classes["epoch"] == last].groupby("seed")
    metrics["classes"] = {
        "dataset": benchmark,
        "rarest": summarise_values(shares["share"].min().tolist()),
        "commonest": summarise_values(shares["share"].max().tolist()),
        "legible": summarise_values(
            [float((rows["share"] * rows["legible"]).sum()) for _, rows in shares]
        ),
    }
    return metrics
