"""The deep convolutional GAN, for digits.

Radford, Metz and Chintala, *Unsupervised representation learning with deep convolutional generative
adversarial networks*, 2016, section 3 and figure 1.
"""

import torch
from torch import nn

from convatlas.models.adversarial_pair import AdversarialPair, Reshape, bound_slopes


class DCGAN(AdversarialPair):
    """DCGAN of 28x28 grey pictures: two strides of 2 instead of the paper's four for 64x64.

    As in the paper: strided convolutions and no pooling, batch normalisation but for the
    generator's output and the discriminator's input, ReLU and tanh in the generator, LeakyReLU
    of slope 0.2 in the discriminator, weights drawn from a normal distribution of deviation 0.02
    (batch normalisation: around 1). Adam's betas, 0.5 and 0.999, belong to the training. `alvarez`
    adapts a tutorial that does the same for faces, without saying what the digits are resized to;
    here nothing is resized. With 64 channels and a latent of 100: 759,680 + 138,624 parameters.

    Parameters
    ----------
    latent_dim : int
        100 in the paper; `sepulveda`'s code takes 64.
    channels : int
        Of the layer at 14x14; twice as many at 7x7.
    spectral_norm : bool
        Bound the discriminator's slopes instead of normalising its batches.
    """

    def __init__(
        self, latent_dim: int = 100, channels: int = 64, *, spectral_norm: bool = False
    ) -> None:
        c = channels
        stride = {"kernel_size": 4, "stride": 2, "padding": 1}
        generator = nn.Sequential(
            Reshape(latent_dim, 1, 1),
            nn.ConvTranspose2d(latent_dim, 2 * c, kernel_size=7, bias=False),  # (n, 2c, 7, 7)
            nn.BatchNorm2d(2 * c),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(2 * c, c, bias=False, **stride),  # (n, c, 14, 14)
            nn.BatchNorm2d(c),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(c, 1, bias=False, **stride),  # (n, 1, 28, 28)
            nn.Tanh(),
        )
        discriminator = nn.Sequential(
            nn.Conv2d(1, c, bias=spectral_norm, **stride),  # (n, c, 14, 14)
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(c, 2 * c, bias=spectral_norm, **stride),  # (n, 2c, 7, 7)
            nn.Identity() if spectral_norm else nn.BatchNorm2d(2 * c),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(2 * c, 1, kernel_size=7, bias=spectral_norm),  # (n, 1, 1, 1)
            nn.Flatten(0),  # (n,)
        )
        for network in (generator, discriminator):
            network.apply(_draw_weights)
        if spectral_norm:
            bound_slopes(discriminator)
        super().__init__(generator, discriminator, latent_dim)
        # a sixth faster on a CPU: channels of a pixel side by side, as its convolutions want them
        self.to(memory_format=torch.channels_last)


def _draw_weights(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        nn.init.zeros_(layer.bias)
