"""A clip that needs no network: a slow pan over two photographs, with a chord.

The photographs are those that come with scikit-learn (a temple in Beijing, a flower; CC BY). The
clip cuts from one to the other half way, so that it has a change of shot, too.
"""

import numpy as np
from PIL import Image

from convatlas.errors import ConvatlasError

PARTIALS = {220.0: 1.0, 277.18: 0.8, 329.63: 0.8, 440.0: 0.5}
"""Hertz and loudness: A major, softly."""
SECONDS, FRAME_RATE, SAMPLE_RATE = 2, 24, 44_100
"""Of the clip that stands in for real ones."""
PEAK, FADE = 0.2, 0.25
"""Of the largest sample possible; seconds of coming and going."""


def sample_photographs() -> np.ndarray:
    """Return scikit-learn's two photographs, (2, 427, 640, 3) uint8 RGB."""
    from sklearn.datasets import load_sample_images  # slow to import; most pictures are others

    return np.stack(load_sample_images().images)


def pan_frames(count: int, *, width: int = 320, height: int = 180) -> np.ndarray:
    """Return frames of a pan, first over the one photograph, then over the other.

    The view moves from the upper left to the lower right, slowly at both ends, and comes nearer,
    by parts of a pixel.

    Parameters
    ----------
    count : int
        Frames; the second half shows the second photograph.
    width, height : int
        Pixels of a frame, at most those of the photographs.

    Returns
    -------
    numpy.ndarray
        (count, height, width, 3) uint8.

    Raises
    ------
    ConvatlasError
        If a frame is larger than the photographs, or there is none.
    """
    photographs = sample_photographs()
    high, wide = photographs.shape[1:3]
    if count < 1 or not (0 < width <= wide and 0 < height <= high):
        raise ConvatlasError(
            f"a pan of {count} frames of {width}x{height} pixels cannot be had from photographs of "
            f"{wide}x{high}"
        )
    pictures = [Image.fromarray(photograph) for photograph in photographs]
    cut, frames = (count + 1) // 2, []
    for frame in range(count):
        shot = int(frame >= cut)
        length = count - cut if shot else cut
        part = (frame - shot * cut) / max(1, length - 1)
        part = part * part * (3 - 2 * part)  # no jerk at either end
        # of the largest view that fits: from nine tenths to seven
        zoom = min(wide / width, high / height) * (0.9 - 0.2 * part)
        seen = width * zoom, height * zoom
        left, top = part * (wide - seen[0]), part * (high - seen[1])
        box = (left, top, left + seen[0], top + seen[1])
        view = pictures[shot].resize((width, height), Image.Resampling.BICUBIC, box=box)
        frames.append(np.asarray(view))
    return np.stack(frames)


def chord(seconds: float, *, sample_rate: int = 44_100) -> np.ndarray:
    """Return a soft chord that swells twice from the left to the right.

    Parameters
    ----------
    seconds : float
        How long.
    sample_rate : int
        Samples a second.

    Returns
    -------
    numpy.ndarray
        (samples, 2) int16.
    """
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    tone = sum(
        loudness * np.sin(2 * np.pi * hertz * time) for hertz, loudness in PARTIALS.items()
    ) / sum(PARTIALS.values())
    ends = np.clip(np.minimum(time, seconds - time) / FADE, 0, 1)
    side = np.sin(2 * np.pi * time / max(seconds, 1e-9))
    balance = np.stack([0.7 - 0.3 * side, 0.7 + 0.3 * side], 1)
    return np.round(32_767 * PEAK * (tone * ends)[:, None] * balance).astype(np.int16)
