"""The grids of `banoy`: which networks a grid has, which job fits which, and how.

Section 2.1.2: every combination of hidden layers, neurons and learning rate; sigmoids; weights from
[-1, 1]; at most 100 epochs, or until the average energy is under 0.01.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from convatlas.data.partition import Table
from convatlas.models.perceptron import Activation, Perceptron, Weights
from convatlas.seeding import numpy_generator
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.grid import fit_grid


@dataclass(frozen=True)
class Member:
    """One network of a grid, with its learning rate."""

    network: Perceptron
    rate: float

    @property
    def name(self) -> str:
        """Depth, width and rate, as files name it; what comes after the @ is read again."""
        return f"{len(self.network.hidden)}x{self.network.hidden[0]}@{self.rate:g}"


def list_widths(settings: Mapping[str, Any], inputs: int) -> list[int]:
    """Return the numbers of neurons that a grid tries.

    ``below_inputs`` is 1 to n - 1, ``above_inputs`` n + 1 to 2 n, for n inputs: 1 to 67 and 69 to
    136 for the 68 features of `banoy`.
    """
    ranges = {
        "below_inputs": range(1, inputs),
        "above_inputs": range(inputs + 1, 2 * inputs + 1),
    }
    if isinstance(settings["widths"], str):
        return list(ranges[settings["widths"]])[:: settings["width_step"]]
    return list(settings["widths"])


def list_members(settings: Mapping[str, Any], table: Table) -> list[Member]:
    """List the networks of a grid by depth, width and rate."""
    inputs = table.features.shape[1]
    outputs = inputs if settings["encode"] else table.desired.shape[1]
    activation = Activation(**settings["activation"])
    shapes = itertools.product(settings["depths"], list_widths(settings, inputs))
    return [
        Member(Perceptron(inputs, (width,) * depth, outputs, activation, activation), rate)
        for depth, width in shapes
        for rate in settings["learning_rates"]
    ]


def share_members(members: Sequence[Member], part: int, parts: int) -> list[Member]:
    """Return what one of several jobs fits: about as many weights as each other, near widths.

    Networks of near widths are stacked with little padding; results do not depend on the parts.
    """
    ordered = sorted(members, key=lambda member: member.network.hidden[0])
    costs = np.cumsum([member.network.parameters for member in ordered])
    owner = np.minimum((costs - 1) * parts // costs[-1], parts - 1)
    return [member for member, own in zip(ordered, owner, strict=True) if own == part]


def draw_weights(settings: Mapping[str, Any], member: Member, seed: int) -> Weights:
    """Draw what a member starts from: the same for all rates of a shape."""
    shape = f"{len(member.network.hidden)}x{member.network.hidden[0]}"
    return member.network.draw(numpy_generator(seed, f"grid weights {shape}"), *settings["weights"])


def fit_share(
    settings: Mapping[str, Any],
    table: Table,
    *,
    seed: int,
    part: int,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[pd.DataFrame, dict[str, tuple[Perceptron, Weights]]]:
    """Fit one job's part of a grid.

    Parameters
    ----------
    settings : mapping
        An entry of ``grids`` in ``config/perceptrons.yaml``.
    table : Table
        Fitted on its training part; measured on its validation part after every epoch.
    seed : int
        Of weights and orders.
    part : int
        Which of ``settings["jobs"]`` parts, from 0; a part may be empty.
    checkpoint, progress
        As for :func:`~convatlas.training.grid.fit_grid`.

    Returns
    -------
    pandas.DataFrame
        A row per member and epoch: depth, width, rate, state, epoch, energies and gradients.
    dict
        Network and weights of the part's best member by validation energy at each learning rate, by
        its name: which rates are looked at is decided later. Empty if none is left.
    """
    members = share_members(list_members(settings, table), part, settings["jobs"])
    columns = ["depth", "width", "rate", "state", "epoch"]
    if not members:
        return pd.DataFrame(columns=columns), {}
    desired = table.features if settings["encode"] else table.desired
    train, validation = (
        (table.features[table.parts[name]], desired[table.parts[name]])
        for name in ("train", "validation")
    )
    fit = fit_grid(
        [member.network for member in members],
        [draw_weights(settings, member, seed) for member in members],
        [member.rate for member in members],
        train=train,
        monitor=validation,
        epochs=settings["epochs"],
        tolerance=settings["tolerance"],
        seed=seed,
        checkpoint=checkpoint,
        progress=progress,
    )
    history = fit.history
    of = history["member"].to_numpy(int)
    history.insert(0, "state", np.array(fit.states)[of])
    history.insert(0, "rate", np.array([member.rate for member in members])[of])
    history.insert(0, "width", np.array([member.network.hidden[0] for member in members])[of])
    history.insert(0, "depth", np.array([len(member.network.hidden) for member in members])[of])
    last = history.groupby("member").last()
    last = last[last["state"] != "diverged"]
    best = last.groupby("rate")["monitor_energy"].idxmin().astype(int)
    fitted = {members[row].name: (members[row].network, fit.weights[row]) for row in best}
    return history.drop(columns="member"), fitted
