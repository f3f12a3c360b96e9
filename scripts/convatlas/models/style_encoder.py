"""From a picture to styles in one pass: a search begins where this ends, or is left out.

After Richardson, Alaluf, Patashnik, Nitzan, Azar, Shapiro and Cohen-Or, *Encoding in style: a
StyleGAN encoder for image-to-image translation*, 2021 (section 3: a style for each layer, as an
offset from the mean style); with the residual blocks of StyleGAN2's discriminator in the place of
its pyramid, and so much smaller.
"""

import torch
from torch import Tensor, nn

from convatlas.models.stylegan2 import Generator, Residual
from convatlas.models.stylegan_layers import EqualizedConv2d, EqualizedLinear, rectify

ENCODER = "style_encoder.StyleEncoder"
"""Its name in files of weights."""


class StyleEncoder(nn.Module):
    """Maps pictures to styles.

    Parameters
    ----------
    resolution : int
        Pixels of a side, as of the generator.
    latent_dim : int
        Numbers of a style.
    layers : int
        Styles of a picture.
    channels : int
        At the largest size; twice as many at each half, at most 8 times.
    """

    def __init__(self, resolution: int, latent_dim: int, layers: int, channels: int = 16) -> None:
        super().__init__()
        halvings = resolution.bit_length() - 3
        widths = [channels * min(2**step, 8) for step in range(halvings + 1)]
        self.first = EqualizedConv2d(3, widths[0], 3)
        self.blocks = nn.Sequential(
            *(Residual(widths[step], widths[step + 1]) for step in range(halvings))
        )
        self.dense = EqualizedLinear(16 * widths[-1], 2 * latent_dim)
        self.offsets = EqualizedLinear(2 * latent_dim, layers * latent_dim)
        self.register_buffer("mean", torch.zeros(latent_dim))
        self.layers = layers
        self.to(memory_format=torch.channels_last)

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures (n, 3, size, size) in [-1, 1] to styles (n, layers, latent_dim)."""
        x = self.blocks(rectify(self.first(pictures)))
        offsets = self.offsets(rectify(self.dense(x.flatten(1))))
        return self.mean + offsets.unflatten(1, (self.layers, -1))


def encoder_of(generator: Generator, *, resolution: int) -> StyleEncoder:
    """Build the encoder that fits a generator."""
    return StyleEncoder(resolution, len(generator.mapping.mean), generator.synthesis.count)
