"""What the channels of a feature network make of a photograph (`pitie`, "a few output images")."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork
from convatlas.synthesis.picture_files import Row


@dataclass(frozen=True)
class LayerMaps:
    """Some channels of a layer.

    Parameters
    ----------
    layer : str
        Its name.
    shape : tuple of int
        Height, width and number of channels of the whole layer.
    channels : numpy.ndarray
        (count,) numbers of those that are shown, from 0.
    maps : numpy.ndarray
        (count, height, width) uint8: black is nothing, white a channel's own maximum.
    """

    layer: str
    shape: tuple[int, int, int]
    channels: np.ndarray
    maps: np.ndarray


@torch.inference_mode()
def feature_maps(
    network: FeatureNetwork, photograph: np.ndarray, *, layers: Sequence[str], count: int
) -> list[LayerMaps]:
    """Show channels of layers, those that differ most over the photograph.

    Parameters
    ----------
    network : FeatureNetwork
        In evaluation mode.
    photograph : numpy.ndarray
        (height, width, 3) uint8, RGB.
    layers : sequence of str
        As the network names them (its ``layers``); ``relu3_3`` is Keras's
        ``block3_conv3``, whose convolutions end with their ReLU.
    count : int
        Channels of each.

    Returns
    -------
    list of LayerMaps
        In the order of `layers`.

    Raises
    ------
    ConvatlasError
        If a layer is not there or has fewer channels.
    """
    device = next(network.parameters()).device
    pictures = torch.tensor(photograph, device=device).permute(2, 0, 1)[None].float() / 255
    shown = []
    for layer, found in network(pictures, layers).items():
        maps = found[0].cpu()
        channels, height, width = maps.shape
        if count > channels:
            raise ConvatlasError(f"{layer} has {channels} channels; {count} cannot be shown")
        spread = maps.flatten(1).var(1)
        # stable: channels that are all 0 keep their order on every machine
        chosen = torch.argsort(spread, descending=True, stable=True)[:count].sort().values
        kept = maps[chosen].clamp(min=0)
        kept = kept / kept.amax((1, 2), keepdim=True).clamp(min=1e-12)
        pixels = (255 * kept).round().to(torch.uint8).numpy()
        shown.append(LayerMaps(layer, (height, width, channels), chosen.numpy(), pixels))
    return shown


def label_maps(photograph: np.ndarray, shown: Sequence[LayerMaps], network: str) -> list[Row]:
    """Return rows for people: the photograph, and a row for each layer."""
    rows: list[Row] = [("photograph", [(f"below, by {network}", photograph)])]
    for layer in shown:
        height, width, channels = layer.shape
        pairs = zip(layer.channels, layer.maps, strict=True)
        label = f"{layer.layer}\n{height}x{width}x{channels}"
        rows.append((label, [(f"channel {number}", picture) for number, picture in pairs]))
    return rows
