r"""What a picture is optimised in: its pixels, or the Fourier coefficients of unmixed colours.

Olah, Mordvintsev and Schubert, *Feature visualization*, Distill 2017, section "Preconditioning and
parameterization": gradient ascent goes along other ways in another basis. In a basis whose
coefficients are as strong as natural pictures' are (an amplitude that falls with frequency, colours
that go together), high frequencies no longer win.
"""

import numpy as np
import torch
from torch import Tensor, nn


def color_mixing(images: np.ndarray) -> Tensor:
    """Return what turns three unmixed numbers into RGB that goes together as in pictures.

    Parameters
    ----------
    images : numpy.ndarray
        (n, height, width, 3) uint8.

    Returns
    -------
    torch.Tensor
        (3, 3): the root of the covariance of red, green and blue, its largest row of length 1.
    """
    colors = images.reshape(-1, 3).astype(np.float64) / 255
    values, vectors = np.linalg.eigh(np.cov(colors, rowvar=False))
    # an eigenvector's sign is free: the first number that is not small is positive on every machine
    signs = np.sign(vectors[np.abs(vectors).argmax(0), range(3)])
    root = (vectors * signs) * np.sqrt(values.clip(min=0))
    return torch.tensor(root / np.linalg.norm(root, axis=1).max(), dtype=torch.float32)


class PixelBasis(nn.Module):
    """Pictures as pixels: mid grey, with a little noise to begin with.

    Parameters
    ----------
    count, side : int
        Pictures, and pixels of a side.
    generator : torch.Generator
        Of the noise.
    """

    def __init__(self, count: int, side: int, generator: torch.Generator) -> None:
        super().__init__()
        noise = torch.rand((count, 3, side, side), generator=generator)
        self.values = nn.Parameter(0.5 + (noise - 0.5) * 20 / 255)

    def forward(self) -> Tensor:
        """Return (count, 3, side, side), in [0, 1] when they are shown."""
        return self.values


class FourierBasis(nn.Module):
    """Pictures as Fourier coefficients of unmixed colours, each as strong as in nature.

    Parameters
    ----------
    count, side : int
        Pictures, and pixels of a side.
    mixing : torch.Tensor
        (3, 3), from :func:`color_mixing`.
    generator : torch.Generator
        Of the first coefficients.
    """

    def __init__(self, count: int, side: int, mixing: Tensor, generator: torch.Generator) -> None:
        super().__init__()
        rows, columns = torch.fft.fftfreq(side), torch.fft.rfftfreq(side)
        frequency = (rows[:, None] ** 2 + columns[None] ** 2).sqrt()
        shape = (count, 3, *frequency.shape, 2)
        self.values = nn.Parameter(0.01 * torch.randn(shape, generator=generator))
        # amplitudes of natural pictures fall as one over frequency, up to the one of a whole side
        scale = side / frequency.clamp(min=1 / side)
        self.register_buffer("scale", scale, persistent=False)
        self.register_buffer("mixing", mixing, persistent=False)
        self.side = side

    def forward(self) -> Tensor:
        """Return (count, 3, side, side) in (0, 1)."""
        spectrum = torch.view_as_complex(self.values) * self.scale
        unmixed = torch.fft.irfft2(spectrum, s=(self.side, self.side), norm="backward")
        colors = torch.einsum("nchw,rc->nrhw", unmixed / 4, self.mixing)
        return colors.sigmoid()
