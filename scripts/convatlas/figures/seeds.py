"""Lines over epochs: the mean over seeds with its band, and what a legend says of the seeds."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from convatlas.errors import ConvatlasError
from convatlas.evaluation.intervals import interval_over_seeds
from convatlas.figures.style import MARKERS, PALETTE, require_columns

FEW = 12
"""Up to here every point of a line has its mark; beyond, some eight of them."""


def check_table(table: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Raise a ConvatlasError that names what ``what`` lacks: columns, or any rows."""
    require_columns(table, columns, what)
    if table.empty:
        raise ConvatlasError(f"{what} has no rows")


def order_names(present: pd.Series, titles: Mapping[str, str] | None) -> dict[str, str]:
    """Return name to title of what occurs: first as the titles stand, then as they come."""
    names, found = dict(titles or {}), list(dict.fromkeys(present))
    order = [name for name in names if name in found] + [n for n in found if n not in names]
    return {name: names.get(name, name) for name in order}


def summarise_seeds(table: pd.DataFrame, keys: Sequence[str], metric: str) -> pd.DataFrame:
    """Join the seeds of each combination of keys.

    Parameters
    ----------
    table : pandas.DataFrame
        The keys and the metric, a row per seed; rows in which the metric is NaN do not count.
    keys : sequence of str
        Names of columns.
    metric : str
        Name of a column.

    Returns
    -------
    pandas.DataFrame
        Sorted keys, mean, low, high, seeds: Student's 95 % interval over seeds, NaN with one seed.
    """
    rows = [
        dict(zip(keys, key, strict=True)) | interval_over_seeds(values.tolist())
        for key, values in table.dropna(subset=[metric]).groupby(list(keys), sort=True)[metric]
    ]
    summary = pd.DataFrame(rows, columns=[*keys, "mean", "low", "high", "seeds"])
    # of no rows pandas cannot tell that they are numbers
    kinds = {key: table[key].dtype for key in keys}
    return summary.astype(kinds | dict.fromkeys(["mean", "low", "high"], float))


def add_line(axes: Axes, line: pd.DataFrame, look: int, label: str) -> Line2D:
    """Add a mean over the epochs with its band, or with a bar where there is one epoch only.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        What to draw on.
    line : pandas.DataFrame
        Columns epoch, mean, low, high, sorted by epoch; low and high may be NaN.
    look : int
        Place in palette and markers.
    label : str
        For a legend.

    Returns
    -------
    matplotlib.lines.Line2D
        The mean.
    """
    color = PALETTE[look % len(PALETTE)]
    if len(line) == 1:
        # a band over one epoch has no width
        axes.vlines(line["epoch"], line["low"], line["high"], color=color, linewidth=1.4)
    else:
        axes.fill_between(line["epoch"], line["low"], line["high"], color=color, alpha=0.15,
                          linewidth=0)  # fmt: skip
    # marks of different lines at different epochs, so that lines on top of each other are seen
    every = 1 if len(line) <= FEW else (look % max(1, len(line) // 8), max(1, len(line) // 8))
    (drawn,) = axes.plot(
        line["epoch"], line["mean"], color=color, marker=MARKERS[look % len(MARKERS)],
        markersize=4.5, markevery=every, label=label, clip_on=False, zorder=3,
    )  # fmt: skip
    return drawn


def tell_seeds(table: pd.DataFrame, by: str, *, band: str | None = None) -> str:
    """Say how many seeds a mean is of, and what its band is.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns seed, epoch and ``by``.
    by : str
        What has seeds, such as ``gan``.
    band : str, optional
        What an interval is drawn as; if not given, as :func:`add_line` does.

    Returns
    -------
    str
        Such as ``mean of 3 seeds; band: 95 % interval``.
    """
    band = band or ("bar" if len(set(table["epoch"])) == 1 else "band")
    counts = np.sort(table.groupby(by)["seed"].nunique())
    if counts[-1] == 1:
        return "one seed"
    if counts[0] < counts[-1]:
        return f"mean of {counts[0]} to {counts[-1]} seeds; {band}: 95 % interval, where several"
    return f"mean of {counts[-1]} seeds; {band}: 95 % interval"
