"""Multilayer perceptrons and autoencoders in NumPy alone.

Haykin, *Neural Networks and Learning Machines*, 3rd edition, 2009, section 4.4: what `banoy` (2.1)
and `sepulveda` (II.A) built from scratch. A layer turns its inputs y into potentials
v = W' [1, y] and these into outputs phi(slope * v); the error of output k is e_k = d_k - y_k, the
instantaneous energy of an observation 1/2 sum_k e_k^2 (equation 4.2), and the local gradient of a
neuron delta = -dE/dv (equations 4.14 and 4.24).

Here one network answers, and differentiates, a batch of observations. Many networks at once, one
observation at a time: :mod:`convatlas.training.online`.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Weights = list[np.ndarray]
"""A matrix (1 + inputs, outputs) per layer; its first row holds the biases."""


@dataclass(frozen=True)
class Activation:
    """A neuron's response to its potential.

    Attributes
    ----------
    function : {"sigmoid", "tanh", "linear"}
        1 / (1 + exp(-u)), tanh(u) or u, of u = slope * v (Haykin, equations 1.11 and 1.14).
    slope : float
        Greater than 0.
    """

    function: Literal["sigmoid", "tanh", "linear"] = "sigmoid"
    slope: float = 1.0

    def respond(self, potentials: np.ndarray) -> np.ndarray:
        """Turn potentials into responses, in place; return them.

        A potential so low that exp overflows gives the sigmoid's limit, 0.
        """
        if self.function == "tanh":
            if self.slope != 1:
                potentials *= self.slope
            return np.tanh(potentials, out=potentials)
        if self.function == "linear":
            if self.slope != 1:
                potentials *= self.slope
            return potentials
        np.multiply(potentials, -self.slope, out=potentials)
        with np.errstate(over="ignore"):
            np.exp(potentials, out=potentials)
        potentials += 1
        return np.reciprocal(potentials, out=potentials)

    def multiply_by_derivative(self, gradients: np.ndarray, responses: np.ndarray) -> np.ndarray:
        """Multiply gradients, in place, by d response / d potential, given the responses."""
        if self.function == "sigmoid":
            gradients *= responses
            gradients *= 1 - responses
        elif self.function == "tanh":
            gradients *= 1 - responses * responses
        if self.slope != 1:
            gradients *= self.slope
        return gradients


@dataclass(frozen=True)
class Perceptron:
    """The shape of a network; its weights are held apart.

    Attributes
    ----------
    inputs, outputs : int
        Numbers of variables in and out.
    hidden : tuple of int
        Neurons of each hidden layer.
    hidden_activation, output_activation : Activation
        Of every hidden layer, and of the last.
    bias : bool
        Without, the first row of every weight matrix is 0 and stays it.
    """

    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    hidden_activation: Activation = Activation()
    output_activation: Activation = Activation()
    bias: bool = True

    @property
    def parameters(self) -> int:
        """Number of weights that are learnt, biases included where there are any."""
        sizes = (self.inputs, *self.hidden, self.outputs)
        return sum((a + self.bias) * b for a, b in itertools.pairwise(sizes))

    def draw(self, generator: np.random.Generator, low: float = -1, high: float = 1) -> Weights:
        """Draw weights and biases uniformly in [low, high]; [-1, 1] in `banoy`, 2.1.2."""
        sizes = (self.inputs, *self.hidden, self.outputs)
        shapes = [(1 + a, b) for a, b in itertools.pairwise(sizes)]
        weights = [generator.uniform(low, high, shape) for shape in shapes]
        if not self.bias:
            for matrix in weights:
                matrix[0] = 0
        return weights

    def draw_glorot(self, generator: np.random.Generator) -> Weights:
        """Draw weights uniformly in +-sqrt(6 / (fan_in + fan_out)), biases 0: libraries' habit.

        Glorot and Bengio 2010, *Understanding the difficulty of training deep feedforward neural
        networks*, equation 16.
        """
        sizes = (self.inputs, *self.hidden, self.outputs)
        weights = []
        for fan_in, fan_out in itertools.pairwise(sizes):
            limit = np.sqrt(6 / (fan_in + fan_out))
            drawn = generator.uniform(-limit, limit, (fan_in, fan_out))
            weights.append(np.concatenate([np.zeros((1, fan_out)), drawn]))
        return weights

    def activation(self, layer: int) -> Activation:
        """Return the activation of a layer, counted from 0."""
        return self.output_activation if layer == len(self.hidden) else self.hidden_activation

    def layers(self, weights: Weights, inputs: np.ndarray) -> list[np.ndarray]:
        """Answer a batch: the inputs (n, inputs), then the responses (n, width) of each layer."""
        responses = [inputs]
        for layer, matrix in enumerate(weights):
            potentials = responses[-1] @ matrix[1:] + matrix[0]
            responses.append(self.activation(layer).respond(potentials))
        return responses

    def predict(self, weights: Weights, inputs: np.ndarray) -> np.ndarray:
        """Map inputs (n, inputs) to outputs (n, outputs)."""
        return self.layers(weights, inputs)[-1]

    def encode(self, weights: Weights, inputs: np.ndarray) -> np.ndarray:
        """Map inputs (n, inputs) to the code (n, width), the first hidden layer's responses."""
        return self.layers(weights[:1], inputs)[-1] if self.hidden else inputs

    def differentiate(
        self, weights: Weights, inputs: np.ndarray, desired: np.ndarray
    ) -> tuple[float, Weights, np.ndarray]:
        """Backpropagate a batch.

        Parameters
        ----------
        weights : list of numpy.ndarray
            (1 + fan_in, fan_out) per layer.
        inputs, desired : numpy.ndarray
            (n, inputs) and (n, outputs).

        Returns
        -------
        float
            Average energy, mean over observations of 1/2 sum_k e_k^2.
        list of numpy.ndarray
            Its derivative by each weight matrix.
        numpy.ndarray
            Local gradients (n, outputs) of the output neurons (Haykin, equation 4.14).
        """
        responses = self.layers(weights, inputs)
        errors = desired - responses[-1]
        energy = float(np.einsum("no,no->", errors, errors) / (2 * len(inputs)))
        local = self.output_activation.multiply_by_derivative(errors, responses[-1])
        output_gradients, derivatives = local, []
        for layer in reversed(range(len(weights))):
            below = responses[layer]
            through = np.concatenate([local.sum(0, keepdims=True) * self.bias, below.T @ local])
            derivatives.append(-through / len(inputs))
            if layer:
                local = local @ weights[layer][1:].T
                local = self.activation(layer - 1).multiply_by_derivative(local, below)
        return energy, derivatives[::-1], output_gradients


def measure(
    network: Perceptron, weights: Weights, inputs: np.ndarray, desired: np.ndarray
) -> tuple[float, float]:
    """Return average energy and average local output gradient over observations.

    The gradient is averaged over output neurons, too; it can be negative.
    """
    responses = network.predict(weights, inputs)
    errors = desired - responses
    energy = np.einsum("no,no->", errors, errors) / (2 * len(inputs))
    local = network.output_activation.multiply_by_derivative(errors, responses)
    return float(energy), float(local.mean())


def describe(networks: Sequence[Perceptron]) -> str:
    """Name the range of shapes in a grid, for logs."""
    depths = {len(network.hidden) for network in networks}
    widths = {width for network in networks for width in network.hidden}
    return (
        f"{len(networks)} networks, {min(depths)} to {max(depths)} hidden layers of "
        f"{min(widths)} to {max(widths)} neurons"
    )
