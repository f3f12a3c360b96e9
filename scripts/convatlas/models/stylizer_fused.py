"""The stylization transformer rearranged for speed: the same numbers, up to rounding.

Few channels are what makes the published transformer slow: a processor multiplies 16 numbers at
once, and 3 or 8 channels leave most of them idle. Three identities mend that. All tensors lie with
their channels last (``torch.channels_last``), so that b neighbouring pixels of c channels are, in
the same memory, one pixel of b x c channels.

- *Columns side by side.* A convolution that gives b neighbouring columns at once is a convolution
  of stride b with b times the output channels, its kernel repeated with shifts of one column.
  What it gives is the picture already.
- *Enlarging by nearest neighbours, then convolving* reads each pixel twice or more. The taps that
  read the same pixel are added beforehand (Shi et al., *Is the deconvolution layer the same as a
  convolutional layer?*, 2016): 4 or 6 taps in place of 9, on the small map.
- *Reflection after enlarging* by one pixel is repetition of the small map's edge.

A style that stays, as a clip's does, has its scales and shifts computed once.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from convatlas.models.stylizer import EPSILON, Transformer, pad_to_step


class FusedTransformer(nn.Module):
    """What :class:`convatlas.models.stylizer.Transformer` computes, faster.

    Parameters
    ----------
    transformer : Transformer
        Its weights are rearranged once, here: later changes to it do not arrive.
    dtype : torch.dtype
        Of the convolutions; normalisation stays in float32.
    """

    def __init__(self, transformer: Transformer, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        first, second, third = (layer.conv for layer in transformer.contract)
        enlarge, enlarge_more, last = transformer.expand
        keep = {"first_bias": first.bias.repeat(2), "second_bias": second.bias}
        keep["first"] = side_by_side(first.weight, 2)
        keep["second"] = _pairs(functional.pad(second.weight, (1, 0)))
        keep |= {"third": third.weight, "third_bias": third.bias}
        residual = [half for block in transformer.residual for half in (block.first, block.second)]
        keep |= {f"residual_{n}": layer.conv.conv.weight for n, layer in enumerate(residual)}
        for name, layer in (("enlarge", enlarge), ("enlarge_more", enlarge_more)):
            for row, weight in enumerate(enlarging_kernels(layer.conv.conv.weight)):
                keep[f"{name}_{row}"] = weight
        keep["last"] = _pairs(side_by_side(last.conv.conv.weight, 4))
        for name, weight in keep.items():
            laid = weight.detach().to(dtype, copy=True)
            if laid.ndim == 4:
                laid = laid.contiguous(memory_format=torch.channels_last)
            self.register_buffer(name, laid, persistent=False)
        self.blocks = len(transformer.residual)
        styled = [*residual, enlarge, enlarge_more, last]
        self.norms = nn.ModuleList(layer.norm for layer in styled)

    def coefficients(self, embedding: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return scale and shift (n, 1, 1, c) of each normalisation, for a style (n, 100)."""
        return [
            (norm.scale(embedding)[:, None, None], norm.shift(embedding)[:, None, None])
            for norm in self.norms
        ]

    def forward(self, content: Tensor, coefficients: list[tuple[Tensor, Tensor]]) -> Tensor:
        """Restyle pictures of any size.

        Parameters
        ----------
        content : torch.Tensor
            (n, 3, height, width), RGB in [0, 1], best with channels last.
        coefficients : list
            Of :meth:`coefficients`.

        Returns
        -------
        torch.Tensor
            float32 (n, 3, height, width) in (0, 1), channels last.
        """
        height, width = content.shape[-2:]
        kind = self.first.dtype
        x = functional.pad(pad_to_step(content.to(kind)), (4,) * 4, "reflect")
        x = functional.conv2d(x, self.first, self.first_bias, (1, 2)).relu_()  # two columns a pixel
        x = functional.pad(_halve(x), (2, 0, 1, 1), "reflect")  # of the two left, one counts
        x = functional.conv2d(_double(x), self.second, self.second_bias, (2, 1)).relu_()
        x = functional.pad(x, (1,) * 4, "reflect")
        x = functional.conv2d(x, self.third, self.third_bias, 2).relu_()
        given = iter(coefficients)
        for block in range(self.blocks):
            y = normalise(self._convolve(x, f"residual_{2 * block}"), *next(given)).relu_().to(kind)
            y = normalise(self._convolve(y, f"residual_{2 * block + 1}"), *next(given))
            x = (x + y).to(kind)
        for name in ("enlarge", "enlarge_more"):
            x = functional.pad(x, (1,) * 4, "replicate")
            rows = (
                functional.conv2d(x[:, :, :-1], getattr(self, f"{name}_0")),
                functional.conv2d(x[:, :, 1:], getattr(self, f"{name}_1")),
            )
            x = normalise(_interleave(*rows), *next(given)).relu_().to(kind)
        x = functional.pad(x, (4,) * 4, "reflect")
        x = functional.conv2d(_double(x), self.last, None, (1, 2))
        x = normalise(_split(x, 4), *next(given)).sigmoid_()
        return x[..., :height, :width]

    def _convolve(self, x: Tensor, name: str) -> Tensor:
        return functional.conv2d(functional.pad(x, (1,) * 4, "reflect"), getattr(self, name))


def normalise(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Instance normalisation with given scale and shift (n or 1, 1, 1, c), as one product and sum.

    Statistics, product and sum are taken in float32 whatever the format of `x` (n, c, h, w).
    """
    if len(x) == 1 and x.is_cpu and x.dtype == torch.float32 and not torch.compiler.is_compiling():
        # of one picture, a batch's statistics are its own, and torch has them with channels last
        return functional.batch_norm(
            x, None, None, scale.flatten(), shift.flatten(), training=True, eps=EPSILON
        )
    lines = x.permute(0, 2, 3, 1).float()
    variance, mean = torch.var_mean(lines, (1, 2), correction=0, keepdim=True)
    factor = scale * (variance + EPSILON).rsqrt()
    return (lines * factor + (shift - mean * factor)).permute(0, 3, 1, 2)


def side_by_side(kernel: Tensor, columns: int) -> Tensor:
    """Widen a kernel so that one step gives several neighbouring columns.

    Parameters
    ----------
    kernel : torch.Tensor
        (out, in, height, width) of a convolution of stride 1.
    columns : int
        How many; also the stride of what is returned.

    Returns
    -------
    torch.Tensor
        (columns x out, in, height, width + columns - 1).
    """
    return torch.cat(
        [functional.pad(kernel, (shift, columns - 1 - shift)) for shift in range(columns)]
    )


def enlarging_kernels(kernel: Tensor) -> tuple[Tensor, Tensor]:
    """Turn "enlarge twice by nearest neighbours, convolve 3x3" into convolutions of the small map.

    Parameters
    ----------
    kernel : torch.Tensor
        (out, in, 3, 3).

    Returns
    -------
    tuple of torch.Tensor
        For even rows, over the small rows i - 1 and i, and for odd rows, over i and i + 1: each
        (2 x out, in, 2, 3), even columns first, over the small columns j - 1, j and j + 1.
    """

    def halves(taps: Tensor) -> tuple[Tensor, Tensor]:
        """Add along the first axis: even positions read (-1, 0, 0), odd ones (0, 0, +1)."""
        return (
            torch.stack((taps[0], taps[1] + taps[2])),
            torch.stack((taps[0] + taps[1], taps[2])),
        )

    rows = []
    for row in halves(kernel.movedim(2, 0)):  # (2, out, in, 3)
        even, odd = halves(row.movedim(-1, 0))  # (2, 2, out, in): columns, rows
        columns = (functional.pad(even.movedim(0, -1), (0, 1)), odd.movedim(0, -1))
        columns = (columns[0], functional.pad(columns[1], (1, 0)))  # (2, out, in, 3)
        rows.append(torch.cat([part.movedim(0, 2) for part in columns]))
    return tuple(rows)


def _pairs(kernel: Tensor) -> Tensor:
    """Rearrange (out, in, h, w) for pixels taken two by two: (out, 2 x in, h, w / 2)."""
    outputs, inputs, height, width = kernel.shape
    split = kernel.reshape(outputs, inputs, height, width // 2, 2)
    return split.permute(0, 4, 1, 2, 3).reshape(outputs, 2 * inputs, height, width // 2)


def _split(x: Tensor, columns: int) -> Tensor:
    """Take pixels of `columns` x c channels apart: the same memory as (n, c, h, columns x w)."""
    n, channels, height, width = x.shape
    lines = x.permute(0, 2, 3, 1).reshape(n, height, width * columns, channels // columns)
    return lines.permute(0, 3, 1, 2)


def _halve(x: Tensor) -> Tensor:
    return _split(x, 2)


def _double(x: Tensor) -> Tensor:
    """Take pixels two by two: the same memory as (n, 2 x c, h, w / 2)."""
    n, channels, height, width = x.shape
    lines = x.permute(0, 2, 3, 1).reshape(n, height, width // 2, 2 * channels)
    return lines.permute(0, 3, 1, 2)


def _interleave(even: Tensor, odd: Tensor) -> Tensor:
    """Lay rows of two maps in turn, each pixel of which is two columns: (n, c, 2 x h, 2 x w)."""
    even, odd = (part.permute(0, 2, 3, 1) for part in (even, odd))
    n, height, width, channels = even.shape
    lines = torch.stack((even, odd), 2).reshape(n, 2 * height, 2 * width, channels // 2)
    return lines.permute(0, 3, 1, 2)
