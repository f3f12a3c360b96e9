"""Frames found again in a generator's style space, and painted from there.

What `alvarez` calls feeding frames to "the trained model", done as in its reference [15]: Abdal,
Qin and Wonka, *Image2StyleGAN*, 2019. Each frame is looked for from where the one before was found:
that saves steps, and keeps strokes where they are. Noise within the generator stays the same.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from convatlas.models.feature_network import FeatureNetwork
from convatlas.models.style_encoder import StyleEncoder
from convatlas.models.stylegan2 import Generator
from convatlas.stylization.one_by_one import OneByOne
from convatlas.stylization.options import StylizationOptions
from convatlas.synthesis.invert import InversionSettings, invert_pictures, restyle


class InvertingStylizer(OneByOne):
    """Paints frames by way of a generator's styles.

    A frame is squeezed into the generator's square, looked for, painted, and stretched again.

    Parameters
    ----------
    generator : Generator
        Of paintings, in evaluation mode.
    network : FeatureNetwork
        By whose features frames are looked for.
    asked : mapping
        Those of :class:`convatlas.synthesis.invert.InversionSettings`, for a first frame;
        ``steps_after``, for each frame after it; ``style_strength`` and ``first_layer``, of
        :func:`convatlas.synthesis.invert.restyle`.
    options : StylizationOptions
        Of which colours and strength are looked at: between frame and painting.
    mask : numpy.ndarray or None
        255 is painted, 0 left.
    encoder : StyleEncoder, optional
        Whose guess every search begins with, in the place of the mean style or of the frame before;
        ``steps_after`` serve every frame then.
    device : torch.device
        Where to compute.

    Attributes
    ----------
    lead : int
        Frames before a segment that are looked for first, so that segments fit together; none with
        an encoder, by which each frame is looked for by itself.
    """

    def __init__(
        self,
        generator: Generator,
        network: FeatureNetwork,
        asked: Mapping[str, Any],
        options: StylizationOptions,
        mask: np.ndarray | None,
        device: torch.device,
        *,
        encoder: StyleEncoder | None = None,
    ) -> None:
        super().__init__(options, mask, device)
        self.generator = generator.to(device).eval().requires_grad_(requires_grad=False)
        self.network = network.to(device)
        self.settings = InversionSettings.of(dict(asked))
        after = {**vars(self.settings), "steps": asked.get("steps_after", self.settings.steps)}
        self.after = InversionSettings(**after)
        self.strength, self.first = asked.get("style_strength", 0.0), asked.get("first_layer", 0)
        self.encoder = encoder.to(device).eval() if encoder else None
        if encoder:
            self.lead = 0
        self._found: Tensor | None = None

    def paint(self, frame: Tensor) -> Tensor:
        """Paint a frame (1, 3, height, width) in [0, 1]; return the same shape."""
        side = 4 * 2 ** ((self.generator.synthesis.count - 2) // 2)
        size = frame.shape[2:]
        square = functional.interpolate(
            frame, size=(side, side), mode="bilinear", align_corners=False, antialias=True
        )
        start, wanted = self._found, 2 * square - 1
        if self.encoder is not None:
            with torch.no_grad():
                start = self.encoder(wanted)
        settings = self.settings if start is None else self.after
        found = invert_pictures(self.generator, self.network, wanted, settings, start=start)
        self._found = found.styles
        styles = restyle(self.generator, found.styles, strength=self.strength, first=self.first)
        with torch.no_grad():
            painted = (self.generator.synthesis(styles, "fixed") + 1) / 2
        return functional.interpolate(
            painted, size=size, mode="bicubic", align_corners=False
        ).clamp(0, 1)

    def reset(self) -> None:
        """Forget the frame before: what comes next is another shot."""
        super().reset()
        self._found = None
