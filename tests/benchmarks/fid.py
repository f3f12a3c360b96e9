"""Seconds of the Fréchet distance: few pictures of many features, and full covariances.

Beside the usual way, SciPy's square root of the product of the covariances, in the same process.
"""

import time

import numpy as np
from scipy import linalg

from record import write_record

# isort: split
from convatlas.evaluation.fid import (
    frechet_distance,
    frechet_distance_of_features,
    statistics_of,
)

DIMENSION, FEW, MANY, ROUNDS = 2048, 300, 10_000, 5


def features(count: int, seed: int) -> np.ndarray:
    """Draw features whose spread falls as those of a network do."""
    generator = np.random.default_rng(seed)
    spread = 1 / np.sqrt(1 + np.arange(DIMENSION))
    return generator.normal(size=(count, DIMENSION)) * spread + 0.01 * seed


def usual(one, other) -> float:
    root = linalg.sqrtm(one.covariance @ other.covariance).real
    apart = one.mean - other.mean
    return apart @ apart + np.trace(one.covariance + other.covariance - 2 * root)


def seconds(compute, rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the median time of several calls, and what they return."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        value = compute()
        taken.append(time.perf_counter() - started)
    return round(float(np.median(taken)), 4), float(value)


def main() -> None:
    numbers = {}
    for name, count in (("300_pictures", FEW), ("10000_pictures", MANY)):
        both = features(count, 1), features(count, 2)
        statistics = tuple(map(statistics_of, both))
        ways = {
            "of_features": lambda both=both: frechet_distance_of_features(*both),
            "of_statistics": lambda statistics=statistics: frechet_distance(*statistics),
        }
        timed = {way: seconds(compute) for way, compute in ways.items()}
        slow, value = seconds(lambda statistics=statistics: usual(*statistics), rounds=1)
        found = timed["of_features"][1]
        numbers[name] = {
            **{f"seconds_{way}": time_ for way, (time_, _) in timed.items()},
            "seconds_sqrtm": slow,
            "relative_difference_to_sqrtm": abs(found - value) / value,
            "relative_difference_of_the_two": abs(found - timed["of_statistics"][1]) / found,
        }
    write_record("fid", "python tests/benchmarks/fid.py", {"dimension": DIMENSION, **numbers})


if __name__ == "__main__":
    main()
