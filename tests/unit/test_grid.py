"""A grid's members stop, diverge and resume, each as it would alone."""

import numpy as np
import pandas as pd
import pytest

from convatlas.models.perceptron import Activation, Perceptron, measure
from convatlas.training import grid as module
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.grid import fit_grid, split_into_stacks

LINEAR = {
    "hidden_activation": Activation("linear"),
    "output_activation": Activation("linear"),
}


@pytest.fixture
def tables():
    generator = np.random.default_rng(2)
    inputs = generator.random((60, 4))
    desired = np.stack([inputs.mean(1), inputs[:, 0]], axis=1)
    return {"train": (inputs[:40], desired[:40]), "monitor": (inputs[40:], desired[40:])}


def draw(networks):
    return [n.draw(np.random.default_rng([5, *n.hidden])) for n in networks]


def members(**options):
    networks = [Perceptron(4, (w,) * d, 2, **options) for d in (1, 2) for w in (2, 5, 3)]
    return networks, draw(networks), [0.3, 0.5, 0.9, 0.3, 0.5, 0.9]


def same(one, other):
    pd.testing.assert_frame_equal(one.history, other.history)
    assert one.states == other.states
    for a, b in zip(one.weights, other.weights, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y)


def test_a_member_fits_as_it_would_alone(tables):
    networks, weights, rates = members()
    together = fit_grid(networks, weights, rates, **tables, epochs=12, tolerance=0.055, seed=3)
    assert set(together.states) == {"trained", "under tolerance"}  # else this tests too little
    for i, network in enumerate(networks):
        alone = fit_grid(
            [network], [weights[i]], [rates[i]], **tables, epochs=12, tolerance=0.055, seed=3
        )
        assert alone.states == [together.states[i]]
        rows = together.history[together.history["member"] == i].drop(columns="member")
        expected = alone.history.drop(columns="member")
        pd.testing.assert_frame_equal(rows.reset_index(drop=True), expected, rtol=1e-10)
        for ours, theirs in zip(together.weights[i], alone.weights[0], strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_the_last_row_is_what_the_weights_give(tables):
    networks, weights, rates = members()
    fit = fit_grid(networks, weights, rates, **tables, epochs=3, tolerance=0.0, seed=0)
    last = fit.history.groupby("member").last()
    for i, network in enumerate(networks):
        energy, gradient = measure(network, fit.weights[i], *tables["monitor"])
        assert last.loc[i, "monitor_energy"] == pytest.approx(energy, rel=1e-12)
        assert last.loc[i, "monitor_gradient"] == pytest.approx(gradient, rel=1e-12)


def test_it_learns(tables):
    networks, weights, rates = members()
    fit = fit_grid(networks, weights, rates, **tables, epochs=150, tolerance=0.0, seed=0)
    energies = fit.history.groupby("member")["monitor_energy"]
    assert (energies.last() < 0.6 * energies.first()).all()


def test_one_that_diverges_is_flagged_and_keeps_its_last_finite_weights(tables):
    networks, weights, _ = members(**LINEAR)
    fit = fit_grid(
        networks,
        weights,
        [0.01, 1e3, 0.01, 0.01, 0.01, 0.01],
        **tables,
        epochs=6,
        tolerance=0.0,
        seed=0,
    )
    assert fit.states == ["trained", "diverged", *["trained"] * 4]
    assert all(np.isfinite(matrix).all() for matrix in fit.weights[1])
    others = fit.history[fit.history["member"] != 1]
    assert np.isfinite(others.to_numpy()).all()
    (row,) = fit.history[fit.history["member"] == 1].to_numpy()  # at once, and yet it is counted
    assert np.isnan(row[2:]).all()
    assert (fit.history["member"] == 0).sum() == 6


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("stop_after", [1, 7, 13])
def test_stopped_and_resumed_it_comes_to_the_same_bits(tables, tmp_path, monkeypatch, stop_after):
    monkeypatch.setattr(module, "STACK_BYTES", 400)  # several stacks
    networks, weights, rates = members()
    settings = {**tables, "epochs": 6, "tolerance": 0.055, "seed": 1}
    assert len(list(split_into_stacks(networks))) >= 3
    undisturbed = fit_grid(networks, weights, rates, **settings)
    calls = []

    def stop(done, total):
        calls.append(done)
        if len(calls) == stop_after:
            raise StoppedError

    path = tmp_path / "state.pt"
    with pytest.raises(StoppedError):
        fit_grid(
            networks, weights, rates, **settings, checkpoint=Checkpoint(path, "f", 0), progress=stop
        )
    seen = []
    resumed = fit_grid(
        networks,
        weights,
        rates,
        **settings,
        checkpoint=Checkpoint(path, "f", 0),
        progress=lambda done, total: seen.append(done),
    )
    same(resumed, undisturbed)
    assert stop_after == 1 or seen[0] > calls[0]  # it did go on, and did not start afresh


def test_every_member_is_in_one_stack():
    networks = [Perceptron(68, (w,), 68) for w in range(1, 137) for _ in range(7)]
    stacks = list(split_into_stacks(networks))
    assert sorted(member for stack in stacks for member in stack) == list(range(len(networks)))
    assert len(stacks) > 5
    for stack in stacks:
        widest = max(networks[i].parameters for i in stack)
        assert len(stack) == 1 or 8 * widest * len(stack) <= module.STACK_BYTES
