"""Student's interval over seeds."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from convatlas.evaluation.intervals import interval_over_seeds


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=12).filter(lambda v: np.std(v) > 1e-6),
    st.sampled_from([0.5, 0.95, 0.99]),
)
def test_the_interval_is_that_of_scipy(values, confidence):
    found = interval_over_seeds(values, confidence)
    expected = stats.t.interval(
        confidence, len(values) - 1, loc=np.mean(values), scale=stats.sem(values)
    )
    assert (found["low"], found["high"]) == pytest.approx(expected)
    assert found["mean"] == pytest.approx(np.mean(values))
    assert found["seeds"] == len(values)


def test_two_values_by_hand():
    # mean 0.5, deviation 0.1 * sqrt 2, divided by sqrt 2, times t(0.975, 1) = tan(0.475 pi)
    half = 0.1 * math.tan(0.475 * math.pi)
    found = interval_over_seeds([0.4, 0.6])
    assert found["low"] == pytest.approx(0.5 - half)
    assert found["high"] == pytest.approx(0.5 + half)


def test_one_value_has_no_interval():
    found = interval_over_seeds([0.7])
    assert (found["mean"], found["seeds"]) == (0.7, 1)
    assert math.isnan(found["low"])
    assert math.isnan(found["high"])


def test_equal_values_have_an_interval_of_no_width():
    assert interval_over_seeds([0.5] * 3) == {"mean": 0.5, "low": 0.5, "high": 0.5, "seeds": 3}


def test_no_values_are_an_error():
    with pytest.raises(ValueError, match="no seeds"):
        interval_over_seeds([])
