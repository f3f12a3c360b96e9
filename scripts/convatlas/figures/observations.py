"""Observations of three variables: their cloud, its parts, and their course over the rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from mpl_toolkits.mplot3d import Axes3D

from convatlas.errors import ConvatlasError
from convatlas.figures.style import (
    INK,
    LINE,
    MARKERS,
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    save_figure,
)

ELEVATION, AZIMUTH = 22, -58
"""Degrees from which every cloud is seen, so that clouds can be compared."""
PART_TITLES = {"train": "Training", "validation": "Validation", "test": "Test"}
RASTER = 500
"""Points from which a cloud is stored as pixels in an SVG: as outlines it takes megabytes."""
CUBE = 3.0
"""Side of a cloud's panel in inches."""
ALONE = 4.1
"""The same where there is one cloud only."""


def three_columns(table: pd.DataFrame, what: str) -> list[str]:
    """Return the names of the first three columns, or raise a ConvatlasError."""
    if len(table.columns) < 3:
        raise ConvatlasError(f"{what} has columns {', '.join(table)}: three are needed")
    if table.empty:
        raise ConvatlasError(f"{what} has no rows")
    return list(table.columns[:3])


def set_titles(axes: Axes, title: str, below: str) -> None:
    """Write a panel's title, and a line in plain letters between it and the panel."""
    axes.set_title(title, pad=20)
    axes.annotate(below, (0, 1), (0, 6), xycoords="axes fraction", textcoords="offset points",
                  color=SOFT, size=9, va="bottom", annotation_clip=False)  # fmt: skip


def add_cube(
    figure: Figure, box: tuple[float, float, float, float], names: Sequence[str],
    limits: tuple[float, float] = (0, 1), title: str = "",
) -> Axes3D:  # fmt: skip
    """Add axes of three variables with the limits and the view that all clouds share.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Not laid out by itself: the labels of such axes are not measured well.
    box : tuple of float
        Left, bottom, width and height in inches, with title and labels.
    names : sequence of str
        Of the three variables.
    limits : tuple of float
        Of each axis.
    title : str
        Stands above, at the left.

    Returns
    -------
    mpl_toolkits.mplot3d.Axes3D
        To be filled with :func:`scatter`.
    """
    width, height = figure.get_size_inches()
    left, bottom, across, up = box
    place = (left / width, bottom / height, across / width, (up - 0.15) / height)
    axes = figure.add_axes(place, projection="3d", computed_zorder=False)
    axes.patch.set_visible(False)  # it would hide what reaches over from the panel beside it
    axes.view_init(ELEVATION, AZIMUTH)
    axes.set_box_aspect((1, 1, 1), zoom=0.94)
    axes.set_xlabel(names[0], labelpad=-4)
    axes.set_ylabel(names[1], labelpad=-4)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
        axis.set_tick_params(pad=-2, labelsize=9)
        axis.pane.set(facecolor="white", edgecolor="white")
        axis.line.set_color(SOFT)
        axis._axinfo["grid"].update(color=LINE, linewidth=0.6)
    pad = 0.04 * (limits[1] - limits[0])  # else the end of one axis is written over another's
    padded = limits[0] - pad, limits[1] + pad
    axes.set(xlim=padded, ylim=padded, zlim=padded)
    # the third name above its axis: beside it, a longer one runs out of the panel
    axes.text(padded[1], padded[1], padded[1] + pad, names[2], ha="right", va="bottom")
    figure.text((left + 0.1) / width, (bottom + up - 0.1) / height, title, va="top",
                weight="bold", size=10.5)  # fmt: skip
    return axes


def scatter(axes: Axes3D, points: pd.DataFrame, look: int | None, *, size: float = 5) -> None:
    """Add a cloud.

    Parameters
    ----------
    axes : mpl_toolkits.mplot3d.Axes3D
        From :func:`add_cube`.
    points : pandas.DataFrame
        (n, 3) a column an axis.
    look : int or None
        Place in palette and markers; None is the ink of what is compared with.
    size : float
        Area of a mark in square points.
    """
    axes.scatter(
        *points.to_numpy(float).T, s=size, linewidths=0, depthshade=False, alpha=0.75,
        color=INK if look is None else PALETTE[look % len(PALETTE)],
        marker="o" if look is None else MARKERS[look % len(MARKERS)],
        rasterized=len(points) >= RASTER,
    )  # fmt: skip


@house_style()
def draw_observations(
    table: pd.DataFrame,
    *,
    parts: np.ndarray | None = None,
    titles: Mapping[str, str] | None = None,
) -> Figure:
    """Draw what :func:`plot_observations` saves."""
    names = three_columns(table, "the table of observations")
    shown = table[names]
    if parts is None:
        figure = Figure(figsize=(WIDTH, ALONE))
        axes = add_cube(figure, (0, 0.1, ALONE, ALONE - 0.1), names,
                        title=f"{len(table):,} observations")  # fmt: skip
        scatter(axes, shown, 0, size=6)
        _draw_course(figure, shown)
        return figure
    parts = np.asarray(parts)
    if parts.shape != (len(table),):
        raise ConvatlasError(f"parts of shape {parts.shape} for {len(table)} observations")
    words, present = {**PART_TITLES, **(titles or {})}, set(parts.tolist())
    order = [part for part in words if part in present]
    if unknown := present - set(order):
        raise ConvatlasError(f"no title for the part {', '.join(map(str, sorted(unknown)))}")
    figure = Figure(figsize=(WIDTH, CUBE + 0.2))
    for number, part in enumerate(order):
        chosen = shown[parts == part]
        axes = add_cube(figure, (number * CUBE, 0.05, CUBE, CUBE + 0.15), names,
                        title=f"{words[part]} ({len(chosen):,})")  # fmt: skip
        scatter(axes, chosen, number)
    return figure


def _draw_course(figure: Figure, shown: pd.DataFrame) -> None:
    """Draw the variables over the row number, beside the cloud."""
    left, bottom, top = ALONE + 0.75, 0.62, 0.62
    place = (left / WIDTH, bottom / ALONE, 1 - (left + 0.2) / WIDTH, 1 - (bottom + top) / ALONE)
    axes = figure.add_axes(place)
    count = len(shown)
    for number, name in enumerate(shown):
        axes.plot(np.arange(1, count + 1), shown[name], label=name, color=PALETTE[number],
                  marker=MARKERS[number], linewidth=1.3, markersize=4.5,
                  markevery=(number * count // 30, max(1, count // 9)))  # fmt: skip
    axes.set(xlabel="row of the table", ylabel="scaled value", ylim=(-0.03, 1.03))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda row, _: f"{row:,.0f}"))
    axes.set_xlim(1 - 0.02 * count, count * 1.02)
    axes.set_title("The same, in the order of the table", pad=26)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 0.99), ncols=3, labelcolor=INK,
                borderaxespad=0)  # fmt: skip


def plot_observations(
    table: pd.DataFrame,
    path: str | Path,
    *,
    parts: np.ndarray | None = None,
    titles: Mapping[str, str] | None = None,
) -> None:
    """Plot observations in three dimensions, all with their course over the rows, or by part.

    Parameters
    ----------
    table : pandas.DataFrame
        Observations scaled to [0, 1], a row each, a column a variable; of more than three columns
        the first three are shown.
    path : str or Path
        ``.png`` or ``.svg``; in an SVG, a cloud of :data:`RASTER` points or more is pixels.
    parts : numpy.ndarray, optional
        (n,) ``train``, ``validation`` or ``test``, or any key of `titles`: a panel per part.
    titles : mapping of str to str, optional
        Part to words.
    """
    save_figure(draw_observations(table, parts=parts, titles=titles), path)
