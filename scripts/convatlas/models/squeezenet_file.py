"""SqueezeNet's published weights, from the file that Deep Compression made of them.

Han, Mao and Dally, *Deep compression: compressing deep neural networks with pruning, trained
quantization and Huffman coding*, 2016, sections 2 and 3, without the Huffman coding. All numbers
are little-endian: for each of 26 layers how many weights are left (uint32); then layer by layer a
codebook of 256 weights (float32), the biases (float32), the number of each weight that is left in
the codebook (a byte), and how many zeros lie before it (four bits, the low ones first).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from convatlas.errors import ConvatlasError
from convatlas.models.squeezenet import FIRES, SqueezeNet

CODES = 256


def read_squeezenet(path: str | Path) -> SqueezeNet:
    """Read the network.

    Parameters
    ----------
    path : str or Path
        ``compressed_SqueezeNet.net``.

    Returns
    -------
    SqueezeNet
        In evaluation mode, without gradients of its own.

    Raises
    ------
    ConvatlasError
        If it is no such file.
    """
    try:
        content = memoryview(Path(path).read_bytes())
    except FileNotFoundError:
        raise ConvatlasError(f"{path} is missing: SqueezeNet's weights") from None
    network = SqueezeNet()
    layers = list(_convolutions(network))
    reader = _Reader(path, content)
    counts = reader.take("<u4", len(layers))
    for count, (name, layer) in zip(counts.tolist(), layers, strict=True):
        codebook = reader.take("<f4", CODES)
        bias = reader.take("<f4", len(layer.bias))
        codes, gaps = reader.take("u1", count), reader.take("u1", (count + 1) // 2)
        weights = _expand(codes, gaps, codebook, layer.weight.numel())
        if weights is None or not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise ConvatlasError(f"{path}: the weights of {name} are damaged: fetch it again")
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights).view_as(layer.weight))
            layer.bias.copy_(torch.from_numpy(bias.copy()))
    reader.end()
    network.pretrained = True
    return network.eval().requires_grad_(requires_grad=False)


def _convolutions(network: SqueezeNet) -> Iterator[tuple[str, nn.Conv2d]]:
    """Give the network's convolutions in the file's order."""
    yield "conv1", network.conv1
    for number in FIRES:
        fire = getattr(network, f"fire{number}")
        for part in ("squeeze", "expand1x1", "expand3x3"):
            yield f"fire{number}/{part}", getattr(fire, part)
    yield "conv10", network.conv10


def _expand(
    codes: np.ndarray, gaps: np.ndarray, codebook: np.ndarray, size: int
) -> np.ndarray | None:
    """Return all weights of a layer; None if some would lie behind its last."""
    steps = np.stack((gaps & 15, gaps >> 4), 1).reshape(-1)[: len(codes)].astype(np.int64)
    places = np.cumsum(steps + 1) - 1
    if len(places) and places[-1] >= size:
        return None
    # what was pruned has the codebook's first entry, which is 0
    weights = np.full(size, codebook[0], np.float32)
    weights[places] = codebook[codes]
    return weights


class _Reader:
    """Takes arrays off the front of a file's bytes."""

    def __init__(self, path: str | Path, content: memoryview) -> None:
        self._path, self._content, self._at = path, content, 0

    def take(self, kind: str, count: int) -> np.ndarray:
        size = np.dtype(kind).itemsize * count
        if self._at + size > len(self._content):
            raise ConvatlasError(
                f"{self._path}: not SqueezeNet's file, or not all of it: "
                f"{len(self._content)} bytes, but more are wanted; fetch it again"
            )
        taken = np.frombuffer(self._content, kind, count, self._at)
        self._at += size
        return taken

    def end(self) -> None:
        if rest := len(self._content) - self._at:
            raise ConvatlasError(f"{self._path}: {rest} bytes are left over; fetch it again")
