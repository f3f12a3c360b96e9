"""What a dream did to a photograph, in numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork
from convatlas.models.strips import mean_over_places
from convatlas.stylization.pixels import tensor_of


def score_dream(
    network: FeatureNetwork,
    photograph: np.ndarray,
    picture: np.ndarray,
    layers: Sequence[str],
    *,
    channel: int | None = None,
) -> dict[str, Any]:
    """Measure a dream.

    Parameters
    ----------
    network : FeatureNetwork
        That dreamt.
    photograph, picture : numpy.ndarray
        (height, width, 3) uint8: before and after.
    layers : sequence of str
        Whose answer was to grow.
    channel : int, optional
        Of one layer, the one whose answer was to grow; all, unless given.

    Returns
    -------
    dict
        ``answer``: mean squared answer of the layers, summed, after over before, or none where
        nothing answered before; ``moved``: mean absolute change of a pixel, in levels of 255;
        ``fineness``: see :func:`fineness`.
    """
    answers = [_answer(network, pixels, layers, channel) for pixels in (photograph, picture)]
    change = picture.astype(float) - photograph.astype(float)
    return {
        "answer": answers[1] / answers[0] if answers[0] else None,
        "moved": float(np.abs(change).mean()),
        "fineness": fineness(change),
    }


@torch.no_grad()
def _answer(
    network: FeatureNetwork, picture: np.ndarray, layers: Sequence[str], channel: int | None
) -> float:
    def mean_square(_name: str, found: Tensor, _rows: slice) -> Tensor:
        own = found if channel is None else found[:, channel : channel + 1]
        return own.double().square().mean(1).sum()

    pixels = tensor_of(picture[None], next(network.parameters()).device)
    return sum(
        each.item() for each in mean_over_places(network, pixels, layers, mean_square).values()
    )


def fineness(change: np.ndarray) -> float:
    """Return the mean frequency of a change, in cycles a pixel, weighted by power.

    Parameters
    ----------
    change : numpy.ndarray
        (height, width, channels), any unit; its mean does not count.

    Returns
    -------
    float
        From 0 to 0.71; of a wave along one side, its own frequency.

    Raises
    ------
    ConvatlasError
        If nothing changes.
    """
    height, width = change.shape[:2]
    # one channel after the other: of a large picture, a transform takes most of the memory
    power = sum(np.abs(np.fft.rfft2(channel)) ** 2 for channel in np.moveaxis(change, 2, 0))
    # of a real picture the other half is the same
    power[:, 1 : (width + 1) // 2] *= 2
    power[0, 0] = 0
    if not power.sum() > 0:
        raise ConvatlasError("a dream that changes nothing has no fineness: take more steps")
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    return float((power * frequency).sum() / power.sum())
