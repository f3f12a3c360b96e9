"""Loss, accuracy and precision over the epochs."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from convatlas.errors import ConvatlasError
from convatlas.evaluation.intervals import interval_over_seeds
from convatlas.figures.axes import FEW_EPOCHS, set_epoch_axis, set_loss_axis, set_share_axis
from convatlas.figures.style import (
    INK,
    MARKERS,
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    require_columns,
    save_figure,
)

PANEL = 3.0
"""Height of a panel with its labels, in inches."""
SHARES = ("accuracy", "precision")
"""Metrics between 0 and 1, shown in percent; anything else is shown as it is."""
DASHES = {"monitor": "-", "train": (0, (3, 1.5))}
PART_TITLES = {"train": "training", "monitor": "held out"}


def summarise_epochs(histories: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Join the seeds of each model, part and epoch.

    Parameters
    ----------
    histories : pandas.DataFrame
        Columns model, seed, epoch, part and the metric.
    metric : str
        Name of a column.

    Returns
    -------
    pandas.DataFrame
        Columns model, part, epoch, mean, low, high, seeds: Student's 95 % interval over seeds, NaN
        with one seed.
    """
    keys = ["model", "part", "epoch"]
    known = histories.dropna(subset=[metric])
    rows = [
        dict(zip(keys, key, strict=True)) | interval_over_seeds(values.tolist())
        for key, values in known.groupby(keys, sort=True)[metric]
    ]
    return pd.DataFrame(rows, columns=[*keys, "mean", "low", "high", "seeds"])


@house_style()
def draw_learning_curves(
    histories: pd.DataFrame,
    *,
    metrics: Sequence[str] = ("accuracy", "precision", "loss"),
    parts: Sequence[str] = ("train", "monitor"),
    titles: Mapping[str, str] | None = None,
    part_titles: Mapping[str, str] | None = None,
) -> Figure:
    """Draw what :func:`plot_learning_curves` saves."""
    require_columns(histories, ["model", "seed", "epoch", "part", *metrics], "the history")
    shown = histories[histories["part"].isin(list(parts))]
    if shown.empty:
        raise ConvatlasError(f"the history has no epoch of {' or '.join(parts)}")
    names = dict(titles or {})
    present = list(dict.fromkeys(shown["model"]))
    models = [m for m in names if m in present] + [m for m in present if m not in names]
    # a single model leaves the colours free to tell its parts apart
    looks = {
        (model, part): position if len(models) > 1 else number
        for position, model in enumerate(models)
        for number, part in enumerate(reversed(list(parts)))
    }
    columns = min(len(metrics), 3)
    rows = -(-len(metrics) // columns)
    figure = Figure(figsize=(WIDTH, PANEL * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(metrics) :]:
        axes.set_axis_off()
    for axes, metric in zip(grid, metrics, strict=False):
        summary = summarise_epochs(shown, metric)
        _draw_panel(axes, summary, metric, looks)
    lines = _add_legend(figure, shown, looks, names, {**PART_TITLES, **(part_titles or {})})
    # a long legend makes the figure taller, not its panels smaller
    figure.set_figheight(PANEL * rows + 0.45 + 0.22 * lines)
    return figure


def _draw_panel(axes: Axes, summary: pd.DataFrame, metric: str, looks: dict) -> None:
    few = summary["epoch"].max() <= FEW_EPOCHS
    for (model, part), look in looks.items():
        line = summary[(summary["model"] == model) & (summary["part"] == part)]
        color, held_out = PALETTE[look % len(PALETTE)], part == "monitor"
        low, high = line["low"], line["high"]
        if metric in SHARES:
            # Student's interval knows no bounds, a share has some
            low, high = low.clip(0, 1), high.clip(0, 1)
        axes.fill_between(line["epoch"], low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(
            line["epoch"],
            line["mean"],
            color=color,
            linestyle=DASHES.get(part, "-"),
            linewidth=1.8 if held_out else 1.3,
            marker=_marker(look, part, few),
            markersize=4.5,
            markevery=1 if few else (look, max(1, len(line) // 8)),
            markerfacecolor=_face(color, part),
        )
    set_epoch_axis(axes, int(summary["epoch"].min()), int(summary["epoch"].max()))
    (set_share_axis if metric in SHARES else set_loss_axis)(axes, summary)
    scale = " (log scale)" if axes.get_yscale() == "log" else ""
    axes.set_title(metric.replace("_", " ").capitalize() + scale)


def _marker(look: int, part: str, few: bool) -> str | None:
    return MARKERS[look % len(MARKERS)] if part == "monitor" or few else None


def _face(color: str, part: str) -> str:
    return color if part == "monitor" else "white"


def _add_legend(
    figure: Figure, shown: pd.DataFrame, looks: dict, names: dict, part_names: dict
) -> int:
    few = shown["epoch"].max() <= FEW_EPOCHS
    models, parts = dict.fromkeys(m for m, _ in looks), dict.fromkeys(p for _, p in looks)
    handles = []
    if len(models) > 1:
        for (model, part), look in looks.items():
            if part == next(iter(parts)):
                mark = {"color": PALETTE[look % len(PALETTE)], "marker": MARKERS[look % 7]}
                handles.append(Line2D([], [], label=names.get(model, model), **mark))
    for part in parts:
        look = {"color": SOFT, "linestyle": DASHES.get(part, "-")}
        if len(models) == 1:
            number = looks[next(iter(models)), part]
            look |= {"color": PALETTE[number], "marker": _marker(number, part, few)}
            look |= {"markerfacecolor": _face(PALETTE[number], part)}
        handles.append(Line2D([], [], label=part_names.get(part, part), **look))
    seeds = sorted(shown.groupby("model")["seed"].nunique())
    note = f"mean of {seeds[-1]} seeds; band: 95 % interval" if seeds[-1] > 1 else "one seed"
    if seeds[0] < seeds[-1]:
        note = f"mean of {seeds[0]} to {seeds[-1]} seeds; band: 95 % interval, where several"
    columns = _count_columns(handles)
    figure.legend(
        handles=handles, loc="outside lower center", ncols=columns, title=note,
        title_fontsize=9.5, labelcolor=INK,
    )  # fmt: skip
    return -(-len(handles) // columns)


def _count_columns(handles: list[Line2D]) -> int:
    # a column is as wide as its longest text and the line before it; the page holds 120 letters
    longest = max(len(handle.get_label()) for handle in handles)
    return max(1, min(len(handles), 4, 120 // (longest + 8)))


def plot_learning_curves(
    histories: pd.DataFrame,
    path: str | Path,
    *,
    metrics: Sequence[str] = ("accuracy", "precision", "loss"),
    parts: Sequence[str] = ("train", "monitor"),
    titles: Mapping[str, str] | None = None,
    part_titles: Mapping[str, str] | None = None,
) -> None:
    """Plot how networks learned: a panel per metric, a line per model and part.

    Parameters
    ----------
    histories : pandas.DataFrame
        Columns model, seed, epoch, part (``train`` or ``monitor``) and the metrics. A line is the
        mean over the seeds, its band Student's 95 % interval; with one seed there is no band.
    path : str or Path
        ``.svg`` or ``.png``.
    metrics : sequence of str
        Columns, a panel each. ``accuracy`` and ``precision`` are shares, shown in percent.
    parts : sequence of str
        Which parts to show.
    titles : mapping of str to str, optional
        Model to legend text; also sets the models' order.
    part_titles : mapping of str to str, optional
        Part to legend text, such as ``{"monitor": "MNIST test 10,000"}``.
    """
    figure = draw_learning_curves(
        histories, metrics=metrics, parts=parts, titles=titles, part_titles=part_titles
    )
    save_figure(figure, path)
