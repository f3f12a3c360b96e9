"""What a generator and its discriminator are, for the loop that trains any of them."""

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class AdversarialPair(nn.Module):
    """A generator and the discriminator that it learns against.

    Goodfellow et al., *Generative adversarial nets*, 2014.

    Parameters
    ----------
    generator : torch.nn.Module
        Maps latent vectors (n, latent_dim), standard normal, to pictures in [-1, 1]: (n, 1, 28, 28)
        of digits, (n, 3, size, size) of paintings.
    discriminator : torch.nn.Module
        Maps such pictures to logits (n,): the documents' sigmoid belongs to the loss, which is
        exact where a sigmoid and a logarithm would round to 0.
    latent_dim : int
        Numbers that a picture is made from.
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, latent_dim: int) -> None:
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.latent_dim = latent_dim

    def forward(self, latent: Tensor) -> Tensor:
        """Map latent vectors (n, latent_dim) to pictures (n, channels, size, size) in [-1, 1]."""
        return self.generator(latent)


class Reshape(nn.Module):
    """Give what comes another shape, batch aside."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, values: Tensor) -> Tensor:
        """Map (n, ...) to (n, *shape)."""
        return values.reshape(len(values), *self.shape)


def bound_slopes(network: nn.Module) -> nn.Module:
    """Divide every weight of a discriminator by its largest singular value.

    Miyato, Kataoka, Koyama and Yoshida, *Spectral normalization for generative adversarial
    networks*, 2018. Torch's own, by one step of the power method per training step. Batch
    normalisation would undo it, and is left out of networks that are bound so.

    Parameters
    ----------
    network : torch.nn.Module
        Its linear and convolutional layers are changed in place.

    Returns
    -------
    torch.nn.Module
        ``network``.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            spectral_norm(layer)
    return network
