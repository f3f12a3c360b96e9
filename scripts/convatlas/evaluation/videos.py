"""Restyled clips in numbers: a row each, and what claims are judged by."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from convatlas.evaluation.intervals import summarise_values

MEASURES = (
    "frames_equal",
    "sound_equal",
    "greatest_time_difference",
    "edge_similarity",
    "style_distance_ratio",
    "warping_error_ratio",
)
"""Numbers of a clip that are summarised over clips."""


def tabulate_scores(scores: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Lay out what was measured of every clip in every style.

    Parameters
    ----------
    scores : sequence of mapping
        A ``scores.json`` each: clip, style, counts, distances.

    Returns
    -------
    pandas.DataFrame
        A row per clip and style, a column per number.
    """
    return pd.DataFrame(list(scores)).sort_values(["style", "clip"], kind="stable")


def measure_videos(table: pd.DataFrame) -> dict[str, Any]:
    """Summarise restyled clips for claims, each style by itself and all together.

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`tabulate_scores` gives it.

    Returns
    -------
    dict
        ``all``, and a key per style: ``dataset`` (the clips' names, with a plus), and per measure
        its mean over clips, with an interval and ``values``.
    """
    groups = {"all": table, **dict(list(table.groupby("style", sort=False)))}
    return {
        str(name): {
            "dataset": "+".join(sorted(set(rows["clip"]))),
            **{m: summarise_values(rows[m].astype(float).tolist()) for m in MEASURES},
        }
        for name, rows in groups.items()
    }


def videos_table(table: pd.DataFrame, titles: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Lay out restyled clips for people (`alvarez`, table II, with numbers instead of links).

    Parameters
    ----------
    table : pandas.DataFrame
        As :func:`tabulate_scores` gives it.
    titles : mapping
        What people call ``clips`` and ``styles``.

    Returns
    -------
    pandas.DataFrame
        A row per clip and style.
    """
    rows = [
        {
            "original": titles["clips"][row["clip"]],
            "style": titles["styles"][row["style"]],
            "frames": f"{row['frames']} of {row['frames_of_original']}",
            "sound": row["sound"],
            "edges kept (SSIM)": f"{row['edge_similarity']:.2f}",
            "style distance": f"{row['style_distance_original']:.3g} → {row['style_distance']:.3g}",
            "warping error": f"{row['warping_error_original']:.3g} → {row['warping_error']:.3g}",
        }
        for row in table.to_dict("records")
    ]
    return pd.DataFrame(rows)
