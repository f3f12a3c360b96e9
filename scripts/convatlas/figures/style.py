"""One look for every figure, and files that are the same, byte for byte, from the same input."""

import contextlib
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib import style
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path

WIDTH = 9.0
"""Inches: 864 px in a browser. In a column of 720 px the text is still 10 px high."""
PNG_DPI = 160
"""Sharp on a screen of two pixels a point, and small."""
FORMATS: dict[str, dict[str, Any]] = {
    ".png": {"metadata": {"Software": None}},
    ".svg": {"metadata": {"Date": None, "Creator": None}},
    # for photographs, a fifth of the bytes of PNG; colours as sharp as light and dark
    ".jpg": {"pil_kwargs": {"quality": 90, "subsampling": 0, "optimize": True}},
}
"""What can be written and how; time and version are left out, which would change the bytes."""

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito 2008: distinct for the colour-blind. Never the only sign: see `MARKERS`."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
INK, SOFT, LINE, SHADE = "#20242a", "#565d66", "#dcdee2", "#f4f5f7"
BLUES = LinearSegmentedColormap.from_list("blues", ["#ffffff", "#9ecae1", "#3182bd", "#08306b"])
"""For a quantity: the more the darker, in black and white as well."""
WRONG = "#b03a00"
"""Vermillion of the palette, darker: it has to be read as text on white."""
CHANCE = 0.1
"""How often guessing among ten digits is right."""

STYLE: dict[str, Any] = {
    # DejaVu Sans comes with matplotlib: no machine lacks it, none replaces it by another width
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "legend.fontsize": 10,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "figure.constrained_layout.w_pad": 0.09,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.dpi": PNG_DPI,
    # letters as outlines: the report shows an SVG as <img>, where no font can be brought along,
    # and each letter is stored once, so that a figure stays within some tens of kilobytes
    "svg.fonttype": "path",
    "svg.hashsalt": "convatlas",
}


@contextlib.contextmanager
def house_style() -> Iterator[None]:
    """Set the house's style, and nobody's own settings, for a block or a decorated function."""
    with style.context(STYLE, after_reset=True):
        yield


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write a figure, whole or not at all, and empty it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Not to be used afterwards.
    path : str or Path
        Ends in ``.svg``, ``.png`` or ``.jpg``. The same figure gives the same bytes.

    Raises
    ------
    ConvatlasError
        If the path ends otherwise.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise ConvatlasError(
            f"{path}: a figure cannot be written as '{suffix}'; end its name in "
            f"{' or '.join(sorted(FORMATS))}"
        )
    with house_style(), atomic_path(path) as part:
        figure.savefig(part, format=suffix[1:], **FORMATS[suffix])
    figure.clear()


def require_columns(table: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Raise a ConvatlasError that names the columns that ``what`` lacks."""
    missing = [name for name in columns if name not in table]
    if missing:
        raise ConvatlasError(f"{what} lacks {', '.join(missing)}; it has {', '.join(table)}")


def percent(share: float, decimals: int = 1) -> str:
    """Write a share as text, never rounding what is not all to 100 %, nor what is to 0 %.

    Parameters
    ----------
    share : float
        0 to 1.
    decimals : int
        After the point.

    Returns
    -------
    str
        Such as ``98.6``, ``100``, ``>99.9`` or ``<0.1``, without the sign.
    """
    smallest, rounded = 10.0**-decimals, round(100 * share, decimals)
    if share in (0, 1):
        return f"{100 * share:.0f}"
    if rounded <= 0:
        return f"<{smallest:.{decimals}f}"
    if rounded >= 100:
        return f">{100 - smallest:.{decimals}f}"
    return f"{rounded:.{decimals}f}"


def wrap(text: str, width: int) -> str:
    """Break a text into lines of at most ``width`` letters, at spaces."""
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def empty_figure(message: str) -> Figure:
    """Say in a figure that there is nothing to show, so that a rule still has its output."""
    figure = Figure(figsize=(WIDTH, 1.2))
    figure.text(0.5, 0.5, message, ha="center", va="center", color=SOFT, size=11)
    return figure
