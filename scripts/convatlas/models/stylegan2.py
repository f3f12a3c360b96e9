"""StyleGAN2: a generator that styles itself layer by layer, and its discriminator.

Karras, Laine and Aila, *A style-based generator architecture for generative adversarial networks*,
2019 (mapping network, style mixing, truncation), and Karras, Laine, Aittala, Hellsten, Lehtinen and
Aila, *Analyzing and improving the image quality of StyleGAN*, 2020 (weight demodulation, section 2;
skips to colours and residual discriminator, section 4.1). Written from the papers.
"""

import math

import torch
from torch import Tensor, nn

from convatlas.models.adversarial_pair import AdversarialPair
from convatlas.models.stylegan_layers import (
    EqualizedConv2d,
    EqualizedLinear,
    ModulatedConv2d,
    ToRGB,
    append_deviation,
    enlarge,
    rectify,
)


class _Mapping(nn.Module):
    """Dense layers from z to w, and the mean w, towards which truncation goes."""

    def __init__(self, latent_dim: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            EqualizedLinear(latent_dim, latent_dim, rate=0.01) for _ in range(layers)
        )
        self.register_buffer("mean", torch.zeros(latent_dim))

    def forward(self, z: Tensor) -> Tensor:
        """Map z (n, latent_dim) to w (n, latent_dim)."""
        x = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        for layer in self.layers:
            x = rectify(layer(x))
        return x

    @torch.no_grad()
    def watch(self, w: Tensor, decay: float = 0.995) -> None:
        """Move the mean towards that of w (n, latent_dim)."""
        self.mean.lerp_(w.mean(0).to(self.mean.dtype), 1 - decay)


class _Synthesis(nn.Module):
    """From w of each layer to a picture, from 4x4 up, each size adding to the colours."""

    def __init__(self, latent_dim: int, channels: dict[int, int], colours: int) -> None:
        super().__init__()
        sizes = list(channels)
        self.constant = nn.Parameter(torch.randn(channels[4], 4, 4))
        layers, to_colours = [], []
        for size in sizes:
            if size > 4:
                layers.append(
                    ModulatedConv2d(
                        channels[size // 2], channels[size], latent_dim, resolution=size, up=True
                    )
                )
            layers.append(
                ModulatedConv2d(channels[size], channels[size], latent_dim, resolution=size)
            )
            to_colours.append(ToRGB(channels[size], latent_dim, colours))
        self.layers, self.to_colours = nn.ModuleList(layers), nn.ModuleList(to_colours)

    @property
    def count(self) -> int:
        """Styles of a picture: one for each convolution, and one for the last colours."""
        return len(self.layers) + 1

    def forward(self, styles: Tensor, noise: str = "random") -> Tensor:
        """Map styles (n, count, latent_dim) to pictures (n, colours, size, size).

        As in the papers' code the colours of a size take the style of the convolution after them.
        """
        x = self.constant.expand(len(styles), -1, -1, -1)
        x = x.contiguous(memory_format=torch.channels_last)
        x = self.layers[0](x, styles[:, 0], noise)
        picture = self.to_colours[0](x, styles[:, 1])
        for number, colour in enumerate(self.to_colours[1:], 1):
            first = 2 * number - 1
            x = self.layers[first](x, styles[:, first], noise)
            x = self.layers[first + 1](x, styles[:, first + 1], noise)
            picture = enlarge(picture) + colour(x, styles[:, first + 2])
        return picture


class Generator(nn.Module):
    """Maps latent vectors to pictures by way of styles.

    Parameters
    ----------
    latent_dim : int
        Numbers of z and of w.
    channels : dict of int to int
        Of every size from 4 on.
    mapping_layers : int
        Of the mapping network.
    colours : int
        Channels of a picture.
    """

    def __init__(
        self, latent_dim: int, channels: dict[int, int], mapping_layers: int, colours: int
    ) -> None:
        super().__init__()
        self.mapping = _Mapping(latent_dim, mapping_layers)
        self.synthesis = _Synthesis(latent_dim, channels, colours)

    def repeat(self, w: Tensor) -> Tensor:
        """Give every layer the same w: (n, latent_dim) to (n, layers, latent_dim)."""
        return w[:, None].expand(-1, self.synthesis.count, -1)

    def truncate(self, w: Tensor, truncation: float) -> Tensor:
        """Draw w (..., latent_dim) towards the mean, by 1 not at all, by 0 to the mean itself."""
        return self.mapping.mean.lerp(w, truncation)

    def forward(self, z: Tensor, *, truncation: float = 1.0, noise: str = "random") -> Tensor:
        """Map z (n, latent_dim) to pictures (n, colours, size, size), about within [-1, 1]."""
        return self.synthesis(self.repeat(self.truncate(self.mapping(z), truncation)), noise)


class Residual(nn.Module):
    """Two convolutions, the second of which halves the size, beside a plain way past them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = EqualizedConv2d(inputs, inputs, 3)
        self.second = EqualizedConv2d(inputs, outputs, 3, down=True)
        self.past = EqualizedConv2d(inputs, outputs, 1, down=True, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, 2h, 2w) to (n, outputs, h, w)."""
        changed = rectify(self.second(rectify(self.first(x))))
        return (changed + self.past(x)) / math.sqrt(2)


class Discriminator(nn.Module):
    """Maps pictures (n, colours, size, size) to logits (n,).

    Parameters
    ----------
    channels : dict of int to int
        Of every size from 4 on.
    colours : int
        Channels of a picture.
    """

    def __init__(self, channels: dict[int, int], colours: int) -> None:
        super().__init__()
        sizes = sorted(channels, reverse=True)
        self.from_colours = EqualizedConv2d(colours, channels[sizes[0]], 1)
        self.blocks = nn.Sequential(
            *(Residual(channels[size], channels[size // 2]) for size in sizes[:-1])
        )
        self.last = EqualizedConv2d(channels[4] + 1, channels[4], 3)
        self.dense = EqualizedLinear(channels[4] * 16, channels[4])
        self.answer = EqualizedLinear(channels[4], 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures (n, colours, size, size) to logits (n,)."""
        x = self.blocks(rectify(self.from_colours(pictures)))
        x = rectify(self.last(append_deviation(x)))
        return self.answer(rectify(self.dense(x.flatten(1)))).flatten()


class StyleGAN2(AdversarialPair):
    """StyleGAN2 of square pictures.

    Parameters
    ----------
    resolution : int
        Pixels of a side, a power of two from 8.
    latent_dim : int
        Numbers of z and of w; 512 in the papers.
    channel_base, channel_max : int
        A size of s pixels has channel_base / s channels, at most channel_max: 32,768 and 512 in the
        paper's configuration F, 16,384 in the one for few pictures at 256.
    mapping_layers : int
        8 in StyleGAN2's paper, 2 for CIFAR-10 in that of adaptive augmentation.
    colours : int
        Channels of a picture.

    Raises
    ------
    ValueError
        If the resolution is no power of two, or less than 8.
    """

    def __init__(
        self,
        resolution: int = 256,
        latent_dim: int = 512,
        channel_base: int = 16384,
        channel_max: int = 512,
        mapping_layers: int = 8,
        colours: int = 3,
    ) -> None:
        steps = resolution.bit_length() - 1
        if resolution < 8 or resolution != 2**steps:
            raise ValueError(f"resolution {resolution}: a power of two, 8 or more, is wanted")
        sizes = [2**step for step in range(2, steps + 1)]
        channels = {size: min(channel_base // size, channel_max) for size in sizes}
        super().__init__(
            Generator(latent_dim, channels, mapping_layers, colours),
            Discriminator(channels, colours),
            latent_dim,
        )
        self.resolution, self.colours = resolution, colours
        # twice as fast on a CPU: channels of a pixel side by side, as its convolutions want them
        self.to(memory_format=torch.channels_last)


def style_generator(**options: int) -> Generator:
    """Build the generator of a :class:`StyleGAN2` alone."""
    return StyleGAN2(**options).generator
