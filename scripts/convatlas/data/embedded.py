"""Digits that need no network: scikit-learn's own, as a stand-in for MNIST and for own digits.

The 1,797 digits of `sklearn.datasets.load_digits` (8x8 pixels, 0 to 16; Alpaydin & Kaynak 1998,
UCI "Optical recognition of handwritten digits") come with scikit-learn. They are coarser and
easier than MNIST: good for trying every step, not for reporting accuracies. The first seven
eighths stand in for MNIST, the last eighth for own digits; no picture is in both.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from convatlas.data.digit_box import draw_in_box, to_bytes

CANVAS = 64


def embedded_mnist() -> tuple[np.ndarray, np.ndarray]:
    """Return the first seven eighths of scikit-learn's digits in the form of MNIST.

    Returns
    -------
    images : numpy.ndarray
        (1572, 28, 28) uint8, white on black: enlarged smoothly, then prepared as MNIST's were.
    labels : numpy.ndarray
        (1572,) uint8.
    """
    pictures, labels, kept = _load()
    large = [_enlarge(picture, 40) for picture in pictures[:kept]]
    images = [draw_in_box(ink, ink >= 0.5) for ink in large]
    return np.stack(images), labels[:kept]


def embedded_own_digits(seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Return the last eighth of scikit-learn's digits as if photographed on paper.

    Each is enlarged to a height of 30 to 44 pixels; turned by up to 12 degrees, sheared by up to
    0.2 and scaled by up to 10 % along each side; put off the middle of a 64x64 sheet of paper
    of brightness 0.55 to 0.95 in ink that takes away 45 to 85 % of the light; lit by a gradient of
    up to 30 % and, one time in two, by a soft-edged shadow that takes 15 to 35 %; blurred by 0.4
    to 1 pixel; given noise of 0.5 to 2.5 % of the grey range. One in five is a negative, light on
    dark.

    Parameters
    ----------
    seed : int
        Decides every one of these.

    Returns
    -------
    pictures : list of numpy.ndarray
        225 of (64, 64) uint8, for `convatlas.data.own_digits.import_pictures`.
    labels : numpy.ndarray
        (225,) uint8.
    """
    pictures, labels, kept = _load()
    generator = np.random.default_rng(seed)
    return [_photograph(picture, generator) for picture in pictures[kept:]], labels[kept:]


def _load() -> tuple[np.ndarray, np.ndarray, int]:
    from sklearn.datasets import load_digits  # slow to import, and real data do without

    digits = load_digits()
    kept = len(digits.images) * 7 // 8
    return digits.images / 16.0, digits.target.astype(np.uint8), kept


def _enlarge(picture: np.ndarray, side: int) -> np.ndarray:
    """Enlarge 8x8 smoothly; a margin keeps strokes at the edge whole."""
    padded = np.pad(picture, 1)
    large = ndimage.zoom(padded, side * 1.25 / 10, order=3, mode="grid-constant", grid_mode=True)
    # 8x8 counts of 4x4 blocks are blurred strokes: steepen their edges.
    return np.clip((np.clip(large, 0, 1) - 0.35) * 2.5, 0, 1)


def _photograph(picture: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Write one digit on paper, light it and take its picture."""
    uniform = generator.uniform
    ink = _enlarge(picture, round(uniform(30, 44)))
    angle, shear = np.deg2rad(uniform(-12, 12)), uniform(-0.2, 0.2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1.0, 0.0], [shear, 1.0]]) @ np.diag(uniform(0.9, 1.1, 2))
    middle = (CANVAS - 1) / 2 + uniform(-4, 4, 2)
    offset = (np.array(ink.shape) - 1) / 2 - matrix @ middle
    ink = ndimage.affine_transform(ink, matrix, offset, (CANVAS, CANVAS), order=1)

    y, x = np.mgrid[-1 : 1 : CANVAS * 1j, -1 : 1 : CANVAS * 1j]
    direction = uniform(0, 2 * np.pi)
    along = x * np.cos(direction) + y * np.sin(direction)
    light = 1.0 - uniform(0, 0.3) * (along + 1.5) / 3
    if uniform() < 0.5:
        edge = uniform(-0.6, 0.6)
        light *= 1.0 - uniform(0.15, 0.35) / (1.0 + np.exp(-(x * direction / np.pi - edge) * 12))
    photograph = uniform(0.55, 0.95) * light * (1.0 - uniform(0.45, 0.85) * ink)
    photograph = ndimage.gaussian_filter(photograph, uniform(0.4, 1.0), mode="nearest")
    photograph += generator.normal(0, uniform(0.005, 0.025), photograph.shape)
    return to_bytes(1.0 - photograph if uniform() < 0.2 else photograph)
