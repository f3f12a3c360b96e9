"""From a style of the config, with its files, to what restyles frames."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from convatlas.models.backbone_files import build_backbone
from convatlas.models.cyclegan import PaintedFrames
from convatlas.models.registry import load_weights
from convatlas.models.single_style import SingleStyle
from convatlas.models.style_encoder import ENCODER, StyleEncoder, encoder_of
from convatlas.models.stylegan2 import Generator, style_generator
from convatlas.models.stylizer import Stylizer
from convatlas.stylization.frames import FrameStylizer, make_stylizer
from convatlas.stylization.inversion import InvertingStylizer
from convatlas.stylization.one_by_one import OneByOne
from convatlas.stylization.optimisation import OptimisingStylizer
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.pictures import read_mask, read_picture
from convatlas.stylization.stabilise import Stabilised, StabiliserOptions

NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "stylizer": Stylizer,
    "single_style": SingleStyle,
    "translator": PaintedFrames,
    "inversion": style_generator,
}
"""What ``network`` of a stylizer may be."""
_APART = (
    "stylizer", "network", "options", "pictures", "stabilise", "backbone",
    "inversion", "optimisation",
)  # fmt: skip
"""Keys of a style that are no options of :class:`StylizationOptions`."""
_GREY = np.linspace(0, 255, 16 * 64 * 64 * 3).reshape(16, 64, 64, 3).astype(np.uint8)


def build_network(network: str, options: Mapping[str, Any]) -> nn.Module:
    """Build a network that restyles, its weights not yet of any style."""
    built = NETWORKS[network](**options)
    built.options = dict(options)  # named, where weights of others do not fit
    return built


def load_stylizer(
    style: Mapping[str, Any],
    *,
    weights: str | Path | None,
    pictures: Sequence[str | Path],
    mask: str | Path | None,
    device: torch.device | str,
    features: str | Path | None = None,
    encoder: str | Path | None = None,
) -> FrameStylizer | Stabilised | OneByOne:
    """Load what restyles frames in one style of the config.

    Parameters
    ----------
    style : mapping
        ``network`` and its ``options``; ``pictures`` with their weights; ``stabilise``, true, false
        or :class:`convatlas.stylization.stabilise.StabiliserOptions`; and
        options of :class:`convatlas.stylization.options.StylizationOptions`.
    weights : str or Path or None
        Of the network, from :func:`convatlas.models.registry.save_weights`; none of an
        ``optimisation``, which has no network of its own.
    pictures : sequence of str or Path
        Files of ``pictures``, in their order.
    mask : str or Path or None
        A grey picture: 255 is restyled, 0 left.
    device : torch.device or str
        Where to compute.
    features : str or Path, optional
        Weights of the network by whose features an inversion looks for frames, or an optimisation
        tells their content and style.
    encoder : str or Path, optional
        Weights of the encoder with whose guess each of its searches begins.

    Returns
    -------
    FrameStylizer, Stabilised or OneByOne
        A callable, frames to frames.

    Raises
    ------
    ConvatlasError
        If a file cannot be read, or weights do not fit the network.
    """
    chosen = {key: value for key, value in style.items() if key not in _APART}
    shares = list(style["pictures"].values()) if style.get("pictures") else None
    if style["network"] == "optimisation":
        return OptimisingStylizer(
            build_backbone(style["backbone"], path=features, images=_GREY),
            [read_picture(picture) for picture in pictures],
            style["optimisation"],
            StylizationOptions(weights=shares, **chosen),
            read_mask(mask) if mask else None,
            torch.device(device),
        )
    network = build_network(style["network"], style["options"])
    load_weights(network, weights, network=style["network"])
    if style["network"] == "inversion":
        return InvertingStylizer(
            network,
            build_backbone(style["backbone"], path=features, images=_GREY),
            style["inversion"],
            StylizationOptions(**chosen),
            read_mask(mask) if mask else None,
            torch.device(device),
            encoder=_load_encoder(network, style["options"], encoder) if encoder else None,
        )
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


def _load_encoder(
    generator: Generator, options: Mapping[str, Any], path: str | Path
) -> StyleEncoder:
    """Load the encoder of a generator, which is built as that is."""
    network = encoder_of(generator, resolution=options["resolution"])
    return load_weights(network, path, network=ENCODER)
