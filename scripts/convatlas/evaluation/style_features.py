"""Features that style distances are measured by."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from convatlas.models.backbone_files import build_backbone
from convatlas.models.backbone_layers import STYLE_LAYERS


def features_maker(
    network: str, files: Sequence[str | Path], *, seed: int, device: torch.device | str
) -> Callable[[np.ndarray], Callable[[np.ndarray], list[np.ndarray]]]:
    """Return what takes frames to a reader of style features, from pictures to arrays (n, c, h, w).

    Parameters
    ----------
    network, files, seed
        Of :func:`convatlas.models.backbone_files.build_backbone`; the frames are what an
        untrained network is standardised on.
    device : torch.device or str
        Where features are computed.
    """

    def make(images: np.ndarray) -> Callable[[np.ndarray], list[np.ndarray]]:
        backbone = build_backbone(network, path=next(iter(files), None), images=images, seed=seed)
        backbone = backbone.to(device)

        def features(pictures: np.ndarray) -> list[np.ndarray]:
            with torch.inference_mode():
                given = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2)
                found = backbone(given.to(device).float() / 255, STYLE_LAYERS)
            return [found[layer].float().cpu().numpy() for layer in STYLE_LAYERS]

        return features

    return make
