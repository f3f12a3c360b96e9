"""Names of the layers of each kind of feature network, for whoever has no time for torch."""

from collections.abc import Sequence

from convatlas.models.vgg_configurations import VGG16, VGG19

ALEXNET_LAYERS = (
    "conv1", "relu1", "pool1", "conv2", "relu2", "pool2",
    "conv3", "relu3", "conv4", "relu4", "conv5", "relu5", "pool5",
)  # fmt: skip
"""Convolutions are numbered; pooling bears the number of what it halves."""
SQUEEZENET_LAYERS = (
    "conv1", "relu1", "pool1", "fire2", "fire3", "fire4", "pool4",
    "fire5", "fire6", "fire7", "fire8", "pool8", "fire9", "conv10", "relu10",
)  # fmt: skip
"""A fire module ends with its ReLU; ``conv10`` has a channel for each of ImageNet's classes."""
SMALL_VGG19 = (2, 2, 4, 4, 1)
"""Convolutions in the blocks of the compressed VGG-19: it ends with relu5_1."""


def vgg_layers(convolutions: Sequence[int]) -> list[str]:
    """Name the layers of a VGG in their order.

    Parameters
    ----------
    convolutions : sequence of int
        In each block.

    Returns
    -------
    list of str
        ``conv1_1``, ``relu1_1`` ... ``pool1``, ``conv2_1`` and so on.
    """
    names = []
    for block, count in enumerate(convolutions, start=1):
        for number in range(1, count + 1):
            names += [f"conv{block}_{number}", f"relu{block}_{number}"]
        names.append(f"pool{block}")
    return names


LAYERS = {
    "small_vgg19": tuple(vgg_layers(SMALL_VGG19)),
    "torchvision_vgg16": tuple(vgg_layers(VGG16)),
    "torchvision_vgg19": tuple(vgg_layers(VGG19)),
    "torchvision_alexnet": ALEXNET_LAYERS,
    "squeezenet": SQUEEZENET_LAYERS,
    "drawn": tuple(vgg_layers(VGG19)),
}
"""Layers by kind: what ``network`` of an entry of ``backbones`` may be."""
KINDS = tuple(LAYERS)
CLASSES = {"squeezenet": (1000, "conv10")}
"""How many classes a kind tells apart, if it does, and by which layer: a channel is a class."""
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
"""Of VGG-19, as by Gatys, Ecker and Bethge (2016): what style distances are measured by."""


def layers_of(kind: str) -> tuple[str, ...]:
    """Name the layers of a kind of feature network, in their order.

    Raises
    ------
    KeyError
        If there is no such kind.
    """
    return LAYERS[kind]
