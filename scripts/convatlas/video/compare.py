"""The original and what became of it, side by side in one clip."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from convatlas.errors import ConvatlasError
from convatlas.video.assemble import Assembly, assemble_video
from convatlas.video.clip import Clip
from convatlas.video.decode import read_frames
from convatlas.video.encode import CRF, PRESET, FrameWriter
from convatlas.video.probe import probe_clip

LARGEST = (3840, 2160)
"""Wider or taller than this, phones do not play what they get."""


def side_by_side(
    clip: Clip,
    stylised: str | Path,
    output: str | Path,
    *,
    crf: int = CRF,
    preset: str = PRESET,
    threads: int = 0,
) -> Assembly:
    """Make an MP4 with the original on the left, the result on the right, and the sound.

    Parameters
    ----------
    clip : Clip
        The original; its file is read.
    stylised : str or Path
        What :func:`convatlas.video.assemble.assemble_video` made of it.
    output : str or Path
        An ``.mp4``; it appears complete or not at all.
    crf, preset
        See :class:`convatlas.video.encode.FrameWriter`.
    threads : int
        For decoding; 0 for as many as there are processors.

    Returns
    -------
    Assembly
        See :func:`convatlas.video.assemble.assemble_video`; a note says where both were made
        smaller to fit into :data:`LARGEST`.

    Raises
    ------
    ConvatlasError
        If the two have different numbers of frames.
    """
    other = probe_clip(stylised, threads=threads)
    if other.frames != clip.frames:
        raise ConvatlasError(
            f"{stylised} has {other.frames} frames and {clip.path} {clip.frames}: "
            "they are not one clip. Make the stylised one again."
        )
    width, height = _fitting(clip.width, clip.height)
    double = replace(clip, width=2 * width, height=height)
    left = read_frames(clip.path, clip, threads=threads)
    right = read_frames(stylised, other, threads=threads)
    folder = Path(output).parent
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".side_by_side.") as beside:
        pair = Path(beside) / "pair.nut"
        with FrameWriter(pair, double, crf=crf, preset=preset) as writer:
            for one, two in zip(left, right, strict=True):
                unpadded = two[:, : clip.height, : clip.width]
                beside_one_another = [_resized(frames, width, height) for frames in (one, unpadded)]
                writer.write(np.concatenate(beside_one_another, axis=2))
        made = assemble_video(double, [pair], output)
    if width == clip.width:
        return made
    note = f"both made smaller, {clip.width}x{clip.height} to {width}x{height}, for phones to play"
    return replace(made, notes=(*made.notes, note))


def _fitting(width: int, height: int) -> tuple[int, int]:
    """Return the size of one of two pictures that fit side by side, even where it is another."""
    scale = min(LARGEST[0] / (2 * width), LARGEST[1] / height)
    if scale >= 1:
        return width, height
    return tuple(max(2, int(length * scale) // 2 * 2) for length in (width, height))


def _resized(frames: np.ndarray, width: int, height: int) -> np.ndarray:
    if frames.shape[1:3] == (height, width):
        return frames
    return np.stack([cv2.resize(f, (width, height), interpolation=cv2.INTER_AREA) for f in frames])
