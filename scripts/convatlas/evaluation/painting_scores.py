"""How near what a painter paints is to what it learnt from, and whether it copies."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from convatlas.evaluation.fid import frechet_distance_of_features, warn_of_few
from convatlas.evaluation.generation import kernel_distance, precision_and_recall
from convatlas.evaluation.painter_tables import INPUTS
from convatlas.evaluation.painting_features import PaintingFeatures
from convatlas.files import atomic_path
from convatlas.seeding import numpy_generator

logger = logging.getLogger(__name__)

LEVELS = {"1_percent": 0.01, "5_percent": 0.05}
"""By name: the share of paintings that are as near to another one as a copy has to be. The least
distance of all would not do: a single pair that is nearly the same makes it so small that no copy
is found by it."""
LOOKED_AT = 10
"""Of so many paintings, the nearest by features, the one that looks most alike is sought."""


@dataclass(frozen=True)
class Nearest:
    """The training pictures nearest to each of some pictures, the nearest first.

    Attributes
    ----------
    index : numpy.ndarray
        (n, count) which they are.
    mirrored : numpy.ndarray
        (n, count) whether it is their mirror image that is near.
    distance : numpy.ndarray
        (n, count) of features.
    """

    index: np.ndarray
    mirrored: np.ndarray
    distance: np.ndarray


def find_nearest(
    features: np.ndarray, real: np.ndarray, turned: np.ndarray, *, count: int = 1
) -> Nearest:
    """Find the nearest of the training pictures, as they are or mirrored, by features.

    Parameters
    ----------
    features : numpy.ndarray
        (n, d).
    real, turned : numpy.ndarray
        (m, d) of training pictures and of their mirror images, in the same order.
    count : int
        How many, 2 m at most.
    """
    both = np.concatenate([real, turned]).astype(np.float64)
    return _rank(_distances(features.astype(np.float64), both), count)


def nearest_among(real: np.ndarray, turned: np.ndarray, *, count: int = 1) -> Nearest:
    """Find to each training picture the nearest other ones, as they are or mirrored."""
    both = np.concatenate([real, turned]).astype(np.float64)
    apart = _distances(real.astype(np.float64), both)
    own = np.arange(len(real))
    apart[own, own] = apart[own, own + len(real)] = np.inf
    return _rank(apart, count)


def _rank(apart: np.ndarray, count: int) -> Nearest:
    order = apart.argsort(1, kind="stable")[:, :count]
    real = apart.shape[1] // 2
    return Nearest(order % real, order >= real, np.take_along_axis(apart, order, 1))


def _distances(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    middle = columns.mean(0)
    rows, columns = rows - middle, columns - middle
    squared = (rows**2).sum(1)[:, None] + (columns**2).sum(1) - 2 * rows @ columns.T
    return np.sqrt(np.clip(squared, 0, None))


class PaintingScores:
    """Scores pictures against those that a painter learnt from.

    Parameters
    ----------
    features : PaintingFeatures
        Describes pictures.
    paintings : numpy.ndarray
        (m, side, side, 3) uint8, all that were learnt from.
    seed : int
        Of halves and subsets.
    looks : PaintingFeatures, optional
        Tells how unlike two pictures look, place by place.
    """

    def __init__(
        self,
        features: PaintingFeatures,
        paintings: np.ndarray,
        *,
        seed: int,
        looks: PaintingFeatures | None = None,
    ) -> None:
        self._features, self._paintings, self._seed = features, paintings, seed
        self._looks = looks
        self.real = features.describe(paintings)
        self._turned = features.describe(paintings[:, :, ::-1].copy())
        half = numpy_generator(seed, "halves of paintings").permutation(len(paintings))
        middle = len(half) // 2
        self.floor = frechet_distance_of_features(
            self.real[half[:middle]], self.real[half[middle : 2 * middle]]
        )
        among = nearest_among(self.real, self._turned, count=LOOKED_AT)
        self._among = among.distance[:, 0]
        self._alike = self._look(paintings, among)

    def _look(self, pictures: np.ndarray, nearest: Nearest) -> np.ndarray | None:
        """Return how unlike each picture and the most alike of its nearest look, (n,)."""
        if self._looks is None:
            return None
        return np.array(
            [
                self._looks.differences_from(picture, self._pictures(index, mirrored)).min()
                for picture, index, mirrored in zip(
                    pictures, nearest.index, nearest.mirrored, strict=True
                )
            ]
        )

    def _pictures(self, index: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
        """Return paintings (n, side, side, 3), mirrored where that is asked for."""
        found = self._paintings[index]
        found[mirrored] = found[mirrored][:, :, ::-1]
        return found

    def score(self, pictures: np.ndarray) -> dict[str, float | str | int | None]:
        """Score pictures (n, side, side, 3) uint8.

        Returns
        -------
        dict
            ``pixels``, the side of the paintings; ``fid`` and ``kid`` (with ``kid_low``,
            ``kid_high``) against all of them; ``floor_halves``, the Fréchet distance of one half of
            them to the other; ``precision``, ``recall``; counts; ``sees``; ``note``. Of copies:
            ``nearest``, the median distance to the nearest painting or its mirror image, beside
            ``nearest_real``, that of a painting to the nearest other one; for each of
            :data:`LEVELS` the share of pictures that is as near as, or nearer than, this share of
            paintings is to another (``copies_1_percent``, ``copies_5_percent``), so that new
            paintings of the same kind would have about the level. The same of how unlike the two
            look, of the :data:`LOOKED_AT` nearest to the most alike: ``look``, ``look_real``,
            ``look_alikes_1_percent``, ``look_alikes_5_percent``; None without ``looks``.
        """
        made = self._features.describe(pictures)
        stream = numpy_generator(self._seed, "subsets of paintings")
        kernel = kernel_distance(made, self.real, stream)
        nearest = find_nearest(made, self.real, self._turned, count=LOOKED_AT)
        least = min(len(made), len(self.real))
        return {
            "pixels": self._paintings.shape[1],
            "fid": frechet_distance_of_features(made, self.real),
            "kid": kernel["mean"],
            "kid_low": kernel["low"],
            "kid_high": kernel["high"],
            "floor_halves": self.floor,
            **precision_and_recall(self.real[:least], made[:least]),
            **_compare(nearest.distance[:, 0], self._among, "nearest", "copies"),
            **_compare(self._look(pictures, nearest), self._alike, "look", "look_alikes"),
            "generated": len(made),
            "real": len(self.real),
            "sees": self._features.sees,
            "note": warn_of_few(least, self.real.shape[1]),
        }

    def neighbours(self, pictures: np.ndarray) -> tuple[np.ndarray, Nearest]:
        """Return to each picture the painting nearest by features, mirrored where that is nearer.

        Returns
        -------
        numpy.ndarray, Nearest
            (n, side, side, 3) uint8, and which they are.
        """
        nearest = find_nearest(self._features.describe(pictures), self.real, self._turned)
        return self._pictures(nearest.index[:, 0], nearest.mirrored[:, 0]), nearest


def _compare(
    made: np.ndarray | None, real: np.ndarray | None, median: str, share: str
) -> dict[str, float | None]:
    """Set distances of pictures to the nearest painting beside those of paintings to another."""
    if made is None or real is None:
        return dict.fromkeys([median, f"{median}_real", *(f"{share}_{name}" for name in LEVELS)])
    shares = {
        f"{share}_{name}": float((made <= np.quantile(real, level)).mean())
        for name, level in LEVELS.items()
    }
    return {median: float(np.median(made)), f"{median}_real": float(np.median(real)), **shares}


def score_snapshots(
    scores: PaintingScores, pictures: Mapping[int, np.ndarray], *, painted_from: str = INPUTS
) -> pd.DataFrame:
    """Score the pictures of every epoch.

    Parameters
    ----------
    scores : PaintingScores
        Against the paintings.
    pictures : mapping of int to numpy.ndarray
        By epoch, (n, side, side, 3) uint8.
    painted_from : str
        What the painter was given, which stands beside every number.

    Returns
    -------
    pandas.DataFrame
        A row per epoch: epoch, painted_from, and those of :meth:`PaintingScores.score`.
    """
    rows = []
    for epoch, painted in sorted(pictures.items()):
        rows.append({"epoch": epoch, "painted_from": painted_from, **scores.score(painted)})
        logger.info("epoch %d: Fréchet distance %.2f, kernel distance %.4f", epoch,
                    rows[-1]["fid"], rows[-1]["kid"])  # fmt: skip
    return pd.DataFrame(rows)


def save_neighbours(
    path: str | Path, pictures: np.ndarray, found: np.ndarray, nearest: Nearest
) -> None:
    """Write pictures and the paintings nearest to them as ``.npz``: painted, nearest, distance."""
    distance = nearest.distance[:, 0]
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez_compressed(file, painted=pictures, nearest=found, distance=distance)


def load_neighbours(path: str | Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read what :func:`save_neighbours` wrote: painted, nearest, distance."""
    with np.load(path, allow_pickle=False) as content:
        return content["painted"], content["nearest"], content["distance"]
