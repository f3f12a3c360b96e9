r"""Two networks that take noise out of pictures.

- The gated one of `palacios` 2.2: Zhao, *Image denoising with deep convolutional neural networks*,
  Stanford 2016, after Mao, Shen and Yang, *Image restoration using very deep convolutional
  encoder-decoder networks with symmetric skip connections*, 2016. Five convolutions and five
  transposed ones, with four skips between which a gate :math:`\delta` shares out what passes:

  .. math:: X_i = \mathrm{ReLU}(\mathrm{Conv}(\delta X_{i-1})), \qquad
     X'_i = \mathrm{ReLU}(\mathrm{Deconv}(X'_{i-1} + (1 - \delta) X_{6-i}))

  with :math:`X_0` the picture and :math:`X'_0 = X_5`, which has no skip. `palacios` writes
  :math:`X_i` for what comes over the skip; its figure joins opposite layers, hence
  :math:`X_{6-i}`. It gives neither channels nor windows: windows are 3x3, as Mao et al. take them.
- DnCNN: Zhang, Zuo, Chen, Meng and Zhang, *Beyond a Gaussian denoiser: residual learning of deep
  CNN for image denoising*, 2017: convolutions with batch normalisation that give the noise, not
  the picture.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from convatlas.errors import ConvatlasError

LAYERS = 5
"""Convolutions, and as many transposed ones."""


class GatedDenoiser(nn.Module):
    """Convolutions and transposed convolutions with gated skips.

    Parameters
    ----------
    channels : int
        Of every layer but the last.
    gate : float or sequence of float
        Delta, of all layers or of each: the share of what a layer gives that goes on to the next;
        the rest goes over to the layer opposite. 1 closes the skips.
    learn_gate : bool
        Whether a gate for each layer is learnt, from `gate` on.
    residual : bool
        Whether the network gives what is to be added to the picture, without a last ReLU; it begins
        with nothing to add. The documents' gives the picture itself.

    Raises
    ------
    ConvatlasError
        If a gate is not from 0 to 1; if one that is to be learnt is 0 or 1, where it would stay.
    """

    def __init__(
        self,
        channels: int = 64,
        gate: float | Sequence[float] = 0.5,
        *,
        learn_gate: bool = False,
        residual: bool = False,
    ) -> None:
        super().__init__()
        gates = _check_gates(gate, learn_gate=learn_gate)
        pairs = [(3, channels), *[(channels, channels)] * (LAYERS - 1)]
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairs)
        self.deconvolutions = nn.ModuleList(
            nn.ConvTranspose2d(b, a, 3, padding=1) for a, b in reversed(pairs)
        )
        self.learn_gate, self.residual = learn_gate, residual
        if learn_gate:  # as the logit of a share, for it to stay between 0 and 1
            self.logits = nn.Parameter(torch.logit(gates))
        else:
            self.register_buffer("stated", gates)
        for layer in self.convolutions:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        for layer in self.deconvolutions:  # whose weights are (in, out, 3, 3): "out" of them is in
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)
        if residual:
            nn.init.zeros_(self.deconvolutions[-1].weight)

    @property
    def gates(self) -> Tensor:
        """Delta of each layer, (5,)."""
        return self.logits.sigmoid() if self.learn_gate else self.stated

    def forward(self, pictures: Tensor) -> Tensor:
        """Noisy pictures (n, 3, h, w), 0 to 1, to clean ones."""
        gates = self.gates
        x, kept = pictures, []
        for gate, layer in zip(gates, self.convolutions, strict=True):
            x = functional.relu(layer(gate * x))  # (n, channels, h, w)
            kept.append(x)
        for number, layer in enumerate(self.deconvolutions):
            if number:  # the first has X5 itself, all others X4 to X1 over their skips
                source = LAYERS - number  # of X, and of the gate that lets the rest of it on
                x = x + (1 - gates[source]) * kept[source - 1]
            x = layer(x)
            if number < LAYERS - 1 or not self.residual:
                x = functional.relu(x)
        return pictures + x if self.residual else x


def _check_gates(gate: float | Sequence[float], *, learn_gate: bool) -> Tensor:
    listed = [gate] * LAYERS if isinstance(gate, int | float) else list(gate)
    if len(listed) != LAYERS or not all(0 <= value <= 1 for value in listed):
        raise ConvatlasError(
            f"'gate' of a denoiser is {gate}; give a share from 0 to 1, or {LAYERS} of them"
        )
    if learn_gate and not all(0 < value < 1 for value in listed):
        raise ConvatlasError(
            f"'gate' of a denoiser is {gate}, and a gate of 0 or 1 learns nothing; give a share "
            "between them, or leave 'learn_gate' out"
        )
    return torch.tensor(listed, dtype=torch.float32)


class DnCNN(nn.Module):
    """Convolutions that give the noise.

    With as many layers as :class:`GatedDenoiser` has of both kinds it has as many convolution
    weights. It begins with no noise found, as the residual one does.

    Parameters
    ----------
    channels, layers : int
        Of the network; its paper has 64 and 17.

    Raises
    ------
    ConvatlasError
        If there are fewer than 2 layers.
    """

    def __init__(self, channels: int = 64, layers: int = 2 * LAYERS) -> None:
        super().__init__()
        if layers < 2:
            raise ConvatlasError(f"'layers' of a DnCNN is {layers}; it needs a first and a last")
        modules: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1), nn.ReLU(inplace=True)]
        for _ in range(layers - 2):
            modules += [
                # the normalisation takes any bias away again
                nn.Conv2d(channels, channels, 3, padding=1, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(inplace=True),
            ]
        last = nn.Conv2d(channels, 3, 3, padding=1)
        self.noise = nn.Sequential(*modules, last)
        for module in self.noise:
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, pictures: Tensor) -> Tensor:
        """Noisy pictures (n, 3, h, w), 0 to 1, to clean ones."""
        return pictures - self.noise(pictures)
