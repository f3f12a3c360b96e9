"""One face for all networks that restyle: with style embeddings or of one style, plain or fast."""

import copy
import logging
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from convatlas.models.stylizer import Stylizer
from convatlas.models.stylizer_fused import FusedTransformer
from convatlas.stylization.free_memory import is_exhausted
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.pictures import shrink_picture

logger = logging.getLogger(__name__)


class Restyler:
    """A network of one style, which knows no embedding.

    Parameters
    ----------
    network : torch.nn.Module
        (n, 3, h, w) in [0, 1] to the same, on `device`.
    options : StylizationOptions
        Of which the number format and `compile` are looked at.
    device : torch.device
        Where it computes.
    """

    blends = True
    """Strength mixes pixels, as there is no embedding to mix."""
    whole_per_pixel: float | None = None
    """Bytes of memory for each pixel of a whole frame, where they were measured."""

    def __init__(
        self, network: nn.Module, options: StylizationOptions, device: torch.device
    ) -> None:
        # a copy: the caller's network is left as it is
        self.network = quick_norms(copy.deepcopy(network)).to(memory_format=torch.channels_last)
        self.options, self.device = options, device
        self._forward = maybe_compiled(self.network) if options.compile else self.network

    def _autocast(self) -> torch.autocast:
        enabled = self.options.number_format == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=enabled)

    def embedding_for(self, content: Tensor) -> Tensor | None:
        """Return what steers the network for frames (n, 3, h, w): here, nothing."""

    def plain(self, content: Tensor, embedding: Tensor | None = None) -> Tensor:
        """Run the network as it is written, with modules that can be watched."""
        with self._autocast():
            return self.network(content).float()

    def fast(self, content: Tensor, embedding: Tensor | None = None) -> Tensor:
        """Run it the fastest way there is; equal to `plain` up to rounding."""
        with self._autocast():
            return self._forward(content).float()


class ArbitraryRestyler(Restyler):
    """The network for any style, with an embedding mixed beforehand; see :class:`Restyler`."""

    blends = False
    whole_per_pixel = 160.0
    # measured: 137 at 3840x2160

    def __init__(
        self,
        network: Stylizer,
        styles: Sequence[np.ndarray],
        options: StylizationOptions,
        device: torch.device,
    ) -> None:
        self.prediction, self.network = network.prediction, network.transformer
        self.options, self.device = options, device
        dtype = torch.bfloat16 if options.number_format == "bfloat16" else torch.float32
        self._fused = FusedTransformer(self.network, dtype).to(device)
        self._forward = maybe_compiled(self._fused) if options.compile else self._fused
        with torch.inference_mode():
            shares = options.shares(len(styles))
            self.style = sum(
                share * self._predict(style) for share, style in zip(shares, styles, strict=True)
            )

    def embedding_for(self, content: Tensor) -> Tensor:
        """Return the styles' embedding (1, 100), or between it and the frames' own (n, 100)."""
        strength = self.options.strength
        if strength == 1:
            return self.style
        frames = (content * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
        own = torch.cat([self._predict(frame) for frame in frames])
        return torch.lerp(own, self.style, strength)

    def plain(self, content: Tensor, embedding: Tensor | None = None) -> Tensor:
        """See :meth:`Restyler.plain`; without an embedding, with the styles'."""
        with self._autocast():
            return self.network(content, self.style if embedding is None else embedding).float()

    def fast(self, content: Tensor, embedding: Tensor | None = None) -> Tensor:
        """See :meth:`Restyler.fast`."""
        embedding = self.style if embedding is None else embedding
        return self._forward(content, self._fused.coefficients(embedding))

    def _predict(self, picture: np.ndarray) -> Tensor:
        small = shrink_picture(picture, self.options.style_pixels)
        pixels = torch.from_numpy(small.copy()).to(self.device)
        return self.prediction(pixels.permute(2, 0, 1)[None].float() / 255)


class _QuickNorm(nn.InstanceNorm2d):
    """Instance normalisation that leaves channels last where torch's own would move them."""

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > 1 or not x.is_cpu or x.dtype != torch.float32 or torch.compiler.is_compiling():
            return super().forward(x)
        # of one picture, a batch's statistics are its own
        return functional.batch_norm(
            x, None, None, self.weight, self.bias, training=True, eps=self.eps
        )


def quick_norms(network: nn.Module) -> nn.Module:
    """Make a network's instance normalisations quicker on a CPU, in place."""
    for module in network.modules():
        if type(module) is nn.InstanceNorm2d and not module.track_running_stats:
            module.__class__ = _QuickNorm
    return network


def restyler_of(
    network: nn.Module,
    styles: Sequence[np.ndarray],
    options: StylizationOptions,
    device: torch.device,
) -> Restyler:
    """Choose the face that fits a network."""
    if isinstance(network, Stylizer):
        return ArbitraryRestyler(network, styles, options, device)
    return Restyler(network, options, device)


def maybe_compiled(network: nn.Module) -> Callable[..., Tensor]:
    """Let torch compile a network at its first call; where that fails, go on without.

    Notes
    -----
    A machine may lack a C++ compiler, or have one that torch does not get on with: what is raised
    then is of many kinds. An error that the network itself raises comes again without compiling.
    """
    compiled = torch.compile(network, dynamic=False)
    works: list[bool] = []

    def forward(*arguments: object) -> Tensor:
        if works == [False]:
            return network(*arguments)
        try:
            result = compiled(*arguments)
        except Exception as error:
            if is_exhausted(error):
                raise  # fewer frames or tiles may do, and may be compiled
            result = network(*arguments)
            works[:] = [False]
            logger.warning("not compiled, which is slower but the same: %s", _first_line(error))
        else:
            works[:] = [True]
        return result

    return forward


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
