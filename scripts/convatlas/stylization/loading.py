"""From a style of the config, with its files, to what restyles frames."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from convatlas.models.registry import load_weights
from convatlas.models.single_style import SingleStyle
from convatlas.models.stylizer import Stylizer
from convatlas.stylization.frames import FrameStylizer, make_stylizer
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.pictures import read_mask, read_picture
from convatlas.stylization.stabilise import Stabilised, StabiliserOptions

NETWORKS: dict[str, type[nn.Module]] = {"stylizer": Stylizer, "single_style": SingleStyle}
"""What ``network`` of a stylizer may be."""


def build_network(network: str, options: Mapping[str, Any]) -> nn.Module:
    """Build a network that restyles, its weights not yet of any style."""
    return NETWORKS[network](**options)


def load_stylizer(
    style: Mapping[str, Any],
    *,
    weights: str | Path,
    pictures: Sequence[str | Path],
    mask: str | Path | None,
    device: torch.device | str,
) -> FrameStylizer | Stabilised:
    """Load what restyles frames in one style of the config.

    Parameters
    ----------
    style : mapping
        ``network`` and its ``options``; ``pictures`` with their weights; ``stabilise``, true, false
        or :class:`convatlas.stylization.stabilise.StabiliserOptions`; and
        options of :class:`convatlas.stylization.options.StylizationOptions`.
    weights : str or Path
        Of the network, from :func:`convatlas.models.registry.save_weights`.
    pictures : sequence of str or Path
        Files of ``pictures``, in their order.
    mask : str or Path or None
        A grey picture: 255 is restyled, 0 left.
    device : torch.device or str
        Where to compute.

    Returns
    -------
    FrameStylizer or Stabilised
        A callable, frames to frames.

    Raises
    ------
    ConvatlasError
        If a file cannot be read, or weights do not fit the network.
    """
    network = build_network(style["network"], style["options"])
    load_weights(network, weights, network=style["network"])
    apart = ("stylizer", "network", "options", "pictures", "stabilise")
    chosen = {key: value for key, value in style.items() if key not in apart}
    shares = list(style["pictures"].values()) if style.get("pictures") else None
    per_frame = make_stylizer(
        network,
        [read_picture(picture) for picture in pictures],
        StylizationOptions(weights=shares, **chosen),
        device,
        mask=read_mask(mask) if mask else None,
    )
    if not style["stabilise"]:
        return per_frame
    asked = style["stabilise"] if isinstance(style["stabilise"], Mapping) else {}
    return Stabilised(per_frame.restyle, StabiliserOptions(**asked), finish=per_frame.finish)
