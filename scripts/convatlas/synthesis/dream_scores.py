"""What a dream did to a photograph, in numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork
from convatlas.stylization.pixels import tensor_of


def score_dream(
    network: FeatureNetwork, photograph: np.ndarray, picture: np.ndarray, layers: Sequence[str]
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

    Returns
    -------
    dict
        ``answer``: mean squared answer of the layers, summed, after over before; ``moved``: mean
        absolute change of a pixel, in levels of 255; ``fineness``: see :func:`fineness`.
    """
    answers = [_answer(network, pixels, layers) for pixels in (photograph, picture)]
    change = picture.astype(float) - photograph.astype(float)
    return {
        "answer": answers[1] / answers[0],
        "moved": float(np.abs(change).mean()),
        "fineness": fineness(change),
    }


@torch.inference_mode()
def _answer(network: FeatureNetwork, picture: np.ndarray, layers: Sequence[str]) -> float:
    device = next(network.parameters()).device
    found = network(tensor_of(picture[None], device), list(layers))
    return sum(each.double().square().mean().item() for each in found.values())


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
    power = (np.abs(np.fft.fft2(change, axes=(0, 1))) ** 2).sum(2)
    power[0, 0] = 0
    if not power.sum() > 0:
        raise ConvatlasError("a dream that changes nothing has no fineness: take more steps")
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    return float((power * frequency).sum() / power.sum())
