"""Frames of clips as photographs to learn on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from convatlas.data.photographs import square_photographs
from convatlas.video.probe import probe_clip
from convatlas.video.stills import extract_frames

COUNT = 40
"""Frames of each clip, evenly spread."""
MARGIN = 4 / 3
"""A frame's side over that of the squares that are cut out of it."""


def training_frames(clips: Sequence[str | Path], *, least: int, count: int = COUNT) -> np.ndarray:
    """Return frames of clips, all cut square and brought to one size.

    Parameters
    ----------
    clips : sequence of str or Path
        Files.
    least : int
        Pixels of the squares that a training cuts out; frames are a third larger.
    count : int
        Frames of each clip, evenly spread; all of a shorter clip.

    Returns
    -------
    numpy.ndarray
        (n, side, side, 3) uint8.

    Raises
    ------
    ConvatlasError
        If a file is no clip.
    """
    frames = []
    for path in clips:
        clip = probe_clip(path)
        numbers = np.linspace(0, clip.frames - 1, min(count, clip.frames)).round().astype(int)
        frames += list(extract_frames(path, clip, numbers.tolist()))
    return square_photographs(frames, round(MARGIN * least))
