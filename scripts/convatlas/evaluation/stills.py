"""A few frames of a clip before and after, kept for the figures of the documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path

COUNT = 5
"""Frames that are kept of a clip, evenly spread over it."""
WIDEST = 960
"""Pixels that a kept frame is wide at most; wider ones are reduced by a whole number."""
TITLES = {"style": "style", "original": "original", "restyled": "restyled"}


@dataclass(frozen=True)
class Stills:
    """Frames of a clip.

    Attributes
    ----------
    numbers : numpy.ndarray
        (n,) int64, which frames.
    original, restyled : numpy.ndarray
        (n, height, width, 3) uint8.
    style : numpy.ndarray
        (h, w, 3) uint8: the picture that the style is of; empty if there is none.
    """

    numbers: np.ndarray
    original: np.ndarray
    restyled: np.ndarray
    style: np.ndarray


def choose_numbers(frames: int, count: int = COUNT) -> list[int]:
    """Choose frames evenly spread over a clip, the middles of its parts; all of a shorter clip."""
    count = min(count, frames)
    return [int((place + 0.5) * frames / count) for place in range(count)]


def save_stills(stills: Stills, path: str | Path) -> None:
    """Save frames as ``.npz``, reduced to :data:`WIDEST`."""
    with atomic_path(path) as part:
        np.savez_compressed(
            part,
            numbers=stills.numbers,
            original=np.stack([reduce_picture(picture) for picture in stills.original]),
            restyled=np.stack([reduce_picture(picture) for picture in stills.restyled]),
            style=reduce_picture(stills.style) if stills.style.size else stills.style,
        )


def reduce_picture(picture: np.ndarray) -> np.ndarray:
    """Reduce a picture wider than :data:`WIDEST` by a whole number, each pixel a square's mean."""
    step = -(-picture.shape[1] // WIDEST)
    return np.asarray(Image.fromarray(picture).reduce(step)) if step > 1 else picture


def load_stills(path: str | Path) -> Stills:
    """Load what :func:`save_stills` wrote."""
    with np.load(path) as arrays:
        return Stills(**{name: arrays[name] for name in arrays.files})


def arrange_stills(
    clips: Sequence[Stills], *, show: Sequence[str], still: int = 0
) -> list[list[tuple[str, np.ndarray]]]:
    """Lay out frames for a figure: a row a clip.

    Parameters
    ----------
    clips : sequence of Stills
        Of one clip in one style each.
    show : sequence of str
        What stands in a row: ``style``, ``original``, ``restyled``.
    still : int
        Which of the frames that are kept; the last one of a shorter clip.

    Returns
    -------
    list of list of (str, numpy.ndarray)
        Titles and pictures, for :func:`convatlas.figures.stills.plot_stills`.

    Raises
    ------
    ConvatlasError
        If something else is to be shown.
    """
    if unknown := set(show) - set(TITLES):
        raise ConvatlasError(f"a still shows {', '.join(TITLES)}, not {', '.join(sorted(unknown))}")
    rows = []
    for clip in clips:
        place = min(still, len(clip.numbers) - 1)
        pictures = {
            "style": clip.style,
            "original": clip.original[place],
            "restyled": clip.restyled[place],
        }
        frame = f", frame {clip.numbers[place] + 1}"
        rows.append(
            [
                (TITLES[name] + ("" if name == "style" else frame), pictures[name])
                for name in show
                if pictures[name].size
            ]
        )
    return rows
