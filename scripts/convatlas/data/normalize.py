"""From the files of a dataset, whatever their kind, to one set of digits."""

import dataclasses
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from convatlas.data import own_digits
from convatlas.data.digits import Digits
from convatlas.data.embedded import embedded_mnist, embedded_own_digits
from convatlas.data.idx import read_idx
from convatlas.data.splits import PUBLISHED_TEST
from convatlas.errors import ConvatlasError

logger = logging.getLogger(__name__)

REJECTED_COLUMNS = ["source", "position", "label", "reason"]


def _of_one_writer(images: np.ndarray, labels: np.ndarray, source: np.ndarray) -> Digits:
    count = len(labels)
    return Digits(
        forms={"mnist_form": images},
        labels=labels,
        source=source,
        writer=np.full(count, "unknown"),
        position=np.arange(count).astype(str),
    )


def _read_mnist(files: Mapping[str, Path]) -> Digits:
    images, labels, source = [], [], []
    for part, name in (("train", "published_train"), ("test", PUBLISHED_TEST)):
        pictures = read_idx(files[f"{part}_images"])
        numbers = read_idx(files[f"{part}_labels"])
        if len(pictures) != len(numbers):
            raise ConvatlasError(
                f"{files[f'{part}_images']} has {len(pictures)} pictures, "
                f"{files[f'{part}_labels']} has {len(numbers)} labels"
            )
        images.append(pictures)
        labels.append(numbers)
        source.append(np.full(len(numbers), name))
    return _of_one_writer(np.concatenate(images), np.concatenate(labels), np.concatenate(source))


def _from_import(imported: own_digits.OwnDigits) -> tuple[Digits, pd.DataFrame]:
    digits = Digits(
        forms={"mnist_form": imported.mnist_form, "plain": imported.plain},
        labels=imported.labels,
        source=imported.source,
        writer=imported.writer,
        position=imported.position,
    )
    return digits, imported.rejected


def _read_sheets(files: Mapping[str, Path], sheets: list[dict[str, Any]]) -> own_digits.OwnDigits:
    """Import sheets; one that is no picture, or blank, is left out and named like a digit."""
    parts, left_out = [], []
    for sheet in sheets:
        labels = sheet["labels"]
        path = files[sheet["file"]]
        try:
            part = own_digits.import_sheet(
                path,
                rows=sheet["rows"],
                columns=sheet["columns"],
                labels=files.get(labels, labels),
                source=path.stem,
                writer=sheet["writer"],
            )
        except own_digits.UnusableFileError as error:
            logger.warning("%s", error)
            left_out.append((path.stem, "the whole sheet", "", str(error)))
        else:
            parts.append(part)
    if not parts:
        reasons = "\n".join(reason for *_, reason in left_out)
        raise ConvatlasError(f"no sheet of this dataset can be used:\n{reasons}")
    imported = own_digits.concatenate(parts)
    sheets_left_out = pd.DataFrame(left_out, columns=REJECTED_COLUMNS, dtype=str)
    rejected = pd.concat([imported.rejected, sheets_left_out], ignore_index=True)
    return dataclasses.replace(imported, rejected=rejected)


def normalize_dataset(
    dataset: Mapping[str, Any], files: Mapping[str, str | Path], *, seed: int
) -> tuple[Digits, pd.DataFrame]:
    """Read a dataset of digits of any kind.

    Parameters
    ----------
    dataset : mapping
        Of its entry in ``config/datasets.yaml``: ``kind`` and ``sheets``.
    files : mapping of str to path
        Where its files lie, by their keys in the entry; ``path`` for a user's own.
    seed : int
        The run's seed, for data that is degraded at random.

    Returns
    -------
    Digits
        All that were accepted.
    pandas.DataFrame
        What was left out: source, position, label, reason.

    Raises
    ------
    ConvatlasError, ValueError
        If a file is not what the entry says, or no digit was accepted.
    """
    files = {key: Path(path) for key, path in files.items()}
    nothing = pd.DataFrame(columns=REJECTED_COLUMNS)
    match dataset["kind"]:
        case "mnist":
            return _read_mnist(files), nothing
        case "embedded_digits":
            images, labels = embedded_mnist()
            source = np.full(len(labels), "scikit-learn")
            return _of_one_writer(images, labels.astype(np.uint8), source), nothing
        case "embedded_own_digits":
            pictures, labels = embedded_own_digits(seed)
            return _from_import(
                own_digits.import_pictures(pictures, labels, source="scikit-learn, degraded")
            )
        case "sheets":
            return _from_import(_read_sheets(files, dataset["sheets"]))
        case "folder":
            return _from_import(own_digits.import_folder(files["path"], source=files["path"].name))
        case "pixel_table":
            return _from_import(
                own_digits.import_pixel_table(files["path"], source=files["path"].name)
            )
    raise ConvatlasError(f"kind '{dataset['kind']}' of dataset is not known")
