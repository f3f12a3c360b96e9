"""Whether a network is right as often as it is sure."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator, PercentFormatter

from convatlas.figures.style import (
    INK,
    MARKERS,
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    percent,
    require_columns,
    save_figure,
    wrap,
)

FEW = 20
"""Bins with fewer are drawn hollow: their accuracy is mostly chance."""
COLUMNS = ("low", "high", "count", "confidence", "accuracy")


@house_style()
def draw_calibration(
    bins_by_name: Mapping[str, pd.DataFrame], errors_by_name: Mapping[str, float]
) -> Figure:
    """Draw what :func:`plot_calibration` saves."""
    figure = Figure(figsize=(WIDTH, 7.0), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[4.2, 1])
    upper.plot([0, 1], [0, 1], color=SOFT, linewidth=1, linestyle=(0, (1, 2)))
    handles = []
    for number, (name, bins) in enumerate(bins_by_name.items()):
        require_columns(bins, COLUMNS, f"the calibration of {name}")
        color, marker = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]
        _draw_bins(upper, bins, color, marker)
        lower.hlines(bins["count"], bins["low"], bins["high"], color=color, linewidth=2.2)
        error = f"{percent(errors_by_name[name])} %"
        label = f"{wrap(name, 26)}\nECE {error}"
        handles.append(Line2D([], [], color=color, marker=marker, markersize=6, label=label))
    _set_axes(upper, lower)
    _add_legend(figure, handles, bins_by_name)
    return figure


def _draw_bins(axes: Axes, bins: pd.DataFrame, color: str, marker: str) -> None:
    many = bins["count"] >= FEW
    # a line through what is mostly chance would catch the eye first
    axes.plot(bins["confidence"], bins["accuracy"].where(many), color=color, linewidth=1.4)
    for rows, face in ((bins[many], color), (bins[~many], "white")):
        axes.plot(
            rows["confidence"], rows["accuracy"], linestyle="none", color=color, marker=marker,
            markersize=6, markerfacecolor=face, clip_on=False, zorder=3,
        )  # fmt: skip


def _set_axes(upper: Axes, lower: Axes) -> None:
    upper.set_xlim(0, 1)
    upper.set_ylim(0, 1)
    upper.set_yticks([tick / 10 for tick in range(0, 11, 2)])
    upper.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    upper.set_ylabel("digits read right")
    upper.tick_params(axis="x", length=0)
    lower.set_yscale("log")
    lower.set_ylim(bottom=0.8)
    lower.yaxis.set_major_locator(LogLocator(numticks=4))
    lower.yaxis.set_minor_locator(NullLocator())
    lower.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    lower.set_ylabel("predictions\n(log scale)")
    lower.set_xticks([tick / 10 for tick in range(0, 11, 2)])
    lower.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    lower.set_xlabel("confidence of the network")


def _add_legend(figure: Figure, handles: list[Line2D], bins: Mapping[str, pd.DataFrame]) -> None:
    ideal = Line2D([], [], color=SOFT, linewidth=1, linestyle=(0, (1, 2)))
    ideal.set_label("as sure as right")
    handles = [*handles, ideal]
    if any((table["count"] < FEW).any() for table in bins.values()):
        hollow = Line2D([], [], linestyle="none", marker="o", color=SOFT, markerfacecolor="white")
        hollow.set_label(f"fewer than {FEW} predictions")
        handles.append(hollow)
    figure.legend(
        handles=handles, loc="outside right upper", labelcolor=INK, labelspacing=0.9,
        title="expected calibration error", title_fontsize=9.5, alignment="left",
    )  # fmt: skip


def plot_calibration(
    bins_by_name: Mapping[str, pd.DataFrame],
    errors_by_name: Mapping[str, float],
    path: str | Path,
) -> None:
    """Plot reliability diagrams (Guo et al. 2017, figure 1) over a histogram of confidences.

    Parameters
    ----------
    bins_by_name : mapping of str to pandas.DataFrame
        Legend text to bins: low, high, count, confidence and accuracy (means), as of
        :func:`~convatlas.evaluation.classification.calibration_bins`.
    errors_by_name : mapping of str to float
        Legend text to expected calibration error, 0 to 1.
    path : str or Path
        ``.svg`` or ``.png``.
    """
    save_figure(draw_calibration(bins_by_name, errors_by_name), path)
