"""A picture of a digit read by LeNet-5, with everything it saw on the way."""

import functools
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from convatlas.data.mnist_form import NoDigitError, to_mnist_form
from convatlas.data.splits import Part
from convatlas.errors import ConvatlasError
from convatlas.models.registry import build_model, load_weights
from convatlas.studio.shelf import Trained
from convatlas.training.supervised import Pictures, score_pictures

_ONE_AT_A_TIME = threading.Lock()  # what a layer gave is noted on the network itself
C1, S2, C3, S4 = "C1, convolved", "S2, pooled", "C3, convolved", "S4, pooled"


@dataclass(frozen=True)
class Reading:
    """What a network makes of a picture.

    Attributes
    ----------
    form : numpy.ndarray
        (28, 28) uint8, as MNIST has its digits: what the network is given.
    probabilities : numpy.ndarray
        (10,), which sum to 1.
    maps : dict of str to numpy.ndarray
        By layer: (channels, height, width) uint8; black is the least of the layer, white the most.
    """

    form: np.ndarray
    probabilities: np.ndarray
    maps: dict[str, np.ndarray]

    @property
    def label(self) -> int:
        """The digit that it takes it for."""
        return int(self.probabilities.argmax())


def load_reader(reader: Trained) -> nn.Module:
    """Return a trained network, kept in memory until its file is another."""
    return _load(reader.network, reader.path, reader.path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _load(network: str, path: Path, _written: int) -> nn.Module:
    return load_weights(build_model(network, seed=0), path, network=network).eval()


def read_digit(model: nn.Module, picture: np.ndarray) -> Reading:
    """Read a picture of one digit.

    Parameters
    ----------
    model : torch.nn.Module
        LeNet-5 of either kind, from :func:`load_reader`.
    picture : numpy.ndarray
        uint8, (height, width) or (height, width, 3).

    Raises
    ------
    ConvatlasError
        If there is no digit in it.
    """
    try:
        form = to_mnist_form(picture)
    except NoDigitError as error:
        raise ConvatlasError(f"{str(error).capitalize()}. Draw one, large and alone.") from error
    with _ONE_AT_A_TIME:
        scores, seen = _watch(model, form)
    probabilities = torch.softmax(scores[0].double(), 0).numpy()
    return Reading(
        form, probabilities, {layer: _to_bytes(seen[layer]) for layer in (C1, S2, C3, S4)}
    )


def _watch(model: nn.Module, form: np.ndarray) -> tuple[Tensor, dict[str, Tensor]]:
    """Return class scores (1, 10), and what layers gave on the way, without their squashing."""
    seen: dict[str, Tensor] = {}
    hooks = [
        model.conv1.register_forward_hook(lambda _, __, out: seen.__setitem__(C1, out[0])),
        model.conv2.register_forward_hook(
            lambda _, given, out: seen.update({S2: given[0][0], C3: out[0]})
        ),
        model.fc1.register_forward_pre_hook(
            lambda _, given: seen.__setitem__(S4, given[0][0].reshape(16, 5, 5))
        ),
    ]
    try:
        part = Part(form[None], np.zeros(1, np.uint8), np.zeros(1, int))
        scores = score_pictures(model, Pictures(part, next(model.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
    return scores, seen


def _to_bytes(maps: Tensor) -> np.ndarray:
    values = maps.detach().float().cpu()
    low, high = values.min(), values.max()
    return (255 * (values - low) / (high - low).clamp(min=1e-12)).round().byte().numpy()
