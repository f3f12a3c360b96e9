"""Which digit was read as which."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.typing import ColorType

from convatlas.errors import ConvatlasError
from convatlas.figures.style import BLUES, INK, SOFT, WIDTH, house_style, percent, save_figure

NORM = PowerNorm(0.5, 0, 1)
"""The square root of the share: on a straight scale a network that is right 99 times in 100 shows
its diagonal and nothing else, and the errors are what one looks for."""
TICKS = (0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1)


@house_style()
def draw_confusion(counts: np.ndarray, *, title: str = "") -> Figure:
    """Draw what :func:`plot_confusion` saves."""
    counts = np.asarray(counts)
    if counts.shape != (10, 10):
        raise ConvatlasError(f"a confusion matrix of shape {counts.shape}: (10, 10) is needed")
    sums = counts.sum(1)
    shares = counts / np.maximum(sums, 1)[:, None]
    figure = Figure(figsize=(WIDTH, 7.4 + 0.3 * bool(title)), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(np.ma.masked_equal(shares, 0), cmap=BLUES, norm=NORM, aspect="auto")
    for label, predicted in np.argwhere(counts > 0):
        _write_cell(axes, counts[label, predicted], shares[label, predicted], label, predicted)
    _label_axes(axes, sums)
    bar = figure.colorbar(image, ax=axes, ticks=TICKS, shrink=0.7, aspect=28, pad=0.02)
    bar.ax.set_yticklabels([f"{100 * tick:g} %" for tick in TICKS])
    bar.set_label("share of the row (square-root scale)")
    bar.outline.set_visible(False)
    if title:
        figure.suptitle(title, x=0.02, ha="left", weight="bold", size=12)
    return figure


def _write_cell(axes: Axes, count: int, share: float, label: int, predicted: int) -> None:
    color = _text_color(BLUES(NORM(share)))
    centred = {"ha": "center", "color": color}
    if label == predicted:
        centred["weight"] = "bold"
    axes.text(predicted, label - 0.04, percent(share), va="bottom", size=9.5, **centred)
    axes.text(predicted, label + 0.08, f"{count:,}", va="top", size=8, **centred)


def _luminance(color: ColorType) -> float:
    """Return the relative luminance of a colour, 0 to 1 (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _text_color(background: ColorType) -> str:
    """Choose ink or white, whichever stands out more."""
    behind, ink = _luminance(background) + 0.05, _luminance(INK) + 0.05
    return "white" if 1.05 / behind > behind / ink else INK


def _label_axes(axes: Axes, sums: np.ndarray) -> None:
    axes.set_xlabel("read as")
    axes.set_ylabel("written digit")
    axes.set_xticks(range(10))
    axes.set_yticks(range(10))
    axes.grid(visible=False)
    axes.set_xticks(np.arange(11) - 0.5, minor=True)
    axes.set_yticks(np.arange(11) - 0.5, minor=True)
    axes.grid(visible=True, which="minor", linewidth=0.6)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    right = axes.secondary_yaxis("right")
    right.set_yticks(range(10), [f"{total:,}" if total else "none" for total in sums])
    right.tick_params(length=0, labelcolor=SOFT)
    right.spines[:].set_visible(False)
    axes.text(9.58, -0.56, "digits", va="bottom", size=9.5, color=SOFT)


def plot_confusion(counts: np.ndarray, path: str | Path, *, title: str = "") -> None:
    """Plot a confusion matrix.

    Parameters
    ----------
    counts : numpy.ndarray
        (10, 10) integers: row = the digit written, column = the digit read. May be summed over
        seeds. A cell shows its share of the row in percent, and its count; an empty one is blank.
        Colour is the share, on a square-root scale.
    path : str or Path
        ``.svg`` or ``.png``.
    title : str
        Stands above the matrix.
    """
    save_figure(draw_confusion(counts, title=title), path)
