"""Import a user's own handwritten digits: a sheet, a folder of pictures, or a table of pixels.

Every digit is kept in two forms, prepared as MNIST's were and plainly resized, so that what the
preparation is worth can be measured. A digit that cannot be used is named in `rejected`, with the
place and the reason; it never stops the import and never vanishes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from convatlas.data.mnist_form import to_mnist_form, to_plain_form
from convatlas.data.own_digits_reading import as_digit, read_picture, read_pixel_lines, sheet_labels
from convatlas.errors import ConvatlasError

REJECTED_COLUMNS = ["source", "position", "label", "reason"]


class UnusableFileError(ConvatlasError):
    """A file is no picture, or there is no digit in it: the others can go on without it."""


@dataclass
class OwnDigits:
    """Digits from outside, in two forms, and the list of those that could not be used.

    Attributes
    ----------
    mnist_form, plain : numpy.ndarray
        (N, 28, 28) uint8, white on black; see `to_mnist_form` and `to_plain_form`.
    labels : numpy.ndarray
        (N,) uint8, 0 to 9.
    source, writer, position : numpy.ndarray
        (N,) str: sheet or file name; who wrote it; where it stands in its source.
    rejected : pandas.DataFrame
        Columns source, position, label, reason; all text.
    """

    mnist_form: np.ndarray
    plain: np.ndarray
    labels: np.ndarray
    source: np.ndarray
    writer: np.ndarray
    position: np.ndarray
    rejected: pd.DataFrame

    def __len__(self) -> int:
        return len(self.labels)


@dataclass
class _Tray:
    """What an import has collected so far."""

    accepted: list[tuple[np.ndarray, np.ndarray, int, str, str, str]] = field(default_factory=list)
    rejected: list[tuple[str, str, str, str]] = field(default_factory=list)

    def reject(self, source: str, position: str, label: object, reason: str) -> None:
        self.rejected.append((source, position, str(label), reason))

    def add(
        self, picture: np.ndarray, label: object, source: str, writer: str, position: str
    ) -> None:
        """Prepare one picture and keep it, or note why it cannot be kept."""
        digit = as_digit(label)
        if digit is None:
            reason = f"the label {str(label)!r} is no digit from 0 to 9"
            self.reject(source, position, label, reason)
            return
        try:
            prepared = to_mnist_form(picture)
        except ValueError as error:
            self.reject(source, position, label, str(error))
            return
        plain = to_plain_form(picture)
        self.accepted.append((prepared, plain, digit, source, writer, position))

    def collect(self, origin: object, expected: str) -> OwnDigits:
        """Return what was kept; refuse to go on with nothing."""
        if not self.accepted:
            reasons = list(dict.fromkeys(row[3] for row in self.rejected))
            first = f" The first of {len(self.rejected)} rejected: {reasons[0]}." if reasons else ""
            raise UnusableFileError(f"{origin}: not one usable digit. Expected {expected}.{first}")
        prepared, plain, labels, source, writer, position = zip(*self.accepted, strict=True)
        return OwnDigits(
            mnist_form=np.stack(prepared),
            plain=np.stack(plain),
            labels=np.array(labels, dtype=np.uint8),
            source=np.array(source, dtype=str),
            writer=np.array(writer, dtype=str),
            position=np.array(position, dtype=str),
            rejected=pd.DataFrame(self.rejected, columns=REJECTED_COLUMNS, dtype=str),
        )


def import_sheet(
    path: str | Path,
    *,
    rows: int,
    columns: int,
    labels: str | Path = "by_column",
    source: str | None = None,
    writer: str = "",
) -> OwnDigits:
    """Cut a sheet of digits, written in a regular grid, into its cells.

    Parameters
    ----------
    path : str or Path
        The sheet, any picture file that Pillow reads.
    rows, columns : int
        The grid. The picture's size need not be a multiple of it: cuts are rounded to pixels.
    labels : str or Path
        "by_column" (column j shows digit j), "by_row" (row i shows digit i), or a CSV file of
        labels, row after row from the top left, on any number of lines.
    source, writer : str
        Kept with every digit; the source is the file's name unless given.

    Returns
    -------
    OwnDigits
        Positions read "row 3, column 7", counted from 1.

    Raises
    ------
    ValueError
        The sheet is missing, unreadable or smaller than its grid; the CSV is missing or its number
        of labels is not rows x columns; "by_column" or "by_row" with a grid that has more than
        ten; no digit was accepted.
    """
    path = Path(path)
    source = path.name if source is None else source
    try:
        sheet = read_picture(path)
    except FileNotFoundError:
        raise ConvatlasError(f"{path}: no such sheet; give the path of a picture file") from None
    except (OSError, ValueError) as error:
        raise UnusableFileError(
            f"{path}: this sheet cannot be read as a picture: {error}"
        ) from error
    height, width = sheet.shape[:2]
    if not (1 <= rows <= height // 8 and 1 <= columns <= width // 8):
        raise ConvatlasError(
            f"{path}: {width} x {height} pixels do not fit {rows} rows and {columns} columns of "
            "at least 8 x 8 pixels a cell; check `rows` and `columns`, or scan it finer"
        )
    known = sheet_labels(path, labels, rows, columns)
    horizontal = [round(i * height / rows) for i in range(rows + 1)]
    vertical = [round(j * width / columns) for j in range(columns + 1)]
    tray = _Tray()
    for index, label in enumerate(known):
        i, j = divmod(index, columns)
        cell = sheet[horizontal[i] : horizontal[i + 1], vertical[j] : vertical[j + 1]]
        tray.add(cell, label, source, writer, f"row {i + 1}, column {j + 1}")
    return tray.collect(path, f"a sheet of {rows} x {columns} handwritten digits")


def import_folder(
    path: str | Path, *, source: str | None = None, writer: str | None = None
) -> OwnDigits:
    """Import single pictures that lie in one folder per digit: ``<path>/<label>/<any name>``.

    Parameters
    ----------
    path : str or Path
        Holds folders named 0 to 9. What a file is decides its content, not its name; hidden files
        and folders are passed over.
    source : str or None
        Kept with every digit; the file's own name unless given.
    writer : str or None
        Kept with every digit; the name of the folder `path` unless given.

    Returns
    -------
    OwnDigits
        Positions are paths below `path`.

    Raises
    ------
    ValueError
        The folder is missing, or no digit was accepted.
    """
    path = Path(path)
    if not path.is_dir():
        raise ConvatlasError(
            f"{path}: no such folder; expected one with folders named 0 to 9 in it"
        )
    writer = path.resolve().name if writer is None else writer
    tray = _Tray()
    for file in sorted(path.rglob("*")):
        below = file.relative_to(path)
        if file.is_dir() or any(part.startswith(".") for part in below.parts):
            continue
        name = file.name if source is None else source
        if len(below.parts) != 2:
            reason = "not in a folder of its digit; expected <digit>/<picture>"
            tray.reject(name, below.as_posix(), "", reason)
            continue
        label = below.parts[0]
        try:
            picture = read_picture(file)
        except (OSError, ValueError) as error:
            tray.reject(name, below.as_posix(), label, f"cannot be read as a picture: {error}")
            continue
        tray.add(picture, label, name, writer, below.as_posix())
    return tray.collect(path, "pictures in folders named 0 to 9")


def import_pixel_table(
    path: str | Path, *, source: str | None = None, writer: str = ""
) -> OwnDigits:
    """Import digits from a CSV file with 784 pixels (28x28, row after row) and a label per line.

    Parameters
    ----------
    path : str or Path
        With or without a header. A header column named `label` says where the label is; without
        one it is the first or the last column, whichever holds only whole numbers 0 to 9.
        Pixels are 0 to 255.
    source, writer : str
        Kept with every digit; the source is the file's name unless given.

    Returns
    -------
    OwnDigits
        Positions read "line 12", counted from 1, the header included.

    Raises
    ------
    ValueError
        The file is missing or unreadable, or no digit was accepted.
    """
    path = Path(path)
    source = path.name if source is None else source
    tray = _Tray()
    for line in read_pixel_lines(path):
        position = f"line {line.number}"
        if line.pixels is None:
            tray.reject(source, position, line.label, line.fault)
        else:
            tray.add(line.pixels, line.label, source, writer, position)
    return tray.collect(path, "lines of 784 pixels and a label")


def import_pictures(
    pictures: Iterable[np.ndarray],
    labels: Iterable[object],
    *,
    source: str,
    writer: str = "",
    positions: Iterable[str] | None = None,
) -> OwnDigits:
    """Import pictures that are already in memory.

    Parameters
    ----------
    pictures : iterable of numpy.ndarray
        uint8, (height, width) or (height, width, 3 or 4), each of its own size.
    labels : iterable
        One digit 0 to 9 per picture.
    source, writer : str
        Kept with every digit.
    positions : iterable of str or None
        Where each stands; "picture 1", "picture 2", … unless given.

    Returns
    -------
    OwnDigits

    Raises
    ------
    ValueError
        Pictures, labels and positions differ in number, or no digit was accepted.
    """
    pictures, labels = list(pictures), list(labels)
    named = [f"picture {i + 1}" for i in range(len(pictures))]
    positions = named if positions is None else list(positions)
    if not len(pictures) == len(labels) == len(positions):
        raise ConvatlasError(
            f"{source}: {len(pictures)} pictures, {len(labels)} labels and {len(positions)} "
            "positions; give one of each per digit"
        )
    tray = _Tray()
    for picture, label, position in zip(pictures, labels, positions, strict=True):
        tray.add(picture, label, source, writer, position)
    return tray.collect(source, "pictures of handwritten digits")


def concatenate(parts: Sequence[OwnDigits]) -> OwnDigits:
    """Join imports, digits and rejections in order; ValueError when `parts` is empty."""
    if not parts:
        raise ConvatlasError("no own digits to join; give at least one sheet, folder or table")
    names = ("mnist_form", "plain", "labels", "source", "writer", "position")
    return OwnDigits(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names},
        rejected=pd.concat([part.rejected for part in parts], ignore_index=True),
    )
