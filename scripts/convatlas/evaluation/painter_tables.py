"""Tables of painters: what they reach, and what they cost."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from convatlas.evaluation.intervals import summarise_values
from convatlas.evaluation.videos import EMPTY, tell

INPUTS, PHOTOGRAPHS = "random inputs", "the photographs that it learnt from"
PAINTED_FROM = {False: INPUTS, True: PHOTOGRAPHS}
"""What a painter is given to be measured, by whether it translates photographs."""
SEEN = "photographs that it learnt from: none was held out, others may come out worse"
UNEQUAL = "distances at different pixels are not compared"
MEASURED = (
    "copies_1_percent", "copies_5_percent", "look_alikes_1_percent", "look_alikes_5_percent",
    "nearest", "nearest_real", "look", "look_real",
)  # fmt: skip
"""Of the last paintings, for claims; those of looks may be missing."""


def painters_table(
    table: pd.DataFrame, *, titles: Mapping[str, str], features: str
) -> pd.DataFrame:
    """Lay out what each painter reached.

    Parameters
    ----------
    table : pandas.DataFrame
        As of :func:`convatlas.tables.read_painters`.
    titles : mapping of str to str
        What people call painters; also sets their order.
    features : str
        Whose features distances are of.

    Returns
    -------
    pandas.DataFrame
        A row per painter: its kernel and Fréchet distances, the last ones and the lowest and when
        these came, copies, hours, and what the distances are of.
    """
    rows = []
    several = len(set(table["pixels"])) > 1
    for name in filter(set(table["painter"]).__contains__, titles):
        own = table[table["painter"] == name].sort_values("epoch")
        last = own.iloc[-1]
        kernels, distances = (own.loc[own[measure].idxmin()] for measure in ("kid", "fid"))
        rows.append(
            {
                "painter": titles[name],
                "pixels": int(last["pixels"]),
                "last KID": f"{last['kid']:.4f} ({last['kid_low']:.4f} to {last['kid_high']:.4f})",
                "last FID": f"{last['fid']:.1f}",
                "lowest KID": f"{kernels['kid']:.4f} {_when(kernels)}",
                "lowest FID": f"{distances['fid']:.1f} {_when(distances)}",
                "floor of FID": f"{last['floor_halves']:.1f}",
                "precision": f"{last['precision']:.2f}",
                "recall": f"{last['recall']:.2f}",
                "copies (1 %)": _share(last["copies_1_percent"]),
                "copies (5 %)": _share(last["copies_5_percent"]),
                "nearest painting (of paintings)": _beside(last, "nearest"),
                "look-alikes (1 %)": _share(last["look_alikes_1_percent"]),
                "look-alikes (5 %)": _share(last["look_alikes_5_percent"]),
                "most alike painting (of paintings)": _beside(last, "look"),
                "hours": f"{last['hours']:.2f}",
                "on": last["device"],
                "features": features,
                "pictures are": last["sees"],
                "painted": int(last["generated"]),
                "painted from": last["painted_from"],
                "learnt from": int(last["real"]),
                "note": _note(last, several=several),
            }
        )
    return pd.DataFrame(rows)


def _when(row: Mapping[str, Any]) -> str:
    return f"(after {row['images'] / 1000:,.1f} thousand)"


def _share(share: float | None) -> str:
    return EMPTY if pd.isna(share) else f"{100 * share:.1f} %"


def _beside(row: Mapping[str, Any], measure: str) -> str:
    """Write a median of paintings that were made, and in brackets that of real ones."""
    if pd.isna(row[measure]):
        return EMPTY
    return f"{tell(row[measure])} ({tell(row[f'{measure}_real'])})"


def _note(row: Mapping[str, Any], *, several: bool) -> str:
    notes = [
        f"paints {SEEN}" if row["painted_from"] == PHOTOGRAPHS else "",
        UNEQUAL if several else "",
        row["note"] if isinstance(row["note"], str) else "",
    ]
    return "; ".join(filter(None, notes))


def summarise_painters(
    table: pd.DataFrame, *, dataset: str, features: str
) -> dict[str, dict[str, Any]]:
    """Return what claims are judged by.

    Parameters
    ----------
    table : pandas.DataFrame
        As of :func:`convatlas.tables.read_painters`.
    dataset, features : str
        Of the paintings, and of the network that distances are by.

    Returns
    -------
    dict
        By painter: ``lowest_kid``, ``lowest_fid``, ``last_kid``, ``last_fid``, ``falls``, the last
        Fréchet distance over the first, and :data:`MEASURED`, as far as it is known, all of which
        rest on ``features``; and ``paintings`` that were learnt from, of ``pixels`` a side. Of one
        training each.
    """
    found = {}
    for painter, own in table.sort_values("epoch").groupby("painter"):
        last = own.iloc[-1]
        values = {
            "lowest_kid": own["kid"].min(),
            "lowest_fid": own["fid"].min(),
            "last_kid": last["kid"],
            "last_fid": last["fid"],
            "falls": last["fid"] / own["fid"].iloc[0],
            **{name: last[name] for name in MEASURED if not pd.isna(last[name])},
        }
        counts = {"paintings": last["real"], "pixels": last["pixels"]}
        found[str(painter)] = {
            "dataset": dataset,
            "behind": [],
            **{
                name: {**summarise_values([float(value)]), "behind": [features]}
                for name, value in values.items()
            },
            **{name: summarise_values([float(value)]) for name, value in counts.items()},
        }
    return found
