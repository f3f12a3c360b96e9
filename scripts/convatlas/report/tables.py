"""Turn CSV text into the cells of an HTML table: rounded for reading, whole on hovering."""

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convatlas.errors import ConvatlasError
from convatlas.report.words import EMPTY

# More rows than anybody reads on a page; the CSV file beside the report has them all.
MOST_ROWS = 500

_NUMBER = re.compile(r"[+\-\u2212]?(\d+(\.\d*)?|\.\d+)([eE][+\-]?\d+)?")
# Numbers with their signs: 98.2 %, 0.61 ± 0.02, [0.55, 0.67], 28 x 28 with its true sign.
_MEASURE = re.compile(r"(?=.*\d)[\s\d.,;()\[\]/^%eE<>=~≈±+\-\u2212\u2013\u00d7]+")
_MISSING = frozenset({"", "nan", "NaN", "None", "NA", "n/a"})


@dataclass(frozen=True)
class Cell:
    """What a cell shows, the whole text where that is shorter, and whether it lines up right."""

    text: str
    full: str | None
    numeric: bool


@dataclass(frozen=True)
class Table:
    """A table of cells; `left_out` counts the rows that were not read."""

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int


def read_table(path: Path) -> Table:
    """Read a CSV file as a table to show.

    A column of numbers is right-aligned. Where one of its numbers has more than four decimals, the
    column is rounded alike to four significant digits of its largest value. All other text is shown
    as the file has it.

    Parameters
    ----------
    path : Path
        A CSV file with a header row, UTF-8.

    Returns
    -------
    Table
        Header and rows, at most `MOST_ROWS`.

    Raises
    ------
    ConvatlasError
        If the file is empty, or a row has another number of fields than the header.
    """
    with path.open(newline="", encoding="utf-8-sig") as stream:
        lines = [row for row in csv.reader(stream) if row]
    if not lines:
        raise ConvatlasError(f"{path}: the table is empty")
    header, body = lines[0], lines[1:]
    for number, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise ConvatlasError(f"{path}: row {number} has {len(row)} fields, not {len(header)}")
    shown = body[:MOST_ROWS]
    columns = [_format_column([row[index] for row in shown]) for index in range(len(header))]
    return Table(
        header=tuple(
            Cell(name.replace("_", " "), None, bool(column) and column[0].numeric)
            for name, column in zip(header, columns, strict=True)
        ),
        rows=tuple(zip(*columns, strict=True)),
        left_out=len(body) - len(shown),
    )


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV file as one mapping per row, all values text.

    Parameters
    ----------
    path : Path
        A CSV file with a header row, UTF-8.

    Returns
    -------
    list of dict
        The rows; a field that a short row lacks is empty.
    """
    with path.open(newline="", encoding="utf-8-sig") as stream:
        return [
            {key: value or "" for key, value in row.items() if key is not None}
            for row in csv.DictReader(stream)
        ]


def round_numbers(texts: Sequence[str]) -> list[str]:
    """Round numbers that stand together to the same number of decimals.

    Parameters
    ----------
    texts : sequence of str
        Numbers as text. Text that is no number is returned as it is.

    Returns
    -------
    list of str
        The texts to show, with a true minus sign.
    """
    values = {text: float(text.replace("\u2212", "-")) for text in texts if _is_number(text)}
    if not any(_count_decimals(text) > 4 for text in values):
        return [_set_minus(text) if text in values else text for text in texts]
    sizes = [abs(value) for value in values.values() if value != 0 and math.isfinite(value)]
    largest = max(sizes, default=1.0)
    decimals = min(max(3 - math.floor(math.log10(largest)), 0), 6)
    # Values of very different size in one column: each keeps its own three digits.
    mixed = bool(sizes) and min(sizes) < 10.0 ** (1 - decimals)
    return [
        _set_minus(_short(values[text]) if mixed else f"{values[text]:.{decimals}f}")
        if text in values
        else text
        for text in texts
    ]


def _format_column(texts: Sequence[str]) -> list[Cell]:
    texts = [text.strip() for text in texts]
    filled = [text for text in texts if text not in _MISSING]
    numeric = bool(filled) and all(_MEASURE.fullmatch(text) for text in filled)
    shown = round_numbers(texts) if numeric else texts
    return [
        Cell(EMPTY, None, numeric)
        if numeric and text in _MISSING
        else Cell(short, text if short.replace("\u2212", "-") != text else None, numeric)
        for text, short in zip(texts, shown, strict=True)
    ]


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def _count_decimals(text: str) -> int:
    mantissa = re.split("[eE]", text)[0]
    # 1e-05 is a short text, yet no reader's way to write a number.
    return 9 if mantissa != text else len(mantissa.partition(".")[2])


def _short(value: float) -> str:
    text = f"{value:.3g}"
    mantissa, marker, exponent = text.partition("e")
    if not marker:
        return text
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}\N{MULTIPLICATION SIGN}10{raised}"


def _set_minus(text: str) -> str:
    return text.replace("-", "\u2212") if text.startswith("-") else text
