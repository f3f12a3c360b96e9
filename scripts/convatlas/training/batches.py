"""Gradient descent in batches for one perceptron, plain and with Adam, in NumPy alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from convatlas.models.perceptron import Perceptron, Weights
from convatlas.seeding import derive_seed

FIRST_DECAY, SECOND_DECAY, SMALL = 0.9, 0.999, 1e-8
"""Adam's beta_1, beta_2 and epsilon (Kingma and Ba 2015, algorithm 1)."""


@dataclass(frozen=True)
class Descent:
    """How a network descends.

    Attributes
    ----------
    method : {"descent", "adam"}
        w -= rate * gradient, or Adam.
    learning_rate : float
        At the start.
    batch_size : int
        Observations a step; 0 for all of them at once.
    epochs : int
        Passes over the observations.
    cosine : bool
        Whether the rate falls to 0 along half a cosine (Loshchilov and Hutter 2017), by epochs.
    """

    method: str
    learning_rate: float
    batch_size: int
    epochs: int
    cosine: bool = False

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""
        if not self.cosine:
            return self.learning_rate
        return self.learning_rate * (1 + np.cos(np.pi * epoch / self.epochs)) / 2


class _Adam:
    def __init__(self, weights: Weights) -> None:
        self._first = [np.zeros_like(matrix) for matrix in weights]
        self._second = [np.zeros_like(matrix) for matrix in weights]
        self._step = 0

    def change(self, derivatives: Weights) -> Weights:
        """Return what to subtract from each matrix, at a rate of 1."""
        self._step += 1
        steps = []
        for first, second, derivative in zip(self._first, self._second, derivatives, strict=True):
            first += (1 - FIRST_DECAY) * (derivative - first)
            second += (1 - SECOND_DECAY) * (derivative**2 - second)
            mean = first / (1 - FIRST_DECAY**self._step)
            spread = np.sqrt(second / (1 - SECOND_DECAY**self._step))
            steps.append(mean / (spread + SMALL))
        return steps


def descend_in_batches(
    network: Perceptron,
    weights: Weights,
    inputs: np.ndarray,
    desired: np.ndarray,
    descent: Descent,
    seed: int,
) -> Iterator[Weights]:
    """Fit a network by the gradient of the average energy of each batch.

    Parameters
    ----------
    network, weights
        What to fit, and where from; the given arrays are not changed.
    inputs, desired : numpy.ndarray
        (n, inputs) and (n, outputs).
    descent : Descent
        How.
    seed : int
        Of the order of the observations, drawn anew for every epoch.

    Yields
    ------
    list of numpy.ndarray
        The weights after each epoch; a new list of the same arrays, which the next epoch changes.
    """
    weights = [matrix.copy() for matrix in weights]
    adam = _Adam(weights)
    size = descent.batch_size or len(inputs)
    for epoch in range(descent.epochs):
        rate = descent.rate(epoch)
        order = np.random.default_rng([derive_seed(seed, "order"), epoch]).permutation(len(inputs))
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            _, derivatives, _ = network.differentiate(weights, inputs[rows], desired[rows])
            steps = adam.change(derivatives) if descent.method == "adam" else derivatives
            for matrix, step in zip(weights, steps, strict=True):
                matrix -= rate * step
        yield list(weights)
