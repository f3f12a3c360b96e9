"""Convolution and pooling, number by number and place by place."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from convatlas.figures.style import (
    INK,
    LINE,
    PALETTE,
    SHADE,
    SOFT,
    WIDTH,
    house_style,
    save_figure,
    wrap,
)

CELL = 0.42
"""Inches of a number's cell."""
WINDOW, RESULT = "#cfe6f5", "#ffd9a8"
"""Where the window stands, and what comes of it."""
BLUE = PALETTE[0]


@house_style()
def draw_steps(cases: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw what :func:`plot_steps` saves."""
    heights = [max(len(case["picture"]), len(case["made"])) * CELL + 0.65 for case in cases]
    total = sum(heights)
    figure = Figure(figsize=(WIDTH, total))
    top = total
    for case, height in zip(cases, heights, strict=True):
        top -= height
        axes = figure.add_axes((0, top / total, 1, height / total))
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(height, 0)
        axes.set_axis_off()
        axes.text(0.1, 0.3, case["title"], weight="bold", size=10.5, va="baseline")
        _draw_case(axes, case, 0.45)
    return figure


def _draw_case(axes: Axes, case: Mapping[str, Any], top: float) -> None:
    """Draw picture, kernel and result from left to right."""
    picture, kernel, made = case["picture"], case["kernel"], case["made"]
    (rows, columns), step = case["window"], case["stride"]
    # the window in the middle of the places that it stands at
    at = [(count - 1) // 2 for count in made.shape]
    first = [place * step for place in at]
    shaded = np.zeros(picture.shape, bool)
    shaded[first[0] : first[0] + rows, first[1] : first[1] + columns] = True
    around = case["padding"]
    soft = np.ones(picture.shape, bool)
    soft[around : len(picture) - around, around : picture.shape[1] - around] = False
    left, tallest = 0.1, max(len(picture), len(made)) * CELL
    middle = top + tallest / 2

    def down(table: np.ndarray) -> float:
        return top + (tallest - len(table) * CELL) / 2

    _numbers(axes, picture, left, down(picture), shaded, WINDOW, soft)
    left += picture.shape[1] * CELL + 0.2
    if kernel is None:
        axes.text(left, middle, "maximum of each block", va="center", color=SOFT, size=9.5)
        left += 1.75
    else:
        axes.text(left, middle, "*", va="center", ha="center", size=15)
        left += 0.2
        _numbers(axes, kernel, left, down(kernel), np.ones(kernel.shape, bool), WINDOW)
        left += kernel.shape[1] * CELL + 0.15
    axes.text(left, middle, "=", va="center", ha="center", size=15)
    left += 0.25
    result = np.zeros(made.shape, bool)
    result[tuple(at)] = True
    _numbers(axes, made, left, down(made), result, RESULT)


def _numbers(
    axes: Axes,
    table: np.ndarray,
    left: float,
    top: float,
    shaded: np.ndarray,
    color: str,
    soft: np.ndarray | None = None,
) -> None:
    """Draw a table of numbers, some of its cells shaded, some soft."""
    for (row, column), value in np.ndenumerate(table):
        place = (left + column * CELL, top + row * CELL)
        pale = soft is not None and soft[row, column]
        face = color if shaded[row, column] else SHADE if pale else "white"
        axes.add_patch(Rectangle(place, CELL, CELL, facecolor=face, edgecolor=SOFT, linewidth=0.6))
        axes.text(
            place[0] + CELL / 2,
            place[1] + CELL / 2,
            f"{value:g}",
            ha="center",
            va="center",
            color=SOFT if pale else INK,
            size=9.5,
        )


def plot_steps(cases: Sequence[Mapping[str, Any]], path: str | Path) -> None:
    """Plot worked cases, one below the other.

    Parameters
    ----------
    cases : sequence of mapping
        As :func:`convatlas.evaluation.worked_cases.steps_of` gives them.
    path : str or Path
        ``.svg`` or ``.png``.
    """
    save_figure(draw_steps(cases), path)


@house_style()
def draw_strides(cases: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw what :func:`plot_strides` saves."""
    figure = Figure(figsize=(WIDTH, 3.45), layout="constrained")
    for axes, case in zip(figure.subplots(1, len(cases)), cases, strict=True):
        (height, width, _), (rows, columns, *_) = case["picture_shape"], case["kernel_shape"]
        step = case["stride"]
        kept = np.zeros((height, width), bool)
        kept[
            rows // 2 : height - (rows - 1) // 2 : step,
            columns // 2 : width - (columns - 1) // 2 : step,
        ] = True
        for row, column in np.argwhere(kept):
            axes.add_patch(Rectangle((column, row), 1, 1, facecolor=BLUE, edgecolor="white"))
        axes.add_patch(
            Rectangle((0, 0), columns, rows, facecolor="none", edgecolor=PALETTE[1], linewidth=2)
        )
        axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
        axes.set_xticks(range(width + 1), labels=[])
        axes.set_yticks(range(height + 1), labels=[])
        axes.tick_params(length=0)
        axes.grid(visible=True, color=LINE)
        axes.spines[:].set_visible(True)
        sides = [len(set(places.tolist())) for places in np.nonzero(kept)]
        axes.set_title(wrap(f"{case['title']}: {sides[0]}x{sides[1]}", 30))
    return figure


def plot_strides(cases: Sequence[Mapping[str, Any]], path: str | Path) -> None:
    """Plot the pixels of a picture whose neighbourhood is computed, for several strides.

    Parameters
    ----------
    cases : sequence of mapping
        With ``title``, ``picture_shape``, ``kernel_shape`` and ``stride``; padding is ``valid``.
    path : str or Path
        ``.svg`` or ``.png``.
    """
    save_figure(draw_strides(cases), path)
