"""The contrast that averaging takes from a texture, given back.

The mean of n unlike textures has a n-th of their variance: a stabiliser that averages is a blur by
another name, and its frames go away from the style. Here each band of a Laplacian pyramid (Burt and
Adelson, *The Laplacian pyramid as a compact image code*, 1983) of the averaged frame is given the
local contrast that it has in the frame as it was before. What flickers is amplified with the rest,
so nothing is gained by it in a measure of flicker: it costs there what it gives to the style.
"""

import cv2
import numpy as np

BLOCK = 16
"""Pixels of a band, either way, over which contrast is measured."""
LEAST = 8
"""Pixels of a side under which a band is not split further."""
NOISE = 0.5
"""Square of levels of 255: variance that rounding leaves, added to either side of a ratio."""


def split_bands(picture: np.ndarray, levels: int) -> list[np.ndarray]:
    """Return a Laplacian pyramid: bands from fine to coarse, then what is left.

    Parameters
    ----------
    picture : numpy.ndarray
        (h, w, c) float32.
    levels : int
        Bands at most; a small picture has fewer.

    Returns
    -------
    list of numpy.ndarray
        float32; :func:`join_bands` makes the picture of them again.
    """
    bands = []
    while len(bands) < levels and min(picture.shape[:2]) >= LEAST:
        coarse = cv2.pyrDown(picture)
        bands.append(picture - cv2.pyrUp(coarse, dstsize=picture.shape[1::-1]))
        picture = coarse
    return [*bands, picture]


def join_bands(bands: list[np.ndarray]) -> np.ndarray:
    """Return the picture that :func:`split_bands` split."""
    picture = bands[-1]
    for band in reversed(bands[:-1]):
        picture = cv2.pyrUp(picture, dstsize=band.shape[1::-1]) + band
    return picture


def _energy(band: np.ndarray) -> np.ndarray:
    height, width = band.shape[:2]
    blocks = max(1, round(width / BLOCK)), max(1, round(height / BLOCK))
    energy = cv2.resize(band * band, blocks, interpolation=cv2.INTER_AREA)
    # smooth, so that no block's border is to be seen
    return cv2.blur(energy, (3, 3), borderType=cv2.BORDER_REFLECT) + NOISE


def restore_contrast(
    averaged: np.ndarray, wanted: np.ndarray, *, levels: int, most: float
) -> np.ndarray:
    """Give an averaged frame, band by band, the local contrast of the frame it is made of.

    Parameters
    ----------
    averaged : numpy.ndarray
        (h, w, c) float32, levels of 255.
    wanted : numpy.ndarray
        (h, w, c) uint8 or float32: the frame whose contrast counts.
    levels : int
        Bands. The rest below them, light and colour of large parts, stays as it was averaged.
    most : float
        Largest gain. No gain is under 1: a frame that was calmer than those before it is not made
        calmer still.

    Returns
    -------
    numpy.ndarray
        (h, w, c) float32.
    """
    bands = split_bands(averaged, levels)
    for number, model in enumerate(split_bands(wanted.astype(np.float32), levels)[:-1]):
        band = bands[number]
        gain = np.sqrt(_energy(model) / _energy(band)).clip(1, most)
        band *= cv2.resize(gain, band.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return join_bands(bands)
