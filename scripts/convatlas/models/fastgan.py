"""FastGAN: a light generator and a discriminator that also has to describe what it sees.

Liu, Zhu, Song and Elgammal, *Towards faster and stabilized GAN training for high-fidelity few-shot
image synthesis*, 2021: skip-layer excitation (section 3.1, equation 1) and the self-supervised
discriminator (section 3.2). Written from the paper, which goes from 256 to 1024; here every size
from 32 on, with as many of its connections as there are sizes for.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from convatlas.models.adversarial_pair import AdversarialPair, Reshape

REACH = 16
"""A skip leads to a size this many times as large: 4 to 64, 8 to 128, 16 to 256."""
CHANNELS = {4: 16, 8: 8, 16: 4, 32: 2, 64: 2, 128: 1, 256: 0.5, 512: 0.25, 1024: 0.125}
"""Of each size, in multiples of those that a network is asked for."""


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0
) -> nn.Module:
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
    return spectral_norm(layer)


class _Noise(nn.Module):
    """Adds noise, scaled by a number that is learnt."""

    def __init__(self) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, c, h, w) to the same shape."""
        drawn = torch.randn(len(x), 1, *x.shape[2:], device=x.device)
        return x + self.strength * drawn.to(x.dtype)


def _enlarge(inputs: int, outputs: int, *, noisy: bool) -> nn.Sequential:
    """Double the size; a gated linear unit halves the channels that the convolution gives."""
    layers: list[nn.Module] = [nn.Upsample(scale_factor=2, mode="nearest")]
    for number in range(2 if noisy else 1):
        layers += [_convolution(outputs if number else inputs, 2 * outputs, 3, 1, 1)]
        layers += [_Noise()] if noisy else []
        layers += [nn.BatchNorm2d(2 * outputs), nn.GLU(1)]
    return nn.Sequential(*layers)


class _Excitation(nn.Module):
    """Scales the channels of a large map by what a small one holds (equation 1)."""

    def __init__(self, small: int, large: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(4),
            _convolution(small, large, 4),
            nn.SiLU(),
            _convolution(large, large, 1),
            nn.Sigmoid(),
        )

    def forward(self, small: Tensor, large: Tensor) -> Tensor:
        """Map (n, small, h, w) and (n, large, H, W) to the latter's shape."""
        return large * self.gate(small)


class Generator(nn.Module):
    """Maps latent vectors to pictures through ever larger maps, which small ones scale.

    Parameters
    ----------
    latent_dim : int
        Numbers that a picture is made from.
    channels : dict of int to int
        Of every size from 4 on.
    """

    def __init__(self, latent_dim: int, channels: dict[int, int]) -> None:
        super().__init__()
        sizes = list(channels)
        self.first = nn.Sequential(
            Reshape(latent_dim, 1, 1),
            spectral_norm(nn.ConvTranspose2d(latent_dim, 2 * channels[4], 4, bias=False)),
            nn.BatchNorm2d(2 * channels[4]),
            nn.GLU(1),
        )
        self.steps = nn.ModuleDict(
            {
                # as in the paper, every second step has two convolutions and noise
                str(size): _enlarge(channels[size // 2], channels[size], noisy=number % 2 == 0)
                for number, size in enumerate(sizes[1:])
            }
        )
        self.skips = nn.ModuleDict(
            {
                str(size): _Excitation(channels[size // REACH], channels[size])
                for size in sizes
                if size // REACH in channels
            }
        )
        self.last = _convolution(channels[sizes[-1]], 3, 3, 1, 1)

    def forward(self, latent: Tensor) -> Tensor:
        """Map latent vectors (n, latent_dim) to pictures (n, 3, size, size) in [-1, 1]."""
        maps = {4: self.first(latent)}
        for name, step in self.steps.items():
            size = int(name)
            maps[size] = step(maps[size // 2])
            if name in self.skips:
                maps[size] = self.skips[name](maps[size // REACH], maps[size])
        return torch.tanh(self.last(maps[size]))


class _Shrinking(nn.Module):
    """Halves the size on two ways, whose mean is taken."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.long = nn.Sequential(
            _convolution(inputs, outputs, 4, 2, 1),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(0.2, inplace=True),
            _convolution(outputs, outputs, 3, 1, 1),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(0.2, inplace=True),
        )
        self.short = nn.Sequential(
            nn.AvgPool2d(2),
            _convolution(inputs, outputs, 1),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(0.2, inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, 2h, 2w) to (n, outputs, h, w)."""
        return (self.long(x) + self.short(x)) / 2


class _Decoder(nn.Module):
    """From the discriminator's maps back to a small picture, for its own sake (section 3.2)."""

    def __init__(self, inputs: int, doublings: int) -> None:
        super().__init__()
        channels = [inputs, *(max(inputs // 2 ** (step + 1), 8) for step in range(doublings))]
        self.layers = nn.Sequential(
            *(
                _enlarge(channels[step], channels[step + 1], noisy=False)
                for step in range(doublings)
            ),
            _convolution(channels[-1], 3, 3, 1, 1),
            nn.Tanh(),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to pictures (n, 3, h 2^doublings, w 2^doublings)."""
        return self.layers(maps)


class Discriminator(nn.Module):
    """Answers for patches of a picture, and describes real ones so that they can be drawn again.

    Parameters
    ----------
    channels : dict of int to int
        Of every size from 8 on.
    """

    def __init__(self, channels: dict[int, int]) -> None:
        super().__init__()
        sizes = sorted(channels, reverse=True)
        self.first = nn.Sequential(
            _convolution(3, channels[sizes[0]], 3, 1, 1), nn.LeakyReLU(0.2, inplace=True)
        )
        self.steps = nn.ModuleList(
            _Shrinking(channels[size], channels[size // 2]) for size in sizes[:-1]
        )
        self.answer = nn.Sequential(
            _convolution(channels[8], channels[8], 1),
            nn.BatchNorm2d(channels[8]),
            nn.LeakyReLU(0.2, inplace=True),
            _convolution(channels[8], 1, 4),
        )
        # of 256 pixels a side, both are drawn at 64: the whole, and a part of 128 (in the paper's
        # section 3.2 at 128)
        doublings = max(sizes[0].bit_length() - 6, 0)
        self.whole = _Decoder(channels[8], max(doublings, 1))
        self.part = _Decoder(channels[16], max(doublings, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures (n, 3, size, size) to answers (n, 25), of patches."""
        return self.answer(self._describe(pictures)[8]).flatten(1)

    def draw_again(self, pictures: Tensor, quarters: Tensor) -> tuple[Tensor, Tensor]:
        """Return answers, and the mean absolute error of pictures drawn from its maps.

        Parameters
        ----------
        pictures : torch.Tensor
            (n, 3, size, size), real.
        quarters : torch.Tensor
            (n,) which quarter of each is drawn from its maps of 16x16, 0 to 3.
        """
        maps = self._describe(pictures)
        whole = self.whole(maps[8])
        halves = _quarter(maps[16], quarters)
        part = self.part(halves)
        wanted = [
            functional.interpolate(picture, size=drawn.shape[2:], mode="area")
            for picture, drawn in ((pictures, whole), (_quarter(pictures, quarters), part))
        ]
        error = (whole - wanted[0]).abs().mean() + (part - wanted[1]).abs().mean()
        return self.answer(maps[8]).flatten(1), error

    def _describe(self, pictures: Tensor) -> dict[int, Tensor]:
        maps = {pictures.shape[2]: self.first(pictures)}
        x = maps[pictures.shape[2]]
        for step in self.steps:
            x = step(x)
            maps[x.shape[2]] = x
        return maps


def _quarter(pictures: Tensor, quarters: Tensor) -> Tensor:
    """Cut a quarter (n, c, h / 2, w / 2) out of each: 0 top left, 1 top right, and so on."""
    height, width = (side // 2 for side in pictures.shape[2:])
    rows, columns = (quarters // 2).tolist(), (quarters % 2).tolist()
    return torch.stack(
        [
            picture[:, row * height : (row + 1) * height, column * width : (column + 1) * width]
            for picture, row, column in zip(pictures, rows, columns, strict=True)
        ]
    )


class FastGAN(AdversarialPair):
    """FastGAN of square pictures.

    Parameters
    ----------
    resolution : int
        Pixels of a side, a power of two from 32.
    latent_dim : int
        256 in the paper.
    channels : int
        64 in the paper; those of each size are multiples of it, :data:`CHANNELS`.

    Raises
    ------
    ValueError
        If the resolution is no power of two, less than 32 or more than 1024.
    """

    def __init__(self, resolution: int = 256, latent_dim: int = 256, channels: int = 64) -> None:
        steps = resolution.bit_length() - 1
        if resolution not in CHANNELS or resolution < 32:
            raise ValueError(f"resolution {resolution}: a power of two, 32 to 1024, is wanted")
        sizes = [2**step for step in range(2, steps + 1)]
        of = {size: max(1, int(channels * CHANNELS[size])) for size in sizes}
        super().__init__(
            Generator(latent_dim, of),
            Discriminator({size: of[size] for size in sizes if size >= 8}),
            latent_dim,
        )
        self.resolution = resolution
