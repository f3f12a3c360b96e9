"""Pictures that need no network: drawn here, or installed with a library."""

import numpy as np

from convatlas.data.drawn_style import draw_style
from convatlas.data.mandelbrot import draw_mandelbrot
from convatlas.data.pan import sample_photographs
from convatlas.errors import ConvatlasError

PHOTOGRAPHS = ("temple", "flower")
"""scikit-learn's, in its order."""


def make_picture(kind: str, *, seed: int) -> np.ndarray:
    """Make a picture.

    Parameters
    ----------
    kind : {"pattern", "mandelbrot", "temple", "flower"}
        What ``made`` says in the config's ``pictures``.
    seed : int
        Of the pattern.

    Returns
    -------
    numpy.ndarray
        (height, width, 3) uint8, RGB.

    Raises
    ------
    ConvatlasError
        If there is no such kind.
    """
    if kind in PHOTOGRAPHS:
        return sample_photographs()[PHOTOGRAPHS.index(kind)]
    drawn = {"pattern": lambda: draw_style(seed=seed), "mandelbrot": draw_mandelbrot}
    if kind not in drawn:
        raise ConvatlasError(f"no picture '{kind}' is made; {', '.join((*drawn, *PHOTOGRAPHS))}")
    return drawn[kind]()
