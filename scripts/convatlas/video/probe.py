"""What a clip is: found by decoding it once from end to end, as headers are often wrong."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from av import VideoFrame
from av.container import InputContainer
from av.video.frame import PictureType
from av.video.stream import VideoStream

from convatlas.errors import ConvatlasError
from convatlas.video.clip import Clip
from convatlas.video.colour import check_matrix, colour_of, has_alpha
from convatlas.video.damage import describe_damage
from convatlas.video.decoding import Decoder, Losses, packets_of
from convatlas.video.opening import choose_picture, open_clip
from convatlas.video.times import mean_rate, shown_times
from convatlas.video.tracks import Track

Watch = Callable[[int, VideoFrame], None]
SEEKABLE = {"mov", "matroska", "avi", "mpegts", "mpeg", "flv", "asf", "nut"}
"""Containers whose frames are looked for by time; the others are short, or have no times."""


class _Picture:
    """Frames of the picture: times as given, keyframes, and what the first one tells."""

    def __init__(self, watch: Watch | None) -> None:
        self._watch = watch
        self.first: VideoFrame | None = None
        self.given: list[int | None] = []
        self.decoded: list[int | None] = []
        self.keyframes: list[int] = []
        self.last_duration = 0

    def add(self, frame: VideoFrame) -> None:
        if self._watch is not None:
            self._watch(len(self.given), frame)
        self.first = self.first or frame
        # A recovery point without an I picture (periodic refresh) is no place to begin.
        whole = frame.pict_type in (PictureType.I, PictureType.SI, PictureType.NONE)
        if not self.given or (frame.key_frame and whole):
            self.keyframes.append(len(self.given))
        self.given.append(frame.pts)
        self.decoded.append(frame.dts)
        self.last_duration = frame.duration or 0


def probe_clip(path: str | Path, *, threads: int = 0, watch: Watch | None = None) -> Clip:
    """Find out what a clip holds.

    Parameters
    ----------
    path : str or Path
        A video, an animation, or a single picture.
    threads : int
        For decoding; 0 for as many as there are processors.
    watch : callable, optional
        Given the number of each frame and the frame as it is decoded; may raise an error of its
        own, which ends it.

    Returns
    -------
    Clip
        Its ``damage`` says what was lost, if the file is damaged or cut off.

    Raises
    ------
    ConvatlasError
        If the file is missing, no video, or not one frame of it can be decoded.
    """
    path = Path(path)
    clip = _probe(path, threads, watch)
    # Where packets are missing, threads may make up a frame more or less: reading uses one as well.
    return _probe(path, 1, watch) if clip.damage and threads != 1 else clip


def _probe(path: Path, threads: int, watch: Watch | None) -> Clip:
    with open_clip(path) as container:
        stream, losses = choose_picture(container, path), Losses()
        picture, tracks = _Picture(watch), {s.index: Track(s) for s in container.streams}
        decoder = Decoder(stream, threads, losses)
        dropped = 0
        for packet in packets_of(container, list(container.streams), losses):
            tracks[packet.stream_index].add(packet)
            if packet.stream_index == stream.index:
                dropped += packet.is_discard
                for frame in decoder.decode(packet):
                    picture.add(frame)
        for frame in decoder.decode(None):
            picture.add(frame)
        if picture.first is None:
            raise ConvatlasError(_why_none(path, stream, losses))
        check_matrix(picture.first, path)
        return _describe(path, container, stream, picture, tracks, losses, dropped)


def _why_none(path: Path, stream: VideoStream, losses: Losses) -> str:
    if stream.codec_context.name == "webp":
        return (
            f"{path} is an animated or damaged WebP, which cannot be decoded here. Convert it to "
            "GIF or MP4."
        )
    return (
        f"Not one frame of {path} can be decoded ({stream.codec_context.name}, "
        f"{losses.packets} packets with errors). Bring the file anew or convert it."
    )


def _describe(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    picture: _Picture,
    tracks: dict[int, Track],
    losses: Losses,
    dropped: int,
) -> Clip:
    frame, name = picture.first, container.format.name.split(",")[0]
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    base = stream.time_base
    step = max(1, round(1 / (rate * base)))
    times = shown_times(picture.given, picture.decoded, step)
    shown = times.values
    lengths = [*np.diff(shown).tolist(), picture.last_duration or step]
    turned, mirrored = orientation(frame)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    aspect = aspect if aspect > 0 else Fraction(1)
    size = (frame.width, frame.height)
    if turned in (90, 270):
        size, aspect = size[::-1], 1 / aspect
    sounds = tuple(tracks[s.index].sound(s) for s in container.streams.audio)
    sounds = tuple(sound for sound in sounds if sound.packets)
    return Clip(
        path=str(path),
        container=name,
        codec=stream.codec_context.name,
        stream=stream.index,
        width=size[0],
        height=size[1],
        rotation=turned,
        mirrored=mirrored,
        pixel_aspect=Fraction(aspect),
        frame_rate=mean_rate(shown, lengths, base, rate),
        time_base=base,
        timestamps=tuple(shown),
        durations=tuple(lengths),
        keyframes=tuple(picture.keyframes),
        pixel_format=frame.format.name,
        alpha=has_alpha(frame),
        colour=colour_of(frame),
        sounds=sounds,
        metadata=dict(container.metadata),
        start=min([shown[0] * base, *(sound.start for sound in sounds)]),
        seekable=name in SEEKABLE and times.own,
        damage=describe_damage(container, stream, times, tracks, losses, dropped),
    )


def orientation(frame: VideoFrame) -> tuple[int, bool]:
    """Read a display matrix: a mirroring, then a turn.

    Parameters
    ----------
    frame : av.VideoFrame
        With or without the matrix (ffmpeg's ``av_display_rotation_get`` describes it).

    Returns
    -------
    tuple of int and bool
        Degrees clockwise, of 0, 90, 180 and 270 the nearest; whether to mirror left-right first.
    """
    try:
        matrix = frame.side_data["DISPLAYMATRIX"]
    except KeyError:
        return 0, False
    except ValueError:  # PyAV gives no side data at all beside a kind that it does not know (EXIF)
        return round(-frame.rotation / 90) * 90 % 360, False
    a, b, _, c, d = np.frombuffer(bytes(matrix), dtype=np.int32)[:5].astype(float)
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return round(np.degrees(np.arctan2(b, a)) / 90) * 90 % 360, bool(mirrored)
