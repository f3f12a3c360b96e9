"""Rows of small pictures, each row with a label at its left and a caption above each picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from convatlas.figures.style import SOFT, WIDTH, house_style, save_figure

LEFT = 1.25
"""Inches of the labels."""
GAP, HEAD = 0.08, 0.2
TALLEST = 1.6


@house_style()
def draw_picture_rows(rows: Sequence[tuple[str, Sequence[tuple[str, np.ndarray]]]]) -> Figure:
    """Draw what :func:`plot_picture_rows` saves."""
    most = max(len(pairs) for _, pairs in rows)
    side = min(TALLEST, (WIDTH - LEFT - 0.1 - GAP * (most - 1)) / most)
    total = len(rows) * (side + HEAD + GAP) + 0.05
    figure = Figure(figsize=(WIDTH, total))
    top = total
    for label, pairs in rows:
        top -= side + HEAD + GAP / 2
        figure.text(0.05 / WIDTH, (top + side / 2) / total, label, va="center", size=9.5)
        for number, (caption, picture) in enumerate(pairs):
            left = LEFT + number * (side + GAP)
            axes = figure.add_axes((left / WIDTH, top / total, side / WIDTH, side / total))
            colors = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
            axes.imshow(colors, interpolation="nearest")
            axes.set_axis_off()
            axes.set_title(caption, loc="left", pad=3, size=8.5, weight="normal", color=SOFT)
        top -= GAP / 2
    return figure


def plot_picture_rows(
    rows: Sequence[tuple[str, Sequence[tuple[str, np.ndarray]]]], path: str | Path
) -> None:
    """Plot rows of pictures.

    Parameters
    ----------
    rows : sequence of (str, sequence of (str, numpy.ndarray))
        A label; captions and square pictures, (side, side) or (side, side, 3) uint8.
    path : str or Path
        ``.png`` or ``.svg``.
    """
    save_figure(draw_picture_rows(rows), path)
