"""What dreams, transfers of style and feature maps ask of a network that gives features."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, Self

from torch import Tensor, nn
from torch.nn import functional

from convatlas.errors import ConvatlasError

POOLINGS = {"max": functional.max_pool2d, "average": functional.avg_pool2d}


class FeatureNetwork(Protocol):
    """A network that is read out at layers by name.

    Attributes
    ----------
    pretrained : bool
        Whether the weights were learnt from pictures; what is made with others has to say so.
    layers : sequence of str
        Names of all layers, in their order.
    class_layer : str or None
        The layer whose channels, averaged over places, are scores of classes.
    """

    pretrained: bool
    class_layer: str | None

    @property
    def layers(self) -> Sequence[str]: ...  # noqa: D102

    def least_side(self, layers: Iterable[str]) -> int:
        """Return the least pixels of a side with which all of these layers can be computed."""
        ...

    def set_pooling(self, pooling: str) -> None:
        """Choose ``max`` or ``average``; the weights serve both."""
        ...

    def __call__(self, pictures: Tensor, layers: Sequence[str]) -> Mapping[str, Tensor]:
        """Compute layers, and nothing past the last of them.

        From (n, 3, height, width), RGB in [0, 1], to (n, channels, height', width') by name.
        """
        ...

    def parameters(self) -> Iterator[nn.Parameter]: ...  # noqa: D102

    def requires_grad_(self, requires_grad: bool = True) -> Self: ...  # noqa: D102

    def to(self, *where: object) -> Self: ...  # noqa: D102


def check_request(network: FeatureNetwork, pictures: Tensor, layers: Sequence[str]) -> None:
    """Make sure that a network can give some layers of pictures.

    Raises
    ------
    ConvatlasError
        If a layer is not there, none is asked for, or the pictures are too small.
    """
    if unknown := [name for name in layers if name not in network.layers]:
        raise ConvatlasError(
            f"no layer '{unknown[0]}' in this network; it has {', '.join(network.layers)}"
        )
    if not layers:
        raise ConvatlasError(f"no layer is asked for; there are {', '.join(network.layers)}")
    if min(pictures.shape[-2:]) < (least := network.least_side(layers)):
        height, width = pictures.shape[-2:]
        raise ConvatlasError(
            f"a picture of {width}x{height} pixels is too small for the features "
            f"{', '.join(layers)}: each side needs {least}"
        )


def check_pooling(pooling: str) -> str:
    """Return the name of a pooling.

    Raises
    ------
    ConvatlasError
        If it is none of :data:`POOLINGS`.
    """
    if pooling not in POOLINGS:
        raise ConvatlasError(f"pooling '{pooling}' is none of {', '.join(POOLINGS)}")
    return pooling
