"""How well a classifier of digits does: counts, precision and recall, calibration."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from convatlas.evaluation.intervals import summarise_values

CLASSES = np.arange(10)
CALIBRATION_BINS = 15
"""As in Guo et al. 2017."""


def predictions_table(
    labels: np.ndarray, probabilities: np.ndarray, indices: np.ndarray
) -> pd.DataFrame:
    """Lay out predictions, a row per digit.

    Parameters
    ----------
    labels : numpy.ndarray
        (n,) true classes.
    probabilities : numpy.ndarray
        (n, 10), rows summing to 1.
    indices : numpy.ndarray
        (n,) where each digit stands in its dataset.

    Returns
    -------
    pandas.DataFrame
        Columns index, label, predicted, confidence (of the prediction), probability (of the
        label).
    """
    predicted = probabilities.argmax(1)
    rows = np.arange(len(labels))
    return pd.DataFrame(
        {
            "index": indices,
            "label": labels.astype(int),
            "predicted": predicted,
            "confidence": probabilities[rows, predicted],
            "probability": probabilities[rows, labels],
        }
    )


def calibration_bins(predictions: pd.DataFrame, bins: int = CALIBRATION_BINS) -> pd.DataFrame:
    """Compare confidence with accuracy in bins of equal width.

    Parameters
    ----------
    predictions : pandas.DataFrame
        With columns label, predicted, confidence.
    bins : int
        Number of bins over [0, 1].

    Returns
    -------
    pandas.DataFrame
        A row per bin that is not empty: low, high, count, confidence, accuracy (means).
    """
    edges = np.linspace(0, 1, bins + 1)
    # bins are closed on the right: a confidence of exactly 1 belongs to the last
    number = np.clip(np.searchsorted(edges, predictions["confidence"], side="left") - 1, 0, None)
    hit = predictions["label"] == predictions["predicted"]
    table = (
        pd.DataFrame({"bin": number, "confidence": predictions["confidence"], "accuracy": hit})
        .groupby("bin")
        .agg(
            count=("accuracy", "size"),
            confidence=("confidence", "mean"),
            accuracy=("accuracy", "mean"),
        )
        .reset_index()
    )
    low, high = edges[table["bin"]], edges[table["bin"] + 1]
    return pd.concat(
        [pd.DataFrame({"low": low, "high": high}), table.drop(columns="bin")], axis="columns"
    )


def calibration_error(predictions: pd.DataFrame) -> float:
    """Return the expected calibration error (Guo et al. 2017, equation 5), 0 to 1."""
    bins = calibration_bins(predictions)
    gaps = (bins["confidence"] - bins["accuracy"]).abs()
    return float((gaps * bins["count"]).sum() / bins["count"].sum())


def classification_metrics(predictions: pd.DataFrame) -> dict[str, Any]:
    """Measure one network on one part.

    Parameters
    ----------
    predictions : pandas.DataFrame
        As of :func:`predictions_table`.

    Returns
    -------
    dict
        accuracy; precision, recall, f1 (means over the classes that occur); log_loss (nats);
        calibration_error; per_class (precision, recall, f1, support: ten numbers each);
        confusion (ten rows of ten counts, row = label).
    """
    labels, predicted = predictions["label"], predictions["predicted"]
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=CLASSES, zero_division=0
    )
    counts = confusion_matrix(labels, predicted, labels=CLASSES)
    occurs = counts.sum(0) + counts.sum(1) > 0
    smallest = np.finfo(np.float32).tiny
    return {
        "accuracy": float((labels == predicted).mean()),
        "precision": float(precision[occurs].mean()),
        "recall": float(recall[occurs].mean()),
        "f1": float(f1[occurs].mean()),
        "log_loss": float(-np.log(predictions["probability"].clip(lower=smallest)).mean()),
        "calibration_error": calibration_error(predictions),
        "per_class": {
            "precision": precision.tolist(),
            "recall": recall.tolist(),
            "f1": f1.tolist(),
            "support": support.tolist(),
        },
        "confusion": counts.tolist(),
    }


SUMMARISED = ("accuracy", "precision", "recall", "f1", "log_loss", "calibration_error")


def summarise_seeds(measured: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Join the metrics of several seeds on one part.

    Parameters
    ----------
    measured : sequence of dict
        One result of :func:`classification_metrics` per seed.

    Returns
    -------
    dict
        Per metric: mean, low, high (95 %, null with one seed), values. ``per_class``: the same per
        class. ``confusion``: counts summed over seeds.
    """
    per_class = {
        name: [
            summarise_values([one["per_class"][name][digit] for one in measured])
            for digit in CLASSES
        ]
        for name in ("precision", "recall", "f1")
    }
    return {
        **{name: summarise_values([one[name] for one in measured]) for name in SUMMARISED},
        "per_class": {**per_class, "support": measured[0]["per_class"]["support"]},
        "confusion": np.sum([one["confusion"] for one in measured], axis=0).tolist(),
        "digits": int(np.sum(measured[0]["confusion"])),
    }
