"""A sheet of small pictures, of which no pixel is blurred.

Every pixel of a digit is a square of whole pixels in the PNG; an SVG holds the pixels themselves
and asks the viewer not to smooth them.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from convatlas.figures.style import PNG_DPI, WIDTH

SIDE = 28
SCALE = 4
"""Pixels of the PNG per pixel of a digit, where there is room."""


def paste_pictures(images: Sequence[np.ndarray], tops: np.ndarray, lefts: np.ndarray) -> np.ndarray:
    """Lay pictures (28, 28) on white, their corners at the given rows and columns."""
    sheet = np.full((int(tops.max()) + SIDE, int(lefts.max()) + SIDE), 255, np.uint8)
    for image, top, left in zip(images, tops, lefts, strict=True):
        sheet[top : top + SIDE, left : left + SIDE] = image
    return sheet


def show_sheet(
    sheet: np.ndarray, *, margins: tuple[float, float, float, float], scale: int | None = None
) -> tuple[Figure, Axes]:
    """Show a sheet, each of its pixels a square of whole pixels in a PNG.

    Parameters
    ----------
    sheet : numpy.ndarray
        (height, width) uint8, as of :func:`paste_pictures`.
    margins : tuple of float
        Left, top, right, bottom, in inches.
    scale : int, optional
        Pixels of the PNG per pixel of the sheet. As large as the page allows, unless given.

    Returns
    -------
    Figure, Axes
        The figure, as wide as the page at least, so that its texts are as large as elsewhere; and
        its axes, in which a place is given in pixels of the sheet.
    """
    left, top, right, bottom = (round(inches * PNG_DPI) for inches in margins)
    rows, columns = sheet.shape
    room = int(WIDTH * PNG_DPI) - left - right
    scale = scale or max(1, min(SCALE, room // columns))
    width, height = left + scale * columns + right, top + scale * rows + bottom
    width = max(width, int(WIDTH * PNG_DPI))
    figure = Figure(figsize=(width / PNG_DPI, height / PNG_DPI))
    box = (left / width, bottom / height, scale * columns / width, scale * rows / height)
    axes = figure.add_axes(box)
    # as colours, since a colour map may be one level off; "none" rather than "nearest", since an
    # SVG then keeps the digit's own pixels
    colors = np.repeat(sheet[:, :, None], 3, axis=2)
    axes.imshow(colors, interpolation="none", aspect="auto")
    axes.set_axis_off()
    return figure, axes


def spread_evenly(rows: np.ndarray, count: int) -> np.ndarray:
    """Choose at most ``count`` of the rows, evenly from first to last."""
    if len(rows) <= count:
        return rows
    return rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]
