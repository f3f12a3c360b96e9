"""How near frames are to a style picture, and how much they kept of what they show.

Read beside :mod:`convatlas.evaluation.flicker`: a blur flickers little, and has no style either.

A *feature network* here is any callable from frames (n, h, w, 3) uint8 to a list of layers, each
(n, channels, rows, columns), as arrays or as tensors that NumPy can read.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from convatlas.errors import ConvatlasError
from convatlas.video.flow import luminance

STRONG_EDGE = 32
"""Levels of 255 per pixel: SSIM's range, whose share of one per cent counts as no difference."""
Features = Callable[[np.ndarray], Sequence[np.ndarray]]


def gram_matrices(layer: np.ndarray) -> np.ndarray:
    """Return how the channels of a layer (n, c, h, w) go together, (n, c, c), per place.

    Gatys, Ecker and Bethge 2016, equation 3, over the number of places, so that pictures of
    different sizes can be compared.
    """
    flat = np.asarray(layer, np.float64).reshape(*np.shape(layer)[:2], -1)
    return flat @ flat.transpose(0, 2, 1) / flat.shape[-1]


class StyleDistance:
    r"""Distance of frames from a style picture, or from several that are mixed.

    Gatys et al. 2016, equations 4 and 5, with each layer's distance over the size of the style's
    own Gram matrix: :math:`|G - A|_F / |A|_F`, then the mean over layers. 0 is the style's own
    statistics, 1 what an empty picture has. Of several pictures A is the weighted mean of their
    Gram matrices: what a mixture should come near, while its distance from each alone stays.

    Parameters
    ----------
    styles : numpy.ndarray or sequence of numpy.ndarray
        RGB (h, w, 3) uint8, of any sizes.
    features : callable
        Feature network. Its layers are the style's: relu1_1 to relu5_1 in Gatys et al.
    weights : sequence of float, optional
        One for each picture; they are divided by their sum. By default all alike.
    """

    def __init__(
        self,
        styles: np.ndarray | Sequence[np.ndarray],
        features: Features,
        weights: Sequence[float] | None = None,
    ) -> None:
        styles = [styles] if isinstance(styles, np.ndarray) else list(styles)
        self.features = features
        grams = [[gram_matrices(layer)[0] for layer in features(one[None])] for one in styles]
        self._wanted = [
            np.average(layer, axis=0, weights=weights) for layer in zip(*grams, strict=True)
        ]
        self._sizes = [float(np.linalg.norm(wanted)) for wanted in self._wanted]
        if not self._wanted or min(self._sizes) == 0:
            raise ConvatlasError("the feature network finds nothing in the style picture")

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Return the distance (n,) of each of frames (n, h, w, 3) uint8."""
        return np.mean(
            [
                np.linalg.norm(gram_matrices(layer) - wanted, axis=(1, 2)) / size
                for layer, wanted, size in zip(
                    self.features(frames), self._wanted, self._sizes, strict=True
                )
            ],
            axis=0,
        )


def edges(frame: np.ndarray) -> np.ndarray:
    """Return the strength of edges (h, w) float32 of an RGB frame (h, w, 3) uint8.

    Length of Sobel's gradient of the luminance, in levels (of 255) per pixel.
    """
    light = luminance(frame).astype(np.float32)
    return np.hypot(*(cv2.Sobel(light, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))))


def edge_similarity(original: np.ndarray, result: np.ndarray) -> np.ndarray:
    """Return the SSIM (n,) between the edges of frames and of what was made of them.

    Wang, Bovik, Sheikh and Simoncelli 2004, on :func:`edges`: 1 where all edges are the same, about
    0 where they have nothing to do with one another.

    Parameters
    ----------
    original, result : numpy.ndarray
        (n, h, w, 3) uint8.

    Raises
    ------
    ConvatlasError
        If the shapes differ, or a side has fewer pixels than the window of seven.
    """
    if original.shape != result.shape:
        raise ConvatlasError(
            f"frames of shape {original.shape} and {result.shape} have no edges in common"
        )
    if min(original.shape[1:3]) < 7:
        raise ConvatlasError(
            f"frames of {original.shape[2]} by {original.shape[1]} pixels: their edges' similarity "
            "needs seven either way"
        )
    return np.array(
        [
            structural_similarity(edges(one), edges(other), data_range=STRONG_EDGE)
            for one, other in zip(original, result, strict=True)
        ]
    )


def sharpness(frames: np.ndarray) -> np.ndarray:
    """Return the mean strength of edges (n,) of frames (n, h, w, 3) uint8, in levels per pixel."""
    return np.array([edges(frame).mean(dtype=np.float64) for frame in frames])
