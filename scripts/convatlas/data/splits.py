"""Who trains, who selects, who is reported on: the parts of a dataset and their witness file."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from convatlas.data.digits import Digits, load_digits
from convatlas.data.shares import split_uniformly
from convatlas.errors import ConvatlasError
from convatlas.files import read_json, write_json
from convatlas.seeding import numpy_generator

PUBLISHED_TEST = "published_test"
"""``source`` of digits that their publisher has set aside for testing (MNIST's 10,000)."""


def make_schemes(
    digits: Digits, shares: tuple[float, float, float], seed: int
) -> dict[str, dict[str, np.ndarray]]:
    """Make every scheme by which a dataset is divided.

    Parameters
    ----------
    digits : Digits
        The dataset.
    shares : tuple of float
        Shares of training, validation and test in the uniform scheme; the second is also the share
        of its part that ``holdout_validated`` sets aside.
    seed : int
        The run's seed.

    Returns
    -------
    dict
        ``uniform``: three parts at random. ``holdout``: training and test alone; the publisher's
        own test set where there is one, else the test part of ``uniform``. ``holdout_validated``:
        the same test part, and the training part cut at random into training and validation, so
        that something can be chosen and the test digits choose nothing. For each writer of
        several, ``without_<writer>``: the writer's digits are the test part and nobody else's.
    """
    schemes = {
        "uniform": split_uniformly(len(digits), shares, numpy_generator(seed, "split uniform"))
    }
    test = np.flatnonzero(digits.source == PUBLISHED_TEST)
    if len(test) == 0:
        test = schemes["uniform"]["test"]
    schemes["holdout"] = {
        "train": np.setdiff1d(np.arange(len(digits)), test),
        "test": test,
    }
    order = numpy_generator(seed, "split holdout validated").permutation(
        schemes["holdout"]["train"]
    )
    cut = round(len(order) * shares[1])
    schemes["holdout_validated"] = {
        "train": np.sort(order[cut:]),
        "validation": np.sort(order[:cut]),
        "test": test,
    }
    writers = np.unique(digits.writer)
    for writer in writers if len(writers) > 1 else []:
        others = np.flatnonzero(digits.writer != writer)
        train_share = shares[0] / (shares[0] + shares[1])
        order = numpy_generator(seed, f"split without {writer}").permutation(others)
        cut = round(len(others) * train_share)
        schemes[f"without_{writer}"] = {
            "train": np.sort(order[:cut]),
            "validation": np.sort(order[cut:]),
            "test": np.flatnonzero(digits.writer == writer),
        }
    return schemes


def write_splits(
    path: str | Path, digits: Digits, shares: tuple[float, float, float], seed: int
) -> None:
    """Write ``splits.json``: seed, shares, digest of the digits, indices of each scheme's parts."""
    schemes = make_schemes(digits, shares, seed)
    write_json(
        path,
        {
            "seed": seed,
            "shares": list(shares),
            "digits": len(digits),
            "digits_sha256": digits.sha256,
            "schemes": {
                scheme: {part: indices.tolist() for part, indices in parts.items()}
                for scheme, parts in schemes.items()
            },
        },
        indent=None,
    )


@dataclass(frozen=True)
class Part:
    """Pictures and labels of one part of a dataset in one form.

    Attributes
    ----------
    images : numpy.ndarray
        (n, 28, 28) uint8.
    labels : numpy.ndarray
        (n,) uint8.
    indices : numpy.ndarray
        (n,) int64, where each stands in the dataset.
    """

    images: np.ndarray
    labels: np.ndarray
    indices: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@functools.lru_cache(maxsize=2)
def _read_dataset(splits: Path) -> tuple[Digits, dict]:
    digits, witness = load_digits(splits.with_name("digits.npz")), read_json(splits)
    if digits.sha256 != witness["digits_sha256"]:
        raise ConvatlasError(
            f"{splits}: the digits beside it are not the ones it was made for; "
            "make both anew with: snakemake --cores 2 --forcerun split_dataset"
        )
    return digits, witness["schemes"]


def load_part(splits: str | Path, *, scheme: str, part: str, form: str) -> Part:
    """Load one part of a dataset.

    Parameters
    ----------
    splits : str or Path
        ``splits.json``, with ``digits.npz`` beside it.
    scheme : str
        ``uniform``, ``holdout``, ``holdout_validated`` or ``without_<writer>``.
    part : str
        ``train``, ``validation``, ``test``, or ``all`` for everything whatever the scheme.
    form : str
        ``mnist_form`` or ``plain``.

    Raises
    ------
    ConvatlasError
        If the scheme or part does not exist, or the digits are not those of the witness.
    """
    digits, schemes = _read_dataset(Path(splits).resolve())
    if scheme not in schemes:
        raise ConvatlasError(f"{splits}: no scheme '{scheme}'; there are {', '.join(schemes)}")
    if part == "all":
        indices = np.arange(len(digits))
    elif part in schemes[scheme]:
        indices = np.asarray(schemes[scheme][part], np.int64)
    else:
        raise ConvatlasError(
            f"{splits}: scheme '{scheme}' has {', '.join(schemes[scheme])}, and no '{part}'"
        )
    return Part(digits.images(form)[indices], digits.labels[indices], indices)


def monitored_part(splits: str | Path, scheme: str) -> str:
    """Name the part that training is measured on per epoch.

    ``validation`` where the scheme has one; else ``test``, as `alvarez` does with MNIST's 10,000,
    where nothing may be chosen by it.
    """
    return "validation" if "validation" in read_json(splits)["schemes"][scheme] else "test"
