"""DeepDream: a photograph in which a network sees more of what it sees already.

Mordvintsev, Olah and Tyka, *Inceptionism: going deeper into neural networks*, 2015; `palacios` 2.3.
Gradient ascent on how strongly layers answer, over octaves: the photograph small first, what was
dreamt into it enlarged and laid on the next size.
"""

import itertools
import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork
from convatlas.seeding import torch_generator
from convatlas.stylization.pixels import frames_of, tensor_of
from convatlas.synthesis.dream_objectives import Score, layers_dreamt, objective_of
from convatlas.synthesis.dream_settings import DreamSettings
from convatlas.synthesis.jitter import draw_shifts
from convatlas.training.checkpoint import Checkpoint

__all__ = ["DreamSettings", "dream_picture"]

logger = logging.getLogger(__name__)

PREVIEW_SECONDS = 5.0
"""Between two previews within an octave, at least."""


def dream_picture(
    network: FeatureNetwork,
    photograph: np.ndarray,
    settings: DreamSettings,
    *,
    guide: np.ndarray | None = None,
    seed: int = 0,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    preview: Callable[[np.ndarray], None] | None = None,
) -> np.ndarray:
    """Dream.

    Parameters
    ----------
    network : FeatureNetwork
        In evaluation mode, on the device to compute on.
    photograph : numpy.ndarray
        (height, width, 3) uint8, RGB.
    settings : DreamSettings
        How.
    guide : numpy.ndarray, optional
        A picture of the same form and any size, whose features of the one layer the photograph's
        are drawn towards: each place to the guide's place that it is most like.
    seed : int
        Of the jitter. The same gives the same picture, on a CPU bit for bit.
    checkpoint : Checkpoint, optional
        Where to save and resume, to the same picture.
    progress : callable, optional
        Called as ``progress(done, total, "640x427")`` after each step.
    preview : callable, optional
        Called with the picture so far every :data:`PREVIEW_SECONDS`, and after each octave.

    Returns
    -------
    numpy.ndarray
        The same shape.

    Raises
    ------
    ConvatlasError
        If the picture is none, or too small for the layers at its smallest octave; if the network
        has no such layer, channel or class, or nothing in the picture to which it answers.
    """
    if photograph.ndim != 3 or photograph.shape[2] != 3 or photograph.dtype != np.uint8:
        raise ConvatlasError(
            f"the photograph is {photograph.dtype} of shape {photograph.shape}; wanted is uint8 of "
            "(height, width, 3)"
        )
    layers = layers_dreamt(network, settings)
    run = _Run(network, photograph, settings, layers, seed)
    run.score = objective_of(network, settings, layers, guide, run.device)
    if checkpoint and (state := checkpoint.load()):
        run.restore(state)
        logger.info("going on from step %d of %d", run.done, run.total)
    shown = time.monotonic()
    while run.done < run.total:
        run.step()
        if progress:
            progress(run.done, run.total, run.named)
        octave_ends = run.done % settings.steps == 0
        if preview and (octave_ends or time.monotonic() - shown > PREVIEW_SECONDS):
            preview(frames_of(run.picture)[0])
            shown = time.monotonic()
        if checkpoint and checkpoint.due():
            checkpoint.save(run.state())
    return frames_of(run.picture)[0]


class _Run:
    """A picture on its way, octave by octave."""

    score: Score

    def __init__(
        self,
        network: FeatureNetwork,
        photograph: np.ndarray,
        settings: DreamSettings,
        layers: Sequence[str],
        seed: int,
    ) -> None:
        self.network, self.settings, self.layers = network, settings, layers
        self.device = next(network.parameters()).device
        self.original = tensor_of(photograph[None], self.device)
        self.sizes = _octave_sizes(self.original.shape[-2:], settings)
        self._check_sizes()
        self.generator = torch_generator(seed, "dream")
        self.done, self.total = 0, len(self.sizes) * settings.steps
        self.picture = self.base = torch.zeros(1, 3, *self.sizes[0], device=self.device)

    def _check_sizes(self) -> None:
        least = self.network.least_side(self.layers)
        rows, columns = self.sizes[0]
        if min(rows, columns) < least:
            raise ConvatlasError(
                f"the smallest of {self.settings.octaves} octaves has {columns}x{rows} pixels, but "
                f"{', '.join(self.layers)} needs {least}: take fewer octaves, or a larger one"
            )
        tile = self.settings.tile_pixels
        sides = {side for size in self.sizes for side in size}
        if min(span.stop - span.start for side in sides for span in _spans(side, tile)) < least:
            raise ConvatlasError(
                f"tile_pixels of a dream is {tile}, but {', '.join(self.layers)} needs {least} of "
                f"each tile: give {2 * least} or more"
            )

    @property
    def named(self) -> str:
        """The size of the picture at this octave."""
        height, width = self.picture.shape[-2:]
        return f"{width}x{height}"

    def _base(self, octave: int) -> Tensor:
        return _resize(self.original, self.sizes[octave])

    def step(self) -> None:
        """Go a step up; begin the next octave first, if the last one is over."""
        octave, step = divmod(self.done, self.settings.steps)
        if step == 0:
            dreamt = _resize(self.picture - self.base, self.sizes[octave])
            self.base = self._base(octave)
            self.picture = (self.base + dreamt).clamp(0, 1)
        gradient = _gradient(
            self.network, self.picture, self.settings, self.layers, self.score, self.generator
        )
        # by the mean of its sizes: flat layers and steep ones go as far
        move = self.settings.step_size * gradient / (gradient.abs().mean() + 1e-12)
        self.picture = (self.picture + move).clamp(0, 1)
        self.done += 1
        if self.done == self.settings.steps and torch.equal(self.picture, self.base.clamp(0, 1)):
            raise ConvatlasError(
                f"{', '.join(self.layers)}: nothing of what is to grow answers to this photograph, "
                "so that there is nothing to dream of. Take another layer or channel, or another "
                "photograph"
            )

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on."""
        generator = self.generator.get_state()
        return {"done": self.done, "picture": self.picture, "generator": generator}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` gave."""
        self.done, self.picture = state["done"], state["picture"].to(self.device)
        self.base = self._base((self.done - 1) // self.settings.steps)
        self.generator.set_state(state["generator"])


def _octave_sizes(size: Sequence[int], settings: DreamSettings) -> list[tuple[int, int]]:
    shares = [settings.octave_scale**-number for number in range(settings.octaves)]
    return [tuple(max(1, round(side * share)) for side in size) for share in reversed(shares)]


def _gradient(
    network: FeatureNetwork,
    picture: Tensor,
    settings: DreamSettings,
    layers: Sequence[str],
    score: Score,
    generator: torch.Generator,
) -> Tensor:
    """Return the gradient of the score, tile by tile of the rolled picture."""
    shifts = draw_shifts(settings.jitter_pixels, generator)
    rolled = torch.roll(picture, shifts, (2, 3))
    gradient = torch.zeros_like(rolled)
    spans = [_spans(side, settings.tile_pixels) for side in rolled.shape[-2:]]
    for rows in spans[0]:
        for columns in spans[1]:
            tile = rolled[..., rows, columns].clone().requires_grad_()
            last = tile.contiguous(memory_format=torch.channels_last)
            (found,) = torch.autograd.grad(score(network(last, layers)), tile)
            gradient[..., rows, columns] = found
    return torch.roll(gradient, [-shift for shift in shifts], (2, 3))


def _spans(side: int, tile: int) -> list[slice]:
    """Cut a side into as few parts of at most `tile` pixels as there can be, all about as long."""
    count = math.ceil(side / tile)
    ends = [round(side * number / count) for number in range(count + 1)]
    return [slice(*pair) for pair in itertools.pairwise(ends)]


def _resize(picture: Tensor, size: Sequence[int]) -> Tensor:
    if tuple(picture.shape[-2:]) == tuple(size):
        return picture
    smaller = size[0] < picture.shape[-2]
    return functional.interpolate(picture, size=tuple(size), mode="bicubic", antialias=smaller)
