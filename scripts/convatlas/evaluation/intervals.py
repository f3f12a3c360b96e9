"""Intervals over seeds."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats


def interval_over_seeds(values: Sequence[float], confidence: float = 0.95) -> dict[str, float]:
    """Mean of one value per seed, with Student's interval for the mean.

    Parameters
    ----------
    values : sequence of float
        One measurement per seed.
    confidence : float
        Coverage, 0.95 by default.

    Returns
    -------
    dict
        ``mean``, ``low``, ``high``, ``seeds``. With one seed there is no interval: low and high
        are NaN.

    Raises
    ------
    ValueError
        If there are no values.
    """
    if len(values) == 0:
        raise ValueError("an interval over no seeds")
    array = np.asarray(values, float)
    mean, low, high = float(array.mean()), math.nan, math.nan
    if len(array) > 1:
        deviation = array.std(ddof=1) / math.sqrt(len(array))
        half = float(stats.t.ppf((1 + confidence) / 2, len(array) - 1) * deviation)
        low, high = mean - half, mean + half
    return {"mean": mean, "low": low, "high": high, "seeds": len(array)}
