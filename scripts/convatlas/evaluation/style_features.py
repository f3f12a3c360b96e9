"""Networks whose features tell style from content, by what the config calls them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from convatlas.models.backbone_files import read_small_vgg
from convatlas.models.backbones import VGG, draw_backbone

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
"""Of VGG-19, as by Gatys et al. (2016), without the deepest."""
STANDARDISED_ON = 8
"""Pictures that the channels of an untrained network are standardised on."""


def load_backbone(network: str, files: Sequence[str | Path], images: np.ndarray, seed: int) -> VGG:
    """Load a network that gives features, or draw one where there are no weights.

    Parameters
    ----------
    network : str
        ``small_vgg19``, from its file, or ``random_vgg19``.
    files : sequence of str or Path
        Its weights, if it has any.
    images : numpy.ndarray
        (n, h, w, 3) uint8: pictures that the channels of an untrained network are standardised on.
    seed : int
        Of its weights.

    Raises
    ------
    ConvatlasError
        If the file is none of such a network.
    """
    if network == "small_vgg19":
        return read_small_vgg(files[0])
    chosen = images[np.linspace(0, len(images) - 1, min(STANDARDISED_ON, len(images))).astype(int)]
    return draw_backbone(_to_tensor(chosen), seed=seed)


def features_maker(
    network: str, files: Sequence[str | Path], *, seed: int, device: torch.device | str
) -> Callable[[np.ndarray], Callable[[np.ndarray], list[np.ndarray]]]:
    """Return what takes frames to a reader of style features, from pictures to arrays (n, c, h, w).

    Parameters
    ----------
    network, files, seed
        See :func:`load_backbone`; the frames are what an untrained network is standardised on.
    device : torch.device or str
        Where features are computed.
    """

    def make(images: np.ndarray) -> Callable[[np.ndarray], list[np.ndarray]]:
        backbone = load_backbone(network, files, images, seed).to(device)

        def features(pictures: np.ndarray) -> list[np.ndarray]:
            with torch.inference_mode():
                found = backbone(_to_tensor(pictures).to(device), list(STYLE_LAYERS))
            return [found[layer].float().cpu().numpy() for layer in STYLE_LAYERS]

        return features

    return make


def _to_tensor(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
