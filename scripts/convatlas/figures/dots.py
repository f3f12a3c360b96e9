"""Rows of means with their intervals, written out beside the panel."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation, Transform

from convatlas.figures.style import (
    MARKERS,
    PALETTE,
    SHADE,
    SOFT,
    wrap,
)


def add_dots(
    axes: Axes, part: pd.DataFrame, places: np.ndarray, look: int, label: str,
    write: Callable[[float], str], gap: float,
) -> None:  # fmt: skip
    """Add means with their intervals to rows, and write them beside the panel.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Its horizontal limits are set already: an interval ends there.
    part : pandas.DataFrame
        Columns mean, low, high; low and high may be NaN.
    places : numpy.ndarray
        Heights of the rows.
    look : int
        Place in palette and markers.
    label : str
        For a legend.
    write : callable
        Turns a number into text.
    gap : float
        Points from the mean to the interval, both in writing.
    """
    color, marker = PALETTE[look % len(PALETTE)], MARKERS[look % len(MARKERS)]
    left, right = axes.get_xlim()
    axes.hlines(places, part["low"].clip(left), part["high"].clip(upper=right), color=color,
                linewidth=1.6, zorder=2)  # fmt: skip
    # no cap where an interval goes on beyond the axis: on a log scale, to 0 and below
    ends = part[["low", "high"]].to_numpy(float)
    ends = np.where((ends > left) & (ends < right), ends, np.nan)
    axes.plot(ends.T.ravel(), np.tile(places, 2), "|", color=color, markersize=9, zorder=2)
    # a mean left of the panel stands on its edge
    axes.plot(part["mean"].clip(left), places, linestyle="none", marker=marker, color=color,
              markersize=5.5, label=label, zorder=3, clip_on=False)  # fmt: skip
    for place, mean, low, high in zip(places, part["mean"], part["low"], part["high"], strict=True):
        if not np.isfinite(mean):
            continue
        column = {"va": "center", "size": 9.5}
        axes.plot(1, place, marker=marker, color=color, markersize=4.5, clip_on=False,
                  transform=beside(axes, 10))  # fmt: skip
        axes.text(1, place, write(mean), weight="bold", transform=beside(axes, 18), **column)
        if np.isfinite(low):
            axes.text(1, place, f"{write(low)} to {write(high)}", color=SOFT,
                      transform=beside(axes, 18 + gap), **column)  # fmt: skip


def beside(axes: Axes, points: float) -> Transform:
    """Return where x = 1 is so many points right of the axes, and y is a row."""
    inches = ScaledTranslation(points / 72, 0, axes.figure.dpi_scale_trans)
    return axes.get_yaxis_transform() + inches


def set_rows(axes: Axes, rows: list[str], width: int = 34) -> None:
    """Name the rows of a panel from top to bottom, and shade every other one."""
    for number in range(0, len(rows), 2):
        axes.axhspan(number - 0.5, number + 0.5, color=SHADE, linewidth=0, zorder=0)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [wrap(str(row), width) for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
