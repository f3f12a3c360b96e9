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
        ``layers``, ``weight_layers`` (convolutions and dense ones), ``convolutions``,
        ``parameters``, ``multiply_adds``, and height and channels of each layer
        (``conv1_2_height``).
    """
    metrics = {}
    for name, rows in table[table["kind"] != "picture"].groupby("network", sort=False):
        found: dict[str, float] = {
            "layers": len(rows),
            "weight_layers": _weight_layers(rows),
            "convolutions": int((rows["kind"] == "convolution").sum()),
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


def lay_out_configurations(table: pd.DataFrame, networks: Mapping[str, str]) -> pd.DataFrame:
    """Lay out networks beside one another, a layer a row; the last of them has every layer.

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`tabulate_landmarks` gives it.
    networks : mapping of str to str
        Column to network.
    """
    chosen = {column: table[table["network"] == name] for column, name in networks.items()}
    told = {
        column: {row["name"]: _short(row) for row in rows.to_dict("records")}
        for column, rows in chosen.items()
    }
    *_, longest = told.values()
    head = {column: f"{_weight_layers(rows)} weight layers" for column, rows in chosen.items()}
    rows = [head, *({c: own.get(name, "") for c, own in told.items()} for name in longest)]
    return pd.DataFrame(rows)


def compare_parameters(
    table: pd.DataFrame, networks: Mapping[str, str], stated: Mapping[str, float]
) -> pd.DataFrame:
    """Set the parameters of networks beside the millions that are stated of them.

    Parameters
    ----------
    table, networks
        See :func:`lay_out_configurations`.
    stated : mapping of str to float
        Column to millions.
    """
    rows = []
    for column, name in networks.items():
        counted = int(table.loc[table["network"] == name, "parameters"].sum())
        rows.append(
            {
                "network": column,
                "stated, millions": f"{stated[column]:g}",
                "counted, millions": f"{counted / 1e6:.1f}",
                "counted": f"{counted:,}",
            }
        )
    return pd.DataFrame(rows)


def _weight_layers(rows: pd.DataFrame) -> int:
    return int(rows["kind"].isin(["convolution", "dense"]).sum())


def _short(row: Mapping[str, Any]) -> str:
    """Name a layer as its paper does: ``conv3-64``, ``maxpool``, ``FC-4096``."""
    if row["kind"] == "picture":
        return f"input, {row['height']}x{row['width']} RGB"
    if row["kind"] == "pooling":
        return "maxpool"
    if row["kind"] == "dense":
        return f"FC-{row['channels']}"
    return f"conv{row['window'].partition('x')[0]}-{row['channels']}"


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
