"""Read the files that own digits come in: pictures, tables of pixels, tables of labels."""

from __future__ import annotations

import csv
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from convatlas.data.mnist_form import SIDE
from convatlas.errors import ConvatlasError

PIXELS = SIDE * SIDE
# 64 megapixels: more than any telephone's usual photograph, less than what fills a laptop.
MAXIMUM_PIXELS = 64_000_000


@dataclass
class PixelLine:
    """One line of a pixel table: its pixels, (28, 28) uint8, or None and what is wrong."""

    number: int
    label: str
    pixels: np.ndarray | None
    fault: str = ""


def sheet_labels(path: Path, labels: str | Path, rows: int, columns: int) -> list[str]:
    """Return the label of every cell of the sheet `path`, row after row.

    Raises
    ------
    ValueError
        See `convatlas.data.own_digits.import_sheet`.
    """
    if str(labels) in ("by_column", "by_row"):
        count = columns if str(labels) == "by_column" else rows
        if count > 10:
            raise ConvatlasError(
                f"{path}: labels {labels!r} stand for the digits 0 to 9, but the grid has {count}; "
                "give a CSV file of labels instead"
            )
        return [
            str(j if str(labels) == "by_column" else i) for i in range(rows) for j in range(columns)
        ]
    table = Path(labels)
    known = [value for _, row in _read_csv(table, f"labels for {path.name}") for value in row]
    if len(known) != rows * columns:
        # Programs end a line with a comma or pad a short one; an empty label in its place stays.
        known = [value for value in known if value]
    if len(known) != rows * columns:
        raise ConvatlasError(
            f"{table}: {len(known)} labels for {rows} x {columns} = {rows * columns} cells of "
            f"{path.name}; give one label per cell, row after row"
        )
    return known


def _read_csv(path: Path, holds: str) -> list[tuple[int, list[str]]]:
    """Return line numbers and values of the lines that are not empty."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConvatlasError(
            f"{path}: cannot be read ({error}); expected a CSV file of {holds}"
        ) from error
    reader = csv.reader(text.splitlines())
    try:
        return [
            (reader.line_num, [value.strip() for value in row])
            for row in reader
            if any(value.strip() for value in row)
        ]
    except csv.Error as error:
        raise ConvatlasError(f"{path}: no CSV file of {holds}: {error}") from error


def read_pixel_lines(path: Path) -> Iterator[PixelLine]:
    """Yield the lines of a CSV file of 784 pixels and a label, sound or not.

    With or without a header; the label is in the header's column `label`, else at whichever end
    of the line holds digits that vary.

    Raises
    ------
    ValueError
        The file is missing or no text.
    """
    lines = _read_csv(path, f"{PIXELS} pixels and a label")
    header: list[str] = []
    if lines:
        # A first line of numbers with one slip is data; a header has names all along.
        names = [value.lower() for value in lines[0][1]]
        if "label" in names or sum(as_number(value) is None for value in names) > len(names) / 2:
            header = names
            lines = lines[1:]
    label_at = _label_column(header, [row for _, row in lines])
    for number, row in lines:
        if len(row) != PIXELS + 1:
            fault = f"{len(row)} columns; expected {PIXELS} pixels and a label"
            yield PixelLine(number, "", None, fault)
            continue
        pixels, fault = _read_pixels(row, label_at)
        yield PixelLine(number, row[label_at], pixels, fault)


def _label_column(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Find the label: by its name, else the end column that holds digits only."""
    if "label" in header:
        return min(header.index("label"), PIXELS)
    whole = [row for row in rows if len(row) == PIXELS + 1]
    # A corner pixel is nearly always 0, which is a digit too: count the other ones.
    ends = {at: {digit for row in whole if (digit := as_digit(row[at]))} for at in (0, PIXELS)}
    fit = {at: sum(as_digit(row[at]) is not None for row in whole) for at in ends}
    return max(ends, key=lambda at: (len(ends[at]), fit[at], at == 0))


def _read_pixels(row: Sequence[str], label_at: int) -> tuple[np.ndarray | None, str]:
    """Return the pixels of a line, or None and what is wrong with them."""
    pixels = np.zeros(PIXELS, dtype=np.uint8)
    columns = (column for column in range(len(row)) if column != label_at)
    for pixel, column in enumerate(columns):
        value = as_number(row[column])
        if value is None or not math.isfinite(value):
            return None, f"column {column + 1}: {row[column]!r} is no number"
        if not 0 <= value <= 255:
            return None, f"column {column + 1}: {row[column]} is outside 0 to 255"
        pixels[pixel] = round(value)
    return pixels.reshape(SIDE, SIDE), ""


def as_number(value: object) -> float | None:
    """Return the number a text stands for, or None."""
    try:
        return float(str(value))
    except ValueError:
        return None


def as_digit(label: object) -> int | None:
    """Return 0 to 9, also from "7.0" as some programs write it, or None."""
    number = as_number(label)
    if number is None or not math.isfinite(number) or number not in range(10):
        return None
    return int(number)


def read_picture(path: Path) -> np.ndarray:
    """Read a picture file upright, whatever its name says it is.

    Returns
    -------
    numpy.ndarray
        (height, width) or (height, width, 3 or 4) uint8.

    Raises
    ------
    OSError
        The file is missing, damaged or no picture.
    ValueError
        It has more than 64 million pixels, or is damaged in a way Pillow has no word for.
    """
    with warnings.catch_warnings():
        # Pillow only warns about a picture far too large; here that is an error like any other.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as file:
                width, height = file.size
                if width * height > MAXIMUM_PIXELS:
                    raise ValueError(f"{width} x {height} pixels are too many; make it smaller")
                upright = ImageOps.exif_transpose(file)
                return _to_eight_bits(upright)
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise ValueError(f"too many pixels: {error}") from error
        except (SyntaxError, EOFError, MemoryError) as error:
            # Pillow raises these for some truncated files.
            raise ValueError(f"damaged file: {error}") from error


def _to_eight_bits(image: Image.Image) -> np.ndarray:
    if image.mode.startswith(("I", "F")):
        # Pillow clips 16 bits to 8 instead of scaling them.
        levels = np.asarray(image, dtype=float)
        full = 255.0 if levels.max(initial=0) <= 255 else max(65535.0, float(levels.max()))
        return np.clip(np.rint(levels * 255.0 / full), 0, 255).astype(np.uint8)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))
    transparent = "A" in image.getbands() or "transparency" in image.info
    return np.asarray(image.convert("RGBA" if transparent else "RGB"))
