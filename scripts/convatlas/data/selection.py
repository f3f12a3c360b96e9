"""Which digits to show."""

import numpy as np
import pandas as pd

from convatlas.data.digits import Digits
from convatlas.errors import ConvatlasError


def spread_by_class(digits: Digits, *, per_class: int, writer: str | None = None) -> np.ndarray:
    """Choose some digits of each class, evenly spread over the dataset's order.

    Parameters
    ----------
    digits : Digits
        The dataset.
    per_class : int
        How many of each class, at most.
    writer : str, optional
        Only this writer's; everybody's when the dataset has no such writer (embedded data), which
        the figure's caption says.

    Returns
    -------
    numpy.ndarray
        Indices, class by class.
    """
    allowed = digits.writer == writer if writer in digits.writer else np.full(len(digits), True)
    chosen = []
    for digit in range(10):
        candidates = np.flatnonzero(allowed & (digits.labels == digit))
        count = min(per_class, len(candidates))
        chosen.append(candidates[np.linspace(0, len(candidates) - 1, count).round().astype(int)])
    return np.concatenate(chosen)


def pick_predictions(
    predictions: pd.DataFrame, *, target: str, pick: str, count: int
) -> pd.DataFrame:
    """Choose rows of predictions of the first seed to show.

    Parameters
    ----------
    predictions : pandas.DataFrame
        ``predictions.csv``.
    target : str
        Of which target.
    pick : str
        ``first`` in order, ``spread`` evenly over the order, or ``mistakes``: wrong ones, the most
        confident first.
    count : int
        How many, at most.

    Raises
    ------
    ConvatlasError
        If there are no predictions of the target, or ``pick`` is none of the three.
    """
    table = predictions[predictions["target"] == target]
    if table.empty:
        raise ConvatlasError(f"no predictions of target '{target}'; is it among the model's?")
    table = table[table["seed"] == table["seed"].min()]
    match pick:
        case "first":
            return table.head(count)
        case "spread":
            rows = np.linspace(0, len(table) - 1, min(count, len(table))).round().astype(int)
            return table.iloc[rows]
        case "mistakes":
            wrong = table[table["label"] != table["predicted"]]
            return wrong.sort_values("confidence", ascending=False, kind="stable").head(count)
    raise ConvatlasError(f"pick '{pick}': it may be first, spread or mistakes")
