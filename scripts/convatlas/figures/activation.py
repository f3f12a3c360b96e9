"""The leaky rectifier beside the plain one."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from convatlas.figures.numbers import MINUS
from convatlas.figures.style import (
    INK,
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    save_figure,
)

REACH = 3
"""The inputs shown lie between minus this and this."""


@house_style()
def draw_activation(*, slope: float = 0.2) -> Figure:
    """Draw what :func:`plot_activation` saves."""
    lowest = min(-1.4, -REACH * slope - 0.4)
    height = 4.0 * (REACH + 0.5 - lowest) / (2 * REACH + 1.0) + 0.7
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    inputs = np.array([-REACH, 0.0, REACH])
    negative = f"{slope:g}".replace("-", MINUS)
    left, right = figure.subplots(1, 2)
    for axes, below, title, law in (
        (left, slope, f"LeakyReLU, slope {negative}", f"{negative} x"),
        (right, 0.0, "ReLU", "0"),
    ):
        _set_axes(axes, lowest)
        axes.plot(inputs, np.where(inputs > 0, inputs, below * inputs), color=PALETTE[0],
                  linewidth=2.4, zorder=3)  # fmt: skip
        axes.set_title(f"{title}: f(x) = x if x > 0, else {law}")
    return figure


def _set_axes(axes: Axes, lowest: float) -> None:
    """Let the axes cross in the origin, with an arrow and a name at their ends."""
    axes.set(xlim=(-REACH - 0.5, REACH + 0.5), ylim=(lowest, REACH + 0.5), aspect="equal")
    ticks = [tick for tick in range(-REACH, REACH + 1) if tick]
    axes.set_xticks(ticks, [""] * len(ticks))
    axes.set_yticks(heights := [tick for tick in ticks if tick > lowest], [""] * len(heights))
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set(position="zero", color=SOFT, linewidth=1, zorder=2)
    offset = {"textcoords": "offset points", "color": INK, "size": 9.5}
    for tick in ticks:
        # numbers stand where no curve goes: left of it above, above it where it falls below 0
        up = tick < 0
        axes.annotate(f"{tick}".replace("-", MINUS), (tick, 0), (0, 4 if up else -4), ha="center",
                      va="bottom" if up else "top", **offset)  # fmt: skip
        if tick in heights:
            side = -5 if tick > 0 else 5
            axes.annotate(f"{tick}".replace("-", MINUS), (0, tick), (side, 0), va="center",
                          ha="right" if tick > 0 else "left", **offset)  # fmt: skip
    axes.annotate("0", (0, 0), (5, -4), ha="left", va="top", **offset)
    arrow = {"arrowstyle": "-|>", "color": SOFT, "shrinkA": 0, "shrinkB": 0, "linewidth": 1}
    axes.annotate("", (REACH + 0.5, 0), (REACH, 0), arrowprops=arrow)
    axes.annotate("", (0, REACH + 0.5), (0, REACH), arrowprops=arrow)
    axes.annotate("x", (REACH + 0.5, 0), (-2, 5), ha="right", va="bottom", style="italic", **offset)
    axes.annotate("f(x)", (0, REACH + 0.5), (-7, -1), ha="right", va="top", style="italic",
                  **offset)  # fmt: skip


def plot_activation(path: str | Path, *, slope: float = 0.2) -> None:
    """Plot LeakyReLU beside ReLU for inputs from -3 to 3, axes through the origin.

    Maas, Hannun and Ng, *Rectifier nonlinearities improve neural network acoustic models*, 2013.

    Parameters
    ----------
    path : str or Path
        ``.svg`` or ``.png``.
    slope : float
        Of LeakyReLU where its input is negative: f(x) = x if x > 0, else slope x.
    """
    save_figure(draw_activation(slope=slope), path)
