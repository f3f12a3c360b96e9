"""Pictures that denoisers learn from and are measured on: read, divided, brought to one size."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from convatlas.data.pan import sample_photographs
from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.seeding import numpy_generator

SQUARE = 32
"""Pixels of a side of CIFAR-10's pictures, and of the squares cut in their place."""
FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
"""What pictures may be scaled by, Pillow's."""


def read_picture_rows(path: str | Path) -> np.ndarray:
    """Read a picture of which every row is a picture: column j is its pixel (j // 32, j % 32).

    Parameters
    ----------
    path : str or Path
        An RGB picture, 1024 pixels wide.

    Returns
    -------
    numpy.ndarray
        (rows, 32, 32, 3) uint8.

    Raises
    ------
    ConvatlasError
        If it is of another mode or width.
    """
    with Image.open(path) as opened:
        if opened.mode != "RGB" or opened.width != SQUARE**2:
            raise ConvatlasError(
                f"{path}: a picture of mode {opened.mode}, {opened.width} pixels wide; of pictures "
                f"in rows RGB and {SQUARE**2} are wanted, a row each of {SQUARE}x{SQUARE}"
            )
        return np.asarray(opened).reshape(-1, SQUARE, SQUARE, 3)


def cut_photographs() -> np.ndarray:
    """Cut scikit-learn's two photographs into squares that share no pixel.

    Returns
    -------
    numpy.ndarray
        (520, 32, 32, 3) uint8, column by column from the left of both photographs: the last are
        from the right of them.
    """
    photographs = sample_photographs()
    count, height, width, _ = photographs.shape
    rows, columns = height // SQUARE, width // SQUARE
    cut = photographs[:, : rows * SQUARE, : columns * SQUARE]
    squares = cut.reshape(count, rows, SQUARE, columns, SQUARE, 3).transpose(3, 0, 1, 2, 4, 5)
    return squares.reshape(-1, SQUARE, SQUARE, 3)


def read_pictures(kind: str, files: Sequence[str | Path], *, wanted: int) -> np.ndarray:
    """Read all the pictures of a dataset.

    Parameters
    ----------
    kind : {"picture_rows", "photograph_squares"}
        Of the dataset.
    files : sequence of path
        Of "picture_rows", in order.
    wanted : int
        How many the dataset is declared to have.

    Returns
    -------
    numpy.ndarray
        (n, 32, 32, 3) uint8.

    Raises
    ------
    ConvatlasError
        If there are more or fewer.
    """
    if kind == "photograph_squares":
        pictures = cut_photographs()
    else:
        pictures = np.concatenate([read_picture_rows(path) for path in files])
    if len(pictures) != wanted:
        raise ConvatlasError(
            f"{', '.join(map(str, files)) or kind}: {len(pictures)} pictures, but 'pictures' of "
            f"the dataset says {wanted}; correct it in config/datasets.yaml"
        )
    return pictures


def divide_pictures(
    pictures: np.ndarray, held_out: int, *, shuffle_seed: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Divide pictures into those to learn from, and the last ones, which are held out.

    Parameters
    ----------
    pictures : numpy.ndarray
        (n, height, width, 3).
    held_out : int
        How many of the last.
    shuffle_seed : int, optional
        Mixes each part, where the order of pictures means something; else they keep it.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        Those to learn from, without any that is held out to the bit as well, and the held-out.
    """
    train, last = pictures[:-held_out], pictures[-held_out:]
    known = {picture.tobytes() for picture in last}
    train = train[[picture.tobytes() not in known for picture in train]]
    if shuffle_seed is not None:
        stream = numpy_generator(shuffle_seed, "order of squares")
        train, last = stream.permutation(train), stream.permutation(last)
    return train, last


def scale_pictures(pictures: np.ndarray, side: int, filter_name: str) -> np.ndarray:
    """Scale pictures to squares.

    Parameters
    ----------
    pictures : numpy.ndarray
        (n, height, width, 3) uint8.
    side : int
        Pixels.
    filter_name : str
        Key of :data:`FILTERS`.

    Returns
    -------
    numpy.ndarray
        (n, side, side, 3) uint8.
    """
    size, chosen = (side, side), FILTERS[filter_name]
    scaled = [np.asarray(Image.fromarray(picture).resize(size, chosen)) for picture in pictures]
    return np.stack(scaled)


def save_pictures(path: str | Path, parts: Mapping[str, np.ndarray]) -> None:
    """Save pictures by the name of their part as ``.npz``, for :func:`load_pictures`."""
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez(file, **parts)


def load_parts(path: str | Path) -> dict[str, np.ndarray]:
    """Load all that :func:`save_pictures` saved, by name."""
    with np.load(path, allow_pickle=False) as content:
        return {name: content[name] for name in content.files}


def load_pictures(path: str | Path, part: str, count: int | None = None) -> np.ndarray:
    """Load pictures of a part.

    Parameters
    ----------
    path : str or Path
        What :func:`save_pictures` wrote.
    part : str
        Which: ``train`` or ``held_out``.
    count : int, optional
        The first so many; all, unless given.

    Returns
    -------
    numpy.ndarray
        (n, side, side, 3) uint8.

    Raises
    ------
    ConvatlasError
        If there are fewer.
    """
    with np.load(path, allow_pickle=False) as content:
        pictures = content[part]
    if count is not None and count > len(pictures):
        raise ConvatlasError(
            f"{path}: {count} pictures of '{part}' are asked for, and there are {len(pictures)}; "
            "ask for fewer in config/denoisers.yaml"
        )
    return pictures[:count]
