"""Look at a network while a picture goes through it: its layers, their shapes, what follows what.

Nothing is read from its code: shapes come from hooks, and activations, pooling and skips from the
graph that autograd records between one layer and the next.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node

from convatlas.models.perceptron import Perceptron, Weights

ACTIVATIONS = {
    "Tanh": "tanh", "Sigmoid": "sigmoid", "Relu": "ReLU", "LeakyRelu": "leaky ReLU",
    "Softmax": "softmax", "Glu": "GLU", "Silu": "swish",
}  # fmt: skip
"""What people call the functions behind nodes of autograd's graph."""
NORMALISATIONS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm, nn.LayerNorm)
"""Belong to the layer before them."""
INPUT, OUTPUT = "input", "output"


@dataclass
class Layer:
    """A layer as an input met it.

    Attributes
    ----------
    name, kind : str
        As the module calls it; ``convolution``, ``transposed convolution``, ``dense``, ``pooling``,
        ``enlarging``, ``picture`` or ``vector``.
    window : str
        ``5x5``, with the stride where it is not 1; empty where there is none.
    height, width, channels : int
        Of what it gives; of a dense layer 1, 1 and its units.
    parameters : int
        Weights and biases; of the input those of no layer: normalisation, constants, gates.
    activation : str
        What is applied to its output, if anything.
    follows : list of str
        The layers whose output comes in.
    """

    name: str
    kind: str
    window: str
    height: int
    width: int
    channels: int
    parameters: int = 0
    activation: str = ""
    follows: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Passage:
    """What a hook saw of one layer: nodes of its first input, of others beside it, of its output.

    Nodes are kept, not tensors: a later change in place gives a tensor another node.
    """

    name: str
    module: nn.Module
    before: Node | None
    beside: tuple[Node | None, ...]
    after: Node
    given: tuple[int, ...]
    gave: tuple[int, ...]


def inspect_network(network: nn.Module, given: Tensor) -> list[Layer]:
    """Send an input through a network and list its layers in the order in which they answered.

    Parameters
    ----------
    network : torch.nn.Module
        It is looked at in evaluation mode, and left as it was.
    given : torch.Tensor
        What it takes, a batch of one.

    Returns
    -------
    list of Layer
        The first is the input. Between two layers a further one stands where the sides of the
        picture change without a layer; at the end the output, where its shape is another again.
    """
    passages: list[_Passage] = []
    handles = [
        module.register_forward_hook(_watch(name, passages)) for name, module in _layers_of(network)
    ]
    was_training = network.training
    network.eval()
    try:
        with torch.enable_grad():
            start = given.detach().clone().requires_grad_()
            # a copy, which the network may change in place
            end = network(start.clone())
    finally:
        for handle in handles:
            handle.remove()
        network.train(was_training)
    rows = _assemble(passages, start, end)
    whole = sum(parameter.numel() for parameter in network.parameters())
    rows[0].parameters = whole - sum(row.parameters for row in rows)
    return rows


def inspect_perceptron(network: Perceptron, weights: Weights) -> list[Layer]:
    """List the layers of a fitted perceptron; their sizes are those of its matrices of weights."""
    rows = [Layer(INPUT, "vector", "", 1, 1, len(weights[0]) - 1)]
    for place, matrix in enumerate(weights):
        inputs, units = len(matrix) - 1, matrix.shape[1]
        function = network.activation(place).function
        rows.append(
            Layer(
                name=OUTPUT if place == len(weights) - 1 else f"hidden {place + 1}",
                kind="dense",
                window="",
                height=1,
                width=1,
                channels=units,
                parameters=(inputs + network.bias) * units,
                activation="" if function == "linear" else function,
                follows=[rows[-1].name],
            )
        )
    return rows


def _layers_of(network: nn.Module, path: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Give the outermost modules that have a weight of their own, normalisation left out."""
    for name, module in network.named_children():
        if isinstance(module, NORMALISATIONS):
            continue
        if isinstance(getattr(module, "weight", None), Tensor):
            yield f"{path}{name}", module
        else:
            yield from _layers_of(module, f"{path}{name}.")


def _watch(name: str, passages: list[_Passage]) -> Any:  # noqa: ANN401 (a hook of torch)
    def hook(module: nn.Module, given: tuple[Any, ...], gave: Tensor) -> None:
        before, *beside = (entry.grad_fn for entry in given if isinstance(entry, Tensor))
        nodes = (before, tuple(beside), gave.grad_fn)
        passages.append(_Passage(name, module, *nodes, given[0].shape, gave.shape))

    return hook


def _assemble(passages: list[_Passage], start: Tensor, end: Tensor) -> list[Layer]:
    ends = {passage.after: passage.name for passage in passages}
    kind = "picture" if start.ndim == 4 else "vector"
    rows = {INPUT: Layer(INPUT, kind, "", *_sides(start.shape))}
    for passage in passages:
        found = _walk(passage.before, ends, start)
        _note_activations(rows, found)
        for node in passage.beside:
            styles = _walk(node, ends, start)
            _note_activations(rows, styles)
            # a constant comes in: what styles it is all that it follows
            found = found or styles
        before = list(found)
        if between := _between(rows, passage, found):
            rows[between.name] = between
            before = [between.name]
        inside = _walk(passage.after, ends, start, passage).get(INPUT, ())
        rows[passage.name] = Layer(
            passage.name,
            _kind(passage),
            _window(passage),
            *_sides(passage.gave),
            parameters=sum(parameter.numel() for parameter in passage.module.parameters()),
            activation=_activation(inside),
            follows=before,
        )
    found = _walk(end.grad_fn, ends, start)
    _note_activations(rows, found)
    last = next(reversed(rows.values()))
    if end.ndim == 4 and _sides(end.shape) != (last.height, last.width, last.channels):
        rows[OUTPUT] = Layer(OUTPUT, "picture", "", *_sides(end.shape), follows=list(found))
    return list(rows.values())


def _walk(
    node: Node | None,
    ends: dict[Node, str],
    start: Tensor,
    within: _Passage | None = None,
) -> dict[str, set[str]]:
    """Go back from a node of the graph to layers; give them with the names of what lies between.

    With `within`, from a layer's own last node to what came into it, which is then ``input``.
    """
    found: dict[str, set[str]] = {}
    waiting: list[tuple[Node | None, frozenset[str]]] = [(node, frozenset())]
    seen: set[tuple[Node, frozenset[str]]] = set()
    while waiting:
        current, passed = waiting.pop()
        if current is None or (current, passed) in seen:
            continue
        seen.add((current, passed))
        own = within is not None and current is within.after
        if within is not None and current is within.before:
            found.setdefault(INPUT, set()).update(passed)
        elif current in ends and not own:
            if within is None:
                found.setdefault(ends[current], set()).update(passed)
        elif hasattr(current, "variable"):
            if current.variable is start:
                found.setdefault(INPUT, set()).update(passed)
        else:
            name = re.sub(r"Backward\d+$", "", current.name())
            kept = passed | {name} if name in ACTIVATIONS or "Pool" in name else passed
            waiting += [(before, kept) for before, _ in current.next_functions]
    return found


def _note_activations(rows: dict[str, Layer], found: dict[str, set[str]]) -> None:
    for name, passed in found.items():
        rows[name].activation = rows[name].activation or _activation(passed)


def _activation(passed: Iterable[str]) -> str:
    return next((ACTIVATIONS[name] for name in sorted(passed) if name in ACTIVATIONS), "")


def _between(rows: dict[str, Layer], passage: _Passage, found: dict[str, set[str]]) -> Layer | None:
    """Return what changes the sides of the picture on its way into a layer, if anything does."""
    if len(passage.given) != 4 and not found:
        return None
    largest = max((rows[name] for name in found), key=lambda row: row.height, default=None)
    if largest is None:
        return None
    if len(passage.given) == 4:
        height, width, channels = _sides(passage.given)
    else:  # into a dense layer: as many numbers as came out, or fewer by pooling
        share = round((largest.height * largest.width * largest.channels / passage.given[1]) ** 0.5)
        height, width, channels = largest.height // share, largest.width // share, largest.channels
        if height * width * channels != passage.given[1]:
            return None
    if height == largest.height or largest.height == 1:
        return None
    kind = "pooling" if height < largest.height else "enlarging"
    ratio = largest.height // height if height < largest.height else 1
    window = f"{ratio}x{ratio}/{ratio}" if kind == "pooling" else ""
    maximum = any("MaxPool" in name for names in found.values() for name in names)
    name = ("maximum " if maximum else "") + kind if kind == "pooling" else "frame"
    number = 1 + sum(row.kind == kind for row in rows.values())
    return Layer(f"{name} {number}", kind, window, height, width, channels, follows=list(found))


def _kind(passage: _Passage) -> str:
    if passage.module.weight.ndim == 2:
        return "dense"
    transposed = isinstance(passage.module, nn.ConvTranspose2d)
    return "transposed convolution" if transposed else "convolution"


def _window(passage: _Passage) -> str:
    weight = passage.module.weight
    if weight.ndim == 2:
        return ""
    stride = getattr(passage.module, "stride", (1,))[0]
    return f"{weight.shape[-2]}x{weight.shape[-1]}" + (f"/{stride}" if stride > 1 else "")


def _sides(shape: Iterable[int]) -> tuple[int, int, int]:
    """Return height, width and channels of a batch's shape."""
    _, channels, *sides = shape
    height, width = sides or (1, 1)
    return height, width, channels
