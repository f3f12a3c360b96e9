"""A comparison as text for a terminal, as CSV, and as a page that opens with no network."""

import csv
import dataclasses
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from convatlas.comparison.compare import Comparison, Item
from convatlas.comparison.judging import RULE, VERDICTS
from convatlas.files import atomic_path

TEMPLATES = Path(__file__).parent / "templates"
REPORT = Path(__file__).parents[1] / "report" / "templates"
"""Whose style the page has."""
SHOWN, GROUPED = ("moved", "cannot be told"), ("only in A", "only in B")
"""What a terminal shows item by item, and what by group; the files have all."""


def say_comparison(comparison: Comparison, width: int = 100, most: int = 30) -> str:
    """Write a comparison as text.

    Parameters
    ----------
    comparison : Comparison
        What was compared.
    width : int
        Columns of the terminal.
    most : int
        Items shown of a kind and a verdict.
    """
    lines = [f"A  {comparison.folders[0]}", f"B  {comparison.folders[1]}", ""]
    lines += textwrap.wrap(RULE, width)
    lines += ["", "Made of", *_table([("", "A", "B"), *comparison.origins[:most]], width)]
    lines += _more(len(comparison.origins), most)
    if not comparison.origins:
        lines.append("  the same commit, packages, machine, data and config")
    for kind, counts in comparison.count().items():
        said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        lines += ["", f"{kind.capitalize()}s: {said}"]
        for verdict in SHOWN:
            found = [i for i in comparison.items if (i.kind, i.verdict) == (kind, verdict)]
            if found:
                lines += [f"  {verdict}", *_table([_row(item) for item in found[:most]], width)]
                lines += _more(len(found), most)
        for verdict in GROUPED:
            found = [i.group for i in comparison.items if (i.kind, i.verdict) == (kind, verdict)]
            if found:
                groups = [f"{name} ({count})" for name, count in Counter(found).items()]
                lines += textwrap.wrap(
                    f"  {verdict}: {', '.join(groups)}", width, subsequent_indent="    "
                )
    return "\n".join(lines)


def _row(item: Item) -> tuple[str, ...]:
    return (f"{item.group} {item.name}", item.first, item.second, item.comment)


def _more(count: int, most: int) -> list[str]:
    return [f"  ... and {count - most} more"] if count > most else []


def _table(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Lay rows out in columns; what is too long for the width goes on below, indented."""
    columns = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [f"{cell:{size}}" for cell, size in zip(row, columns, strict=True)]
        line = f"  {'  '.join(cells)}".rstrip()
        if len(line) <= width:
            yield line
        else:
            yield from textwrap.wrap(f"  {row[0]}", width, subsequent_indent="    ")
            rest = [
                f"{name}{cell}" for name, cell in zip(("A: ", "B: ", ""), row[1:], strict=False)
            ]
            for cell in filter(lambda text: text not in ("A: ", "B: ", ""), rest):
                yield from textwrap.wrap(
                    f"    {cell}", width, subsequent_indent="      ", break_long_words=False
                )


def write_csv(comparison: Comparison, path: Path) -> None:
    """Write a row an item."""
    names = [field.name for field in dataclasses.fields(Item)]
    with atomic_path(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(dataclasses.asdict(item) for item in comparison.items)


def write_page(comparison: Comparison, path: Path) -> None:
    """Write one page that holds its style."""
    folders = FileSystemLoader([TEMPLATES, REPORT])
    environment = Environment(
        loader=folders,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("comparison.html.j2").render(
        comparison=comparison, rule=RULE, verdicts=VERDICTS, counts=comparison.count()
    )
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")
