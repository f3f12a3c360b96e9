"""Which digits a generator makes, and which of them can be read."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from convatlas.figures.seeds import check_table, order_names, summarise_seeds, tell_seeds
from convatlas.figures.style import (
    BLUES,
    CHANCE,
    INK,
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    save_figure,
    wrap,
)

NEEDED = ("gan", "seed", "epoch", "digit", "share", "legible")
EVEN = (0.05, 0.15)
"""Shares that still count as even."""
NONE = "#e9c9b8"
"""Of a cell without a picture: not on the blue scale, and not white, which is 0 %."""
SHADES = LinearSegmentedColormap.from_list("shades", BLUES(np.linspace(0, 1, 256)), bad=NONE)
BAND = "#dfe3e8"
TICKS = 8
"""Epochs named below a map, at most."""


@house_style()
def draw_classes(table: pd.DataFrame, *, titles: Mapping[str, str]) -> Figure:
    """Draw what :func:`plot_classes` saves."""
    check_table(table, NEEDED, "the table of digits")
    names = order_names(table["gan"], titles)
    figure = Figure(figsize=(WIDTH, 2.7 * len(names) + 1.0), layout="constrained")
    grid = figure.subplots(len(names), 2, squeeze=False, width_ratios=[1, 1.15])
    tallest, missing = EVEN[1], False
    for (left, right), (gan, title) in zip(grid, names.items(), strict=True):
        rows = table[table["gan"] == gan]
        last = rows["epoch"].max()
        shares = summarise_seeds(rows[rows["epoch"] == last], ["digit"], "share")
        tallest = max(tallest, _draw_shares(left, shares))
        image = _draw_map(right, rows)
        missing = missing or np.ma.getmaskarray(image.get_array()).any()
        left.set_title(f"{wrap(title, 40)}\nafter epoch {last}")
        right.set_title(f"{wrap(title, 40)}\nover the epochs")
    for left in grid[:, 0]:
        left.set_ylim(0, 1.06 * tallest)
        left.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        left.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    grid[-1, 0].set_xlabel("digit read")
    grid[-1, 1].set_xlabel("epoch")
    bar = figure.colorbar(image, ax=grid[:, 1].tolist(), aspect=22 * len(names), pad=0.03)
    bar.set_label(wrap("read with more than 95 % confidence", 24 if len(names) == 1 else 40))
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    bar.outline.set_visible(False)
    handles = [grid[0, 0].lines[0], Patch(color=BAND, label="5 to 15 %")]
    if missing:
        handles.append(Patch(color=NONE, label="no such digit generated"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, title_fontsize=9.5,
                  title=tell_seeds(table, "gan", band="whisker"))  # fmt: skip
    return figure


def _draw_shares(axes: Axes, shares: pd.DataFrame) -> float:
    """Draw a bar per digit with its interval; return how high that reaches."""
    axes.axhspan(*EVEN, color=BAND, linewidth=0, zorder=0)
    axes.axhline(CHANCE, color=SOFT, linewidth=1.2, linestyle=(0, (3, 2)), zorder=3,
                 label="10 %: as many of each")  # fmt: skip
    axes.bar(shares["digit"], shares["mean"], width=0.62, color=PALETTE[0], zorder=2)
    # Student's interval knows no bounds, a share has some
    low, high = shares["low"].clip(0, 1), shares["high"].clip(0, 1)
    axes.vlines(shares["digit"], low, high, color=INK, linewidth=1.4, zorder=4)
    for ends in (low, high):
        axes.plot(shares["digit"], ends, linestyle="none", marker="_", color=INK, markersize=7,
                  zorder=4)  # fmt: skip
    axes.set_xticks(range(10))
    axes.set_xlim(-0.6, 9.6)
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel("share of the generated")
    return float(np.nanmax([shares["mean"].max(), high.max()]))


def _draw_map(axes: Axes, rows: pd.DataFrame) -> AxesImage:
    """Colour a cell per digit and epoch by how many of its pictures can be read."""
    # a seed that made no such digit says nothing of how well it can be read
    cells = rows[rows["share"] > 0].pivot_table(index="digit", columns="epoch", values="legible")
    epochs = sorted(set(rows["epoch"]))
    cells = cells.reindex(index=range(10), columns=epochs)
    values = np.ma.masked_invalid(cells.to_numpy(float))
    image = axes.imshow(values, cmap=SHADES, vmin=0, vmax=1, aspect="auto", interpolation="none")
    named = _choose_epochs(epochs)
    axes.set_xticks([epochs.index(epoch) for epoch in named], [str(epoch) for epoch in named])
    axes.set_yticks(range(10))
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_ylabel("digit read")
    return image


def _choose_epochs(epochs: list[int]) -> list[int]:
    """Choose those to be named: all if few, else round ones, else every so many."""
    if len(epochs) <= TICKS:
        return epochs
    rounded = MaxNLocator(TICKS - 2, steps=[1, 2, 5, 10]).tick_values(epochs[0], epochs[-1])
    named = [epoch for epoch in epochs if epoch in rounded]
    # counted from the last, which is the one that matters
    return named if len(named) > 2 else epochs[:: -(len(epochs) // TICKS + 1)][::-1]


def plot_classes(table: pd.DataFrame, path: str | Path, *, titles: Mapping[str, str]) -> None:
    """Plot per GAN how many of each digit it makes, and over the epochs which can be read.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns gan, seed, epoch, digit (as a classifier reads it), share (of the generated
        pictures) and legible (share of the digit's pictures that are read with more than 95 %
        confidence). On the left the shares after the last epoch, mean over seeds with Student's
        95 % interval; on the right the mean of legible over the seeds that made such a digit.
        Epochs are a column each, however far apart.
    path : str or Path
        ``.svg`` or ``.png``.
    titles : mapping of str to str
        GAN to title; also sets their order.
    """
    save_figure(draw_classes(table, titles=titles), path)
