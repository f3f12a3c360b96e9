"""Grids of perceptrons: who is a member, which job fits it, and that jobs change nothing."""

import numpy as np
import pandas as pd
import pytest

from convatlas.data.observations import MinMax
from convatlas.data.partition import Table
from convatlas.evaluation.grids import KEYS, list_results
from convatlas.models.perceptron import Perceptron, measure
from convatlas.training.perceptron_grids import (
    Member,
    fit_share,
    list_members,
    list_widths,
    share_members,
)

RATES = [0.0001, 0.001, 0.01, 0.1, 0.2, 0.5, 0.9]
SETTINGS = {
    "encode": False, "depths": [1, 2], "widths": [1, 3, 4], "width_step": 1,
    "learning_rates": [0.1, 0.9], "activation": {"function": "sigmoid", "slope": 1.0},
    "weights": [-1, 1], "epochs": 4, "tolerance": 0.0, "jobs": 1,
}  # fmt: skip


def make_table(features=3, count=30):
    inputs = np.random.default_rng(0).random((count, features))
    values = np.column_stack([inputs, inputs.mean(1), inputs[:, 0]])
    cuts = [count // 2, 3 * count // 4]
    parts = zip(("train", "validation", "test"), np.split(np.arange(count), cuts), strict=True)
    names = (*(f"x{k}" for k in range(features)), "north", "east")
    scaling = MinMax(np.zeros(features + 2), np.ones(features + 2))
    return Table(names, names[-2:], values, scaling, dict(parts), True)


def fit(part=0, seed=5, **changes):
    return fit_share(SETTINGS | changes, make_table(), seed=seed, part=part)


# ---- members and shares


def test_widths_below_and_above_the_inputs():
    below = list_widths({"widths": "below_inputs", "width_step": 1}, 68)
    above = list_widths({"widths": "above_inputs", "width_step": 1}, 68)
    assert (below, above) == ([*range(1, 68)], [*range(69, 137)])
    assert list_widths({"widths": "above_inputs", "width_step": 30}, 68) == [69, 99, 129]
    assert list_widths({"widths": [5, 2], "width_step": 30}, 68) == [5, 2]


def test_the_document_has_175_perceptrons_and_469_and_476_autoencoders():
    table, five = make_table(features=68, count=8), [1, 2, 3, 4, 5]
    grid = SETTINGS | {"depths": five, "widths": five, "learning_rates": RATES}
    members = list_members(grid, table)
    assert len({(m.network.hidden, m.rate) for m in members}) == len(members) == 175
    assert {(m.network.inputs, m.network.outputs) for m in members} == {(68, 2)}
    assert members[8].name == "1x2@0.001"
    assert members[-1].network.hidden == (5, 5, 5, 5, 5)
    for widths, count in (("below_inputs", 67 * 7), ("above_inputs", 68 * 7)):
        codes = list_members(grid | {"encode": True, "depths": [1], "widths": widths}, table)
        assert len(codes) == count
        assert {(m.network.inputs, m.network.outputs) for m in codes} == {(68, 68)}


@pytest.mark.parametrize("parts", [1, 2, 3, 8, 50])
def test_shares_are_disjoint_complete_and_balanced(parts):
    grid = SETTINGS | {"widths": [*range(1, 15)], "depths": [1, 3]}  # by depth, then width
    members = list_members(grid, make_table())
    shares = [share_members(members, part, parts) for part in range(parts)]
    together = [member for share in shares for member in share]
    assert sorted(m.name for m in together) == sorted(m.name for m in members)
    widths = [member.network.hidden[0] for member in together]
    assert widths == sorted(widths)  # near widths are fitted together
    costs = [sum(member.network.parameters for member in share) for share in shares]
    heaviest = max(member.network.parameters for member in members)
    assert max(abs(cost - sum(costs) / parts) for cost in costs) <= heaviest


def test_more_parts_than_members_leave_some_empty():
    members = [Member(Perceptron(3, (2,), 2), rate) for rate in RATES[:2]]
    shares = [share_members(members, part, 5) for part in range(5)]
    assert sorted(map(len, shares)) == [0, 0, 0, 1, 1]
    history, fitted = fit(part=0, jobs=50)
    assert (len(history), fitted) == (0, {})


def test_three_parts_joined_are_one_part():
    keys = [*KEYS[1:], "epoch"]
    whole, best = fit()
    parts = [fit(part, jobs=3) for part in range(3)]
    assert min(len(history) for history, _ in parts) > 0
    joined = pd.concat([history for history, _ in parts])
    joined, whole = (table.sort_values(keys, ignore_index=True) for table in (joined, whole))
    assert len(whole) == 12 * 4
    pd.testing.assert_frame_equal(joined, whole, rtol=1e-9)
    held = {name: pair for _, fitted in parts for name, pair in fitted.items()}
    for name in best:
        for ours, theirs in zip(best[name][1], held[name][1], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9)


@pytest.mark.parametrize("encode", [False, True])
def test_the_best_of_a_part_at_each_rate_is_that_of_least_validation_energy(encode):
    table = make_table()
    history, fitted = fit(encode=encode)
    last = history.groupby(KEYS[1:])["monitor_energy"].last()
    rows = table.parts["validation"]
    desired = table.features if encode else table.desired
    assert len(fitted) == history["rate"].nunique() > 1
    for rate, energies in last.groupby("rate"):
        depth, width, _ = energies.idxmin()
        network, weights = fitted[f"{depth}x{width}@{rate:g}"]
        energy, _ = measure(network, weights, table.features[rows], desired[rows])
        assert energy == pytest.approx(energies.min(), rel=1e-12)


def test_all_rates_of_a_shape_start_alike_and_seeds_differ():
    (still, _), (other, _) = (
        fit(learning_rates=[1e-300, 2e-300], epochs=1, seed=seed) for seed in (5, 6)
    )
    energies = still.groupby(["depth", "width"])["monitor_energy"]
    assert (energies.min() == energies.max()).all()
    assert not set(still["monitor_energy"]) & set(other["monitor_energy"])


def test_one_that_diverges_at_once_is_counted():
    changes = {"activation": {"function": "linear", "slope": 1.0}, "learning_rates": [0.01, 1e9]}
    table = list_results(fit(**changes)[0].assign(seed=5))
    assert (len(table), (table["state"] == "diverged").sum()) == (12, 6)
