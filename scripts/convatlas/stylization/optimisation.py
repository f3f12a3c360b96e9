"""Frames in the style of pictures by optimisation of their pixels, each from the one before.

Gatys, Ecker and Bethge, *Image style transfer using convolutional neural networks*, 2016, frame
after frame; beginning with the frame before as it was painted is from Ruder, Dosovitskiy and Brox,
*Artistic style transfer for videos*, 2016, section 4.1, without their motion and temporal loss.
Slow, and the measure of the others: it is what networks of one pass were made to replace.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from convatlas.models.feature_network import FeatureNetwork
from convatlas.stylization.one_by_one import OneByOne
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.pixels import frames_of, tensor_of
from convatlas.synthesis.gatys import transfer_style
from convatlas.synthesis.gatys_settings import GatysSettings


class OptimisingStylizer(OneByOne):
    """Optimises frames, made small, and stretches what comes of them again.

    Parameters
    ----------
    network : FeatureNetwork
        By whose features content and style are told.
    styles : sequence of numpy.ndarray
        Pictures (height, width, 3) uint8.
    asked : mapping
        Those of :class:`convatlas.synthesis.gatys_settings.GatysSettings`, for a first frame;
        ``steps_after``, for each frame after it; ``pixels``, of the shorter side of frames
        and pictures of style while they are worked on.
    options : StylizationOptions
        Colours, strength and weights of several styles.
    mask : numpy.ndarray or None
        255 is painted, 0 left.
    device : torch.device
        Where to compute.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        styles: Sequence[np.ndarray],
        asked: Mapping[str, Any],
        options: StylizationOptions,
        mask: np.ndarray | None,
        device: torch.device,
    ) -> None:
        super().__init__(options, mask, device)
        settings = {k: v for k, v in asked.items() if k not in ("pixels", "steps_after")}
        self.settings = GatysSettings.of(settings)
        self.after = GatysSettings.of({**settings, "steps": asked["steps_after"]})
        self.network, self.pixels, self.shares = (
            network.to(device),
            asked["pixels"],
            options.weights,
        )
        self.styles = [self._small(tensor_of(style[None], device)) for style in styles]
        self._painted: np.ndarray | None = None

    def paint(self, frame: Tensor) -> Tensor:
        """Paint a frame (1, 3, height, width) in [0, 1]; return the same shape."""
        first = self._painted is None
        self._painted, _ = transfer_style(
            self.network,
            self._small(frame),
            self.styles,
            self.settings if first else self.after,
            shares=self.shares,
            begin=self._painted,
        )
        made = tensor_of(self._painted[None], self.device)
        return functional.interpolate(
            made, size=frame.shape[2:], mode="bicubic", align_corners=False
        ).clamp(0, 1)

    def reset(self) -> None:
        """Forget the frame before: what comes next is another shot."""
        super().reset()
        self._painted = None

    def _small(self, picture: Tensor) -> np.ndarray:
        """Bring a picture (1, 3, h, w) to the pixels that are worked on; smaller ones stay."""
        share = min(1.0, self.pixels / min(picture.shape[2:]))
        size = [max(1, round(side * share)) for side in picture.shape[2:]]
        return frames_of(
            functional.interpolate(
                picture, size=size, mode="bilinear", align_corners=False, antialias=True
            )
        )[0]
