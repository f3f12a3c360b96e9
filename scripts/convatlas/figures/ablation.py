"""What each cause adds to an error."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from convatlas.errors import ConvatlasError
from convatlas.evaluation.intervals import ROUNDING
from convatlas.figures.dots import add_dots, beside, set_rows
from convatlas.figures.numbers import fit_columns, set_log_axis, write_number
from convatlas.figures.style import (
    MARKERS,
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    require_columns,
    save_figure,
)

LEAST = 1e-6
"""Where the axis ends: a network that gives everything back has an error of next to nothing."""


@house_style()
def draw_ablation(table: pd.DataFrame, *, floor: Mapping[int, float] | None = None) -> Figure:
    """Draw what :func:`plot_ablation` saves."""
    require_columns(table, ["row", "hidden", "mean", "low", "high"], "the table of causes")
    if table.empty:
        raise ConvatlasError("the table of causes has no rows")
    rows = list(dict.fromkeys(table["row"]))
    widths = sorted({int(width) for width in table["hidden"]})
    floors = {width: value for width, value in (floor or {}).items() if value > 0}
    pitch = max(0.42, 0.22 * len(widths) + 0.1)
    figure = Figure(figsize=(WIDTH, pitch * len(rows) + 1.6), layout="constrained")
    axes = figure.add_subplot()
    known = np.array([*table["mean"][table["mean"] > 0], *floors.values()])
    # all of an interval, unless it reaches so far down that it would fill the page
    reached = table[["low", "high"]].to_numpy(float).ravel()
    known = np.append(known, reached[reached > known.min() / 10])
    set_log_axis(axes.xaxis, max(known.min() / 1.3, LEAST), known.max() * 1.3)
    for look, width in enumerate(widths):
        part = table[table["hidden"] == width].copy()
        part.loc[part["mean"] < ROUNDING, ["low", "high"]] = np.nan
        places = np.array([rows.index(row) for row in part["row"]])
        places = places + (look - (len(widths) - 1) / 2) * 0.8 / max(len(widths), 2)
        label = f"{width} neuron{'s' * (width != 1)}"
        add_dots(axes, part, places, look, label, _write, 60)
        for place in places[part["mean"] < axes.get_xlim()[0]]:
            # what lies beyond the axis stands on its edge: an arrow says so
            axes.annotate("", (0, place), (-13, 0), xycoords=axes.get_yaxis_transform(),
                          textcoords="offset points", annotation_clip=False,
                          arrowprops={"arrowstyle": "<-", "color": PALETTE[look % 7]})  # fmt: skip
        if width in floors:
            mark = {"color": PALETTE[look % 7], "clip_on": False}
            axes.axvline(floors[width], color=PALETTE[look % 7], linewidth=1,
                         linestyle=(0, (1, 1.5)), zorder=1)  # fmt: skip
            axes.plot(floors[width], 1.0, marker=MARKERS[look % 7], markerfacecolor="white",
                      markersize=5.5, transform=axes.get_xaxis_transform(), **mark)  # fmt: skip
    set_rows(axes, rows)
    if (table["mean"] < axes.get_xlim()[0]).any():
        axes.tick_params(axis="y", pad=16)  # names make room for the arrows
    axes.set_xlabel("error (log scale)")
    heading = "mean and 95 % interval" if table["low"].notna().any() else "one seed"
    axes.text(1, -0.53, heading, va="bottom", size=9, transform=beside(axes, 18))
    handles = axes.get_legend_handles_labels()[0]
    if floors:
        dotted = {"color": SOFT, "linewidth": 1, "linestyle": (0, (1, 1.5)), "marker": "o"}
        words = "PCA, as many components"
        handles.append(Line2D([], [], markerfacecolor="white", label=words, **dotted))
    figure.legend(handles=handles, loc="outside upper left", handlelength=1.6,
                  ncols=fit_columns([handle.get_label() for handle in handles]))  # fmt: skip
    return figure


def _write(error: float) -> str:
    return write_number(error) if abs(error) >= ROUNDING else "<10⁻⁹"


def plot_ablation(
    table: pd.DataFrame, path: str | Path, *, floor: Mapping[int, float] | None = None
) -> None:
    """Plot the error with each cause taken away, from top to bottom, on a logarithmic axis.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns row (the cause), hidden (neurons), mean, low and high (errors, of the kind
        that the row names). Rows stand in the order given, widths side by side within a row. Low
        and high are NaN with one seed; an interval that reaches below 0 runs off the axis.
    path : str or Path
        ``.svg`` or ``.png``.
    floor : mapping of int to float, optional
        Neurons to the error of a principal component analysis of as many components: what a
        linear autoencoder cannot go below. One of 0 has no place here and is left out.
    """
    save_figure(draw_ablation(table, floor=floor), path)
