"""What probing keeps of each stream beside the picture: when its packets come, what they hold."""

from fractions import Fraction

import av
from av import AudioFrame, Packet
from av.stream import Stream

from convatlas.video.clip import SoundTrack

JUMP = 1  # seconds by which packets go back where files were joined end to end


class Track:
    """Packets of one stream: when they begin and end, and whether their times jump back.

    A sound that begins late in a broadcast stream is not described in the file's head: then its
    packets are decoded until the first frame tells its rate and channels.
    """

    def __init__(self, stream: Stream) -> None:
        self.count, self.first, self.last = 0, None, 0
        self.jumps = 0
        self._latest: int | None = None
        self._context = stream.codec_context if stream.type == "audio" else None
        self._heard: AudioFrame | None = None

    def add(self, packet: Packet) -> None:
        """Take note of a packet."""
        self.count += 1
        if packet.pts is not None:
            self.first = packet.pts if self.first is None else min(self.first, packet.pts)
            self.last = max(self.last, packet.pts + (packet.duration or 0))
            if self._latest is not None:
                self.jumps += (self._latest - packet.pts) * packet.time_base > JUMP
            self._latest = packet.pts
        if self._context and not self._heard and not is_described(self._context):
            try:
                self._heard = next(iter(self._context.decode(packet)), None)
            except av.error.FFmpegError:
                return

    def sound(self, stream: Stream) -> SoundTrack:
        """Describe the stream as a sound track; a rate of 0 says that none of it can be decoded."""
        base, context, first = stream.time_base, stream.codec_context, self.first or 0
        # What is said of the beginning may be made up, and is then earlier than any packet.
        start = max(first, first if stream.start_time is None else stream.start_time)
        told = self._heard or context
        return SoundTrack(
            index=stream.index,
            codec=context.codec.canonical_name if context else "unknown",
            first=first * base,
            start=start * base,
            duration=max(self.last - start, 0) * base,
            sample_rate=told.sample_rate if told else 0,
            channels=told.layout.nb_channels if told else 0,
            layout=told.layout.name if told else "",
            language=stream.language or "und",
            packets=self.count,
        )

    def end(self, stream: Stream) -> Fraction:
        """Return the seconds at which the last packet ends."""
        return self.last * (stream.time_base or 0)


def is_described(context: av.AudioCodecContext) -> bool:
    """Say whether the file's head names a sound's rate and channels."""
    return bool(context.sample_rate and context.layout.nb_channels)
