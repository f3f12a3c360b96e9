"""Sound into an MP4: packets copied as they are, or encoded anew where MP4 has no place."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av import AudioFrame, Packet
from av.audio.fifo import AudioFifo
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from convatlas.video.clip import Clip, SoundTrack
from convatlas.video.decoding import Losses, packets_of
from convatlas.video.tracks import is_described

COPIED = {"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac", "mp2", "dts"}
"""Codecs that have their registered place in MP4 (mp4ra.org) and need no change to go there. PCM
has one too (ISO 23003-5), but next to no browser or phone plays it."""
UNHEARD = {"ac3", "eac3", "dts", "alac", "mp2"}
"""Of these, what most browsers do not play; players do."""
LEAST_MP3_RATE = 16_000  # what an MP4 takes
RATES = {*(96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)}
BITS_PER_CHANNEL = 96_000
LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
"""Of AAC, by the number of channels; more of them are mixed to two."""
GAP = Fraction(1, 25)  # seconds without sound that are filled with silence


@dataclass(frozen=True)
class SoundResult:
    """What became of one track: the `codec` it had, whether it was `copied`, and if not why."""

    index: int
    codec: str
    copied: bool
    note: str = ""


class SoundCopy:
    """Take sound tracks from one file to another.

    Parameters
    ----------
    clip : Clip
        The source's tracks, and when it begins: all times become so much earlier.
    source, target : av container
        Open for reading, and for writing with no packet written yet: streams are added to it.
    """

    def __init__(self, clip: Clip, source: InputContainer, target: OutputContainer) -> None:
        self._source, self._target, self._shift = source, target, clip.start
        self._copies: dict[int, AudioStream] = {}
        self._encoders: dict[int, _Reencoder] = {}
        self.results: list[SoundResult] = []
        self._written: dict[int, int] = {}
        self.lost = 0
        for track in clip.sounds:
            self._add(track, source.streams[track.index], target)

    def _add(self, sound: SoundTrack, track: AudioStream, target: OutputContainer) -> None:
        if not (sound.sample_rate and sound.channels):
            note = "it cannot be decoded, nor put into an MP4: the track is left out"
            self.results.append(SoundResult(track.index, sound.codec, False, note))
            return
        why = _why_not_copied(sound, track)
        if why:
            encoder = _Reencoder(sound, track, target, self._shift)
            self._encoders[track.index] = encoder
            added, note = encoder.stream, f"{sound.codec} {why}: AAC instead"
        else:
            added = target.add_stream_from_template(track, opaque=True)
            self._copies[track.index] = added
            silent = f"{sound.codec} is kept as it is; most browsers are silent on it"
            note = silent if sound.codec in UNHEARD else ""
        self.results.append(SoundResult(track.index, sound.codec, not why, note))
        added.metadata.update(track.metadata)
        added.disposition = track.disposition

    def write(self, packet: Packet) -> None:
        """Write a packet, or count it as lost where damage has made it impossible."""
        time = packet.dts if packet.dts is not None else packet.pts
        last = self._written.get(packet.stream.index)
        if time is None or (last is not None and time <= last):
            self.lost += 1
            return
        try:
            self._target.mux(packet)
            self._written[packet.stream.index] = time
        except (av.error.InvalidDataError, av.error.ArgumentError):
            self.lost += 1

    def packets(self) -> Iterator[tuple[float, Packet]]:
        """Yield (seconds, packet ready for the target), in the order of the source."""
        taken = [self._source.streams[index] for index in (*self._copies, *self._encoders)]
        if not taken:
            return
        for packet in packets_of(self._source, taken, Losses()):
            index = packet.stream_index
            if index in self._copies:
                moved = round(self._shift / packet.time_base)
                packet.pts = None if packet.pts is None else packet.pts - moved
                packet.dts = None if packet.dts is None else packet.dts - moved
                packet.stream = self._copies[index]
                yield _seconds(packet), packet
            else:
                for made in self._encoders[index].take(packet):
                    yield _seconds(made), made
        for encoder in self._encoders.values():
            for made in encoder.take(None):
                yield _seconds(made), made


def _why_not_copied(sound: SoundTrack, track: AudioStream) -> str:
    if sound.codec not in COPIED:
        return "has no place in an MP4 that is played everywhere"
    if sound.codec == "mp3" and sound.sample_rate < LEAST_MP3_RATE:
        return f"of {sound.sample_rate} Hz has no place in an MP4"
    if not is_described(track.codec_context):
        return "begins so late that the file's head does not describe it"
    return ""


class _Reencoder:
    """Decode a track and encode it as AAC, gaps filled with silence: AAC has no pauses."""

    def __init__(
        self, sound: SoundTrack, track: AudioStream, target: OutputContainer, shift: Fraction
    ) -> None:
        rate = sound.sample_rate if sound.sample_rate in RATES else 48000
        layout = LAYOUTS.get(sound.channels, "stereo")
        self.stream = target.add_stream("aac", rate=rate)
        self.stream.codec_context.layout = layout
        self.stream.codec_context.bit_rate = BITS_PER_CHANNEL * self.stream.codec_context.channels
        self._rate, self._shift, self._layout = rate, shift, layout
        self._resampler = AudioResampler(format="fltp", layout=layout, rate=rate)
        self._fifo, self._track = AudioFifo(), track
        self._start: int | None = None  # in samples, of the sound that was taken
        self._length = self._sent = 0

    def take(self, packet: Packet | None) -> list[Packet]:
        """Return what comes out for a packet; None for the end."""
        for frame in self._decode(packet):
            self._align(frame)
            for piece in self._resampler.resample(frame):
                self._write(piece)
        if packet is None:
            for piece in self._resampler.resample(None):
                self._write(piece)
        size = self.stream.codec_context.frame_size or 1024
        made = []
        while (piece := self._fifo.read(size, partial=packet is None)) is not None:
            piece.pts, piece.time_base = self._start + self._sent, Fraction(1, self._rate)
            self._sent += piece.samples
            made += self.stream.encode(piece)
        return made + (self.stream.encode(None) if packet is None else [])

    def _decode(self, packet: Packet | None) -> list[AudioFrame]:
        try:
            return self._track.codec_context.decode(packet)
        except av.error.FFmpegError:
            return []  # silence, by the next frame's time

    def _align(self, frame: AudioFrame) -> None:
        if frame.pts is not None:
            seconds = frame.pts * frame.time_base - self._shift
            where = round(seconds * self._rate)
            if self._start is None:
                self._start = where
            missing = where - self._start - self._length
            if missing > GAP * self._rate:
                channels = self.stream.codec_context.channels
                silence = np.zeros((channels, missing), dtype=np.float32)
                self._write(AudioFrame.from_ndarray(silence, "fltp", self._layout))
        self._start = 0 if self._start is None else self._start
        frame.pts = None

    def _write(self, piece: AudioFrame) -> None:
        piece.pts, piece.sample_rate = None, self._rate
        self._length += piece.samples
        self._fifo.write(piece)


def _seconds(packet: Packet) -> float:
    time = packet.dts if packet.dts is not None else packet.pts
    return float((time or 0) * packet.time_base)


def sound_digests(container: InputContainer) -> list[tuple[str, int, str]]:
    """Return (codec, packets, SHA-256 of what the packets hold) of each sound track.

    AAC from a broadcast stream carries a header in each packet (ADTS), which an MP4 keeps once for
    all: it is left out of the digest.
    """
    tracks = {
        track.index: [track.codec_context.codec.canonical_name, 0, hashlib.sha256()]
        for track in container.streams.audio
        if track.codec_context is not None
    }
    taken = [container.streams[index] for index in tracks]
    for packet in packets_of(container, taken, Losses()) if taken else ():
        entry, data = tracks[packet.stream_index], bytes(packet)
        if entry[0] == "aac" and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
            data = data[7 if data[1] & 1 else 9 :]
        entry[1] += 1
        entry[2].update(data)
    found = [track for track in tracks.values() if track[1]]
    return [(codec, count, digest.hexdigest()) for codec, count, digest in found]
