"""How chosen networks of a grid learned."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from convatlas.errors import ConvatlasError
from convatlas.figures.axes import FEW_EPOCHS, set_epoch_axis, set_loss_axis
from convatlas.figures.curves import DASHES
from convatlas.figures.observations import set_titles
from convatlas.figures.style import (
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    require_columns,
    save_figure,
)

CHOICES = {"best": "Best", "median": "Median", "worst": "Worst"}
ROWS = {"energy": "average instant energy", "gradient": "local output gradient"}
LOOKS = {
    "train": {"color": PALETTE[1], "marker": "s", "markerfacecolor": "white", "linewidth": 1.2,
              "linestyle": DASHES["train"], "label": "training"},
    "monitor": {"color": PALETTE[0], "marker": "o", "linewidth": 1.4, "label": "validation"},
}  # fmt: skip


@house_style()
def draw_grid_histories(chosen: pd.DataFrame, *, titles: Mapping[str, str] | None = None) -> Figure:
    """Draw what :func:`plot_grid_histories` saves."""
    measured = [f"{part}_{kind}" for kind in ROWS for part in LOOKS]
    require_columns(chosen, ["choice", "label", "epoch", *measured], "the chosen histories")
    words = {**CHOICES, **(titles or {})}
    order = [choice for choice in words if (chosen["choice"] == choice).any()]
    if not order:
        raise ConvatlasError("the chosen histories have no best, median or worst")
    figure = Figure(figsize=(WIDTH, 5.4), layout="constrained")
    grid = figure.subplots(2, len(order), squeeze=False)
    energies = pd.DataFrame({"mean": chosen[["train_energy", "monitor_energy"]].to_numpy().ravel()})
    for column, choice in zip(grid.T, order, strict=True):
        rows = chosen[chosen["choice"] == choice].sort_values("epoch")
        for axes, kind in zip(column, ROWS, strict=True):
            few = len(rows) <= FEW_EPOCHS
            for part, look in LOOKS.items():
                every = 1 if few else (3 * (part == "train"), max(1, len(rows) // 8))
                axes.plot(rows["epoch"], rows[f"{part}_{kind}"], markersize=4.5, markevery=every,
                          **look)  # fmt: skip
            set_epoch_axis(axes, int(rows["epoch"].min()), int(rows["epoch"].max()))
        # one axis for all three energies: that the worst is worse is what the figure is about
        column[0].sharey(grid[0, 0])
        set_loss_axis(column[0], energies.assign(high=energies["mean"]))
        if column[0].get_yscale() == "linear":
            column[0].set_ylim(top=1.05 * energies["mean"].max())
        column[0].set_xlabel("")
        column[1].axhline(0, color=SOFT, linewidth=0.8, zorder=1)
        column[1].yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        column[1].yaxis.set_major_formatter(FuncFormatter(_write_signed))
        set_titles(column[0], words[choice], str(rows["label"].iloc[0]))
    scale = "\n(log scale)" if grid[0, 0].get_yscale() == "log" else ""
    for axes, name in zip(grid[:, 0], ROWS.values(), strict=True):
        axes.set_ylabel(name + (scale if axes is grid[0, 0] else ""))
    figure.align_ylabels(grid[:, 0])
    handles = [Line2D([], [], markersize=4.5, **look) for look in LOOKS.values()]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _write_signed(value: float, _: int) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def plot_grid_histories(
    chosen: pd.DataFrame, path: str | Path, *, titles: Mapping[str, str] | None = None
) -> None:
    """Plot energy and gradient over the epochs of a grid's best, median and worst network.

    Parameters
    ----------
    chosen : pandas.DataFrame
        Columns choice (``best``, ``median`` or ``worst``), label (such as ``1 layer of 3, rate
        0.01``), epoch, train_energy, monitor_energy, train_gradient and monitor_gradient: averages
        over observations, the gradient's over output neurons too.
    path : str or Path
        ``.svg`` or ``.png``.
    titles : mapping of str to str, optional
        Choice to title.
    """
    save_figure(draw_grid_histories(chosen, titles=titles), path)
