"""What is known of a clip: its frames' times, its colours, its sound. Plain values, for JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from typing import Any

LIMITED, FULL = "limited", "full"


@dataclass(frozen=True)
class Colour:
    """How the numbers of a picture are to be read, in the codes of ITU-T H.273.

    Attributes
    ----------
    matrix : int
        0 RGB, 1 BT.709, 5 and 6 BT.601, 7 SMPTE 240M, 9 BT.2020; never 2 (unspecified): a clip
        that does not say is read as players read it, by its height.
    range : str
        ``"limited"`` (16 to 235) or ``"full"``.
    primaries, transfer : int
        As tagged; 2 where the clip does not say.
    tagged : bool
        Whether the clip itself names the matrix.
    """

    matrix: int
    range: str
    primaries: int = 2
    transfer: int = 2
    tagged: bool = True

    @property
    def hdr(self) -> bool:
        """Whether brightness goes beyond what usual screens show: PQ (16) or HLG (18)."""
        return self.transfer in (16, 18)


@dataclass(frozen=True)
class SoundTrack:
    """A sound track, in seconds.

    Its packets begin at `first`; it is heard from `start`, which is later where the decoder drops
    what an encoder put before the sound to warm up. `duration` is counted from `start`.
    """

    index: int
    codec: str
    first: Fraction
    start: Fraction
    duration: Fraction
    sample_rate: int
    channels: int
    layout: str
    language: str
    packets: int


@dataclass(frozen=True)
class Clip:
    """What :func:`convatlas.video.probe.probe_clip` finds in a file.

    Attributes
    ----------
    path, container, codec : str
        The file, and ffmpeg's names of its container and of its picture's codec.
    stream : int
        Index of the picture's stream.
    width, height : int
        Of the upright picture, in its own pixels (before `pixel_aspect`).
    rotation : int
        Degrees clockwise, 0, 90, 180 or 270, by which the stored pictures are to be turned ...
    mirrored : bool
        ... after a left-right mirroring, if this is true.
    pixel_aspect : Fraction
        Width of an upright picture's pixel over its height.
    frame_rate : Fraction
        Frames per second on average.
    time_base : Fraction
        Seconds per tick of `timestamps` and `durations`.
    timestamps, durations : tuple of int
        When each frame is shown, in the order of showing, strictly increasing; and how long.
        Their length is the number of frames, counted by decoding.
    keyframes : tuple of int
        Indices of frames from which decoding can start.
    pixel_format : str
        ffmpeg's name of the stored pictures' format.
    alpha : bool
        Whether pictures are partly transparent; they are laid on black.
    colour : Colour
        How to read their numbers.
    sounds : tuple of SoundTrack
        In the file's order.
    metadata : dict
        Title, creation time and so on, of the file.
    start : Fraction
        Seconds at which the first of picture and sound begins.
    seekable : bool
        Whether a frame is found by its time; else frames are counted from the beginning.
    damage : str
        What was lost of a damaged file, for people to read; empty if nothing.
    """

    path: str
    container: str
    codec: str
    stream: int
    width: int
    height: int
    rotation: int
    mirrored: bool
    pixel_aspect: Fraction
    frame_rate: Fraction
    time_base: Fraction
    timestamps: tuple[int, ...]
    durations: tuple[int, ...]
    keyframes: tuple[int, ...]
    pixel_format: str
    alpha: bool
    colour: Colour
    sounds: tuple[SoundTrack, ...]
    metadata: dict[str, str]
    start: Fraction
    seekable: bool
    damage: str

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.timestamps)

    @property
    def picture_start(self) -> Fraction:
        """Seconds at which the first frame is shown."""
        return self.timestamps[0] * self.time_base

    @property
    def picture_duration(self) -> Fraction:
        """Seconds from the first frame to the end of the last one."""
        return (self.timestamps[-1] + self.durations[-1] - self.timestamps[0]) * self.time_base

    def to_json(self) -> dict[str, Any]:
        """Return plain values: fractions as ``"30000/1001"``, exact."""
        return _plain(asdict(self))

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Clip":
        """Rebuild a clip from what :meth:`to_json` gave, or a JSON file of it."""
        given = _restored(cls, values)
        given["colour"] = Colour(**values["colour"])
        given["sounds"] = tuple(SoundTrack(**_restored(SoundTrack, s)) for s in values["sounds"])
        return cls(**given)


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _restored(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn text back into fractions and lists into tuples, where `kind` has such fields."""
    types = {field.name: field.type for field in fields(kind)}
    given = {}
    for key, value in values.items():
        if types[key] is Fraction:
            given[key] = Fraction(value)
        else:
            given[key] = tuple(value) if isinstance(value, list) else value
    return given
