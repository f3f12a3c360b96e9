"""CycleGAN: two generators that lead from photographs to paintings and back.

Zhu, Park, Isola and Efros, *Unpaired image-to-image translation using cycle-consistent adversarial
networks*, 2017: the networks of its appendix 7.2. Generators are those of Johnson et al. 2016, with
instance normalisation (Ulyanov et al. 2016); discriminators look at patches (Isola et al. 2017).
Written from the papers.
"""

from torch import Tensor, nn
from torch.nn import functional

from convatlas.models.adversarial_pair import AdversarialPair


class _Residual(nn.Module):
    """Two convolutions beside a way past them; borders are mirrored."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.changed = nn.Sequential(
            *_convolution(channels, channels, 3, mirrored=True),
            nn.ReLU(inplace=True),
            *_convolution(channels, channels, 3, mirrored=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels, h, w) to the same shape."""
        return x + self.changed(x)


def _convolution(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, mirrored: bool = False
) -> list[nn.Module]:
    # no bias: the normalisation would take it away again
    mode = "reflect" if mirrored else "zeros"
    layer = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, padding_mode=mode, bias=False)
    return [layer, nn.InstanceNorm2d(outputs)]


class Translator(nn.Module):
    """A generator: c7s1-c, d2c, d4c, R4c as often as ``blocks`` says, u2c, uc, c7s1-3 in the paper.

    Parameters
    ----------
    channels : int
        64 in the paper.
    blocks : int
        6 for pictures of 128, 9 from 256 on.
    """

    def __init__(self, channels: int = 64, blocks: int = 9) -> None:
        super().__init__()
        c = channels
        self.layers = nn.Sequential(
            *_convolution(3, c, 7, mirrored=True),
            nn.ReLU(inplace=True),
            *_convolution(c, 2 * c, 3, stride=2),
            nn.ReLU(inplace=True),
            *_convolution(2 * c, 4 * c, 3, stride=2),
            nn.ReLU(inplace=True),
            *(_Residual(4 * c) for _ in range(blocks)),
            *_enlarging(4 * c, 2 * c),
            *_enlarging(2 * c, c),
            nn.Conv2d(c, 3, 7, padding=3, padding_mode="reflect"),
            nn.Tanh(),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures (n, 3, h, w) in [-1, 1] to others; h and w multiples of 4."""
        return self.layers(pictures)


def _enlarging(inputs: int, outputs: int) -> list[nn.Module]:
    return [
        nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1, bias=False),
        nn.InstanceNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]


class PatchDiscriminator(nn.Module):
    """C64-C128-C256-C512 in the paper: an answer for every patch, of 70x70 with three halvings.

    Parameters
    ----------
    channels : int
        64 in the paper.
    halvings : int
        3 in the paper; each fewer halves the patch. Pictures have 3 times ``2 ** halvings`` pixels
        a side or more, so that there is more than one place to normalise over.
    """

    def __init__(self, channels: int = 64, halvings: int = 3) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, channels, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        inputs = channels
        for number in range(1, halvings + 1):
            outputs = channels * min(2**number, 8)
            stride = 2 if number < halvings else 1
            layers += [
                nn.Conv2d(inputs, outputs, 4, stride, 1, bias=False),
                nn.InstanceNorm2d(outputs),
                nn.LeakyReLU(0.2, inplace=True),
            ]
            inputs = outputs
        self.layers = nn.Sequential(*layers, nn.Conv2d(inputs, 1, 4, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures (n, 3, h, w) to answers (n, 1, h', w'), near 1 for real patches."""
        return self.layers(pictures)


class CycleGAN(AdversarialPair):
    """Photographs to paintings and back, and a discriminator of each.

    As a pair its generator is ``to_painting``, which is what is used afterwards; ``to_photograph``
    and both discriminators serve the training.

    Parameters
    ----------
    channels : int
        Of all four networks; 64 in the paper.
    blocks : int
        Residual blocks of a generator.
    halvings : int
        Of a discriminator.
    """

    def __init__(self, channels: int = 64, blocks: int = 9, halvings: int = 3) -> None:
        generator = nn.ModuleDict(
            {way: Translator(channels, blocks) for way in ("to_painting", "to_photograph")}
        )
        discriminator = nn.ModuleDict(
            {kind: PatchDiscriminator(channels, halvings) for kind in ("painting", "photograph")}
        )
        for layer in [*generator.modules(), *discriminator.modules()]:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, 0.0, 0.02)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        super().__init__(generator, discriminator, 0)

    def forward(self, photographs: Tensor) -> Tensor:
        """Map photographs (n, 3, h, w) in [-1, 1] to paintings; h and w multiples of 4."""
        return self.generator["to_painting"](photographs)


class PaintedFrames(nn.Module):
    """The generator of paintings for frames of any size, as what restyles videos wants it.

    Parameters
    ----------
    channels, blocks : int
        As of :class:`CycleGAN`.
    """

    def __init__(self, channels: int = 64, blocks: int = 9) -> None:
        super().__init__()
        self.translator = Translator(channels, blocks)

    def forward(self, frames: Tensor) -> Tensor:
        """Map frames (n, 3, h, w) in [0, 1] to paintings of them in [0, 1]."""
        height, width = frames.shape[2:]
        # up to multiples of 4, by repeating the border
        padded = functional.pad(frames, (0, -width % 4, 0, -height % 4), mode="replicate")
        return (self.translator(2 * padded - 1)[:, :, :height, :width] + 1) / 2
