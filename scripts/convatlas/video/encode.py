"""Frames into H.264 that browsers and phones play, each with its exact time."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.video.clip import Clip
from convatlas.video.colour import ToYUV, output_tags

THREADS = 4
"""Of the encoder. x264 gives other bits with another number of threads, so it is fixed, not taken
from the machine: the same frames give the same file, run after run."""
REPEATABLE = {"mbtree": "0"}
"""Options without which x264 gives other bits now and then: its macroblock tree, with AVX-512, in
one run of ten on small pictures (x264 165, measured; the fastest presets leave it out anyhow)."""
CRF, PRESET = 21, "superfast"
"""x264's quality and effort. 18, hard to tell from the frames, takes 1.4 times the room where there
are strokes all over; more effort takes time from the network."""
KEYFRAME_SECONDS = 5  # a player can jump to any such place


def even(length: int) -> int:
    """Return a length as 4:2:0 needs it: an odd one is one longer."""
    return length + length % 2


class FrameWriter:
    """Write frames of a clip as one segment: picture alone, to be joined and given its sound later.

    The file is a NUT container: it keeps any time base exactly (Matroska rounds to milliseconds,
    MP4 moves starts into edit lists). Pictures are 8-bit 4:2:0, limited range, High profile, in the
    clip's own matrix, tagged. 4:2:0 has even sides: an odd one is padded by repeating its last row
    or column. The file appears under its name complete, or not at all.

    Parameters
    ----------
    path : str or Path
        The segment.
    clip : Clip
        Gives size, colours, rate, and the frames' times.
    first : int
        Number of the first frame that will be written.
    crf : int
        Quality, 1 to 51; 18 is hard to tell from the frames, 23 is x264's own. 0 is lossless, in a
        profile (High 4:4:4 Predictive) that browsers and phones do not play.
    preset : str
        x264's ``"ultrafast"`` to ``"veryslow"``: time against size.
    threads : int
        See :data:`THREADS`.

    Raises
    ------
    ConvatlasError
        On frames of another shape or kind, or more than the clip has.
    """

    def __init__(
        self,
        path: str | Path,
        clip: Clip,
        *,
        first: int = 0,
        crf: int = CRF,
        preset: str = PRESET,
        threads: int = THREADS,
    ) -> None:
        self.path, self.frames = Path(path), 0
        self._clip, self._first = clip, first
        profile = {"profile": "high"} if crf else {}
        self._options = {"crf": str(crf), "preset": preset, "threads": str(threads), **profile}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            part = stack.enter_context(atomic_path(self.path))
            exact = {"avoid_negative_ts": "disabled"}  # times of decoding may be below 0
            container = av.open(str(part.absolute()), "w", format="nut", options=exact)
            self._container = stack.enter_context(container)
            self._stream = add_picture(container, self._clip, self._options)
            self._stack = stack.pop_all()
        self._to_yuv = ToYUV(output_tags(self._clip.colour)[0])
        return self

    def write(self, frames: np.ndarray) -> None:
        """Write (n, height, width, 3) uint8 frames, the next ones in the clip's order."""
        check_frames(frames, self._clip)
        for picture in frames:
            number = self._first + self.frames
            if number >= self._clip.frames:
                raise ConvatlasError(f"{self._clip.path} has but {self._clip.frames} frames")
            frame = self._to_yuv(pad_even(picture))
            frame.time_base = self._clip.time_base
            frame.pts = self._clip.timestamps[number] - self._clip.timestamps[0]
            self._container.mux(self._stream.encode(frame))
            self.frames += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        if kind is not None:
            return self._stack.__exit__(kind, error, trace)
        with self._stack:
            if not self.frames:
                raise ConvatlasError(f"no frames were written to {self.path}")
            self._container.mux(self._stream.encode(None))
        return None


def add_picture(
    container: av.container.OutputContainer, clip: Clip, options: dict[str, str]
) -> av.VideoStream:
    """Add an H.264 stream for a clip's pictures to a file that is being written."""
    rate = clip.frame_rate.limit_denominator(1 << 30)
    stream = container.add_stream("libx264", rate=rate)
    context = stream.codec_context
    context.width, context.height = even(clip.width), even(clip.height)
    context.pix_fmt = "yuv420p"
    context.time_base = clip.time_base
    context.sample_aspect_ratio = clip.pixel_aspect
    context.gop_size = max(1, min(250, round(KEYFRAME_SECONDS * rate)))
    context.color_range = 1  # limited
    context.colorspace, context.color_primaries, context.color_trc = output_tags(clip.colour)
    context.options = REPEATABLE | options
    stream.time_base = clip.time_base
    return stream


def check_frames(frames: np.ndarray, clip: Clip) -> None:
    """Refuse frames that are not a clip's.

    Raises
    ------
    ConvatlasError
        If their shape or kind is another.
    """
    expected = (clip.height, clip.width, 3)
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[1:] != expected:
        raise ConvatlasError(
            f"frames of {clip.path} are (n, {clip.height}, {clip.width}, 3) uint8, but these are "
            f"{frames.shape} {frames.dtype}: a stylizer keeps the shape of what it is given"
        )


def pad_even(picture: np.ndarray) -> np.ndarray:
    """Repeat the last row and column of (height, width, 3) where their number is odd."""
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        return np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return picture
