"""How many pictures of each kind a discriminator takes for real, over the epochs."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, PercentFormatter

from convatlas.errors import ConvatlasError
from convatlas.figures.axes import set_epoch_axis
from convatlas.figures.numbers import fit_columns
from convatlas.figures.seeds import add_line, check_table, order_names
from convatlas.figures.style import (
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    percent,
    save_figure,
    wrap,
)

NEEDED = ("gan", "seed", "epoch", "step", "mode", "pictures", "share_real", "mean_probability")
MODES = {"train": "training mode", "eval": "evaluation mode"}
NEAREST = {"color": SOFT, "linewidth": 1, "linestyle": (0, (1, 1.5))}


@house_style()
def draw_judgements(
    table: pd.DataFrame,
    *,
    kinds: Mapping[str, str],
    stated: Mapping[str, float] | None = None,
    titles: Mapping[str, str] | None = None,
) -> Figure:
    """Draw what :func:`plot_judgements` saves."""
    check_table(table, NEEDED, "the table of judgements")
    present = sorted(set(table["pictures"]))
    if unknown := {*kinds, *(stated or {})} - set(present):
        raise ConvatlasError(
            f"no judgement of {', '.join(sorted(unknown))}; there are {', '.join(present)}"
        )
    wanted = {kind: value for kind, value in (stated or {}).items() if kind in kinds}
    shown = table[table["pictures"].isin(list(kinds))]
    names, modes = order_names(shown["gan"], titles), order_names(shown["mode"], MODES)
    named = bool(titles) or len(names) > 1
    figure = Figure(figsize=(WIDTH, 3.0 * len(names)), layout="constrained")
    grid = figure.subplots(len(names), len(modes), squeeze=False, sharex=True, sharey=True)
    for panels, (gan, name) in zip(grid, names.items(), strict=True):
        for axes, (mode, title) in zip(panels, modes.items(), strict=True):
            rows = shown[(shown["gan"] == gan) & (shown["mode"] == mode)]
            head = (
                f"{wrap(name, 80 // len(modes))}\n{title}" if named else f"Discriminator in {title}"
            )
            near = _draw_panel(axes, rows, kinds, wanted)
            axes.set_title(head, pad=20 if near else None)
            below = axes.annotate(near, (0, 1), (0, 6), xycoords="axes fraction", size=9,
                                  color=SOFT, textcoords="offset points")  # fmt: skip
            below.set_in_layout(False)
    _set_axes(grid, shown)
    several = len(set(shown["epoch"])) > 1
    handles = _legend_handles(grid[0, 0], kinds, wanted, several=several)
    columns = fit_columns([handle.get_label() for handle in handles])
    figure.legend(handles=handles, loc="outside lower center", ncols=columns,
                  title=_tell_looks(shown), title_fontsize=9.5)  # fmt: skip
    figure.set_figheight(3.0 * len(names) + 0.45 + 0.22 * -(-len(handles) // columns))
    return figure


def _draw_panel(
    axes: Axes, rows: pd.DataFrame, kinds: Mapping[str, str], stated: Mapping[str, float]
) -> str:
    """Draw the lines and what the document states; tell the epoch that comes nearest to it."""
    grouped = rows.groupby(["pictures", "epoch"], sort=True)["share_real"]
    summary = grouped.agg(mean="mean", low="min", high="max").reset_index()
    for look, kind in enumerate(kinds):
        add_line(axes, summary[summary["pictures"] == kind], look, kinds[kind])
        if kind in stated:
            alike = [other for other in stated if stated[other] == stated[kind]]
            # kinds of which the document says the same share a line, dash by dash
            dash = (6 * alike.index(kind), (3, 6 * len(alike) - 3))
            axes.axhline(stated[kind], color=PALETTE[look % 7], linewidth=1.3, linestyle=dash,
                         clip_on=False, zorder=2)  # fmt: skip
    means = summary.pivot_table(index="epoch", columns="pictures", values="mean")
    off = (means.reindex(columns=list(stated)) - pd.Series(stated, dtype=float)).dropna()
    if off.empty or not stated:
        return ""
    far = off.abs().max(axis=1)
    within = f"within {percent(far.min())} points"
    if len(far) == 1:
        return f"{within} of the document"
    axes.axvline(far.idxmin(), zorder=1, **NEAREST)
    return f"nearest to the document: epoch {far.idxmin()}, {within}"


def _tell_looks(shown: pd.DataFrame) -> str:
    """Say what a mean is of, and what its band is."""
    seeds = shown.groupby("gan")["seed"].nunique()
    steps = shown.groupby(["gan", "seed", "epoch"])["step"].nunique()
    ends = [(table.min(), table.max()) for table in (seeds, steps)]
    counts = [f"{low} to {high}" if low < high else str(high) for low, high in ends]
    if seeds.max() == steps.max() == 1:
        return "one seed, after the last step of an epoch"
    whose = "one seed" if seeds.max() == 1 else f"{counts[0]} seeds"
    what = "the last step" if steps.max() == 1 else f"{counts[1]} of the last steps"
    band = "bar" if len(set(shown["epoch"])) == 1 else "band"
    return f"mean over {whose} and {what} of an epoch; {band}: lowest to highest of them"


def _set_axes(grid: np.ndarray, shown: pd.DataFrame) -> None:
    for axes in grid.ravel():
        # all that is not on the lowest row, or the left, shares the labels of what is
        set_epoch_axis(axes, int(shown["epoch"].min()), int(shown["epoch"].max()))
        axes.label_outer()
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    for axes in grid[:, 0]:
        axes.set_ylabel("pictures taken for real")


def _legend_handles(
    axes: Axes, kinds: Mapping[str, str], stated: Mapping[str, float], *, several: bool
) -> list[Line2D]:
    lines = axes.get_legend_handles_labels()[0]
    handles = []
    for kind, line in zip(kinds, lines, strict=True):
        label = kinds[kind] + (f" (document: {100 * stated[kind]:g} %)" if kind in stated else "")
        handles.append(Line2D([], [], color=line.get_color(), marker=line.get_marker(),
                              markersize=4.5, label=label))  # fmt: skip
    if stated:
        dashed = {"color": SOFT, "linewidth": 1.3, "linestyle": (0, (3, 3))}
        words = "what the document states, in the colour of its kind"
        handles.append(Line2D([], [], label=words, **dashed))
        if several:
            handles.append(Line2D([], [], label="the epoch nearest to the document", **NEAREST))
    return handles


def plot_judgements(
    table: pd.DataFrame,
    path: str | Path,
    *,
    kinds: Mapping[str, str],
    stated: Mapping[str, float] | None = None,
    titles: Mapping[str, str] | None = None,
) -> None:
    """Plot how many pictures of each kind a discriminator takes for real, a panel per mode.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns gan, seed, epoch, step (several of an epoch), mode (``train`` or ``eval``),
        pictures (the kind), share_real and mean_probability, 0 to 1. A line is the mean share over
        seeds and steps, its band reaches from the lowest to the highest of them. Of several GANs
        each has a row of panels.
    path : str or Path
        ``.svg`` or ``.png``.
    kinds : mapping of str to str
        Kind to legend text: which are shown, in which order.
    stated : mapping of str to float, optional
        Kind to the share that the document states, 0 to 1: a dashed line. Above a panel stands
        after which epoch the mean shares are nearest to all of them, and the largest difference
        then, in percentage points.
    titles : mapping of str to str, optional
        GAN to title; also sets their order.

    Raises
    ------
    ConvatlasError
        If the table lacks columns, rows, or a kind.
    """
    figure = draw_judgements(table, kinds=kinds, stated=stated, titles=titles)
    save_figure(figure, path)
