"""What the documents state, beside what was measured."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from convatlas.errors import ConvatlasError

SHARES = ("accuracy", "precision", "recall", "f1", "share_fake", "share_real")
"""Metrics from 0 to 1; those of discriminators go on with the mode they were asked in."""
WIDE = 0.3
"""A share's interval that is wider holds nearly any number: that it holds the document's tells
nothing."""
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
    is_share: bool = False,
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
    is_share : bool
        Whether it lies between 0 and 1.

    Returns
    -------
    str
        ``reproduced``, ``better``, ``differs``; or ``cannot tell``, of a share that is within an
        interval wider than :data:`WIDE`.
    """
    mean = measured["mean"]
    low = measured["low"] if measured["low"] is not None else mean
    high = measured["high"] if measured["high"] is not None else mean
    if low - tolerance <= document <= high + tolerance:
        wide = is_share and min(high, 1.0) - max(low, 0.0) > WIDE
        return "cannot tell" if wide else "reproduced"
    improved = (better == "higher" and mean > document) or (better == "lower" and mean < document)
    return "better" if improved else "differs"


def _round(value: float | None, *, is_share: bool) -> float | int:
    """Round to four digits, and cut a limit of a normal interval to what a share can be."""
    if value is None:
        return math.nan
    if is_share:
        return round(min(max(value, 0.0), 1.0), 4)
    return int(value) if value == int(value) else float(f"{value:.4g}")


def _measured(
    claim: Mapping[str, Any], metrics: Mapping[str, Mapping[str, Any]]
) -> tuple[Mapping[str, Any], str]:
    """Return the measurement that a claim asks for, and the dataset it was made on."""
    targets = metrics[claim["model"]]
    place = f"claim '{claim['id']}': {claim['model']}"
    if claim["target"] not in targets:
        raise ConvatlasError(f"{place} has no target '{claim['target']}', but {', '.join(targets)}")
    target = targets[claim["target"]]
    measured = target.get(claim["metric"])
    if not isinstance(measured, Mapping):
        known = ", ".join(name for name, value in target.items() if isinstance(value, Mapping))
        raise ConvatlasError(
            f"{place}, {claim['target']}: no metric '{claim['metric']}', but {known}"
        )
    return measured, target["dataset"]


def _most_frequent(measured: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Summarise a choice: an interval for the mean of choices would say nothing.

    Of values that are chosen equally often the first seed's is given, with a remark.
    """
    values = measured["values"]
    (chosen, count), *others = Counter(values).most_common()
    remark = " No value is chosen by most seeds; the first seed's is given."
    tied = any(count == other for _, other in others)
    low, high = min(values), max(values)
    summary = {"mean": chosen, "low": low, "high": high, "seeds": len(values)}
    return summary, remark if tied else ""


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
        id, source, document_value, model, target, metric, better, tolerance, comment; with
        ``choice``, what most seeds choose is compared, and low and high are the range over seeds.
    metrics : mapping
        Per model, its ``metrics.json``.
    stand_ins : mapping of str to str
        Titles of datasets that are not the real ones, by name: a claim measured on such a dataset
        is not judged.

    Returns
    -------
    pandas.DataFrame
        A row per claim, with the columns of ``claims.csv``.

    Raises
    ------
    ConvatlasError
        If a claim asks for a target or a metric that was not measured.
    """
    rows = []
    for claim in claims:
        measured, dataset = _measured(claim, metrics)
        remark = ""
        if claim.get("choice"):
            measured, remark = _most_frequent(measured)
        judged = {**measured, "low": None, "high": None} if claim.get("choice") else measured
        comment, is_share = claim["comment"] + remark, claim["metric"].startswith(SHARES)
        if dataset in stand_ins:
            verdict = "cannot be had"
            comment = f"Measured on a stand-in: {stand_ins[dataset]}."
        else:
            verdict = judge(
                claim["document_value"],
                judged,
                better=claim["better"],
                tolerance=claim.get("tolerance", 0.005),
                is_share=is_share,
            )
            if verdict == "cannot tell":
                comment += " The interval over seeds is too wide to tell."
        rows.append(
            {
                "claim": claim["id"],
                "source": claim["source"],
                "document_value": claim["document_value"],
                "measured_value": _round(measured["mean"], is_share=is_share),
                "low": _round(measured["low"], is_share=is_share),
                "high": _round(measured["high"], is_share=is_share),
                "seeds": measured["seeds"],
                "verdict": verdict,
                "comment": comment,
            }
        )
    # as objects, or a count among shares would be written 3001.0
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)
