"""Descent in batches against torch's optimizers, and the networks that libraries hold and fit."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neural_network import MLPRegressor

from convatlas.models.perceptron import Activation, Perceptron
from convatlas.seeding import derive_seed
from convatlas.training.batches import Descent, descend_in_batches
from convatlas.training.library import (
    build_torch,
    fit_with_scikit_learn,
    fit_with_torch,
    read_torch,
)

LINEAR, TANH = Activation("linear"), Activation("tanh", 1.2)
SHAPES = [
    Perceptron(4, (3,), 2),
    Perceptron(4, (3, 2), 2, TANH, Activation("sigmoid", 0.8)),
    Perceptron(4, (5,), 2, LINEAR, LINEAR, bias=False),
]
ACTIVATIONS = st.builds(
    Activation, st.sampled_from(["sigmoid", "tanh", "linear"]), st.sampled_from([0.8, 1.0, 1.2])
)
NETWORKS = st.builds(
    Perceptron,
    inputs=st.integers(1, 6),
    hidden=st.lists(st.integers(1, 5), max_size=3).map(tuple),
    outputs=st.integers(1, 4),
    hidden_activation=ACTIVATIONS,
    output_activation=ACTIVATIONS,
    bias=st.booleans(),
)


@dataclass(frozen=True)
class Watched(Perceptron):
    """Remembers the batches that it was shown."""

    seen: list = field(default_factory=list)

    def differentiate(self, weights, inputs, desired):
        self.seen.append(inputs.copy())
        return super().differentiate(weights, inputs, desired)


@pytest.fixture
def observations():
    generator = np.random.default_rng(1)
    inputs = generator.random((10, 4))
    return inputs, np.stack([inputs.mean(1), inputs[:, 0]], axis=1)


def draw(network, seed=0):
    return network.draw(np.random.default_rng(seed))


def copy(weights):
    return [matrix.copy() for matrix in weights]


def near(ours, theirs, rtol=1e-9, atol=1e-11):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=rtol, atol=atol)


def descend_with_torch(network, weights, inputs, desired, descent, orders):
    """Fit by autograd and torch's optimizer and scheduler, in double precision."""
    model = build_torch(network, weights, torch.float64)
    kind = torch.optim.Adam if descent.method == "adam" else torch.optim.SGD
    optimizer = kind(model.parameters(), lr=descent.learning_rate)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, descent.epochs)
    for order in orders:
        for rows in torch.as_tensor(order).split(descent.batch_size or len(order)):
            optimizer.zero_grad()
            errors = torch.from_numpy(desired)[rows] - model(torch.from_numpy(inputs)[rows])
            ((errors**2).sum(1).mean() / 2).backward()
            optimizer.step()
        if descent.cosine:
            falling.step()
        yield read_torch(model)


@pytest.mark.parametrize("cosine", [False, True], ids=["constant", "cosine"])
@pytest.mark.parametrize("size", [0, 4], ids=["full", "batches"])
@pytest.mark.parametrize(("method", "rate"), [("descent", 0.3), ("adam", 0.05)])
@pytest.mark.parametrize("network", SHAPES, ids=["sigmoid", "tanh", "no bias"])
def test_every_epoch_ends_where_torch_ends(observations, network, method, rate, size, cosine):
    descent, start = Descent(method, rate, size, 6, cosine), draw(network)
    orders = [
        np.random.default_rng([derive_seed(3, "order"), epoch]).permutation(10)
        for epoch in range(6)
    ]
    theirs = descend_with_torch(network, start, *observations, descent, orders)
    ours = descend_in_batches(network, start, *observations, descent, seed=3)
    for one, other in zip(ours, theirs, strict=True):
        near(one, other)


def test_a_cosine_falls_from_the_rate_through_its_half_to_almost_0():
    descent = Descent("adam", 0.2, 0, 10, cosine=True)
    rates = [descent.rate(epoch) for epoch in range(11)]
    assert (rates[0], rates[5], rates[10]) == pytest.approx((0.2, 0.1, 0))
    assert (np.diff(rates) < 0).all()
    assert Descent("adam", 0.2, 0, 10).rate(9) == 0.2


def test_an_epoch_shows_every_observation_once_in_an_order_of_its_own(observations):
    inputs, desired = observations
    orders = []
    for seed in (0, 1):
        network = Watched(4, (3,), 2)
        list(descend_in_batches(network, draw(network), inputs, desired, Descent(
            "descent", 0.1, 4, 2), seed))  # fmt: skip
        assert [len(batch) for batch in network.seen] == [4, 4, 2] * 2
        orders += [np.concatenate(network.seen[:3]), np.concatenate(network.seen[3:])]
    for order in orders:
        assert sorted(map(tuple, order)) == sorted(map(tuple, inputs))
    assert len({order.tobytes() for order in orders}) == 4


@pytest.mark.parametrize("fit", [descend_in_batches, fit_with_torch])
def test_weights_given_are_not_changed_and_the_same_seed_gives_the_same_bits(observations, fit):
    network, descent = SHAPES[0], Descent("adam", 0.1, 4, 2)
    start = draw(network)
    given = copy(start)
    first, again, other = (
        list(map(copy, fit(network, start, *observations, descent, seed))) for seed in (5, 5, 6)
    )
    for one, kept in zip(start, given, strict=True):
        np.testing.assert_array_equal(one, kept)
    for one, same, different in zip(first[-1], again[-1], other[-1], strict=True):
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, different)


@settings(deadline=None, max_examples=60)
@given(NETWORKS, st.integers(0, 2**31))
def test_torch_holds_the_same_network(network, seed):
    weights = draw(network, seed)
    inputs = np.random.default_rng(seed).normal(size=(7, network.inputs))
    model = build_torch(network, weights, torch.float64)
    theirs = model(torch.from_numpy(inputs)).detach().numpy()
    np.testing.assert_allclose(network.predict(weights, inputs), theirs, rtol=1e-12, atol=1e-12)
    assert sum(parameter.numel() for parameter in model.parameters()) == network.parameters
    for ours, read in zip(weights, read_torch(model), strict=True):
        np.testing.assert_array_equal(ours, read)


@pytest.mark.parametrize("cosine", [False, True])
def test_torch_descends_by_the_mean_square_over_outputs(observations, cosine):
    network = SHAPES[1]  # of two outputs: its mean is the energy, its gradient ours
    descent, start = Descent("descent", 0.3, 0, 5, cosine), draw(network)
    ours = descend_in_batches(network, start, *observations, descent, seed=0)
    theirs = fit_with_torch(network, start, *observations, descent, seed=0)
    for one, other in zip(ours, theirs, strict=True):
        near(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["absolute_error", "cross_entropy"])
def test_one_step_of_the_other_losses_by_hand(observations, loss):
    network, (inputs, desired) = Perceptron(4, (3,), 2), observations
    start = draw(network)
    (after,) = fit_with_torch(
        network, start, inputs, desired, Descent("descent", 1.0, 0, 1), seed=0, loss=loss
    )
    *_, code, outputs = network.layers(start, inputs)
    slopes = {  # of the loss by the potential, for each output of each observation
        "absolute_error": np.sign(outputs - desired) * outputs * (1 - outputs),
        "cross_entropy": outputs - desired,
    }[loss] / desired.size  # fmt: skip
    near([start[1] - np.vstack([np.ones(10), code.T]) @ slopes], after[1:], 1e-4, 1e-5)


@pytest.mark.parametrize("function", ["linear", "tanh", "sigmoid"])
def test_the_weights_of_scikit_learn_answer_as_its_model_does(observations, monkeypatch, function):
    made, (inputs, desired) = [], observations
    monkeypatch.setattr(
        "sklearn.neural_network.MLPRegressor",
        lambda **options: made.append(MLPRegressor(**options)) or made[0],
    )
    network = Perceptron(4, (6, 3), 2, Activation(function), LINEAR)
    epochs = list(fit_with_scikit_learn(network, inputs, desired, Descent("adam", 0.02, 5, 60), 2))
    answers = network.predict(epochs[-1], inputs)
    np.testing.assert_allclose(answers, made[0].predict(inputs), rtol=1e-12)
    losses = [np.mean((network.predict(weights, inputs) - desired) ** 2) for weights in epochs]
    assert len(losses) == 60
    assert losses[-1] < losses[0] / 3
