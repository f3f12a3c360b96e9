"""Show every imported digit in both forms beside its label, so that anybody can check them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.report.inline import encode_png
from convatlas.report.tables import read_rows
from convatlas.report.words import take_anchor

SIDE = 28
# Tiles across a sprite: a browser shows a sprite of any shape, a squarish one is held best.
_ACROSS = 12
_SAMPLES = 5


@dataclass(frozen=True)
class Tile:
    """One digit: where it stands on its sheet and, in tiles, on the sprite."""

    position: str
    column: int
    row: int

    @property
    def short(self) -> str:
        """The position as it fits below a digit: ``r1 c2`` for ``row 1, column 2``."""
        return re.sub(r"^row (\d+), column (\d+)$", r"r\1 c\2", self.position)


@dataclass(frozen=True)
class Sheet:
    """The digits of one source: the sprite that holds them, and the tiles of each label."""

    anchor: str
    source: str
    count: int
    across: int
    down: int
    sprite: str
    labels: tuple[tuple[int, tuple[Tile, ...]], ...]


@dataclass(frozen=True)
class Audit:
    """All sheets, and the cells from which no digit was taken."""

    count: int
    thumbnail: str
    sheets: tuple[Sheet, ...]
    rejected: tuple[dict[str, str], ...]


def lay_out_audit(digits: Path, rejected: Path | None) -> Audit:
    """Read imported digits and arrange them by sheet and label.

    Parameters
    ----------
    digits : Path
        An ``.npz`` with ``mnist_form`` and ``plain`` (n, 28, 28) uint8, ``labels`` (n,), ``source``
        and ``position`` (n,) text.
    rejected : Path or None
        A CSV with ``source, position, label, reason``; None where nothing can be rejected.

    Returns
    -------
    Audit
        What the page shows. Every digit stands in exactly one sheet.

    Raises
    ------
    ConvatlasError
        If an array is missing or has another shape.
    """
    arrays = _load(digits)
    taken: set[str] = set()
    sheets = []
    # dict.fromkeys keeps the order of the import, which a set would lose.
    for source in dict.fromkeys(arrays["source"].tolist()):
        chosen = np.flatnonzero(arrays["source"] == source)
        anchor = take_anchor(f"sheet {source}", taken)
        sheets.append(_lay_out_sheet(arrays, chosen, source, anchor))
    return Audit(
        count=len(arrays["labels"]),
        thumbnail=_draw_thumbnail(arrays),
        sheets=tuple(sheets),
        rejected=tuple(read_rows(rejected)) if rejected is not None else (),
    )


def _load(digits: Path) -> Mapping[str, np.ndarray]:
    names = ("mnist_form", "plain", "labels", "source", "position")
    with np.load(digits, allow_pickle=False) as archive:
        for name in names:
            if name not in archive.files:
                raise ConvatlasError(f"{digits}: the digits have no '{name}'")
        arrays = {name: archive[name] for name in names}
    for name in ("mnist_form", "plain"):
        expected = (len(arrays["labels"]), SIDE, SIDE)
        if arrays[name].shape != expected:
            raise ConvatlasError(f"{digits}: {name} is {arrays[name].shape}, not {expected}")
    return arrays


def _draw_thumbnail(arrays: Mapping[str, np.ndarray]) -> str:
    """Return five digits of each label in MNIST's form, spread over all that have it, as a PNG."""
    canvas = np.zeros((_SAMPLES * SIDE, 10 * SIDE), dtype=np.uint8)
    for label in range(10):
        having = np.flatnonzero(arrays["labels"] == label)
        for row, index in enumerate(having[:: max(1, len(having) // _SAMPLES)][:_SAMPLES]):
            part = np.s_[row * SIDE : (row + 1) * SIDE, label * SIDE : (label + 1) * SIDE]
            canvas[part] = arrays["mnist_form"][index]
    return encode_png(Image.fromarray(canvas))


def _lay_out_sheet(
    arrays: Mapping[str, np.ndarray], chosen: np.ndarray, source: str, anchor: str
) -> Sheet:
    # A stable sort: within a label the digits keep the order of the sheet.
    chosen = chosen[np.argsort(arrays["labels"][chosen], kind="stable")]
    across = min(_ACROSS, len(chosen))
    down = -(-len(chosen) // across)
    canvas = np.zeros((down * SIDE, across * 2 * SIDE), dtype=np.uint8)
    labels: dict[int, list[Tile]] = {}
    for place, index in enumerate(chosen):
        row, column = divmod(place, across)
        pair = np.hstack([arrays["plain"][index], arrays["mnist_form"][index]])
        canvas[row * SIDE : (row + 1) * SIDE, column * 2 * SIDE : (column + 1) * 2 * SIDE] = pair
        tile = Tile(str(arrays["position"][index]), column, row)
        labels.setdefault(int(arrays["labels"][index]), []).append(tile)
    return Sheet(
        anchor=anchor,
        source=source,
        count=len(chosen),
        across=across,
        down=down,
        sprite=encode_png(Image.fromarray(canvas)),
        labels=tuple((label, tuple(tiles)) for label, tiles in sorted(labels.items())),
    )
