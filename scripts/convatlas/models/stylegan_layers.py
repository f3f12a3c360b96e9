"""What StyleGAN2's two networks are made of.

Karras, Laine, Aittala, Hellsten, Lehtinen and Aila, *Analyzing and improving the image quality of
StyleGAN*, 2020 (sections 2 and 4, appendix B), and before it Karras, Aila, Laine and Lehtinen,
*Progressive growing of GANs*, 2018 (equalised learning rate, section 4.1; minibatch deviation,
section 3). Written from the papers, for plain torch.

The papers' filter for changing resolution is [1, 3, 3, 1]. To twice the size it is torch's bilinear
interpolation, which repeats the border where the papers' code takes zeros.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

TAPS = (1.0, 3.0, 3.0, 1.0)
GAIN = math.sqrt(2)
"""After a leaky rectifier: its output has about half the variance of what went in."""


def rectify(x: Tensor) -> Tensor:
    """Return LeakyReLU of slope 0.2, scaled so that the variance stays."""
    return functional.leaky_relu(x, 0.2) * GAIN


def enlarge(x: Tensor) -> Tensor:
    """Map (n, c, h, w) to (n, c, 2h, 2w), filtered by [1, 3, 3, 1]."""
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def blur(x: Tensor, pad: int, stride: int = 1) -> Tensor:
    """Filter (n, c, h, w) by [1, 3, 3, 1] / 8 along both sides, after zeros around it.

    One convolution of every channel by itself: on a CPU some fifteen times as fast as means of
    neighbours or sums of slices.

    Returns
    -------
    torch.Tensor
        (n, c, h + 2 pad - 3, w + 2 pad - 3), or every second pixel of it.
    """
    taps = x.new_tensor(TAPS) / sum(TAPS)
    kernel = (taps[:, None] * taps).expand(x.shape[1], 1, -1, -1)
    return functional.conv2d(x, kernel, padding=pad, stride=stride, groups=x.shape[1])


class EqualizedLinear(nn.Module):
    """A linear layer whose weights are drawn with deviation 1 and scaled where they are used.

    Parameters
    ----------
    inputs, outputs : int
        Numbers that come in and go out.
    bias : float
        What biases begin with.
    rate : float
        Of the learning rate of everything else: 0.01 in the mapping network.
    """

    def __init__(self, inputs: int, outputs: int, *, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.scale, self.rate = rate / math.sqrt(inputs), rate

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs) to (n, outputs)."""
        return functional.linear(x, self.weight * self.scale, self.bias * self.rate)


class EqualizedConv2d(nn.Module):
    """A convolution whose weights are scaled where they are used; the size stays, or is halved.

    Parameters
    ----------
    inputs, outputs : int
        Channels.
    kernel : int
        Side, odd.
    down : bool
        Whether to blur and take every second pixel.
    bias : bool
        Whether it has biases.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, down: bool = False, bias: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale, self.down = 1 / math.sqrt(inputs * kernel**2), down

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h, w), or half as large."""
        weight, kernel = self.weight * self.scale, self.weight.shape[-1]
        if not self.down:
            return functional.conv2d(x, weight, self.bias, padding=kernel // 2)
        if kernel == 1:
            return functional.conv2d(blur(x, 1, stride=2), weight, self.bias)
        return functional.conv2d(blur(x, 2), weight, self.bias, stride=2)


def modulated_convolution(
    x: Tensor,
    weight: Tensor,
    styles: Tensor,
    *,
    demodulate: bool = True,
    up: bool = False,
    grouped: bool = False,
) -> Tensor:
    r"""Convolve each picture with weights scaled by its own style.

    Karras et al. 2020, equations 1 and 3: :math:`w'_{ijk} = s_i w_{ijk}` and
    :math:`w''_{ijk} = w'_{ijk} / \sqrt{\sum_{i,k} w'^2_{ijk} + \epsilon}`.

    Parameters
    ----------
    x : torch.Tensor
        (n, inputs, h, w).
    weight : torch.Tensor
        (outputs, inputs, k, k).
    styles : torch.Tensor
        (n, inputs), s.
    demodulate : bool
        Whether to divide by the expected deviation, equation 3.
    up : bool
        Whether to double the size.
    grouped : bool
        Appendix B's way: weights of each picture are written out, and one grouped convolution takes
        all. Else the same weights take all pictures, whose channels are scaled before and after: no
        weights are written out, and the convolution is an ordinary one.

    Returns
    -------
    torch.Tensor
        (n, outputs, h, w), or twice as large.
    """
    factors = None
    if demodulate:
        squares = weight.square().sum((2, 3))  # (outputs, inputs)
        factors = torch.rsqrt(styles.square() @ squares.T + 1e-8)  # (n, outputs)
    if not grouped:
        convolved = _convolve(x * styles[:, :, None, None], weight, up=up, groups=1)
        return convolved if factors is None else convolved * factors[:, :, None, None]
    count, outputs = len(x), len(weight)
    scaled = weight * styles[:, None, :, None, None]  # (n, outputs, inputs, k, k)
    if factors is not None:
        scaled = scaled * factors[:, :, None, None, None]
    convolved = _convolve(x.reshape(1, -1, *x.shape[2:]), scaled.flatten(0, 1), up=up, groups=count)
    return convolved.reshape(count, outputs, *convolved.shape[2:])


def _convolve(x: Tensor, weight: Tensor, *, up: bool, groups: int) -> Tensor:
    """Convolve; to twice the size by a transposed convolution, a quarter of the products."""
    if not up:
        return functional.conv2d(x, weight, padding=weight.shape[-1] // 2, groups=groups)
    # (groups x outputs, inputs, ...) to (groups x inputs, outputs, ...), as it is wanted here
    outputs = len(weight) // groups
    weight = weight.unflatten(0, (groups, outputs)).transpose(1, 2).flatten(0, 1)
    # four times as bright: of the doubled grid only every fourth pixel was filled
    larger = functional.conv_transpose2d(x, weight * 4, stride=2, groups=groups)
    return blur(larger, 1)


class ModulatedConv2d(nn.Module):
    """A modulated convolution with its style's affine layer, noise, bias and rectifier.

    Parameters
    ----------
    inputs, outputs : int
        Channels.
    style_dim : int
        Numbers of w.
    resolution : int
        Pixels of a side of what comes out, for the noise that stays the same.
    up : bool
        Whether it doubles the size.
    """

    def __init__(
        self, inputs: int, outputs: int, style_dim: int, *, resolution: int, up: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.affine = EqualizedLinear(style_dim, inputs, bias=1.0)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("fixed_noise", torch.randn(resolution, resolution))
        self.up, self.scale = up, 1 / math.sqrt(inputs * 9)

    def forward(self, x: Tensor, w: Tensor, noise: str) -> Tensor:
        """Map (n, inputs, h, w) and styles w (n, style_dim) to (n, outputs, h, w), or twice that.

        ``noise`` is ``random``, ``fixed`` or ``none``.
        """
        weight = self.weight * self.scale
        x = modulated_convolution(x, weight, self.affine(w), up=self.up)
        if noise == "random":
            drawn = torch.randn(len(x), 1, *x.shape[2:], device=x.device)
            x = x + drawn.to(x.dtype) * self.noise_strength
        elif noise == "fixed":
            x = x + self.fixed_noise * self.noise_strength
        return rectify(x + self.bias[:, None, None])


class ToRGB(nn.Module):
    """A modulated 1x1 convolution to colours, without demodulation, noise or rectifier."""

    def __init__(self, inputs: int, style_dim: int, colours: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(colours, inputs, 1, 1))
        self.affine = EqualizedLinear(style_dim, inputs, bias=1.0)
        self.bias = nn.Parameter(torch.zeros(colours))
        self.scale = 1 / math.sqrt(inputs)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Map (n, inputs, h, w) and styles w (n, style_dim) to (n, colours, h, w)."""
        coloured = modulated_convolution(
            x, self.weight * self.scale, self.affine(w), demodulate=False
        )
        return coloured + self.bias[:, None, None]


def append_deviation(x: Tensor, group: int = 4) -> Tensor:
    """Append a channel: how much pictures of a group differ, mean over channels and pixels.

    Parameters
    ----------
    x : torch.Tensor
        (n, c, h, w).
    group : int
        Pictures of a group; fewer, where n is no multiple of it.

    Returns
    -------
    torch.Tensor
        (n, c + 1, h, w).
    """
    count, _, height, width = x.shape
    group = max(size for size in range(1, min(group, count) + 1) if count % size == 0)
    apart = x.unflatten(0, (group, -1))  # (group, n / group, c, h, w)
    deviation = (apart.var(0, correction=0) + 1e-8).sqrt().mean((1, 2, 3))  # (n / group,)
    channel = deviation.repeat(group)[:, None, None, None].expand(-1, 1, height, width)
    return torch.cat([x, channel], 1)
