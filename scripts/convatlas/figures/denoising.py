"""How denoisers learn, and what more pictures to learn from give."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from convatlas.figures.style import (
    MARKERS,
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    require_columns,
    save_figure,
    wrap,
)

PANEL = 3.3
"""Inches of a panel's height."""
ABREAST = 2
"""Panels beside one another."""
LINES = {"train_mse": ("training pictures", "--"), "held_out_mse": ("held-out pictures", "-")}


@house_style()
def draw_denoising_curves(
    histories: Mapping[str, Sequence[pd.DataFrame]],
    *,
    titles: Mapping[str, str],
    noisy_mse: Mapping[str, float],
    stated: Mapping[str, float] | None = None,
) -> Figure:
    """Draw what :func:`plot_denoising_curves` saves."""
    columns = min(ABREAST, len(histories))
    rows = -(-len(histories) // columns)
    figure = Figure(figsize=(WIDTH, PANEL * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes in panels[len(histories) :]:
        axes.set_axis_off()
    for axes, (name, trainings) in zip(panels, histories.items(), strict=False):
        _draw_levels(axes, noisy_mse[name], stated or {})
        _draw_errors(axes, trainings)
        axes.set_title(wrap(titles[name], 52))
        axes.set_xlabel("epoch")
    for axes in panels[::columns]:
        axes.set_ylabel("mean squared error (levels²)")
    _set_error_axis(panels[0])
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


def _draw_errors(axes: Axes, trainings: Sequence[pd.DataFrame]) -> None:
    """Draw the mean error of all trainings, and between which two errors they lie."""
    for history in trainings:
        require_columns(history, ["epoch", *LINES], "the history")
    by_epoch = pd.concat(trainings).groupby("epoch")[list(LINES)]
    lowest, highest, mean = by_epoch.min(), by_epoch.max(), by_epoch.mean()
    for number, (column, (label, dashes)) in enumerate(LINES.items()):
        axes.plot(
            mean.index, mean[column], dashes, color=PALETTE[number], marker=MARKERS[number],
            markevery=max(1, len(mean) // 8), label=label,
        )  # fmt: skip
        if len(trainings) > 1:
            axes.fill_between(
                mean.index, lowest[column], highest[column], color=PALETTE[number], alpha=0.15,
                linewidth=0,
            )  # fmt: skip


def _draw_levels(axes: Axes, noisy: float, stated: Mapping[str, float]) -> None:
    axes.axhline(noisy, color=SOFT, linewidth=1, linestyle=":", label="noisy input itself")
    for name, value in stated.items():
        axes.axhline(value, color=PALETTE[3], linewidth=1, linestyle="-.", label=None)
        axes.annotate(
            name, (1, value), xycoords=("axes fraction", "data"), xytext=(-2, 2),
            textcoords="offset points", ha="right", va="bottom", size=8.5, color=SOFT,
        )  # fmt: skip


def _set_error_axis(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))


def plot_denoising_curves(
    histories: Mapping[str, Sequence[pd.DataFrame]],
    path: str | Path,
    *,
    titles: Mapping[str, str],
    noisy_mse: Mapping[str, float],
    stated: Mapping[str, float] | None = None,
) -> None:
    """Plot the error of training and of held-out pictures over the epochs, a panel a denoiser.

    Parameters
    ----------
    histories : mapping of str to sequence of pandas.DataFrame
        By denoiser, of each training: epoch, train_mse, held_out_mse, in squares of levels of 255.
        Of several the mean is drawn, and a band from the lowest to the highest.
    path : str or Path
        ``.svg`` or ``.png``.
    titles : mapping of str to str
        What people call each.
    noisy_mse : mapping of str to float
        By denoiser, the error of the noisy pictures themselves.
    stated : mapping of str to float, optional
        Errors that a document states, by what is written beside their lines.
    """
    figure = draw_denoising_curves(histories, titles=titles, noisy_mse=noisy_mse, stated=stated)
    save_figure(figure, path)


@house_style()
def draw_training_sizes(
    sizes: pd.DataFrame, levels: Mapping[str, float], *, sigma: float
) -> Figure:
    """Draw what :func:`plot_training_sizes` saves."""
    require_columns(sizes, ["pictures", "mean", "low", "high", "learnt"], "the table of sizes")
    sizes = sizes.sort_values("pictures")
    figure = Figure(figsize=(WIDTH * 0.8, 3.8), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        sizes["pictures"], sizes["learnt"], "--", marker=MARKERS[0], color=PALETTE[0],
        label="pictures that it learnt from",
    )  # fmt: skip
    axes.fill_between(
        sizes["pictures"], sizes["low"], sizes["high"], color=PALETTE[1], alpha=0.15, linewidth=0
    )
    axes.plot(
        sizes["pictures"], sizes["mean"], "-", marker=MARKERS[1], color=PALETTE[1],
        label="held-out pictures; band: 95 % interval",
    )  # fmt: skip
    for number, (name, value) in enumerate(levels.items()):
        if np.isfinite(value):
            axes.axhline(
                value,
                color=SOFT,
                linewidth=1.2,
                linestyle=(":", "-.", (0, (5, 1)))[number % 3],
                label=name,
            )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sizes["pictures"].tolist()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel("pictures to learn from (log scale)")
    axes.set_ylabel(f"PSNR at \N{GREEK SMALL LETTER SIGMA} = {sigma:g} (dB)")
    figure.legend(loc="outside lower center", ncols=2)
    return figure


def plot_training_sizes(
    sizes: pd.DataFrame, path: str | Path, *, levels: Mapping[str, float], sigma: float
) -> None:
    """Plot what a network reaches with more and more pictures to learn from.

    Parameters
    ----------
    sizes : pandas.DataFrame
        ``pictures``, how many; ``mean``, ``low``, ``high`` of the held-out pictures' PSNR in dB;
        ``learnt``, that of pictures that it learnt from.
    path : str or Path
        ``.svg`` or ``.png``.
    levels : mapping of str to float
        PSNR of what it is compared with, by title; NaN is left out.
    sigma : float
        Of the noise.
    """
    save_figure(draw_training_sizes(sizes, levels, sigma=sigma), path)
