"""The original and what became of it, side by side in one clip."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from convatlas.errors import ConvatlasError
from convatlas.video.assemble import Assembly, assemble_video
from convatlas.video.clip import Clip
from convatlas.video.decode import read_frames
from convatlas.video.encode import FrameWriter
from convatlas.video.probe import probe_clip


def side_by_side(
    clip: Clip,
    stylised: str | Path,
    output: str | Path,
    *,
    crf: int = 18,
    preset: str = "veryfast",
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
        See :func:`convatlas.video.assemble.assemble_video`.

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
    double = replace(clip, width=2 * clip.width)
    left = read_frames(clip.path, clip, threads=threads)
    right = read_frames(stylised, other, threads=threads)
    folder = Path(output).parent
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".side_by_side.") as beside:
        pair = Path(beside) / "pair.nut"
        with FrameWriter(pair, double, crf=crf, preset=preset) as writer:
            for one, two in zip(left, right, strict=True):
                unpadded = two[:, : clip.height, : clip.width]
                writer.write(np.concatenate([one, unpadded], axis=2))
        return assemble_video(double, [pair], output)
