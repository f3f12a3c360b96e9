"""Landmark networks as tables of layers: shapes, parameters, multiply-adds, receptive fields.

LeCun, Bottou, Bengio and Haffner, *Gradient-based learning applied to document recognition*, 1998;
Krizhevsky, Sutskever and Hinton, *ImageNet classification with deep convolutional neural networks*,
2012; Simonyan and Zisserman, *Very deep convolutional networks for large-scale image recognition*,
2015. Nothing here computes pictures; :mod:`convatlas.models.lenet` and
:mod:`convatlas.models.backbones` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from convatlas.errors import ConvatlasError
from convatlas.models.vgg_configurations import VGG16, VGG19, WIDTHS

KINDS = ("convolution", "pooling", "subsampling", "dense")


@dataclass(frozen=True)
class Layer:
    """A layer of a table.

    Parameters
    ----------
    name : str
        As its paper or the field has it.
    kind : str
        One of :data:`KINDS`. ``subsampling`` is LeNet's: an average with a weight and a bias of its
        own for each map; ``pooling`` has none.
    outputs : int, optional
        Maps or units; as many as come in, unless given.
    size, stride, padding : int
        Of its windows. A dense layer has none.
    connections : int, optional
        Pairs of a map that comes in and one that goes out; all, unless given.
    biases : bool
        Of a dense layer, whether each unit has one.
    """

    name: str
    kind: str
    outputs: int | None = None
    size: int = 1
    stride: int = 1
    padding: int = 0
    connections: int | None = None
    biases: bool = True


@dataclass(frozen=True)
class Row:
    """What a layer comes to.

    Parameters
    ----------
    name, kind : str
        See :class:`Layer`.
    window : str
        ``5x5``, with the stride where it is not 1; empty for a dense layer.
    height, width, channels : int
        Of what comes out.
    parameters : int
        Weights and biases.
    multiply_adds : int
        For one picture, biases and pooling not counted.
    receptive_field : int
        Side, in pixels of the picture, of what one output sees; the whole picture's at most.
    """

    name: str
    kind: str
    window: str
    height: int
    width: int
    channels: int
    parameters: int
    multiply_adds: int
    receptive_field: int


@dataclass(frozen=True)
class Landmark:
    """A network of a paper: title, picture (height, width, channels) and layers."""

    title: str
    paper: str
    picture: tuple[int, int, int]
    layers: tuple[Layer, ...]


def tabulate(landmark: Landmark) -> list[Row]:
    """Follow a picture through a network.

    Raises
    ------
    ConvatlasError
        If a window is larger than what comes in.
    """
    height, width, channels = landmark.picture
    field, jump, rows = 1, 1, []
    whole = max(height, width)
    for layer in landmark.layers:
        outputs = layer.outputs or channels
        if layer.kind == "dense":
            inputs = height * width * channels
            weights = multiply_adds = inputs * outputs
            parameters, window = weights + outputs * layer.biases, ""
            height = width = 1
            field = whole
        else:
            if min(height, width) + 2 * layer.padding < layer.size:
                raise ConvatlasError(
                    f"{landmark.title}, {layer.name}: a window of {layer.size} does not fit into "
                    f"{height}x{width}"
                )
            height, width = (
                (side + 2 * layer.padding - layer.size) // layer.stride + 1
                for side in (height, width)
            )
            field = min(field + (layer.size - 1) * jump, whole)
            jump *= layer.stride
            pairs = layer.connections or channels * outputs
            taken = layer.kind == "convolution"
            weights = pairs * layer.size**2 * taken
            own = {"convolution": weights + outputs, "subsampling": 2 * outputs, "pooling": 0}
            parameters, multiply_adds = own[layer.kind], weights * height * width
            window = f"{layer.size}x{layer.size}" + f"/{layer.stride}" * (layer.stride > 1)
        channels = outputs
        rows.append(
            Row(layer.name, layer.kind, window, height, width, channels, parameters,
                multiply_adds, field)
        )  # fmt: skip
    return rows


VGG_A, VGG_B = (1, 1, 2, 2, 2), (2, 2, 2, 2, 2)
"""Convolutions in each block of the paper's smaller configurations."""


def _vgg(convolutions: Sequence[int], *, small: int = 0) -> tuple[Layer, ...]:
    """Lay out a VGG; the convolution of number `small` in a block, if it has one, is 1x1."""
    layers = []
    for block, (count, width) in enumerate(zip(convolutions, WIDTHS, strict=True), start=1):
        for number in range(1, count + 1):
            size = 1 if number == small else 3
            layers.append(
                Layer(f"conv{block}_{number}", "convolution", width, size, padding=size // 2)
            )
        layers.append(Layer(f"pool{block}", "pooling", size=2, stride=2))
    dense = [Layer(f"fc{n}", "dense", units) for n, units in ((6, 4096), (7, 4096), (8, 1000))]
    return (*layers, *dense)


LANDMARKS = {
    "lenet5": Landmark(
        "LeNet-5",
        "LeCun et al. 1998",
        (32, 32, 1),
        (
            Layer("C1", "convolution", 6, 5),
            Layer("S2", "subsampling", size=2, stride=2),
            # its table I: not every map of S2 goes into every one of C3
            Layer("C3", "convolution", 16, 5, connections=6 * 3 + 9 * 4 + 6),
            Layer("S4", "subsampling", size=2, stride=2),
            Layer("C5", "convolution", 120, 5),
            Layer("F6", "dense", 84),
            # radial basis functions in the paper, whose centres, for each class 84, are set by hand
            Layer("output", "dense", 10, biases=False),
        ),
    ),
    "alexnet": Landmark(
        "AlexNet",
        "Krizhevsky et al. 2012",
        # 224 in the paper, with which its own sizes do not come out
        (227, 227, 3),
        (
            Layer("conv1", "convolution", 96, 11, stride=4),
            Layer("pool1", "pooling", size=3, stride=2),
            # two GPUs, each with half of the maps
            Layer("conv2", "convolution", 256, 5, padding=2, connections=96 * 256 // 2),
            Layer("pool2", "pooling", size=3, stride=2),
            Layer("conv3", "convolution", 384, 3, padding=1),
            Layer("conv4", "convolution", 384, 3, padding=1, connections=384 * 384 // 2),
            Layer("conv5", "convolution", 256, 3, padding=1, connections=384 * 256 // 2),
            Layer("pool5", "pooling", size=3, stride=2),
            Layer("fc6", "dense", 4096),
            Layer("fc7", "dense", 4096),
            Layer("fc8", "dense", 1000),
        ),
    ),
    "vgg_a": Landmark("VGG, A", "Simonyan and Zisserman 2015", (224, 224, 3), _vgg(VGG_A)),
    "vgg_b": Landmark("VGG, B", "Simonyan and Zisserman 2015", (224, 224, 3), _vgg(VGG_B)),
    "vgg_c": Landmark("VGG, C", "Simonyan and Zisserman 2015", (224, 224, 3), _vgg(VGG16, small=3)),
    "vgg16": Landmark("VGG-16", "Simonyan and Zisserman 2015", (224, 224, 3), _vgg(VGG16)),
    "vgg19": Landmark("VGG-19", "Simonyan and Zisserman 2015", (224, 224, 3), _vgg(VGG19)),
}
