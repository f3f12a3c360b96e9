"""What filters made of a photograph, on disk."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from convatlas.files import atomic_path

TITLE = "the photograph"


def save_filtered(
    path: str | Path, photograph: np.ndarray, filtered: Mapping[str, np.ndarray]
) -> None:
    """Save a photograph (height, width, 3) and grey pictures by name, uint8, as ``.npz``."""
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            photograph=photograph,
            names=np.array(list(filtered)),
            filtered=np.stack(list(filtered.values())),
        )


def load_filtered(path: str | Path) -> list[tuple[str, np.ndarray]]:
    """Return titles and pictures (height, width, 3) uint8, the photograph first."""
    with np.load(path, allow_pickle=False) as content:
        grey = np.repeat(content["filtered"][..., None], 3, axis=3)
        pairs = zip(content["names"].tolist(), grey, strict=True)
        return [(TITLE, content["photograph"]), *pairs]
