"""How much memory a network takes, and what side of tiles follows."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from convatlas.stylization.options import LEAST_TILE
from convatlas.stylization.tiles import Network, plan_spans

_PROBE = 64
"""Side of the picture that a network is tried on."""
SHARE = 0.7
"""Of free memory that is used."""
_PICTURES = 30.0
"""Bytes per pixel of a frame and its result, as float32 and as bytes."""


@dataclass(frozen=True)
class Needs:
    """What a network needs.

    Parameters
    ----------
    whole_per_pixel : float
        Bytes for each pixel of a frame that goes through whole.
    bytes_per_pixel : float
        For each pixel of the tile that is computed, at the network's widest place: a layer's input
        and output, and copies that libraries make.
    held_per_pixel : float
        For each pixel of all tiles, while they wait.
    halo : int
        Pixels that it sees to each side.
    """

    whole_per_pixel: float
    bytes_per_pixel: float
    held_per_pixel: float
    halo: int

    def in_tiles(self, height: int, width: int, tile: int) -> float:
        """Return the bytes that a frame takes in tiles of a side, overlap included."""
        rows, columns = (
            [span.stop - span.start for span in plan_spans(side, tile, self.halo)]
            for side in (height, width)
        )
        held = sum(rows) * sum(columns) * self.held_per_pixel + height * width * _PICTURES
        return held + max(rows) * max(columns) * self.bytes_per_pixel


def measure_needs(
    network: nn.Module, call: Network, device: torch.device, whole: float | None = None
) -> Needs:
    """Try a network on a small picture, and count.

    Parameters
    ----------
    network : torch.nn.Module
        All its convolutions are taken to follow one another, which is the most it can see.
    call : callable
        Runs it, (1, 3, h, w) to the same.
    device : torch.device
        Of the picture.
    whole : float, optional
        Bytes per pixel of a whole frame, where they are known.
    """
    widest, held, seen = 0.0, 0.0, 0.0

    def note(module: nn.Module, inputs: tuple, output: Tensor) -> None:
        nonlocal widest, held, seen
        x = inputs[0]
        sizes = (x.numel() * x.element_size(), output.numel() * output.element_size())
        widest = max(widest, sum(sizes))
        if isinstance(module, nn.InstanceNorm2d):
            held = max(held, sizes[0])
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            # sides are padded by a few pixels; maps are 1, 2 or 4 times as coarse as the picture
            scale = 2 ** max(0, round(torch.log2(torch.tensor(_PROBE / x.shape[-1])).item()))
            seen += scale * (max(module.kernel_size) // 2 + isinstance(module, nn.ConvTranspose2d))

    leaves = [module for module in network.modules() if not list(module.children())]
    handles = [module.register_forward_hook(note) for module in leaves]
    try:
        with torch.inference_mode():
            call(torch.zeros(1, 3, _PROBE, _PROBE, device=device))
    finally:
        for handle in handles:
            handle.remove()
    pixels = _PROBE**2
    # a layer's input before padding is there too; the widest map that waits was enlarged, from one
    # with a quarter of the pixels and twice the channels, which waits with it
    widest, held = 2.0 * widest / pixels, 1.5 * held / pixels
    # 4 more: enlarging by nearest neighbours reaches into the next coarse pixel
    return Needs(whole or widest, widest, held, int(seen) + 4)


def choose_tile(needs: Needs, height: int, width: int, available: int) -> int | None:
    """Return the side of tiles that fit into memory.

    Parameters
    ----------
    needs : Needs
        Of the network.
    height, width : int
        Of the frame, in pixels.
    available : int
        Bytes.

    Returns
    -------
    int or None
        Pixels, without the overlap; None if the whole frame fits.
    """
    usable = SHARE * available
    if height * width * needs.whole_per_pixel <= usable:
        return None
    sides = range(LEAST_TILE, max(height, width) + 1, LEAST_TILE) or [LEAST_TILE]
    taken = {side: needs.in_tiles(height, width, side) for side in sides}
    fitting = [side for side in sides if taken[side] <= usable]
    # where none fits, the one that takes least may do: SHARE leaves some
    return max(fitting) if fitting else min(taken, key=taken.get)
