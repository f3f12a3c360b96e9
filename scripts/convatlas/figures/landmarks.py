"""Landmark networks as blocks."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from convatlas.figures.style import INK, PALETTE, SOFT, WIDTH, house_style, save_figure

COLORS = {
    "picture": "#dcdee2",
    "convolution": PALETTE[5],
    "pooling": PALETTE[1],
    "subsampling": PALETTE[1],
    "dense": PALETTE[2],
    "transposed convolution": PALETTE[0],
    "enlarging": PALETTE[3],
    "vector": "#dcdee2",
}
FLAT = ("dense", "vector")
"""Units in a row, without sides or depth."""
HEIGHT = 3.75
"""Inches."""
GAP = 0.07
SLANT = 0.5
"""How far a block goes back to the right and up, to its depth."""


def _sizes(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return heights and widths of blocks: roots, for small ones to be seen beside large ones."""
    dense = rows["kind"].isin(FLAT).to_numpy()
    heights = np.sqrt(rows["height"].to_numpy(float))
    heights = np.where(dense, np.sqrt(rows["channels"].to_numpy(float)) / 6, heights)
    widths = np.where(dense, 1.2, np.sqrt(rows["channels"].to_numpy(float)))
    return heights / heights.max(), widths / widths.max()


@house_style()
def draw_landmark(rows: pd.DataFrame) -> Figure:
    """Draw what :func:`plot_landmark` saves."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, HEIGHT))
    axes.set_axis_off()
    labels = [f"{row['name']}  {say_size(row)}" for row in rows.to_dict("records")]
    draw_blocks(axes, rows, labels, floor=1.4)
    draw_kinds(axes, rows["kind"], 3.5)
    return figure


def say_size(row: Mapping[str, Any]) -> str:
    """Return what a layer gives: ``28x28x6``, or the number of its units."""
    size = f"{row['channels']:,}"
    return size if row["kind"] in FLAT else f"{row['height']}x{row['width']}x{row['channels']}"


def draw_blocks(
    axes: Axes, rows: pd.DataFrame, labels: Sequence[str], floor: float
) -> list[tuple[float, float]]:
    """Draw a block a layer from left to right, its label upright below it.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        In inches, as wide as a figure.
    rows : pandas.DataFrame
        kind, height, width, channels of each layer.
    labels : sequence of str
        Of each.
    floor : float
        Inches from below where labels begin.

    Returns
    -------
    list of tuple of float
        The middle of each block's roof.
    """
    heights, widths = _sizes(rows)
    tall = 1.5 * np.maximum(heights, 0.08)
    depth = tall * SLANT * 0.6
    room = WIDTH - 0.4 - depth[-1]
    widths = np.maximum(widths * 0.5, 0.07)
    steps = widths + GAP + 0.32 * depth
    scale = room / steps.sum()
    left, tops = 0.2, []
    for row, label, height, width, back, step in zip(
        rows.to_dict("records"), labels, tall, widths * scale, depth, steps * scale, strict=True
    ):
        back = 0.0 if row["kind"] in FLAT else back * min(scale, 1)
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
        axes.text(left + width / 2, floor - 0.1, label, rotation=90, ha="center", va="top",
                  size=7.5, color=INK)  # fmt: skip
        tops.append((left + (width + back) / 2, high + back))
        left += step
    return tops


def draw_kinds(axes: Axes, kinds: Iterable[str], height: float) -> None:
    """Say which colour is which kind of layer, in a row so many inches from below."""
    left = 0.2
    for kind in dict.fromkeys(kinds):
        axes.add_patch(
            Polygon(
                [
                    (left, height),
                    (left + 0.2, height),
                    (left + 0.2, height + 0.15),
                    (left, height + 0.15),
                ],
                facecolor=COLORS[kind],
                edgecolor=INK,
                linewidth=0.6,
            )
        )
        axes.text(left + 0.28, height + 0.075, kind, va="center", size=9.5, color=SOFT)
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
