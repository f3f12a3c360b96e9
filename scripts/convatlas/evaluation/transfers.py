"""How transfers of style came out: losses at the end, and of one weight beside another."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from convatlas.evaluation.intervals import summarise_values

STABLE = 0.01
"""Of the way from the first loss to the last: what is left to go when a loss is called stable."""


def steps_to_stable(losses: pd.Series) -> int:
    """Return the step from which on a loss stays within a hundredth of its way of the last one."""
    values = losses.to_numpy()
    restless = np.abs(values - values[-1]) > STABLE * abs(values[0] - values[-1])
    return int(restless.nonzero()[0][-1]) + 2 if restless.any() else 1


def summarise_transfers(
    histories: Mapping[str, pd.DataFrame],
    features: Mapping[str, str],
    compared: Sequence[str],
) -> dict[str, Any]:
    """Summarise losses.

    Parameters
    ----------
    histories : mapping of str to pandas.DataFrame
        By transfer, as :func:`convatlas.synthesis.gatys.transfer_style` gives them.
    features : mapping of str to str
        Names of the feature networks, by transfer.
    compared : sequence of str
        Transfers whose weight of style grows from each to the next.

    Returns
    -------
    dict
        By transfer: ``content`` and ``style``, the terms at the end; ``style_of_start``, the share
        that is left of the style's first term; ``steps``, and ``steps_to_stable``. For each of the
        compared but the first also ``content_over_previous`` and ``style_over_previous``.
    """
    metrics = {}
    for name, history in histories.items():
        last, first = history.iloc[-1], history.iloc[0]
        found = {
            "content": last["content"],
            "style": last["style"],
            "style_of_start": last["style"] / first["style"],
            "steps": len(history),
            "steps_to_stable": steps_to_stable(history["loss"]),
        }
        metrics[name] = _summaries(found) | {"dataset": features[name]}
    for before, after in pairwise([name for name in compared if name in histories]):
        ratios = {
            f"{term}_over_previous": _last(histories[after], term) / _last(histories[before], term)
            for term in ("content", "style")
        }
        metrics[after] |= _summaries(ratios) | {"behind": [features[before]]}
    return metrics


def _last(history: pd.DataFrame, term: str) -> float:
    return float(history[term].iloc[-1])


def _summaries(values: Mapping[str, float | None]) -> dict[str, Any]:
    return {
        name: {**summarise_values([float(value)]), "unit": "pictures"}
        for name, value in values.items()
        if value is not None
    }


def summarise_dreams(
    scores: Mapping[str, Mapping[str, float]],
    features: Mapping[str, str],
    compared: Sequence[str],
) -> dict[str, Any]:
    """Summarise dreams.

    Parameters
    ----------
    scores : mapping of str to mapping
        By dream, as :func:`convatlas.synthesis.dream_scores.score_dream` gives them.
    features : mapping of str to str
        Names of the feature networks, by dream.
    compared : sequence of str
        Dreams of layers, each further back than the one before.

    Returns
    -------
    dict
        By dream: its scores; of each of the compared but the first also
        ``fineness_over_previous``.
    """
    metrics = {n: _summaries(s) | {"dataset": features[n]} for n, s in scores.items()}
    for before, after in pairwise([name for name in compared if name in scores]):
        ratio = scores[after]["fineness"] / scores[before]["fineness"]
        metrics[after] |= _summaries({"fineness_over_previous": ratio})
        metrics[after] |= {"behind": [features[before]]}
    return metrics
