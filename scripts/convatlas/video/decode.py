"""Frames of a clip as arrays: upright, RGB, by their number."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from av import VideoFrame

from convatlas.errors import ConvatlasError
from convatlas.video.clip import Clip
from convatlas.video.colour import ToRGB
from convatlas.video.decoding import Losses, frames_of
from convatlas.video.opening import open_clip


def read_frames(
    path: str | Path,
    clip: Clip,
    *,
    first: int = 0,
    stop: int | None = None,
    batch: int = 1,
    threads: int = 0,
) -> Iterator[np.ndarray]:
    """Yield the frames numbered ``first`` to ``stop - 1``, neither more nor less.

    Parameters
    ----------
    path : str or Path
        The file that was probed.
    clip : Clip
        What :func:`convatlas.video.probe.probe_clip` said of it.
    first, stop : int
        Frame numbers; `stop` None is the clip's end.
    batch : int
        Frames an array; the last one may hold fewer.
    threads : int
        For decoding; 0 for as many as there are processors. The frames are the same.

    Yields
    ------
    numpy.ndarray
        (n, height, width, 3) uint8 RGB, the pictures as a player shows them: turned, with the
        clip's own matrix and range, transparency laid on black. A new array each time.

    Raises
    ------
    ConvatlasError
        If the range is outside the clip, or the file no longer holds what was probed.
    """
    stop = clip.frames if stop is None else stop
    if not 0 <= first < stop <= clip.frames or batch < 1:
        raise ConvatlasError(
            f"frames {first} to {stop} in batches of {batch} cannot be read: "
            f"{clip.path} has {clip.frames} frames"
        )
    turned = clip.rotation in (90, 270)
    stored = (clip.height, clip.width) if turned else (clip.width, clip.height)
    to_rgb = ToRGB(clip.colour, *stored)
    held, count = None, 0
    left = stop - first
    for frame in decoded_frames(path, clip, first, stop, threads):
        if held is None:
            held, count = np.empty((min(batch, left), clip.height, clip.width, 3), np.uint8), 0
        held[count] = upright(to_rgb(frame), clip)
        count, left = count + 1, left - 1
        if count == len(held):
            yield held
            held = None


def upright(picture: np.ndarray, clip: Clip) -> np.ndarray:
    """Turn a stored picture (height, width, channels) as its clip says; a view, no copy."""
    if clip.mirrored:
        picture = picture[:, ::-1]
    return np.rot90(picture, -clip.rotation // 90)


def decoded_frames(
    path: str | Path, clip: Clip, first: int, stop: int, threads: int
) -> Iterator[VideoFrame]:
    """Yield decoded frames by number, from the nearest keyframe, or by counting from the start.

    A frame is known by its time. Where a decoder that began in the middle shows something else
    than the probe saw (indices are wrong, seeks land late), the next place to begin is tried, the
    last of them the file's first packet, where frames are counted as the probe counted them.
    """
    position = first
    for entry in _entries(clip, first):
        for index, frame in _numbered(path, clip, entry, threads):
            if index == position:
                yield frame
                position += 1
                if position == stop:
                    return
            elif index > position:
                break
    raise ConvatlasError(
        f"Frame {position} of {path} cannot be decoded, though probing found {clip.frames}. "
        "Has the file changed? Probe it again."
    )


def _entries(clip: Clip, first: int) -> list[int]:
    """Return where to begin: frame numbers, 0 for the very beginning."""
    before = [key for key in clip.keyframes if key <= first] if clip.seekable else []
    return [*[key for key in before[:-4:-1] if key > 0], 0]


def _numbered(
    path: str | Path, clip: Clip, entry: int, threads: int
) -> Iterator[tuple[int, VideoFrame]]:
    with open_clip(path) as container:
        stream = container.streams[clip.stream]
        options = {"threads": 1 if clip.damage else threads, "losses": Losses()}
        if entry == 0:
            yield from enumerate(frames_of(container, stream, **options))
            return
        numbers = {time: index for index, time in enumerate(clip.timestamps)}
        container.seek(clip.timestamps[entry], stream=stream)
        for frame in frames_of(container, stream, from_keyframe=True, **options):
            index = numbers.get(frame.pts, -1)
            if index >= entry:
                yield index, frame
