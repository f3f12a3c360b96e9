"""How paintings are described for distances between them: features, and how alike two look.

Which network, and what it makes of a picture before it looks, stands beside every distance:
distances by different ones cannot be compared.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from convatlas.data.photographs import square_photographs
from convatlas.evaluation.feature_networks import KNOWN, load_extractor
from convatlas.models.backbone_files import build_backbone
from convatlas.models.feature_network import FeatureNetwork
from convatlas.models.inception import Inception

SIDE, DRAWN_SIDE = 224, 32
"""Pixels that pictures are brought to: for networks that learnt from ImageNet, and for a drawn one,
of which no size is known to be right, and which needs no more than this."""
LEAST_SIDE = 64
"""Pixels at which pictures are compared with each other place by place, or their own, if more."""
STANDARDISED = 16
"""Pictures that a drawn network is standardised on."""
LAYERS = {"squeezenet": ("fire9", ("fire2", "fire4", "fire6", "fire8"))}
"""By network: the layer whose mean over places describes a picture, and those by which two are
compared place by place."""
VGG_LAYERS = ("relu5_1", ("relu1_1", "relu2_1", "relu3_1", "relu4_1"))


class PaintingFeatures:
    """Describes pictures by a network's features.

    Parameters
    ----------
    network : Inception or FeatureNetwork
        Inception gives its own last pooling; of others it is a mean over places.
    kind : str
        Of the network, a key of :data:`LAYERS`, or anything else for one of VGG's layers.
    batch : int
        Pictures per pass; changes results by rounding alone.

    Attributes
    ----------
    sees : str
        What it makes of pictures before it looks.
    """

    def __init__(self, network: Inception | FeatureNetwork, kind: str, *, batch: int = 20) -> None:
        self.network, self.batch = network, batch
        self.layer, self.compared = LAYERS.get(kind, VGG_LAYERS)
        self._whole = isinstance(network, Inception)
        self._side = DRAWN_SIDE if kind == "drawn" else SIDE
        resized = f"resized to {self._side}x{self._side}"
        self.sees = KNOWN["inception.Inception"]["sees"] if self._whole else resized

    @torch.inference_mode()
    def describe(self, pictures: np.ndarray) -> np.ndarray:
        """Return features (n, d) float32 of pictures (n, side, side, 3) uint8."""
        described = map(self._describe, self._batches(pictures))
        return np.concatenate([features.float().cpu().numpy() for features in described])

    def _describe(self, batch: Tensor) -> Tensor:
        if self._whole:
            return self.network.features(batch)
        return self.network(_resize(batch, self._side), [self.layer])[self.layer].mean((2, 3))

    @torch.inference_mode()
    def differences(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return how unlike pairs of pictures look, (n,); 0 for equal ones.

        The distance of Zhang, Isola, Efros, Shechtman and Wang, *The unreasonable effectiveness of
        deep features as a perceptual metric*, 2018, equation 1, with all weights 1: squared
        differences of features of unit length, meant over places, summed over layers. As there,
        pictures are not enlarged to what the network learnt from.

        Raises
        ------
        TypeError
            With Inception, whose maps are not given out.
        """
        side = self._side_of(ones, others)
        return np.concatenate(
            [
                _unlike(self._maps(one, side), self._maps(other, side))
                for one, other in zip(self._batches(ones), self._batches(others), strict=True)
            ]
        )

    @torch.inference_mode()
    def differences_from(self, picture: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return how unlike one picture (side, side, 3) and each of some others look, (n,)."""
        side = self._side_of(picture, others)
        (one,) = self._batches(picture[None])
        wanted = self._maps(one, side)
        return np.concatenate(
            [_unlike(wanted, self._maps(some, side)) for some in self._batches(others)]
        )

    def _side_of(self, *pictures: np.ndarray) -> int:
        own = max(max(some.shape[-3:-1]) for some in pictures)
        return min(self._side, max(LEAST_SIDE, own))

    def _maps(self, pictures: Tensor, side: int) -> list[Tensor]:
        if self._whole:
            raise TypeError("Inception gives no maps to compare pictures place by place by")
        maps = self.network(_resize(pictures, side), self.compared)
        return [functional.normalize(maps[name]) for name in self.compared]

    def _batches(self, pictures: np.ndarray) -> Iterator[Tensor]:
        device = next(self.network.parameters()).device
        for start in range(0, len(pictures), self.batch):
            some = np.ascontiguousarray(pictures[start : start + self.batch])
            batch = torch.from_numpy(some).movedim(3, 1)
            yield batch.to(device).float().div_(255)


def _resize(pictures: Tensor, side: int) -> Tensor:
    return functional.interpolate(
        pictures, size=(side, side), mode="bilinear", align_corners=False, antialias=True
    )


def _unlike(ones: list[Tensor], others: list[Tensor]) -> np.ndarray:
    layers = [
        (one - other).square().sum(1).mean((1, 2)) for one, other in zip(ones, others, strict=True)
    ]
    return torch.stack(layers).sum(0).float().cpu().numpy()


def load_features(
    entry: Mapping[str, Any], path: str | Path | None, paintings: np.ndarray, *, seed: int
) -> PaintingFeatures:
    """Return the features that the config names.

    Parameters
    ----------
    entry : mapping
        Of ``features`` in ``config/gans.yaml`` or of ``backbones`` in ``config/videos.yaml``.
    path : str or Path or None
        Its weights.
    paintings : numpy.ndarray
        (n, side, side, 3) uint8: what a drawn network is standardised on.
    seed : int
        Of a drawn network.
    """
    if "." in entry["network"]:  # file.Class; backbones have a kind
        return PaintingFeatures(load_extractor(entry, path).network, entry["network"])
    network = load_backbone(entry["network"], path, paintings, seed=seed)
    return PaintingFeatures(network, entry["network"])


def load_backbone(
    kind: str, path: str | Path | None, paintings: np.ndarray, *, seed: int
) -> FeatureNetwork:
    """Return a backbone; a drawn one is standardised on paintings, large enough for its layers."""
    images = square_photographs(paintings[:STANDARDISED], LEAST_SIDE)
    return build_backbone(kind, path=path, images=images, seed=seed)
