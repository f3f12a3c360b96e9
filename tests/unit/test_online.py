"""A stack of perceptrons against each one alone, by the textbook's loop."""

import numpy as np
import pytest

from convatlas.models.perceptron import Activation, Perceptron
from convatlas.training import online
from convatlas.training.online import Stack

RATES = (0.0001, 0.1, 0.9)


def learn_alone(network, weights, rate, inputs, desired):
    """Show every observation once, and take a step after each."""
    energy = gradient = 0.0
    for x, d in zip(inputs, desired, strict=True):
        instant, derivatives, local = network.differentiate(weights, x[None], d[None])
        for matrix, derivative in zip(weights, derivatives, strict=True):
            matrix -= rate * derivative
        energy += instant / len(inputs)
        gradient += local.mean() / len(inputs)
    return energy, gradient


def grid(shapes, **options):
    networks = [Perceptron(5, (width,) * depth, 3, **options) for depth, width in shapes]
    members = [(network, rate) for network in networks for rate in RATES]
    weights = [n.draw(np.random.default_rng([7, i])) for i, (n, _) in enumerate(members)]
    return members, weights


@pytest.fixture
def observations():
    generator = np.random.default_rng(1)
    return generator.random((75, 5)), generator.random((75, 3))  # two blocks and a part of one


@pytest.mark.parametrize("wide", [1, 10_000], ids=["blocked", "element by element"])
@pytest.mark.parametrize(
    "shapes",
    [[(1, 4)], [(1, 1), (1, 7), (1, 3)], [(2, 3), (1, 5), (5, 2), (1, 1), (3, 4)]],
    ids=["one", "widths", "depths"],
)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bias": False, "hidden_activation": Activation("linear", 1.2)},
        {"hidden_activation": Activation("tanh"), "output_activation": Activation("sigmoid", 0.8)},
    ],
    ids=["sigmoid", "linear", "tanh"],
)
def test_each_learns_as_if_alone(monkeypatch, observations, shapes, options, wide):
    monkeypatch.setattr(online, "WIDE", wide)
    members, weights = grid(shapes, **options)
    networks, rates = zip(*members, strict=True)
    stack = Stack(networks, weights, rates)
    for _ in range(3):
        energies, gradients = stack.learn(*observations)
    for i, (network, rate) in enumerate(members):
        for _ in range(3):
            energy, gradient = learn_alone(network, weights[i], rate, *observations)
        assert energies[i] == pytest.approx(energy, rel=1e-10)
        assert gradients[i] == pytest.approx(gradient, rel=1e-10, abs=1e-14)
        for ours, alone in zip(stack.weights(i), weights[i], strict=True):
            np.testing.assert_allclose(ours, alone, rtol=1e-10, atol=1e-12)


def test_layers_of_one_network_may_differ_in_width(observations):
    networks = [Perceptron(5, hidden, 3) for hidden in ((3, 2), (4,), (2, 5, 1), (1, 6))]
    weights = [n.draw(np.random.default_rng([7, i])) for i, n in enumerate(networks)]
    stack = Stack(networks, weights, [0.1, 0.2, 0.3, 0.4])
    stack.learn(*observations)
    for i, network in enumerate(networks):
        learn_alone(network, weights[i], 0.1 * (i + 1), *observations)
        for ours, alone in zip(stack.weights(i), weights[i], strict=True):
            np.testing.assert_allclose(ours, alone, rtol=1e-10, atol=1e-12)


def test_an_error_signal_is_propagated_in_place_of_the_errors(observations):
    network = Perceptron(5, (4,), 3, output_activation=Activation("linear"))
    weights = network.draw(np.random.default_rng(0))
    stack = Stack([network], [weights], [0.1], error_signal=lambda errors: 2 * errors)
    energies, _ = stack.learn(*observations)
    doubled = Stack([network], [weights], [0.2])  # with linear outputs, twice the error or the rate
    expected, _ = doubled.learn(*observations)
    np.testing.assert_allclose(stack.weights(0)[1], doubled.weights(0)[1], rtol=1e-10)
    assert energies == pytest.approx(expected)  # the energy is that of the errors themselves


def test_one_that_diverges_leaves_the_others_alone(observations):
    network = Perceptron(
        5, (4,), 3, hidden_activation=Activation("linear"), output_activation=Activation("linear")
    )
    weights = [network.draw(np.random.default_rng(i)) for i in range(3)]
    stack = Stack([network] * 3, weights, [0.01, 50.0, 0.02])
    for _ in range(4):
        energies, _ = stack.learn(*observations)
    assert not np.isfinite(energies[1])
    for i, rate in ((0, 0.01), (2, 0.02)):
        for _ in range(4):
            energy, _ = learn_alone(network, weights[i], rate, *observations)
        assert energies[i] == pytest.approx(energy, rel=1e-10)


def test_weights_given_are_not_changed_and_come_back(observations):
    members, weights = grid([(2, 3), (1, 5)])
    networks, rates = zip(*members, strict=True)
    copies = [[matrix.copy() for matrix in own] for own in weights]
    stack = Stack(networks, weights, rates)
    for i, own in enumerate(copies):
        for ours, given in zip(stack.weights(i), own, strict=True):
            np.testing.assert_array_equal(ours, given)
    stack.learn(*observations)
    for own, copy in zip(weights, copies, strict=True):
        for matrix, kept in zip(own, copy, strict=True):
            np.testing.assert_array_equal(matrix, kept)


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ([Perceptron(5, (2,), 3), Perceptron(4, (2,), 3)], "differ in depth and widths only"),
        ([Perceptron(5, (), 3)], "without a hidden layer"),
    ],
)
def test_networks_that_cannot_be_stacked_are_refused(networks, message):
    weights = [network.draw(np.random.default_rng(0)) for network in networks]
    with pytest.raises(ValueError, match=message):
        Stack(networks, weights, [0.1] * len(networks))
