"""Single frames, for figures and for people who want them as pictures."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.video.clip import Clip
from convatlas.video.decode import read_frames


def extract_frames(path: str | Path, clip: Clip, indices: Sequence[int]) -> np.ndarray:
    """Return single frames by number.

    Parameters
    ----------
    path, clip
        See :func:`convatlas.video.decode.read_frames`.
    indices : sequence of int
        In any order, also repeated; negative ones count from the end.

    Returns
    -------
    numpy.ndarray
        (len(indices), height, width, 3) uint8 RGB.

    Raises
    ------
    ConvatlasError
        If the clip has no such frame.
    """
    wanted = [index + clip.frames if index < 0 else index for index in indices]
    if not wanted or not all(0 <= index < clip.frames for index in wanted):
        raise ConvatlasError(f"no frames {list(indices)} in {clip.path}: it has {clip.frames}")
    found: dict[int, np.ndarray] = {}
    for run in _runs(sorted(set(wanted)), clip):
        frames = read_frames(path, clip, first=run[0], stop=run[-1] + 1)
        for number, frame in enumerate(frames, start=run[0]):
            if number in run:
                found[number] = frame[0]
    return np.stack([found[index] for index in wanted])


def _runs(numbers: list[int], clip: Clip) -> list[list[int]]:
    """Group frames that are best reached without looking for a keyframe in between."""
    runs = [[numbers[0]]]
    for number in numbers[1:]:
        apart = any(runs[-1][-1] < key <= number for key in clip.keyframes)
        if apart and clip.seekable:
            runs.append([number])
        else:
            runs[-1].append(number)
    return runs


def save_frames(
    path: str | Path,
    clip: Clip,
    folder: str | Path,
    *,
    first: int = 0,
    stop: int | None = None,
    compress_level: int = 1,
) -> Iterator[Path]:
    """Write frames as ``000000.png`` and so on, one at a time as the caller asks for the next.

    Parameters
    ----------
    path, clip, first, stop
        See :func:`convatlas.video.decode.read_frames`.
    folder : str or Path
        Made when absent.
    compress_level : int
        Of PNG, 0 to 9: 1 is three times as fast as Pillow's 6, for slightly larger files.

    Yields
    ------
    Path
        Each picture's file, when it is complete.
    """
    digits = max(6, len(str(clip.frames - 1)))
    for number, frames in enumerate(read_frames(path, clip, first=first, stop=stop), start=first):
        name = Path(folder) / f"{number:0{digits}d}.png"
        with atomic_path(name) as part:
            Image.fromarray(frames[0]).save(part, compress_level=compress_level)
        yield name
