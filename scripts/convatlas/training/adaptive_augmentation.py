"""Adaptive discriminator augmentation: what a discriminator sees is moved and coloured at random.

Karras, Aittala, Hellsten, Laine, Lehtinen and Aila, *Training generative adversarial networks with
limited data*, 2020: the transformations of its sections 2.2 and 2.3 and of appendix B, of which
those of places and colours are taken ("bgc", the ones that section 2.3 settles on), and the rule of
its section 3 by which their probability follows the discriminator's answers. Written from the
paper, for plain torch.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx
from torch.nn import functional

SYM6 = (
    0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633,
    0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252,
    -0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148,
)  # fmt: skip
"""Low-pass filter of the symlet with six vanishing moments (Daubechies 1992), which the paper takes
to double and halve the resolution around the warp."""
LATE = (len(SYM6) - 1) / 2 - sum(k * tap for k, tap in enumerate(SYM6)) / sum(SYM6)
"""Doubled pixels by which the doubled picture lies off, as the filter is not symmetric; the
halving, whose filter is turned around, takes it back."""
LUMA = torch.full((3,), 1 / math.sqrt(3))
"""The axis of grey in RGB."""


class AdaptiveAugmentation:
    """Transforms pictures, each with a probability that the training sets.

    Parameters
    ----------
    generator : torch.Generator
        On the CPU, of everything that is drawn.
    probability : float
        Of each transformation of each picture.
    """

    def __init__(self, generator: torch.Generator, probability: float = 0.0) -> None:
        self.probability = probability
        self._generator = generator

    def __call__(self, pictures: Tensor) -> Tensor:
        """Map pictures (n, 3, h, w) in about [-1, 1] to transformed ones, differentiably."""
        if self.probability == 0:
            return pictures
        height, width = pictures.shape[2:]
        places = self._draw_places(len(pictures), height, width)
        colours = self._draw_colours(len(pictures))
        moved = warp(pictures, places.to(pictures.device))
        return colour(moved, colours.to(pictures.device))

    def _draw_places(self, count: int, height: int, width: int) -> Tensor:
        """Draw the map (n, 3, 3) from a place in the result to one in the picture, in pixels."""
        places = torch.eye(3).repeat(count, 1, 1)
        size = torch.tensor([width, height])

        # transfers by whole pixels
        places = places @ scaling(self._chosen(1 - 2 * self._integers(count, 2), 1), torch.ones(1))
        places = places @ rotation(self._chosen(self._integers(count, 4) * (math.pi / 2), 0))
        shift = self._chosen((self._uniform(count, 2) * 2 - 1) * 0.125, 0)
        places = places @ translation((shift * size).round())
        # any others; two rotations are drawn that together are as likely as one
        larger = self._chosen(torch.exp2(self._normal(count) * 0.2), 1)
        places = places @ scaling(1 / larger, 1 / larger)
        turned = 1 - math.sqrt(1 - self.probability)
        places = places @ rotation(self._chosen(self._angle(count), 0, turned))
        wider = self._chosen(torch.exp2(self._normal(count) * 0.2), 1)
        places = places @ scaling(1 / wider, wider)
        places = places @ rotation(self._chosen(self._angle(count), 0, turned))
        return places @ translation(self._chosen(self._normal(count, 2) * 0.125, 0) * size)

    def _draw_colours(self, count: int) -> Tensor:
        """Draw the map (n, 4, 4) of colours (red, green, blue, 1)."""
        colours = torch.eye(4).repeat(count, 1, 1)
        brighter = self._chosen(self._normal(count) * 0.2, 0)
        shift = torch.eye(4).repeat(count, 1, 1)
        shift[:, :3, 3] = brighter[:, None]
        colours = shift @ colours
        contrast = self._chosen(torch.exp2(self._normal(count) * 0.5), 1)
        colours = _of_colours(contrast[:, None, None] * torch.eye(3)) @ colours
        axis = LUMA[:, None] * LUMA
        flipped = self._chosen(self._integers(count, 2), 0)
        colours = _of_colours(torch.eye(3) - 2 * axis * flipped[:, None, None]) @ colours
        colours = _of_colours(hue(self._chosen(self._angle(count), 0))) @ colours
        purer = self._chosen(torch.exp2(self._normal(count)), 1)[:, None, None]
        return _of_colours(axis + (torch.eye(3) - axis) * purer) @ colours

    def _chosen(self, values: Tensor, neutral: float, probability: float | None = None) -> Tensor:
        """Keep values (n, ...) of some pictures, and give the others what changes nothing."""
        likely = self.probability if probability is None else probability
        kept = self._uniform(len(values)) < likely
        shape = (-1,) + (1,) * (values.dim() - 1)
        return torch.where(kept.reshape(shape), values.float(), float(neutral))

    def _uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._generator)

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._generator)

    def _integers(self, count: int, end: int) -> Tensor:
        return torch.randint(end, (count,), generator=self._generator)

    def _angle(self, count: int) -> Tensor:
        return (self._uniform(count) * 2 - 1) * math.pi


def translation(shift: Tensor) -> Tensor:
    """Return maps (n, 3, 3) that shift by (n, 2) pixels."""
    maps = torch.eye(3).repeat(len(shift), 1, 1)
    maps[:, :2, 2] = shift
    return maps


def scaling(along_x: Tensor, along_y: Tensor) -> Tensor:
    """Return maps (n, 3, 3) that scale by (n,) along each side."""
    along_x, along_y = torch.broadcast_tensors(along_x, along_y)
    return torch.diag_embed(torch.stack([along_x, along_y, torch.ones_like(along_x)], 1).float())


def rotation(angle: Tensor) -> Tensor:
    """Return maps (n, 3, 3) that turn by angles (n,)."""
    maps = torch.eye(3).repeat(len(angle), 1, 1)
    maps[:, 0, 0] = maps[:, 1, 1] = angle.cos()
    maps[:, 1, 0] = angle.sin()
    maps[:, 0, 1] = -angle.sin()
    return maps


def hue(angle: Tensor) -> Tensor:
    """Return maps (n, 3, 3) of colours that turn by angles (n,) around grey (Rodrigues)."""
    x, y, z = LUMA.tolist()
    across = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    axis = LUMA[:, None] * LUMA
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    return cosine * torch.eye(3) + sine * across + (1 - cosine) * axis


def _of_colours(maps: Tensor) -> Tensor:
    return functional.pad(maps, (0, 1, 0, 1)) + torch.diag(torch.tensor([0.0, 0, 0, 1]))


def colour(pictures: Tensor, maps: Tensor) -> Tensor:
    """Map the colours of pictures (n, 3, h, w) by (n, 4, 4)."""
    maps = maps.to(pictures.dtype)
    mapped = maps[:, :3, :3] @ pictures.flatten(2) + maps[:, :3, 3:]
    return mapped.unflatten(2, pictures.shape[2:])


def warp(pictures: Tensor, maps: Tensor) -> Tensor:
    """Move pixels of pictures (n, c, h, w): at twice the resolution, mirrored beyond the border.

    Parameters
    ----------
    pictures : torch.Tensor
        (n, c, h, w).
    maps : torch.Tensor
        (n, 3, 3): from a place in the result to one in the picture, pixels from the middle.

    Returns
    -------
    torch.Tensor
        (n, c, h, w). Twice differentiable with respect to the pictures.
    """
    height, width = pictures.shape[2:]
    taps = torch.tensor(SYM6, dtype=pictures.dtype, device=pictures.device)
    larger = _along_both_sides(pictures, taps, _double)
    # the result at twice the resolution, with what the filter takes beyond the border
    extra = len(SYM6)
    rows, columns = (
        torch.arange(2 * side + 2 * extra, device=pictures.device) - (2 * side + 2 * extra - 1) / 2
        for side in (height, width)
    )
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    places = torch.stack([x, y, torch.full_like(x, 2.0)], -1).to(maps.dtype)  # pixels, doubled
    places[..., :2] += LATE
    found = places.reshape(1, -1, 3) @ maps[:, :2].transpose(1, 2) - LATE  # (n, all places, 2)
    size = torch.tensor([2 * width, 2 * height], dtype=maps.dtype, device=maps.device)
    grid = (2 * found / size).unflatten(1, x.shape).to(pictures.dtype)
    return _along_both_sides(_Sampled.apply(larger, grid), taps, _halve)


def _along_both_sides(
    pictures: Tensor, taps: Tensor, change: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    for _ in range(2):  # along the last side, and turned, along the other
        pictures = change(pictures, taps).transpose(2, 3)
    return pictures


def _double(pictures: Tensor, taps: Tensor) -> Tensor:
    """Put twice as many pixels in a row (n, c, h, w), the picture mirrored beyond its border."""
    reach, shape = len(taps) // 2, pictures.shape
    rows = functional.pad(pictures, (reach // 2, reach // 2, 0, 0), mode="reflect")
    rows = rows.reshape(-1, 1, rows.shape[3])
    # of every pixel two, which other taps make
    kernel = taps.reshape(1, 1, -1) * math.sqrt(2)
    doubled = functional.conv_transpose1d(rows, kernel, stride=2)
    spare = (doubled.shape[2] - 2 * shape[3]) // 2
    return doubled[..., spare : spare + 2 * shape[3]].reshape(*shape[:3], -1)


def _halve(pictures: Tensor, taps: Tensor) -> Tensor:
    """Keep half as many pixels of a row, and none of those that were added beyond the border."""
    extra, shape = len(taps), pictures.shape
    wanted = (shape[3] - 2 * extra) // 2
    rows = pictures.reshape(-1, 1, shape[3])
    start = extra - (len(taps) - 2) // 2
    rows = rows[..., start : start + 2 * wanted + len(taps) - 2]
    halved = functional.conv1d(rows, taps.reshape(1, 1, -1) / math.sqrt(2), stride=2)
    return halved.reshape(*shape[:3], wanted)


class _Sampled(torch.autograd.Function):
    """Bilinear sampling that is differentiated twice: it is linear in the picture.

    Torch's own has no second derivative, which the penalty of slopes needs.
    """

    MODE = (0, 2, False)  # bilinear, mirrored beyond the border, whose pixels end there

    @staticmethod
    def forward(ctx: FunctionCtx, picture: Tensor, grid: Tensor) -> Tensor:
        ctx.save_for_backward(grid)
        ctx.shape = picture.shape
        return torch.grid_sampler_2d(picture, grid, *_Sampled.MODE)

    @staticmethod
    def backward(ctx: FunctionCtx, slope: Tensor) -> tuple[Tensor, None]:
        (grid,) = ctx.saved_tensors
        return _SampledBack.apply(slope, grid, ctx.shape), None


class _SampledBack(torch.autograd.Function):
    """The transposed of :class:`_Sampled`."""

    @staticmethod
    def forward(ctx: FunctionCtx, slope: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
        ctx.save_for_backward(grid)
        # of the picture only its shape is asked for
        picture = slope.new_zeros(()).expand(shape)
        given, _ = torch.ops.aten.grid_sampler_2d_backward(
            slope, picture, grid, *_Sampled.MODE, (True, False)
        )
        return given

    @staticmethod
    def backward(ctx: FunctionCtx, slope: Tensor) -> tuple[Tensor, None, None]:
        (grid,) = ctx.saved_tensors
        return _Sampled.apply(slope, grid), None, None


def follow(probability: float, real_signs: float, *, target: float, step: float) -> float:
    """Move the probability of augmentation towards what the discriminator's answers ask for.

    Section 3: r_t, the mean sign of its answers to real pictures, is 1 where it knows them all,
    and 0 where it does not overfit.

    Parameters
    ----------
    probability : float
        As it is.
    real_signs : float
        r_t, in [-1, 1].
    target : float
        0.6 in the paper.
    step : float
        How far: pictures seen since the last, over those that a way from 0 to 1 takes (500,000).

    Returns
    -------
    float
        In [0, 1].
    """
    sign = (real_signs > target) - (real_signs < target)
    return min(1.0, max(0.0, probability + sign * step))
