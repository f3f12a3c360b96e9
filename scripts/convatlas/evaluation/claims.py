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


def judge_claims(
    claims: Sequence[Mapping[str, Any]], metrics: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Judge every claim of a study.

    Parameters
    ----------
    claims : sequence of mapping
        id, source, document_value, model, target, metric, better, tolerance, comment.
    metrics : mapping
        Per model, its ``metrics.json``.

    Returns
    -------
    pandas.DataFrame
        A row per claim, with the columns of ``claims.csv``.
    """
    rows = []
    for claim in claims:
        measured = metrics[claim["model"]][claim["target"]][claim["metric"]]
        tolerance = claim.get("tolerance", 0.005)
        verdict = judge(
            claim["document_value"], measured, better=claim["better"], tolerance=tolerance
        )
        rows.append(
            {
                "claim": claim["id"],
                "source": claim["source"],
                "document_value": claim["document_value"],
                "measured_value": round(measured["mean"], 4),
                "low": math.nan if measured["low"] is None else round(measured["low"], 4),
                "high": math.nan if measured["high"] is None else round(measured["high"], 4),
                "seeds": measured["seeds"],
                "verdict": verdict,
                "comment": claim["comment"],
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)
