"""Read what a document claims and what was measured, and count the verdicts."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convatlas.errors import ConvatlasError
from convatlas.evaluation.claims import FAR_BETTER
from convatlas.report.tables import read_rows, round_numbers
from convatlas.report.words import make_slug, take_anchor

NOT_MEASURED = "not in this run"
# In the order of the legend; the sign tells them apart where colour does not.
VERDICTS = {
    "reproduced": "✓",
    "better": "↑",
    "differs": "≠",
    "cannot tell": "?",
    "cannot be had": "\N{MULTIPLICATION SIGN}",
    NOT_MEASURED: "○",
}
_COLUMNS = ("claim", "source", "document_value", "measured_value", "verdict")


@dataclass(frozen=True)
class Claim:
    """One statement of a document beside what was measured for it."""

    anchor: str
    text: str
    source: str
    source_anchor: str | None
    document: str
    measured: str
    interval: str
    seeds: str
    verdict: str
    sign: str
    style: str
    comment: str

    @property
    def is_finding(self) -> bool:
        """Whether it came out so much better that it has to be explained."""
        return FAR_BETTER in self.comment


@dataclass(frozen=True)
class Tally:
    """How many claims have a verdict."""

    verdict: str
    sign: str
    style: str
    count: int


def read_claims(
    path: Path, listed: Sequence[str | Mapping[str, Any]], anchors: Mapping[str, str]
) -> list[Claim]:
    """Read a study's claims, in the order of the file; those listed but not there come last.

    Parameters
    ----------
    path : Path
        The study's ``claims.csv``; it may be missing.
    listed : sequence of str or mapping
        The claims that the study's configuration lists: ids, or mappings with ``id`` and, for
        people, ``text``, ``source`` and ``document_value``.
    anchors : mapping of str to str
        Item number, such as ``Fig. 3``, to the anchor of the item on the study's page.

    Returns
    -------
    list of Claim
        What the pages show.

    Raises
    ------
    ConvatlasError
        If the file lacks a column.
    """
    known = {_name(entry): entry if isinstance(entry, Mapping) else {} for entry in listed}
    rows = read_rows(path) if path.exists() else []
    for column in _COLUMNS:
        if rows and column not in rows[0]:
            raise ConvatlasError(f"{path}: the claims have no column {column}")
    measured = {row["claim"] for row in rows}
    rows += [
        {
            "claim": name,
            "source": str(entry.get("source", "")),
            # null where the document gives no number
            "document_value": _text(entry.get("document_value")),
        }
        for name, entry in known.items()
        if name not in measured
    ]
    taken: set[str] = set()
    return [
        _make_claim(
            row, known.get(row["claim"], {}), anchors, take_anchor(f"claim {row['claim']}", taken)
        )
        for row in rows
    ]


def count_verdicts(claims: Iterable[Claim]) -> list[Tally]:
    """Count claims by verdict.

    Parameters
    ----------
    claims : iterable of Claim
        Any claims.

    Returns
    -------
    list of Tally
        One entry per verdict that occurs, in the order of the legend.
    """
    counts = Counter(claim.verdict for claim in claims)
    order = [*VERDICTS, *sorted(set(counts) - set(VERDICTS))]
    return [
        Tally(verdict, _sign(verdict), _style(verdict), counts[verdict])
        for verdict in order
        if counts[verdict]
    ]


def count_reasons(claims: Iterable[Claim]) -> list[tuple[str, int]]:
    """Count why claims cannot be had, the most frequent reason first."""
    return Counter(c.comment for c in claims if c.verdict == "cannot be had").most_common()


def _make_claim(
    row: Mapping[str, str], entry: Mapping[str, Any], anchors: Mapping[str, str], anchor: str
) -> Claim:
    verdict = row.get("verdict", "").strip() or NOT_MEASURED
    source = row.get("source", "")
    value, low, high = round_numbers([row.get(k, "") for k in ("measured_value", "low", "high")])
    return Claim(
        anchor=anchor,
        text=str(entry.get("text", row["claim"])),
        source=source,
        source_anchor=_find_anchor(source, anchors),
        document=row.get("document_value", ""),
        measured=value,
        interval=f"{low} to {high}" if low and high else "",
        seeds=row.get("seeds", ""),
        verdict=verdict,
        sign=_sign(verdict),
        style=_style(verdict),
        comment=row.get("comment", ""),
    )


def _find_anchor(source: str, anchors: Mapping[str, str]) -> str | None:
    """Return the anchor of the item that a source names: ``Table I, row 2``, ``IV.B, figure 3``.

    Of several the first that it names; of two that begin alike the longer.
    """
    told = re.sub(r"\b(fig|figure|table)s\b", r"\1", source.lower())
    places = []
    for number, anchor in anchors.items():
        found = re.search(rf"(?<!\w){re.escape(number.lower())}(?!\w)", told)
        if found:
            places.append((found.start(), -len(number), anchor))
    return min(places)[2] if places else None


def _text(value: float | None) -> str:
    return "" if value is None else str(value)


def _name(entry: str | Mapping[str, Any]) -> str:
    return str(entry["id"]) if isinstance(entry, Mapping) else str(entry)


def _sign(verdict: str) -> str:
    return VERDICTS.get(verdict, "○")


def _style(verdict: str) -> str:
    return make_slug(verdict) if verdict in VERDICTS else "other"
