"""What a dream makes grow: layers, a channel, a class, or what is like a guide."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork
from convatlas.stylization.pixels import tensor_of
from convatlas.synthesis.dream_settings import DreamSettings

Score = Callable[[dict[str, Tensor]], Tensor]
"""From features by layer to the number that is to grow."""
AT_ONCE = 1 << 24
"""Products of two places that are held at once: of a large picture's first layer there are more
than any memory has room for."""


def layers_dreamt(network: FeatureNetwork, settings: DreamSettings) -> tuple[str, ...]:
    """Return the layers whose answer a dream makes grow.

    Raises
    ------
    ConvatlasError
        If they are not there, or a class is asked of a network that tells none apart.
    """
    layers = settings.layers
    if settings.class_index is not None:
        if network.class_layer is None:
            raise ConvatlasError(
                f"class_index is {settings.class_index}, but this network tells no classes apart: "
                "SqueezeNet does (kind squeezenet); or dream of a layer"
            )
        layers = layers or (network.class_layer,)
        if layers != (network.class_layer,):
            raise ConvatlasError(
                f"a dream of class {settings.class_index} is of the layer '{network.class_layer}', "
                f"not of {', '.join(layers)}: take one of the two out"
            )
    if unknown := [name for name in layers if name not in network.layers]:
        raise ConvatlasError(
            f"no layer '{unknown[0]}' in this network; it has {', '.join(network.layers)}"
        )
    return layers


def objective_of(
    network: FeatureNetwork,
    settings: DreamSettings,
    layers: Sequence[str],
    guide: np.ndarray | None,
    device: torch.device,
) -> Score:
    """Return what a dream makes grow.

    Parameters
    ----------
    network : FeatureNetwork
        On the device.
    settings : DreamSettings
        Of the dream.
    layers : sequence of str
        As :func:`layers_dreamt` gives them.
    guide : numpy.ndarray or None
        (height, width, 3) uint8.
    device : torch.device
        Where features are computed.

    Returns
    -------
    callable
        From features by layer to a number: the mean square of all layers, the mean of a channel or
        of a class, or the mean product with the guide's features that are most alike.

    Raises
    ------
    ConvatlasError
        If a guide, a channel and a class do not go together. What is returned raises it if there
        is no such channel or class.
    """
    layer = layers[0]
    channel = settings.channel if settings.class_index is None else settings.class_index
    if guide is not None:
        if len(layers) > 1 or channel is not None:
            raise ConvatlasError("a guided dream has one layer and no channel or class")
        with torch.no_grad():
            (found,) = network(tensor_of(guide[None], device), [layer]).values()
        guides = found[0].flatten(1)

        def towards_guide(features: dict[str, Tensor]) -> Tensor:
            flat = features[layer][0].flatten(1)
            nearest = _nearest(flat.detach(), guides)
            return (flat * guides[:, nearest]).sum(0).mean()

        return towards_guide
    if channel is not None:
        kind = "channels" if settings.class_index is None else "classes"

        def of_channel(features: dict[str, Tensor]) -> Tensor:
            found = features[layer]
            if channel >= found.shape[1]:
                raise ConvatlasError(
                    f"{layer} has {found.shape[1]} {kind}, the last of them "
                    f"{found.shape[1] - 1}; there is no {channel}"
                )
            return found[:, channel].mean()

        return of_channel
    return lambda features: sum(found.square().mean() for found in features.values())


def _nearest(flat: Tensor, guides: Tensor) -> Tensor:
    """Return (n,): for each of (channels, n) the number of (channels, m) with most product."""
    rows = max(1, AT_ONCE // guides.shape[1])
    return torch.cat([(piece @ guides).argmax(1) for piece in flat.T.split(rows)])
