"""Feature networks: the convolutional part of a VGG, read out at named layers.

Simonyan and Zisserman, *Very deep convolutional networks for large-scale image recognition*, 2015:
VGG-16 and VGG-19 are configurations D and E. Layers are named as the field does since Gatys, Ecker
and Bethge (2016): ``conv3_1`` is the first convolution of the third block, ``relu3_1`` what comes
out of its ReLU, ``pool3`` the block halved. Files of weights are read by
:mod:`convatlas.models.backbone_files`.
"""

from collections.abc import Collection, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from convatlas.models.backbone_layers import vgg_layers
from convatlas.models.feature_network import POOLINGS, check_pooling, check_request
from convatlas.models.vgg_configurations import VGG19, WIDTHS

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of RGB in [0, 1], as torchvision's weights expect it."""


class VGG(nn.Module):
    """The convolutions of a VGG: a :class:`convatlas.models.feature_network.FeatureNetwork`.

    Parameters
    ----------
    convolutions : sequence of int
        In each block: :data:`VGG16`, :data:`VGG19`, or the first few blocks of one.
    widths : sequence of sequence of int
        Output channels of every convolution, block by block; :func:`uniform_widths` makes them.
    padding_mode : {"zeros", "reflect"}
        Around every convolution.
    pooling : {"max", "average"}
        Between blocks; Gatys et al. (2016) take averages.
    mean, deviation : sequence of float
        Of RGB in [0, 1]: what pictures are standardised with.

    Attributes
    ----------
    pretrained : bool
        Whether the weights were learnt from pictures. Results of a network that was drawn at
        random (:func:`draw_backbone`) have to say so.
    layers : list of str
        Names of all layers, in their order.
    class_layer : None
        There are no dense layers, and so no classes.
    entry : torch.nn.Conv2d or None
        A 1x1 convolution in the place of the standardisation.
    auxiliary : torch.nn.ModuleDict
        By layer (``relu3_1``): a 1x1 convolution, followed by a ReLU, that maps the channels of a
        compressed network to those of the one it imitates.
    """

    class_layer = None

    def __init__(
        self,
        convolutions: Sequence[int],
        widths: Sequence[Sequence[int]],
        *,
        padding_mode: str = "zeros",
        pooling: str = "max",
        mean: Sequence[float] = IMAGENET_MEAN,
        deviation: Sequence[float] = IMAGENET_DEVIATION,
    ) -> None:
        super().__init__()
        self.pretrained, self.entry = False, None
        self.layers = vgg_layers(convolutions)
        self.set_pooling(pooling)
        self.convolutions, self.auxiliary = nn.ModuleDict(), nn.ModuleDict()
        inputs = 3
        for block, (count, outputs) in enumerate(zip(convolutions, widths, strict=True), start=1):
            for number, width in zip(range(1, count + 1), outputs, strict=True):
                self.convolutions[f"conv{block}_{number}"] = nn.Conv2d(
                    inputs, width, 3, padding=1, padding_mode=padding_mode
                )
                inputs = width
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(3, 1, 1), persistent=False)

    def set_pooling(self, pooling: str) -> None:
        """Choose ``max`` or ``average`` between blocks; the weights serve both."""
        self.pooling = check_pooling(pooling)

    def least_side(self, layers: Iterable[str]) -> int:
        """Return the least pixels of a side with which all of these layers can be computed."""
        # the digit is the block's; a convolution with reflection and a pooling need two pixels
        return 2 ** max(int(name[4]) for name in layers)

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
        names, wanted, found = self.layers, set(layers), {}
        x = self.enter(pictures)
        for name in names[: 1 + max(names.index(layer) for layer in layers)]:
            x = self.step(name, x, wanted)
            if name in wanted:
                found[name] = self.show(name, x)
        return {name: found[name] for name in layers}

    def enter(self, pictures: Tensor) -> Tensor:
        """Return what the first convolution takes, of pictures (n, 3, height, width)."""
        return self.entry(pictures) if self.entry else (pictures - self.mean) / self.deviation

    def step(self, name: str, x: Tensor, wanted: Collection[str]) -> Tensor:
        """Compute one layer of the one before it; a ReLU in place, unless its input is wanted."""
        if name.startswith("conv"):
            return self.convolutions[name](x)
        if name.startswith("relu"):
            return functional.relu(x, inplace=name.replace("relu", "conv") not in wanted)
        return POOLINGS[self.pooling](x, 2)

    def show(self, name: str, x: Tensor) -> Tensor:
        """Return a layer as it is given: mapped, where there is a map for it."""
        if name not in self.auxiliary:
            return x
        return functional.relu(self.auxiliary[name](x), inplace=True)


def uniform_widths(
    convolutions: Sequence[int], widths: Sequence[int] = WIDTHS
) -> list[tuple[int, ...]]:
    """Return the same width for every convolution of a block."""
    return [(w,) * count for count, w in zip(convolutions, widths, strict=False)]


@torch.no_grad()
def standardize_channels(network: VGG, pictures: Tensor) -> None:
    """Scale and shift every convolution so that its channels have mean 0 and variance 1.

    Over all places of `pictures` (n, 3, height, width), before the ReLU, layer after layer, each
    on what the layers before it then give: the data-dependent initialisation of Krähenbühl,
    Doersch, Donahue and Darrell, *Data-dependent initializations of convolutional neural
    networks*, 2016, section 3.1. In place; no channel stays dead or drowns the others.
    """
    for name in network.convolutions:
        (found,) = network(pictures, [name]).values()
        spread, middle = torch.var_mean(found, (0, 2, 3), correction=0)
        factor = (spread + 1e-8).rsqrt()
        layer = network.convolutions[name]
        layer.weight.mul_(factor.view(-1, 1, 1, 1))
        layer.bias.sub_(middle).mul_(factor)


def draw_backbone(
    pictures: Tensor,
    *,
    seed: int,
    convolutions: Sequence[int] = VGG19,
    widths: Sequence[int] = (16, 32, 64, 64, 64),
) -> VGG:
    """Draw a VGG at random: what there is without any file of weights.

    The weights are those of He, Zhang, Ren and Sun, *Delving deep into rectifiers*, 2015, and
    :func:`standardize_channels` follows. That such features tell textures well enough to make
    them: Ustyuzhaninov, Brendel, Gatys and Bethge, *What does it take to generate natural
    textures?*, 2017.

    Parameters
    ----------
    pictures : torch.Tensor
        (n, 3, height, width), RGB in [0, 1]: what channels are standardised on.
    seed : int
        Of the weights.
    convolutions, widths : sequence of int
        Convolutions and channels of each block.

    Returns
    -------
    VGG
        With ``pretrained`` False, in evaluation mode, without gradients of its own.
    """
    network = VGG(convolutions, uniform_widths(convolutions, widths), padding_mode="reflect")
    generator = torch.Generator().manual_seed(seed)
    for layer in network.convolutions.values():
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
        nn.init.zeros_(layer.bias)
    standardize_channels(network, pictures)
    return network.eval().requires_grad_(requires_grad=False)
