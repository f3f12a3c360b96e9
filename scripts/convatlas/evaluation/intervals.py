"""Intervals over seeds."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import stdtrit

ROUNDING = 1e-9
"""Under this an error is told as such: what is left of it is rounding."""


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
        half = float(stdtrit(len(array) - 1, (1 + confidence) / 2) * deviation)
        low, high = mean - half, mean + half
    return {"mean": mean, "low": low, "high": high, "seeds": len(array)}


def summarise_values(values: Sequence[float]) -> dict[str, Any]:
    """Summarise one value per seed as JSON holds it.

    Returns
    -------
    dict
        As of :func:`interval_over_seeds`, with None in place of NaN, and ``values`` by seed.
    """
    summary = interval_over_seeds(values)
    clean = {key: None if value != value else value for key, value in summary.items()}
    return {**clean, "values": [float(value) for value in values]}


def number(summary: Mapping[str, Any], digits: int = 3) -> str:
    """Write a mean with its interval, e.g. ``0.00505 (0.00502 to 0.00508)``, or ``< 1e-09``.

    Parameters
    ----------
    summary : mapping
        ``mean``, ``low`` and ``high``; the latter None or NaN where there is no interval.
    digits : int
        Significant ones.
    """
    if 0 < abs(summary["mean"]) < ROUNDING:
        return f"< {ROUNDING:g}"
    mean, low, high = (_significant(summary[key], digits) for key in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})" if low and high else mean


def _significant(value: float | None, digits: int) -> str:
    if value is None or math.isnan(value):
        return ""
    return f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}"
