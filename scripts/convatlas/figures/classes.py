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
    percent,
    save_figure,
    wrap,
)

NEEDED = (
    "gan", "seed", "epoch", "digit", "share", "legible", "real_share", "real_legible", "reference",
    "generated", "real", "sees",
)  # fmt: skip
LEGIBLE = "read with more than 95 % confidence"
EVEN = (0.05, 0.15)
"""Shares that still count as even."""
NONE = "#e9c9b8"
"""Of a cell without a picture: not on the blue scale, and not white, which is 0 %."""
SHADES = LinearSegmentedColormap.from_list("shades", BLUES(np.linspace(0, 1, 256)), bad=NONE)
BAND = "#dfe3e8"
TICKS = 8
"""Epochs named below a map, at most."""


@house_style()
def draw_classes(
    table: pd.DataFrame, *, titles: Mapping[str, str], features: str = "LeNet features"
) -> Figure:
    """Draw what :func:`plot_classes` saves."""
    check_table(table, NEEDED, "the table of digits")
    names = order_names(table["gan"], titles)
    height = 4.4 * len(names) + 1.3
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    places = figure.add_gridspec(2 * len(names), 2, width_ratios=[1, 1.15])
    bars, legible, evenness, missing = [], [], [], False
    top = max(2 * CHANCE, table.groupby(["gan", "epoch", "digit"])["share"].mean().max())
    for number, (gan, title) in enumerate(names.items()):
        rows = table[table["gan"] == gan]
        last = rows["epoch"].max()
        left = figure.add_subplot(places[2 * number : 2 * number + 2, 0])
        upper, lower = (figure.add_subplot(places[2 * number + n, 1]) for n in (0, 1))
        shares = summarise_seeds(rows[rows["epoch"] == last], ["digit"], "share")
        bars.append((left, _draw_shares(left, shares)))
        # a seed that made no such digit says nothing of how well it can be read
        legible.append((upper, _draw_map(upper, rows[rows["share"] > 0], rows, "legible", 1)))
        evenness.append((lower, _draw_map(lower, rows, rows, "share", top)))
        missing = missing or np.ma.getmaskarray(legible[-1][1].get_array()).any()
        left.set_title(f"{wrap(title, 40)}\nafter epoch {last}")
        upper.set_title(f"{wrap(title, 40)}\nover the epochs")
    tallest = max(EVEN[1], *(reach for _, reach in bars))
    for left, _ in bars:
        left.set_ylim(0, 1.06 * tallest)
        left.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        left.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    bars[-1][0].set_xlabel("digit read")
    evenness[-1][0].set_xlabel("epoch")
    for maps, words in ((evenness, "share of the generated"), (legible, LEGIBLE)):
        for axes, image in maps:
            bar = figure.colorbar(image, ax=axes, aspect=14, pad=0.03)
            bar.set_label(wrap(words, 24))
            bar.ax.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
            bar.outline.set_visible(False)
    handles = [bars[0][0].lines[0], Patch(color=BAND, label="5 to 15 %")]
    if missing:
        handles.append(Patch(color=NONE, label="no such digit generated"))
    note = _tell(table, features)
    figure.legend(handles=handles, loc="outside lower center", ncols=3, title_fontsize=9.5,
                  title=note)  # fmt: skip
    figure.set_figheight(height + 0.2 * note.count("\n"))
    return figure


def _tell(table: pd.DataFrame, features: str) -> str:
    """Say what was counted, by which network, and how many real digits can be read."""
    read = table.assign(both=table["real_share"] * table["real_legible"])
    floor = read.groupby(["gan", "seed", "epoch"])["both"].sum().mean()
    generated, real = (
        " to ".join(f"{count:,}" for count in dict.fromkeys((table[name].min(), table[name].max())))
        for name in ("generated", "real")
    )
    part, sees = (" and ".join(dict.fromkeys(table[name])) for name in ("reference", "sees"))
    return wrap(
        f"{generated} generated digits; read by {features}: digits {sees}; of {real} real {part} "
        f"digits it reads {percent(floor)} % with more than 95 % confidence; "
        f"{tell_seeds(table, 'gan', band='whisker')}",
        105,
    )


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


def _draw_map(
    axes: Axes, rows: pd.DataFrame, every: pd.DataFrame, metric: str, most: float
) -> AxesImage:
    """Colour a cell per digit and epoch by a metric's mean over seeds, from 0 to ``most``."""
    cells = rows.pivot_table(index="digit", columns="epoch", values=metric)
    epochs = sorted(set(every["epoch"]))
    cells = cells.reindex(index=range(10), columns=epochs)
    values = np.ma.masked_invalid(cells.to_numpy(float))
    image = axes.imshow(values, cmap=SHADES, vmin=0, vmax=most, aspect="auto", interpolation="none")
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


def plot_classes(
    table: pd.DataFrame,
    path: str | Path,
    *,
    titles: Mapping[str, str],
    features: str = "LeNet features",
) -> None:
    """Plot per GAN how many of each digit it makes, and over the epochs which can be read.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns gan, seed, epoch, digit (as a classifier reads it), share (of the generated
        pictures) and legible (share of the digit's pictures that are read with more than 95 %
        confidence), the same of real digits (real_share, real_legible) of a part (reference),
        generated and real (how many), sees (what the classifier makes of pictures). On the left the
        shares after the last epoch, mean over seeds with Student's 95 % interval; on the right the
        mean of legible over the seeds that made such a digit, and below it the mean share. Epochs
        are a column each, however far apart.
    path : str or Path
        ``.svg`` or ``.png``.
    titles : mapping of str to str
        GAN to title; also sets their order.
    features : str
        Who reads the digits.
    """
    save_figure(draw_classes(table, titles=titles, features=features), path)
