"""Pictures to paint from: a folder or an archive of any, brought to squares of one size."""

import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageFilter

from convatlas.data.archives import extract_archive
from convatlas.data.denoising_pictures import cut_photographs
from convatlas.data.photographs import square_photographs
from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.stylization.pictures import read_picture

FITS = ("crop", "resize")
"""How a picture that is no square becomes one: its middle is taken, or all of it is squeezed."""
LEAST = 10
"""Pictures without which there is nothing to learn a manner from."""
REJECTED_COLUMNS = ["file", "reason"]


@dataclass(frozen=True)
class Gallery:
    """Square pictures of one size.

    Attributes
    ----------
    pictures : numpy.ndarray
        (n, side, side, 3) uint8, RGB.
    names : list of str
        Of their files.
    rejected : pandas.DataFrame
        What was left out: file, reason.
    enlarged : int
        How many were smaller than the side.
    """

    pictures: np.ndarray
    names: list[str]
    rejected: pd.DataFrame
    enlarged: int


def read_folder(
    folder: str | Path, side: int, *, most: int | None = None, fit: str = "crop"
) -> Gallery:
    """Read every picture of a folder and of those within it, by name, as squares.

    Parameters
    ----------
    folder : str or Path
        Of the pictures: of any kind that Pillow reads, any size, told by content.
    side : int
        Pixels.
    most : int, optional
        Take the first so many that can be had; all, unless given.
    fit : {"crop", "resize"}
        See :data:`FITS`.

    Returns
    -------
    Gallery
        Without files that are no picture, and pictures that are there twice.

    Raises
    ------
    ConvatlasError
        If fewer than :data:`LEAST` are left; what was wrong with the first others is told.
    """
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    named = ((str(path.relative_to(folder)), path) for path in files)
    return _gather(named, folder, side, most=most, fit=fit)


def read_archive(
    archive: str | Path, below: str, side: int, *, most: int | None = None, fit: str = "crop"
) -> Gallery:
    """Read pictures of a zip or tar archive, below one of its folders; see :func:`read_folder`."""
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder) / "pictures"
        extract_archive(archive, unpacked, prefix=below)
        try:
            return read_folder(unpacked, side, most=most, fit=fit)
        except ConvatlasError as error:
            raise ConvatlasError(str(error).replace(str(unpacked), f"{archive}, {below}")) from None


def _gather(
    files: Iterable[tuple[str, Path]], where: str | Path, side: int, *, most: int | None, fit: str
) -> Gallery:
    pictures, names, rejected, known, enlarged = [], [], [], {}, 0
    for name, path in files:
        if len(pictures) == most:
            break
        try:
            picture = read_picture(path)
        except ConvatlasError as error:
            rejected.append((name, str(error)))
            continue
        square = _make_square(picture, side, fit)
        digest = hashlib.sha256(square.tobytes()).hexdigest()
        if digest in known:
            rejected.append((name, f"the same picture as {known[digest]}"))
            continue
        known[digest] = name
        pictures.append(square)
        names.append(name)
        enlarged += min(picture.shape[:2]) < side
    if len(pictures) < LEAST:
        reasons = "".join(f"\n  {name}: {reason}" for name, reason in rejected[:3])
        raise ConvatlasError(
            f"{where}: {len(pictures)} pictures that can be used, and {LEAST} at least are needed "
            f"to learn a manner from ({len(rejected)} files were left out){reasons}"
        )
    table = pd.DataFrame(rejected, columns=REJECTED_COLUMNS)
    return Gallery(np.stack(pictures), names, table, enlarged)


def _make_square(picture: np.ndarray, side: int, fit: str) -> np.ndarray:
    if fit == "resize":
        size = (side, side)
        return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
    return square_photographs([picture], side)[0]


def digest_of_folder(folder: str | Path) -> str:
    """Return a sha256 of the names and contents of a folder's files."""
    digest = hashlib.sha256()
    for path in sorted(path for path in Path(folder).iterdir() if path.is_file()):
        digest.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def cut_squares(side: int, *, painted: bool) -> Gallery:
    """Cut scikit-learn's two photographs into squares, as they are or as if they were painted.

    Parameters
    ----------
    side : int
        Pixels of a square, made from 32.
    painted : bool
        Whether each level becomes the median of the 5x5 around it, which makes blots of one colour:
        simulated paintings, for machines without a network. They are of one half of the squares,
        the photographs of the other.

    Returns
    -------
    Gallery
        Of 260 squares.
    """
    squares = [Image.fromarray(square) for square in cut_photographs()[int(painted) :: 2]]
    if painted:
        squares = [square.filter(ImageFilter.MedianFilter(5)) for square in squares]
    resized = [
        np.asarray(square.resize((side, side), Image.Resampling.LANCZOS)) for square in squares
    ]
    names = [f"{'painted ' if painted else ''}square {number}" for number in range(len(squares))]
    nothing = pd.DataFrame(columns=REJECTED_COLUMNS)
    return Gallery(np.stack(resized), names, nothing, len(squares) if side > 32 else 0)


def open_gallery(dataset: Mapping[str, Any], files: Mapping[str, str | Path], side: int) -> Gallery:
    """Read a dataset of pictures of any kind.

    Parameters
    ----------
    dataset : mapping
        Of its entry in ``config/datasets.yaml``: ``kind``, and of files ``pictures`` (the first so
        many are taken), ``fit`` (one of :data:`FITS`), ``below`` and ``sha256``.
    files : mapping of str to path
        ``path`` of a folder, or ``archive``.
    side : int
        Pixels.

    Raises
    ------
    ConvatlasError
        If a folder is not the one that was declared, or too few pictures can be used.
    """
    taking = {"most": dataset.get("pictures"), "fit": dataset.get("fit", FITS[0])}
    match dataset["kind"]:
        case "picture_folder":
            _check_folder(files["path"], dataset.get("sha256"))
            return read_folder(files["path"], side, **taking)
        case "picture_archive":
            return read_archive(files["archive"], dataset["below"], side, **taking)
        case "painted_squares" | "plain_squares":
            return cut_squares(side, painted=dataset["kind"] == "painted_squares")
    raise ConvatlasError(f"kind '{dataset['kind']}' is none of pictures to paint from")


def _check_folder(folder: str | Path, wanted: str | None) -> None:
    found = digest_of_folder(folder) if wanted else None
    if found != wanted:
        raise ConvatlasError(
            f"{folder}: not the pictures that config/datasets.yaml declares (sha256 of names and "
            f"contents {found}, wanted {wanted}); get them again, or name a dataset of your own "
            "with 'path' in 'galleries'"
        )


def describe_gallery(gallery: Gallery) -> dict[str, Any]:
    """Return what a witness says of pictures: how many, of what, and their digest."""
    return {
        "pictures": len(gallery.pictures),
        "side_pixels": gallery.pictures.shape[1],
        "left_out": len(gallery.rejected),
        "enlarged": gallery.enlarged,
        "sha256": hashlib.sha256(gallery.pictures.tobytes()).hexdigest(),
    }


def save_gallery(path: str | Path, gallery: Gallery) -> None:
    """Write pictures and their names as ``.npz``, for :func:`load_gallery`."""
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez(file, pictures=gallery.pictures, names=np.array(gallery.names))


def load_gallery(path: str | Path) -> np.ndarray:
    """Load pictures (n, side, side, 3) uint8."""
    with np.load(path, allow_pickle=False) as content:
        return content["pictures"]


def pick_painting(pictures: np.ndarray, number: int) -> np.ndarray:
    """Return one of a gallery's pictures (n, side, side, 3).

    Raises
    ------
    ConvatlasError
        If there are fewer.
    """
    if number >= len(pictures):
        raise ConvatlasError(
            f"painting {number} is asked for in 'pictures' of the config, and the gallery has "
            f"{len(pictures)}: 0 to {len(pictures) - 1}"
        )
    return pictures[number]
