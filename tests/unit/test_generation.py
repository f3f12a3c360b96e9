"""Kernel distance, precision and recall, against brute force and others' arithmetic."""

import numpy as np
import pytest

from convatlas.errors import ConvatlasError
from convatlas.evaluation import generation
from convatlas.evaluation.generation import (
    _squared_discrepancy,
    class_shares,
    kernel_distance,
    precision_and_recall,
)


def normal(count, dimension, seed, shift=0.0):
    return np.random.default_rng(seed).normal(size=(count, dimension)) + shift


def test_the_kernel_distance_is_the_sum_over_pairs():
    one, other = normal(9, 4, 0), normal(9, 4, 1, 0.5)

    def k(a, b):
        return (a @ b / 4 + 1) ** 3

    pairs = [(i, j) for i in range(9) for j in range(9)]
    apart = [(i, j) for i, j in pairs if i != j]
    wanted = np.mean([k(one[i], one[j]) for i, j in apart])
    wanted += np.mean([k(other[i], other[j]) for i, j in apart])
    wanted -= 2 * np.mean([k(one[i], other[j]) for i, j in pairs])
    assert _squared_discrepancy(one, other) == pytest.approx(wanted, rel=1e-12)


def test_a_subset_is_at_most_half_of_the_smaller_set(monkeypatch):
    sizes = set()

    def watch(a, b):
        sizes.add((len(a), len(b), len(np.unique(a, axis=0))))
        return a.mean()

    monkeypatch.setattr(generation, "_squared_discrepancy", watch)
    found = kernel_distance(normal(9, 4, 0), normal(30, 4, 1), np.random.default_rng(0))
    assert sizes == {(4, 4, 4)}
    assert found["low"] < found["mean"] < found["high"], "subsets of equal sets would be one value"
    sizes.clear()
    kernel_distance(normal(70, 4, 0), normal(80, 4, 1), np.random.default_rng(0), size=20)
    assert sizes == {(20, 20, 20)}


def test_the_kernel_distance_agrees_with_torch_fidelity():
    metric = pytest.importorskip("torch_fidelity.metric_kid")
    one, other = normal(50, 8, 0), normal(50, 8, 1, 0.5)
    theirs = metric.kernel_mmd(one, other)
    assert _squared_discrepancy(one, other) == pytest.approx(float(theirs), rel=1e-9)


def test_the_kernel_distance_is_unbiased_at_few_pictures():
    found = [
        kernel_distance(
            normal(20, 5, s), normal(20, 5, s + 1000), np.random.default_rng(s), subsets=1
        )
        for s in range(400)
    ]
    values = np.array([row["mean"] for row in found])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))
    assert values.min() < 0


def test_its_interval_holds_the_subsets():
    found = kernel_distance(
        normal(300, 5, 0), normal(300, 5, 1, 1.0), np.random.default_rng(0), subsets=50, size=60
    )
    assert found["low"] < found["mean"] < found["high"]


def brute(real, made, k):
    def radii(rows):
        distances = np.sqrt(((rows[:, None] - rows[None]) ** 2).sum(2))
        return np.sort(distances, axis=1)[:, k]

    def share(manifold, rows):
        distances = np.sqrt(((rows[:, None] - manifold[None]) ** 2).sum(2))
        return (distances <= radii(manifold)).any(1).mean()

    return {"precision": share(real, made), "recall": share(made, real)}


def test_precision_and_recall_are_those_of_brute_force(monkeypatch):
    monkeypatch.setattr(generation, "BLOCK", 7)
    real, made = normal(60, 3, 0, 1000), normal(50, 3, 1, 1000.7)
    found = precision_and_recall(real, made)
    assert found == pytest.approx(brute(real, made, 3))
    assert 0 < found["precision"] < 1


def test_the_same_pictures_are_all_within_and_far_ones_none():
    real = normal(60, 3, 0)
    assert precision_and_recall(real, real) == {"precision": 1, "recall": 1}
    assert precision_and_recall(real, real + 100) == {"precision": 0, "recall": 0}


def test_one_mode_has_precision_and_no_recall():
    real = np.concatenate([normal(100, 2, 0), normal(100, 2, 1, 50)])
    found = precision_and_recall(real, normal(100, 2, 2))
    assert found["precision"] > 0.8
    assert found["recall"] < 0.6


def test_too_few_pictures_are_refused():
    with pytest.raises(ConvatlasError, match="more than 3"):
        precision_and_recall(normal(3, 2, 0), normal(9, 2, 0))
    with pytest.raises(ConvatlasError, match="of 3 pictures: four at least"):
        kernel_distance(normal(3, 2, 0), normal(9, 2, 0), np.random.default_rng(0))


def test_shares_of_classes():
    np.testing.assert_allclose(
        class_shares(np.array([0, 0, 3, 9])), [0.5, 0, 0, 0.25, *[0] * 5, 0.25]
    )
    assert class_shares(np.array([], int)).sum() == 0
