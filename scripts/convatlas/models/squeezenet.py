"""SqueezeNet 1.0: a network for ImageNet that is small enough to come along.

Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer, *SqueezeNet: AlexNet-level accuracy with 50x
fewer parameters and <0.5MB model size*, 2016, table 1. As the published Caffe network has it: BGR
of 0 to 255 less the mean of ImageNet, pooling that counts a last window which is not full, a ReLU
behind the last convolution, whose 1x1 windows have a frame of zeros.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from convatlas.errors import ConvatlasError

MEAN = (104.0, 117.0, 123.0)
"""Of blue, green and red."""
SIDE = 227
"""Pixels of the pictures that it was trained on; any size from :data:`LEAST` on goes through."""
LEAST = 32
CLASSES = 1000
FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192),
         8: (64, 256), 9: (64, 256)}  # fmt: skip
"""Channels of each fire module: squeezed, and of either of the two that expand."""
POOLED = ("conv1", "fire4", "fire8")
"""Layers behind which maps are halved."""


class Fire(nn.Module):
    """A squeeze to few channels, and an expansion by 1x1 and by 3x3 windows (section 3.2)."""

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) -> (n, 2 expanded, h, w)."""
        x = self.squeeze(x).relu()
        return torch.cat((self.expand1x1(x), self.expand3x3(x)), 1).relu()


class SqueezeNet(nn.Module):
    """The network, read out at its last layer or at others by name.

    Attributes
    ----------
    layers : list of str
        ``conv1``, ``fire2`` to ``fire9``, ``conv10``, each with its ReLU.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pretrained = False
        self.conv1 = nn.Conv2d(3, 96, 7, stride=2)
        inputs = 96
        for number, (squeezed, expanded) in FIRES.items():
            self.add_module(f"fire{number}", Fire(inputs, squeezed, expanded))
            inputs = 2 * expanded
        self.conv10 = nn.Conv2d(inputs, CLASSES, 1, padding=1)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)

    @property
    def layers(self) -> list[str]:
        """Names of all layers, in their order."""
        return ["conv1", *(f"fire{number}" for number in FIRES), "conv10"]

    def forward(self, pictures: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Compute features, and nothing past the last of them.

        Parameters
        ----------
        pictures : torch.Tensor
            (n, 3, height, width), RGB in [0, 1].
        layers : sequence of str
            Names, as in :attr:`layers`.

        Returns
        -------
        dict of str to torch.Tensor
            (n, channels, height', width') by name.

        Raises
        ------
        ConvatlasError
            If a layer is not there, or the pictures are too small.
        """
        if unknown := [name for name in layers if name not in self.layers]:
            raise ConvatlasError(
                f"no layer '{unknown[0]}' in this network; it has {', '.join(self.layers)}"
            )
        if min(pictures.shape[-2:]) < LEAST:
            height, width = pictures.shape[-2:]
            raise ConvatlasError(
                f"a picture of {width}x{height} pixels is too small: each side needs {LEAST}"
            )
        x, found = 255 * pictures.flip(1) - self.mean, {}
        last = max(self.layers.index(name) for name in layers)
        for name in self.layers[: last + 1]:
            x = getattr(self, name)(x)
            if name.startswith("conv"):
                x = x.relu()
            if name in layers:
                found[name] = x
            if name in POOLED:
                x = functional.max_pool2d(x, 3, 2, ceil_mode=True)
        return {name: found[name] for name in layers}

    def classify(self, pictures: Tensor) -> Tensor:
        """Return (n, 1000) probabilities of ImageNet's classes for pictures as in a call."""
        return self(pictures, ["conv10"])["conv10"].mean((2, 3)).softmax(1)
