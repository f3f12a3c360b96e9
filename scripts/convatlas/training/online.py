"""Online gradient descent for many perceptrons at once, one observation at a time.

Backpropagation with a weight update after every observation (Haykin 2009, section 4.3, "on-line
learning"), for a whole grid of networks that see the same observations in the same order. What is
done for one network is done for all in the same NumPy call: the arrays have the networks as an
axis of their own, narrower networks are padded with neurons whose response is held at 0, and
shallower ones join the output layer earlier. The results are those of each network alone, but for
the order of summation.

Layers are updated in one of two ways, both exact:

- small matrices: element by element, all networks in one product (:class:`_SmallLayer`);
- the first layer, whose inputs all networks share, and wide output layers: in blocks
  (:class:`_FirstLayer`, :class:`_WideLayer`). Within a block of observations the matrix W stands
  still, and the updates since its beginning are carried along: after steps u_s = rate * delta_s
  on inputs y_s, the potentials (W + sum_s y_s u_s')' y are W'y + sum_s u_s (y_s . y). So a pass
  over the whole matrix for every update becomes one product of matrices for every block.
"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from convatlas.models.perceptron import Perceptron, Weights

ErrorSignal = Callable[[np.ndarray], np.ndarray]

BLOCK = 32
"""Observations between two updates of a blocked matrix; changes speed and rounding alone."""
WIDE = 1024
"""Entries from which an output matrix is updated in blocks."""


class _FirstLayer:
    """The layer that sees the observations: (1 + inputs, width * networks), in blocks."""

    def __init__(self, matrix: np.ndarray, rates: np.ndarray) -> None:
        self.matrix = matrix  # (1 + inputs, width, networks)
        self._flat = matrix.reshape(len(matrix), -1)
        self._rates = rates
        self._steps = np.empty((BLOCK, *matrix.shape[1:]))

    def begin(self, block: np.ndarray) -> None:
        """Take a block of observations (n, 1 + inputs)."""
        self._block, self._step = block, 0
        self._potentials = block @ self._flat
        self._products = block @ block.T

    def respond(self) -> np.ndarray:
        """Return potentials (width, networks) of the next observation of the block."""
        potentials, now = self._potentials[self._step], self._step
        if now:
            steps = self._steps[:now].reshape(now, -1)
            potentials += self._products[now, :now] @ steps
        return potentials.reshape(self.matrix.shape[1:])

    def learn(self, local: np.ndarray) -> None:
        """Take the local gradients (width, networks) of that observation."""
        np.multiply(local, self._rates, out=self._steps[self._step])
        self._step += 1

    def end(self) -> None:
        """Put what the block has taught into the matrix."""
        count = len(self._block)
        self._flat += self._block.T @ self._steps[:count].reshape(count, -1)


class _SmallLayer:
    """A layer of few entries (1 + fan_in, fan_out, networks), updated at every observation."""

    def __init__(self, matrix: np.ndarray, rates: np.ndarray) -> None:
        self.matrix = matrix
        self._rates = rates
        self._buffer = np.empty_like(matrix)

    def begin(self) -> None:
        """Nothing is put off."""

    end = begin

    def respond(self, inputs: np.ndarray) -> np.ndarray:
        """Map (1 + fan_in, networks) to potentials (fan_out, networks)."""
        self._inputs = inputs
        np.multiply(self.matrix, inputs[:, None], out=self._buffer)
        return np.add.reduce(self._buffer, axis=0)

    def learn(self, local: np.ndarray) -> np.ndarray:
        """Take local gradients (fan_out, networks); return what flows back (fan_in, networks)."""
        back = np.multiply(self.matrix[1:], local, out=self._buffer[1:]).sum(axis=1)
        self.matrix += np.multiply(self._inputs[:, None], local * self._rates, out=self._buffer)
        return back


class _WideLayer:
    """A layer of many entries, held as (networks, 1 + fan_in, fan_out), in blocks."""

    def __init__(self, matrix: np.ndarray, rates: np.ndarray) -> None:
        self._target = matrix
        self.matrix = np.ascontiguousarray(matrix.transpose(2, 0, 1))
        self._rates = rates[:, None]
        networks, fan_in, fan_out = self.matrix.shape
        self._inputs = np.empty((networks, BLOCK, fan_in))
        self._steps = np.empty((networks, BLOCK, fan_out))

    def begin(self) -> None:
        """Start a block."""
        self._step = 0

    def respond(self, inputs: np.ndarray) -> np.ndarray:
        """Map (1 + fan_in, networks) to potentials (fan_out, networks)."""
        now = self._step
        self._inputs[:, now] = inputs.T
        row = self._inputs[:, now : now + 1]
        potentials = row @ self.matrix
        if now:
            products = row @ self._inputs[:, :now].transpose(0, 2, 1)  # (networks, 1, now)
            potentials += products @ self._steps[:, :now]
        return potentials[:, 0].T

    def learn(self, local: np.ndarray) -> np.ndarray:
        """Take local gradients (fan_out, networks); return what flows back (fan_in, networks)."""
        now, column = self._step, np.ascontiguousarray(local.T)[:, :, None]
        back = self.matrix @ column
        if now:
            products = self._steps[:, :now] @ column  # (networks, now, 1)
            back += self._inputs[:, :now].transpose(0, 2, 1) @ products
        np.multiply(column[:, :, 0], self._rates, out=self._steps[:, now])
        self._step += 1
        return back[:, 1:, 0].T

    def end(self) -> None:
        """Put what the block has taught into the matrix."""
        count = self._step
        self.matrix += self._inputs[:, :count].transpose(0, 2, 1) @ self._steps[:, :count]
        self._target[...] = self.matrix.transpose(1, 2, 0)


class Stack:
    """Networks of like inputs, outputs and activations that learn side by side.

    Parameters
    ----------
    networks : sequence of Perceptron
        Of any depth from one hidden layer on, and any widths.
    weights : sequence of list of numpy.ndarray
        Of each network; copied.
    rates : sequence of float
        Learning rate of each network.
    error_signal : callable, optional
        Turns the errors d - y (outputs, networks) into what is propagated back in their place. For
        the study of a mistake only; a network that is to learn propagates its errors.

    Raises
    ------
    ValueError
        If the networks differ in more than depth and widths, or one has no hidden layer.
    """

    def __init__(
        self,
        networks: Sequence[Perceptron],
        weights: Sequence[Weights],
        rates: Sequence[float],
        *,
        error_signal: ErrorSignal | None = None,
    ) -> None:
        self.networks = list(networks)
        self._check()
        self._error_signal = error_signal
        first = self.networks[0]
        # the deepest first: those with at least k hidden layers are then the first ones
        order = sorted(range(len(networks)), key=lambda i: -len(self.networks[i].hidden))
        self._place = {member: place for place, member in enumerate(order)}
        depths = np.array([len(self.networks[i].hidden) for i in order])
        depth = int(depths.max())
        self._width = max(width for network in self.networks for width in network.hidden)
        self._counts = [int((depths >= k).sum()) for k in range(1, depth + 2)]
        self._masks = [
            (
                np.arange(self._width)[:, None]
                < [self.networks[i].hidden[k] for i in order[: self._counts[k]]]
            ).astype(float)
            for k in range(depth)
        ]
        self._bias = float(first.bias)
        fan_in, fan_out = 1 + self._width, first.outputs
        self._matrices = [np.zeros((1 + first.inputs, self._width, len(order)))]
        for k in range(1, depth):
            self._matrices.append(np.zeros((fan_in, self._width, self._counts[k])))
        self._matrices.append(np.zeros((fan_in, fan_out, len(order))))
        for member, own in enumerate(weights):
            self.set_weights(member, own)
        self._rates = np.asarray([rates[i] for i in order], dtype=float)

    def _check(self) -> None:
        alike = {
            (n.inputs, n.outputs, n.hidden_activation, n.output_activation, n.bias)
            for n in self.networks
        }
        if len(alike) != 1:
            raise ValueError("networks of a stack differ in depth and widths only")
        if not all(network.hidden for network in self.networks):
            raise ValueError("a network without a hidden layer cannot be stacked")

    def _views(self, member: int) -> list[np.ndarray]:
        """Return the parts of the stacked matrices that are a member's weights."""
        place, network = self._place[member], self.networks[member]
        views = [self._matrices[0][:, : network.hidden[0], place]]
        for k, (below, width) in enumerate(itertools.pairwise(network.hidden), start=1):
            views.append(self._matrices[k][: 1 + below, :width, place])
        return [*views, self._matrices[-1][: 1 + network.hidden[-1], :, place]]

    def weights(self, member: int) -> Weights:
        """Return a copy of a member's weights."""
        return [view.copy() for view in self._views(member)]

    def set_weights(self, member: int, weights: Weights) -> None:
        """Replace a member's weights."""
        for view, matrix in zip(self._views(member), weights, strict=True):
            view[...] = matrix

    def learn(self, inputs: np.ndarray, desired: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Show the observations once, in the order given.

        Parameters
        ----------
        inputs, desired : numpy.ndarray
            (n, inputs) and (n, outputs).

        Returns
        -------
        energies, gradients : numpy.ndarray
            Average instantaneous energy and average local output gradient of each member, over
            the observations as they were met. NaN or infinite for one that diverged.
        """
        first, *rest = self._matrices
        entry = _FirstLayer(first, self._rates)
        middle = [_SmallLayer(m, self._rates[: m.shape[2]]) for m in rest[:-1]]
        kind = _WideLayer if rest[-1].shape[0] * rest[-1].shape[1] >= WIDE else _SmallLayer
        final = kind(rest[-1], self._rates)
        energies, gradients = np.zeros(len(self._rates)), np.zeros(len(self._rates))
        observations = np.concatenate([np.full((len(inputs), 1), self._bias), inputs], axis=1)
        self._responses = [np.full((1 + self._width, c), self._bias) for c in self._counts[:-1]]
        self._collected = np.full((1 + self._width, len(self._rates)), self._bias)
        self._local = [np.empty((self._width, c)) for c in self._counts[:-1]]
        layers = [*middle, final]
        with np.errstate(over="ignore", invalid="ignore"):  # a member that diverges is flagged
            for start in range(0, len(observations), BLOCK):
                block = observations[start : start + BLOCK]
                entry.begin(block)
                for layer in layers:
                    layer.begin()
                for wanted in desired[start : start + len(block)]:
                    self._see(entry, middle, final, wanted, energies, gradients)
                entry.end()
                for layer in layers:
                    layer.end()
        count = len(inputs)
        place = [self._place[member] for member in range(len(self.networks))]
        outputs = self.networks[0].outputs
        return energies[place] / (2 * count), gradients[place] / (count * outputs)

    def _see(
        self,
        entry: _FirstLayer,
        middle: list[_SmallLayer],
        final: _SmallLayer | _WideLayer,
        wanted: np.ndarray,
        energies: np.ndarray,
        gradients: np.ndarray,
    ) -> None:
        """Show one observation: forward, backward, update."""
        hidden = self.networks[0].hidden_activation
        output = self.networks[0].output_activation
        responses, counts, masks = self._responses, self._counts, self._masks
        np.multiply(hidden.respond(entry.respond()), masks[0], out=responses[0][1:])
        for k, layer in enumerate(middle, start=1):
            potentials = layer.respond(responses[k - 1][:, : counts[k]])
            np.multiply(hidden.respond(potentials), masks[k], out=responses[k][1:])
        for k, response in enumerate(responses):  # those whose last hidden layer this is
            self._collected[1:, counts[k + 1] : counts[k]] = response[1:, counts[k + 1] :]
        answers = output.respond(final.respond(self._collected))
        errors = wanted[:, None] - answers
        energies += np.einsum("on,on->n", errors, errors)
        if self._error_signal:
            errors = self._error_signal(errors)
        local = output.multiply_by_derivative(errors, answers)
        gradients += local.sum(axis=0)
        from_final = final.learn(local)
        back = from_final
        for k in reversed(range(len(responses))):
            local = self._local[k]
            local[:, : counts[k + 1]] = back[:, : counts[k + 1]]
            local[:, counts[k + 1] :] = from_final[:, counts[k + 1] : counts[k]]
            hidden.multiply_by_derivative(local, responses[k][1:])
            if k:
                back = middle[k - 1].learn(local)
            else:
                entry.learn(local)
