"""Where on Earth: distances, and decisions among places.

Zhou, Claire and King, *Predicting the geographical origin of music*, ICDM 2014, measure a
prediction by the great-circle distance to the true place.
"""

import numpy as np

EARTH_RADIUS = 6371.0088
"""Mean radius in km (IUGG, Moritz 2000)."""


def to_sphere(degrees: np.ndarray) -> np.ndarray:
    """Turn latitude and longitude in degrees (..., 2) into unit vectors (..., 3)."""
    latitude, longitude = np.moveaxis(np.radians(degrees), -1, 0)
    level = np.cos(latitude)
    return np.stack(
        [level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)], axis=-1
    )


def from_sphere(vectors: np.ndarray) -> np.ndarray:
    """Turn vectors (..., 3) of any length but 0 into latitude and longitude in degrees (..., 2)."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    return np.degrees(np.stack([np.arctan2(z, np.hypot(x, y)), np.arctan2(y, x)], axis=-1))


def great_circle_km(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the distance over the Earth's surface between places in degrees (..., 2).

    By the angle 2 atan2(|u - w|, |u + w|) of the unit vectors (Kahan 2006, *How futile are
    mindless assessments of roundoff*), exact for near places and for antipodes alike.
    """
    u, w = to_sphere(one), to_sphere(other)
    apart = np.linalg.norm(u - w, axis=-1)
    return EARTH_RADIUS * 2 * np.arctan2(apart, np.linalg.norm(u + w, axis=-1))


def distances_km(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return all distances (n, m) between places (n, 2) and (m, 2) in degrees."""
    return great_circle_km(one[:, None], other[None])


def decide_by_expected_distance(
    probabilities: np.ndarray, places: np.ndarray, *, sharpness: float = 1.0
) -> np.ndarray:
    """Choose, for each row, the place from which the true one is least far on average.

    The Bayes decision under the great-circle distance as loss. It may differ from the likeliest
    place: of three likely neighbours and a likelier lone place, it is a neighbour.

    Parameters
    ----------
    probabilities : numpy.ndarray
        (n, m) of each place, as a classifier states them.
    places : numpy.ndarray
        (m, 2) latitude and longitude in degrees; the choice is among them.
    sharpness : float
        Exponent of the probabilities. Forests state them too evenly; what exponent suits has to
        be chosen on training data.

    Returns
    -------
    numpy.ndarray
        (n, 2) degrees.
    """
    weights = probabilities**sharpness
    expected = weights @ distances_km(places, places)
    return places[expected.argmin(axis=1)]


def best_constant_place(places: np.ndarray, candidates: np.ndarray | None = None) -> np.ndarray:
    """Return the candidate (by default one of the places) that is nearest on average, (2,)."""
    candidates = places if candidates is None else candidates
    candidates = np.unique(candidates, axis=0)
    return candidates[distances_km(candidates, places).mean(axis=1).argmin()]
