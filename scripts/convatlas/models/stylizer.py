"""One network for any style: an embedding of a style picture steers how pictures are transformed.

Ghiasi, Lee, Kudlur, Dumoulin and Shlens, *Exploring the structure of a real-time, arbitrary neural
artistic stylization network*, 2017 (figure 2); the transformer after Dumoulin, Shlens and Kudlur,
*A learned representation for artistic style*, 2017 (table 2). What is here is the form that
Magenta published for phones (``arbitrary-image-stylization-v1-256``), read off its files; it
differs from the papers thus:

- the style is predicted by a MobileNet-v2 (Sandler et al., *MobileNetV2: inverted residuals and
  linear bottlenecks*, 2018, table 2) in place of an Inception-v3, batch normalisations folded into
  its convolutions;
- the transformer has a quarter of the channels (8, 16, 32 in place of 32, 64, 128);
- its three contracting convolutions have biases and no normalisation: only the residual blocks and
  the expanding layers, 13 in all, are steered by the style.

:mod:`convatlas.models.stylization_files` fills these networks from the published files.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

EMBEDDING = 100
"""Numbers that a style is described by."""
EPSILON = 1e-5
"""Added to variances: 127 x 7.874e-8 in the file."""
STEP, LEAST = 4, 8
"""Two halvings: sides are continued to a multiple of STEP, and to LEAST, below which a normalised
map would be one pixel."""

_BLOCKS = (
    # channels out, stride; (expansion is 6 but for the first, which has none)
    *((16, 1), (24, 2), (24, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1), (64, 1)),
    *((96, 1), (96, 1), (96, 1), (160, 2), (160, 1), (160, 1), (320, 1)),
)


class _Same(nn.Conv2d):
    """Convolution padded with zeros as TensorFlow's ``SAME`` does: what is odd goes to the end.

    A 3x3 convolution of stride 2 over an even side so begins at pixel 0, not at -1 as with
    torch's ``padding=1``.
    """

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, same_padding(x.shape[-2:], self)))


def same_padding(sides: tuple[int, int], conv: nn.Conv2d) -> tuple[int, int, int, int]:
    """Return TensorFlow's ``SAME`` padding (left, right, top, bottom) of a convolution.

    Parameters
    ----------
    sides : (int, int)
        Height and width of what is convolved.
    conv : torch.nn.Conv2d
        Its kernel and stride count; dilation does not.
    """
    padding = []
    for side, kernel, stride in zip(sides, conv.kernel_size, conv.stride, strict=True):
        needed = max(0, (-(-side // stride) - 1) * stride + kernel - side)
        padding = [needed // 2, needed - needed // 2, *padding]
    return tuple(padding)


class _Inverted(nn.Module):
    """1x1 to six times the channels, 3x3 on each alone, 1x1 back; plus the input where it fits."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        if expansion > 1:
            layers["expand"] = nn.Conv2d(inputs, wide, 1)
            layers["relu"] = nn.ReLU6()
        layers["depthwise"] = _Same(wide, wide, 3, stride, groups=wide)
        layers["relu_"] = nn.ReLU6()
        layers["project"] = nn.Conv2d(wide, outputs, 1)
        self.layers = nn.Sequential(layers)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.adds else self.layers(x)


class StylePrediction(nn.Module):
    """MobileNet-v2 from a style picture to the style's embedding; 2,334,916 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.first = _Same(3, 32, 3, 2)
        inputs, blocks = 32, []
        for outputs, stride in _BLOCKS:
            blocks.append(_Inverted(inputs, outputs, stride, 6 if blocks else 1))
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.widen = nn.Conv2d(inputs, 1280, 1)
        self.embed = nn.Conv2d(1280, EMBEDDING, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Describe the style of pictures.

        Parameters
        ----------
        pictures : torch.Tensor
            (n, 3, height, width), RGB in [0, 1]; published for 256x256, which decides the scale at
            which brush strokes are seen.

        Returns
        -------
        torch.Tensor
            (n, 100).
        """
        x = self.blocks(functional.relu6(self.first(pictures)))
        x = functional.relu6(self.widen(x))
        return self.embed(x.mean((2, 3), keepdim=True)).flatten(1)


class StyleNorm(nn.Module):
    """Conditional instance normalisation, Dumoulin et al. 2017, equation 5; scale and shift are
    linear in the style's embedding.
    """  # noqa: D205

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d(channels, eps=EPSILON)
        self.scale = nn.Linear(EMBEDDING, channels)
        self.shift = nn.Linear(EMBEDDING, channels)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        """Normalise `x` (n, c, h, w) and give it the style of `embedding` (n or 1, 100)."""
        scale, shift = (part(embedding)[:, :, None, None] for part in (self.scale, self.shift))
        return torch.addcmul(shift, self.norm(x), scale)


class Reflected(nn.Module):
    """A convolution after reflection padding by half its kernel, sides halved or doubled.

    Sides are doubled by nearest neighbours before the convolution (stride 0.5).
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: float = 1, bias: bool = False
    ) -> None:
        super().__init__()
        self.doubles = stride < 1
        self.half = kernel // 2
        self.conv = nn.Conv2d(inputs, outputs, kernel, max(1, int(stride)), bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Pad and convolve `x` (n, c, h, w)."""
        if self.doubles:
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.conv(functional.pad(x, (self.half,) * 4, "reflect"))


class _Styled(nn.Module):
    """Convolution and conditional normalisation."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: float = 1) -> None:
        super().__init__()
        self.conv = Reflected(inputs, outputs, kernel, stride=stride)
        self.norm = StyleNorm(outputs)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        return self.norm(self.conv(x), embedding)


class _Residual(nn.Module):
    """x + f(x), without a ReLU after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _Styled(channels, channels, 3)
        self.second = _Styled(channels, channels, 3)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        return x + self.second(functional.relu(self.first(x, embedding)), embedding)


class Transformer(nn.Module):
    """What turns a picture into the same picture in the style of an embedding.

    With 8 channels and 5 residual blocks: 177,718 parameters.

    Parameters
    ----------
    channels : int
        Of the first layer; there are 2 and 4 times as many at a half and a quarter of the size.
    residual_blocks : int
        At a quarter of the size.
    """

    def __init__(self, channels: int = 8, residual_blocks: int = 5) -> None:
        super().__init__()
        c = channels
        self.contract = nn.ModuleList(
            (
                Reflected(3, c, 9, bias=True),  # (n, c, h, w)
                Reflected(c, 2 * c, 3, stride=2, bias=True),  # (n, 2c, h/2, w/2)
                Reflected(2 * c, 4 * c, 3, stride=2, bias=True),  # (n, 4c, h/4, w/4)
            )
        )
        self.residual = nn.ModuleList(_Residual(4 * c) for _ in range(residual_blocks))
        self.expand = nn.ModuleList(
            (
                _Styled(4 * c, 2 * c, 3, stride=0.5),  # (n, 2c, h/2, w/2)
                _Styled(2 * c, c, 3, stride=0.5),  # (n, c, h, w)
                _Styled(c, 3, 9),  # (n, 3, h, w)
            )
        )

    def forward(self, content: Tensor, embedding: Tensor) -> Tensor:
        """Restyle pictures of any size.

        Parameters
        ----------
        content : torch.Tensor
            (n, 3, height, width), RGB in [0, 1].
        embedding : torch.Tensor
            (n, 100), or (1, 100) for all.

        Returns
        -------
        torch.Tensor
            (n, 3, height, width), RGB in (0, 1).

        Notes
        -----
        Sides that are no multiple of 4 are continued by their last row and column, which are cut
        off again; the published network gives a picture of another size then.
        """
        height, width = content.shape[-2:]
        x = pad_to_step(content)
        for layer in self.contract:
            x = functional.relu(layer(x))
        for block in self.residual:
            x = block(x, embedding)
        *layers, last = self.expand
        for layer in layers:
            x = functional.relu(layer(x, embedding))
        return last(x, embedding).sigmoid()[..., :height, :width]


def pad_to_step(pictures: Tensor) -> Tensor:
    """Continue pictures (n, c, height, width) below and right to sides the networks take."""
    below, right = (max(LEAST, -(-side // STEP) * STEP) - side for side in pictures.shape[-2:])
    if not below and not right:
        return pictures
    return functional.pad(pictures, (0, right, 0, below), "replicate")


class Stylizer(nn.Module):
    """Both networks: a style picture and a picture in, the picture in that style out."""

    def __init__(self) -> None:
        super().__init__()
        self.prediction = StylePrediction()
        self.transformer = Transformer()

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        """Give `content` (n, 3, h, w) in [0, 1] the style of `style` (n or 1, 3, h', w')."""
        return self.transformer(content, self.prediction(style))
