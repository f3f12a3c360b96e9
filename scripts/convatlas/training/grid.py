"""Fitting a grid of perceptrons: epochs, when each member stops, its history, resumption.

`banoy` (2.1.2) trains every combination of depth, width and learning rate for 100 epochs or until
the mean error is under 0.01, and chooses by the average instantaneous energy on validation data.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from convatlas.models.perceptron import Perceptron, Weights, measure
from convatlas.seeding import derive_seed
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.online import Stack

logger = logging.getLogger(__name__)

STACK_BYTES = 4_000_000
"""Weights up to which networks are stacked: what a processor's cache holds beside the rest."""
LEARNING, STOPPED, DIVERGED = 0, 1, 2
STATES = ("trained", "under tolerance", "diverged")
COLUMNS = ("train_energy", "train_gradient", "monitor_energy", "monitor_gradient")

Table = tuple[np.ndarray, np.ndarray]
"""Inputs (n, inputs) and desired outputs (n, outputs)."""


@dataclass(frozen=True)
class GridFit:
    """What became of a grid.

    Attributes
    ----------
    history : pandas.DataFrame
        A row per member and epoch: member, epoch, train_energy and train_gradient (averages over
        observations as they were learnt from), monitor_energy and monitor_gradient (after the
        epoch). A member's rows end where it stopped; one that diverged in its first epoch has one
        row, of NaN.
    weights : list of list of numpy.ndarray
        Of each member; of one that diverged, those after its last finite epoch.
    states : list of str
        ``trained`` for all epochs, stopped ``under tolerance``, or ``diverged``.
    """

    history: pd.DataFrame
    weights: list[Weights]
    states: list[str]


def split_into_stacks(networks: Sequence[Perceptron]) -> Iterator[list[int]]:
    """Group members for stacking: near widths together, as many as a cache holds."""
    order = sorted(range(len(networks)), key=lambda i: max(networks[i].hidden))
    stack: list[int] = []
    for member in order:
        widest = [networks[member]] * (len(stack) + 1)  # all are padded to the widest
        if stack and 8 * sum(network.parameters for network in widest) > STACK_BYTES:
            yield stack
            stack = []
        stack.append(member)
    yield stack


class _Stacked:
    """A stack while it is fitted."""

    def __init__(
        self, members: list[int], networks: Sequence[Perceptron], rates: Sequence[float],
        weights: Sequence[Weights], epochs: int,
    ) -> None:  # fmt: skip
        self.members = members
        self.networks = [networks[i] for i in members]
        self.stack = Stack(
            self.networks, [weights[i] for i in members], [rates[i] for i in members]
        )
        self.kept = [[matrix.copy() for matrix in weights[i]] for i in members]
        self.states = np.zeros(len(members), dtype=np.int64)
        self.history = np.full((epochs, len(members), len(COLUMNS)), np.nan)

    def learn(
        self, epoch: int, train: Table, order: np.ndarray, monitor: Table, tolerance: float
    ) -> None:
        """Run one epoch, and hold still those that stopped or diverged, now or before."""
        energies, gradients = self.stack.learn(train[0][order], train[1][order])
        for place, network in enumerate(self.networks):
            if self.states[place] != LEARNING:
                self.stack.set_weights(place, self.kept[place])
                continue
            weights = self.stack.weights(place)
            monitored = measure(network, weights, *monitor)
            row = (energies[place], gradients[place], *monitored)
            if not (np.isfinite(row).all() and all(np.isfinite(m).all() for m in weights)):
                self.states[place] = DIVERGED
                self.stack.set_weights(place, self.kept[place])
                continue
            self.history[epoch, place] = row
            self.kept[place] = weights
            if energies[place] < tolerance:
                self.states[place] = STOPPED

    def state(self) -> dict[str, Any]:
        """Return all that changes, as tensors."""
        return {
            "kept": [[torch.from_numpy(matrix) for matrix in own] for own in self.kept],
            "states": torch.from_numpy(self.states.copy()),
            "history": torch.from_numpy(self.history.copy()),
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.kept = [[matrix.numpy() for matrix in own] for own in state["kept"]]
        self.states, self.history = state["states"].numpy(), state["history"].numpy()
        for place, weights in enumerate(self.kept):
            self.stack.set_weights(place, weights)


def fit_grid(
    networks: Sequence[Perceptron],
    weights: Sequence[Weights],
    rates: Sequence[float],
    *,
    train: Table,
    monitor: Table,
    epochs: int,
    tolerance: float,
    seed: int,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GridFit:
    """Fit every network of a grid by online gradient descent.

    Parameters
    ----------
    networks : sequence of Perceptron
        Alike in inputs, outputs and activations.
    weights : sequence of list of numpy.ndarray
        What each starts from.
    rates : sequence of float
        Learning rate of each.
    train, monitor : tuple of numpy.ndarray
        Inputs and desired outputs to learn from, and to measure on after every epoch.
    epochs : int
        At most.
    tolerance : float
        A member stops after an epoch whose average training energy is under it.
    seed : int
        Of the order of the observations, drawn anew for every epoch and the same for all members:
        a member fits as it would alone.
    checkpoint : Checkpoint, optional
        Where to save and resume, to the same bits.
    progress : callable, optional
        Called as ``progress(done, total)`` with counts of epochs of members.

    Returns
    -------
    GridFit
        Histories, weights and states, in the order of `networks`.
    """
    stacks = [
        _Stacked(members, networks, rates, weights, epochs)
        for members in split_into_stacks(networks)
    ]
    first, begin = 0, 0
    if checkpoint and (state := checkpoint.load()):
        first, begin = state["stack"], state["epoch"]
        for stacked, saved in zip(stacks, state["stacks"], strict=True):
            stacked.restore(saved)
        logger.info("going on from stack %d, epoch %d", first + 1, begin + 1)
    total, done = len(networks) * epochs, 0
    for number, stacked in enumerate(stacks):
        for epoch in range(epochs):
            done += len(stacked.members)
            if (number, epoch) < (first, begin) or (stacked.states != LEARNING).all():
                continue
            order = _draw_order(seed, epoch, len(train[0]))
            stacked.learn(epoch, train, order, monitor, tolerance)
            if progress:
                progress(done, total)
            if checkpoint and checkpoint.due():
                states = [each.state() for each in stacks]
                checkpoint.save({"stack": number, "epoch": epoch + 1, "stacks": states})
    return _gather(stacks, len(networks))


def _draw_order(seed: int, epoch: int, count: int) -> np.ndarray:
    return np.random.default_rng([derive_seed(seed, "order"), epoch]).permutation(count)


def _gather(stacks: Sequence[_Stacked], count: int) -> GridFit:
    weights: list[Weights] = [[] for _ in range(count)]
    states, tables = [""] * count, []
    for stacked in stacks:
        for place, member in enumerate(stacked.members):
            weights[member], states[member] = stacked.kept[place], STATES[stacked.states[place]]
            rows = stacked.history[:, place]
            finite = rows[~np.isnan(rows[:, 0])]
            rows = finite if len(finite) else rows[:1]  # diverged at once, and yet counted
            table = pd.DataFrame(rows, columns=COLUMNS)
            table.insert(0, "epoch", np.arange(1, len(rows) + 1))
            table.insert(0, "member", member)
            tables.append(table)
    history = pd.concat(tables).sort_values(["member", "epoch"], ignore_index=True)
    return GridFit(history, weights, states)
