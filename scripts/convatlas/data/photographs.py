"""Photographs of any size, brought to one."""

from collections.abc import Iterable

import numpy as np
from PIL import Image

from convatlas.errors import ConvatlasError


def square_photographs(pictures: Iterable[np.ndarray], side: int) -> np.ndarray:
    """Scale pictures until the shorter side fits, and cut the middle out.

    Parameters
    ----------
    pictures : iterable of numpy.ndarray
        (height, width, 3) uint8, RGB, each of its own size.
    side : int
        Pixels.

    Returns
    -------
    numpy.ndarray
        (n, side, side, 3) uint8.

    Raises
    ------
    ConvatlasError
        If there is none.
    """
    squares = []
    for picture in pictures:
        height, width = picture.shape[:2]
        least = min(height, width)
        left, top = (width - least) / 2, (height - least) / 2
        box = (left, top, left + least, top + least)
        # of a picture that fits already, resizing gives the same bytes back
        square = Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS, box=box)
        squares.append(np.asarray(square))
    if not squares:
        raise ConvatlasError("there are no photographs to learn on")
    return np.stack(squares)
