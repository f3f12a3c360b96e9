"""A stylizer: frames in, frames in another style out.

What is for clips only (decoding, order, flicker) is elsewhere; here each frame stands alone, so
that a clip comes out the same however it is cut into batches and segments.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from convatlas.errors import ConvatlasError
from convatlas.models.stylizer import Stylizer as ArbitraryStylizer
from convatlas.models.stylizer import pad_to_step
from convatlas.stylization.colors import keep_luminance, match_colors
from convatlas.stylization.memory import choose_tile, free_memory, measure_needs
from convatlas.stylization.networks import Restyler, restyler_of
from convatlas.stylization.options import LEAST_TILE, StylizationOptions
from convatlas.stylization.pictures import resize_mask
from convatlas.stylization.tiles import restyle_in_tiles

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
    """How frames of one size go through: so many at once, in tiles or (None) whole."""

    batch: int
    tile: int | None
    usual: int = 0
    """Frames in the largest batch so far."""


@contextlib.contextmanager
def _memory_errors() -> Iterator[None]:
    """Give an exhausted CPU memory, for which torch has a plain RuntimeError, its own class."""
    try:
        yield
    except RuntimeError as error:
        words = str(error)
        if "can't allocate memory" in words or "not enough memory" in words:
            raise MemoryError(words) from None
        raise


class FrameStylizer:
    """Restyles frames, each by itself; see :func:`make_stylizer`.

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
        self.restyler, self.options, self.device, self.mask = restyler, options, device, mask
        self._cuts: dict[tuple[int, int], _Cut] = {}
        self._masks: dict[tuple[int, int], Tensor] = {}
        self._needs = measure_needs(
            restyler.network, restyler.plain, device, restyler.whole_per_pixel
        )

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Restyle frames.

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
        if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8:
            raise ConvatlasError(
                f"frames: {frames.dtype} of shape {frames.shape}, but uint8 (n, height, width, 3) "
                "is wanted"
            )
        if not len(frames):
            return frames.copy()
        size = frames.shape[1:3]
        if size not in self._cuts:
            self._cuts[size] = self._first_cut(*size)
        cut, restyled, done = self._cuts[size], np.empty_like(frames), 0
        while done < len(frames):
            part, found = frames[done : done + cut.batch], None
            with contextlib.suppress(torch.OutOfMemoryError, MemoryError):
                found = self._restyle(self._filled(part, cut), cut)
            # outside of what handles the error, whose traceback would keep tensors alive
            if found is None:
                self._shrink(cut, len(part), *size)
                continue
            restyled[done : done + len(part)] = found[: len(part)]
            done += len(part)
        return restyled

    def reset(self) -> None:
        """Forget what went before: nothing, as each frame stands alone."""

    def _first_cut(self, height: int, width: int) -> _Cut:
        available = free_memory(self.device)
        if self.options.memory_mib is not None:
            available = min(available, self.options.memory_mib * 2**20)
        tile = self.options.tile_pixels or choose_tile(self._needs, height, width, available)
        # a processor gains nothing from more frames at once, and its caches hold fewer
        batch = 1 if tile or self.device.type == "cpu" else 2**30
        if tile:
            logger.info("%dx%d pixels in tiles of %d", width, height, tile)
        return _Cut(batch, tile)

    def _filled(self, frames: np.ndarray, cut: _Cut) -> np.ndarray:
        """Repeat the last frame of a short batch: torch would compile anew for another size."""
        if self.options.compile and cut.batch > 1:
            cut.usual = max(cut.usual, len(frames))
            missing = min(cut.usual, cut.batch) - len(frames)
            if missing > 0:
                return np.concatenate((frames, np.repeat(frames[-1:], missing, axis=0)))
        return frames

    def _shrink(self, cut: _Cut, frames: int, height: int, width: int) -> None:
        """Ask for less at once, after memory gave out for so many frames."""
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if frames > 1:
            cut.batch = frames // 2
            logger.warning("memory gave out: %d frames at once from here", cut.batch)
            return
        tile = (cut.tile or max(height, width)) // 2 // 4 * 4
        if tile < LEAST_TILE:
            raise ConvatlasError(
                f"{width}x{height} pixels do not fit into memory even in tiles of {cut.tile}; "
                "free memory on this machine, or scale the clip down"
            )
        cut.tile = tile
        logger.warning("memory gave out: tiles of %d pixels from here", tile)

    @_memory_errors()
    @torch.inference_mode()
    def _restyle(self, frames: np.ndarray, cut: _Cut) -> np.ndarray:
        pixels = torch.tensor(np.ascontiguousarray(frames), device=self.device)
        content = pixels.permute(0, 3, 1, 2).float().div_(255)  # in memory, channels stay last
        strength = self.options.strength
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
        if self.options.color == "luminance":
            result = keep_luminance(result, content)
        elif self.options.color == "histogram":
            result = match_colors(result, content)
        if self.restyler.blends and strength < 1:
            result = torch.lerp(content, result, strength)
        if self.mask is not None:
            result = torch.lerp(content, result, self._mask_for(*content.shape[-2:]))
        # results may be of a forward that torch compiled: not to be changed in place
        pixels = (result * 255).round_().clamp_(0, 255).to(torch.uint8)
        return pixels.permute(0, 2, 3, 1).cpu().numpy()

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

    def _mask_for(self, height: int, width: int) -> Tensor:
        size = (height, width)
        if size not in self._masks:
            resized = torch.from_numpy(resize_mask(self.mask, height, width).copy())
            self._masks[size] = resized.to(self.device).float() / 255
        return self._masks[size]
