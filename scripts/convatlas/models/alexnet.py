"""AlexNet's convolutional part, read out at named layers.

Krizhevsky, Sutskever and Hinton, *ImageNet classification with deep convolutional neural networks*,
2012, in the form that torchvision has weights of: Krizhevsky, *One weird trick for parallelizing
convolutional neural networks*, 2014, on one GPU, without local response normalisation. Its dense
layers are not built, so it tells no classes apart.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from convatlas.models.backbone_layers import ALEXNET_LAYERS
from convatlas.models.backbones import IMAGENET_DEVIATION, IMAGENET_MEAN
from convatlas.models.feature_network import POOLINGS, check_pooling, check_request

CONVOLUTIONS = {
    "conv1": (64, 11, 4, 2),
    "conv2": (192, 5, 1, 2),
    "conv3": (384, 3, 1, 1),
    "conv4": (256, 3, 1, 1),
    "conv5": (256, 3, 1, 1),
}
"""Channels, side of the window, stride and padding."""
POOLING = (3, 2)
"""Side of the window, and stride: windows overlap (section 3.4)."""


class AlexNet(nn.Module):
    """The five convolutions.

    Attributes
    ----------
    pretrained : bool
        Whether the weights were learnt from pictures.
    layers : tuple of str
        ``conv1``, ``relu1``, ``pool1`` ... ``conv5``, ``relu5``, ``pool5``; there is no pooling
        behind the third and the fourth.
    class_layer : None
        There are no classes.
    """

    class_layer = None
    layers = ALEXNET_LAYERS

    def __init__(self) -> None:
        super().__init__()
        self.pretrained = False
        self.set_pooling("max")
        self.convolutions = nn.ModuleDict()
        inputs = 3
        for name, (outputs, window, stride, padding) in CONVOLUTIONS.items():
            layer = nn.Conv2d(inputs, outputs, window, stride, padding)
            self.convolutions[name], inputs = layer, outputs
        mean, deviation = (
            torch.tensor(each).view(3, 1, 1) for each in (IMAGENET_MEAN, IMAGENET_DEVIATION)
        )
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("deviation", deviation, persistent=False)

    def set_pooling(self, pooling: str) -> None:
        """Choose ``max`` or ``average``; the weights serve both."""
        self.pooling = check_pooling(pooling)

    def least_side(self, layers: Iterable[str]) -> int:
        """Return the least pixels of a side with which all of these layers can be computed."""
        side = 1
        for name in reversed(self._up_to(layers)):
            if name.startswith("pool"):
                window, stride = POOLING
                side = stride * (side - 1) + window
            elif name.startswith("conv"):
                _, window, stride, padding = CONVOLUTIONS[name]
                side = max(1, stride * (side - 1) + window - 2 * padding)
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
            (n, channels, height', width') by name, in the order of `layers`.

        Raises
        ------
        ConvatlasError
            If a layer is not there, or the pictures are too small for it.
        """
        check_request(self, pictures, layers)
        x, found = (pictures - self.mean) / self.deviation, {}
        for name in self._up_to(layers):
            if name.startswith("conv"):
                x = self.convolutions[name](x)
            elif name.startswith("relu"):
                # in place, unless somebody wants what went in
                x = functional.relu(x, inplace=name.replace("relu", "conv") not in layers)
            else:
                x = POOLINGS[self.pooling](x, *POOLING)
            if name in layers:
                found[name] = x
        return {name: found[name] for name in layers}
