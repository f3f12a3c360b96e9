"""A fractal, for `palacios`'s figure 15: the edge of the Mandelbrot set."""

import numpy as np

from convatlas.errors import ConvatlasError

SEAHORSES = (-0.7453, 0.1127, 0.0065)
"""Real and imaginary part of the view's middle, and its width: a valley full of spirals."""
FAR = 256.0
"""Distance at which a point has escaped: far enough for the smooth count to have no steps."""


def escape_counts(points: np.ndarray, iterations: int) -> np.ndarray:
    """Count how soon z -> z^2 + c leaves each point c, from z = 0, without steps.

    The smooth count is n + 1 - log2(log|z_n|) (Garcia, Fernandez, Barrallo and Martin, *Coloring
    dynamical systems in the complex plane*, 2009).

    Parameters
    ----------
    points : numpy.ndarray
        complex128, of any shape.
    iterations : int
        Of the map, at most.

    Returns
    -------
    numpy.ndarray
        float64 of the same shape; NaN where it stays.
    """
    z, counts = np.zeros_like(points), np.full(points.shape, np.nan)
    inside = np.ones(points.shape, bool)
    for count in range(1, iterations + 1):
        z[inside] = z[inside] ** 2 + points[inside]
        size = np.abs(z[inside])
        gone = np.zeros_like(inside)
        gone[inside] = size > FAR
        counts[gone] = count + 1 - np.log2(np.log(np.abs(z[gone])))
        inside &= ~gone
    return counts


def draw_mandelbrot(
    width: int = 640,
    height: int = 427,
    *,
    view: tuple[float, float, float] = SEAHORSES,
    iterations: int = 400,
) -> np.ndarray:
    """Draw a view of the set.

    Parameters
    ----------
    width, height : int
        Pixels.
    view : tuple of float
        Real and imaginary part of its middle, and its width.
    iterations : int
        See :func:`escape_counts`.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) uint8, RGB; what does not escape is black.

    Raises
    ------
    ConvatlasError
        If there are no pixels, or the view has no width.
    """
    if min(width, height, iterations) < 1 or not view[2] > 0:
        raise ConvatlasError(
            f"a Mandelbrot set of {width}x{height} pixels, {view[2]} wide, after {iterations} "
            "iterations cannot be drawn; each has to be above 0"
        )
    real, imaginary, wide = view
    step = wide / width
    x = real + step * (np.arange(width) - (width - 1) / 2)
    y = imaginary - step * (np.arange(height) - (height - 1) / 2)
    counts = escape_counts(x[None] + 1j * y[:, None], iterations)
    # three waves of one length, out of step: neighbouring counts have neighbouring colours
    phase = 2 * np.pi * np.log(np.maximum(counts, 1))[..., None] * 0.9
    waves = 0.5 + 0.5 * np.cos(phase + np.array([3.6, 4.3, 5.0]))
    return np.where(np.isnan(counts)[..., None], 0, np.rint(255 * waves)).astype(np.uint8)
