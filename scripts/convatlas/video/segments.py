"""Cutting a clip into segments: a killed job loses one of them, and they spread over machines."""

from bisect import bisect_left
from dataclasses import dataclass

from convatlas.errors import ConvatlasError
from convatlas.video.clip import Clip


@dataclass(frozen=True)
class Segment:
    """Frames numbered ``first`` to ``stop - 1`` of a clip, the `number`-th segment from 0."""

    number: int
    first: int
    stop: int

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.stop - self.first


def plan_segments(
    clip: Clip, *, seconds: float | None = None, count: int | None = None
) -> list[Segment]:
    """Cut a clip into segments of about equal length, at keyframes where there are any near.

    A decoder begins at a keyframe, so a cut there costs nothing. Frames are read by number all the
    same: where no keyframe is within half a segment of a cut (phones write few of them), the cut
    falls between any two frames, and its segment decodes what lies before it in vain.

    Parameters
    ----------
    clip : Clip
        To be cut.
    seconds, count : float, int
        How long segments are to be, or how many; one of the two. A clip has never more segments
        than frames.

    Returns
    -------
    list of Segment
        They follow one another and make up the whole clip.

    Raises
    ------
    ConvatlasError
        If not exactly one of `seconds` and `count` is given, or it is not above 0.
    """
    given = [value for value in (seconds, count) if value is not None]
    if len(given) != 1 or not given[0] > 0:
        raise ConvatlasError(
            f"segments are cut by seconds or by count, above 0: got seconds={seconds}, "
            f"count={count}"
        )
    if count is None:
        count = round(float(clip.picture_duration) / seconds)
    count = int(min(max(count, 1), clip.frames))
    cuts, reach = [0], clip.frames / count / 2
    for number in range(1, count):
        ideal = round(number * clip.frames / count)
        cut = _nearest(clip.keyframes, ideal)
        if abs(cut - ideal) >= reach or cut <= cuts[-1]:
            cut = max(ideal, cuts[-1] + 1)
        cuts.append(cut)
    cuts.append(clip.frames)
    return [Segment(number, *cuts[number : number + 2]) for number in range(count)]


def _nearest(keyframes: tuple[int, ...], frame: int) -> int:
    place = bisect_left(keyframes, frame)
    near = keyframes[max(place - 1, 0) : place + 1]
    return min(near, key=lambda key: abs(key - frame))
