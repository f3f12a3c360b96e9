"""Pictures found again in a generator's style space.

Abdal, Qin and Wonka, *Image2StyleGAN: how to embed images into the StyleGAN latent space?*, 2019:
each layer has a style of its own (W+), moved by Adam so that a perceptual and a pixel
distance shrink (equation 1); beginning at the mean style (section 5.1). Noise stays the same: of
frames of a video it would flicker.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from convatlas import optimizers
from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork
from convatlas.models.stylegan2 import Generator

RAMP = 0.05, 0.25
"""Of the steps: over which the learning rate rises, and over which it falls to 0."""


@dataclass(frozen=True)
class InversionSettings:
    """How pictures are looked for.

    Attributes
    ----------
    steps : int
        Of Adam; 5,000 in the paper at 1,024 pixels. 0 leaves what the search begins with.
    learning_rate : float
        0.01 in the paper.
    layers : sequence of str
        Of the feature network, whose features are to be those of the picture.
    perceptual, pixel : float
        Weights of both distances, equation 1's lambda.
    staying : float
        Weight of the squared distance to the mean style: what is far from every style of the
        training looks like nothing that was learnt.
    """

    steps: int = 300
    learning_rate: float = 0.05
    layers: Sequence[str] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    perceptual: float = 1.0
    pixel: float = 1.0
    staying: float = 0.0

    @classmethod
    def of(cls, asked: dict[str, Any]) -> "InversionSettings":
        """Make settings from the config's; other keys are for others."""
        return cls(**{key: value for key, value in asked.items() if key in cls.__annotations__})


@dataclass(frozen=True)
class Inverted:
    """What was found.

    Attributes
    ----------
    styles : torch.Tensor
        (n, layers, latent_dim), without gradients: of each picture those of its best step. A search
        that begins at its end stays there, and so frames that stand still do not flicker.
    losses : torch.Tensor
        (steps + 1, n): of each picture before every step, and after the last.
    """

    styles: Tensor
    losses: Tensor


def invert_pictures(
    generator: Generator,
    network: FeatureNetwork,
    pictures: Tensor,
    settings: InversionSettings,
    *,
    start: Tensor | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Inverted:
    """Find styles that a generator makes pictures of.

    Parameters
    ----------
    generator : Generator
        In evaluation mode; left as it is.
    network : FeatureNetwork
        Gives the features.
    pictures : torch.Tensor
        (n, 3, size, size) in [-1, 1], of the generator's own size.
    settings : InversionSettings
        How.
    start : torch.Tensor, optional
        (n, layers, latent_dim) to begin with, as found for the frame before; the mean style, unless
        given.
    progress : callable, optional
        Called as ``progress(done, total, "step 20/300")``.

    Returns
    -------
    Inverted
        Each picture's is independent of the others'.

    Raises
    ------
    ConvatlasError
        If pictures are not of the generator's size.
    """
    synthesis = generator.synthesis
    begin = generator.repeat(generator.mapping.mean[None]) if start is None else start
    styles = begin.detach().expand(len(pictures), -1, -1).clone().requires_grad_()
    with torch.no_grad():
        made = synthesis(styles[:1], "fixed").shape[1:]
        if pictures.shape[1:] != made:
            raise ConvatlasError(
                f"pictures of {tuple(pictures.shape[1:])} cannot be found by a generator of "
                f"{tuple(made)} (channels, height, width); bring them to its size first"
            )
        wanted = network(_to_unit(pictures), settings.layers)
    optimizer = optimizers.Adam([styles], lr=settings.learning_rate)
    losses, best = [], styles.detach().clone()
    least = styles.new_full((len(pictures),), torch.inf)
    for step in range(settings.steps + 1):
        found = synthesis(styles, "fixed")
        each = _distances(network, found, pictures, wanted, settings)
        losses.append(each.detach())
        stays = (styles - generator.mapping.mean).square().mean((1, 2))
        total = each + settings.staying * stays
        better = total.detach() < least
        least = torch.where(better, total.detach(), least)
        best = torch.where(better[:, None, None], styles.detach(), best)
        if step == settings.steps:
            break
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * _ramp(step / settings.steps)
        (gradient,) = torch.autograd.grad(total.sum(), styles)
        styles.grad = gradient
        optimizer.step()
        if progress:
            progress(step + 1, settings.steps, f"step {step + 1}/{settings.steps}")
    return Inverted(best, torch.stack(losses))


def _to_unit(pictures: Tensor) -> Tensor:
    return (pictures + 1) / 2


def _distances(
    network: FeatureNetwork,
    found: Tensor,
    pictures: Tensor,
    wanted: dict[str, Tensor],
    settings: InversionSettings,
) -> Tensor:
    """Return the distance of each found picture (n,), equation 1."""
    total = settings.pixel * (found - pictures).square().mean((1, 2, 3))
    if settings.perceptual:
        features = network(_to_unit(found), settings.layers)
        for name, maps in features.items():
            # of unit length at every place, so that no layer outweighs the others
            apart = functional.normalize(maps) - functional.normalize(wanted[name])
            total = total + settings.perceptual * apart.square().sum(1).mean((1, 2))
    return total


def _ramp(share: float) -> float:
    """Return how much of the learning rate there is after a share of the steps."""
    rising, falling = RAMP
    return min(1.0, (share + 1e-3) / rising, (1 - share) / falling)


def restyle(generator: Generator, styles: Tensor, *, strength: float, first: int) -> Tensor:
    """Draw the later layers of styles towards the mean style of what was learnt.

    Parameters
    ----------
    generator : Generator
        Whose mean style.
    styles : torch.Tensor
        (n, layers, latent_dim), as they were found.
    strength : float
        0 leaves them as they are, the picture as it was found; 1 takes the mean style.
    first : int
        The first layer that is drawn: those before it lay out what is in the picture.

    Returns
    -------
    torch.Tensor
        (n, layers, latent_dim).
    """
    moved = styles.clone()
    moved[:, first:] = styles[:, first:].lerp(
        generator.mapping.mean.expand_as(styles[:, first:]), strength
    )
    return moved
