"""Backpropagation in NumPy against finite differences and torch's autograd."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convatlas.models.perceptron import Activation, Perceptron, measure

ACTIVATIONS = st.builds(
    Activation, st.sampled_from(["sigmoid", "tanh", "linear"]), st.sampled_from([0.8, 1.0, 1.2])
)
NETWORKS = st.builds(
    Perceptron,
    inputs=st.integers(1, 6),
    hidden=st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple),
    outputs=st.integers(1, 4),
    hidden_activation=ACTIVATIONS,
    output_activation=ACTIVATIONS,
    bias=st.booleans(),
)


def draw(network, seed, count=7):
    generator = np.random.default_rng(seed)
    inputs = generator.random((count, network.inputs))
    return network.draw(generator), inputs, generator.random((count, network.outputs))


def torch_forward(network, weights, inputs):
    functions = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "linear": lambda u: u}
    y = torch.from_numpy(inputs)
    for layer, matrix in enumerate(weights):
        activation = network.activation(layer)
        y = functions[activation.function](activation.slope * (matrix[0] + y @ matrix[1:]))
    return y


@settings(deadline=None, max_examples=60)
@given(NETWORKS, st.integers(0, 2**31))
def test_gradients_are_those_of_autograd(network, seed):
    weights, inputs, desired = draw(network, seed)
    energy, derivatives, _ = network.differentiate(weights, inputs, desired)
    tensors = [torch.from_numpy(matrix.copy()).requires_grad_() for matrix in weights]
    errors = torch.from_numpy(desired) - torch_forward(network, tensors, inputs)
    loss = (errors**2).sum(1).mean() / 2
    loss.backward()
    assert energy == pytest.approx(loss.item(), rel=1e-12)
    for ours, tensor in zip(derivatives, tensors, strict=True):
        theirs = tensor.grad.numpy().copy()
        if not network.bias:
            theirs[0] = 0
        scale = max(np.abs(theirs).max(), 1e-300)
        assert np.abs(ours - theirs).max() <= 1e-9 * scale


@settings(deadline=None, max_examples=25)
@given(NETWORKS, st.integers(0, 2**31))
def test_gradients_are_those_of_finite_differences(network, seed):
    weights, inputs, desired = draw(network, seed)
    _, derivatives, _ = network.differentiate(weights, inputs, desired)
    step = 1e-6
    for layer, matrix in enumerate(weights):
        for place in np.ndindex(matrix.shape):
            if place[0] == 0 and not network.bias:
                assert derivatives[layer][place] == 0
                continue
            energies = []
            for sign in (1, -1):
                moved = [m.copy() for m in weights]
                moved[layer][place] += sign * step
                energies.append(network.differentiate(moved, inputs, desired)[0])
            slope = (energies[0] - energies[1]) / (2 * step)
            assert derivatives[layer][place] == pytest.approx(slope, rel=1e-4, abs=1e-8)


def test_the_local_output_gradient_is_the_error_times_the_slope_of_the_response():
    network = Perceptron(1, (1,), 1, output_activation=Activation("sigmoid", 2.0))
    weights = [np.zeros((2, 1)), np.zeros((2, 1))]  # so that the answer is 1/2
    _, _, local = network.differentiate(weights, np.ones((1, 1)), np.ones((1, 1)))
    assert local.item() == pytest.approx(0.5 * 2.0 * 0.25)
    energy, gradient = measure(network, weights, np.ones((3, 1)), np.ones((3, 1)))
    assert (energy, gradient) == pytest.approx((0.125, 0.25))


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (Perceptron(3, (1,), 3), 10),
        (Perceptron(3, (2,), 3), 17),
        (Perceptron(3, (5,), 3), 38),
        (Perceptron(3, (2,), 3, bias=False), 12),
        (Perceptron(68, (3,), 2), 215),
    ],
)
def test_parameters_are_counted(network, parameters):
    assert network.parameters == parameters
    drawn = network.draw(np.random.default_rng(0))
    assert sum(np.count_nonzero(matrix) for matrix in drawn) == parameters


def test_weights_are_uniform_in_their_range():
    weights = Perceptron(40, (50,), 40).draw(np.random.default_rng(0), 0, 1)
    drawn = np.concatenate([matrix.ravel() for matrix in weights])
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert drawn.mean() == pytest.approx(0.5, abs=0.02)
    assert drawn.var() == pytest.approx(1 / 12, rel=0.05)


def test_a_potential_that_overflows_gives_the_limit_without_a_warning():
    with np.errstate(all="raise", under="ignore"):
        response = Activation().respond(np.array([-1e4, 0.0, 1e4]))
    np.testing.assert_array_equal(response, [0, 0.5, 1])
