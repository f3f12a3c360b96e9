"""From packets to decoded frames, past damage; what probing and reading have in common."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import av
from av import Packet, VideoFrame
from av.codec import CodecContext
from av.container import InputContainer
from av.video.stream import VideoStream

ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""WebM keeps transparency in a second picture beside each one, which only these decoders read."""


@dataclass
class Losses:
    """What could not be decoded: packets, frames with faults in them, and the file's end."""

    packets: int = 0
    frames: int = 0
    message: str = ""
    _seen: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.packets or self.frames or self.message)


def packets_of(container: InputContainer, streams: list, losses: Losses) -> Iterator[Packet]:
    """Yield packets until the end, or until the file cannot be read any further."""
    packets = container.demux(streams)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.error.FFmpegError, OSError) as error:
            losses.message = f"reading stopped: {error.strerror or error}"
            return
        except IndexError:  # PyAV, at the file's end, looks for streams that it did not see begin
            losses.message = "a stream that begins late in the file is left out"
            return
        if packet.size and packet.is_corrupt:  # cut off in its middle
            losses.packets += 1
        elif packet.size:
            yield packet


class Decoder:
    """Decode the packets of one picture stream.

    Parameters
    ----------
    stream : av.video.stream.VideoStream
        Of an open container.
    threads : int
        For decoding; 0 for as many as there are processors. The frames are the same.
    losses : Losses
        Counts what fails.
    """

    def __init__(self, stream: VideoStream, threads: int, losses: Losses) -> None:
        self._context, self._losses = stream.codec_context, losses
        name = ALPHA_DECODERS.get(self._context.name)
        tags = {key.lower(): value for key, value in stream.metadata.items()}
        if name and tags.get("alpha_mode") == "1":
            self._context = CodecContext.create(name, "r")
            self._context.extradata = stream.codec_context.extradata
        self._context.thread_type = "AUTO"
        self._context.thread_count = threads

    def decode(self, packet: Packet | None) -> list[VideoFrame]:
        """Return the frames that a packet completes; None asks for those still held back."""
        try:
            frames = self._context.decode(packet)
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self._losses.packets += packet is not None
            return []
        self._losses.frames += sum(frame.is_corrupt for frame in frames)
        return frames


def frames_of(
    container: InputContainer,
    stream: VideoStream,
    *,
    threads: int,
    losses: Losses,
    from_keyframe: bool = False,
) -> Iterator[VideoFrame]:
    """Yield a stream's frames in the order of showing.

    After a seek (`from_keyframe`), packets before the first keyframe are passed over: decoders
    would make something of them that the whole clip does not show.
    """
    decoder = Decoder(stream, threads, losses)
    waiting = from_keyframe
    for packet in packets_of(container, [stream], losses):
        waiting = waiting and not packet.is_keyframe
        if not waiting:
            yield from decoder.decode(packet)
    yield from decoder.decode(None)
