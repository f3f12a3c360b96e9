"""How well autoencoders give back what they were shown, and what holds one back."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy.stats import gaussian_kde

from convatlas.errors import ConvatlasError
from convatlas.evaluation.intervals import interval_over_seeds
from convatlas.figures.axes import FEW_EPOCHS, set_epoch_axis
from convatlas.figures.curves import DASHES, summarise_epochs
from convatlas.figures.dots import beside
from convatlas.figures.numbers import fit_columns, set_log_axis, write_number
from convatlas.figures.observations import CUBE, add_cube, scatter, three_columns
from convatlas.figures.style import (
    INK,
    MARKERS,
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    require_columns,
    save_figure,
    wrap,
)

GRID = np.linspace(-0.1, 1.1, 361)
"""Scaled values at which densities are computed: a little beyond what the data reach."""
LINES = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)))


@house_style()
def draw_errors(histories: pd.DataFrame, finals: pd.DataFrame) -> Figure:
    """Draw what :func:`plot_errors` saves."""
    require_columns(histories, ["network", "seed", "epoch", "part", "error"], "the history")
    require_columns(finals, ["network", "seed", "error"], "the table of validation errors")
    # a seed that diverged leaves its network no mean from there on, instead of a better one
    told = histories.assign(model=histories["network"], error=histories["error"].fillna(np.inf))
    with np.errstate(invalid="ignore"):
        summary = summarise_epochs(told, "error")
    summary = summary[np.isfinite(summary["mean"]) & summary["part"].isin(["train", "test"])]
    if summary.empty:
        raise ConvatlasError("the history has no error of train or test")
    networks = list(dict.fromkeys(histories["network"]))
    ends = {
        network: interval_over_seeds(errors.tolist())
        for network, errors in finals.groupby("network")["error"]
        if np.isfinite(errors).all()
    }
    values = pd.concat([summary, pd.DataFrame(ends.values(), columns=["mean", "high"])])
    low, high = values["mean"][values["mean"] > 0].min() / 1.4, values[["mean", "high"]].max().max()
    figure = Figure(figsize=(WIDTH, 3.7), layout="constrained")
    row = figure.subplots(1, len(networks), sharey=True, squeeze=False)[0]
    for axes, network in zip(row, networks, strict=True):
        _draw_epochs(axes, summary[summary["model"] == network])
        if network in ends:
            _mark_end(axes, ends[network], low)
        axes.set_title(wrap(network, 84 // len(networks)))
    set_log_axis(row[0].yaxis, low, high * 1.2)
    row[0].set_ylabel("mean squared error (log scale)")
    _add_legend(figure, int(histories.groupby("network")["seed"].nunique().max()))
    return figure


def _draw_epochs(axes: Axes, summary: pd.DataFrame) -> None:
    few = summary["epoch"].max() <= FEW_EPOCHS
    for part, look in (("train", 1), ("test", 0)):
        line = summary[summary["part"] == part]
        if line.empty:
            continue
        axes.fill_between(line["epoch"], line["low"], line["high"], color=PALETTE[look],
                          alpha=0.15, linewidth=0)  # fmt: skip
        axes.plot(line["epoch"], line["mean"], **_look(part), label=part,
                  markevery=1 if few else (look * 3, max(1, len(line) // 8)))  # fmt: skip
    if summary.empty:
        axes.set_xticks([])
        axes.text(0.5, 0.5, "diverged", color=SOFT, ha="center", transform=axes.transAxes)
        return
    set_epoch_axis(axes, int(summary["epoch"].min()), int(summary["epoch"].max()))


def _look(part: str) -> dict:
    color, marker = (PALETTE[1], "s") if part == "train" else (PALETTE[0], "o")
    look = {"color": color, "marker": marker, "markersize": 4.5, "linewidth": 1.5}
    hollow = {"linestyle": DASHES["train"], "markerfacecolor": "white"}
    return look | (hollow if part == "train" else {})


def _mark_end(axes: Axes, end: dict[str, float], lowest: float) -> None:
    """Mark the validation error beside the panel, where no curve is in its way."""
    mark = {"transform": beside(axes, 9), "clip_on": False, "color": INK}
    axes.axhline(end["mean"], color=INK, linewidth=1, linestyle=(0, (1, 1.5)), zorder=1)
    # what is below 0 has no place on the axis, and beside the panel nothing cuts it off
    ends = np.maximum([end["low"], end["high"]], lowest)
    axes.plot([1, 1], ends, linewidth=1.4, **mark)
    axes.plot(1, end["mean"], marker="D", markersize=5.5, label="validation", **mark)
    axes.text(1, end["mean"], write_number(end["mean"], 3), va="center", size=9.5, weight="bold",
              transform=beside(axes, 17))  # fmt: skip


def _add_legend(figure: Figure, seeds: int) -> None:
    handles = [
        Line2D([], [], label="training", **_look("train")),
        Line2D([], [], label="test", **_look("test")),
        Line2D([], [], label="validation, after training", color=INK, marker="D", linewidth=1,
               linestyle=(0, (1, 1.5))),
    ]  # fmt: skip
    note = f"mean of {seeds} seeds; bands and bars: 95 % intervals" if seeds > 1 else "one seed"
    figure.legend(handles=handles, loc="outside lower center", ncols=3, title=note,
                  title_fontsize=9.5)  # fmt: skip


@house_style()
def draw_densities(real: pd.DataFrame, outputs: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw what :func:`plot_densities` saves."""
    for network, table in outputs.items():
        require_columns(table, real, f"what {network} gives back")
    columns = min(len(real.columns), 3)
    rows = -(-len(real.columns) // columns)
    figure = Figure(figsize=(WIDTH, 2.6 * rows + 0.5), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(real.columns) :]:
        axes.set_axis_off()
    cut = False
    for axes, name in zip(grid, real, strict=False):
        density = _density(real[name])
        axes.fill_between(GRID, density, color="#c9ced6", linewidth=0)
        axes.plot(GRID, density, color=SOFT, linewidth=0.8, label="real")
        for number, (network, table) in enumerate(outputs.items()):
            axes.plot(GRID, _density(table[name]), color=PALETTE[number], linewidth=1.7,
                      linestyle=LINES[number % len(LINES)], label=network)  # fmt: skip
        # what gives back one value for all has a peak that would flatten everything else
        tallest = max(line.get_ydata().max() for line in axes.lines)
        top = 2.2 * density.max()
        cut = cut or tallest > top
        axes.set(xlim=(GRID[0], GRID[-1]), ylim=(0, min(1.06 * tallest, top)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:g}"))
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.set(title=name, xlabel="scaled value")
    for axes in grid[::columns]:
        axes.set_ylabel("density")
    handles = [Patch(color="#c9ced6", label="real data"), *grid[0].lines[1:]]
    note = "a peak that leaves its panel is cut" if cut else None
    columns = fit_columns([handle.get_label() for handle in handles])
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, title=note,
                  title_fontsize=9.5)  # fmt: skip
    return figure


def _density(values: pd.Series) -> np.ndarray:
    """Return the estimated density on :data:`GRID`, all of it in one place if nothing varies."""
    values = values.to_numpy(float)
    if np.ptp(values) > 1e-6:
        return gaussian_kde(values)(GRID)
    peak = np.zeros_like(GRID)
    peak[np.abs(GRID - values[0]).argmin()] = 1 / (GRID[1] - GRID[0])
    return peak


@house_style()
def draw_reconstructions(real: pd.DataFrame, outputs: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw what :func:`plot_reconstructions` saves."""
    names = three_columns(real, "the table of real data")
    for network, table in outputs.items():
        require_columns(table, names, f"what {network} gives back")
    everything = np.concatenate([t[names].to_numpy(float) for t in (real, *outputs.values())])
    limits = min(0, np.nanmin(everything)), max(1, np.nanmax(everything))
    columns = min(len(outputs), 3)
    rows = -(-len(outputs) // columns)
    side = CUBE if columns > 2 else 3.8
    figure = Figure(figsize=(WIDTH, (side + 0.2) * rows + 0.35))
    left = (WIDTH - columns * side) / 2
    for number, (network, table) in enumerate(outputs.items()):
        row, column = divmod(number, columns)
        box = (left + column * side, 0.4 + (rows - 1 - row) * (side + 0.2), side, side + 0.15)
        axes = add_cube(figure, box, names, limits, wrap(network, int(10 * side)))
        scatter(axes, table[names], number, size=9)
        # on top and smaller: where both agree, the data are the core of the network's colour
        scatter(axes, real[names], None, size=1.5)
    marks = {"linestyle": "none", "markersize": 6}
    handles = [Line2D([], [], color=INK, marker="o", label="real data", linestyle="none",
                      markersize=3)]  # fmt: skip
    handles += [
        Line2D([], [], color=PALETTE[n % 7], marker=MARKERS[n % 7], label=network, **marks)
        for n, network in enumerate(outputs)
    ]
    figure.legend(handles=handles, loc="lower center", handlelength=1,
                  ncols=fit_columns([handle.get_label() for handle in handles]))  # fmt: skip
    return figure


def plot_errors(histories: pd.DataFrame, finals: pd.DataFrame, path: str | Path) -> None:
    """Plot mean squared errors over the epochs, a panel per network on one logarithmic axis.

    Parameters
    ----------
    histories : pandas.DataFrame
        Columns network, seed, epoch, part (``train`` or ``test``) and error. A line is the mean
        over the seeds, its band Student's 95 % interval; with one seed there is no band.
    finals : pandas.DataFrame
        Columns network, seed and error: on validation data, after training.
    path : str or Path
        ``.svg`` or ``.png``.
    """
    save_figure(draw_errors(histories, finals), path)


def plot_densities(
    real: pd.DataFrame, outputs: Mapping[str, pd.DataFrame], path: str | Path
) -> None:
    """Plot how each variable is distributed in the data and in what networks give back.

    Parameters
    ----------
    real : pandas.DataFrame
        Scaled values, a column a variable: a panel each. Densities are Gaussian kernel estimates
        with Scott's bandwidth. A panel ends at three times the data's highest density.
    outputs : mapping of str to pandas.DataFrame
        A network's title to what it gives back, with the same columns.
    path : str or Path
        ``.svg`` or ``.png``.
    """
    save_figure(draw_densities(real, outputs), path)


def plot_reconstructions(
    real: pd.DataFrame, outputs: Mapping[str, pd.DataFrame], path: str | Path
) -> None:
    """Plot data and what networks give back in three dimensions, a panel per network.

    Parameters
    ----------
    real : pandas.DataFrame
        Scaled values of three variables (of more, the first three are shown).
    outputs : mapping of str to pandas.DataFrame
        A network's title to what it gives back, with the same columns.
    path : str or Path
        ``.png`` or ``.svg``; in an SVG, a large cloud is pixels.
    """
    save_figure(draw_reconstructions(real, outputs), path)
