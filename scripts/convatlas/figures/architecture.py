"""Networks as they were found by looking into them: blocks, or units where there are few."""

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

from convatlas.figures.landmarks import COLORS, draw_blocks, draw_kinds, say_size
from convatlas.figures.style import (
    INK,
    LINE,
    PALETTE,
    SOFT,
    WIDTH,
    house_style,
    require_columns,
    save_figure,
)

COLUMNS = ("part", "layer", "kind", "window", "height", "width", "channels", "activation",
           "follows", "parameters")  # fmt: skip
MOST_UNITS = 9
"""Circles of a layer; of more units the first and the last few are drawn."""
ARC, BLOCKS, HEAD = 0.75, 2.0, 0.45
"""Inches: above the blocks for skips, of the blocks, of a part's title."""
LETTER = 0.056
"""Inches of a letter of a label."""


@house_style()
def draw_architecture(rows: pd.DataFrame, *, hidden: int | None = None) -> Figure:
    """Draw what :func:`plot_architecture` saves."""
    require_columns(rows, COLUMNS, "the table of layers")
    rows = rows.fillna({"window": "", "activation": "", "follows": "", "part": ""})
    if hidden is not None:
        rows = rows[rows["part"].astype(str) == str(hidden)].assign(part="")
    parts = [own.reset_index(drop=True) for _, own in rows.groupby("part", sort=False)]
    if all(set(own["kind"]) <= {"vector", "dense"} for own in parts) and len(parts) == 1:
        return _draw_units(parts[0])
    labels = [[_label(row) for row in own.to_dict("records")] for own in parts]
    floors = [0.25 + LETTER * max(map(len, told)) for told in labels]
    arcs = [ARC if _skips(own) else 0.0 for own in parts]
    heights = [f + BLOCKS + arc + HEAD for f, arc in zip(floors, arcs, strict=True)]
    total = sum(heights) + 0.3
    figure = Figure(figsize=(WIDTH, total))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, total))
    axes.set_axis_off()
    kinds = pd.concat(parts)["kind"]
    draw_kinds(axes, kinds[~kinds.isin(["picture", "vector"])], total - 0.3)
    below = total - 0.3
    for own, told, floor, height in zip(parts, labels, floors, heights, strict=True):
        below -= height
        tops = draw_blocks(axes, own, told, floor=below + floor)
        for source, target in _skips(own):
            _draw_skip(axes, tops[source], tops[target], below + floor + BLOCKS)
        name = own["part"].iloc[0]
        count = f"{int(own['parameters'].sum()):,} parameters"
        axes.text(0.2, below + height - 0.25, f"{name}: {count}" if name else count, color=INK,
                  weight="bold", size=10.5)  # fmt: skip
    return figure


def _label(row: Mapping[str, Any]) -> str:
    """Name a layer by its window and what it gives; by its name, where that is a name."""
    name = str(row["layer"])
    told = [] if "." in name or name.isdigit() else [name]
    told += [row["window"]] if row["window"] else []
    return "  ".join([*told, say_size(row), *([row["activation"]] if row["activation"] else [])])


def _skips(rows: pd.DataFrame) -> list[tuple[int, int]]:
    """Return places of layers and of what they follow, where that does not stand before them."""
    places = {name: place for place, name in enumerate(rows["layer"].astype(str))}
    pairs = [
        (places[name], target)
        for target, names in enumerate(rows["follows"].astype(str))
        for name in filter(None, names.split(";"))
    ]
    return [(source, target) for source, target in pairs if target - source > 1]


def _draw_skip(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], ceiling: float
) -> None:
    height = ceiling + ARC * min(1.0, 0.25 + (end[0] - start[0]) / WIDTH)
    points = [start, (start[0], height), (end[0], height), end]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3]
    line = {"facecolor": "none", "edgecolor": PALETTE[1], "linewidth": 1.2, "zorder": 3}
    axes.add_patch(PathPatch(Path(points, codes), **line))
    axes.plot(*end, marker="v", color=PALETTE[1], markersize=4, zorder=4)


def _draw_units(rows: pd.DataFrame) -> Figure:
    """Draw a column of circles a layer, and every weight as a line."""
    across = np.linspace(1.4, WIDTH - 1.4, len(rows))
    columns = [_heights(int(count)) for count in rows["channels"]]
    floor = min(heights.min() for heights in columns) - 0.3
    low, high = floor - 0.9, max(heights.max() for heights in columns) + 0.3
    figure = Figure(figsize=(WIDTH, high - low))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(low, high))
    axes.set_axis_off()
    for place in range(len(rows) - 1):
        pairs = np.array([(a, b) for a in columns[place] for b in columns[place + 1]])
        axes.plot(across[place : place + 2], pairs.T, color=LINE, linewidth=0.7, zorder=1)
    for row, x, heights in zip(rows.to_dict("records"), across, columns, strict=True):
        look = {"facecolor": COLORS[row["kind"]], "edgecolor": INK, "linewidth": 0.8}
        for y in heights:
            axes.add_patch(Circle((x, y), 0.12, zorder=2, **look))
        if row["channels"] > MOST_UNITS:
            axes.text(x, 0, "⋮", ha="center", va="center", size=18, color=INK)
        told = [row["layer"], f"{row['channels']:,} units", row["activation"]]
        told += [f"{row['parameters']:,} parameters"] if row["parameters"] else []
        axes.text(x, floor, "\n".join(filter(None, told)), ha="center", va="top", size=9.5,
                  color=INK if row["parameters"] else SOFT)  # fmt: skip
    return figure


def _heights(count: int) -> np.ndarray:
    """Return where the circles of a layer stand; a gap in the middle where not all are drawn."""
    if count <= MOST_UNITS:
        return 0.36 * (np.arange(count) - (count - 1) / 2)
    half = 0.36 * np.arange(MOST_UNITS // 2) + 0.45
    return np.concatenate([-half[::-1], half])


def plot_architecture(
    rows: pd.DataFrame, path: str | FilePath, *, hidden: int | None = None
) -> None:
    """Plot a network layer by layer, with its skips.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of one network, as :func:`convatlas.evaluation.architectures.tabulate_architectures` gives
        them. Blocks are as tall as the root of their maps' height, and as wide as that of their
        number; a perceptron is drawn as units and weights.
    path : str or Path
        ``.svg`` or ``.png``.
    hidden : int, optional
        Of several perceptrons the one with so many hidden units.
    """
    save_figure(draw_architecture(rows, hidden=hidden), path)
