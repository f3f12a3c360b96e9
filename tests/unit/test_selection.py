"""Which digits and predictions are shown."""

import numpy as np
import pandas as pd
import pytest

from convatlas.data.digits import Digits
from convatlas.data.selection import pick_predictions, spread_by_class
from convatlas.errors import ConvatlasError


def make_digits(labels, writers=None):
    count = len(labels)
    text = np.full(count, "x")
    return Digits(
        forms={"plain": np.zeros((count, 28, 28), np.uint8)},
        labels=np.asarray(labels, np.uint8),
        source=text,
        writer=text if writers is None else np.asarray(writers),
        position=text,
    )


def test_digits_of_each_class_are_spread_from_first_to_last():
    digits = make_digits([0, 1] * 11)
    assert spread_by_class(digits, per_class=3).tolist() == [0, 10, 20, 1, 11, 21]
    assert spread_by_class(digits, per_class=1).tolist() == [0, 1]


def test_a_class_with_few_digits_gives_all_of_them_once():
    digits = make_digits([7, 3, 7, 7])
    assert spread_by_class(digits, per_class=5).tolist() == [1, 0, 2, 3]


def test_one_writer_is_picked_and_an_unknown_one_means_everybody():
    digits = make_digits([4] * 6, ["ana", "bo"] * 3)
    assert spread_by_class(digits, per_class=9, writer="bo").tolist() == [1, 3, 5]
    for writer in (None, "zoe"):
        assert spread_by_class(digits, per_class=9, writer=writer).tolist() == [*range(6)]


@pytest.fixture
def predictions():
    rows = [  # index, label, predicted, confidence
        (0, 1, 1, 0.9),
        (1, 2, 7, 0.5),
        (2, 3, 3, 0.9),
        (3, 4, 9, 0.8),
        (4, 5, 6, 0.8),
    ]
    table = pd.DataFrame(rows, columns=["index", "label", "predicted", "confidence"])
    later = table.assign(seed=5, predicted=0, confidence=1.0)
    other = table.assign(target="other", seed=2, predicted=0, confidence=1.0)
    return pd.concat([later.assign(target="t"), table.assign(seed=2, target="t"), other])


@pytest.mark.parametrize(
    ("pick", "count", "indices"),
    [
        ("first", 2, [0, 1]),
        ("first", 99, [0, 1, 2, 3, 4]),
        ("spread", 3, [0, 2, 4]),
        ("spread", 99, [0, 1, 2, 3, 4]),
        ("mistakes", 2, [3, 4]),
        ("mistakes", 99, [3, 4, 1]),
    ],
)
def test_rows_of_the_first_seed_and_of_the_target_alone(predictions, pick, count, indices):
    picked = pick_predictions(predictions, target="t", pick=pick, count=count)
    assert picked["index"].tolist() == indices
    assert set(picked["seed"]) == {2}
    assert set(picked["target"]) == {"t"}


def test_an_unknown_target_or_pick_is_an_error(predictions):
    with pytest.raises(ConvatlasError, match="target 'u'"):
        pick_predictions(predictions, target="u", pick="first", count=1)
    with pytest.raises(ConvatlasError, match=r"pick 'best'.*first, spread or mistakes"):
        pick_predictions(predictions, target="t", pick="best", count=1)
