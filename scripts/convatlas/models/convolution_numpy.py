"""Convolution, its transpose and pooling in NumPy, by the formulas of the lecture.

Pitié, *Convolutional neural networks*, 2024 (``pitie``). Pictures are (n, height, width, channels),
kernels (height, width, channels in, channels out), as Keras has them, in which the lecture is
written. What deep learning calls a convolution does not flip its kernel: it is a cross-correlation.
"""

from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from convatlas.errors import ConvatlasError

Padding = Literal["valid", "same"] | int


def conv2d(
    pictures: np.ndarray,
    kernels: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    stride: int = 1,
    padding: Padding = "valid",
) -> np.ndarray:
    r"""Convolve pictures.

    .. math:: \text{logit}_{i,j,k} = w_{0,k} + \sum_{a,b,c} w_{a,b,c,k}\, u_{a+i,\,b+j,\,c}

    Parameters
    ----------
    pictures : numpy.ndarray
        (n, height, width, c).
    kernels : numpy.ndarray
        (rows, columns, c, k).
    bias : numpy.ndarray, optional
        (k,).
    stride : int
        Every so manieth pixel of a row and of a column is computed.
    padding : {"valid", "same"} or int
        ``valid`` leaves out pixels whose neighbours lie outside; ``same`` takes zeros for them, so
        that with stride 1 the size is kept, the odd row or column at the end, as Keras does; a
        number of zeros is laid around each side.

    Returns
    -------
    numpy.ndarray
        (n, height', width', k).

    Raises
    ------
    ConvatlasError
        If channels do not fit, or a kernel is larger than its picture.
    """
    if pictures.shape[-1] != kernels.shape[2]:
        raise ConvatlasError(
            f"pictures of {pictures.shape[-1]} channels, but kernels for {kernels.shape[2]}"
        )
    windows = _windows(pictures, kernels.shape[:2], stride, padding)
    logits = np.tensordot(windows, kernels, axes=((4, 5, 3), (0, 1, 2)))
    return logits if bias is None else logits + bias


def max_pool2d(pictures: np.ndarray, size: int, *, stride: int | None = None) -> np.ndarray:
    """Keep the maximum of each block of ``size`` by ``size`` pixels.

    Parameters
    ----------
    pictures : numpy.ndarray
        (n, height, width, c); rows and columns that fill no block are left out.
    size : int
        Of a block.
    stride : int, optional
        From block to block; `size`, unless given.
    """
    return _windows(pictures, (size, size), stride or size, "valid").max((4, 5))


def conv_transpose2d(pictures: np.ndarray, kernels: np.ndarray, *, stride: int = 1) -> np.ndarray:
    """Lay a kernel, times the pixel, at every pixel's place of a larger picture; sum.

    The transpose of :func:`conv2d` with ``valid`` padding, as a matrix; no inverse of it.

    Parameters
    ----------
    pictures : numpy.ndarray
        (n, height, width, c).
    kernels : numpy.ndarray
        (rows, columns, c, k), one side not below `stride`.
    stride : int
        From place to place.

    Returns
    -------
    numpy.ndarray
        (n, (height - 1) stride + rows, (width - 1) stride + columns, k).
    """
    n, height, width, _ = pictures.shape
    rows, columns, _, outputs = kernels.shape
    size = ((height - 1) * stride + rows, (width - 1) * stride + columns)
    made = np.zeros((n, *size, outputs), np.result_type(pictures, kernels))
    for row, column in np.ndindex(rows, columns):
        places = np.s_[
            :,
            row : row + (height - 1) * stride + 1 : stride,
            column : column + (width - 1) * stride + 1 : stride,
        ]
        made[places] += pictures @ kernels[row, column]
    return made


def insert_zeros(pictures: np.ndarray, stride: int) -> np.ndarray:
    """Put ``stride - 1`` zeros between neighbouring pixels of (n, height, width, c)."""
    n, height, width, channels = pictures.shape
    size = ((height - 1) * stride + 1, (width - 1) * stride + 1)
    spread = np.zeros((n, *size, channels), pictures.dtype)
    spread[:, ::stride, ::stride] = pictures
    return spread


def conv_transpose2d_by_zeros(
    pictures: np.ndarray, kernels: np.ndarray, *, stride: int = 1
) -> np.ndarray:
    """Do what :func:`conv_transpose2d` does the lecture's way: insert zeros, then convolve.

    The kernel is turned by half a turn, and zeros lie all around, one row less than it has.
    """
    rows, columns = kernels.shape[:2]
    around = ((0, 0), (rows - 1, rows - 1), (columns - 1, columns - 1), (0, 0))
    return conv2d(np.pad(insert_zeros(pictures, stride), around), kernels[::-1, ::-1])


def output_side(side: int, window: int, *, stride: int = 1, padding: Padding = "valid") -> int:
    """Return how many places of a side a window comes to stand at.

    Parameters
    ----------
    side, window : int
        Pixels.
    stride : int
        From place to place.
    padding : {"valid", "same"} or int
        As of :func:`conv2d`.
    """
    if padding == "same":
        return -(-side // stride)
    around = 0 if padding == "valid" else 2 * int(padding)
    return (side + around - window) // stride + 1


def _windows(
    pictures: np.ndarray, size: tuple[int, int], stride: int, padding: Padding
) -> np.ndarray:
    """Return (n, height', width', c, rows, columns): the neighbourhood of each kept pixel."""
    sides = pictures.shape[1:3]
    if padding == "same":
        missing = [
            max(
                (output_side(side, length, stride=stride, padding="same") - 1) * stride
                + length
                - side,
                0,
            )
            for side, length in zip(sides, size, strict=True)
        ]
        around = [(total // 2, total - total // 2) for total in missing]
    else:
        width = 0 if padding == "valid" else int(padding)
        around = [(width, width)] * 2
    padded = np.pad(pictures, ((0, 0), *around, (0, 0)))
    if any(side < length for side, length in zip(padded.shape[1:3], size, strict=True)):
        raise ConvatlasError(
            f"a window of {size[0]}x{size[1]} does not fit into a picture of {sides[0]}x{sides[1]}"
        )
    return sliding_window_view(padded, size, axis=(1, 2))[:, ::stride, ::stride]
