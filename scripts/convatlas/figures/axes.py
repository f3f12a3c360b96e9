"""Axes of learning curves: epochs, shares in percent, losses."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

FEW_EPOCHS = 12
"""Up to here the ticks start at the first epoch."""
LOG_DECADES = 1.5
"""A loss that spans more is shown on a logarithmic axis."""


def set_epoch_axis(axes: Axes, first: int, last: int) -> None:
    """Set whole epochs as ticks, and just room for the outermost marks."""
    pad = max(0.02 * (last - first), 0.15)
    axes.set_xlabel("epoch")
    axes.set_xlim(first - pad, last + pad)
    if last <= FEW_EPOCHS or first == last:
        step = 1 if last - first <= 6 else 2
        axes.xaxis.set_major_locator(FixedLocator(list(range(first, last + 1, step))))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))


def set_share_axis(axes: Axes, summary: pd.DataFrame) -> None:
    """Show shares in percent, from the lowest to the highest that occurs.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What to set.
    summary : pandas.DataFrame
        Columns mean, low, high.
    """
    low = float(np.nanmin(summary[["mean", "low"]].clip(0, 1)))
    high = float(np.nanmax(summary[["mean", "high"]].clip(0, 1)))
    pad = max(0.04 * (high - low), 0.001)
    # beyond 0 and 100 % there is room for a line's width, but no tick: nothing is 101 % right
    axes.set_ylim(max(low - pad, -0.02), high + pad)
    first, last = max(low - pad, 0), min(high + pad, 1)
    ticks = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]).tick_values(100 * first, 100 * last).round(6)
    ticks = ticks[(ticks >= 100 * first) & (ticks <= 100 * last)]
    decimals = next(d for d in range(7) if np.allclose(ticks, ticks.round(d), atol=1e-9))
    axes.yaxis.set_major_locator(FixedLocator(ticks / 100))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{100 * tick:.{decimals}f} %"))


def set_loss_axis(axes: Axes, summary: pd.DataFrame) -> None:
    """Show a loss from 0, or on a logarithmic axis where it spans many decades.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What to set.
    summary : pandas.DataFrame
        Columns mean, low, high.
    """
    means = summary["mean"][summary["mean"] > 0]
    decades = np.log10(means.max() / means.min()) if len(means) else 0
    if len(means) < len(summary) or decades <= LOG_DECADES:
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.set_ylim(bottom=min(0, summary["mean"].min()))
        return
    axes.set_yscale("log")
    # an interval that reaches below 0 has no place here: its band runs off the lower edge
    axes.set_ylim(means.min() / 1.4, np.nanmax(summary[["mean", "high"]]) * 1.2)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 2.6 else (1,)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
