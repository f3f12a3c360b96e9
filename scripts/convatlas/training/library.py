"""The same perceptrons fitted by libraries: torch, and scikit-learn as a second opinion."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from convatlas import optimizers
from convatlas.models.perceptron import Activation, Perceptron, Weights
from convatlas.seeding import derive_seed, torch_generator
from convatlas.training.batches import Descent

LOSSES = {
    "squared_error": nn.functional.mse_loss,
    "absolute_error": nn.functional.l1_loss,
    "cross_entropy": nn.functional.binary_cross_entropy,
}


class _Respond(nn.Module):
    """An activation of :class:`~convatlas.models.perceptron.Perceptron` as a layer."""

    def __init__(self, activation: Activation) -> None:
        super().__init__()
        self._slope = activation.slope
        functions = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "linear": lambda u: u}
        self._function = functions[activation.function]

    def forward(self, potentials: torch.Tensor) -> torch.Tensor:
        return self._function(self._slope * potentials)


def build_torch(
    network: Perceptron, weights: Weights, dtype: torch.dtype = torch.float32
) -> nn.Sequential:
    """Build a network in torch with the weights of its NumPy form.

    Parameters
    ----------
    network : Perceptron
        The shape.
    weights : list of numpy.ndarray
        (1 + fan_in, fan_out) per layer, biases first.
    dtype : torch.dtype
        Of its parameters.
    """
    layers: list[nn.Module] = []
    for position, matrix in enumerate(weights):
        linear = nn.Linear(len(matrix) - 1, matrix.shape[1], bias=network.bias, dtype=dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(matrix[1:].T))
            if network.bias:
                linear.bias.copy_(torch.from_numpy(matrix[0]))
        layers += [linear, _Respond(network.activation(position))]
    return nn.Sequential(*layers)


def read_torch(model: nn.Sequential) -> Weights:
    """Return the weights of :func:`build_torch`'s network in NumPy's form, float64."""
    matrices = []
    for layer in model:
        if isinstance(layer, nn.Linear):
            weight = layer.weight.detach().numpy().astype(float).T
            bias = np.zeros((1, weight.shape[1]))
            if layer.bias is not None:
                bias = layer.bias.detach().numpy().astype(float)[None]
            matrices.append(np.concatenate([bias, weight]))
    return matrices


def fit_with_torch(
    network: Perceptron,
    weights: Weights,
    inputs: np.ndarray,
    desired: np.ndarray,
    descent: Descent,
    seed: int,
    *,
    loss: str = "squared_error",
) -> Iterator[Weights]:
    """Fit a network with torch's Adam or SGD; arguments as of :func:`descend_in_batches`.

    Parameters
    ----------
    loss : {"squared_error", "absolute_error", "cross_entropy"}
        Mean over observations and outputs.

    Yields
    ------
    list of numpy.ndarray
        The weights after each epoch.
    """
    model = build_torch(network, weights)
    kind = optimizers.Adam if descent.method == "adam" else optimizers.SGD
    optimizer = kind(model.parameters(), lr=descent.learning_rate)
    x, d = torch.from_numpy(inputs).float(), torch.from_numpy(desired).float()
    generator, size = torch_generator(seed, "order"), descent.batch_size or len(x)
    for epoch in range(descent.epochs):
        for group in optimizer.param_groups:
            group["lr"] = descent.rate(epoch)
        for rows in torch.randperm(len(x), generator=generator).split(size):
            optimizer.zero_grad()
            LOSSES[loss](model(x[rows]), d[rows]).backward()
            optimizer.step()
        yield read_torch(model)


def fit_with_scikit_learn(
    network: Perceptron, inputs: np.ndarray, desired: np.ndarray, descent: Descent, seed: int
) -> Iterator[Weights]:
    """Fit scikit-learn's ``MLPRegressor`` of the same widths, with its own start and Adam.

    Its outputs are linear, whatever the network's are: of a sigmoid output this is no second
    opinion, of the task it is.

    Yields
    ------
    list of numpy.ndarray
        The weights after each epoch.
    """
    from sklearn.neural_network import MLPRegressor  # slow to import, and most fits do without

    names = {"linear": "identity", "tanh": "tanh", "sigmoid": "logistic"}
    model = MLPRegressor(
        hidden_layer_sizes=network.hidden,
        activation=names[network.hidden_activation.function],
        batch_size=descent.batch_size or len(inputs),
        learning_rate_init=descent.learning_rate,
        alpha=0.0,
        # an integer would begin the same order anew at every epoch
        random_state=np.random.RandomState(derive_seed(seed, "scikit-learn") % 2**32),
    )
    for _ in range(descent.epochs):
        model.partial_fit(inputs, desired)
        yield [
            np.concatenate([bias[None], weight])
            for bias, weight in zip(model.intercepts_, model.coefs_, strict=True)
        ]
