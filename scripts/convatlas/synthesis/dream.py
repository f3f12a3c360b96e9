"""DeepDream: a photograph in which a network sees more of what it sees already.

Mordvintsev, Olah and Tyka, *Inceptionism: going deeper into neural networks*, 2015; `palacios` 2.3.
Gradient ascent on how strongly layers answer, over octaves: the photograph small first, what was
dreamt into it enlarged and laid on the next size.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from convatlas.errors import ConvatlasError
from convatlas.models.backbones import VGG
from convatlas.seeding import torch_generator
from convatlas.stylization.pixels import frames_of, tensor_of
from convatlas.synthesis.jitter import draw_shifts

Score = Callable[[dict[str, Tensor]], Tensor]
"""From features by layer to the number that is to grow."""


@dataclass(frozen=True)
class DreamSettings:
    """How to dream.

    Attributes
    ----------
    layers : tuple of str
        Whose mean squared answer is to grow; the document's is VGG-19's last convolution.
    channel : int, optional
        Of the one layer: its mean answer grows, instead.
    octaves : int
        Sizes, the last of which is the photograph's own.
    octave_scale : float
        From one to the next.
    steps : int
        In each octave.
    step_size : float
        How far a pixel goes on average, of 1 from black to white.
    jitter_pixels : int
        The picture is rolled by up to so many pixels each way before each step: the document's
        shift, which also hides where tiles meet.
    tile_pixels : int
        Side of the parts that go through the network; larger pictures are cut, so that memory does
        not grow with them.
    """

    layers: tuple[str, ...] = ("conv5_4",)
    channel: int | None = None
    octaves: int = 4
    octave_scale: float = 1.4
    steps: int = 20
    step_size: float = 0.006
    jitter_pixels: int = 32
    tile_pixels: int = 512

    def __post_init__(self) -> None:
        if not self.layers or (self.channel is not None and len(self.layers) > 1):
            raise ConvatlasError("a dream has layers, and a channel is of one layer alone")
        for name in ("octaves", "steps", "tile_pixels"):
            if getattr(self, name) < 1:
                raise ConvatlasError(f"{name} of a dream is {getattr(self, name)}; 1 is the least")
        if not self.octave_scale > 1:
            raise ConvatlasError(f"octave_scale is {self.octave_scale}; it has to be above 1")

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Make them of a mapping, such as the config's."""
        return cls(**{**settings, "layers": tuple(settings["layers"])})


def dream_picture(
    network: VGG,
    photograph: np.ndarray,
    settings: DreamSettings,
    *,
    guide: np.ndarray | None = None,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
    preview: Callable[[np.ndarray], None] | None = None,
) -> np.ndarray:
    """Dream.

    Parameters
    ----------
    network : VGG
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
    progress : callable, optional
        Called as ``progress(done, total, "640x427")`` after each step.
    preview : callable, optional
        Called with the picture so far after each octave.

    Returns
    -------
    numpy.ndarray
        The same shape.

    Raises
    ------
    ConvatlasError
        If the picture is none, or too small for the layers at its smallest octave.
    """
    if photograph.ndim != 3 or photograph.shape[2] != 3 or photograph.dtype != np.uint8:
        raise ConvatlasError(
            f"the photograph is {photograph.dtype} of shape {photograph.shape}; wanted is uint8 of "
            "(height, width, 3)"
        )
    device = next(network.parameters()).device
    original = tensor_of(photograph[None], device)
    sizes = _octave_sizes(original.shape[-2:], settings)
    least = network.least_side(settings.layers)
    if min(sizes[0]) < least:
        raise ConvatlasError(
            f"the smallest of {settings.octaves} octaves has {sizes[0][1]}x{sizes[0][0]} pixels, "
            f"but {', '.join(settings.layers)} needs {least}: take fewer octaves, or a larger one"
        )
    score = _score(network, settings, guide, device)
    generator = torch_generator(seed, "dream")
    dreamt = torch.zeros(1, 3, *sizes[0], device=device)
    for octave, size in enumerate(sizes):
        base = _resize(original, size)
        picture = (base + _resize(dreamt, size)).clamp(0, 1)
        for step in range(settings.steps):
            gradient = _gradient(network, picture, settings, score, generator)
            # by the mean of its sizes: flat layers and steep ones go as far
            picture = picture + settings.step_size * gradient / (gradient.abs().mean() + 1e-12)
            picture = picture.clamp(0, 1)
            if progress:
                done, total = octave * settings.steps + step + 1, len(sizes) * settings.steps
                progress(done, total, f"{size[1]}x{size[0]}")
        dreamt = picture - base
        if preview:
            preview(frames_of(picture)[0])
    return frames_of(picture)[0]


def _octave_sizes(size: Sequence[int], settings: DreamSettings) -> list[tuple[int, int]]:
    shares = [settings.octave_scale**-number for number in range(settings.octaves)]
    return [tuple(max(1, round(side * share)) for side in size) for share in reversed(shares)]


def _score(
    network: VGG, settings: DreamSettings, guide: np.ndarray | None, device: torch.device
) -> Score:
    layer = settings.layers[0]
    if guide is not None:
        if len(settings.layers) > 1 or settings.channel is not None:
            raise ConvatlasError("a guided dream has one layer and no channel")
        with torch.no_grad():
            (found,) = network(tensor_of(guide[None], device), [layer]).values()
        guides = found[0].flatten(1)

        def towards_guide(features: dict[str, Tensor]) -> Tensor:
            flat = features[layer][0].flatten(1)
            nearest = (flat.detach().T @ guides).argmax(1)
            return (flat * guides[:, nearest]).sum(0).mean()

        return towards_guide
    if settings.channel is not None:

        def of_channel(features: dict[str, Tensor]) -> Tensor:
            found = features[layer]
            if settings.channel >= found.shape[1]:
                raise ConvatlasError(
                    f"{layer} has {found.shape[1]} channels; there is no {settings.channel}"
                )
            return found[:, settings.channel].mean()

        return of_channel
    return lambda features: sum(found.square().mean() for found in features.values())


def _gradient(
    network: VGG,
    picture: Tensor,
    settings: DreamSettings,
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
            (found,) = torch.autograd.grad(score(network(last, settings.layers)), tile)
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
