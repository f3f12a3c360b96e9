"""`banoy`'s GAN of dense layers (section 2.4), after Goodfellow et al. (2014)."""

from torch import nn

from convatlas.models.adversarial_pair import AdversarialPair, Reshape, bound_slopes
from convatlas.models.dropout import Dropout


class MLPGAN(AdversarialPair):
    """The GAN of dense layers exactly as `banoy` lists it.

    Generator: 128 - 256 - 512 - 1024 - 784, LeakyReLU of slope 0.2, tanh. Discriminator: 784 - 1024
    - 512 - 256 - 1, LeakyReLU and dropout of 0.3, sigmoid (within the loss). Weights as torch draws
    them, uniform within 1 / sqrt(inputs): the document does not say, its code leaves it so.
    1,493,520 + 1,460,225 parameters.

    Parameters
    ----------
    latent_dim : int
        128 in the document.
    spectral_norm : bool
        Bound the discriminator's slopes (beyond the document).
    """

    def __init__(self, latent_dim: int = 128, *, spectral_norm: bool = False) -> None:
        generator = nn.Sequential(
            nn.Linear(latent_dim, 256),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(256, 512),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(512, 1024),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(1024, 784),
            nn.Tanh(),
            Reshape(1, 28, 28),
        )
        discriminator = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 1024),
            nn.LeakyReLU(0.2, inplace=True),
            Dropout(0.3),
            nn.Linear(1024, 512),
            nn.LeakyReLU(0.2, inplace=True),
            Dropout(0.3),
            nn.Linear(512, 256),
            nn.LeakyReLU(0.2, inplace=True),
            Dropout(0.3),
            nn.Linear(256, 1),
            nn.Flatten(0),
        )
        if spectral_norm:
            bound_slopes(discriminator)
        super().__init__(generator, discriminator, latent_dim)
