"""How near generated digits come to real ones, over the epochs."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, SymmetricalLogLocator

from convatlas.errors import ConvatlasError
from convatlas.figures.axes import set_epoch_axis
from convatlas.figures.numbers import MINUS, fit_columns, set_log_axis, write_number
from convatlas.figures.seeds import add_line, check_table, order_names, summarise_seeds, tell_seeds
from convatlas.figures.style import (
    SOFT,
    WIDTH,
    house_style,
    save_figure,
    wrap,
)

NEEDED = (
    "gan", "seed", "epoch", "reference", "fid", "kid", "kid_low", "kid_high", "floor_train",
    "floor_halves", "generated", "real", "sees", "note",
)  # fmt: skip
PARTS = {"test": "test digits", "validation": "validation digits"}
FLOORS = {
    "floor_train": ("floor: training digits", (0, (5, 2))),
    "floor_halves": ("floor: one half of the {real} against the other", (0, (1, 1.5))),
}
FAR = 30
"""Kernel distances that differ by more than this factor are shown on a scale that is logarithmic
away from 0."""


@house_style()
def draw_generation(
    table: pd.DataFrame,
    *,
    titles: Mapping[str, str],
    reference: str,
    features: str = "LeNet features",
) -> Figure:
    """Draw what :func:`plot_generation` saves."""
    check_table(table, NEEDED, "the table of distances")
    shown = table[table["reference"] == reference]
    if shown.empty:
        there = ", ".join(sorted(set(table["reference"])))
        raise ConvatlasError(f"no distance to {reference}; there are distances to {there}")
    names, real = order_names(shown["gan"], titles), PARTS.get(reference, reference)
    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, metric in ((left, "fid"), (right, "kid")):
        summary = summarise_seeds(shown, ["gan", "epoch"], metric)
        if metric == "kid":
            summary = _add_subsets(summary, shown)
        for look, (gan, title) in enumerate(names.items()):
            add_line(axes, summary[summary["gan"] == gan], look, title)
        set_epoch_axis(axes, int(shown["epoch"].min()), int(shown["epoch"].max()))
        if metric == "fid":
            _set_frechet(axes, summary, shown)
        else:
            set_kernel_axis(axes, summary)
    left.set_title("Fréchet distance")
    left.set_ylabel(f"Fréchet distance of {features}\n(log scale)")
    right.set_title("Kernel distance (KID)")
    right.set_ylabel(f"kernel distance of {features}{right.get_ylabel()}")
    handles = left.get_legend_handles_labels()[0]
    note = _tell(shown, real, features)
    handles += _add_floors(left, shown, real)
    # in two rows at least where there are several GANs, so that the floors stay together
    most = len(handles) if len(handles) <= 3 else -(-len(handles) // 2)
    columns = min(most, fit_columns([handle.get_label() for handle in handles]))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, title=note,
                  title_fontsize=9.5)  # fmt: skip
    lines = -(-len(handles) // columns) + note.count("\n")
    figure.set_figheight(3.6 + 0.45 + 0.22 * lines)
    return figure


def _add_subsets(summary: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    """Give kernel distances of one seed the interval of their subsets for a band."""
    subsets = shown.groupby(["gan", "epoch"], sort=True)[["kid_low", "kid_high"]].mean()
    sides = dict(zip(("low", "high"), subsets.to_numpy().T, strict=True))
    alone = summary["seeds"] == 1
    return summary.assign(**{s: summary[s].where(~alone, values) for s, values in sides.items()})


def _tell(shown: pd.DataFrame, real: str, features: str) -> str:
    """Say what the distances are of: how many digits, whose features, which seeds."""

    def join(column: str) -> str:
        counts = sorted({int(count) for count in shown[column]})
        return " to ".join(f"{count:,}" for count in dict.fromkeys((counts[0], counts[-1])))

    sees = " and ".join(dict.fromkeys(shown["sees"]))
    seeds = tell_seeds(shown, "gan")
    if shown.groupby("gan")["seed"].nunique().min() == 1:
        seeds += "; kernel distances of one seed: middle 95 % of their subsets"
    parts = [
        f"{join('generated')} generated digits against {join('real')} {real}",
        f"{features}: digits {sees}",
        seeds,
        *(str(note) for note in dict.fromkeys(shown["note"].dropna()) if note),
    ]
    return wrap("; ".join(parts), 105)


def _set_frechet(axes: Axes, summary: pd.DataFrame, shown: pd.DataFrame) -> None:
    known = np.append(summary["mean"], shown[list(FLOORS)].mean())
    known = known[known > 0]
    if not len(known):
        raise ConvatlasError("no Fréchet distance is above 0")
    # an interval that reaches far down, or below 0, runs off the lower edge
    reached = summary[["low", "high"]].to_numpy(float).ravel()
    known = np.append(known, reached[reached > known.min() / 3])
    set_log_axis(axes.yaxis, known.min() / 1.25, known.max() * 1.25)


def set_kernel_axis(axes: Axes, summary: pd.DataFrame) -> None:
    """Choose a straight axis, or one that is straight about 0 and logarithmic beyond.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What to set; its label is left with a note on the scale.
    summary : pandas.DataFrame
        Columns mean, low and high, of kernel distances.
    """
    means, sizes = summary["mean"], summary["mean"].abs()
    low, high = np.nanmin(summary[["mean", "low"]]), np.nanmax(summary[["mean", "high"]])
    least = max(sizes.quantile(0.1), sizes.max() / 1e4)
    if sizes.max() > FAR * least:
        # what is as small as the values below 0 is chance: no decade of its own
        least = 10 ** max(np.floor(np.log10(least)), np.ceil(np.log10(max(-means.min(), 1e-12))))
        axes.set_yscale("symlog", linthresh=least, linscale=0.5)
        axes.yaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=least))
        axes.yaxis.get_major_locator().set_params(numticks=9)
        bottom = min(means.min() * 1.3, -0.3 * least) if low < 0 else 0
        axes.set_ylim(bottom, high * 1.4)
        axes.set_ylabel(f"\n(log scale, straight below {least:g})")
    else:
        spread = high - means.min() or abs(high) or 1
        bottom = max(low, means.min() - 0.5 * spread) - 0.05 * spread
        axes.set_ylim(min(bottom, 0), high + 0.05 * spread)
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", MINUS))
    )
    if axes.get_ylim()[0] < 0:
        axes.axhline(0, color=SOFT, linewidth=0.8, zorder=1)


def _add_floors(axes: Axes, shown: pd.DataFrame, real: str) -> list[Line2D]:
    """Draw what real digits score among themselves, where it is known and above 0."""
    handles = []
    for column, (words, dash) in FLOORS.items():
        value = shown[column].mean()
        if value > 0:
            label = f"{words.format(real=real)} ({write_number(value)})"
            handles.append(axes.axhline(value, color=SOFT, linewidth=1.3, linestyle=dash,
                                        label=label, zorder=1))  # fmt: skip
    return handles


def plot_generation(
    table: pd.DataFrame,
    path: str | Path,
    *,
    titles: Mapping[str, str],
    reference: str,
    features: str = "LeNet features",
) -> None:
    """Plot Fréchet and kernel distances of generated digits to real ones, a line per GAN.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns gan, seed, epoch, reference, fid, kid, kid_low, kid_high, floor_train,
        floor_halves, generated and real (how many pictures), sees (what the network makes of them)
        and note. A line is the mean over the seeds, its band Student's 95 % interval; of one seed,
        that of the kernel distance is the middle 95 % of its subsets.
        The floors, means over GANs and seeds, are what training digits score against the
        reference, and one half of it against the other.
    path : str or Path
        ``.svg`` or ``.png``.
    titles : mapping of str to str
        GAN to legend text; also sets their order.
    reference : str
        Which distances: to ``test`` or ``validation``.
    features : str
        Whose features are compared, as the axes name them.

    Raises
    ------
    ConvatlasError
        If the table lacks columns, rows, or the reference.
    """
    figure = draw_generation(table, titles=titles, reference=reference, features=features)
    save_figure(figure, path)
