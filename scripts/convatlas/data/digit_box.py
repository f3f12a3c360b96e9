"""Draw a digit's strokes as MNIST has them: fitted in 20x20, centred by mass in 28x28.

The second half of MNIST's preparation (LeCun, Bottou, Bengio & Haffner 1998, section III-A); the
first, finding the digit in its picture, is `convatlas.data.mnist_form`.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.morphology import skeletonize

SIDE = 28
BOX = 20
# Row and column of the centre of mass: MNIST's pictures all have it there, to half a pixel.
CENTRE = 14.0
# A digit in MNIST's 20x20 box is anti-aliased, so its outline at half height is a little smaller
# than the box: its longer side is 19.9 on average. A tenth less leaves room for a soft edge.
OUTLINE = 19.8
# Resolution at which strokes are measured and redrawn: working pixels per MNIST pixel.
FINE = 4
# Mean stroke widths (MNIST pixels) that are left alone: the middle half of MNIST's training
# pictures, measured by `_stroke_width`; its 1 % and 99 % quantiles are 1.3 and 4.4.
STROKE_RANGE = (1.9, 2.6)


def to_bytes(picture: np.ndarray) -> np.ndarray:
    """Round levels in [0, 1] to uint8."""
    return np.clip(np.rint(picture * 255.0), 0, 255).astype(np.uint8)


def draw_in_box(
    ink: np.ndarray, mask: np.ndarray, stroke_range: tuple[float, float] | None = STROKE_RANGE
) -> np.ndarray:
    """Fit a digit in 20x20 with anti-aliased greys, then centre it by mass in 28x28.

    Parameters
    ----------
    ink : numpy.ndarray
        (height, width) float, 0 paper to 1 full ink.
    mask : numpy.ndarray
        (height, width) bool, the strokes; they decide the size and the place.
    stroke_range : tuple of float or None
        Mean stroke width in pixels of the result, lowest and highest; strokes outside are redrawn
        to reach it. None leaves every width as it is.

    Returns
    -------
    numpy.ndarray
        (28, 28) uint8, white on black.
    """
    ink = _fit(ink, mask)
    if stroke_range is not None:
        outline = ink >= 0.5 * ink.max()
        width = _stroke_width(outline) / FINE
        wanted = float(np.clip(width, *stroke_range))
        if wanted != width:
            # The redrawn digit is fitted again, which scales its strokes too.
            growth = (wanted - width) * OUTLINE / (OUTLINE - wanted) / 2
            # A blot has no strokes to thin: never take away so much that little is left.
            ink = _redraw(outline, max(growth, -width / 4) * FINE)
            ink = _fit(ink, ink >= 0.5)
    small = ink.reshape(BOX, FINE, BOX, FINE).mean(axis=(1, 3))
    result = np.zeros((SIDE, SIDE))
    shift = [round(CENTRE - centre) for centre in ndimage.center_of_mass(small)]
    top, left = np.clip(shift, 0, SIDE - BOX)
    result[top : top + BOX, left : left + BOX] = small
    return to_bytes(result)


def _stroke_width(mask: np.ndarray) -> float:
    """Return the mean width of the strokes: their area over the length of their middle line."""
    line = skeletonize(mask)
    straight = ndimage.convolve(line.astype(int), [[0, 1, 0], [1, 0, 1], [0, 1, 0]])[line].sum()
    diagonal = ndimage.convolve(line.astype(int), [[1, 0, 1], [0, 0, 0], [1, 0, 1]])[line].sum()
    # Every step is counted from both its ends.
    length = (straight + np.sqrt(2.0) * diagonal) / 2
    width = mask.sum() / (length + 1)
    # The middle line stops half a width short of either end.
    return float(mask.sum() / (length + width))


def _redraw(outline: np.ndarray, growth: float) -> np.ndarray:
    """Move the outline outwards by `growth` pixels, or inwards, and draw it with a soft edge."""
    pad = int(max(0.0, growth)) + FINE
    outline = np.pad(outline, pad)
    outside, inside = map(ndimage.distance_transform_edt, (~outline, outline))
    # Both count from pixel centres; the outline runs half a pixel before them.
    distance = np.where(outline, 0.5 - inside, outside - 0.5)
    return np.clip(0.5 + (growth - distance) / FINE, 0, 1)


def _fit(ink: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Scale the digit so that the longer side of its mask is MNIST's, centred in a fine box."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    low = np.array([rows[0], columns[0]])
    high = np.array([rows[-1] + 1, columns[-1] + 1])
    scale = OUTLINE * FINE / (high - low).max()
    if scale < 1:
        # Averaging before the reduction is what anti-aliasing means.
        ink = ndimage.gaussian_filter(ink, (1 / scale - 1) / 2)
    side = BOX * FINE
    # Pixel centres: working = (fine + 0.5 - side / 2) / scale + middle - 0.5
    offset = (0.5 - side / 2) / scale + (low + high) / 2 - 0.5
    return ndimage.affine_transform(
        ink, [1 / scale, 1 / scale], offset, (side, side), order=1, mode="constant"
    )
