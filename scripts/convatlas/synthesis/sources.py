"""What pictures out of networks begin with: scikit-learn's photographs and a feature network."""

from pathlib import Path

import numpy as np

from convatlas.data.pan import sample_photographs
from convatlas.data.photographs import square_photographs
from convatlas.models.backbone_files import build_backbone
from convatlas.models.backbones import VGG


def network_and_photographs(
    kind: str, path: str | Path | None, *, pixels: int, seed: int
) -> tuple[VGG, np.ndarray]:
    """Return a feature network, and the sample photographs as squares.

    Parameters
    ----------
    kind, path, seed
        See :func:`convatlas.models.backbone_files.build_backbone`; a drawn network is standardised
        on the photographs.
    pixels : int
        Of a square's side.

    Returns
    -------
    VGG, numpy.ndarray
        The network, in evaluation mode; and (2, pixels, pixels, 3) uint8.
    """
    photographs = square_photographs(sample_photographs(), pixels)
    return build_backbone(kind, path=path, images=photographs, seed=seed), photographs
