"""Frames of clips beside the pictures that they took their style from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from convatlas.errors import ConvatlasError
from convatlas.figures.style import WIDTH, empty_figure, house_style, save_figure, wrap

GAP = 0.1
"""Between two pictures, in inches."""
MARGIN = 0.05
LINE_HEIGHT = 0.19
"""Of a title, in inches."""
TALLEST = 4.5
"""Inches at most of a picture's height."""


@house_style()
def draw_stills(rows: Sequence[Sequence[tuple[str, np.ndarray]]]) -> Figure:
    """Draw what :func:`plot_stills` saves."""
    for title, picture in (pair for row in rows for pair in row):
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise ConvatlasError(
                f"{title}: a picture of shape {picture.shape} and type {picture.dtype}; needed is "
                "(height, width, 3) of uint8"
            )
    if not any(rows):
        return empty_figure("No frames to show")
    heights, heads = [], []
    for row in rows:
        room = WIDTH - 2 * MARGIN - GAP * (len(row) - 1)
        aspects = sum(picture.shape[1] / picture.shape[0] for _, picture in row)
        heights.append(min(room / aspects, TALLEST))
        # a letter of a bold title is a twelfth of an inch wide
        wide = [heights[-1] * p.shape[1] / p.shape[0] for _, p in row]
        titles = [wrap(t, int(12 * w)) for (t, _), w in zip(row, wide, strict=True)]
        heads.append(titles)
    lines = [max(title.count("\n") for title in titles) + 1 for titles in heads]
    total = sum(heights) + sum(LINE_HEIGHT * n + 0.12 for n in lines) + MARGIN
    figure = Figure(figsize=(WIDTH, total))
    top = total
    for row, height, titles, count in zip(rows, heights, heads, lines, strict=True):
        top -= LINE_HEIGHT * count + 0.12 + height
        widths = [height * picture.shape[1] / picture.shape[0] for _, picture in row]
        left = (WIDTH - sum(widths) - GAP * (len(row) - 1)) / 2
        for (_, picture), title, width in zip(row, titles, widths, strict=True):
            axes = figure.add_axes((left / WIDTH, top / total, width / WIDTH, height / total))
            axes.imshow(picture, aspect="auto", interpolation="lanczos")
            axes.set_title(title, loc="left", pad=4, size=10.5)
            axes.set_axis_off()
            left += width + GAP
    return figure


def plot_stills(rows: Sequence[Sequence[tuple[str, np.ndarray]]], path: str | Path) -> None:
    """Plot rows of pictures, each with its title above and as tall as the others of its row.

    Parameters
    ----------
    rows : sequence of sequence of (str, numpy.ndarray)
        Titles and pictures (height, width, 3) uint8.
    path : str or Path
        ``.png`` or ``.svg``.

    Raises
    ------
    ConvatlasError
        If a picture is no (height, width, 3) of uint8.
    """
    save_figure(draw_stills(rows), path)
