"""Keeping the colours of a frame while its style changes.

Gatys, Bethge, Hertzmann and Shechtman, *Preserving color in neural artistic style transfer*, 2016.
They recolour the style picture beforehand, or join luminance afterwards; for a clip both are done
afterwards here, so that a style is described once and does not flicker with the frames.
"""

import torch
from torch import Tensor

_LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue in luminance, ITU-R BT.601, as in the YIQ space of Gatys et al."""
_RIDGE = 1e-5
"""Added to variances of colours in [0, 1], a deviation of 0.8/255: a grey frame has a root, too."""


def keep_luminance(result: Tensor, content: Tensor) -> Tensor:
    """Take luminance from the result and colour (I and Q of YIQ) from the content, section 3.

    Parameters
    ----------
    result, content : torch.Tensor
        (n, 3, height, width), RGB in [0, 1].

    Returns
    -------
    torch.Tensor
        The same shape; cut off at 0 and 1, where a colour is not to be had so light or dark.

    Notes
    -----
    In RGB that is the content moved along grey by the difference of luminance, for luminance
    enters red, green and blue alike.
    """
    weights = torch.tensor(_LUMA, dtype=result.dtype, device=result.device)[:, None, None]
    moved = ((result - content) * weights).sum(1, keepdim=True)
    return (content + moved).clamp(0, 1)


def match_colors(result: Tensor, content: Tensor) -> Tensor:
    """Bring mean and covariance of the result's colours to the content's, section 2.

    Linear, with symmetric roots (their equations 4 to 7, "image analogies" form): x becomes
    C^(1/2) S^(-1/2) (x - mean of the result) + mean of the content.

    Parameters
    ----------
    result, content : torch.Tensor
        (n, 3, height, width), RGB in [0, 1].

    Returns
    -------
    torch.Tensor
        The same shape, cut off at 0 and 1.
    """
    mean, covariance = _moments(result)
    wanted_mean, wanted = _moments(content)
    turn = _power(wanted, 0.5) @ _power(covariance, -0.5)  # (n, 3, 3)
    rest = wanted_mean - turn @ mean
    matched = torch.einsum("nij,njhw->nihw", turn.to(result.dtype), result)
    return (matched + rest[..., None].to(result.dtype)).clamp(0, 1)


def _moments(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean (n, 3, 1) and covariance (n, 3, 3) of colours."""
    colors = pictures.flatten(2).float()
    mean = colors.mean(2, keepdim=True)
    off = colors - mean
    ridge = _RIDGE * torch.eye(3, device=pictures.device)
    return mean, off @ off.transpose(1, 2) / colors.shape[2] + ridge


def _power(matrices: Tensor, exponent: float) -> Tensor:
    values, vectors = torch.linalg.eigh(matrices.double())
    powers = values.clamp_min(1e-12) ** exponent
    return ((vectors * powers[:, None]) @ vectors.transpose(1, 2)).float()
