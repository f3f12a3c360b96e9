"""What is missing of a clip, against what the file itself promises; in words for people."""

from fractions import Fraction

from av.container import InputContainer
from av.video.stream import VideoStream

from convatlas.video.decoding import Losses
from convatlas.video.times import Times, missing_frames
from convatlas.video.tracks import Track

MISSING = Fraction(1, 2)  # seconds that a file may end early without being called cut off
GAPLESS = {"matroska", "mpegts", "mpeg", "flv", "asf"}
"""Containers in which a lost packet leaves a gap and no other trace. MP4 and AVI tell how many
frames there were; in animations long frames are meant."""


def describe_damage(
    container: InputContainer,
    stream: VideoStream,
    times: Times,
    tracks: dict[int, Track],
    losses: Losses,
    dropped: int,
) -> str:
    """Say what was lost of a file.

    Parameters
    ----------
    container, stream
        The file and its picture.
    times : Times
        Of the frames that were decoded.
    tracks : dict
        By the index of their stream.
    losses : Losses
        What failed in decoding.
    dropped : int
        Packets that the file itself says are not to be shown.

    Returns
    -------
    str
        Empty if nothing was.
    """
    name = container.format.name.split(",")[0]
    lost = [
        *_against_promises(container, stream, name, times.values, dropped, tracks),
        *_in_the_middle(container, name, times, tracks),
    ]
    if losses.packets:
        lost.append(f"{losses.packets} packets could not be decoded")
    if losses.frames:
        lost.append(f"{losses.frames} frames have faults")
    if losses.message:
        lost.append(losses.message)
    if times.repaired:
        lost.append(f"{times.repaired} timestamps did not increase and were replaced")
    return "; ".join(lost)


def _against_promises(
    container: InputContainer,
    stream: VideoStream,
    name: str,
    times: list[int],
    dropped: int,
    tracks: dict[int, Track],
) -> list[str]:
    lost, missing = [], stream.frames - len(times) - dropped
    if name == "mov" and missing > 0:
        lost.append(f"{missing} of {stream.frames} frames are lost")
    # AVI often promises one more, and counts empty frames that only lengthen the one before: at
    # the beginning they make room for sound that comes first.
    if name == "avi" and missing > 1 and missing_frames(times[1:]):
        lost.append(
            f"about {missing} of {stream.frames} frames are not in the file: lost, or dropped "
            "when it was recorded"
        )
    end = max((tracks[s.index].end(s) for s in container.streams), default=Fraction(0))
    # Matroska counts its duration from 0, others from the beginning of what they hold.
    reached = max(end, end - Fraction(container.start_time or 0, 1_000_000))
    told = Fraction(container.duration or 0, 1_000_000)
    if told - reached > MISSING:
        lost.append(f"the file ends after {float(reached):.2f} of {float(told):.2f} s")
    return lost


def _in_the_middle(
    container: InputContainer, name: str, times: Times, tracks: dict[int, Track]
) -> list[str]:
    lost = []
    missing = missing_frames(times.values) if name in GAPLESS and not times.repaired else 0
    if missing:
        lost.append(f"about {missing} frames seem to be missing between others")
    if any(tracks[s.index].jumps for s in container.streams.audio):
        lost.append(
            "times jump back, as in files joined end to end: the sound after the jump is left out"
        )
    return lost
