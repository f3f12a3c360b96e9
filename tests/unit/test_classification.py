"""Measures of a classifier, against scikit-learn and by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from convatlas.evaluation.classification import (
    calibration_bins,
    calibration_error,
    classification_metrics,
    predictions_table,
    summarise_seeds,
)
from convatlas.evaluation.intervals import interval_over_seeds

MEANS = ("accuracy", "precision", "recall", "f1")


def draw(count=500, *, seed=0, classes=10):
    numbers = np.random.default_rng(seed)
    labels = numbers.integers(0, classes, count).astype(np.uint8)
    scores = numbers.normal(size=(count, 10)) + 1.5 * np.eye(10)[labels]
    scores[:, 4] -= 20  # never predicted
    scores[:, classes:] -= 20
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return labels, probabilities


def test_a_table_has_a_row_per_digit():
    probabilities = np.full((2, 10), 0.05)
    probabilities[0, 3] = probabilities[1, 7] = 0.55
    table = predictions_table(np.array([3, 2], np.uint8), probabilities, np.array([40, 8]))
    assert table.to_dict("list") == {
        "index": [40, 8],
        "label": [3, 2],
        "predicted": [3, 7],
        "confidence": [0.55, 0.55],
        "probability": [0.55, 0.05],
    }


@pytest.mark.parametrize("classes", [10, 7])
def test_every_measure_is_that_of_scikit_learn(classes):
    labels, probabilities = draw(classes=classes)
    predicted = probabilities.argmax(1)
    found = classification_metrics(predictions_table(labels, probabilities, np.arange(500)))
    mean = {"average": "macro", "zero_division": 0}
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert found["precision"] == pytest.approx(metrics.precision_score(labels, predicted, **mean))
    assert found["recall"] == pytest.approx(metrics.recall_score(labels, predicted, **mean))
    assert found["f1"] == pytest.approx(metrics.f1_score(labels, predicted, **mean))
    loss = metrics.log_loss(labels, probabilities, labels=range(10))
    assert found["log_loss"] == pytest.approx(loss)
    each = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(10), zero_division=0
    )
    for name, values in zip(("precision", "recall", "f1", "support"), each, strict=True):
        assert found["per_class"][name] == pytest.approx(values.tolist())
    confusion = metrics.confusion_matrix(labels, predicted, labels=range(10))
    assert found["confusion"] == confusion.tolist()


def test_a_perfect_classifier():
    labels = np.arange(30) % 10
    found = classification_metrics(predictions_table(labels, np.eye(10)[labels], labels))
    assert [found[name] for name in MEANS] == [1, 1, 1, 1]
    assert (found["log_loss"], found["calibration_error"]) == (0, 0)


def test_a_classifier_that_is_always_wrong_and_sure_of_it():
    labels = np.arange(30) % 10
    wrong = np.eye(10)[(labels + 1) % 10]
    found = classification_metrics(predictions_table(labels, wrong, labels))
    assert [found[name] for name in MEANS] == [0, 0, 0, 0]
    assert found["calibration_error"] == 1
    assert 80 < found["log_loss"] < 100  # large, and no infinity


def as_predictions(rows):
    table = pd.DataFrame(rows, columns=["confidence", "hit"])
    return table.assign(label=1, predicted=np.where(table["hit"], 1, 2))


def test_calibration_by_hand():
    # of 15 bins: (0.933, 1], (0.533, 0.6] and (0.2, 0.267]
    rows = [(1.0, True), (0.95, True), (0.96, False), (0.55, False), (0.59, True), (0.25, True)]
    bins = calibration_bins(as_predictions(rows))
    assert bins["count"].tolist() == [1, 2, 3]
    assert bins["low"].tolist() == pytest.approx([3 / 15, 8 / 15, 14 / 15])
    assert bins["high"].tolist() == pytest.approx([4 / 15, 9 / 15, 1])
    assert bins["confidence"].tolist() == pytest.approx([0.25, 0.57, 0.97])
    assert bins["accuracy"].tolist() == pytest.approx([1, 0.5, 2 / 3])
    expected = (1 * 0.75 + 2 * 0.07 + 3 * (0.97 - 2 / 3)) / 6
    assert calibration_error(as_predictions(rows)) == pytest.approx(expected)


def test_bins_are_closed_on_the_right():
    bins = calibration_bins(as_predictions([(0.0, False), (0.25, True), (0.5, True)]), bins=4)
    assert bins["low"].tolist() == [0, 0.25]
    assert bins["count"].tolist() == [2, 1]


def test_classes_that_do_not_occur_are_left_out_of_means():
    labels = np.array([1, 1, 2, 2])
    found = classification_metrics(
        predictions_table(labels, np.eye(10)[[1, 2, 2, 2]], np.arange(4))
    )
    assert found["precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["recall"] == pytest.approx((0.5 + 1) / 2)


def measured(seeds):
    tables = (predictions_table(*draw(seed=seed), np.arange(500)) for seed in seeds)
    return [classification_metrics(table) for table in tables]


def test_seeds_are_summarised_with_intervals():
    several = measured([0, 1, 2])
    summary = summarise_seeds(several)
    for name in (*MEANS, "log_loss", "calibration_error"):
        values = [one[name] for one in several]
        assert summary[name] == {**interval_over_seeds(values), "values": values}
    recall = [one["per_class"]["recall"][6] for one in several]
    assert summary["per_class"]["recall"][6]["mean"] == pytest.approx(np.mean(recall))
    assert summary["per_class"]["support"] == several[0]["per_class"]["support"]
    expected = np.sum([one["confusion"] for one in several], axis=0)
    assert summary["confusion"] == expected.tolist()
    assert np.sum(summary["confusion"]) == 1500
    assert summary["digits"] == 500


def test_one_seed_has_null_limits():
    summary = summarise_seeds(measured([0]))
    assert summary["accuracy"]["low"] is None
    assert summary["accuracy"]["high"] is None
    assert summary["per_class"]["f1"][0]["low"] is None
