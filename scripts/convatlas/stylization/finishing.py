"""What is done to a restyled frame with the frame it was made of: colours, strength and mask."""

import numpy as np
import torch
from torch import Tensor

from convatlas.stylization.colors import keep_luminance, match_colors
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.pictures import resize_mask


class Finishing:
    """Colours, then strength, then mask.

    Parameters
    ----------
    options : StylizationOptions
        Of which `color` and `strength` are looked at.
    mask : numpy.ndarray or None
        uint8 (height, width), 255 where a frame is restyled and 0 where it is left.
    blends : bool
        Whether strength mixes pixels; where it mixes embeddings, it has been seen to.
    """

    def __init__(
        self, options: StylizationOptions, mask: np.ndarray | None, *, blends: bool
    ) -> None:
        self.color, self.mask = options.color, mask
        self.strength = options.strength if blends else 1.0
        self._masks: dict[tuple[int, int], Tensor] = {}

    @property
    def changes(self) -> bool:
        """Whether it does anything."""
        return self.color != "style" or self.strength < 1 or self.mask is not None

    def __call__(self, result: Tensor, content: Tensor) -> Tensor:
        """Finish what a network made of `content`, both (n, 3, height, width) in [0, 1]."""
        if self.color == "luminance":
            result = keep_luminance(result, content)
        elif self.color == "histogram":
            result = match_colors(result, content)
        if self.strength < 1:
            result = torch.lerp(content, result, self.strength)
        if self.mask is not None:
            result = torch.lerp(content, result, self._mask_for(content))
        return result

    def _mask_for(self, content: Tensor) -> Tensor:
        size = tuple(content.shape[-2:])
        if size not in self._masks:
            resized = torch.from_numpy(resize_mask(self.mask, *size).copy())
            self._masks[size] = resized.to(content.device).float() / 255
        return self._masks[size]
