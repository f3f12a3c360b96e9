"""Paintings in sheets, real ones and generated ones, and each beside the one nearest to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.figures.style import PNG_DPI, SOFT, WIDTH, house_style, save_figure, wrap

ACROSS = 6
"""Paintings in a row of a sheet."""
GAP, HEAD, MARGIN = 0.03, 0.3, 0.06
"""Inches: between paintings, for a title, around all."""
BETWEEN = 0.3
"""Inches between two sheets side by side."""


@house_style()
def draw_paintings(groups: Mapping[str, np.ndarray], *, columns: int = 2) -> Figure:
    """Draw what :func:`plot_paintings` saves."""
    for title, pictures in groups.items():
        if pictures.ndim != 4 or pictures.shape[3] != 3 or pictures.dtype != np.uint8:
            raise ConvatlasError(
                f"{title}: paintings of shape {pictures.shape} and type {pictures.dtype}; needed "
                "are (n, side, side, 3) of uint8"
            )
    columns = min(columns, len(groups))
    width = (WIDTH - 2 * MARGIN - BETWEEN * (columns - 1)) / columns
    rows = [list(groups.items())[i : i + columns] for i in range(0, len(groups), columns)]
    lines = [max(wrap(title, int(12 * width)).count("\n") for title, _ in row) for row in rows]
    across = ACROSS if columns > 1 else 2 * ACROSS
    side = (width - GAP * (across - 1)) / across
    deep = [max(-(-len(pictures) // across) for _, pictures in row) for row in rows]
    heads = [HEAD + 0.17 * count for count in lines]
    heights = [
        head + many * (side + GAP) - GAP + 0.1 for head, many in zip(heads, deep, strict=True)
    ]
    total = sum(heights)
    figure, top = Figure(figsize=(WIDTH, total)), total
    for row, head, height in zip(rows, heads, heights, strict=True):
        for column, (title, pictures) in enumerate(row):
            left = MARGIN + column * (width + BETWEEN)
            figure.text(left / WIDTH, (top - head + 0.08) / total, wrap(title, int(12 * width)),
                        weight="bold", size=10.5, va="bottom")  # fmt: skip
            pixels = round(side * PNG_DPI)
            sheet = tile(pictures, across, pixels, gap=round(GAP * PNG_DPI))
            high = sheet.shape[0] / sheet.shape[1] * width
            bottom = top - head - high
            axes = figure.add_axes((left / WIDTH, bottom / total, width / WIDTH, high / total))
            axes.imshow(sheet, interpolation="none", aspect="auto")
            axes.set_axis_off()
        top -= height
    return figure


def tile(pictures: np.ndarray, across: int, pixels: int, *, gap: int) -> np.ndarray:
    """Lay pictures (n, side, side, 3) on white, each brought to so many pixels, so many a row."""
    down = -(-len(pictures) // across)
    sheet = np.full((down * (pixels + gap) - gap, across * (pixels + gap) - gap, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        top, left = (place * (pixels + gap) for place in divmod(number, across))
        sheet[top : top + pixels, left : left + pixels] = _resize(picture, pixels)
    return sheet


def _resize(picture: np.ndarray, pixels: int) -> np.ndarray:
    # one by one: between neighbours the filter would draw a line
    return np.asarray(Image.fromarray(picture).resize((pixels, pixels), Image.Resampling.LANCZOS))


def name_sheet(painter: Mapping[str, Any], epoch: int) -> str:
    """Say whose paintings a sheet shows, and when they were painted.

    Parameters
    ----------
    painter : mapping
        Of its entry in ``config/painters.yaml``: ``title`` and ``training``. With
        ``images_per_tick`` it is measured by ticks, without by epochs, once through all paintings.
    epoch : int
        Of the snapshot.
    """
    word = "tick" if "images_per_tick" in painter["training"] else "epoch"
    return f"{painter['title']}, {word} {epoch}"


def plot_paintings(groups: Mapping[str, np.ndarray], path: str | Path, *, columns: int = 2) -> None:
    """Plot groups of paintings as sheets, each with its title above.

    Parameters
    ----------
    groups : mapping of str to numpy.ndarray
        Title to paintings (n, side, side, 3) uint8; shown in their order.
    path : str or Path
        ``.png`` or ``.jpg``.
    columns : int
        Sheets side by side.
    """
    save_figure(draw_paintings(groups, columns=columns), path)


@house_style()
def draw_neighbours(
    painted: np.ndarray, nearest: np.ndarray, distance: np.ndarray, *, title: str
) -> Figure:
    """Draw what :func:`plot_neighbours` saves."""
    # the nearest pair first: there a copy would stand
    order = np.argsort(distance, kind="stable")
    across = 2 * ACROSS
    painted, nearest, distance = (values[order] for values in (painted, nearest, distance))
    side = (WIDTH - 2 * MARGIN - GAP * (across - 1)) / across
    block = 2 * side + 0.28
    down = -(-len(painted) // across)
    total = HEAD + down * block + 0.05
    figure = Figure(figsize=(WIDTH, total))
    figure.text(MARGIN / WIDTH, (total - HEAD + 0.08) / total, title, weight="bold", size=10.5)
    for number, pair in enumerate(zip(painted, nearest, strict=True)):
        row, column = divmod(number, across)
        left, top = MARGIN + column * (side + GAP), total - HEAD - row * block
        for place, picture in enumerate(pair, 1):
            box = (left / WIDTH, (top - place * side) / total, side / WIDTH, side / total)
            axes = figure.add_axes(box)
            axes.imshow(
                _resize(picture, round(side * PNG_DPI)), interpolation="none", aspect="auto"
            )
            axes.set_axis_off()
        figure.text((left + side / 2) / WIDTH, (top - 2 * side - 0.03) / total,
                    f"{distance[number]:.3g}", size=8, color=SOFT, ha="center",
                    va="top")  # fmt: skip
    return figure


def plot_neighbours(
    painted: np.ndarray, nearest: np.ndarray, distance: np.ndarray, path: str | Path, *, title: str
) -> None:
    """Plot generated paintings, each above the training painting nearest to it.

    Parameters
    ----------
    painted, nearest : numpy.ndarray
        (n, side, side, 3) uint8.
    distance : numpy.ndarray
        (n,) between the two, of features; the nearest pair is drawn first.
    path : str or Path
        ``.png`` or ``.jpg``.
    title : str
        Above all.
    """
    save_figure(draw_neighbours(painted, nearest, distance, title=title), path)
