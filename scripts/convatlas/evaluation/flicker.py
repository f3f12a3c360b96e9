"""How much a clip flickers: what a pixel's colour does while it moves with the scene.

After the warping error of Lai, Huang, Wang, Shechtman, Yumer and Yang, *Learning blind video
temporal consistency*, 2018: each frame's next one is warped onto it by the optical flow of the
**original** clip, and compared where that flow can be trusted. Theirs is the flow of FlowNet2, ours
dense inverse search (:mod:`convatlas.video.flow`), and squares are averaged over the channels too:
numbers are for comparing clips measured here with one another, not with those of the paper.

A clip that does not change has no warping error, and nor has one that is blurred until nothing is
to be seen: :mod:`convatlas.evaluation.style` has what is read beside it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np

from convatlas.errors import ConvatlasError
from convatlas.video.flow import (
    Preset,
    dense_flow,
    is_motion_boundary,
    is_occluded,
    luminance,
    shrink,
    warp,
)
from convatlas.video.shots import is_cut


@dataclass(frozen=True)
class Flicker:
    """Warping errors of one clip.

    Attributes
    ----------
    errors : list of float
        One for each frame but the last: the mean squared difference, over channels in [0, 1] and
        pixels that can be followed, between a frame and the next one warped onto it. Not a number
        where a shot ends and where no pixel can be followed.
    followed : list of float
        Share of the pixels that could be followed; 0 where a shot ends.
    cuts : list of int
        Frames at which a shot begins, the first frame of all left out.
    """

    errors: list[float] = field(default_factory=list)
    followed: list[float] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)

    @property
    def mean(self) -> float:
        """Mean over the pairs of frames that have an error; not a number if none has."""
        errors = [error for error in self.errors if np.isfinite(error)]
        return float(np.mean(errors)) if errors else float("nan")


def measure_flicker(
    original: Iterable[np.ndarray],
    *results: Iterable[np.ndarray],
    preset: Preset = "medium",
    long_side: int | None = None,
) -> list[Flicker]:
    """Return the warping errors of clips that were made from one original.

    Two frames of each clip are held at a time, however long they are.

    Parameters
    ----------
    original : iterable of numpy.ndarray
        Batches (n, h, w, 3) uint8: the clip whose motion counts.
    results : iterables of numpy.ndarray
        Batches of what was made of it, cut into batches in any way. The original itself may be
        among them: its own error is what flow and light leave.
    preset : {"ultrafast", "fast", "medium"}
        Of the flow.
    long_side : int, optional
        All are made smaller until their longer side has so many pixels. By default they are not.

    Returns
    -------
    list of Flicker
        One for each result, in their order.

    Raises
    ------
    ConvatlasError
        If a result has more frames than the original, or fewer, or frames of another size; and if
        there is no frame at all.
    """
    found = [Flicker() for _ in results]
    previous: list[np.ndarray] | None = None
    number = -1
    for number, current in enumerate(_in_step(original, results)):
        if long_side is not None:
            current = [shrink(frame, long_side) for frame in current]
        if previous is not None:
            _compare(previous, current, number, found, preset)
        previous = current
    if number < 0:
        raise ConvatlasError("a clip without a frame: nothing to measure flicker on")
    return found


def each_frame(batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Give frames (h, w, 3) one by one out of batches (n, h, w, 3)."""
    for batch in batches:
        yield from batch


def _in_step(
    original: Iterable[np.ndarray], results: Sequence[Iterable[np.ndarray]]
) -> Iterator[list[np.ndarray]]:
    clips = [each_frame(batches) for batches in (original, *results)]
    for number, frames in enumerate(zip_longest(*clips)):
        for place, frame in enumerate(frames):
            name = "the original" if place == 0 else f"result {place}"
            if frame is None:
                raise ConvatlasError(
                    f"{name} ends after {number} frames, another goes on: a result has as many "
                    "frames as its original"
                )
            if frame.shape != frames[0].shape:
                raise ConvatlasError(
                    f"{name} has frame {number} of shape {frame.shape}, the original of "
                    f"{frames[0].shape}: a result has its original's size"
                )
        yield list(frames)


def _compare(
    previous: list[np.ndarray],
    current: list[np.ndarray],
    number: int,
    found: list[Flicker],
    preset: Preset,
) -> None:
    seen = np.zeros(previous[0].shape[:2], bool)
    if is_cut(previous[0], current[0]):
        for each in found:
            each.cuts.append(number)
    else:
        one, other = luminance(previous[0]), luminance(current[0])
        flow, reverse = dense_flow(one, other, preset), dense_flow(other, one, preset)
        seen = ~(is_occluded(flow, reverse) | is_motion_boundary(flow))
    share = float(seen.mean())
    for each, before, after in zip(found, previous[1:], current[1:], strict=True):
        error = float("nan")
        if share:
            apart = (warp(after, flow).astype(np.float32) - before)[seen] / 255
            error = float((apart**2).mean(dtype=np.float64))
        each.errors.append(error)
        each.followed.append(share)
