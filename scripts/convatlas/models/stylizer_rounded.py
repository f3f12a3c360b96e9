"""The stylization transformer with every activation rounded to 8 bits, as the published file does.

The file was quantised in full: its runtime knows activations only as 8-bit integers, each tensor
with a scale and a zero point that were found on some pictures at publication (Jacob et al.,
*Quantization and training of neural networks for efficient integer-arithmetic-only inference*,
2018, equation 1). Even the variance of instance normalisation is such an integer, and what lies
outside a range is cut off. This moves the picture by some 10/255, mean over pixels, away from what
the same weights give in floating point. Here the same rounding is done in torch, to agree with the
file; :class:`convatlas.models.stylizer.Transformer`, without it, is what serves people.
"""

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.nn import functional

from convatlas.models.stylizer import EPSILON, Transformer, pad_to_step

Observer = Callable[[str, Tensor], Tensor]
"""Is given the name of each tensor in the file and its value here; returns what to go on with."""


class RoundedTransformer(nn.Module):
    """The published transformer's arithmetic, 8-bit steps included.

    Parameters
    ----------
    transformer : Transformer
        With the file's weights.
    steps : mapping
        From the names of the file's tensors to (scale, zero point): of the activations that are
        8-bit integers there.
    rounds : bool
        False leaves the rounding out: then this is the plain transformer, in the file's order of
        operations.
    """

    def __init__(
        self,
        transformer: Transformer,
        steps: Mapping[str, tuple[float, int]],
        *,
        rounds: bool = True,
    ) -> None:
        super().__init__()
        self.transformer, self.steps, self.rounds = transformer, dict(steps), rounds
        self.observe: Observer | None = None

    def forward(self, content: Tensor, embedding: Tensor) -> Tensor:
        """Restyle pictures; see :meth:`convatlas.models.stylizer.Transformer.forward`."""
        height, width = content.shape[-2:]
        net = self.transformer
        embedding = self._round("mobilenet_conv/Conv/BiasAdd_int8", embedding)
        x = self._round("transformer/contract/MirrorPad_int8", pad_to_step(content))
        for number, layer in enumerate(net.contract, 1):
            x = self._round(f"transformer/contract/conv{number}/Relu", functional.relu(layer(x)))
        for number, block in enumerate(net.residual, 1):
            prefix = f"transformer/residual/residual{number}"
            y = self._styled(block.first, f"{prefix}/conv1", x, embedding, relu=True)
            y = self._styled(block.second, f"{prefix}/conv2", y, embedding)
            x = self._round(f"{prefix}/add", x + y)
        for number, layer in enumerate(net.expand, 1):
            prefix, relu = f"transformer/expand/conv{number}/conv", number < len(net.expand)
            x = self._styled(layer, prefix, x, embedding, relu=relu)
        x = self._round(f"{prefix}/Sigmoid_int8", x.sigmoid())
        return x[..., :height, :width]

    def _styled(
        self, layer: nn.Module, prefix: str, x: Tensor, embedding: Tensor, *, relu: bool = False
    ) -> Tensor:
        """Convolve and normalise: with m = scale / sqrt(variance), y = m x + (shift - m mean)."""

        def rounded(name: str, value: Tensor) -> Tensor:
            return self._round(f"{prefix}/StyleNorm/{name}", value)

        x = self._round(f"{prefix}/Conv2D", layer.conv(x))
        scale, shift = (
            self._round(
                f"style_params/{prefix}/StyleNorm/{name}/BiasAdd", part(embedding)[:, :, None, None]
            )
            for part, name in ((layer.norm.scale, "Conv_1"), (layer.norm.shift, "Conv"))
        )
        mean = rounded("moments/mean", x.mean((2, 3), keepdim=True))
        squares = rounded("moments/SquaredDifference_int8", (x - mean).square())
        variance = rounded("moments/variance", squares.mean((2, 3), keepdim=True))
        variance = rounded("batchnorm/add", variance + EPSILON)
        factor = rounded("batchnorm/mul", rounded("batchnorm/Rsqrt_int8", variance.rsqrt()) * scale)
        rest = rounded("batchnorm/sub", shift - rounded("batchnorm/mul_2", mean * factor))
        x = rounded("batchnorm/mul_1", x * factor) + rest
        return (
            self._round(f"{prefix}/Relu", functional.relu(x))
            if relu
            else rounded("batchnorm/add_1", x)
        )

    def _round(self, name: str, value: Tensor) -> Tensor:
        if self.rounds:
            scale, zero = self.steps[name]
            value = ((value / scale).round() + zero).clamp(-128, 127).sub(zero) * scale
        if self.observe is not None:
            value = self.observe(name, value)
        return value
