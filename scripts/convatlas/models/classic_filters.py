"""Six filters of 5x5 over red, green and blue, as a first layer might learn them.

The lecture (``pitie``) shows what six filters make of a picture and not their weights; these are
the field's old acquaintances, the like of which the first layer of a trained network has.
"""

import numpy as np

from convatlas.models.convolution_numpy import conv2d

_BINOMIAL = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
_SLOPE = np.array([-1.0, -2.0, 0.0, 2.0, 1.0]) / 6
_GREY = np.array([0.299, 0.587, 0.114])
"""Of luminance, ITU-R BT.601."""


def classic_filters() -> dict[str, np.ndarray]:
    """Return kernels (5, 5, 3) by name, for pictures in [0, 1]."""
    blur = np.outer(_BINOMIAL, _BINOMIAL)
    point = np.zeros((5, 5))
    point[2, 2] = 1
    opponent = np.array([1.0, -0.5, -0.5])
    return {
        "blur": blur[:, :, None] * _GREY,
        "horizontal edges": np.outer(_SLOPE, _BINOMIAL)[:, :, None] * _GREY * 2,
        "vertical edges": np.outer(_BINOMIAL, _SLOPE)[:, :, None] * _GREY * 2,
        "details": (point - blur)[:, :, None] * _GREY * 4,
        "red against the others": blur[:, :, None] * opponent,
        "blue against the others": blur[:, :, None] * opponent[::-1],
    }


def filter_photograph(photograph: np.ndarray) -> dict[str, np.ndarray]:
    """Convolve a photograph with every filter, ``valid``.

    Parameters
    ----------
    photograph : numpy.ndarray
        (height, width, 3) uint8, RGB.

    Returns
    -------
    dict of str to numpy.ndarray
        (height - 4, width - 4) uint8: 0 is mid grey but for the blur, where it is black.
    """
    kernels = classic_filters()
    stacked = np.stack(list(kernels.values()), axis=-1).astype(np.float32)
    made = conv2d(photograph[None].astype(np.float32) / 255, stacked)[0]
    made[..., 1:] = made[..., 1:] / 2 + 0.5
    shown = (255 * made.clip(0, 1)).round().astype(np.uint8)
    return {name: shown[..., number] for number, name in enumerate(kernels)}
