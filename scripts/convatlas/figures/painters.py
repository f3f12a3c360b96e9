"""How near painters come to what they learn from, over pictures seen or over hours."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from convatlas.evaluation.painter_tables import PHOTOGRAPHS, SEEN, UNEQUAL
from convatlas.figures.generation import set_kernel_axis
from convatlas.figures.numbers import fit_columns, set_log_axis, write_number
from convatlas.figures.seeds import check_table, order_names
from convatlas.figures.style import MARKERS, PALETTE, SOFT, WIDTH, house_style, save_figure, wrap

NEEDED = (
    "painter", "epoch", "images", "hours", "fid", "kid", "kid_low", "kid_high", "floor_halves",
    "generated", "real", "sees", "note", "device", "pixels", "painted_from",
)  # fmt: skip
DASHES = ((1, 1.5), (1, 1, 3, 1), (2, 3), (1, 3))
"""Of floors, one for each size of paintings, the lowest first."""
UNITS = {
    "images": ((1e6, 1e6, "millions of pictures seen"), (1e3, 1e3, "thousands of pictures seen"),
               (0, 1, "pictures seen")),
    "hours": ((2, 1, "hours of training"), (1 / 30, 1 / 60, "minutes of training"),
              (0, 1 / 3600, "seconds of training")),
}  # fmt: skip
"""From how much on, of what size, and how called: of the first that is reached a scale is."""


@house_style()
def draw_painters(
    table: pd.DataFrame,
    *,
    titles: Mapping[str, str],
    features: str,
    over: str = "images",
    stated: Mapping[str, float] | None = None,
) -> Figure:
    """Draw what :func:`plot_painters` saves."""
    check_table(table, NEEDED, "the table of painters")
    most = table[over].max()
    size, words_over = next(unit[1:] for unit in UNITS[over] if most >= unit[0])
    table = table.assign(**{over: table[over] / size})
    names = order_names(table["painter"], titles)
    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    sides = table.groupby("painter")["pixels"].first()
    several = len(set(sides)) > 1
    for look, (name, title) in enumerate(names.items()):
        line = table[table["painter"] == name].sort_values("epoch")
        color, marker = PALETTE[look % len(PALETTE)], MARKERS[look % len(MARKERS)]
        label = f"{title}, {sides[name]} pixels" if several else title
        style = {"color": color, "marker": marker, "markersize": 4.5, "label": label}
        left.plot(line[over], line["fid"], **style)
        right.plot(line[over], line["kid"], **style)
        right.fill_between(line[over], line["kid_low"], line["kid_high"], color=color, alpha=0.15,
                           linewidth=0)  # fmt: skip
    handles = [*left.get_legend_handles_labels()[0], *_add_floors(left, table)]
    known = np.append(table["fid"], table["floor_halves"])
    if stated:
        known = np.append(known, stated["fid"])
        words = f"the document's lowest ({stated['fid']:g}), by Inception"
        if "pixels" in stated:
            words += f" at {stated['pixels']:g} pixels"
        handles.append(left.axhline(stated["fid"], color=SOFT, linewidth=1.3, linestyle=(0, (5, 2)),
                                    label=words, zorder=1))  # fmt: skip
    set_log_axis(left.yaxis, known[known > 0].min() / 1.15, known.max() * 1.15)
    left.set_title("Fréchet distance")
    left.set_ylabel("Fréchet distance (log scale)")
    right.set_title("Kernel distance (KID)")
    kernel = table[["kid", "kid_low", "kid_high"]].set_axis(["mean", "low", "high"], axis=1)
    set_kernel_axis(right, kernel)
    right.set_ylabel(f"kernel distance{right.get_ylabel()}")
    for axes in (left, right):
        axes.set_xlabel(words_over)
        axes.set_xlim(0, float(table[over].max()) * 1.03)
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}"))
    note = _tell(table, names, features)
    columns = min(len(handles), fit_columns([handle.get_label() for handle in handles]))
    figure.legend(handles=handles, loc="outside lower center", ncols=columns, title=note,
                  title_fontsize=9.5)  # fmt: skip
    lines = -(-len(handles) // columns) + note.count("\n")
    figure.set_figheight(3.6 + 0.45 + 0.22 * lines)
    return figure


def _add_floors(axes: Axes, table: pd.DataFrame) -> list[Line2D]:
    """Draw what paintings score among themselves, a line for each size, with its size beside it."""
    floors = table.groupby("pixels")["floor_halves"].mean().sort_values()
    handles = []
    for place, (pixels, floor) in enumerate(floors.items()):
        size = f" at {pixels} pixels" if len(floors) > 1 else ""
        words = f"floor{size}: one half of the paintings against the other"
        dash = (0, DASHES[place % len(DASHES)])
        handles.append(axes.axhline(floor, color=SOFT, linewidth=1.3, linestyle=dash, zorder=1,
                                    label=f"{words} ({write_number(floor, 3)})"))  # fmt: skip
        if size:
            # the lowest below its line: floors of two sizes may be near one another
            axes.annotate(f"{pixels} px", (1, floor), (3, 1 if place else -1),
                          xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                          va="bottom" if place else "top", size=8.5, color=SOFT)  # fmt: skip
    return handles


def _tell(table: pd.DataFrame, names: Mapping[str, str], features: str) -> str:
    of_each = table.groupby("painter")[["generated", "pixels", "painted_from"]].first()
    devices = " and ".join(dict.fromkeys(table["device"].dropna()))
    translators = [t for n, t in names.items() if of_each["painted_from"][n] == PHOTOGRAPHS]
    sides = of_each["pixels"].unique()
    parts = [
        f"{_count(of_each['generated'], names)}, against all {int(table['real'].max()):,} that "
        "were learnt from",
        UNEQUAL if len(sides) > 1 else f"{sides[0]}x{sides[0]} pixels",
        *([f"{' and '.join(translators)}'s are of {SEEN}"] if translators else []),
        f"{features}, pictures {' and '.join(dict.fromkeys(table['sees']))}",
        "kernel distance: band of the middle 95 % of its subsets",
        f"trained on {devices}",
        *(str(note) for note in dict.fromkeys(table["note"].dropna()) if note),
    ]
    return wrap("; ".join(parts), 105)


def _count(generated: pd.Series, names: Mapping[str, str]) -> str:
    """Say how many paintings are measured, of each painter where they differ."""
    if len(set(generated)) == 1:
        return f"{int(generated.iloc[0]):,} paintings{' of each' if len(names) > 1 else ''}"
    counts = ", ".join(f"{int(generated[name]):,} of {title}" for name, title in names.items())
    return f"paintings: {counts}"


def plot_painters(
    table: pd.DataFrame,
    path: str | Path,
    *,
    titles: Mapping[str, str],
    features: str,
    over: str = "images",
    stated: Mapping[str, float] | None = None,
) -> None:
    """Plot Fréchet and kernel distances of paintings to those learnt from, a line per painter.

    The floor is what one half of the paintings scores against the other, a line for each size in
    pixels that painters learn at: what is measured at one size is not compared with another.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns painter, epoch, images and hours (seen and spent until then), device, and those of
        ``scores.csv``.
    path : str or Path
        ``.svg`` or ``.png``.
    titles : mapping of str to str
        Painter to legend text; also sets their order.
    features : str
        Whose features are compared.
    over : {"images", "hours"}
        What is drawn from left to right.
    stated : mapping of str to float, optional
        The lowest distance that the document states: ``fid``, and ``pixels``, of what size.

    Raises
    ------
    ConvatlasError
        If the table lacks columns or rows.
    """
    figure = draw_painters(table, titles=titles, features=features, over=over, stated=stated)
    save_figure(figure, path)
