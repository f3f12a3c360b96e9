"""Ways of writing 1 and 7 that MNIST's American writers did not have.

In Latin America and most of Europe a 1 has an upstroke, often a foot, and a 7 a crossbar. MNIST
holds hardly any such 1; a network that was trained on it reads them as 7 or 4. Here the missing
strokes are drawn into MNIST's own digits, as soft-edged segments as wide as the digit's stroke.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

Draw = Callable[[float, float], Tensor]
CENTRE = 14
"""Pixel at which MNIST's centre of mass lies."""


def add_regional_forms(
    images: Tensor,
    labels: Tensor,
    generator: torch.Generator,
    *,
    flagged_one: float,
    footed_one: float,
    crossed_seven: float,
) -> Tensor:
    """Give some ones an upstroke, some of these a foot, and some sevens a crossbar.

    Parameters
    ----------
    images : Tensor
        (n, 1, 28, 28) in [0, 1], white on black, centred by mass.
    labels : Tensor
        (n,) classes.
    generator : torch.Generator
        A CPU generator.
    flagged_one, footed_one, crossed_seven : float
        Probabilities: an upstroke for a 1, a foot for a 1 with upstroke, a crossbar for a 7.

    Returns
    -------
    Tensor
        (n, 1, 28, 28); the digits that were drawn on are centred again, by whole pixels.
    """
    chance = torch.rand(len(labels), generator=generator).to(labels.device)
    ones = ((labels == 1) & (chance < flagged_one)).nonzero()[:, 0]
    sevens = ((labels == 7) & (chance < crossed_seven)).nonzero()[:, 0]
    images = images.clone()
    for chosen, change in ((ones, _flag), (sevens, _cross)):
        if len(chosen):
            count = len(chosen)

            def draw(low: float, high: float, count: int = count) -> Tensor:
                numbers = torch.rand(count, generator=generator) * (high - low) + low
                return numbers.to(images.device)

            changed = change(images[chosen], draw, footed_one)
            images[chosen] = _centre(changed)
    return images


def _flag(digits: Tensor, draw: Draw, footed: float) -> Tensor:
    top, bottom = _extent(digits)
    width = digits.sum((1, 2, 3)) / (bottom - top).clamp(min=5)  # of an upright stem
    half = width.clamp(1.6, 3.6) / 2 * draw(0.8, 1.05)
    start = _stem(digits, (top + 1).clamp(max=27))
    angle, length = torch.deg2rad(draw(15, 65)), draw(5, 12)
    down_left = torch.stack([angle.sin() * length, -angle.cos() * length], dim=1)
    flagged = _add_segment(digits, start, start + down_left, half)
    foot = _stem(digits, (bottom - 1).clamp(min=0))
    zero = torch.zeros_like(half)
    left, right = (torch.stack([zero, draw(3, 6)], dim=1) for _ in range(2))
    with_foot = _add_segment(flagged, foot - left, foot + right, half)
    return torch.where((draw(0, 1) < footed)[:, None, None, None], with_foot, flagged)


def _cross(digits: Tensor, draw: Draw, _: float) -> Tensor:
    top, bottom = _extent(digits)
    row = (top + (bottom - top) * draw(0.4, 0.65)).round().long().clamp(0, 27)
    middle, tilt = _stem(digits, row), draw(-1.5, 1.5)
    left, right = (torch.stack([tilt, draw(3, 5.5)], dim=1) for _ in range(2))
    return _add_segment(digits, middle - left, middle + right, 1.2 * draw(0.8, 1.05))


def _extent(digits: Tensor) -> tuple[Tensor, Tensor]:
    """Return first and last row (n,) with ink."""
    inked = (digits.amax((1, 3)) > 0.5).float()
    return inked.argmax(1), 27 - inked.flip(1).argmax(1)


def _stem(digits: Tensor, row: Tensor) -> Tensor:
    """Return the point (n, 2: row, column) at the mean of the ink in one row of each digit."""
    ink = digits[torch.arange(len(digits), device=digits.device), 0, row]
    columns = torch.arange(28.0, device=digits.device)
    column = (ink * columns).sum(1) / ink.sum(1).clamp(min=1e-6)
    return torch.stack([row.float(), column], dim=1)


def _add_segment(digits: Tensor, start: Tensor, end: Tensor, half_width: Tensor) -> Tensor:
    """Draw a segment between points (n, 2) with edges one pixel soft."""
    axis = torch.arange(28.0, device=digits.device)
    points = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1)  # (28, 28, 2)
    along = (end - start)[:, None, None]
    offset = points - start[:, None, None]  # (n, 28, 28, 2)
    share = (offset * along).sum(-1) / (along * along).sum(-1).clamp(min=1e-6)
    distance = (offset - share.clamp(0, 1)[..., None] * along).norm(dim=-1)
    ink = (half_width[:, None, None] - distance + 0.5).clamp(0, 1)
    return torch.maximum(digits, ink[:, None])


def _centre(digits: Tensor) -> Tensor:
    """Move each digit by whole pixels so that its centre of mass is where MNIST's is."""
    axis = torch.arange(28.0, device=digits.device)
    mass = digits.sum((1, 2, 3)).clamp(min=1e-6)
    down = (digits[:, 0].sum(2) * axis).sum(1) / mass - CENTRE
    right = (digits[:, 0].sum(1) * axis).sum(1) / mass - CENTRE
    move = torch.zeros(len(digits), 2, 3, device=digits.device)
    move[:, 0, 0] = move[:, 1, 1] = 1
    move[:, 0, 2], move[:, 1, 2] = right.round() / 14, down.round() / 14
    grid = functional.affine_grid(move, list(digits.shape), align_corners=False)
    return functional.grid_sample(digits, grid, mode="nearest", align_corners=False)
