"""Where in a grid the good networks are."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from convatlas.errors import ConvatlasError
from convatlas.figures.axes import FEW_EPOCHS
from convatlas.figures.numbers import set_log_axis, write_number
from convatlas.figures.style import (
    BLUES,
    INK,
    MARKERS,
    PALETTE,
    SHADE,
    SOFT,
    WIDTH,
    WRONG,
    house_style,
    require_columns,
    save_figure,
)

SHADES = LinearSegmentedColormap.from_list("shades", BLUES(np.linspace(1, 0.12, 64)), bad=SHADE)
"""The lower the darker, and nothing as pale as a cell without a value."""
BEST = {"marker": "*", "markersize": 14, "color": "#ffd54a", "markeredgecolor": INK,
        "linestyle": "none", "zorder": 5}  # fmt: skip
CROSS = {"marker": "x", "markersize": 6, "markeredgewidth": 1.6, "linestyle": "none"}
EARLY = {"marker": "o", "markersize": 4, "color": "white", "markeredgecolor": INK,
         "linestyle": "none"}  # fmt: skip


@house_style()
def draw_grid_map(members: pd.DataFrame) -> Figure:
    """Draw what :func:`plot_grid_map` saves."""
    needed = ["depth", "width", "rate", "monitor_energy", "state"]
    require_columns(members, needed, "the table of the grid")
    if members.empty:
        raise ConvatlasError("the table of the grid has no rows")
    energy = members["monitor_energy"].where(members["state"] != "diverged")
    energy = energy.where(np.isfinite(energy) & (energy > 0))
    table = members.assign(energy=energy)
    best = table.loc[energy.idxmin()] if energy.notna().any() else None
    several = len(set(table["depth"])) > 1
    return (_draw_cells if several else _draw_widths)(table, best)


def _name_best(best: pd.Series, *, several: bool) -> str:
    depth, width = int(best["depth"]), int(best["width"])
    layers = f"{depth} layer{'s' * (depth != 1)} of " if several else ""
    shape, energy = f"{layers}{width} neuron{'s' * (width != 1)}", write_number(best["energy"], 3)
    return f"best: {shape}, rate {best['rate']:g}, energy {energy}"


def _draw_widths(table: pd.DataFrame, best: pd.Series | None) -> Figure:
    """Draw a line per rate over the width."""
    figure = Figure(figsize=(WIDTH, 4.9), layout="constrained")
    axes = figure.add_subplot()
    rates = sorted(table["rate"].unique())
    diverged = [rate for rate in rates if (table["rate"].eq(rate) & _is_out(table)).any()]
    for look, rate in enumerate(rates):
        line = table[table["rate"] == rate].sort_values("width")
        mark = {"color": PALETTE[look % 7], "marker": MARKERS[look % 7]}
        every = 1 if len(line) <= FEW_EPOCHS else (look, max(1, len(line) // 9))
        axes.plot(line["width"], line["energy"], markersize=5, linewidth=1.4, markevery=every,
                  label=f"rate {rate:g}", **mark)  # fmt: skip
        if rate in diverged:
            # above the panel, a row per rate: no energy is known, and crosses would hide each other
            widths, height = line["width"][_is_out(line)], 8 + 11 * diverged.index(rate)
            up = ScaledTranslation(0, height / 72, figure.dpi_scale_trans)
            axes.plot(widths, np.ones(len(widths)), color=mark["color"], clip_on=False,
                      transform=axes.get_xaxis_transform() + up, **CROSS)  # fmt: skip
            axes.annotate(f"rate {rate:g}", (1, 1), (6, height), xycoords="axes fraction", size=9,
                          textcoords="offset points", va="center_baseline", color=INK)  # fmt: skip
    if best is not None:
        energies = table["energy"].dropna()
        axes.plot(best["width"], best["energy"], **BEST)
        set_log_axis(axes.yaxis, energies.min() / 1.25, energies.max() * 1.2)
    else:
        axes.set_yticks([])
    pad = max(0.015 * np.ptp(table["width"]), 0.3)
    axes.set_xlim(table["width"].min() - pad, table["width"].max() + pad)
    axes.xaxis.set_major_locator(MaxNLocator(9, steps=[1, 2, 5, 10], integer=True))
    axes.set_xlabel("neurons of the hidden layer")
    axes.set_ylabel("validation energy (log scale)")
    handles = axes.get_legend_handles_labels()[0]
    _add_legend(figure, handles, table, best, several=False)
    return figure


def _is_out(table: pd.DataFrame) -> pd.Series:
    return table["state"] == "diverged"


def _draw_cells(table: pd.DataFrame, best: pd.Series | None) -> Figure:
    """Draw a panel per rate, depth over width."""
    rates, depths, widths = (sorted(table[name].unique()) for name in ("rate", "depth", "width"))
    columns = min(len(rates), 4)
    rows = -(-len(rates) // columns)
    figure = Figure(figsize=(WIDTH, 2.35 * rows + 0.7), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(rates) :]:
        axes.set_axis_off()
    energy = table["energy"]
    low, high = (energy.min(), energy.max()) if best is not None else (0.1, 1.0)
    norm = LogNorm(low, high if high > low else low * 1.1)
    for axes, rate in zip(grid, rates, strict=False):
        part = table[table["rate"] == rate]
        cells = part.pivot_table(index="depth", columns="width", values="energy", dropna=False)
        cells = cells.reindex(index=depths, columns=widths)
        image = axes.imshow(cells, cmap=SHADES, norm=norm, aspect="auto")
        for state, mark in (("diverged", {**CROSS, "color": WRONG}), ("under tolerance", EARLY)):
            there = part[part["state"] == state]
            axes.plot(
                [widths.index(w) for w in there["width"]],
                [depths.index(d) for d in there["depth"]],
                **{**mark, "linestyle": "none"},
            )
        if best is not None and best["rate"] == rate:
            axes.plot(widths.index(best["width"]), depths.index(best["depth"]), **BEST)
        axes.set_title(f"rate {rate:g}")
        axes.set_xticks(range(len(widths)), [f"{width:g}" for width in widths])
        axes.set_yticks(range(len(depths)), [f"{depth:g}" for depth in depths])
        axes.tick_params(length=0)
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
    for axes in grid[::columns]:
        axes.set_ylabel("hidden layers")
    for axes in grid[max(0, len(rates) - columns) : len(rates)]:
        axes.set_xlabel("neurons per layer")
    bar = figure.colorbar(image, ax=grid.tolist(), aspect=30, pad=0.02, extend="neither")
    bar.set_label("validation energy (log scale)")
    set_log_axis(bar.ax.yaxis, norm.vmin, norm.vmax)
    bar.outline.set_visible(False)
    _add_legend(figure, [], table, best, several=True)
    return figure


def _add_legend(
    figure: Figure, handles: list[Line2D], table: pd.DataFrame, best: pd.Series | None,
    *, several: bool,
) -> None:  # fmt: skip
    handles = list(handles)
    if _is_out(table).any():
        color = WRONG if several else SOFT
        handles.append(Line2D([], [], **{**CROSS, "color": color}, label="diverged"))
    if several and (table["state"] == "under tolerance").any():
        handles.append(Line2D([], [], **EARLY, label="stopped under the tolerance"))
    if best is not None:
        handles.append(Line2D([], [], **BEST, label=_name_best(best, several=several)))
    figure.legend(handles=handles, loc="outside lower center", ncols=3 if several else 4)


def plot_grid_map(members: pd.DataFrame, path: str | Path) -> None:
    """Plot the validation energy of all networks of a grid.

    Parameters
    ----------
    members : pandas.DataFrame
        Columns depth, width, rate, monitor_energy (after training; may be NaN) and state
        (``trained``, ``under tolerance`` or ``diverged``; the energy of one that diverged is not
        shown). With several depths there is a panel per rate, depth over width; with one depth a
        line per rate over the width.
    path : str or Path
        ``.svg`` or ``.png``.
    """
    save_figure(draw_grid_map(members), path)
