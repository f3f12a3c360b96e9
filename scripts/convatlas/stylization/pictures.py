"""Style pictures and masks from files of any kind, as arrays."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from convatlas.errors import ConvatlasError

STROKES_SIDE = 384
"""Pixels of the longer side of style pictures that frames are compared with and networks learn
from: about as large as the network for any style sees them (256 of the shorter side). Strokes of
another size are another style, and the size of the file is nobody's choice."""
_LONGEST = 4
"""A style picture is cut to this many times its shorter side: a ribbon would be mostly edge."""


def read_picture(path: str | Path) -> np.ndarray:
    """Read a picture, upright.

    Parameters
    ----------
    path : str or Path
        Whatever Pillow reads; the content decides, not the name. What is transparent becomes
        white; of several frames the first is taken.

    Returns
    -------
    numpy.ndarray
        uint8 (height, width, 3), RGB.

    Raises
    ------
    ConvatlasError
        If it is missing, no picture, damaged, or so large that it may be an attack.
    """
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
    return np.asarray(_open(path).convert("L"))


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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(path)
            opened.load()
            return ImageOps.exif_transpose(opened)
    except FileNotFoundError:
        raise ConvatlasError(f"{path}: there is no such picture") from None
    except UnidentifiedImageError:
        raise ConvatlasError(
            f"{path}: not a picture that Pillow knows; convert it to PNG"
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ConvatlasError(f"{path}: too many pixels ({error}); shrink it first") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise ConvatlasError(f"{path}: damaged picture ({error}); fetch or save it anew") from None
