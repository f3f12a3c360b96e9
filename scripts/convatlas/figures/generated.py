"""Generated digits in sheets of eight by eight, side by side."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from convatlas.errors import ConvatlasError
from convatlas.figures.sheet import SCALE, SIDE, paste_pictures, show_sheet
from convatlas.figures.style import (
    PNG_DPI,
    WIDTH,
    empty_figure,
    house_style,
    save_figure,
    wrap,
)

ACROSS = 8
"""Digits in a row of a sheet."""
PITCH = SIDE + 1
GAP = 8
"""Pixels of a digit between sheets: three sheets then fit on the page, two pixels each pixel."""
MARGIN = 0.06
LINE_HEIGHT = 0.19
"""Of a title, in inches."""


@house_style()
def draw_generated(groups: Mapping[str, np.ndarray], *, columns: int = 3) -> Figure:
    """Draw what :func:`plot_generated` saves."""
    for title, images in groups.items():
        if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE) or images.dtype != np.uint8:
            raise ConvatlasError(
                f"{title}: digits of shape {images.shape} and type {images.dtype}; needed are "
                f"(n, {SIDE}, {SIDE}) of uint8"
            )
    if not any(map(len, groups.values())):
        return empty_figure("No digits to show")
    columns = min(columns, len(groups))
    width = columns * (ACROSS * PITCH - 1 + GAP) - GAP
    room = int((WIDTH - 2 * MARGIN) * PNG_DPI)
    scale = max(1, min(SCALE, room // width))
    # a letter of a bold title is a twelfth of an inch wide
    titles = [wrap(title, int(scale * ACROSS * PITCH / PNG_DPI * 12)) for title in groups]
    images, tops, lefts, corners, top, margin = [], [], [], [], 0, 0.0
    for start in range(0, len(groups), columns):
        row = list(groups.values())[start : start + columns]
        lines = max(title.count("\n") for title in titles[start : start + columns]) + 1
        # the first titles stand in the margin, the others between the sheets
        head = int(np.ceil((LINE_HEIGHT * lines + 0.1) * PNG_DPI / scale))
        top, margin = (top + head, margin) if start else (0, LINE_HEIGHT * lines + 0.12)
        for column, group in enumerate(row):
            places = np.arange(len(group))
            corners.append((top, column * (ACROSS * PITCH - 1 + GAP)))
            tops.append(places // ACROSS * PITCH + corners[-1][0])
            lefts.append(places % ACROSS * PITCH + corners[-1][1])
            images.extend(group)
        top += max(-(-len(group) // ACROSS) for group in row) * PITCH - 1
    sheet = np.full((top, width), 255, np.uint8)
    pasted = paste_pictures(images, np.concatenate(tops), np.concatenate(lefts))
    sheet[: pasted.shape[0], : pasted.shape[1]] = pasted
    side = max(MARGIN, (WIDTH - scale * width / PNG_DPI) / 2)
    figure, axes = show_sheet(sheet, margins=(side, margin, MARGIN, 0.1), scale=scale)
    for title, (upper, left) in zip(titles, corners, strict=True):
        axes.annotate(title, (left - 0.5, upper - 0.5), (0, 4), textcoords="offset points",
                      va="bottom", weight="bold", size=10.5, annotation_clip=False)  # fmt: skip
    return figure


def plot_generated(groups: Mapping[str, np.ndarray], path: str | Path, *, columns: int = 3) -> None:
    """Plot groups of digits as sheets of eight a row, each with its title above.

    Parameters
    ----------
    groups : mapping of str to numpy.ndarray
        Title to digits (n, 28, 28) uint8, white on black; shown as given, in their order.
    path : str or Path
        ``.png`` or ``.svg``; every pixel of a digit is a square of whole pixels.
    columns : int
        Sheets side by side.
    """
    save_figure(draw_generated(groups, columns=columns), path)
