"""A GAN in numbers, over its seeds."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from convatlas.evaluation.intervals import summarise_values

DISTANCES = (
    "fid", "kid", "kid_low", "kid_high", "precision", "recall", "floor_train", "floor_halves",
)  # fmt: skip


def measure_gan(
    *,
    scores: pd.DataFrame,
    classes: pd.DataFrame,
    judgements: pd.DataFrame,
    datasets: Mapping[str, str],
    read_by: str,
) -> dict[str, Any]:
    """Summarise over seeds what a GAN reached after its last epoch.

    Parameters
    ----------
    scores : pandas.DataFrame
        Columns features, seed, epoch, reference, generated, real, note, sees, and
        :data:`DISTANCES`.
    classes : pandas.DataFrame
        Columns features, seed, epoch, digit, share, legible, real_share, real_legible.
    judgements : pandas.DataFrame
        Columns seed, epoch, step, mode, pictures, share_fake, share_real, mean_probability: of
        several steps of an epoch.
    datasets : mapping of str to str
        The dataset of each kind of picture; what is not in it is of the training's.
    read_by : str
        The features whose network reads the digits that are counted; others read them as well.

    Returns
    -------
    dict
        Per kind of picture that the discriminator saw: ``dataset``, and per mode
        ``share_fake_<mode>``, ``share_real_<mode>``, ``mean_probability_<mode>``, each a mean over
        the steps, with ``lowest`` and ``highest`` over steps and seeds. Under
        ``<features>_<reference>``: the distances, the counts of pictures, what the network sees of
        them, and a note. Under ``classes``: ``rarest`` and ``commonest`` share of a digit,
        ``legible``, and ``real_legible``, the share of real digits that are. Each with mean, low,
        high and values over seeds.
    """
    last = scores["epoch"].max()
    final = judgements[judgements["epoch"] == last]
    benchmark = datasets["generated"]
    metrics: dict[str, Any] = {}
    for kind, rows in final.groupby("pictures", sort=False):
        metrics[str(kind)] = {"dataset": datasets.get(str(kind), benchmark)}
        for mode, table in rows.groupby("mode"):
            for name in ("share_fake", "share_real", "mean_probability"):
                metrics[str(kind)][f"{name}_{mode}"] = _summarise_looks(table, name)
    groups = scores[scores["epoch"] == last].groupby(["features", "reference"])
    for (features, reference), rows in groups:
        distances = {name: summarise_values(rows[name].tolist()) for name in DISTANCES}
        about = {name: int(rows[name].iloc[0]) for name in ("generated", "real")}
        about |= {name: _text(rows[name].iloc[0]) for name in ("sees", "note")}
        metrics[f"{features}_{reference}"] = {"dataset": benchmark, **about, **distances}
    own = classes[classes["features"] == read_by]
    shares = own[own["epoch"] == last].groupby("seed")
    metrics["classes"] = {
        "dataset": benchmark,
        "rarest": summarise_values(shares["share"].min().tolist()),
        "commonest": summarise_values(shares["share"].max().tolist()),
        **{
            f"{kind}legible": summarise_values(
                [float((t[f"{kind}share"] * t[f"{kind}legible"]).sum()) for _, t in shares]
            )
            for kind in ("", "real_")
        },
    }
    return metrics


def _summarise_looks(table: pd.DataFrame, name: str) -> dict[str, Any]:
    """Summarise means over the steps of each seed, with the range over steps and seeds."""
    means = summarise_values(table.groupby("seed")[name].mean().tolist())
    return {**means, "lowest": float(table[name].min()), "highest": float(table[name].max())}


def _text(value: Any) -> str:  # noqa: ANN401
    return value if isinstance(value, str) else ""  # an empty cell of a CSV is NaN
