"""Whether a number moved between two runs by more than its seeds scatter."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from convatlas.evaluation.intervals import interval_over_seeds

LEVEL = 0.05
"""Share of false alarms that is put up with among the numbers that are said to have moved."""
ROUNDING = 1e-9
"""Relative; under this two numbers are the same."""
RULE = (
    "A number has moved if Welch's test over seeds (or clips, folds, whatever it was measured "
    "over) takes the means of the two runs for different, and still does when all the numbers "
    "tested here are taken together: Benjamini and Hochberg's procedure keeps the share of false "
    f"alarms among the moved ones at {LEVEL:.0%} or less. With one seed in either run it cannot "
    "be told, unless neither run has anything random in it. Where the seeds of a run do not differ "
    "among themselves, in both runs, any difference between the runs is a move."
)
VERDICTS = ("moved", "cannot be told", "within spread", "same", "only in A", "only in B")
"""In the order in which they are of interest."""
EXACT = "computation"
"""The unit of numbers in which nothing is random."""


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What one run has for a number: a value a seed, or a unit of another kind."""

    values: tuple[float, ...]
    unit: str = "seeds"

    @property
    def mean(self) -> float:
        """Over seeds."""
        return float(np.mean(self.values))

    @property
    def interval(self) -> tuple[float, float] | None:
        """Student's, 95 %; None with one seed."""
        if len(self.values) < 2:
            return None
        summary = interval_over_seeds(self.values)
        return summary["low"], summary["high"]


@dataclasses.dataclass(frozen=True)
class Judgement:
    """A verdict, and the p-value that it rests on, if any."""

    verdict: str
    p_value: float | None = None


def judge_all(pairs: Sequence[tuple[Measurement | None, Measurement | None]]) -> list[Judgement]:
    """Judge numbers that two runs have, all of them together.

    Parameters
    ----------
    pairs : sequence of pairs of Measurement or None
        None where a run does not have the number.

    Returns
    -------
    list of Judgement
        In the same order, by :data:`RULE`; p-values are those of the single tests.
    """
    first = [_judge(one, other) for one, other in pairs]
    tested = [index for index, judged in enumerate(first) if judged.p_value is not None]
    if not tested:
        return first
    adjusted = stats.false_discovery_control([first[index].p_value for index in tested])
    for index, value in zip(tested, adjusted, strict=True):
        verdict = "moved" if value <= LEVEL else "within spread"
        first[index] = Judgement(verdict, first[index].p_value)
    return first


def _judge(one: Measurement | None, other: Measurement | None) -> Judgement:
    if one is None or other is None:
        return Judgement("only in B" if one is None else "only in A")
    if are_same(one.mean, other.mean):
        # the same mean of the same values; of others it is chance
        alike = len(one.values) == len(other.values) and all(
            map(are_same, sorted(one.values), sorted(other.values))
        )
        return Judgement("same" if alike else "within spread")
    if one.unit == other.unit == EXACT:
        return Judgement("moved")
    if min(len(one.values), len(other.values)) < 2:
        return Judgement("cannot be told")
    if np.ptp(one.values) == np.ptp(other.values) == 0:
        return Judgement("moved")
    test = stats.ttest_ind(one.values, other.values, equal_var=False)
    return Judgement("", float(test.pvalue))


def are_same(one: float, other: float) -> bool:
    """Tell whether two numbers differ by rounding at most."""
    return math.isclose(one, other, rel_tol=ROUNDING, abs_tol=1e-300)
