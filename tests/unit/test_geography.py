"""Distances on the sphere against the haversine formula and known ones; decisions by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convatlas.evaluation.geography import (
    EARTH_RADIUS,
    best_constant_place,
    decide_by_expected_distance,
    distances_km,
    from_sphere,
    great_circle_km,
    to_sphere,
)

PLACES = st.tuples(st.floats(-90, 90), st.floats(-180, 180)).map(np.array)


def haversine(one, other):
    (a, b), (c, d) = np.radians(one), np.radians(other)
    h = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return 2 * EARTH_RADIUS * np.arcsin(np.sqrt(min(h, 1.0)))


@given(PLACES, PLACES)
def test_distances_are_those_of_the_haversine_formula(one, other):
    # the haversine loses digits near antipodes, hence half a metre
    assert great_circle_km(one, other) == pytest.approx(haversine(one, other), rel=1e-9, abs=5e-4)
    assert great_circle_km(one, other) == great_circle_km(other, one)


@pytest.mark.parametrize(
    ("one", "other", "quarters"),
    [((0, 0), (0, 90), 1), ((90, 0), (0, 33), 1), ((0, 0), (0, 180), 2), ((5, 7), (5, 7), 0)],
)
def test_known_distances(one, other, quarters):
    distance = great_circle_km(np.array(one, float), np.array(other, float))
    assert distance == pytest.approx(quarters * np.pi / 2 * EARTH_RADIUS, abs=1e-9)


def test_one_metre_is_told():
    metre = np.degrees(0.001 / EARTH_RADIUS)
    distance = great_circle_km(np.array([45.0, 10.0]), np.array([45.0 + metre, 10.0]))
    assert distance == pytest.approx(0.001, rel=1e-6)


@given(st.tuples(st.floats(-89, 89), st.floats(-179, 179)).map(np.array), st.floats(0.1, 9))
def test_there_and_back(place, length):
    np.testing.assert_allclose(from_sphere(length * to_sphere(place)), place, atol=1e-9)


def test_of_likely_neighbours_and_a_likelier_lone_place_it_is_a_neighbour():
    places = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [0.0, 120.0]])
    likely = np.array([[0.2, 0.2, 0.2, 0.4]])
    np.testing.assert_array_equal(decide_by_expected_distance(likely, places), [[0, 2]])
    sharp = decide_by_expected_distance(likely, places, sharpness=4)
    np.testing.assert_array_equal(sharp, [[0, 120]])


def test_the_best_constant_place_is_found_by_trying_all():
    places = np.random.default_rng(0).uniform([-60, -180], [60, 180], (30, 2))
    means = [np.mean([haversine(one, other) for other in places]) for one in places]
    np.testing.assert_array_equal(best_constant_place(places), places[np.argmin(means)])
    assert distances_km(places, places[:3]).shape == (30, 3)
