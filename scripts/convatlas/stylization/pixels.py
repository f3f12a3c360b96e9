"""Frames as bytes and as tensors."""

import numpy as np
import torch
from torch import Tensor

from convatlas.errors import ConvatlasError


def check_frames(frames: np.ndarray) -> None:
    """Refuse what is no uint8 (n, height, width, 3).

    Raises
    ------
    ConvatlasError
        Says what it is.
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8:
        raise ConvatlasError(
            f"frames: {frames.dtype} of shape {frames.shape}, but uint8 (n, height, width, 3) "
            "is wanted"
        )


def tensor_of(frames: np.ndarray, device: torch.device) -> Tensor:
    """Return frames as float32 (n, 3, height, width) in [0, 1]; in memory, channels stay last."""
    pixels = torch.tensor(np.ascontiguousarray(frames), device=device)
    return pixels.permute(0, 3, 1, 2).float().div_(255)


def frames_of(result: Tensor) -> np.ndarray:
    """Return what :func:`tensor_of` made a tensor of, cut off at 0 and 1 and rounded."""
    # results may be of a forward that torch compiled: not to be changed in place
    pixels = (result * 255).round_().clamp_(0, 255).to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).cpu().numpy()
