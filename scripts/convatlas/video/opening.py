"""Opening files of strangers: by content, from the disk alone, and with errors that say why.

A "video" can be a playlist that names other files or addresses (HLS, DASH, concat, SDP), which
ffmpeg would fetch. Three things stand against it: the file is handed over as an open file, never by
its name (so a leading dash, a colon or a quote in it means nothing); only formats that hold their
pictures themselves are allowed; and any further opening is refused.
"""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from convatlas.errors import ConvatlasError

FORMATS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "flv", "asf", "ogg", "nut", "mxf", "dv", "rm"),
    *("ivf", "h264", "hevc", "m4v", "mpegvideo", "mjpeg", "obu", "av1", "yuv4mpegpipe", "wtv"),
    *("gif", "apng", "webp", "png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe"),
)
"""Containers and kinds of picture that hold everything in themselves."""

PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")
"""How pictures and animations begin: a name alone would not tell them from a playlist."""

BUFFER_BYTES = 1 << 18  # a file is read through Python: fewer, larger reads


def _refuse(address: str, *_: object) -> io.IOBase:
    raise PermissionError(f"it names another source, {address!r}")


@contextlib.contextmanager
def open_clip(path: str | Path) -> Iterator[InputContainer]:
    """Open a clip for reading.

    Parameters
    ----------
    path : str or Path
        A file on this machine.

    Yields
    ------
    av.container.InputContainer
        Closed when the block ends.

    Raises
    ------
    ConvatlasError
        If there is no such file, it is empty, or it is no video of a kind in :data:`FORMATS`.
    """
    path = Path(path)
    try:
        file = path.open("rb")
    except OSError as error:
        raise ConvatlasError(f"Cannot read the clip {path}: {error.strerror}.") from error
    with file:
        try:
            container = av.open(
                file,
                "r",
                options={"protocol_whitelist": "none", "format_whitelist": ",".join(FORMATS)},
                metadata_errors="replace",
                buffer_size=BUFFER_BYTES,
                io_open=_refuse,
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise ConvatlasError(_why_not(path, error)) from error
        with container:
            yield container


def _why_not(path: Path, error: Exception) -> str:
    size = path.stat().st_size
    if not size:
        return f"The clip {path} is empty (0 bytes). Bring it anew."
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] in (b"ftyp", b"mdat", b"moov"):
        return (
            f"The clip {path} cannot be opened: it is an MP4 whose index (moov) is missing, as "
            "of a recording or a download that was cut off. Bring it anew, or repair it with a "
            "tool made for that."
        )
    if head.startswith(PICTURES):
        return (
            f"{path} begins as a picture, but cannot be read as one: it is cut off or damaged. "
            "Bring it anew."
        )
    return (
        f"{path} is not a video that can be read ({getattr(error, 'strerror', None) or error}). "
        "Give a file that holds its pictures itself (MP4, MOV, MKV, WebM, AVI, MPEG, GIF ...); "
        "playlists that name other files or addresses are refused."
    )


def choose_picture(container: InputContainer, path: str | Path) -> VideoStream:
    """Choose the stream that players show: the first marked as default, else the first.

    Cover art and thumbnails do not count.

    Raises
    ------
    ConvatlasError
        If there is no moving picture.
    """
    aside = Disposition.attached_pic | Disposition.timed_thumbnails
    streams = [stream for stream in container.streams.video if not stream.disposition & aside]
    streams = [stream for stream in streams if stream.codec_context is not None]
    if not streams:
        held = {"cover art" if s.disposition & aside else s.type for s in container.streams}
        raise ConvatlasError(
            f"{path} has no moving picture that can be decoded: it holds "
            f"{', '.join(sorted(held)) or 'nothing'}. Give a video."
        )
    return next((s for s in streams if s.disposition & Disposition.default), streams[0])
