"""Where a clip is cut: one frame to the next, with no memory and nothing left to chance."""

import cv2
import numpy as np

from convatlas.errors import ConvatlasError

SMALL = (32, 18)
"""Width and height at which frames are compared: movement inside a shot changes little there."""
BINS = 8
"""Of the histogram, per channel."""
MOVED_COLOURS = 0.35
"""Share of the pixels whose colours are new. Within the shots measured 0.18 at most, at their cuts
0.58 at least."""
MOVED_SHAPES = 0.35
"""One less the correlation. Within shots 0.20 at most, at cuts 0.52 at least."""
SAME_SHAPES = 0.1
"""With less than this all that changed is the light: a flash, a lamp."""
MEAN_CHANGE = 4.0
"""Levels of 255. Less is the noise of a dark or empty picture, whatever its correlation."""


def is_cut(before: np.ndarray, after: np.ndarray) -> bool:
    """Tell whether a new shot begins between two frames that follow one another.

    The frames are made very small. A cut has new colours (intersection of histograms: Swain and
    Ballard, *Color indexing*, 1991) or new shapes (correlation, which a change of light leaves
    alone). Fades and dissolves are no cuts.

    Parameters
    ----------
    before, after : numpy.ndarray
        RGB (h, w, 3) uint8.

    Returns
    -------
    bool

    Raises
    ------
    ConvatlasError
        If the frames differ in size.
    """
    if before.shape != after.shape:
        raise ConvatlasError(
            f"frames of shapes {before.shape} and {after.shape}: all of a clip are of one size"
        )
    small = [cv2.resize(each, SMALL, interpolation=cv2.INTER_AREA) for each in (before, after)]
    one, other = (each.astype(np.float64) for each in small)
    if np.abs(one - other).mean() < MEAN_CHANGE:
        return False
    shapes = _new_shapes(one, other)
    return shapes > MOVED_SHAPES or (shapes > SAME_SHAPES and _new_colours(*small) > MOVED_COLOURS)


def _new_colours(one: np.ndarray, other: np.ndarray) -> float:
    histograms = [
        cv2.calcHist([each], [0, 1, 2], None, [BINS] * 3, [0, 256] * 3) for each in (one, other)
    ]
    return 1 - float(np.minimum(*histograms).sum()) / (SMALL[0] * SMALL[1])


def _new_shapes(one: np.ndarray, other: np.ndarray) -> float:
    one, other = (each - each.mean((0, 1)) for each in (one, other))
    length = float(np.sqrt((one**2).sum() * (other**2).sum()))
    # a picture without any shape, black or white all over, has none in common with another
    return 1 - float((one * other).sum()) / length if length > 0 else 1.0
