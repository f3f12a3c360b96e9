"""Means over the places of features, for pictures whose features do not fit into memory.

Large pictures go through a VGG block by block, and through a block strip by strip: rows of what
goes in, with as many more above and below as its convolutions look at, so that what comes out is
that of the whole. Only what goes into a block is kept for the backward pass, which computes the
block's layers again (Chen, Xu, Zhang and Guestrin, *Training deep nets with sublinear memory cost*,
2016, whose segments are cut across layers alone).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from convatlas.models.backbones import VGG
from convatlas.models.feature_network import FeatureNetwork, check_request

WHOLE_PIXELS = 1_500_000
"""Pictures with more are computed in strips. Computing twice takes a third of the time more."""
STRIP_PIXELS = 100_000
"""Places in a strip of what goes into a block, about."""

Take = Callable[[str, Tensor, slice], Tensor]
"""What is wanted of a layer: from its name, (1, channels, rows, width) and which rows these are, to
something that can be summed over rows."""


def mean_over_places(
    network: FeatureNetwork, picture: Tensor, layers: Sequence[str], take: Take
) -> dict[str, Tensor]:
    """Average what is wanted of layers over their places.

    Parameters
    ----------
    network : FeatureNetwork
        Feature network. Only a VGG goes in strips; others take the picture whole.
    picture : torch.Tensor
        (1, 3, height, width), RGB in [0, 1]. Gradients reach it, once.
    layers : sequence of str
        Names of layers.
    take : callable
        What is wanted (:data:`Take`).

    Returns
    -------
    dict of str to torch.Tensor
        Means by layer.

    Raises
    ------
    ConvatlasError
        If a layer is not there, or the picture is too small for it.
    """
    if picture[0, 0].numel() <= WHOLE_PIXELS or not isinstance(network, VGG):
        found = network(picture, layers)
        return {
            name: take(name, found[name], slice(None)) / found[name][0, 0].numel()
            for name in layers
        }
    check_request(network, picture, layers)
    last = max(network.layers.index(layer) for layer in layers)
    x = network.enter(picture).contiguous(memory_format=torch.channels_last)
    means = {}
    for _, names in groupby(network.layers[: last + 1], key=_block_of):
        block = _Block(network, list(names), layers, take)
        places = {name: block.places(name, x) for name in block.shown}
        x, *sums = _InStrips.apply(x, block)
        means.update({name: s / places[name] for name, s in zip(block.shown, sums, strict=True)})
    return {name: means[name] for name in layers}


def _block_of(name: str) -> str:
    return name[4]


class _Strip(NamedTuple):
    """Rows `own` of what goes into a block, and the rows `read` that they are computed from."""

    own: slice
    read: slice


class _Block:
    """Some layers of a VGG in a row, on strips of what goes in."""

    def __init__(self, network: VGG, names: list[str], wanted: Sequence[str], take: Take) -> None:
        self.network, self.names, self.take = network, names, take
        self.shown = [name for name in names if name in wanted]

    def strips(self, x: Tensor) -> Iterator[_Strip]:
        """Divide what goes in (1, c, h, w); each strip begins with an even row, for pooling."""
        height, width = x.shape[-2:]
        rows = max(2, STRIP_PIXELS // width // 2 * 2)
        beyond = sum(name.startswith("conv") for name in self.names)
        first = 0
        while first < height:
            # no single row is left over, which pooling could not halve
            end = first + rows if first + rows + 1 < height else height
            yield _Strip(
                slice(first, end), slice(max(0, first - beyond), min(height, end + beyond))
            )
            first = end

    def places(self, name: str, x: Tensor) -> int:
        """Count the places of a layer, of all that goes into the block."""
        halved = name.startswith("pool")
        return math.prod(side // 2 if halved else side for side in x.shape[-2:])

    def compute(self, x: Tensor, strip: _Strip) -> tuple[Tensor, ...]:
        """Return what goes on to the next block, and what is taken of each layer shown.

        From the rows read (1, c, rows, w).
        """
        lead, rows, taken = strip.own.start - strip.read.start, strip.own, []
        for name in self.names:
            if name.startswith("pool"):
                # from here on no layer looks beyond its own rows
                x = self.network.step(name, _own(x, lead, rows), self.shown)
                lead, rows = 0, slice(rows.start // 2, rows.start // 2 + x.shape[2])
            else:
                x = self.network.step(name, x, self.shown)
            if name in self.shown:
                found = self.network.show(name, _own(x, lead, rows))
                taken.append(self.take(name, found, rows))
        return _own(x, lead, rows), *taken


def _own(x: Tensor, lead: int, rows: slice) -> Tensor:
    return x[:, :, lead : lead + rows.stop - rows.start]


class _InStrips(torch.autograd.Function):
    """A block on one strip after the other, forwards and, computed again, backwards."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: Tensor, block: _Block) -> tuple[Tensor, ...]:
        ctx.save_for_backward(x)
        ctx.block = block
        strips = [block.compute(x[:, :, strip.read], strip) for strip in block.strips(x)]
        going_on, *taken = zip(*strips, strict=True)
        return torch.cat(going_on, dim=2), *(torch.stack(parts).sum(0) for parts in taken)

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, None]:
        (x,) = ctx.saved_tensors
        (going_on, *of_sums), of_x, done = gradients, torch.zeros_like(x), 0
        for strip in ctx.block.strips(x):
            part = x[:, :, strip.read].detach().requires_grad_()
            with torch.enable_grad():
                made = ctx.block.compute(part, strip)
            rows = slice(done, done + made[0].shape[2])
            (of_part,) = torch.autograd.grad(made, part, [going_on[:, :, rows], *of_sums])
            of_x[:, :, strip.read] += of_part
            done = rows.stop
        return of_x, None
