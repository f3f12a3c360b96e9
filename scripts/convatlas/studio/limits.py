"""What visitors may hand in: told by content, and bounded before anything is decoded whole."""

import base64
import binascii
import io
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.stylization.pictures import check_picture, read_picture
from convatlas.video.clip import Clip
from convatlas.video.opening import choose_picture, open_clip
from convatlas.video.probe import probe_clip

PICTURE_BYTES, CLIP_BYTES = 25 * 2**20, 200 * 2**20
PICTURE_PIXELS = 40_000_000
CLIP_PIXELS = 1920 * 1080
CLIP_SECONDS = 60.0
CLIP_FRAMES = 3600
"""For those whose headers say nothing of their length, or lie."""
DRAWING_CHARACTERS = 2_000_000
"""Of a drawing as it comes from the page: far more than its 448x448 pixels take."""
FORMATS = {
    "PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tif",
}  # fmt: skip
"""Kinds of picture that are taken, as Pillow calls them, with the names that their files get."""
_MOST = f"{PICTURE_PIXELS // 1_000_000} million are the most"
_DRAWN = "data:image/png;base64,"


class RefusedError(ConvatlasError):
    """What a visitor handed in is not taken; the message is for the visitor and names no path."""


def look_at_upload(path: Path) -> str:
    """Find out what a file is, by its content, and refuse what is too large or damaged.

    Parameters
    ----------
    path : Path
        A visitor's file under a name of ours.

    Returns
    -------
    str
        The suffix that its kind has, such as ``.png``; ``.mp4`` of all clips.

    Raises
    ------
    RefusedError
        If it is neither a picture nor a clip, or above a limit.
    """
    kind = _kind_of_picture(path)
    if kind is not None:
        read_upload(path)
        return FORMATS[kind]
    _check_first_frame(path)
    return ".mp4"


def read_upload(path: Path | None) -> np.ndarray:
    """Read a visitor's picture, (height, width, 3) uint8.

    Raises
    ------
    RefusedError
        If there is none, or it is no picture, damaged or too large.
    """
    if path is None:
        raise RefusedError("There is no picture yet: drop one, or choose a file.")
    path = Path(path)
    if not path.is_file():
        raise RefusedError("That picture is gone from here: drop it again.")
    kind = _kind_of_picture(path)
    if kind is None:
        raise RefusedError(f"This is no picture. {_wanted()}")
    if path.stat().st_size > PICTURE_BYTES:
        raise RefusedError(f"Pictures may have {PICTURE_BYTES >> 20} MB at most; shrink this one.")
    try:
        with Image.open(path, formats=[kind]) as opened:
            width, height = opened.size
        if width * height > PICTURE_PIXELS:
            raise RefusedError(f"This picture has {width}x{height} pixels; {_MOST}. Shrink it.")
        check_picture(path)
        return read_picture(path)
    except RefusedError:
        raise
    except Exception as error:  # Pillow raises all sorts on damaged files, MemoryError among them
        raise RefusedError(
            f"This {kind} picture is damaged and cannot be read; save it anew as PNG or JPEG."
        ) from error


def read_drawing(text: object) -> np.ndarray:
    """Read what was drawn on the page, (height, width, 3) uint8.

    Parameters
    ----------
    text : object
        A PNG as a ``data:`` url, as a browser's canvas gives it; whatever else comes is refused.

    Raises
    ------
    RefusedError
        If it is none.
    """
    if not isinstance(text, str) or not text.startswith(_DRAWN) or len(text) > DRAWING_CHARACTERS:
        raise RefusedError("This is no drawing of this page; reload the page.")
    try:
        content = base64.b64decode(text.removeprefix(_DRAWN), validate=True)
        with Image.open(io.BytesIO(content), formats=["PNG"]) as opened:
            if opened.width * opened.height > 1_000_000:
                raise RefusedError("This drawing is too large; reload the page.")
            return np.asarray(opened.convert("RGB"))
    except RefusedError:
        raise
    except (binascii.Error, OSError, SyntaxError, ValueError) as error:
        raise RefusedError("This drawing came damaged; draw it again.") from error


def probe_upload(path: Path | None, watch: Callable[[], None] | None = None) -> Clip:
    """Look at every frame of a visitor's clip, none of which may be larger than the first may.

    Parameters
    ----------
    path : Path
        What was handed in.
    watch : callable, optional
        Called now and then; may raise an error of its own, which ends it.

    Raises
    ------
    RefusedError
        If there is none, or it is no clip, or above a limit.
    """
    if path is None:
        raise RefusedError("There is no clip yet: drop one, or choose a file.")
    if not Path(path).is_file():
        raise RefusedError("That clip is gone from here: drop it again.")
    _check_first_frame(Path(path))

    def look(number: int, frame: av.VideoFrame) -> None:
        if watch is not None:
            watch()
        if frame.width * frame.height > CLIP_PIXELS:
            raise RefusedError(_too_wide(frame.width, frame.height))
        if number >= CLIP_FRAMES:
            raise RefusedError(f"This clip has more than {CLIP_FRAMES} frames. Use make stylize.")

    try:
        clip = probe_clip(path, watch=look)
    except RefusedError:
        raise
    except (ConvatlasError, av.error.FFmpegError, OSError, ValueError) as error:
        raise RefusedError("Not one frame of this clip can be decoded; convert it.") from error
    if clip.picture_duration > CLIP_SECONDS:
        raise RefusedError(_too_long(float(clip.picture_duration)))
    return clip


def _kind_of_picture(path: Path) -> str | None:
    """Return Pillow's name of a picture's kind, whatever its file is called."""
    try:
        with Image.open(path, formats=list(FORMATS)) as opened:
            return opened.format
    except Image.DecompressionBombError:
        raise RefusedError(f"This picture has far too many pixels; {_MOST}.") from None
    except Exception:
        return None


def _check_first_frame(path: Path) -> None:
    """Look at a clip's head and decode one frame, which tells its true size."""
    try:
        with open_clip(path) as container:
            stream = choose_picture(container, path)
            if container.duration and container.duration / av.time_base > CLIP_SECONDS:
                raise RefusedError(_too_long(container.duration / av.time_base))
            if stream.width * stream.height > CLIP_PIXELS:
                raise RefusedError(_too_wide(stream.width, stream.height))
            frame = next(container.decode(stream), None)
    except RefusedError:
        raise
    except Exception as error:
        raise RefusedError(f"This is neither a picture nor a clip. {_wanted()}") from error
    if frame is None:
        raise RefusedError("Not one frame of this clip can be decoded; convert it to MP4.")
    if frame.width * frame.height > CLIP_PIXELS:
        raise RefusedError(_too_wide(frame.width, frame.height))


def _wanted() -> str:
    return "PNG, JPEG, WebP, GIF, BMP and TIFF are taken, and clips that hold a video, such as MP4."


def _too_long(seconds: float) -> str:
    most = f"{CLIP_SECONDS:.0f} s are the most"
    return f"This clip lasts {seconds:.0f} s; {most}. Cut it, or use make stylize."


def _too_wide(width: int, height: int) -> str:
    return (
        f"This clip has {width}x{height} pixels; 1920x1080 are the most. Use make stylize instead."
    )
