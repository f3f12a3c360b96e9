"""Losses of a generator and its discriminator, and what the discriminator says, step by step."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from convatlas.figures.seeds import check_table, order_names
from convatlas.figures.style import (
    MARKERS,
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    save_figure,
    wrap,
)

COLUMNS = 400
"""Points of a line over the width of the page. Of more steps, the lowest and the highest of those
between two points are shown: nobody sees more, and an SVG of 25,000 steps is as small as this."""
MOST = 600
"""The same over all GANs of a figure."""
WINDOW = 100
"""The moving mean is over one in so many of the steps."""
LOSSES = {
    "loss_discriminator": "discriminator's loss, real + generated",
    "loss_generator": "generator's loss",
}
ANSWERS = {"d_real": "D(x), real digits", "d_fake": "D(G(z)), generated digits"}
LOOKS = {name: look for look, name in enumerate((*LOSSES, *ANSWERS))}
NEEDED = (
    "gan", "seed", "epoch", "step", "loss_real", "loss_fake", "loss_generator", "d_real", "d_fake",
)  # fmt: skip


@house_style()
def draw_adversarial_losses(
    steps: pd.DataFrame, *, titles: Mapping[str, str] | None = None
) -> Figure:
    """Draw what :func:`plot_adversarial_losses` saves."""
    check_table(steps, NEEDED, "the table of steps")
    names = order_names(steps["gan"], titles)
    columns = min(len(names), 2)
    blocks = -(-len(names) // columns)
    points = min(COLUMNS // columns, MOST // len(names))
    figure = Figure(figsize=(WIDTH, 5.2 * blocks + 0.8), layout="constrained")
    grid = figure.subplots(2 * blocks, columns, squeeze=False)
    for axes in grid.ravel():
        axes.set_visible(False)
    seeds, windows, highest, tops, dense = set(), set(), [], [], False
    for number, (gan, title) in enumerate(names.items()):
        block, column = divmod(number, columns)
        upper, lower = grid[2 * block : 2 * block + 2, column]
        rows = steps[steps["gan"] == gan]
        seeds.add(int(rows["seed"].iloc[0]))
        rows = rows[rows["seed"] == rows["seed"].iloc[0]].sort_values("step")
        rows = rows.assign(loss_discriminator=rows["loss_real"] + rows["loss_fake"])
        windows.add(max(1, round(len(rows) / WINDOW)))
        dense = dense or len(rows) > points
        for axes, measures in ((upper, LOSSES), (lower, ANSWERS)):
            axes.set_visible(True)
            for measure in measures:
                _add_measure(axes, rows["step"], rows[measure], LOOKS[measure], points)
            _set_step_axis(axes, rows, columns)
        raw = rows[list(LOSSES)].to_numpy(float)
        highest.append(np.nanmax(raw))
        tops.append(_find_top(upper, raw))
        if titles or len(names) > 1:
            upper.set_title(wrap(title, 90 // columns))
        upper.tick_params(axis="x", labelbottom=False)
        lower.set_xlabel("step")
        lower.axhline(0.5, color=SOFT, linewidth=1, linestyle=(0, (3, 2)))
        lower.set_ylim(-0.02, 1.02)
        lower.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
        if column == 0:
            upper.set_ylabel("loss")
            lower.set_ylabel("probability of being real")
    # one scale, so that GANs can be compared
    lowest = min(line.get_ydata().min() for axes in grid[::2].ravel() for line in axes.lines)
    for axes in grid[::2].ravel():
        axes.set_ylim(min(0, 1.05 * lowest), max(tops))
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    figure.align_ylabels()
    _add_legend(figure, seeds, windows, dense=dense, cut=max(highest) > max(tops))
    return figure


def _add_measure(axes: Axes, steps: pd.Series, values: pd.Series, look: int, points: int) -> None:
    """Draw every step faintly, and a moving mean on it."""
    color, count = PALETTE[look], len(values)
    window = max(1, round(count / WINDOW))
    if count > points:
        starts = np.linspace(0, count, points, endpoint=False).astype(int)
        low, high = (f.reduceat(values.to_numpy(float), starts) for f in (np.fmin, np.fmax))
        middle = np.add.reduceat(steps.to_numpy(float), starts) / np.diff([*starts, count])
        axes.fill_between(middle, low, high, color=color, alpha=0.25, linewidth=0)
    elif window > 1:
        axes.plot(steps, values, color=color, alpha=0.35, linewidth=0.8)
    mean = values.rolling(window, center=True, min_periods=1).mean()
    shown = np.unique(np.linspace(0, count - 1, points).round().astype(int))
    every = max(1, len(shown) // 8)
    axes.plot(
        steps.iloc[shown], mean.iloc[shown], color=color, linewidth=1.6, marker=MARKERS[look],
        markersize=5, markevery=((look % 2) * every // 2, every), markeredgecolor="white",
        markeredgewidth=0.6, zorder=3,
    )  # fmt: skip


def _set_step_axis(axes: Axes, rows: pd.DataFrame, columns: int) -> None:
    """Count steps below, and on a panel of losses the epochs that they make above."""
    last = int(rows["step"].iloc[-1])
    axes.set_xlim(min(0, int(rows["step"].iloc[0])), 1.01 * last)
    axes.xaxis.set_major_locator(MaxNLocator(9 // columns, steps=[1, 2, 5, 10], integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    if not axes.get_subplotspec().rowspan.start % 2:
        per_epoch = last / int(rows["epoch"].iloc[-1])
        above = axes.secondary_xaxis(
            "top", functions=(lambda step: step / per_epoch, lambda epoch: epoch * per_epoch)
        )
        above.xaxis.set_major_locator(MaxNLocator(9 // columns, steps=[1, 2, 5, 10], integer=True))
        above.set_xlabel("epoch")


def _find_top(axes: Axes, raw: np.ndarray) -> float:
    """Return where a panel of losses ends: above all, unless a few stand out far."""
    means = [np.nanmax(line.get_ydata()) for line in axes.lines if line.get_marker() != "None"]
    # all of the means, and all but one in 500 of the steps
    top = max(1.1 * max(means), 1.3 * np.nanquantile(raw, 0.998))
    highest = np.nanmax(raw)
    return float(top if highest > 1.5 * top else 1.05 * highest)


def _add_legend(
    figure: Figure, seeds: set[int], windows: set[int], *, dense: bool, cut: bool
) -> None:
    handles = [
        Line2D([], [], color=PALETTE[LOOKS[name]], marker=MARKERS[LOOKS[name]], label=label)
        for name, label in {**LOSSES, **ANSWERS}.items()
    ]
    # three columns: those of the upper panel, and twice of the lower
    handles.append(Line2D([], [], color=SOFT, linewidth=1, linestyle=(0, (3, 2)),
                          label="0.5: it cannot tell"))  # fmt: skip
    which = f"seed {min(seeds)}" if len(seeds) == 1 else "one seed each"
    if max(windows) == 1:
        how = "every step"
    else:
        many = f"{min(windows):,}" if len(windows) == 1 else f"{min(windows)} to {max(windows):,}"
        faint = "lowest to highest of neighbouring steps" if dense else "every step"
        how = f"faint: {faint}; bold: moving mean of {many} steps"
    note = f"{which}; {how}" + ("; peaks above the panel are cut" if cut else "")
    figure.legend(handles=handles, loc="outside lower center", ncols=3, title=note,
                  title_fontsize=9.5)  # fmt: skip


def plot_adversarial_losses(
    steps: pd.DataFrame, path: str | Path, *, titles: Mapping[str, str] | None = None
) -> None:
    """Plot the losses of a GAN over its steps, and below them what its discriminator says.

    Parameters
    ----------
    steps : pandas.DataFrame
        Columns gan, seed, epoch and step (both from 1), loss_real, loss_fake, loss_generator, and
        the mean probabilities of a batch d_real, D(x), and d_fake, D(G(z)). The discriminator's
        loss is loss_real + loss_fake. Of several seeds the first in the table is shown; of
        several GANs each has two panels.
    path : str or Path
        ``.svg`` or ``.png``.
    titles : mapping of str to str, optional
        GAN to title; also sets their order.
    """
    save_figure(draw_adversarial_losses(steps, titles=titles), path)
