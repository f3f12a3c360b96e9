"""The Fréchet distance against what is known analytically, and against others' arithmetic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convatlas.errors import ConvatlasError
from convatlas.evaluation.fid import (
    Moments,
    Statistics,
    frechet_distance,
    frechet_distance_of_features,
    load_statistics,
    save_statistics,
    statistics_of,
    warn_of_few,
)


def features(count, dimension, seed, *, scale=1.0, shift=0.0):
    generator = np.random.default_rng(seed)
    mixed = generator.normal(size=(count, dimension)) @ generator.normal(
        size=(dimension, dimension)
    )
    return shift + scale * mixed / np.sqrt(dimension)


@pytest.mark.parametrize("count", [12, 300])
def test_equal_sets_are_at_no_distance(count):
    one = features(count, 40, 1)
    assert frechet_distance_of_features(one, one) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(statistics_of(one), statistics_of(one)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("count", [12, 300])
def test_equal_covariances_leave_the_squared_distance_of_the_means(count):
    one, apart = features(count, 40, 1), np.linspace(-1, 2, 40)
    wanted = (apart**2).sum()
    assert frechet_distance_of_features(one, one + apart) == pytest.approx(wanted, rel=1e-9)


@given(
    means=st.tuples(*[st.floats(-5, 5)] * 2),
    deviations=st.tuples(*[st.floats(0.01, 5)] * 2),
)
def test_one_dimension_by_formula(means, deviations):
    one, other = (
        Statistics(np.array([m]), np.array([[s * s]]))
        for m, s in zip(means, deviations, strict=True)
    )
    wanted = (means[0] - means[1]) ** 2 + (deviations[0] - deviations[1]) ** 2
    assert frechet_distance(one, other) == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_diagonal_covariances_by_formula():
    a, b = np.linspace(0.1, 3, 30), np.linspace(2, 0.5, 30)
    one, other = Statistics(np.zeros(30), np.diag(a)), Statistics(np.ones(30), np.diag(b))
    wanted = 30 + ((np.sqrt(a) - np.sqrt(b)) ** 2).sum()
    assert frechet_distance(one, other) == pytest.approx(wanted, rel=1e-12)


@settings(deadline=None, max_examples=30)
@given(
    counts=st.tuples(st.integers(2, 30), st.integers(2, 30)),
    dimension=st.integers(31, 60),
    seed=st.integers(0, 2**31),
)
def test_the_short_way_of_few_pictures_agrees_with_the_long_one(counts, dimension, seed):
    one = features(counts[0], dimension, seed)
    other = features(counts[1], dimension, seed + 1, scale=2, shift=0.5)
    long_way = frechet_distance(statistics_of(one), statistics_of(other))
    # the long way takes square roots of eigenvalues that are rounding: 1e-16 becomes 1e-8
    assert frechet_distance_of_features(one, other) == pytest.approx(long_way, rel=1e-6)


def test_it_is_symmetric_and_not_negative():
    one, other = features(500, 20, 3), features(400, 20, 4, scale=1.5)
    there, back = frechet_distance_of_features(one, other), frechet_distance_of_features(other, one)
    assert there == pytest.approx(back, rel=1e-10)
    assert there > 0


@pytest.mark.parametrize("counts", [(700, 600), (20, 25), (20, 700)])
def test_agrees_with_pytorch_fid(counts):
    score = pytest.importorskip("pytorch_fid.fid_score")
    ones = features(counts[0], 64, 5)
    others = features(counts[1], 64, 6, scale=1.3, shift=0.2)
    one, other = statistics_of(ones), statistics_of(others)
    theirs = score.calculate_frechet_distance(
        one.mean, one.covariance, other.mean, other.covariance
    )
    # theirs adds 1e-6 to singular covariances
    tolerance = 1e-6 if min(counts) > 64 else 1e-3
    assert frechet_distance(one, other) == pytest.approx(theirs, rel=tolerance)
    assert frechet_distance_of_features(ones, others) == pytest.approx(theirs, rel=tolerance)


def test_agrees_with_torch_fidelity():
    metric = pytest.importorskip("torch_fidelity.metric_fid")
    one = statistics_of(features(700, 64, 5))
    other = statistics_of(features(600, 64, 6, scale=1.3, shift=0.2))
    stats = [{"mu": s.mean, "sigma": s.covariance} for s in (one, other)]
    theirs = metric.fid_statistics_to_metric(*stats, verbose=False)
    wanted = theirs["frechet_inception_distance"]
    assert frechet_distance(one, other) == pytest.approx(wanted, rel=1e-6)


@settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(0, 200), max_size=6), seed=st.integers(0, 2**31))
def test_batches_and_order_change_nothing(cuts, seed):
    rows = features(200, 8, seed, shift=1000)
    moments = Moments(8)
    for batch in np.split(np.random.default_rng(seed).permutation(rows), sorted(cuts)):
        moments.add(batch)
    found = moments.statistics()
    np.testing.assert_allclose(found.mean, rows.mean(0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(rows.T), rtol=1e-9, atol=1e-9)


def test_float32_features_are_summed_in_float64():
    rows = features(5000, 4, 7, shift=100).astype(np.float32)
    found = statistics_of(rows).covariance
    np.testing.assert_allclose(found, np.cov(rows.astype(float).T), rtol=1e-10)


def test_statistics_go_to_a_file_and_back_as_pytorch_fid_has_them(tmp_path):
    one = statistics_of(features(50, 6, 8))
    save_statistics(tmp_path / "statistics.npz", one)
    with np.load(tmp_path / "statistics.npz") as content:
        assert set(content.files) == {"mu", "sigma"}
    back = load_statistics(tmp_path / "statistics.npz")
    assert frechet_distance(one, back) == pytest.approx(0, abs=1e-6)
    np.testing.assert_array_equal(back.covariance, one.covariance)


def test_statistics_of_others_that_do_not_fit_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", mean=np.zeros(3))
    with pytest.raises(ConvatlasError, match=r"a\.npz: holds mean; statistics have mu and sigma"):
        load_statistics(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", mu=np.zeros(3), sigma=np.eye(4))
    with pytest.raises(ConvatlasError, match=r"\(3,\) and sigma of shape \(4, 4\)"):
        load_statistics(tmp_path / "b.npz")


def test_statistics_that_are_no_numbers_are_refused(tmp_path):
    # max(0, nan) is 0 in Python: such a distance would be told as a perfect one
    np.savez(tmp_path / "a.npz", mu=[np.nan, 0.0], sigma=np.eye(2))
    with pytest.raises(ConvatlasError, match=r"a\.npz: the mean of features holds values"):
        load_statistics(tmp_path / "a.npz")
    with pytest.raises(ConvatlasError, match="covariance of features holds values"):
        Statistics(np.zeros(2), np.full((2, 2), np.inf))


def test_other_dimensions_are_refused():
    with pytest.raises(ConvatlasError, match="5 and 6 features"):
        frechet_distance_of_features(features(9, 5, 0), features(9, 6, 0))
    with pytest.raises(ConvatlasError, match="of 5 and of 6 features"):
        frechet_distance(statistics_of(features(9, 5, 0)), statistics_of(features(9, 6, 0)))


def test_one_picture_and_what_is_no_number_are_refused():
    with pytest.raises(ConvatlasError, match="1 pictures: two at least"):
        statistics_of(np.zeros((1, 3)))
    bad = np.zeros((4, 3))
    bad[2, 1] = np.nan
    with pytest.raises(ConvatlasError, match="feature 1 of picture 2 is nan"):
        statistics_of(bad)
    with pytest.raises(ConvatlasError, match="feature 1 of picture 2 is nan"):
        frechet_distance_of_features(bad, np.zeros((4, 3)))


def test_few_pictures_are_told():
    with pytest.warns(UserWarning, match="covariance is singular"):
        assert "84 features" in warn_of_few(50, 84)
    with pytest.warns(UserWarning, match="biased upwards"):
        assert "fewer than 2048" in warn_of_few(2047, 84)
    assert warn_of_few(2048, 84) == ""
