"""What the documents state, beside what was measured."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

COLUMNS = [
    "claim", "source", "document_value", "measured_value", "low", "high", "seeds", "verdict",
    "comment",
]  # fmt: skip


def judge(
    document: float,
    measured: Mapping[str, float | None],
    *,
    better: str,
    tolerance: float,
) -> str:
    """Compare a stated value with a measurement.

    Parameters
    ----------
    document : float
        What the document states.
    measured : mapping
        ``mean``, ``low``, ``high`` (95 % over seeds; None with one seed).
    better : str
        ``higher``, ``lower`` or ``neither``: which way is an improvement.
    tolerance : float
        How far apart is still the same; the interval is widened by it.

    Returns
    -------
    str
        ``reproduced``, ``better`` or ``differs``.
    """
    mean = measured["mean"]
    low = measured["low"] if measured["low"] is not None else mean
    high = measured["high"] if measured["high"] is not None else mean
    if low - tolerance <= document <= high + tolerance:
        return "reproduced"
    improved = (better == "higher" and mean > document) or (better == "lower" and mean < document)
    return "better" if improved else "differs"


def _share(limit: float | None) -> float:
    """Cut a limit of a normal interval to what a share can be."""
    return math.nan if limit is None else round(min(max(limit, 0.0), 1.0), 4)


def judge_claims(
    claims: Sequence[Mapping[str, Any]],
    metrics: Mapping[str, Mapping[str, Any]],
    *,
    stand_ins: Mapping[str, str],
) -> pd.DataFrame:
    """Judge every claim of a study.

    Parameters
    ----------
    claims : sequence of mapping
        id, source, document_value, model, target, metric, better, tolerance, comment.
    metrics : mapping
        Per model, its ``metrics.json``.
    stand_ins : mapping of str to str
        Titles of datasets that are not the real ones, by name: a claim measured on such a dataset
        is not judged.

    Returns
    -------
    pandas.DataFrame
        A row per claim, with the columns of ``claims.csv``.
    """
    rows = []
    for claim in claims:
        target = metrics[claim["model"]][claim["target"]]
        measured, comment = target[claim["metric"]], claim["comment"]
        if target["dataset"] in stand_ins:
            verdict = "cannot be had"
            comment = f"Measured on a stand-in: {stand_ins[target['dataset']]}."
        else:
            verdict = judge(
                claim["document_value"],
                measured,
                better=claim["better"],
                tolerance=claim.get("tolerance", 0.005),
            )
        rows.append(
            {
                "claim": claim["id"],
                "source": claim["source"],
                "document_value": claim["document_value"],
                "measured_value": round(measured["mean"], 4),
                "low": _share(measured["low"]),
                "high": _share(measured["high"]),
                "seeds": measured["seeds"],
                "verdict": verdict,
                "comment": comment,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)
