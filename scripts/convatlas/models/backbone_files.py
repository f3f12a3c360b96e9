"""Published weights of feature networks, read from files that are already here."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from convatlas.errors import ConvatlasError
from convatlas.models.alexnet import AlexNet
from convatlas.models.backbone_layers import KINDS
from convatlas.models.backbones import VGG, draw_backbone, uniform_widths
from convatlas.models.feature_network import FeatureNetwork
from convatlas.models.squeezenet_file import read_squeezenet
from convatlas.models.vgg_configurations import VGG16, VGG19, WIDTHS
from convatlas.seeding import derive_seed

AnyNetwork = TypeVar("AnyNetwork", VGG, AlexNet)


def read_small_vgg(path: str | Path) -> VGG:
    """Read a VGG-19 that was compressed sixteen times.

    Wang, Li, Hu, Zhu, Zhou and Yang, *Collaborative distillation for ultra-resolution universal
    style transfer*, 2020. Where the file has the mapping to VGG-19's own channels (``relu1_1``,
    ``relu2_1`` ... to the encoder's last layer), features are given with those channels; all other
    layers have the narrow ones.

    Parameters
    ----------
    path : str or Path
        One of the encoders, ``1SE.pth`` to ``5SE.pth``; the number is that of its last block.

    Returns
    -------
    VGG
        In evaluation mode, without gradients of its own.

    Raises
    ------
    ConvatlasError
        If the file is no such encoder.
    """
    state = _read_state(path)
    try:
        widths = [
            tuple(
                len(state[f"conv{block}{number}.weight"])
                for number in range(1, 5)
                if f"conv{block}{number}.weight" in state
            )
            for block in range(1, 6)
        ]
        widths = [block for block in widths if block]
        network = VGG([len(block) for block in widths], widths, padding_mode="reflect")
        # RGB in [0, 1] to BGR in [0, 255] less VGG's mean
        network.entry = nn.Conv2d(3, 3, 1)
        _fill(network.entry, state, "conv0")
        for name, layer in network.convolutions.items():
            short = name.replace("_", "")
            _fill(layer, state, short)
            if f"{short}_aux.weight" in state:
                outputs, inputs = state[f"{short}_aux.weight"].shape[:2]
                aux = nn.Conv2d(inputs, outputs, 1)
                _fill(aux, state, f"{short}_aux")
                network.auxiliary[name.replace("conv", "relu")] = aux
    except (KeyError, RuntimeError, AttributeError, ZeroDivisionError) as error:
        raise ConvatlasError(
            f"{path}: not an encoder of Collaborative Distillation (layer {error}); "
            "wanted is one of 1SE.pth to 5SE.pth"
        ) from None
    return _ready(network)


def read_torchvision_vgg(
    path: str | Path,
    *,
    wanted: Sequence[int] | None = None,
    widths: Sequence[int] = WIDTHS,
) -> VGG:
    """Read torchvision's VGG-16 or VGG-19 without batch normalisation.

    Parameters
    ----------
    path : str or Path
        A state dict as torchvision publishes it (``vgg16-397923af.pth``, ``vgg19-dcbb9e9d.pth``);
        only ``features.*`` is read, and which of the two it is is told by their number.
    wanted : sequence of int, optional
        Convolutions in each block, if it has to be one of the two: :data:`VGG16` or :data:`VGG19`.
    widths : sequence of int
        Channels of the blocks, if they are not the paper's.

    Returns
    -------
    VGG
        In evaluation mode, without gradients of its own.

    Raises
    ------
    ConvatlasError
        If the file is neither of the two, or not the wanted one.
    """
    state = _read_state(path)
    numbers = _numbers(state)
    kinds = {sum(VGG16): VGG16, sum(VGG19): VGG19}
    if len(numbers) not in kinds or any(state[f"features.{n}.weight"].ndim != 4 for n in numbers):
        raise ConvatlasError(
            f"{path}: {len(numbers)} layers under 'features.', but VGG-16 has 13 convolutions and "
            "VGG-19 has 16; a network with batch normalisation does not serve"
        )
    convolutions = kinds[len(numbers)]
    if wanted is not None and tuple(wanted) != convolutions:
        raise ConvatlasError(
            f"{path}: {len(numbers)} convolutions, but {sum(wanted)} are wanted: this is the other "
            "one of VGG-16 and VGG-19; name it, or give the other's file"
        )
    network = VGG(convolutions, uniform_widths(convolutions, widths))
    try:
        for number, layer in zip(numbers, network.convolutions.values(), strict=True):
            _fill(layer, state, f"features.{number}")
    except (KeyError, RuntimeError) as error:
        raise ConvatlasError(f"{path}: not torchvision's VGG ({error})") from None
    return _ready(network)


def read_torchvision_alexnet(path: str | Path) -> AlexNet:
    """Read torchvision's AlexNet.

    Parameters
    ----------
    path : str or Path
        A state dict as torchvision publishes it (``alexnet-owt-7be5be79.pth``); only
        ``features.*`` is read.

    Returns
    -------
    AlexNet
        In evaluation mode, without gradients of its own.

    Raises
    ------
    ConvatlasError
        If the file is another network's.
    """
    state, network = _read_state(path), AlexNet()
    numbers = _numbers(state)
    if len(numbers) != len(network.convolutions):
        raise ConvatlasError(
            f"{path}: {len(numbers)} layers under 'features.', but AlexNet has "
            f"{len(network.convolutions)} convolutions"
        )
    try:
        for number, layer in zip(numbers, network.convolutions.values(), strict=True):
            _fill(layer, state, f"features.{number}")
    except (KeyError, RuntimeError) as error:
        raise ConvatlasError(f"{path}: not torchvision's AlexNet ({error})") from None
    return _ready(network)


def _numbers(state: Mapping[str, Tensor]) -> list[int]:
    """Return the numbers of torchvision's layers that have weights, in their order."""
    names = [name.split(".") for name in state if name.startswith("features.")]
    return sorted(int(name[1]) for name in names if name[-1] == "weight" and name[1].isdecimal())


def _read_state(path: str | Path) -> Mapping[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        state = content.get("model", content)  # Collaborative Distillation wraps it
        if not all(isinstance(value, Tensor) for value in state.values()):
            raise TypeError("a value that is no tensor")
    except FileNotFoundError:
        raise ConvatlasError(f"{path} is missing: a file of a feature network's weights") from None
    except Exception as error:
        raise ConvatlasError(
            f"{path}: not a file of weights ({type(error).__name__}): fetch it again"
        ) from None
    return state


def _fill(layer: nn.Conv2d, state: Mapping[str, Tensor], name: str) -> None:
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    if not (weight.isfinite().all() and bias.isfinite().all()):
        raise RuntimeError(f"{name} holds values that are no numbers")
    layer.load_state_dict({"weight": weight, "bias": bias})


def _ready(network: AnyNetwork) -> AnyNetwork:
    network.pretrained = True
    return network.eval().requires_grad_(requires_grad=False)


_READERS = {
    "small_vgg19": read_small_vgg,
    "torchvision_vgg16": partial(read_torchvision_vgg, wanted=VGG16),
    "torchvision_vgg19": partial(read_torchvision_vgg, wanted=VGG19),
    "torchvision_alexnet": read_torchvision_alexnet,
    "squeezenet": read_squeezenet,
}


def build_backbone(
    kind: str,
    *,
    path: str | Path | None = None,
    images: np.ndarray | None = None,
    seed: int = 0,
    pooling: str = "max",
) -> FeatureNetwork:
    """Make a feature network as the config names it.

    Parameters
    ----------
    kind : str
        One of :data:`convatlas.models.backbone_layers.KINDS`: what a file of weights is of, or,
        where no weights can be had, ``drawn``
        (:func:`convatlas.models.backbones.draw_backbone`).
    path : str or Path, optional
        The file, of all kinds but the last.
    images : numpy.ndarray, optional
        (n, height, width, 3) uint8: what the channels of a drawn one are standardised on; of many
        pictures, the first 16 serve.
    seed : int
        Of a drawn one.
    pooling : {"max", "average"}
        Between blocks.

    Returns
    -------
    FeatureNetwork
        In evaluation mode, without gradients of its own.

    Raises
    ------
    ConvatlasError
        If there is no such kind, or what it needs is missing.
    """
    if kind not in KINDS:
        raise ConvatlasError(f"backbone '{kind}' is none of {', '.join(KINDS)}")
    if kind == "drawn":
        if images is None:
            raise ConvatlasError("a drawn backbone needs pictures to be standardised on")
        pictures = torch.from_numpy(images[:16]).permute(0, 3, 1, 2).float() / 255
        network = draw_backbone(pictures, seed=derive_seed(seed, "backbone"))
    elif path is None:
        raise ConvatlasError(
            f"backbone '{kind}' needs the file of its weights; 'drawn' is the one that needs none"
        )
    else:
        network = _READERS[kind](path)
    network.set_pooling(pooling)
    return network
