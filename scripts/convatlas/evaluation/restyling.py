"""One restyled clip measured beside its original: flicker, style, edges, and frames for figures."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from convatlas.evaluation.flicker import measure_flicker
from convatlas.evaluation.stills import Stills, choose_numbers
from convatlas.evaluation.style import Features, StyleDistance, edge_similarity
from convatlas.video.clip import Clip
from convatlas.video.decode import read_frames
from convatlas.video.probe import probe_clip
from convatlas.video.stills import extract_frames

MEASURED = 24
"""Frames that style and edges are measured on, evenly spread: a clip's style does not change."""
LONG_SIDE = 640
"""Pixels of the longer side at which flicker is measured, as Lai et al. (2018) do."""


def score_video(
    original: str | Path,
    clip: Clip,
    restyled: str | Path,
    *,
    style: np.ndarray | None,
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
    style : numpy.ndarray or None
        (h, w, 3) uint8: the picture that the style is of, if it is known.
    make_features : callable
        From frames (n, h, w, 3) uint8 of the original to what takes pictures to the features that
        style distances are measured by: an untrained network is standardised on them.
    progress : callable, optional
        Called as ``progress(done, total, "frames")``.

    Returns
    -------
    dict
        Counts of frames; ``warping_error`` and ``warping_error_original`` and their ratio;
        ``style_distance`` and ``style_distance_original`` and their ratio (NaN without a style);
        ``edge_similarity``; ``cuts``.
    Stills
        A few frames before and after.
    """
    made = probe_clip(restyled)

    def of_original() -> Iterator[np.ndarray]:
        done = 0
        for frames in read_frames(original, clip, first=0, stop=clip.frames, batch=4):
            yield frames
            done += len(frames)
            if progress:
                progress(done, clip.frames, "frames")

    def of_restyled() -> Iterator[np.ndarray]:
        for frames in read_frames(restyled, made, first=0, stop=made.frames, batch=4):
            yield frames[:, : clip.height, : clip.width]  # odd sizes were made even

    before, after = measure_flicker(
        of_original(),
        read_frames(original, clip, first=0, stop=clip.frames, batch=4),
        of_restyled(),
        long_side=LONG_SIDE,
    )
    numbers = choose_numbers(clip.frames, MEASURED)
    pairs = [
        extract_frames(original, clip, numbers),
        extract_frames(restyled, made, numbers)[:, : clip.height, : clip.width],
    ]
    distances = [np.nan, np.nan]
    if style is not None:
        features = make_features(pairs[0])
        distance = StyleDistance(style, features)
        distances = [
            float(np.mean([distance(frame[None]).item() for frame in frames])) for frames in pairs
        ]
    scores = {
        "frames": made.frames,
        "frames_of_original": clip.frames,
        "frames_equal": float(made.frames == clip.frames),
        "warping_error_original": before.mean,
        "warping_error": after.mean,
        "warping_error_ratio": after.mean / before.mean if before.mean else np.nan,
        "style_distance_original": distances[0],
        "style_distance": distances[1],
        "style_distance_ratio": distances[1] / distances[0],
        "edge_similarity": float(
            np.mean([edge_similarity(a[None], b[None]).item() for a, b in zip(*pairs, strict=True)])
        ),
        "cuts": len(after.cuts),
    }
    return scores, _choose_stills(numbers, pairs, style)


def _choose_stills(
    numbers: Sequence[int], pairs: Sequence[np.ndarray], style: np.ndarray | None
) -> Stills:
    places = choose_numbers(len(numbers))
    empty = np.empty((0, 0, 3), np.uint8)
    return Stills(
        numbers=np.array([numbers[place] for place in places]),
        original=pairs[0][places],
        restyled=pairs[1][places],
        style=empty if style is None else style,
    )


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
        track was added; ``greatest_time_difference`` of a frame, in milliseconds.
    """
    tracks, equal = facts["sound_tracks_original"], all(facts["sound_equal"])
    equal = equal and facts["sound_tracks"] == tracks
    words = "the original's, packet for packet" if equal else "encoded anew"
    return {
        "sound": words if tracks else "none, as the original",
        "sound_equal": float(equal),
        "greatest_time_difference": facts["timestamp_difference_ms"],
    }
