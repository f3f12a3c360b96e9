"""Frames painted one after another, each beginning where the one before ended."""

from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor

from convatlas.stylization.finishing import Finishing
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.pixels import check_frames, frames_of, tensor_of
from convatlas.video.shots import is_cut

LEAD = 4
"""Frames before a segment that are painted first, so that its strokes go on from theirs."""


class OneByOne(ABC):
    """Paints frames in their order; a new shot begins afresh.

    Parameters
    ----------
    options : StylizationOptions
        Of which colours and strength are looked at: between frame and painting.
    mask : numpy.ndarray or None
        255 is painted, 0 left.
    device : torch.device
        Where to compute.

    Attributes
    ----------
    lead : int
        Frames before a segment that are painted first, so that segments fit together.
    """

    def __init__(
        self, options: StylizationOptions, mask: np.ndarray | None, device: torch.device
    ) -> None:
        self.device, self.lead = device, LEAD
        self._finishing = Finishing(options, mask, blends=True)
        self._before: np.ndarray | None = None

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Paint frames uint8 (n, height, width, 3), which follow those of the call before."""
        check_frames(frames)
        content = tensor_of(frames, self.device)
        painted = []
        for pixels, frame in zip(frames, content, strict=True):
            if self._before is not None and is_cut(self._before, pixels):
                self.reset()
            self._before = pixels.copy()
            painted.append(self.paint(frame[None]))
        return frames_of(self._finishing(torch.cat(painted), content))

    @abstractmethod
    def paint(self, frame: Tensor) -> Tensor:
        """Paint a frame (1, 3, height, width) in [0, 1]; return the same shape."""

    def reset(self) -> None:
        """Forget the frame before: what comes next is another shot."""
        self._before = None
