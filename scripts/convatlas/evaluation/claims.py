"""What the documents state, beside what was measured."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from convatlas.errors import ConvatlasError

SHARES = ("accuracy", "precision", "recall", "f1", "share_fake", "share_real")
"""Metrics from 0 to 1; those of discriminators go on with the mode they were asked in."""
FAR_BETTER = "Far better than the document's number: a finding to explain, not to print."
"""Said of a claim that improves on the document by :data:`FAR` or more."""
FAR = 2.0
"""How many times better is suspicious: an error half as large, or what counts twice as much."""
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


def judge_limit(
    measured: Mapping[str, Any], *, at_least: float | None = None, at_most: float | None = None
) -> str:
    """Judge a measurement by a limit, where a document gives no number that could be compared.

    Parameters
    ----------
    measured : mapping
        ``mean``, and ``values``, one per seed or clip.
    at_least, at_most : float, optional
        What every value has to reach, and may not pass.

    Returns
    -------
    str
        ``reproduced`` if every value keeps to the limit, ``differs`` if their mean does not;
        between the two ``cannot tell``.
    """

    def keeps(value: float) -> bool:
        return (at_least is None or value >= at_least) and (at_most is None or value <= at_most)

    if all(map(keeps, measured.get("values") or [measured["mean"]])):
        return "reproduced"
    return "cannot tell" if keeps(measured["mean"]) else "differs"


def _round(value: float | None, *, is_share: bool) -> float | int:
    """Round to four digits, and cut a limit of a normal interval to what a share can be."""
    if value is None:
        return math.nan
    if is_share:
        return round(min(max(value, 0.0), 1.0), 4)
    return int(value) if value == int(value) else float(f"{value:.4g}")


def _measured(
    claim: Mapping[str, Any], metrics: Mapping[str, Mapping[str, Any]]
) -> tuple[Mapping[str, Any], list[str]]:
    """Return the measurement that a claim asks for, and the data and networks it rests on."""
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
    datasets = target["dataset"].split("+")
    return measured, [*datasets, *target.get("behind", []), *measured.get("behind", [])]


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
        ``choice``, what most seeds choose is compared, and low and high are the range over seeds;
        with ``at_least`` or ``at_most``, these are what it is judged by.
    metrics : mapping
        Per model, its ``metrics.json``. A summary may name its ``unit`` (seeds, if it does not)
        and, as its target may, what else it rests on (``behind``).
    stand_ins : mapping of str to str
        Titles of data and networks that are not the real ones, by name: a claim that rests on one
        is not judged, and nor is one that could not be measured.

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
        measured, behind = _measured(claim, metrics)
        remark = ""
        if claim.get("choice"):
            measured, remark = _most_frequent(measured)
        is_share = claim["metric"].startswith(SHARES)
        made_here = dict.fromkeys(stand_ins[name] for name in behind if name in stand_ins)
        if made_here:
            verdict, comment = "cannot be had", f"Measured on a stand-in: {'; '.join(made_here)}."
        elif measured["mean"] is None:
            verdict, comment = "cannot be had", "This run has nothing to measure it on."
        else:
            verdict, comment = _judged(claim, measured, is_share=is_share)
            comment = claim["comment"] + remark + comment
        rows.append(
            {
                "claim": claim["id"],
                "source": claim["source"],
                "document_value": claim["document_value"],
                "measured_value": _round(measured["mean"], is_share=is_share),
                "low": _round(measured["low"], is_share=is_share),
                "high": _round(measured["high"], is_share=is_share),
                "seeds": _count(measured),
                "verdict": verdict,
                "comment": comment,
            }
        )
    # as objects, or a count among shares would be written 3001.0
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def _judged(
    claim: Mapping[str, Any], measured: Mapping[str, Any], *, is_share: bool
) -> tuple[str, str]:
    """Return the verdict on a claim, and what is to be said of it beside the claim's comment."""
    limits = {key: claim[key] for key in ("at_least", "at_most") if key in claim}
    if limits:
        verdict = judge_limit(measured, **limits)
        said = " and ".join(f"{key.replace('_', ' ')} {limits[key]:g}" for key in limits)
        unit = measured.get("unit", "seeds")
        mixed = f" Some {unit} keep to it, some do not." if verdict == "cannot tell" else ""
        return verdict, f" It is judged by this project's limit: {said}.{mixed}"
    judged = {**measured, "low": None, "high": None} if claim.get("choice") else measured
    verdict = judge(
        claim["document_value"],
        judged,
        better=claim["better"],
        tolerance=claim.get("tolerance", 0.005),
        is_share=is_share,
    )
    told = " The interval over seeds is too wide to tell." if verdict == "cannot tell" else ""
    if verdict == "better" and is_far(claim["document_value"], measured["mean"], is_share=is_share):
        told = f" {FAR_BETTER}"
    return verdict, told


def is_far(document: float, measured: float, *, is_share: bool = False) -> bool:
    """Tell whether a measurement that is better than a stated value is so by :data:`FAR` or more.

    Of a share that is to be high, what it lacks to 1 counts: 0.99 for 0.97 is three times better.
    Of a document's 0 no multiple is better.
    """
    if document == 0:
        return False
    if is_share and measured > document:
        document, measured = 1 - document, 1 - measured
    worse, better = sorted((abs(document), abs(measured)), reverse=True)
    return better == 0 or worse / better >= FAR


def _count(measured: Mapping[str, Any]) -> int | str:
    """Return how many seeds were measured; or clips, with their name."""
    count, unit = measured["seeds"], measured.get("unit")
    if unit is None:
        return count
    return f"{count} {unit.removesuffix('s') if count == 1 else unit}"
