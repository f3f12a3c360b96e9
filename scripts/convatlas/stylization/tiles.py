"""Frames too large for the memory at hand, in overlapping tiles, with the whole frame's statistics.

Tiles alone would show: instance normalisation divides by the deviation of all it sees, and a tile
of sky has another one than a tile of houses. So the tiles go through the network side by side. Each
goes on to the next normalisation and waits there; mean and variance over the whole frame are put
together from the tiles' own parts (Chan, Golub and LeVeque, *Algorithms for computing the sample
variance*, 1983, equation 2.1); then each goes on. Nothing is computed twice but the overlap, and
the result is that of the whole frame up to rounding.

A waiting tile keeps what it will need again, 12 numbers per pixel for the published network and 48
for one of 32 channels; what is needed only within a layer, which is most, is there for one tile at
a time. Overlap waits as well: small tiles save nothing.

A tile is a thread, for a network's forward cannot be left and taken up otherwise; one runs at a
time.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from convatlas.models.stylizer import STEP
from convatlas.stylization.free_memory import return_what_is_freed

Network = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Span:
    """Rows (or columns) of a tile: `start` to `stop`, of which `first` to `last` are its own."""

    start: int
    stop: int
    first: int
    last: int


def plan_spans(side: int, tile: int, halo: int) -> list[Span]:
    """Cut a side into spans of about `tile`, each with `halo` more on both ends where there is.

    Parameters
    ----------
    side : int
        Pixels, a multiple of 4.
    tile, halo : int
        Pixels; taken as multiples of 4, so that halved maps of tiles fit those of the frame.

    Returns
    -------
    list of Span
        Their own parts follow one another and cover the side.
    """
    count = -(-side // max(STEP, tile))
    each = -(-side // (count * STEP)) * STEP
    halo = -(-halo // STEP) * STEP
    return [
        Span(max(0, first - halo), min(side, first + each + halo), first, min(side, first + each))
        for first in range(0, side, each)
    ]


def restyle_in_tiles(
    network: nn.Module, call: Network, content: Tensor, *, tile: int, halo: int
) -> Tensor:
    """Send a frame through a network tile by tile.

    Parameters
    ----------
    network : torch.nn.Module
        Its :class:`torch.nn.InstanceNorm2d` are given the whole frame's statistics; all else in it
        has to be local.
    call : callable
        Runs the network, (1, 3, h, w) to the same shape, for sides that are multiples of 4.
    content : torch.Tensor
        (1, 3, height, width), sides multiples of 4.
    tile : int
        Side of a tile without its overlap, in pixels.
    halo : int
        Pixels of overlap on each side: at least how far the network sees.

    Returns
    -------
    torch.Tensor
        (1, 3, height, width).

    Raises
    ------
    Exception
        What the network raised in any tile, such as torch.OutOfMemoryError.
    """
    if content.is_cpu:
        return_what_is_freed()
    height, width = content.shape[-2:]
    spans = [
        (rows, columns)
        for rows in plan_spans(height, tile, halo)
        for columns in plan_spans(width, tile, halo)
    ]
    result = torch.empty_like(content)
    threads = [_Tile(call, content, result, rows, columns) for rows, columns in spans]
    with _shared_statistics(network, threads):
        try:
            while not all(tile.finished for tile in threads):
                for one in threads:
                    one.go_on()
                statistics = _pool([one.part for one in threads if one.part is not None])
                for one in threads:
                    one.statistics = statistics
        finally:
            for one in threads:
                one.abandon()
    return result


@dataclass
class _Part:
    """Statistics of one tile's own pixels at one normalisation: (c,) each."""

    count: int
    mean: Tensor
    variance: Tensor


class _Abandoned(BaseException):
    """Ends a tile's thread, whatever its network catches."""


@dataclass(eq=False)
class _Tile:
    """One tile's way through the network, stopped at each normalisation."""

    call: Network
    content: Tensor
    result: Tensor
    rows: Span
    columns: Span
    part: _Part | None = None
    statistics: tuple[Tensor, Tensor] | None = None
    finished: bool = False
    error: BaseException | None = None
    abandoned: bool = False
    mine: threading.Event = field(default_factory=threading.Event)
    back: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def go_on(self) -> None:
        """Run to the next normalisation or to the end; raise what was raised."""
        self.part = None
        if self.thread is None:
            self.thread = threading.Thread(target=self._run, daemon=True)
            self.thread.start()
        else:
            self.mine.set()
        self.back.wait()
        self.back.clear()
        if self.error is not None:
            raise self.error

    def abandon(self) -> None:
        """End the thread, if it has not ended."""
        self.abandoned = True
        self.mine.set()
        if self.thread is not None:
            self.thread.join()

    def normalise(self, x: Tensor, norm: nn.InstanceNorm2d) -> Tensor:
        """Give this tile's part of the statistics, wait for the whole frame's, and use them."""
        own = self._own(x).float()
        variance, mean = torch.var_mean(own, (0, 2, 3), correction=0)
        self.part = _Part(own.shape[2] * own.shape[3], mean.double(), variance.double())
        del own
        self.back.set()
        self.mine.wait()
        self.mine.clear()
        if self.abandoned:
            raise _Abandoned
        mean, variance = self.statistics
        normalised = nn.functional.batch_norm(
            x.float(),
            mean.float(),
            variance.float(),
            norm.weight,
            norm.bias,
            training=False,
            eps=norm.eps,
        )
        return normalised.to(x.dtype)

    def _run(self) -> None:
        try:
            with torch.inference_mode():
                rows, columns = self.rows, self.columns
                cut = self.content[..., rows.start : rows.stop, columns.start : columns.stop]
                _LOCAL.tile = self
                restyled = self._own(self.call(cut))
                self.result[..., rows.first : rows.last, columns.first : columns.last] = restyled
        except _Abandoned:
            pass
        except BaseException as error:  # raised again where the tiles are driven
            self.error = error
        finally:
            self.finished = True
            self.back.set()

    def _own(self, x: Tensor) -> Tensor:
        """Cut a map of the tile to the tile's own pixels."""
        for axis, span in ((2, self.rows), (3, self.columns)):
            side, pixels = x.shape[axis], span.stop - span.start
            first = (span.first - span.start) * side // pixels
            last = (span.last - span.start) * side // pixels
            x = x.narrow(axis, first, last - first)
        return x


_LOCAL = threading.local()


@contextmanager
def _shared_statistics(network: nn.Module, tiles: list[_Tile]) -> Iterator[None]:
    """Let the network's normalisations ask the tile of the thread that they run in."""
    norms = [module for module in network.modules() if isinstance(module, nn.InstanceNorm2d)]

    def forward_of(norm: nn.InstanceNorm2d) -> Network:
        plain = norm.forward  # another thread of this process may use the network meanwhile

        def forward(x: Tensor) -> Tensor:
            tile = getattr(_LOCAL, "tile", None)
            return tile.normalise(x, norm) if tile in tiles else plain(x)

        return forward

    for norm in norms:
        norm.forward = forward_of(norm)
    try:
        yield
    finally:
        for norm in norms:
            del norm.forward


def _pool(parts: list[_Part]) -> tuple[Tensor, Tensor] | None:
    """Put the parts' means and variances together."""
    if not parts:
        return None
    counts = torch.tensor([part.count for part in parts], dtype=torch.float64)
    shares = (counts / counts.sum()).to(parts[0].mean.device)[:, None]
    means = torch.stack([part.mean for part in parts])
    mean = (shares * means).sum(0)
    within = (shares * torch.stack([part.variance for part in parts])).sum(0)
    return mean, within + (shares * (means - mean).square()).sum(0)
