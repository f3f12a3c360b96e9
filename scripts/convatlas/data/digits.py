"""A set of handwritten digits in the forms that the networks are given."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path

FORMS = ("mnist_form", "plain")
"""``mnist_form``: fitted into 20x20 and centred by mass, as MNIST is. ``plain``: only resized."""


@dataclass(frozen=True)
class Digits:
    """Digits of one dataset, all of them, in the order of their source.

    Attributes
    ----------
    forms : dict of str to numpy.ndarray
        (n, 28, 28) uint8 per form, white (255) on black (0). MNIST has its own form only.
    labels : numpy.ndarray
        (n,) uint8, 0 to 9.
    source, writer, position : numpy.ndarray
        (n,) text: the file or sheet, who wrote it, and where in the source it stands.
    """

    forms: dict[str, np.ndarray]
    labels: np.ndarray
    source: np.ndarray
    writer: np.ndarray
    position: np.ndarray = field(repr=False)

    def __post_init__(self) -> None:
        columns = {
            "source": self.source,
            "writer": self.writer,
            "position": self.position,
            **self.forms,
        }
        wrong = {name: len(column) for name, column in columns.items() if len(column) != len(self)}
        if wrong:
            raise ConvatlasError(f"{len(self)} labels, but {wrong}: one entry a digit is needed")
        if len(self) and self.labels.max() > 9:
            row = int(self.labels.argmax())
            raise ConvatlasError(f"label {self.labels[row]} of digit {row} is none of 0 to 9")

    def __len__(self) -> int:
        return len(self.labels)

    def images(self, form: str) -> np.ndarray:
        """Return the (n, 28, 28) pictures of one form.

        Raises
        ------
        ConvatlasError
            If the dataset has no such form; those it has are named.
        """
        if form not in self.forms:
            raise ConvatlasError(f"form '{form}': this dataset has {', '.join(sorted(self.forms))}")
        return self.forms[form]

    @property
    def sha256(self) -> str:
        """Digest of pictures, labels and writers, independent of file format."""
        digest = hashlib.sha256(self.labels.tobytes())
        for name in sorted(self.forms):
            digest.update(name.encode())
            digest.update(self.forms[name].tobytes())
        digest.update("\0".join(self.writer.tolist()).encode())
        return digest.hexdigest()


def save_digits(path: str | Path, digits: Digits) -> None:
    """Write digits as a compressed ``.npz``; the same digits give the same bytes."""
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            labels=digits.labels,
            source=digits.source,
            writer=digits.writer,
            position=digits.position,
            **{name: digits.forms[name] for name in sorted(digits.forms)},
        )


def load_digits(path: str | Path) -> Digits:
    """Read what :func:`save_digits` wrote."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    forms = {name: arrays.pop(name) for name in FORMS if name in arrays}
    return Digits(forms=forms, **arrays)
