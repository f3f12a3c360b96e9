"""What a clip is: found by decoding it once from end to end, as headers are often wrong."""

import logging
from fractions import Fraction
from pathlib import Path

import numpy as np
from av import Packet, VideoFrame
from av.container import InputContainer
from av.stream import Stream
from av.video.frame import PictureType
from av.video.stream import VideoStream

from convatlas.errors import ConvatlasError
from convatlas.video.clip import Clip, SoundTrack
from convatlas.video.colour import colour_of, has_alpha
from convatlas.video.decoding import Decoder, Losses, packets_of
from convatlas.video.opening import choose_picture, open_clip

logger = logging.getLogger(__name__)

SEEKABLE = {"mov", "matroska", "avi", "mpegts", "mpeg", "flv", "asf", "nut"}
"""Containers whose frames are looked for by time; the others are short, or have no times."""
MISSING = Fraction(1, 2)  # seconds that a file may end early without being called cut off


class _Track:
    """Packets of one stream that is not the picture: when they begin and end."""

    def __init__(self) -> None:
        self.count, self.first, self.last = 0, None, 0

    def add(self, packet: Packet) -> None:
        self.count += 1
        if packet.pts is not None:
            self.first = packet.pts if self.first is None else min(self.first, packet.pts)
            self.last = max(self.last, packet.pts + (packet.duration or 0))


class _Picture:
    """Frames of the picture: times as given, keyframes, and what the first one tells."""

    def __init__(self) -> None:
        self.first: VideoFrame | None = None
        self.given: list[int | None] = []
        self.keyframes: list[int] = []
        self.last_duration = 0

    def add(self, frame: VideoFrame) -> None:
        self.first = self.first or frame
        # A recovery point without an I picture (periodic refresh) is no place to begin.
        whole = frame.pict_type in (PictureType.I, PictureType.SI, PictureType.NONE)
        if not self.given or (frame.key_frame and whole):
            self.keyframes.append(len(self.given))
        self.given.append(frame.pts)
        self.last_duration = frame.duration or 0


def probe_clip(path: str | Path, *, threads: int = 0) -> Clip:
    """Find out what a clip holds.

    Parameters
    ----------
    path : str or Path
        A video, an animation, or a single picture.
    threads : int
        For decoding; 0 for as many as there are processors.

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
    clip = _probe(path, threads)
    # Where packets are missing, threads may make up a frame more or less: reading uses one as well.
    clip = _probe(path, 1) if clip.damage and threads != 1 else clip
    if clip.damage:
        logger.warning("%s: %s", path, clip.damage)
    return clip


def _probe(path: Path, threads: int) -> Clip:
    with open_clip(path) as container:
        stream, losses = choose_picture(container, path), Losses()
        picture, tracks = _Picture(), {s.index: _Track() for s in container.streams}
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
            raise ConvatlasError(
                f"Not one frame of {path} can be decoded ({stream.codec_context.name}, "
                f"{losses.packets} packets with errors). Bring the file anew or convert it."
            )
        return _describe(path, container, stream, picture, tracks, losses, dropped)


def _describe(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    picture: _Picture,
    tracks: dict[int, _Track],
    losses: Losses,
    dropped: int,
) -> Clip:
    frame, name = picture.first, container.format.name.split(",")[0]
    rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    base = stream.time_base
    step = max(1, round(1 / (rate * base)))
    times, repaired = _increasing(picture.given, step)
    lengths = [*np.diff(times).tolist(), picture.last_duration or step]
    turned, mirrored = orientation(frame)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    aspect = aspect if aspect > 0 else Fraction(1)
    size = (frame.width, frame.height)
    if turned in (90, 270):
        size, aspect = size[::-1], 1 / aspect
    sounds = tuple(_sound(s, tracks[s.index]) for s in container.streams.audio)
    sounds = tuple(sound for sound in sounds if sound.packets)
    damage = _damage(container, stream, picture, tracks, losses, dropped)
    if repaired:
        damage.append(f"{repaired} timestamps did not increase and were replaced")
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
        frame_rate=_mean_rate(times, lengths, base, rate),
        time_base=base,
        timestamps=tuple(times),
        durations=tuple(lengths),
        keyframes=tuple(picture.keyframes),
        pixel_format=frame.format.name,
        alpha=has_alpha(frame),
        colour=colour_of(frame),
        sounds=sounds,
        metadata=dict(container.metadata),
        start=min([times[0] * base, *(sound.start for sound in sounds)]),
        seekable=name in SEEKABLE and not repaired,
        damage="; ".join(damage),
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


def _increasing(given: list[int | None], step: int) -> tuple[list[int], int]:
    """Replace times that are missing or do not increase; a jump back shifts all that follows."""
    times: list[int] = []
    shift = repaired = 0
    for value in given:
        if value is None:
            time = times[-1] + step if times else 0
            repaired += 1
        else:
            time = value + shift
            if times and time <= times[-1]:
                repaired += 1
                if times[-1] - time > 10 * step:
                    shift += times[-1] + step - time
                    time = times[-1] + step
                else:
                    time = times[-1] + 1
        times.append(time)
    return times, repaired


def _mean_rate(times: list[int], lengths: list[int], base: Fraction, told: Fraction) -> Fraction:
    """Return frames per second: the told rate where the times agree with it, else their mean."""
    measured = len(times) / ((times[-1] + lengths[-1] - times[0]) * base)
    if abs(measured / told - 1) < 0.01 or len(times) == 1:
        return Fraction(told)
    return measured.limit_denominator(100_000)


def _sound(stream: Stream, track: _Track) -> SoundTrack:
    base, context = stream.time_base, stream.codec_context
    first = track.first or 0
    start = stream.start_time if stream.start_time is not None else first
    return SoundTrack(
        index=stream.index,
        codec=context.codec.canonical_name if context else "unknown",
        first=first * base,
        start=start * base,
        duration=max(track.last - start, 0) * base,
        sample_rate=context.sample_rate if context else 0,
        channels=context.channels if context else 0,
        layout=context.layout.name if context else "",
        language=stream.language or "und",
        packets=track.count,
    )


def _damage(
    container: InputContainer,
    stream: VideoStream,
    picture: _Picture,
    tracks: dict[int, _Track],
    losses: Losses,
    dropped: int,
) -> list[str]:
    """Say what is missing, against what the file itself promises."""
    lost = []
    count, promised = len(picture.given), stream.frames - dropped
    indexed = container.format.name.startswith("mov")  # others promise one more or less
    if promised > count and indexed:
        lost.append(f"{promised - count} of {promised} frames are lost")
    ends = [tracks[s.index].last * s.time_base for s in container.streams if s.time_base]
    reached = max(ends, default=Fraction(0)) - Fraction(container.start_time or 0, 1_000_000)
    told = Fraction(container.duration or 0, 1_000_000)
    if told - reached > MISSING:
        lost.append(f"the file ends after {float(reached):.2f} of {float(told):.2f} s")
    if losses.packets:
        lost.append(f"{losses.packets} packets could not be decoded")
    if losses.frames:
        lost.append(f"{losses.frames} frames have faults")
    if losses.message:
        lost.append(losses.message)
    return lost
