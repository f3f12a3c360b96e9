"""A stylizer: frames in, frames in another style out.

What is for clips only (decoding, order, flicker) is elsewhere; here each frame stands alone, so
that a clip comes out the same however it is cut into batches and segments.
"""

import contextlib
import functools
import gc
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from convatlas.errors import ConvatlasError
from convatlas.models.stylizer import Stylizer as ArbitraryStylizer
from convatlas.models.stylizer import pad_to_step
from convatlas.stylization.finishing import Finishing
from convatlas.stylization.free_memory import exhaustion_named, free_memory
from convatlas.stylization.memory import choose_tile, measure_needs
from convatlas.stylization.networks import Restyler, restyler_of
from convatlas.stylization.options import LEAST_TILE, StylizationOptions
from convatlas.stylization.pixels import check_frames, frames_of, tensor_of
from convatlas.stylization.tiles import restyle_in_tiles
from convatlas.stylization.workers import Workers, frames_at_once

logger = logging.getLogger(__name__)

Stylizer = Callable[[np.ndarray], np.ndarray]
"""Frames uint8 (n, height, width, 3), RGB, to frames of the same shape."""


def make_stylizer(
    network: nn.Module,
    styles: Sequence[np.ndarray] = (),
    options: StylizationOptions | None = None,
    device: torch.device | str = "cpu",
    *,
    mask: np.ndarray | None = None,
) -> "FrameStylizer":
    """Make what restyles frames.

    Parameters
    ----------
    network : torch.nn.Module
        A :class:`convatlas.models.stylizer.Stylizer`, which takes any style, or any network of one
        style from (n, 3, h, w) in [0, 1] to the same. It is moved to `device`.
    styles : sequence of numpy.ndarray
        Style pictures, uint8 (height, width, 3), from
        :func:`convatlas.stylization.pictures.read_picture`. None for a network of one style.
    options : StylizationOptions, optional
        See there.
    device : torch.device or str
        Where to compute.
    mask : numpy.ndarray, optional
        uint8 (height, width), 255 where to stylise and 0 where to leave the frame; it is resized
        to the frames.

    Returns
    -------
    FrameStylizer
        A callable, frames to frames.

    Raises
    ------
    ConvatlasError
        If styles and network, or weights and styles, do not fit.
    """
    options, device = options or StylizationOptions(), torch.device(device)
    arbitrary = isinstance(network, ArbitraryStylizer)
    if arbitrary and not styles:
        raise ConvatlasError("styles: none is given; this network needs at least one style picture")
    if not arbitrary and styles:
        raise ConvatlasError(
            f"styles: {len(styles)} given, but {type(network).__name__} is a network of one style; "
            "give none, or take the network for any style"
        )
    if not arbitrary and options.weights is not None:
        raise ConvatlasError("weights: a network of one style mixes none; leave them out")
    network = network.to(device).eval().requires_grad_(requires_grad=False)
    restyler = restyler_of(network, styles, options, device)
    return FrameStylizer(restyler, options, device, mask)


@dataclass
class _Cut:
    """How frames of one size go through: so many at once, in tiles or (None) whole.

    On a processor, where a batch gains nothing and caches hold fewer, each has a worker.
    """

    batch: int
    tile: int | None
    workers: Workers | None = None


class FrameStylizer:
    """Restyles frames, each by itself; see :func:`make_stylizer`.

    Its two steps can be had apart: :meth:`restyle`, the network, and :meth:`finish`.

    Frames go through whole as long as memory lasts. Those that are too large by estimate are cut
    into tiles (:mod:`convatlas.stylization.tiles`); if memory gives out all the same, first fewer
    frames go at once, then tiles become half as wide, down to 64 pixels.
    """

    def __init__(
        self,
        restyler: Restyler,
        options: StylizationOptions,
        device: torch.device,
        mask: np.ndarray | None,
    ) -> None:
        self.restyler, self.options, self.device = restyler, options, device
        self._finishing = Finishing(options, mask, blends=restyler.blends)
        self._cuts: dict[tuple[int, int], _Cut] = {}
        self._needs = measure_needs(
            restyler.network, restyler.plain, device, restyler.whole_per_pixel
        )

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Restyle frames and finish them, with no rounding between.

        Parameters
        ----------
        frames : numpy.ndarray
            uint8 (n, height, width, 3), RGB, any size.

        Returns
        -------
        numpy.ndarray
            The same shape.

        Raises
        ------
        ConvatlasError
            If `frames` are no such array, or memory does not do for the smallest tiles.
        """
        return self._in_parts(frames, finished=True)

    def restyle(self, frames: np.ndarray) -> np.ndarray:
        """Return what the network makes of frames, before :meth:`finish`; else as a call."""
        return self._in_parts(frames, finished=False)

    @torch.inference_mode()
    def finish(self, restyled: np.ndarray, frames: np.ndarray) -> np.ndarray:
        """Give restyled frames their colours, and blend them with the frames by strength and mask.

        What changes restyled frames by one another, as a stabiliser does, belongs before this: what
        a mask leaves, for one, is then the very frame.

        Parameters
        ----------
        restyled : numpy.ndarray
            From :meth:`restyle`, whatever became of it since.
        frames : numpy.ndarray
            What it was made of, the same shape.

        Returns
        -------
        numpy.ndarray
            The same shape; up to the rounding of `restyled` what :meth:`__call__` gives.

        Raises
        ------
        ConvatlasError
            If one of them is no array of frames, or they differ in shape.
        """
        check_frames(restyled)
        check_frames(frames)
        if restyled.shape != frames.shape:
            raise ConvatlasError(
                f"restyled frames of shape {restyled.shape} are not of frames of {frames.shape}"
            )
        if not self._finishing.changes:
            return restyled
        finished = np.empty_like(frames)
        for number in range(len(frames)):  # a frame at a time takes less than the network took
            one = slice(number, number + 1)
            result, content = (tensor_of(each[one], self.device) for each in (restyled, frames))
            finished[one] = frames_of(self._finishing(result, content))
        return finished

    def reset(self) -> None:
        """Forget what went before: nothing, as each frame stands alone."""

    def _in_parts(self, frames: np.ndarray, *, finished: bool) -> np.ndarray:
        check_frames(frames)
        if not len(frames):
            return frames.copy()
        size = frames.shape[1:3]
        if size not in self._cuts:
            self._cuts[size] = self._first_cut(*size)
        cut, restyled, done = self._cuts[size], np.empty_like(frames), 0
        while done < len(frames):
            part, found = frames[done : done + cut.batch], None
            with contextlib.suppress(torch.OutOfMemoryError, MemoryError):
                found = self._restyle_at_once(part, cut, finished=finished)
            # outside of what handles the error, whose traceback would keep tensors alive
            if found is None:
                self._shrink(cut, len(part), *size)
                continue
            restyled[done : done + len(part)] = found
            done += len(part)
        return restyled

    def _first_cut(self, height: int, width: int) -> _Cut:
        available = free_memory(self.device)
        if self.options.memory_mib is not None:
            available = min(available, self.options.memory_mib * 2**20)
        tile = self.options.tile_pixels or choose_tile(self._needs, height, width, available)
        if tile:
            logger.info("%dx%d pixels in tiles of %d", width, height, tile)
            return _Cut(1, tile)
        if self.device.type != "cpu":
            return _Cut(2**30, None)
        at_once = frames_at_once(self._needs, height, width, available)
        return _Cut(at_once, None, Workers(at_once) if at_once > 1 else None)

    def _shrink(self, cut: _Cut, frames: int, height: int, width: int) -> None:
        """Ask for less at once, after memory gave out for so many frames."""
        gc.collect()  # what other threads raised holds their tensors in a circle
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if frames > 1:
            cut.batch = frames // 2
            cut.workers = Workers(cut.batch) if cut.workers and cut.batch > 1 else None
            logger.warning("memory gave out: frames at once from here: %d", cut.batch)
            return
        tile = (cut.tile or max(height, width)) // 2 // 4 * 4
        if tile < LEAST_TILE:
            smallest = f"in tiles of {cut.tile}" if cut.tile else "by themselves"
            raise ConvatlasError(
                f"{width}x{height} pixels do not fit into memory even {smallest}; "
                "free memory on this machine, or scale the clip down"
            )
        # tiles share what they know of a frame: no two frames at once
        cut.batch, cut.tile, cut.workers = 1, tile, None
        logger.warning("memory gave out: tiles of %d pixels from here", tile)

    def _restyle_at_once(self, frames: np.ndarray, cut: _Cut, *, finished: bool) -> np.ndarray:
        if cut.workers is None:
            return self._restyle(frames, cut, finished=finished)
        apart = [frames[number : number + 1] for number in range(len(frames))]
        call = functools.partial(self._restyle, cut=cut, finished=finished)
        return np.concatenate(cut.workers.map(call, apart))

    @exhaustion_named()
    @torch.inference_mode()
    def _restyle(self, frames: np.ndarray, cut: _Cut, *, finished: bool) -> np.ndarray:
        content = tensor_of(frames, self.device)
        embedding = self.restyler.embedding_for(content)
        if cut.tile is None:
            result = self.restyler.fast(content, embedding)
        else:
            result = torch.cat(
                [
                    self._restyle_tiles(content[n : n + 1], embedding, n, cut.tile)
                    for n in range(len(content))
                ]
            )
        return frames_of(self._finishing(result, content) if finished else result)

    def _restyle_tiles(
        self, content: Tensor, embedding: Tensor | None, number: int, tile: int
    ) -> Tensor:
        height, width = content.shape[-2:]
        if embedding is not None and len(embedding) > 1:
            embedding = embedding[number : number + 1]
        padded = pad_to_step(content)

        def call(part: Tensor) -> Tensor:
            return self.restyler.plain(part, embedding)

        whole = restyle_in_tiles(
            self.restyler.network, call, padded, tile=tile, halo=self._needs.halo
        )
        return whole[..., :height, :width]
