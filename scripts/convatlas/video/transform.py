"""A segment restyled: decoding, stylizing and encoding at the same time, nothing on disk between.

Each runs in a thread of its own; ffmpeg and torch give Python's lock back while they work. Queues
between them are short, so memory does not grow with the clip, and the slowest of the three sets
the pace. Any failure stops all three and is raised.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from convatlas.errors import ConvatlasError
from convatlas.video.clip import Clip
from convatlas.video.decode import read_frames
from convatlas.video.encode import CRF, PRESET, THREADS, FrameWriter, check_frames
from convatlas.video.segments import Segment

Stylizer = Callable[[np.ndarray], np.ndarray]
"""From (n, height, width, 3) uint8 frames to as many of the same shape. One that remembers frames
has a method ``reset()``, called before each segment."""

DEPTH = 2  # batches waiting in each queue
_END = object()


class _Stopped(Exception):  # noqa: N818 - no error: another thread has failed
    pass


class _Lane:
    """A short queue between two threads; waiting ends when any thread fails."""

    def __init__(self, stop: threading.Event) -> None:
        self._queue: queue.Queue[Any] = queue.Queue(DEPTH)
        self._stop = stop

    def put(self, item: object) -> None:
        while not self._stop.is_set():
            try:
                return self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
        raise _Stopped

    def __iter__(self) -> Iterator[Any]:
        while True:
            if self._stop.is_set():
                raise _Stopped
            try:
                item = self._queue.get(timeout=0.1)
            except queue.Empty:
                continue
            if item is _END:
                return
            yield item


class _Crew:
    """Threads that stop together; the first failure is kept."""

    def __init__(self) -> None:
        self.stop, self.failure = threading.Event(), None
        self._threads: list[threading.Thread] = []

    def run(self, work: Callable[[], None], name: str) -> None:
        def guarded() -> None:
            try:
                work()
            except _Stopped:
                pass
            except BaseException as error:  # raised again in join()
                self.failure = self.failure or error
                self.stop.set()

        thread = threading.Thread(target=guarded, name=name)
        self._threads.append(thread)
        thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()
        if self.failure is not None:
            raise self.failure


def transform_segment(
    path: str | Path,
    clip: Clip,
    segment: Segment,
    stylizer: Stylizer,
    output: str | Path,
    *,
    batch: int = 1,
    lead: int = 0,
    crf: int = CRF,
    preset: str = PRESET,
    decode_threads: int = 0,
    encode_threads: int = THREADS,
    progress: Callable[[int, int, str], None] | None = None,
) -> None:
    """Restyle one segment of a clip.

    Parameters
    ----------
    path : str or Path
        The file that was probed.
    clip : Clip
        What the probe said.
    segment : Segment
        Which frames.
    stylizer : callable
        See :data:`Stylizer`. It is called in the caller's thread, with `batch` frames each time:
        the last batch is filled up with copies of the last frame, whose results are dropped. So
        networks see one shape alone (compiled ones are not compiled anew), and a frame's result
        does not depend on where the clip was cut.
    output : str or Path
        A segment file (NUT) for :func:`convatlas.video.assemble.assemble_video`. It appears
        complete or not at all; nothing else is written.
    batch : int
        Frames a call.
    lead : int
        Frames before the segment that the stylizer sees but that are not written, for one that
        remembers; fewer at the clip's beginning.
    crf, preset, encode_threads
        See :class:`convatlas.video.encode.FrameWriter`.
    decode_threads : int
        0 for as many as there are processors.
    progress : callable, optional
        Called as ``progress(done, total, "frames")`` after each batch.

    Raises
    ------
    ConvatlasError
        If frames cannot be read, or the stylizer gives another shape.
    """
    begin = max(0, segment.first - lead)
    crew = _Crew()
    decoded, styled = _Lane(crew.stop), _Lane(crew.stop)

    def decode() -> None:
        reading = {"first": begin, "stop": segment.stop, "batch": batch, "threads": decode_threads}
        for frames in read_frames(path, clip, **reading):
            decoded.put(frames)
        decoded.put(_END)

    def encode() -> None:
        options = {"crf": crf, "preset": preset, "threads": encode_threads}
        with FrameWriter(output, clip, first=segment.first, **options) as writer:
            for frames in styled:
                writer.write(frames)

    getattr(stylizer, "reset", lambda: None)()
    crew.run(decode, "decode")
    crew.run(encode, "encode")
    try:
        done = begin - segment.first  # below 0 during the lead
        for frames in _stylized(decoded, stylizer, clip, batch):
            wanted = frames[max(0, -done) :]
            done += len(frames)
            if len(wanted):
                styled.put(wanted)
            if progress:
                progress(max(done, 0), segment.frames, "frames")
        styled.put(_END)
    except _Stopped:
        pass
    except BaseException as error:  # an interruption from the keyboard as well
        crew.failure = crew.failure or error
        crew.stop.set()
    crew.join()


def _stylized(
    batches: Iterable[np.ndarray], stylizer: Stylizer, clip: Clip, size: int
) -> Iterator[np.ndarray]:
    for frames in batches:
        short = size - len(frames)
        given = np.concatenate([frames, np.repeat(frames[-1:], short, axis=0)]) if short else frames
        styled = np.asarray(stylizer(given))
        check_frames(styled, clip)
        if len(styled) != len(given):
            raise ConvatlasError(
                f"a stylizer gives as many frames as it is given: {len(styled)} of {len(given)}"
            )
        yield styled[: len(frames)]
