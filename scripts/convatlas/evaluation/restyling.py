"""One restyled clip measured beside its original: flicker, style, edges, and frames for figures."""

import itertools
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convatlas.evaluation.flicker import Flicker, measure_flicker
from convatlas.evaluation.ratios import ratio
from convatlas.evaluation.stills import Stills, choose_numbers, reduce_picture
from convatlas.evaluation.style import Features, StyleDistance, edge_similarity
from convatlas.stylization.pictures import STROKES_SIDE
from convatlas.video.clip import Clip
from convatlas.video.decode import read_frames
from convatlas.video.flow import shrink
from convatlas.video.probe import probe_clip

MEASURED = 24
"""Frames that style and edges are measured on, evenly spread: a clip's style does not change."""
LONG_SIDE = 640
"""Pixels of the longer side that larger frames are brought to before anything is measured: numbers
of large and small clips can be compared, and 4K asks for no more memory than 360p."""
LEAST_SIDE = 16
"""Frames with fewer pixels either way have no style or edges: nothing is left of them after the
four halvings of a VGG."""


class _Passing:
    """The frames of a clip as they pass, made smaller; some of them are kept."""

    def __init__(
        self,
        path: str | Path,
        clip: Clip,
        size: tuple[int, int],
        measured: Collection[int],
        shown: Collection[int],
    ) -> None:
        self._path, self._clip, self._size = path, clip, size
        self._measured, self._shown = measured, shown
        self.measured: list[np.ndarray] = []
        self.shown: list[np.ndarray] = []

    def __iter__(self) -> Iterator[np.ndarray]:
        height, width = self._size
        numbers = itertools.count()
        frames = read_frames(self._path, self._clip, first=0, stop=self._clip.frames, batch=4)
        for batch in frames:
            # a restyled clip's odd sides were made even
            whole = batch[:, :height, :width]
            small = np.stack([shrink(frame, LONG_SIDE) for frame in whole])
            for frame, smaller, number in zip(whole, small, numbers, strict=False):
                if number in self._measured:
                    self.measured.append(smaller)
                if number in self._shown:
                    self.shown.append(reduce_picture(frame))
            yield small


def score_video(
    original: str | Path,
    clip: Clip,
    restyled: str | Path,
    *,
    styles: Sequence[np.ndarray],
    weights: Sequence[float] | None = None,
    make_features: Callable[[np.ndarray], Features],
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[dict[str, Any], Stills]:
    """Measure what a clip has become.

    Parameters
    ----------
    original, restyled : str or Path
        Two files.
    clip : Clip
        What was found in the first.
    styles : sequence of numpy.ndarray
        (h, w, 3) uint8: the pictures that the style is of; none if they are not known.
    weights : sequence of float, optional
        One for each of them.
    make_features : callable
        From frames (n, h, w, 3) uint8 of the original to what takes pictures to the features that
        style distances are measured by: an untrained network is standardised on them.
    progress : callable, optional
        Called as ``progress(done, total, "frames")``.

    Returns
    -------
    dict
        Counts of frames; ``warping_error`` and ``warping_error_original`` and their ratio;
        ``style_distance`` and ``style_distance_original`` and their ratio; ``edge_similarity``;
        ``cuts``. None stands for what cannot be measured: flicker of one frame, of nothing but
        cuts, or where counts of frames differ; a ratio to 0; a distance from no picture.
    Stills
        A few frames before and after.
    """
    made = probe_clip(restyled)
    numbers = choose_numbers(min(clip.frames, made.frames), MEASURED)
    shown = [numbers[place] for place in choose_numbers(len(numbers))]
    size = clip.height, clip.width
    before = _Passing(original, clip, size, numbers, shown)
    after = _Passing(restyled, made, size, numbers, shown)
    flicker = _pass(before, after, clip, made, progress)
    pairs = [np.stack(each.measured) for each in (before, after)]
    large = min(pairs[0].shape[1:3]) >= LEAST_SIDE
    distances: list[float | None] = [None, None]
    if styles and large:
        seen = [shrink(style, STROKES_SIDE) for style in styles]
        distance = StyleDistance(seen, make_features(pairs[0]), weights)
        distances = [
            float(np.mean([distance(frame[None]).item() for frame in frames])) for frames in pairs
        ]
    errors = [_finite(each.mean) for each in flicker] if flicker else [None, None]
    edges = (edge_similarity(a[None], b[None]).item() for a, b in zip(*pairs, strict=True))
    scores = {
        "frames": made.frames,
        "frames_of_original": clip.frames,
        "frames_equal": float(made.frames == clip.frames),
        "warping_error_original": errors[0],
        "warping_error": errors[1],
        "warping_error_ratio": ratio(errors[1], errors[0]),
        "style_distance_original": distances[0],
        "style_distance": distances[1],
        "style_distance_ratio": ratio(distances[1], distances[0]),
        "edge_similarity": float(np.mean(list(edges))) if large else None,
        "cuts": len(flicker[0].cuts) if flicker else None,
    }
    stills = Stills(
        numbers=np.array(shown),
        original=np.stack(before.shown),
        restyled=np.stack(after.shown),
        style=styles[0] if styles else np.empty((0, 0, 3), np.uint8),
    )
    return scores, stills


def _pass(
    before: _Passing,
    after: _Passing,
    clip: Clip,
    made: Clip,
    progress: Callable[[int, int, str], None] | None,
) -> list[Flicker]:
    """Let all frames pass, and measure the flicker of both clips if they have as many."""

    def counted() -> Iterator[np.ndarray]:
        done = 0
        for batch in before:
            yield batch
            done += len(batch)
            if progress:
                progress(done, clip.frames, "frames")

    if clip.frames == made.frames:
        # in step, so that no more than a batch waits between the two
        return measure_flicker(*itertools.tee(counted()), after)
    for _ in itertools.chain(counted(), after):
        pass
    return []


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def describe_sound(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Say what became of a clip's sound and times.

    Parameters
    ----------
    facts : mapping
        Of :class:`convatlas.video.check.AssemblyFacts`.

    Returns
    -------
    dict
        ``sound`` for people; ``sound_equal``, 1 if every track's packets are the original's and no
        track was added; ``greatest_time_difference`` of a frame, in milliseconds, None where
        there is no such number.
    """
    wanted, made = facts["sound_tracks_original"], facts["sound_tracks"]
    difference = facts["timestamp_difference_ms"]
    return {
        "sound": _sound_in_words(wanted, made, sum(facts["sound_equal"])),
        "sound_equal": float(made == wanted and all(facts["sound_equal"])),
        "greatest_time_difference": None if difference is None else _finite(difference),
    }


def _sound_in_words(wanted: int, made: int, equal: int) -> str:
    if made > wanted:
        return f"{made - wanted} of {made} tracks not the original's"
    if not wanted:
        return "none, as the original"
    if made < wanted:
        return "dropped" if not made else f"{wanted - made} of {wanted} tracks dropped"
    if equal == wanted:
        return "the original's, packet for packet"
    return "encoded anew" if not equal else f"{wanted - equal} of {wanted} tracks encoded anew"
