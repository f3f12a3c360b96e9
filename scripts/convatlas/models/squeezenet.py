"""SqueezeNet 1.0: a network for ImageNet that is small enough to come along.

Iandola, Han, Moskewicz, Ashraf, Dally and Keutzer, *SqueezeNet: AlexNet-level accuracy with 50x
fewer parameters and <0.5MB model size*, 2016, table 1. As the published Caffe network has it: BGR
of 0 to 255 less the mean of ImageNet, pooling that counts a last window which is not full, a ReLU
behind the last convolution, whose 1x1 windows have a frame of zeros.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from convatlas.models.backbone_layers import CLASSES, SQUEEZENET_LAYERS
from convatlas.models.feature_network import POOLINGS, check_pooling, check_request

MEAN = (104.0, 117.0, 123.0)
"""Of blue, green and red."""
SIDE = 227
"""Pixels of the pictures that it was trained on; others go through as well."""
FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192),
         8: (64, 256), 9: (64, 256)}  # fmt: skip
"""Channels of each fire module: squeezed, and of either of the two that expand."""
FIRST = (7, 2)
"""Side of the first convolution's window, and its stride."""
POOLING = (3, 2)
"""Side of a pooling's window, and its stride."""


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
    pretrained : bool
        Whether the weights were learnt from pictures.
    layers : tuple of str
        ``conv1``, ``relu1``, ``pool1``, ``fire2`` ... ``pool8``, ``fire9``, ``conv10``, ``relu10``;
        a fire module ends with its ReLU.
    class_layer : str
        ``conv10``: before its ReLU, where a class that a picture shows nothing of yet has a
        gradient all the same.
    """

    class_layer = CLASSES["squeezenet"][1]
    layers = SQUEEZENET_LAYERS

    def __init__(self) -> None:
        super().__init__()
        self.pretrained = False
        self.set_pooling("max")
        window, stride = FIRST
        self.conv1 = nn.Conv2d(3, 96, window, stride)
        inputs = 96
        for number, (squeezed, expanded) in FIRES.items():
            self.add_module(f"fire{number}", Fire(inputs, squeezed, expanded))
            inputs = 2 * expanded
        self.conv10 = nn.Conv2d(inputs, CLASSES["squeezenet"][0], 1, padding=1)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)

    def set_pooling(self, pooling: str) -> None:
        """Choose ``max`` or ``average``; the weights serve both."""
        self.pooling = check_pooling(pooling)

    def least_side(self, layers: Iterable[str]) -> int:
        """Return the least pixels of a side with which all of these layers can be computed."""
        side = 1
        for name in reversed(self._up_to(layers)):
            if name.startswith("pool"):
                side *= POOLING[1]  # a last window that is not full counts
            elif name == "conv1":
                side = FIRST[1] * (side - 1) + FIRST[0]
        return side

    def _up_to(self, layers: Iterable[str]) -> tuple[str, ...]:
        return self.layers[: 1 + max(self.layers.index(name) for name in layers)]

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
        check_request(self, pictures, layers)
        x, found = 255 * pictures.flip(1) - self.mean, {}
        for name in self._up_to(layers):
            if name.startswith("relu"):
                x = x.relu()
            elif name.startswith("pool"):
                x = POOLINGS[self.pooling](x, *POOLING, ceil_mode=True)
            else:
                x = getattr(self, name)(x)
            if name in layers:
                found[name] = x
        return {name: found[name] for name in layers}

    def classify(self, pictures: Tensor) -> Tensor:
        """Return (n, 1000) probabilities of ImageNet's classes for pictures as in a call."""
        return self(pictures, ["relu10"])["relu10"].mean((2, 3)).softmax(1)
