"""Generated pictures on disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convatlas.files import atomic_path


@dataclass(frozen=True)
class Samples:
    """What a generator made after the epochs that were kept.

    Attributes
    ----------
    fixed : mapping of int to numpy.ndarray
        By epoch: (64, 28, 28) uint8, of the same latent vectors every time.
    pictures : mapping of int to numpy.ndarray
        By epoch: (n, 28, 28) uint8, of other latent vectors, for measuring.
    """

    fixed: Mapping[int, np.ndarray]
    pictures: Mapping[int, np.ndarray]


def save_samples(path: str | Path, samples: Samples) -> None:
    """Write samples as ``.npz``: epochs (e,), fixed (e, 64, 28, 28), pictures (e, n, 28, 28)."""
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            epochs=np.array(list(samples.fixed)),
            fixed=np.stack(list(samples.fixed.values())),
            pictures=np.stack(list(samples.pictures.values())),
        )


def load_samples(path: str | Path) -> Samples:
    """Read what :func:`save_samples` wrote."""
    with np.load(path, allow_pickle=False) as content:
        epochs = content["epochs"].tolist()
        return Samples(
            *(dict(zip(epochs, content[name], strict=True)) for name in ("fixed", "pictures"))
        )


def choose_epochs(samples: Samples, wanted: Sequence[int] | None) -> list[int]:
    """Return the epochs to show: those wanted that were kept, and the last."""
    kept = sorted(samples.fixed)
    return [epoch for epoch in kept if epoch in (wanted or ()) or epoch == kept[-1]]
