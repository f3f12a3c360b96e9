"""Dropout drops the share that it should, independently, and scales what it keeps."""

import numpy as np
import pytest
import torch
from scipy import stats

from convatlas.models.dropout import Dropout


def drop(x, p=0.3, seed=0):
    torch.manual_seed(seed)
    return Dropout(p).train()(x)


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_the_share_is_right_and_the_rest_grows(p):
    count = 400_001  # no multiple of four
    out = drop(torch.ones(count), p)
    dropped = int((out == 0).sum())
    assert stats.binomtest(dropped, count, p).pvalue > 1e-4
    assert out.unique().tolist() == pytest.approx([0, 1 / (1 - p)])


def test_neighbours_are_independent():
    out = (drop(torch.ones(1000, 400), 0.5) == 0).double().numpy()
    for lag in range(1, 9):  # four decisions share a number
        correlation = np.corrcoef(out.ravel()[:-lag], out.ravel()[lag:])[0, 1]
        assert abs(correlation) < 4.5 / np.sqrt(out.size)


def test_gradients_pass_where_numbers_did():
    x = torch.randn(50, 60, requires_grad=True)
    out = drop(x)
    out.sum().backward()
    torch.testing.assert_close(x.grad, out.detach() / x.detach())


def test_the_same_seed_drops_the_same_and_evaluation_drops_nothing():
    x = torch.randn(20, 30)
    assert torch.equal(drop(x), drop(x))
    assert not torch.equal(drop(x), drop(x, seed=1))
    assert torch.equal(Dropout(0.3).eval()(x), x)
