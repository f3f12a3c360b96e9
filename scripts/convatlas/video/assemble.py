"""Segments joined into the clip that is handed out: nothing encoded again, sound as it was."""

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av import Packet
from av.video.stream import VideoStream

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.video.clip import Clip
from convatlas.video.encode import even
from convatlas.video.opening import open_clip
from convatlas.video.sound import SoundCopy, SoundResult

NOT_COPIED = {
    "major_brand",
    "minor_version",
    "compatible_brands",
    "encoder",
    "software",
    "duration",
}
"""Metadata that describe the source's file, not the clip."""
FINE = 90_000  # ticks a second: MPEG's own


@dataclass(frozen=True)
class Assembly:
    """What was put together, and what could not be kept.

    Attributes
    ----------
    frames : int
        Written.
    sounds : tuple of SoundResult
        What became of each track.
    shift_seconds : float
        The clip began so much after 0, the result begins at 0.
    notes : tuple of str
        For people: re-encoded sound, padded sides, losses of a damaged file, what is left out.
    """

    frames: int
    sounds: tuple[SoundResult, ...]
    shift_seconds: float
    notes: tuple[str, ...]


def assemble_video(clip: Clip, segments: Sequence[str | Path], output: str | Path) -> Assembly:
    """Join segments into an MP4 with the original's sound.

    Packets are copied, those of the picture from the segments and those of the sound from
    ``clip.path``: every frame is shown when the original's was (to the tick, counted from the
    clip's beginning), and sound that MP4 can hold is the same bit for bit. The index comes first
    in the file, so that a browser plays it while it loads.

    Parameters
    ----------
    clip : Clip
        The original; its file is read for the sound.
    segments : sequence of str or Path
        All the clip's segments in order, as :class:`convatlas.video.encode.FrameWriter` wrote them.
    output : str or Path
        An ``.mp4``. It appears complete or not at all.

    Returns
    -------
    Assembly
        What was done, and what could not be kept.

    Raises
    ------
    ConvatlasError
        If the segments do not make up the clip, were encoded with different settings, or the MP4
        cannot be written.
    """
    plan = [_order(Path(path)) for path in segments]
    _check(clip, plan)
    with open_clip(clip.path) as source, atomic_path(output) as part:
        try:
            sound = _write(clip, plan, source, part)
        except av.error.FFmpegError as error:
            raise ConvatlasError(
                f"{output} cannot be written from {clip.path}: {error.strerror or error}. Is the "
                "disk full? Else convert the clip to MP4 with another tool first."
            ) from error
        with open_clip(part) as made:
            notes = [*_notes(clip, source, sound), *_left_out(source.metadata, made.metadata)]
    return Assembly(clip.frames, tuple(sound.results), float(clip.start), tuple(notes))


def _write(
    clip: Clip, plan: list["_Ordered"], source: av.container.InputContainer, part: Path
) -> SoundCopy:
    options = {"movflags": "+faststart", "movie_timescale": str(_timescale(clip))}
    with av.open(str(part.absolute()), "w", format="mp4", options=options) as target:
        target.metadata.update(_of_the_clip(source.metadata))
        chapters = source.chapters()
        if chapters:
            target.set_chapters(_earlier(chapters, clip.start))
        with open_clip(plan[0].path) as head:
            stream = target.add_stream_from_template(head.streams.video[0], opaque=True)
        stream.time_base = clip.time_base / _ticks_per_tick(clip)
        for key in ("language", "title", "creation_time"):
            if key in source.streams[clip.stream].metadata:
                stream.metadata[key] = source.streams[clip.stream].metadata[key]
        sound = SoundCopy(clip, source, target)
        target.start_encoding()  # here, where a refusal is not taken for a damaged packet of sound
        picture = _picture_packets(clip, plan, stream)
        for _, packet in heapq.merge(picture, sound.packets(), key=lambda pair: pair[0]):
            if packet.stream is stream:
                target.mux(packet)
            else:
                sound.write(packet)
    return sound


def _of_the_clip(metadata: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in metadata.items() if key.lower() not in NOT_COPIED}


def _left_out(before: dict[str, str], after: dict[str, str]) -> list[str]:
    kept = {key.lower() for key in after}
    gone = sorted(key for key in _of_the_clip(before) if key.lower() not in kept)
    return [f"metadata that an MP4 has no place for: {', '.join(gone)}"] if gone else []


@dataclass(frozen=True)
class _Ordered:
    """A segment's file and the rank in showing of each packet, as they follow in the file."""

    path: Path
    ranks: list[int]
    settings: tuple[bytes, int, int]


def _order(path: Path) -> _Ordered:
    with open_clip(path) as container:
        stream = container.streams.video[0]
        times = [packet.pts for packet in container.demux(stream) if packet.size]
        context = stream.codec_context
        settings = (bytes(context.extradata or b""), context.width, context.height)
    rank = {time: number for number, time in enumerate(sorted(times))}
    return _Ordered(path, [rank[time] for time in times], settings)


def _check(clip: Clip, plan: list[_Ordered]) -> None:
    count = sum(len(part.ranks) for part in plan)
    if count != clip.frames:
        raise ConvatlasError(
            f"the {len(plan)} segments hold {count} frames, but {clip.path} has {clip.frames}. "
            "Are all of them there, in order, and made from this file? Make them again."
        )
    for part in plan[1:]:
        if part.settings != plan[0].settings:
            raise ConvatlasError(
                f"{part.path} was encoded with other settings than {plan[0].path}, so they cannot "
                "be joined. Make all segments again with the same settings."
            )


def _picture_packets(
    clip: Clip, plan: list[_Ordered], stream: VideoStream
) -> Iterator[tuple[float, Packet]]:
    """Yield (seconds, packet) with the clip's own times.

    Times of decoding are laid out anew over the whole clip: the i-th packet is decoded at the time
    of the frame `delay` earlier, the first ones as x264 does it (other choices make the muxer
    misjudge a late start). Each segment's own times would overlap its neighbour's where the frame
    rate varies.
    """
    delay = max(index - rank for part in plan for index, rank in enumerate(part.ranks))
    finer = _ticks_per_tick(clip)
    base, lengths = clip.time_base / finer, clip.durations
    shift = round(clip.start / base)
    times = [time * finer - shift for time in clip.timestamps]
    first = index = 0
    for part in plan:
        with open_clip(part.path) as container:
            packets = (p for p in container.demux(container.streams.video[0]) if p.size)
            for packet, rank in zip(packets, part.ranks, strict=True):
                frame = first + rank
                packet.time_base = base
                packet.pts = times[frame]
                early = times[index] - times[delay] + times[0]
                packet.dts = early if index < delay else times[index - delay]
                packet.duration = lengths[frame] * finer
                packet.stream = stream
                index += 1
                yield float(packet.dts * base), packet
        first += len(part.ranks)


def _ticks_per_tick(clip: Clip) -> int:
    """Return how much finer time has to be told for the clip's beginning to be moved to 0."""
    whole = (clip.start / clip.time_base).denominator == 1
    return 1 if whole else max(1, math.ceil(FINE * clip.time_base))


def _timescale(clip: Clip) -> int:
    """Return ticks per second for starts and durations of tracks (the usual 1000 round them).

    The picture's own, or a multiple, so that its start is exact, and fine enough for the sound's.
    """
    ticks = clip.time_base.denominator
    ticks *= math.ceil(FINE / ticks)
    return ticks if ticks < 1 << 31 else FINE


def _earlier(chapters: list[dict], shift: Fraction) -> list[dict]:
    moved = []
    for chapter in chapters:
        ticks = round(shift / chapter["time_base"])
        times = {key: max(0, chapter[key] - ticks) for key in ("start", "end")}
        moved.append({**chapter, **times})
    return moved


def _notes(clip: Clip, source: av.container.InputContainer, sound: SoundCopy) -> list[str]:
    notes = [f"sound track {track.index}: {track.note}" for track in sound.results if track.note]
    if (clip.width, clip.height) != (even(clip.width), even(clip.height)):
        notes.append(
            f"{clip.width}x{clip.height} padded to {even(clip.width)}x{even(clip.height)}: "
            "H.264 for browsers needs even sides"
        )
    if sound.lost:
        notes.append(f"{sound.lost} packets of sound, damaged or out of order, are left out")
    silent = len(source.streams.audio) - len(clip.sounds)
    if silent:
        notes.append(f"{silent} sound tracks hold nothing and are left out")
    others = [s for s in source.streams if s.type != "audio" and s.index != clip.stream]
    if source.chapters():  # MP4 keeps chapters, which go along, in a stream of data as well
        others = [stream for stream in others if stream.type != "data"]
    if others:
        kinds = ", ".join(sorted({stream.type for stream in others}))
        notes.append(f"{len(others)} further streams are left out ({kinds})")
    if clip.colour.hdr:
        notes.append("an HDR clip: brought to the usual range of brightness and colours (BT.709)")
    if clip.damage:
        notes.append(f"the original is damaged: {clip.damage}")
    return notes
