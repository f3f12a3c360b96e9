"""Where each pixel of one frame is in another, and where that cannot be said.

The flow is by dense inverse search: Kroeger, Timofte, Dai and Van Gool, *Fast optical flow using
dense inverse search*, 2016, as OpenCV has it. Its numbers do not depend on how many threads OpenCV
has (a test holds it to that), so nothing of OpenCV's global state is touched.

Where a flow is not to be trusted is by Ruder, Dosovitskiy and Brox, *Artistic style transfer for
videos*, 2016, equations 5 and 6, after Sundaram, Brox and Keutzer 2010.
"""

from typing import Literal

import cv2
import numpy as np

from convatlas.errors import ConvatlasError

Preset = Literal["ultrafast", "fast", "medium"]
PRESETS: dict[str, int] = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
SMALLEST = 96
"""Pixels that frames are continued to before the search. With a side under 32, or both under 91,
OpenCV takes the coarsest of its scales by the width alone, and reads beyond a picture that has
become lower than a patch there."""


def luminance(frame: np.ndarray) -> np.ndarray:
    """Return the luminance (h, w) uint8, 0-255, of an RGB frame (h, w, 3) uint8."""
    return cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)


def shrink(picture: np.ndarray, long_side: int) -> np.ndarray:
    """Return a picture (h, w) or (h, w, 3) whose longer side is at most ``long_side`` pixels.

    Each pixel is the mean of those that it stands for. A picture that is small enough is returned
    as it is.
    """
    height, width = picture.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def dense_flow(here: np.ndarray, there: np.ndarray, preset: Preset = "medium") -> np.ndarray:
    """Return where each pixel of one frame is in another.

    Parameters
    ----------
    here, there : numpy.ndarray
        Luminance (h, w) uint8.
    preset : {"ultrafast", "fast", "medium"}
        OpenCV's: coarser patches are faster. Milliseconds for 640 by 360 pixels: 4, 8, 40.

    Returns
    -------
    numpy.ndarray
        (h, w, 2) float32, pixels: what ``here`` has at (x, y), ``there`` has at
        (x + flow[y, x, 0], y + flow[y, x, 1]).

    Raises
    ------
    ConvatlasError
        If the frames differ in size, or the preset is none.
    """
    if here.shape != there.shape:
        raise ConvatlasError(
            f"flow between frames of {_size(here)} and {_size(there)} pixels: they must be of one "
            "size"
        )
    if preset not in PRESETS:
        raise ConvatlasError(f"flow preset {preset!r}: one of {', '.join(PRESETS)} is wanted")
    height, width = here.shape
    more = max(0, SMALLEST - height), max(0, SMALLEST - width)
    if any(more):
        here, there = (np.pad(each, ((0, more[0]), (0, more[1])), "edge") for each in (here, there))
    # a new one each time: it keeps buffers of its own, and is not to be shared between threads
    search = cv2.DISOpticalFlow_create(PRESETS[preset])
    flow = search.calc(np.ascontiguousarray(here), np.ascontiguousarray(there), None)
    return np.ascontiguousarray(flow[:height, :width])


def _size(picture: np.ndarray) -> str:
    return f"{picture.shape[1]} by {picture.shape[0]}"


def resize_flow(flow: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return a flow (h, w, 2) for frames of another size: resampled, and its lengths scaled."""
    if flow.shape[:2] == (height, width):
        return flow
    scale = np.float32([width / flow.shape[1], height / flow.shape[0]])
    return cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) * scale


def _places(flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    height, width = flow.shape[:2]
    return (
        flow[..., 0] + np.arange(width, dtype=np.float32),
        flow[..., 1] + np.arange(height, dtype=np.float32)[:, None],
    )


def warp(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Fetch each pixel from where the flow says that it is.

    Backward warping with bilinear interpolation. What lies beyond the border repeats the border:
    :func:`leaves_frame` says where.

    Parameters
    ----------
    picture : numpy.ndarray
        (h, w) or (h, w, c), uint8 or float32.
    flow : numpy.ndarray
        (h, w, 2) float32, pixels.

    Returns
    -------
    numpy.ndarray
        Of the picture's shape and type: ``picture`` at (x, y) + ``flow[y, x]``.
    """
    return cv2.remap(picture, *_places(flow), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def leaves_frame(flow: np.ndarray) -> np.ndarray:
    """Return where (h, w, bool) a flow (h, w, 2) points out of the frame."""
    x, y = _places(flow)
    height, width = flow.shape[:2]
    # half a pixel: the outermost pixels reach so far beyond their middles
    return (x < -0.5) | (y < -0.5) | (x > width - 0.5) | (y > height - 0.5)


def is_occluded(flow: np.ndarray, reverse: np.ndarray) -> np.ndarray:
    r"""Return which pixels of a frame are not to be seen in another, or leave it.

    Parameters
    ----------
    flow : numpy.ndarray
        (h, w, 2), pixels, from the frame to the other.
    reverse : numpy.ndarray
        (h, w, 2), from the other back.

    Returns
    -------
    numpy.ndarray
        (h, w) bool, in the frame.

    Notes
    -----
    Ruder et al. 2016, equation 5, with w the flow and :math:`\tilde w` the reverse one where w
    leads: :math:`|w + \tilde w|^2 > 0.01 (|w|^2 + |\tilde w|^2) + 0.5`. There and back again a
    pixel must end near where it began.
    """
    back = warp(reverse, flow)
    lengths = _squared(flow) + _squared(back)
    return (_squared(flow + back) > 0.01 * lengths + 0.5) | leaves_frame(flow)


def _squared(flow: np.ndarray) -> np.ndarray:
    u, v = cv2.split(flow)  # a sum over a last axis of two is slow in NumPy
    return u * u + v * v


def is_motion_boundary(flow: np.ndarray) -> np.ndarray:
    r"""Return where (h, w, bool) the motion changes from one pixel to the next.

    Ruder et al. 2016, equation 6: :math:`|\nabla u|^2 + |\nabla v|^2 > 0.01 |w|^2 + 0.002` for a
    flow w = (u, v) of (h, w, 2) pixels, with differences to the next pixel as in Lai et al. 2018.
    """
    steps = np.zeros(flow.shape[:2], np.float32)
    if flow.shape[1] > 1:
        steps[:, :-1] += _squared(flow[:, 1:] - flow[:, :-1])
    if flow.shape[0] > 1:
        steps[:-1] += _squared(flow[1:] - flow[:-1])
    return steps > 0.01 * _squared(flow) + 0.002
