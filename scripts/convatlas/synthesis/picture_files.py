"""Rows of small pictures with their captions, on disk."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

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
