"""Pictures that a filter answers most strongly: activation maximisation.

Erhan, Bengio, Courville and Vincent, *Visualizing higher-layer features of a deep network*, 2009;
`pitie`'s three steps: the loss is the mean of the filter's activation, its gradient is taken with
respect to the picture, and the picture goes a step up. With the regularisers of Olah, Mordvintsev
and Schubert, *Feature visualization*, 2017, what comes out can be read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from convatlas import optimizers
from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork
from convatlas.seeding import torch_generator
from convatlas.synthesis.image_bases import FourierBasis, PixelBasis, color_mixing
from convatlas.synthesis.jitter import draw_shifts

PLAIN, FOURIER = "pixels", "fourier"


@dataclass(frozen=True)
class ActivationSettings:
    """How a picture is sought.

    Parameters
    ----------
    steps : int
        Of gradient ascent.
    step_size : float
        Plain: how far a pixel goes on average, of 1. In the Fourier basis: Adam's learning rate.
    basis : {"pixels", "fourier"}
        What is optimised: pixels, by plain ascent along the gradient over its root mean square; or
        Fourier coefficients of unmixed colours, by Adam (Kingma and Ba 2015).
    jitter_pixels : int
        Before each step the picture is rolled by up to so many pixels each way, for it to answer
        to no pixel's exact place.
    total_variation : float
        Weight of the mean absolute difference of neighbouring pixels, against an activation in
        units of the filter's deviation over photographs.
    """

    steps: int = 200
    step_size: float = 0.01
    basis: str = PLAIN
    jitter_pixels: int = 0
    total_variation: float = 0.0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Make them of a mapping, such as the config's."""
        return cls(**settings)


def maximize_activation(
    network: FeatureNetwork,
    layer: str,
    channels: Sequence[int],
    *,
    side: int,
    settings: ActivationSettings,
    images: np.ndarray,
    seed: int,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Seek a picture for each of some filters.

    Parameters
    ----------
    network : FeatureNetwork
        In evaluation mode, on the device to compute on.
    layer : str
        Such as ``conv3_1``: before its ReLU, where a filter that does not answer yet has a gradient
        all the same.
    channels : sequence of int
        Filters, from 0.
    side : int
        Pixels of a picture.
    settings : ActivationSettings
        How.
    images : numpy.ndarray
        (n, height, width, 3) uint8, photographs: the Fourier basis is unmixed by their colours,
        and over them filters have their deviations.
    seed : int
        Of the first picture and of the jitter. The same gives the same pictures, on a CPU bit for
        bit.
    progress : callable, optional
        Called as ``progress(done, total, "conv3_1")`` after each step.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        Pictures (len(channels), side, side, 3) uint8; and the mean activation of each one's filter
        over it, (len(channels),) float64, for the picture as it is shown.

    Raises
    ------
    ConvatlasError
        If a channel is not there, or the basis has no such name.
    """
    device = next(network.parameters()).device
    generator = torch_generator(seed, f"activation {layer} {settings.basis}")
    basis = _basis(settings.basis, len(channels), side, images, generator).to(device)
    index = torch.tensor(list(channels), device=device)
    deviation = _deviations(network, images, layer, index)
    optimizer = optimizers.Adam(basis.parameters(), lr=settings.step_size)
    for step in range(settings.steps):
        pictures = basis()
        shifts = draw_shifts(settings.jitter_pixels, generator)
        answers = _answers(network, torch.roll(pictures, shifts, (2, 3)), layer, index)
        smoothness = settings.total_variation * _total_variation(pictures)
        loss = (smoothness - answers / deviation).sum()
        basis.zero_grad()
        loss.backward()
        if settings.basis == PLAIN:
            _ascend(basis.values, settings.step_size)
        else:
            optimizer.step()
        if progress:
            progress(step + 1, settings.steps, layer)
    with torch.inference_mode():
        shown = (basis().clamp(0, 1) * 255).round()
        answers = _answers(network, shown / 255, layer, index)
    pixels = shown.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return np.ascontiguousarray(pixels), answers.double().cpu().numpy()


def _basis(
    name: str, count: int, side: int, images: np.ndarray, generator: torch.Generator
) -> PixelBasis | FourierBasis:
    if name == PLAIN:
        return PixelBasis(count, side, generator)
    if name == FOURIER:
        return FourierBasis(count, side, color_mixing(images), generator)
    raise ConvatlasError(f"basis '{name}' is none of {PLAIN}, {FOURIER}")


@torch.no_grad()
def _deviations(network: FeatureNetwork, images: np.ndarray, layer: str, index: Tensor) -> Tensor:
    """Return (n,): how much filters vary over photographs; 1 for one that never moves."""
    pictures = torch.from_numpy(images).to(index.device).permute(0, 3, 1, 2).float() / 255
    (found,) = network(pictures, [layer]).values()
    _check_channels(found, layer, index)
    spread = found.transpose(0, 1).flatten(1).std(1)[index]
    return torch.where(spread > 0, spread, torch.ones_like(spread))


def _check_channels(found: Tensor, layer: str, index: Tensor) -> None:
    if int(index.max()) >= found.shape[1]:
        raise ConvatlasError(
            f"{layer} has {found.shape[1]} filters, the last of them {found.shape[1] - 1}; "
            f"there is no {int(index.max())}"
        )


def _answers(network: FeatureNetwork, pictures: Tensor, layer: str, index: Tensor) -> Tensor:
    """Return (n,): over each picture, the mean of its own filter."""
    (found,) = network(pictures, [layer]).values()
    return found.mean((2, 3)).gather(1, index[:, None])[:, 0]


def _total_variation(pictures: Tensor) -> Tensor:
    """Return (n,): mean absolute difference of neighbours, across and down."""
    across, down = (pictures.diff(dim=axis).abs().mean((1, 2, 3)) for axis in (3, 2))
    return across + down


@torch.no_grad()
def _ascend(values: Tensor, step_size: float) -> None:
    """Go down the loss in place, each picture by the same length, within what can be shown."""
    gradient = values.grad
    length = gradient.square().mean((1, 2, 3), keepdim=True).sqrt()
    values.sub_(step_size * gradient / (length + 1e-8)).clamp_(0, 1)
