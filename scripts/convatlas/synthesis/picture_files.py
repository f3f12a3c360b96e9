"""Pictures on disk: one, one that is being made, rows of small ones with their captions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from convatlas.files import atomic_path

Row = tuple[str, list[tuple[str, np.ndarray]]]
"""A label, and pairs of a caption and a picture, (height, width) or (height, width, 3) uint8."""


def save_rows(path: str | Path, rows: Sequence[Row]) -> None:
    """Save rows of pictures, those of a row all of one shape, as ``.npz``."""
    arrays = {}
    for number, (label, pairs) in enumerate(rows):
        captions, pictures = zip(*pairs, strict=True)
        arrays[f"label_{number}"] = np.array(label)
        arrays[f"captions_{number}"] = np.array(captions)
        arrays[f"pictures_{number}"] = np.stack(pictures)
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez_compressed(file, rows=len(rows), **arrays)


def load_rows(path: str | Path) -> list[Row]:
    """Load what :func:`save_rows` saved."""
    with np.load(path, allow_pickle=False) as content:
        return [
            (
                str(content[f"label_{number}"]),
                list(
                    zip(
                        content[f"captions_{number}"].tolist(),
                        content[f"pictures_{number}"],
                        strict=True,
                    )
                ),
            )
            for number in range(int(content["rows"]))
        ]


def save_picture(path: str | Path, picture: np.ndarray, *, made_by: str) -> None:
    """Save a picture, (height, width, 3) uint8, as PNG, with what made it written inside."""
    told = PngInfo()
    told.add_text("Software", "Convatlas")
    told.add_itxt("Description", f"made by features of {made_by}")
    with atomic_path(path) as part:
        Image.fromarray(picture).save(part, format="PNG", pnginfo=told)


class Preview:
    """Shows a picture while it is made: ``picture.preview.png`` beside ``picture.png``.

    It is removed at the end of the block; of a run that was stopped it stays, as the last that was
    reached.

    Parameters
    ----------
    path : str or Path
        Of the finished picture.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).with_suffix(".preview.png")

    def __call__(self, picture: np.ndarray) -> None:
        """Show a picture, (height, width, 3) uint8."""
        with atomic_path(self.path) as part:
            Image.fromarray(picture).save(part, format="PNG", compress_level=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if failed is None:
            self.path.unlink(missing_ok=True)
