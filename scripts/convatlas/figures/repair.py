"""What each repair is worth: own digits read right, step by step."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from matplotlib.transforms import ScaledTranslation, Transform

from convatlas.errors import ConvatlasError
from convatlas.figures.style import (
    CHANCE,
    INK,
    MARKERS,
    PALETTE,
    SHADE,
    SOFT,
    WIDTH,
    house_style,
    percent,
    require_columns,
    save_figure,
    wrap,
)

DODGE = 0.26
"""Distance between two networks of a row, in rows."""


@house_style()
def draw_repair(table: pd.DataFrame) -> Figure:
    """Draw what :func:`plot_repair` saves."""
    require_columns(table, ["row", "network", "mean", "low", "high"], "the table of repairs")
    if table.empty:
        raise ConvatlasError("the table of repairs has no rows")
    rows, networks = (list(dict.fromkeys(table[name])) for name in ("row", "network"))
    pitch = max(0.56, 0.24 * len(networks) + 0.12)
    figure = Figure(figsize=(WIDTH, pitch * len(rows) + 1.5), layout="constrained")
    axes = figure.add_subplot()
    for number in range(0, len(rows), 2):
        axes.axhspan(number - 0.5, number + 0.5, color=SHADE, linewidth=0, zorder=0)
    for number, network in enumerate(networks):
        part = table[table["network"] == network]
        offset = (number - (len(networks) - 1) / 2) * DODGE
        places = np.array([rows.index(row) for row in part["row"]]) + offset
        _draw_network(axes, part, places, number, network)
    _set_axes(axes, rows, several=bool(table["low"].notna().any()))
    figure.legend(loc="outside upper left", ncols=len(networks), handlelength=1.6)
    return figure


def _draw_network(
    axes: Axes, part: pd.DataFrame, places: np.ndarray, number: int, network: str
) -> None:
    color, marker = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]
    # Student's interval knows no bounds, a share has some
    low, high = part["low"].clip(0, 1), part["high"].clip(0, 1)
    axes.hlines(places, low, high, color=color, linewidth=1.6, zorder=2)
    # caps taller than the dot, so that an interval hardly wider than it is still seen
    ends, both = np.concatenate([low, high]), np.concatenate([places, places])
    axes.plot(ends, both, "|", color=color, markersize=9, clip_on=False, zorder=2)
    axes.plot(
        part["mean"], places, linestyle="none", marker=marker, color=color, markersize=5.5,
        clip_on=False, zorder=3, label=network,
    )  # fmt: skip
    for place, mean, lower, upper in zip(places, part["mean"], low, high, strict=True):
        axes.plot(1, place, marker=marker, color=color, markersize=4.5, clip_on=False,
                  transform=_beside(axes, 24))  # fmt: skip
        column = {"va": "center", "size": 9.5}
        mean_text, at_mean = f"{percent(mean)} %", _beside(axes, 80)
        axes.text(1, place, mean_text, ha="right", weight="bold", transform=at_mean, **column)
        if np.isfinite(lower):
            interval = f"{percent(lower)} to {percent(upper)}"
            axes.text(1, place, interval, color=SOFT, transform=_beside(axes, 90), **column)


def _beside(axes: Axes, points: float) -> Transform:
    """Return where x = 1 is so many points right of the axes, and y is a row."""
    inches = ScaledTranslation(points / 72, 0, axes.figure.dpi_scale_trans)
    return axes.get_yaxis_transform() + inches


def _set_axes(axes: Axes, rows: list[str], *, several: bool) -> None:
    # all of the axis, from none to every digit: a repair looks as large as it is
    axes.set_xlim(0, 1)
    axes.set_xticks(np.arange(0, 1.01, 0.2))
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_xlabel("own digits read right")
    axes.axvline(CHANCE, color=SOFT, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [wrap(str(row), 30) for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    note = {"va": "bottom", "size": 9, "color": SOFT, "transform": axes.transAxes}
    axes.text(CHANCE, 1.01, "guessing", ha="center", **note)
    heading = "mean and 95 % interval\nover seeds" if several else "one seed"
    note |= {"color": INK, "transform": _beside(axes, 20)}
    axes.text(1, -0.53, heading, **note)


def plot_repair(table: pd.DataFrame, path: str | Path) -> None:
    """Plot how many own digits are read right after each repair, with intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns row (what was done), network, mean, low and high (shares, 0 to 1). Rows stand in
        the order given, networks side by side within a row. Low and high are NaN with one seed;
        what lies beyond 0 or 1 is cut.
    path : str or Path
        ``.svg`` or ``.png``.
    """
    save_figure(draw_repair(table), path)
