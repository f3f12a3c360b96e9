"""How much memory a network takes, how much there is, and what side of tiles follows."""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch
from torch import Tensor, nn

from convatlas.stylization.options import LEAST_TILE
from convatlas.stylization.tiles import Network

_PROBE = 64
"""Side of the picture that a network is tried on."""
_SHARE = 0.7
"""Of free memory that is used."""


@dataclass(frozen=True)
class Needs:
    """What a network needs.

    Parameters
    ----------
    bytes_per_pixel : float
        At its widest place: a layer's input and output, and copies that libraries make.
    held_per_pixel : float
        Of the whole frame, while it waits in tiles.
    halo : int
        Pixels that it sees to each side.
    """

    bytes_per_pixel: float
    held_per_pixel: float
    halo: int


def measure_needs(network: nn.Module, call: Network, device: torch.device) -> Needs:
    """Try a network on a small picture, and count.

    Parameters
    ----------
    network : torch.nn.Module
        All its convolutions are taken to follow one another, which is the most it can see.
    call : callable
        Runs it, (1, 3, h, w) to the same.
    device : torch.device
        Of the picture.
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
    # 4 more: enlarging by nearest neighbours reaches into the next coarse pixel
    return Needs(2.0 * widest / pixels, 2.5 * held / pixels, int(seen) + 4)


def free_memory(device: torch.device) -> int:
    """Return the bytes that are free on a device; on a CPU, the container's limit counts."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + unused
    free = psutil.virtual_memory().available
    group = Path("/sys/fs/cgroup")
    with contextlib.suppress(OSError, ValueError):  # no such files, or "max": no limit
        limit, used = (int((group / f"memory.{name}").read_text()) for name in ("max", "current"))
        found = re.search(r"^inactive_file (\d+)$", (group / "memory.stat").read_text(), re.M)
        free = min(free, limit - used + (int(found[1]) if found else 0))
    return max(0, free)


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
    usable = _SHARE * available
    pixels = height * width
    if pixels * needs.bytes_per_pixel <= usable:
        return None
    rest = max(0.0, usable - pixels * needs.held_per_pixel)
    side = int((rest / needs.bytes_per_pixel) ** 0.5) - 2 * needs.halo
    return max(LEAST_TILE, side // 4 * 4)
