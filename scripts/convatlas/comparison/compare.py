"""Set two runs side by side, item by item."""

import collections
import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from convatlas.comparison.judging import VERDICTS, Judgement, Measurement, judge_all
from convatlas.comparison.origins import compare_origins
from convatlas.comparison.runs import Run

KINDS = ("claim", "metric", "table", "figure")
_NUMBER = r"[+-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"
_INTERVAL = re.compile(rf"{_NUMBER}(?: %)? \(({_NUMBER}) to ({_NUMBER})\)")
"""As tables write a mean: 0.98 (0.97 to 0.99), 98.0 % (97.1 to 99.0), 3,994 (3,900 to 4,100)."""


@dataclasses.dataclass(frozen=True)
class Item:
    """One thing that both runs may have.

    Attributes
    ----------
    kind, group, name : str
        One of :data:`KINDS`; a study, or what was measured; which of it.
    first, second : str
        What A and B have, with the interval.
    verdict : str
        One of ``convatlas.comparison.judging.VERDICTS``.
    comment : str
        What is to be said of it.
    """

    kind: str
    group: str
    name: str
    first: str
    second: str
    verdict: str
    comment: str = ""


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two runs: where they lie, what they were made of, and every item."""

    folders: tuple[str, str]
    origins: list[tuple[str, str, str]]
    items: list[Item]

    def count(self) -> dict[str, dict[str, int]]:
        """Count items by kind and verdict, kinds and verdicts in their order."""
        counts = collections.Counter((item.kind, item.verdict) for item in self.items)
        return {
            kind: {v: counts[kind, v] for v in VERDICTS if counts[kind, v]}
            for kind in KINDS
            if any(item.kind == kind for item in self.items)
        }


def compare_runs(one: Run, other: Run) -> Comparison:
    """Compare two runs.

    Parameters
    ----------
    one, other : Run
        A and B.

    Returns
    -------
    Comparison
        Items by kind, within each those first that are of most interest.
    """
    keys = list(dict.fromkeys([*one.metrics, *other.metrics]))
    judged = judge_all([(one.metrics.get(key), other.metrics.get(key)) for key in keys])
    verdicts = dict(zip(keys, judged, strict=True))
    items = [
        *_compare_claims(one, other, verdicts),
        *(_compare_metric(one, other, key, verdicts[key]) for key in keys),
        *_compare_tables(one, other),
        *_compare_figures(one, other, verdicts),
    ]
    items.sort(key=lambda item: (KINDS.index(item.kind), VERDICTS.index(item.verdict)))
    folders = str(one.folder), str(other.folder)
    return Comparison(folders, compare_origins(one.provenance, other.provenance), items)


def _compare_metric(one: Run, other: Run, key: tuple[str, str, str], judgement: Judgement) -> Item:
    group, target, metric = key
    texts = [_say(run.metrics.get(key)) for run in (one, other)]
    comment = "" if judgement.p_value is None else f"p = {judgement.p_value:.2g}"
    return Item("metric", group, f"{target} {metric}", *texts, judgement.verdict, comment)


def _say(measured: Measurement | None) -> str:
    if measured is None:
        return ""
    interval, count = measured.interval, len(measured.values)
    spread = f" ({interval[0]:.4g} to {interval[1]:.4g})" if interval else ""
    unit = measured.unit.rstrip("s") if count == 1 else measured.unit
    return f"{measured.mean:.4g}{spread}, {count} {unit}"


# ---- claims
def _compare_claims(
    one: Run, other: Run, verdicts: Mapping[tuple[str, str, str], Judgement]
) -> Iterator[Item]:
    """Compare what claims rest on: the measurement that the study's config names for each."""
    rests_on = {**_measurements_of_claims(one), **_measurements_of_claims(other)}
    for key in dict.fromkeys([*one.claims, *other.claims]):
        rows = [run.claims.get(key) for run in (one, other)]
        texts = [_say_claim(row) for row in rows]
        ours = [(row or {}).get("verdict", "") for row in rows]
        if None in rows:
            verdict, comment = "only in B" if rows[0] is None else "only in A", ""
        else:
            metric = rests_on.get(key)
            known = verdicts.get(metric) if metric else None
            verdict = known.verdict if known else judge_texts(*texts)
            p_value = known.p_value if known else None
            comment = "" if p_value is None else f"p = {p_value:.2g}"
            if ours[0] != ours[1]:
                comment = "; ".join(filter(None, [f"{ours[0]} in A, {ours[1]} in B", comment]))
        yield Item("claim", key[0], key[1], *texts, verdict, comment)


def _measurements_of_claims(run: Run) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Name the measurement of each claim, where the run keeps the config that it was judged by."""
    documents = run.provenance.get("config", {}).get("documents", {})
    return {
        (study, claim["id"]): (claim["model"], claim["target"], claim["metric"])
        for study, document in documents.items()
        for claim in document.get("claims", [])
        if {"id", "model", "target", "metric"} <= {*claim}
    }


def _say_claim(row: Mapping[str, str] | None) -> str:
    if row is None:
        return ""
    low, high, seeds = (row.get(key, "") for key in ("low", "high", "seeds"))
    spread = f" ({low} to {high})" if low and high else ""
    return f"{row['measured_value']}{spread}{f', {seeds}' if seeds else ''}"


def judge_texts(first: str, second: str) -> str:
    """Judge two texts of a number with its interval: disjoint intervals have moved."""
    if first == second:
        return "same"
    found = [_INTERVAL.search(text) for text in (first, second)]
    if None in found:
        return "cannot be told"
    (a_low, a_high), (b_low, b_high) = (
        [float(match[n].replace(",", "")) for n in (1, 2)] for match in found
    )
    return "moved" if a_high < b_low or b_high < a_low else "within spread"


# ---- tables and figures
def _compare_tables(one: Run, other: Run) -> Iterator[Item]:
    for key in dict.fromkeys([*one.tables, *other.tables]):
        first, second = (run.tables.get(key) for run in (one, other))
        if first is None or second is None:
            yield Item("table", *key, "", "", "only in B" if first is None else "only in A")
            continue
        texts = [_say_size(rows) for rows in (first, second)]
        yield Item("table", *key, *texts, *_compare_rows(first, second))


def _say_size(rows: list[dict[str, str]]) -> str:
    return f"{len(rows)} rows, {len(rows[0]) if rows else 0} columns"


def _compare_rows(first: list[dict[str, str]], second: list[dict[str, str]]) -> tuple[str, str]:
    """Compare two tables by cell; a cell that shows its interval says whether it moved."""
    if [list(row) for row in first] != [list(row) for row in second]:
        return "cannot be told", "it has other rows or columns"
    pairs = [
        (row[name], there[name]) for row, there in zip(first, second, strict=True) for name in row
    ]
    counts = collections.Counter(judge_texts(*pair) for pair in pairs)
    changed = {v: counts[v] for v in ("moved", "cannot be told", "within spread") if counts[v]}
    if not changed:
        return "same", ""
    words = {
        "moved": "beyond their intervals",
        "cannot be told": "with no interval to tell by",
        "within spread": "within their intervals",
    }
    said = ", ".join(f"{count} {words[v]}" for v, count in changed.items())
    return next(iter(changed)), f"of {len(pairs)} cells {sum(changed.values())} differ: {said}"


def _compare_figures(
    one: Run, other: Run, verdicts: Mapping[tuple[str, str, str], Judgement]
) -> Iterator[Item]:
    behind = {**_groups_of_figures(one), **_groups_of_figures(other)}
    for key in dict.fromkeys([*one.figures, *other.figures]):
        digests = [run.figures.get(key) for run in (one, other)]
        if None in digests:
            verdict, comment = "only in B" if digests[0] is None else "only in A", ""
        elif digests[0] == digests[1]:
            verdict, comment = "same", ""
        else:
            groups = behind.get(key, set())
            numbers = [judged.verdict for name, judged in verdicts.items() if name[0] in groups]
            verdict, comment = _judge_figure(sorted(groups), numbers)
        yield Item("figure", *key, *((digest or "")[:12] for digest in digests), verdict, comment)


def _groups_of_figures(run: Run) -> dict[tuple[str, str], set[str]]:
    """Name what each figure is of, as far as its item's options name what was measured."""
    documents = run.provenance.get("config", {}).get("documents", {})
    measured = {group for group, _, _ in run.metrics}
    return {
        (study, item["artefact"]): set(_texts_in(item.get("options", {}))) & measured
        for study, document in documents.items()
        for section in document.get("sections", [])
        for item in section.get("items", [])
        if "artefact" in item
    }


def _texts_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - of any kind
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts_in(list(value.values()))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)


def _judge_figure(groups: list[str], numbers: list[str]) -> tuple[str, str]:
    """Say of a figure whose file differs what became of the numbers that it is of."""
    if not numbers:
        return "cannot be told", "the picture differs; no number of the run stands for it"
    of, counts = f"of {', '.join(groups)}", collections.Counter(numbers)
    if counts["same"] == len(numbers):
        return "cannot be told", f"the picture differs, though all numbers {of} are the same"
    said = ", ".join(f"{counts[v]} {v}" for v in VERDICTS if counts[v])
    known = ("moved", "cannot be told", "within spread")
    verdict = next((v for v in known if counts[v]), "cannot be told")
    return verdict, f"numbers {of}: {said}"
