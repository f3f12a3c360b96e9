"""Style pictures and masks from files of any kind, as arrays."""

import contextlib
import os
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from convatlas.errors import ConvatlasError

STROKES_SIDE = 384
"""Pixels of the longer side of style pictures that frames are compared with and networks learn
from: about as large as the network for any style sees them (256 of the shorter side). Strokes of
another size are another style, and the size of the file is nobody's choice."""
LIMIT = "CONVATLAS_MAX_PIXELS"
"""Environment variable: how many pixels a picture may have at most, in place of Pillow's limit."""
_LONGEST = 4
"""A style picture is cut to this many times its shorter side: a ribbon would be mostly edge."""


def read_picture(path: str | Path) -> np.ndarray:
    """Read a picture, upright.

    Parameters
    ----------
    path : str or Path
        Whatever Pillow reads; the content decides, not the name. What is transparent becomes
        white; of several frames the first is taken; 16 bits are scaled to 8.

    Returns
    -------
    numpy.ndarray
        uint8 (height, width, 3), RGB.

    Raises
    ------
    ConvatlasError
        If it is missing, no picture, damaged, or so large that it may be an attack.
    """
    with _told(path):
        opened = _open(path)
        if opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info:
            opened = opened.convert("RGBA")
            opened = Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened)
        return np.asarray(opened.convert("RGB"))


def read_mask(path: str | Path) -> np.ndarray:
    """Read a mask, upright: uint8 (height, width), 255 where to stylise and 0 where not to.

    Raises
    ------
    ConvatlasError
        As :func:`read_picture`.
    """
    with _told(path):
        return np.asarray(_open(path).convert("L"))


def check_picture(path: str | Path) -> None:
    """Look at a picture's head, without its pixels.

    Raises
    ------
    ConvatlasError
        If it is missing, no picture, or has too many pixels.
    """
    with _told(path), _within_limit(), Image.open(path) as opened:
        opened.verify()


def shrink_picture(picture: np.ndarray, shorter: int) -> np.ndarray:
    """Bring a picture's shorter side to `shorter` pixels (Lanczos).

    Parameters
    ----------
    picture : numpy.ndarray
        uint8 (height, width, 3).
    shorter : int
        Pixels. The picture's middle is taken where its longer side is more than 4 times as long.

    Returns
    -------
    numpy.ndarray
        uint8 (height', width', 3).
    """
    height, width = picture.shape[:2]
    least = min(height, width)
    cut = [min(side, _LONGEST * least) for side in (width, height)]
    left, top = (width - cut[0]) // 2, (height - cut[1]) // 2
    box = (left, top, left + cut[0], top + cut[1])
    size = [max(1, round(side * shorter / least)) for side in cut]
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS, box=box))


def resize_mask(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """Bring a mask to a frame's size (bilinear, so that its edge is soft)."""
    resized = Image.fromarray(mask).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized)


def _open(path: str | Path) -> Image.Image:
    """Return a picture, upright, of 8 bits a channel."""
    with _within_limit():
        opened = Image.open(path)
        opened.load()
    # a note on rotation that is damaged is no reason to refuse the pixels
    with contextlib.suppress(struct.error, KeyError, SyntaxError, TypeError, ValueError):
        opened = ImageOps.exif_transpose(opened)
    return _eight_bits(opened)


def _eight_bits(opened: Image.Image) -> Image.Image:
    """Scale grey of 16 bits, which Pillow itself would cut off at 255."""
    if opened.mode == "F" or not opened.mode.startswith("I"):
        if opened.mode == "F":
            raise ValueError("its pixels are fractions, and nothing says which is white")
        return opened
    values = np.asarray(opened).astype(np.int64)
    if values.min() < 0 or values.max() > 65_535:
        raise ValueError("its pixels have more than 16 bits")
    grey = Image.fromarray(((values * 255 + 32_767) // 65_535).astype(np.uint8))
    if (clear := opened.info.get("transparency")) is None:
        return grey
    grey.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return grey


@contextlib.contextmanager
def _within_limit() -> Iterator[None]:
    """Have Pillow refuse pictures above the limit, a user's or its own, for a while."""
    usual, given = Image.MAX_IMAGE_PIXELS, os.environ.get(LIMIT)
    if given is not None and not (given.isdecimal() and int(given) > 0):
        raise ConvatlasError(f"{LIMIT} is '{given}'; give a number of pixels, such as 200000000")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            Image.MAX_IMAGE_PIXELS = int(given) if given else usual
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = usual


@contextlib.contextmanager
def _told(path: str | Path) -> Iterator[None]:
    """Turn what Pillow says of a file into words for people."""
    try:
        yield
    except FileNotFoundError:
        raise ConvatlasError(f"{path}: there is no such picture") from None
    except UnidentifiedImageError:
        raise ConvatlasError(
            f"{path}: not a picture that Pillow knows; convert it to PNG"
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        limit = os.environ.get(LIMIT) or Image.MAX_IMAGE_PIXELS
        raise ConvatlasError(
            f"{path}: too many pixels: the limit is {limit}, against files that fill the memory. "
            f"Shrink it, or, if you know where it is from, set the environment variable {LIMIT} "
            "to more"
        ) from None
    except ConvatlasError:
        raise
    except Exception as error:  # Pillow's readers raise all sorts on damaged files
        raise ConvatlasError(
            f"{path}: damaged picture, or of a kind that is not read ({error}); save it anew as "
            "PNG or JPEG"
        ) from None
