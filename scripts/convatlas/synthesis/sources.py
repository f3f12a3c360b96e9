"""What pictures out of networks begin with: photographs and a feature network."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from convatlas.data.pan import sample_photographs
from convatlas.data.photographs import square_photographs
from convatlas.models.backbone_files import build_backbone
from convatlas.models.feature_network import FeatureNetwork
from convatlas.stylization.pictures import read_picture
from convatlas.video.flow import shrink

SQUARE = 128
"""Pixels of a side of what a drawn network is standardised on."""


def network_and_photographs(
    kind: str, path: str | Path | None, *, pixels: int, seed: int
) -> tuple[FeatureNetwork, np.ndarray]:
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
    FeatureNetwork, numpy.ndarray
        The network, in evaluation mode; and (2, pixels, pixels, 3) uint8.
    """
    photographs = square_photographs(sample_photographs(), pixels)
    return build_backbone(kind, path=path, images=photographs, seed=seed), photographs


def network_and_pictures(
    kind: str,
    path: str | Path | None,
    pictures: Iterable[tuple[str | Path, int]],
    *,
    seed: int,
    pooling: str = "max",
) -> tuple[FeatureNetwork, list[np.ndarray]]:
    """Return a feature network, and pictures of people's own sizes.

    Parameters
    ----------
    kind, path, seed, pooling
        See :func:`convatlas.models.backbone_files.build_backbone`; a drawn network is standardised
        on squares of the pictures.
    pictures : iterable of (str or Path, int)
        A file, and the most pixels that its longer side may have; a smaller picture stays as it is.

    Returns
    -------
    FeatureNetwork, list of numpy.ndarray
        The network, in evaluation mode; and (height, width, 3) uint8 each.

    Raises
    ------
    ConvatlasError
        If a file is no picture that can be read.
    """
    read = [shrink(read_picture(file), pixels) for file, pixels in pictures]
    squares = square_photographs(read, SQUARE) if kind == "drawn" else None
    return build_backbone(kind, path=path, images=squares, seed=seed, pooling=pooling), read
