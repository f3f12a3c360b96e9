"""Put files inside a page: pictures as data URIs, with the size they were drawn at."""

import base64
import io
import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

from convatlas.errors import ConvatlasError

_PIXELS_PER_UNIT = {"": 1.0, "px": 1.0, "pt": 4 / 3, "in": 96.0, "mm": 96 / 25.4, "cm": 96 / 2.54}
_MEDIA_TYPES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}


@dataclass(frozen=True)
class Picture:
    """A picture ready for an ``<img>``: its data URI and its size in CSS pixels."""

    uri: str
    width: int
    height: int


def encode_bytes(content: bytes, media_type: str) -> str:
    """Return bytes as a data URI.

    Parameters
    ----------
    content : bytes
        What the URI holds.
    media_type : str
        Its media type, such as ``image/png``.

    Returns
    -------
    str
        ``data:<media type>;base64,…``.
    """
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def embed_picture(path: Path) -> Picture:
    """Read a picture file into a data URI.

    An SVG stays a file of its own inside the URI, so the ids that Matplotlib repeats from one
    figure to the next cannot clash, and nothing in it can run or be fetched.

    Parameters
    ----------
    path : Path
        An SVG, PNG, JPEG, GIF or WEBP file.

    Returns
    -------
    Picture
        The URI and the size at which the picture was drawn.

    Raises
    ------
    ConvatlasError
        If the ending is none of these, or an SVG states no size.
    """
    media_type = _MEDIA_TYPES.get(path.suffix.lower())
    if media_type is None:
        known = ", ".join(sorted(_MEDIA_TYPES))
        raise ConvatlasError(f"{path}: a figure ends in one of {known}")
    content = path.read_bytes()
    width, height = _measure_svg(content, path) if path.suffix.lower() == ".svg" else _measure(path)
    return Picture(encode_bytes(content, media_type), width, height)


def shrink_picture(path: Path, width: int) -> Picture:
    """Read a picture as a thumbnail: pixels are made fewer, an SVG stays as it is.

    Parameters
    ----------
    path : Path
        A picture as for :func:`embed_picture`.
    width : int
        The most pixels that a raster picture keeps across.

    Returns
    -------
    Picture
        The thumbnail.
    """
    if path.suffix.lower() == ".svg":
        return embed_picture(path)
    with Image.open(path) as opened:
        picture = opened.convert("RGBA" if "A" in opened.getbands() else "RGB")
    if picture.width > width:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return Picture(encode_png(picture), picture.width, picture.height)


def encode_png(picture: Image.Image) -> str:
    """Return a Pillow picture as the data URI of a PNG.

    Parameters
    ----------
    picture : PIL.Image.Image
        The picture.

    Returns
    -------
    str
        The data URI.
    """
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return encode_bytes(buffer.getvalue(), "image/png")


def _measure(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def _measure_svg(content: bytes, path: Path) -> tuple[int, int]:
    """Return the size in CSS pixels that an SVG's root states."""
    # The file is one that the pipeline has just drawn; a browser would parse it all the same.
    root = ElementTree.fromstring(content)  # noqa: S314
    lengths = [_read_length(root.get(name, "")) for name in ("width", "height")]
    if None not in lengths:
        return round(lengths[0]), round(lengths[1])
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    if len(box) != 4:
        raise ConvatlasError(f"{path}: the SVG states neither a width and a height nor a viewBox")
    return round(float(box[2])), round(float(box[3]))


def _read_length(text: str) -> float | None:
    match = re.fullmatch(r"\s*([\d.]+)\s*([a-z]*)\s*", text)
    if match is None or match[2] not in _PIXELS_PER_UNIT:
        return None
    return float(match[1]) * _PIXELS_PER_UNIT[match[2]]
