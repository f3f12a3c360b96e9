"""Both LeNets against a second implementation in plain NumPy."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.signal import correlate

from convatlas.data.idx import read_idx
from convatlas.models import lenet
from convatlas.models.lenet import MNIST_DEVIATION, MNIST_MEAN, LeNet5, LeNet5ReLU

NETWORKS = pytest.mark.parametrize("network", [LeNet5, LeNet5ReLU])


def convolve(maps, weight, bias):
    """Correlate (c, h, w) with (k, c, 5, 5), only where the kernel fits."""
    kernels = zip(weight, bias, strict=True)
    return np.stack([correlate(maps, kernel, "valid", "direct")[0] + b for kernel, b in kernels])


def pool(maps, function):
    c, h, w = maps.shape
    return function(maps.reshape(c, h // 2, 2, w // 2, 2), axis=(2, 4))


def forward(picture, weights):
    """The forward pass of LeNet5 (with fc3) or LeNet5ReLU for one (28, 28) picture in [0, 1]."""
    tanh = "fc3.weight" in weights
    act = np.tanh if tanh else (lambda x: np.where(x > 0, x, 0))
    function = np.mean if tanh else np.max
    page = np.zeros((1, 32, 32))
    page[0, 2:30, 2:30] = picture
    x = (page - 0.1307) / 0.3081
    for layer in ("conv1", "conv2"):
        x = act(convolve(x, weights[f"{layer}.weight"], weights[f"{layer}.bias"]))
        x = pool(x, function)
        if tanh:
            x = act(x)  # the paper squashes after subsampling, too
    x = x.reshape(-1)
    layers = ["fc1", "fc2", "fc3"] if tanh else ["fc1", "fc2"]
    for layer in layers[:-1]:
        x = act(weights[f"{layer}.weight"] @ x + weights[f"{layer}.bias"])
    return x, weights[f"{layers[-1]}.weight"] @ x + weights[f"{layers[-1]}.bias"]


@pytest.mark.parametrize("shape", [(3, 6, 28, 28), (1, 16, 10, 10), (2, 1, 4, 8)])
def test_average_pooling_and_its_gradient_are_those_of_torch(shape):
    ours = torch.randn(shape, dtype=torch.float64).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    pooled, expected = lenet._average_pool(ours), torch.nn.functional.avg_pool2d(theirs, 2)
    torch.testing.assert_close(pooled, expected)
    weights = torch.randn_like(pooled)
    (pooled * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


@NETWORKS
def test_numpy_comes_to_the_same_scores(network):
    torch.manual_seed(0)
    model = network().double()
    for parameter in model.parameters():  # biases are drawn as 0, and would not be seen
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter)
    images = torch.rand(3, 1, 28, 28, dtype=torch.float64)
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    with torch.no_grad():
        features, scores = model.features(images).numpy(), model(images).numpy()
    for row, picture in enumerate(images[:, 0].numpy()):
        expected_features, expected = forward(picture, weights)
        np.testing.assert_allclose(features[row], expected_features, rtol=0, atol=1e-10)
        np.testing.assert_allclose(scores[row], expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("network", "parameters", "hidden"), [(LeNet5, 61_706, 84), (LeNet5ReLU, 55_190, 128)]
)
def test_size_and_shapes_are_as_stated(network, parameters, hidden):
    model = network()
    assert sum(p.numel() for p in model.parameters()) == parameters
    assert f"{parameters:,} parameters" in network.__doc__
    images = torch.zeros(2, 1, 28, 28)
    assert model(images).shape == (2, 10)
    assert model.features(images).shape == (2, hidden)


@NETWORKS
def test_weights_are_drawn_after_glorot_and_biases_are_zero(network):
    torch.manual_seed(0)
    for name, parameter in network().named_parameters():
        if name.endswith("bias"):
            assert not parameter.any()
            continue
        fan_out, fan_in = parameter.shape[0], parameter[0].numel()
        if parameter.ndim == 4:
            fan_out *= 25
        limit = (6 / (fan_in + fan_out)) ** 0.5
        largest = parameter.abs().max().item()
        assert 0.95 * limit < largest <= limit
        assert abs(parameter.mean().item()) < limit / 3


@NETWORKS
def test_every_parameter_is_used(network):
    model = network()
    model(torch.rand(4, 1, 28, 28)).square().sum().backward()
    assert all(parameter.grad.any() for parameter in model.parameters())


@pytest.mark.mirror
@pytest.mark.skipif("CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set")
def test_the_grey_levels_are_those_of_mnist():
    path = Path(os.environ["CONVATLAS_MIRROR"], "mnist", "train-images-idx3-ubyte.gz")
    pictures = read_idx(path)
    assert pictures.shape == (60_000, 28, 28)
    levels = np.bincount(pictures.reshape(-1), minlength=256) / pictures.size
    grey = np.arange(256) / 255
    mean = levels @ grey
    deviation = (levels @ (grey - mean) ** 2) ** 0.5
    assert round(mean, 4) == MNIST_MEAN
    assert round(deviation, 4) == MNIST_DEVIATION
