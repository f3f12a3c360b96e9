"""Landmark networks in numbers, for tables, figures and claims."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from convatlas.evaluation.worked_cases import WORKED, once
from convatlas.models.landmarks import LANDMARKS, Row, tabulate


def tabulate_landmarks(names: Iterable[str]) -> pd.DataFrame:
    """Follow a picture through several networks.

    Parameters
    ----------
    names : iterable of str
        Of :data:`convatlas.models.landmarks.LANDMARKS`.

    Returns
    -------
    pandas.DataFrame
        network, title, paper, and the fields of :class:`convatlas.models.landmarks.Row`.
    """
    rows = []
    for name in names:
        landmark = LANDMARKS[name]
        height, width, channels = landmark.picture
        picture = Row("picture", "picture", "", height, width, channels, 0, 0, 1)
        head = {"network": name, "title": landmark.title, "paper": landmark.paper}
        rows += [head | dataclasses.asdict(row) for row in (picture, *tabulate(landmark))]
    return pd.DataFrame(rows)


def metrics_of_landmarks(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return what claims about landmark networks are judged by, by network.

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`tabulate_landmarks` gives it.

    Returns
    -------
    dict
        ``layers``, ``weight_layers`` (convolutions and dense ones), ``parameters``,
        ``multiply_adds``, and height and channels of each layer (``conv1_2_height``).
    """
    metrics = {}
    for name, rows in table[table["kind"] != "picture"].groupby("network", sort=False):
        found: dict[str, float] = {
            "layers": len(rows),
            "weight_layers": int(rows["kind"].isin(["convolution", "dense"]).sum()),
            "parameters": int(rows["parameters"].sum()),
            "multiply_adds": int(rows["multiply_adds"].sum()),
        }
        for row in rows.to_dict("records"):
            found |= {f"{row['name']}_{key}": row[key] for key in ("height", "channels")}
        metrics[str(name)] = {"dataset": WORKED} | {key: once(v) for key, v in found.items()}
    return metrics


def lay_out(table: pd.DataFrame, network: str) -> pd.DataFrame:
    """Lay out one network for people, with a last row of sums."""
    chosen = table[(table["network"] == network) & (table["kind"] != "picture")]
    rows = [_told(row) for row in chosen.to_dict("records")]
    sums = {key: f"{int(chosen[key].sum()):,}" for key in ("parameters", "multiply_adds")}
    total = dict.fromkeys(rows[0], "") | {"layer": "all"}
    total |= {"parameters": sums["parameters"], "multiply-adds": sums["multiply_adds"]}
    return pd.DataFrame([*rows, total])


def _told(row: Mapping[str, Any]) -> dict[str, str]:
    window = "" if pd.isna(row["window"]) else row["window"]
    dense = row["kind"] == "dense"
    size = "" if dense else f"{row['height']}x{row['width']}x"
    return {
        "layer": row["name"],
        "kind": row["kind"],
        "window/stride": window,
        "gives": f"{size}{row['channels']:,}",
        "parameters": f"{row['parameters']:,}",
        "multiply-adds": f"{row['multiply_adds']:,}",
        "sees, px": f"{row['receptive_field']}",
    }
