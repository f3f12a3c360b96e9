"""Restyled clips in numbers: a row each, and what claims are judged by."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from convatlas.evaluation.intervals import summarise_values
from convatlas.evaluation.ratios import ratio

MEASURES = (
    "frames_equal",
    "sound_equal",
    "greatest_time_difference",
    "edge_similarity",
    "style_distance_ratio",
    "warping_error_ratio",
    "stabilised_over_per_frame",
)
"""Numbers of a clip that are summarised over clips."""
OF_FEATURES = "style_distance_ratio"
"""That of them which rests on the network that gives features."""
EMPTY = "\N{EN DASH}"


def tabulate_scores(
    scores: Sequence[Mapping[str, Any]], twins: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Lay out what was measured of every clip in every style.

    Parameters
    ----------
    scores : sequence of mapping
        A ``scores.json`` each: clip, style, counts, distances.
    twins : mapping of str to str, optional
        By stabilised style, the style that is the same but every frame by itself.

    Returns
    -------
    pandas.DataFrame
        A row per clip and style, a column per number, and ``stabilised_over_per_frame``: the
        warping error over that of the same clip's twin. What was not measured is None.
    """
    errors = {(row["clip"], row["style"]): row["warping_error"] for row in scores}
    rows = []
    for row in scores:
        twin = errors.get((row["clip"], (twins or {}).get(row["style"])))
        rows.append({**row, "stabilised_over_per_frame": ratio(row["warping_error"], twin)})
    return pd.DataFrame(rows, dtype=object).sort_values(["style", "clip"], kind="stable")


def measure_videos(
    table: pd.DataFrame, *, main: str, behind: Mapping[str, Sequence[str]], features: str
) -> dict[str, Any]:
    """Summarise restyled clips for claims, each style by itself.

    Styles are not put together: the same clip in another style is no other clip.

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`tabulate_scores` gives it.
    main : str
        The style that figures show.
    behind : mapping of str to sequence of str
        By style, the names of pictures and networks that it was learnt or taken from.
    features : str
        Name of the network that style distances are measured by.

    Returns
    -------
    dict
        A key per style, and ``main``: ``dataset`` (the clips' names, with a plus), ``behind``, and
        per measure its mean over the clips that have it, with an interval, ``values``, and
        ``unit``.
    """
    groups = dict(list(table.groupby("style", sort=False)))
    return {
        name: {
            "dataset": "+".join(sorted(set(rows["clip"]))),
            "behind": list(behind[style]),
            **{
                measure: {
                    **_summarise(rows[measure]),
                    "behind": [features] if measure == OF_FEATURES else [],
                }
                for measure in MEASURES
            },
        }
        for name, style in (("main", main), *((style, style) for style in groups))
        for rows in [groups[style]]
    }


def _summarise(values: pd.Series) -> dict[str, Any]:
    known = values.dropna().astype(float).tolist()
    if known:
        return {**summarise_values(known), "unit": "clips"}
    return {"mean": None, "low": None, "high": None, "seeds": 0, "values": [], "unit": "clips"}


def videos_table(
    table: pd.DataFrame,
    titles: Mapping[str, Mapping[str, str]],
    learnt: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Lay out restyled clips for people (`alvarez`, table II, with numbers instead of links).

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`tabulate_scores` gives it.
    titles : mapping
        What people call ``clips`` and ``styles``.
    learnt : mapping of str to sequence of str, optional
        By style, the clips that its network was trained on.

    Returns
    -------
    pandas.DataFrame
        A row per clip and style.
    """
    rows = []
    for row in table.to_dict("records"):
        seen = row["clip"] in (learnt or {}).get(row["style"], ())
        rows.append(
            {
                "original": titles["clips"][row["clip"]],
                "style": titles["styles"][row["style"]] + (", learnt on this clip" if seen else ""),
                "frames": f"{row['frames']} of {row['frames_of_original']}",
                "greatest difference in time": tell(row["greatest_time_difference"], "ms"),
                "sound": row["sound"],
                "edges kept (SSIM)": tell(row["edge_similarity"], digits=2),
                "style distance": tell_change(row, "style_distance"),
                "warping error": tell_change(row, "warping_error"),
                "warping error over that of frames by themselves": tell(
                    row["stabilised_over_per_frame"], digits=2
                ),
            }
        )
    return pd.DataFrame(rows)


def tell(value: float | None, unit: str = "", digits: int = 3) -> str:
    """Write a number for people, or a dash for what was not measured."""
    if pd.isna(value):
        return EMPTY
    return f"{value:.{digits}g}" + (f" {unit}" if unit else "")


def tell_change(row: Mapping[str, Any], measure: str) -> str:
    """Write a measure of the original and of the restyled clip, ``0.9 → 0.3``."""
    before, after = (tell(row[f"{measure}{of}"]) for of in ("_original", ""))
    return f"{before} → {after}" if {before, after} != {EMPTY} else EMPTY
