"""Landmark networks as blocks."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from convatlas.figures.style import INK, PALETTE, SOFT, WIDTH, house_style, save_figure

COLORS = {
    "picture": "#dcdee2",
    "convolution": PALETTE[5],
    "pooling": PALETTE[1],
    "subsampling": PALETTE[1],
    "dense": PALETTE[2],
}
HEIGHT = 3.75
"""Inches."""
GAP = 0.07
SLANT = 0.5
"""How far a block goes back to the right and up, to its depth."""


def _sizes(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return heights and widths of blocks: roots, for small ones to be seen beside large ones."""
    dense = rows["kind"].eq("dense").to_numpy()
    heights = np.sqrt(rows["height"].to_numpy(float))
    heights = np.where(dense, np.sqrt(rows["channels"].to_numpy(float)) / 6, heights)
    widths = np.where(dense, 1.2, np.sqrt(rows["channels"].to_numpy(float)))
    return heights / heights.max(), widths / widths.max()


@house_style()
def draw_landmark(rows: pd.DataFrame) -> Figure:
    """Draw what :func:`plot_landmark` saves."""
    heights, widths = _sizes(rows)
    tall = 1.5 * np.maximum(heights, 0.08)
    depth = tall * SLANT * 0.6
    room = WIDTH - 0.4 - depth[-1]
    widths = np.maximum(widths * 0.5, 0.07)
    steps = widths + GAP + 0.32 * depth
    scale = room / steps.sum()
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    axes.set_axis_off()
    left, floor = 0.2, 1.4
    for row, height, width, back, step in zip(
        rows.to_dict("records"), tall, widths * scale, depth, steps * scale, strict=True
    ):
        back = 0.0 if row["kind"] == "dense" else back * min(scale, 1)
        middle = floor + 0.75
        low, high = middle - height / 2, middle + height / 2
        front = [(left, low), (left + width, low), (left + width, high), (left, high)]
        roof = [(left, high), (left + width, high), (left + width + back, high + back),
                (left + back, high + back)]  # fmt: skip
        side = [(left + width, low), (left + width + back, low + back),
                (left + width + back, high + back), (left + width, high)]  # fmt: skip
        for corners, light in ((front, 1.0), (roof, 0.7), (side, 0.45)):
            look = {"facecolor": COLORS[row["kind"]], "edgecolor": INK, "linewidth": 0.6}
            axes.add_patch(Polygon(corners, alpha=light, **look))
        size = f"{row['channels']:,}"
        if row["kind"] != "dense":
            size = f"{row['height']}x{row['width']}x{row['channels']}"
        axes.text(left + width / 2, floor - 0.1, f"{row['name']}  {size}", rotation=90, ha="center",
                  va="top", size=7.5, color=INK)  # fmt: skip
        left += step
    _draw_legend(figure, rows)
    return figure


def _draw_legend(figure: Figure, rows: pd.DataFrame) -> None:
    axes = figure.axes[0]
    left = 0.2
    for kind in dict.fromkeys(rows["kind"]):
        axes.add_patch(
            Polygon(
                [(left, 3.5), (left + 0.2, 3.5), (left + 0.2, 3.65), (left, 3.65)],
                facecolor=COLORS[kind],
                edgecolor=INK,
                linewidth=0.6,
            )
        )
        axes.text(left + 0.28, 3.575, kind, va="center", size=9.5, color=SOFT)
        left += 0.55 + 0.085 * len(kind)


def plot_landmark(rows: pd.DataFrame, path: str | Path) -> None:
    """Plot a network from its picture to its last layer.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of one network, as
        :func:`convatlas.evaluation.landmark_tables.tabulate_landmarks` gives them. Blocks are as
        tall as the root of their maps' height, and as wide as that of their number.
    path : str or Path
        ``.svg`` or ``.png``.
    """
    save_figure(draw_landmark(rows), path)
