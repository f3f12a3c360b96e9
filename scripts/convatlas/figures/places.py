"""Where music comes from: predictions beside the truth, and how far off each pipeline is."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from convatlas.errors import ConvatlasError
from convatlas.figures.dots import add_dots, beside, set_rows
from convatlas.figures.observations import set_titles
from convatlas.figures.style import (
    INK,
    MARKERS,
    PALETTE,
    WIDTH,
    house_style,
    require_columns,
    save_figure,
    wrap,
)


@house_style()
def draw_true_against_predicted(table: pd.DataFrame, *, title: str, unit: str) -> Figure:
    """Draw what :func:`plot_true_against_predicted` saves."""
    require_columns(table, ["true", "predicted", "network"], "the table of predictions")
    shown = table[np.isfinite(table["true"]) & np.isfinite(table["predicted"])]
    if shown.empty:
        raise ConvatlasError("the table of predictions has no rows")
    networks = list(dict.fromkeys(shown["network"]))
    # a single square as wide as the page would be taller than a screen
    side = WIDTH / max(len(networks), 2)
    figure = Figure(figsize=(WIDTH, side + 0.75), layout="constrained")
    row = figure.subplots(1, len(networks), sharex=True, sharey=True, squeeze=False)[0]
    values = shown[["true", "predicted"]].to_numpy(float)
    low, high = values.min(), values.max()
    pad = 0.04 * (high - low) or 1.0
    words = f" ({unit})" if unit else ""
    judged_in = unit if len(networks) < 3 else ""  # three panels have no room; the axes tell it
    for number, (axes, network) in enumerate(zip(row, networks, strict=True)):
        part = shown[shown["network"] == network]
        axes.axline((low, low), slope=1, color=INK, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
        axes.plot(
            part["true"], part["predicted"], linestyle="none", marker=MARKERS[number],
            color=PALETTE[number], markersize=4.5, alpha=0.6, markeredgewidth=0,
        )  # fmt: skip
        axes.set_aspect("equal")
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 3, 5, 10]))
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 3, 5, 10]))
        axes.set(xlim=(low - pad, high + pad), ylim=(low - pad, high + pad))
        axes.set_xlabel(f"true {title}{words}")
        set_titles(axes, wrap(network, 84 // len(networks)), _judge(part, judged_in))
    row[0].set_ylabel(f"predicted {title}{words}")
    return figure


def _judge(part: pd.DataFrame, unit: str) -> str:
    """Write the coefficient of determination and the mean absolute error of predictions."""
    errors = part["predicted"] - part["true"]
    spread = ((part["true"] - part["true"].mean()) ** 2).sum()
    shared = f"{1 - (errors**2).sum() / spread:.2f}" if spread > 0 else "none"
    mean = f"{errors.abs().mean():.3g} {unit}".strip()
    return f"R² {shared}, mean absolute error {mean}".replace("-", "\N{MINUS SIGN}")


@house_style()
def draw_distances(
    table: pd.DataFrame, *, unit: str, reference: Mapping[str, float] | None = None
) -> Figure:
    """Draw what :func:`plot_distances` saves."""
    columns = ["pipeline", "group", "mean", "low", "high"]
    require_columns(table, columns, "the table of distances")
    if not table["mean"].notna().any():
        raise ConvatlasError("the table of distances has no rows")
    rows, groups = (list(dict.fromkeys(table[name])) for name in ("pipeline", "group"))
    # groups stand side by side only where a pipeline is in several of them
    dodge = 0.3 if table["pipeline"].duplicated().any() else 0.0
    marks = sorted((reference or {}).items(), key=lambda mark: -mark[1])
    pitch = 0.42 + dodge * (len(groups) - 1)
    figure = Figure(figsize=(WIDTH, pitch * len(rows) + 1.3 + 0.2 * len(marks)),
                    layout="constrained")  # fmt: skip
    axes = figure.add_subplot()
    values = [*table[["mean", "low", "high"]].to_numpy(float).ravel(), *(v for _, v in marks)]
    low, high = np.nanmin(values), np.nanmax(values)
    pad = 0.05 * (high - low) or 1.0
    axes.set_xlim(low - pad, high + pad)
    for look, group in enumerate(groups):
        part = table[table["group"] == group]
        offset = (look - (len(groups) - 1) / 2) * dodge
        places = np.array([rows.index(row) for row in part["pipeline"]]) + offset
        add_dots(axes, part, places, look, group, "{:,.0f}".format, 46)
    set_rows(axes, rows)
    for level, (words, value) in enumerate(marks):
        axes.axvline(value, color=INK, linewidth=1.1, linestyle=(0, (4, 2)), zorder=1)
        right = value > (low + high) / 2
        flag = {"xy": (value, 1), "xycoords": axes.get_xaxis_transform(),
                "textcoords": "offset points", "annotation_clip": False}  # fmt: skip
        pole = {"arrowstyle": "-", "color": INK, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", xytext=(0, 14 + 14 * level), arrowprops=pole, **flag)
        axes.annotate(words, xytext=(-4 if right else 4, 4 + 14 * level), size=9,
                      ha="right" if right else "left", **flag)  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    words = "mean distance between true and predicted place"
    axes.set_xlabel(f"{words} ({unit})" if unit else words)
    heading = "mean and 95 % interval" if table["low"].notna().any() else "mean"
    axes.text(1, -0.53, heading, va="bottom", size=9, transform=beside(axes, 18))
    if len(groups) > 1:
        figure.legend(loc="outside upper left", ncols=min(len(groups), 4), handlelength=1.6)
    return figure


def plot_true_against_predicted(
    table: pd.DataFrame, path: str | Path, *, title: str, unit: str
) -> None:
    """Plot predicted against true values, a panel per network.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns true, predicted and network; the rows of the test part only. R² is one minus the
        squared errors over the squared deviations from the mean; below 0 the mean does better.
    path : str or Path
        ``.svg`` or ``.png``.
    title : str
        What is predicted, such as ``latitude``.
    unit : str
        Such as ``degrees``; may be empty.
    """
    save_figure(draw_true_against_predicted(table, title=title, unit=unit), path)


def plot_distances(
    table: pd.DataFrame,
    path: str | Path,
    *,
    unit: str,
    reference: Mapping[str, float] | None = None,
) -> None:
    """Plot how far from the truth each pipeline is, with intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns pipeline, group (colour and marker), mean, low and high in `unit`. Rows stand in
        the order given. Low and high may be NaN.
    path : str or Path
        ``.svg`` or ``.png``.
    unit : str
        Of the distances, such as ``km``.
    reference : mapping of str to float, optional
        Words to a value in `unit`: a dashed line each.
    """
    save_figure(draw_distances(table, unit=unit, reference=reference), path)
