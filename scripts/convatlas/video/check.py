"""Is a result as long as its original, in time with it, and with its sound? As numbers."""

from dataclasses import dataclass
from pathlib import Path

from convatlas.video.clip import Clip
from convatlas.video.opening import open_clip
from convatlas.video.probe import probe_clip
from convatlas.video.sound import sound_digests


@dataclass(frozen=True)
class AssemblyFacts:
    """A result beside its original.

    Attributes
    ----------
    frames, frames_original : int
        Counted by decoding.
    timestamp_difference_ms : float
        The greatest over all frames, each clip counted from its own beginning; infinite if their
        numbers differ.
    duration_seconds, duration_original_seconds : float
        Of the picture.
    sound_tracks, sound_tracks_original : int
        How many.
    sound_equal : tuple of bool
        Per track of the original, in order: whether the packets hold the same bits.
    sound_start_difference_ms : float
        The greatest over tracks with equal bits: their first packet, against the first frame.
    """

    frames: int
    frames_original: int
    timestamp_difference_ms: float
    duration_seconds: float
    duration_original_seconds: float
    sound_tracks: int
    sound_tracks_original: int
    sound_equal: tuple[bool, ...]
    sound_start_difference_ms: float

    @property
    def kept(self) -> bool:
        """Whether frames, times and number of sound tracks are the original's, within 1 ms."""
        return (
            self.frames == self.frames_original
            and self.timestamp_difference_ms <= 1
            and self.sound_tracks == self.sound_tracks_original
            and self.sound_start_difference_ms <= 1
        )


def check_assembled(original: Clip, result: str | Path) -> AssemblyFacts:
    """Compare a result with its original.

    Parameters
    ----------
    original : Clip
        As probed; its file is read for the digests of its sound.
    result : str or Path
        What :func:`convatlas.video.assemble.assemble_video` made.

    Returns
    -------
    AssemblyFacts
        Numbers.

    Raises
    ------
    ConvatlasError
        If either file cannot be read.
    """
    made = probe_clip(result)
    with open_clip(original.path) as container:
        before = sound_digests(container)
    with open_clip(result) as container:
        after = sound_digests(container)
    equal = [i < len(after) and track == after[i] for i, track in enumerate(before)]
    late = [
        abs((a.first - made.picture_start) - (b.first - original.picture_start))
        for a, b, same in zip(made.sounds, original.sounds, equal, strict=False)
        if same
    ]
    return AssemblyFacts(
        frames=made.frames,
        frames_original=original.frames,
        timestamp_difference_ms=_greatest_difference(made, original),
        duration_seconds=float(made.picture_duration),
        duration_original_seconds=float(original.picture_duration),
        sound_tracks=len(after),
        sound_tracks_original=len(before),
        sound_equal=tuple(equal),
        sound_start_difference_ms=float(max(late, default=0) * 1000),
    )


def _greatest_difference(made: Clip, original: Clip) -> float:
    if made.frames != original.frames:
        return float("inf")
    pairs = zip(_times(made), _times(original), strict=True)
    return float(max(abs(a - b) for a, b in pairs) * 1000)


def _times(clip: Clip) -> list:
    return [time * clip.time_base - clip.start for time in clip.timestamps]
