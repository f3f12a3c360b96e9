"""A style picture that the pipeline draws itself, for when no painting can be had.

Anything made with it has to be labelled as such: no artist's style is shown.
"""

import colorsys

import numpy as np
from scipy import ndimage

from convatlas.seeding import numpy_generator

COLOURS = 6


def draw_style(side: int = 256, *, seed: int = 0) -> np.ndarray:
    """Draw ribbons of strong colour with dark outlines, swirling as if by a broad brush.

    Level lines of a smooth random landscape, of which every band has one of six colours, a fine
    stroke along it, and a dark line to the next.

    Parameters
    ----------
    side : int
        Pixels of a side; what is seen grows with it.
    seed : int
        Of landscape and colours.

    Returns
    -------
    numpy.ndarray
        (side, side, 3) uint8, RGB.
    """
    generator = numpy_generator(seed, "drawn style")
    large, small = (_landscape(generator, side, side * scale) for scale in (0.09, 0.03))
    height = 2.2 * large + 0.4 * small
    band = np.floor(height).astype(int)
    within = height - band  # 0 to 1 across a ribbon
    first, hues = generator.uniform(), np.arange(COLOURS) / COLOURS
    palette = np.array(
        [
            colorsys.hsv_to_rgb((first + hue) % 1, 0.85 - 0.35 * (k % 2), 0.75 + 0.25 * (k % 2))
            for k, hue in enumerate(generator.permutation(hues))
        ]
    )
    colour = palette[band % COLOURS]
    # three strokes lie along each ribbon
    stroke = 0.08 * np.sin(2 * np.pi * 3 * within)[..., None]
    outline = np.clip(np.minimum(within, 1 - within) / 0.09, 0, 1)[..., None]
    picture = np.clip(colour + stroke, 0, 1) * outline + 0.06 * (1 - outline)
    return np.round(255 * picture).astype(np.uint8)


def _landscape(generator: np.random.Generator, side: int, spread: float) -> np.ndarray:
    """Return smooth noise (side, side) of variance 1 that goes on over the edges."""
    smooth = ndimage.gaussian_filter(generator.standard_normal((side, side)), spread, mode="wrap")
    return (smooth - smooth.mean()) / smooth.std()
