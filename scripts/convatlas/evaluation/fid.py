"""The Fréchet distance between two sets of pictures, from features to the number.

Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter, *GANs trained by a two time-scale update rule
converge to a local Nash equilibrium*, 2017, equation 6: the distance between two Gaussians with the
means and covariances of some network's features. Which network, which resize, how many pictures:
distances that differ in any of them cannot be compared, so they travel with the number.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import linalg

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path

FEW = 2048
"""Under so many pictures the bias of the distance is told (Chong and Forsyth 2020)."""


@dataclass(frozen=True)
class Statistics:
    """Mean and covariance of features.

    Attributes
    ----------
    mean : numpy.ndarray
        (d,) float64.
    covariance : numpy.ndarray
        (d, d) float64, over n - 1.

    Raises
    ------
    ConvatlasError
        If one of their values is not a finite number: a distance to it would be none, too.
    """

    mean: np.ndarray
    covariance: np.ndarray

    def __post_init__(self) -> None:
        for name, values in vars(self).items():
            if not np.isfinite(values).all():
                raise ConvatlasError(f"the {name} of features holds values that are not finite")


class Moments:
    """Mean and covariance of features that come in batches; memory does not grow with their count.

    Chan, Golub and LeVeque (1983, equations 1.5): two sets' centred sums are merged without ever
    holding a sum of squares, which would lose digits where the mean is large.

    Parameters
    ----------
    dimension : int
        Features per picture, d.
    """

    def __init__(self, dimension: int) -> None:
        self.count = 0
        self._mean = np.zeros(dimension)
        self._scatter = np.zeros((dimension, dimension))

    def add(self, features: np.ndarray) -> None:
        """Take in a batch of features (n, d) of any floating type.

        Raises
        ------
        ConvatlasError
            If a feature is not a finite number; the row and column are named.
        """
        batch = _checked(features)
        if len(batch) == 0:
            return
        count, mean = len(batch), batch.mean(0)
        centred, apart = batch - mean, mean - self._mean
        total = self.count + count
        self._scatter += centred.T @ centred
        self._scatter += np.outer(apart, apart) * (self.count * count / total)
        self._mean += apart * (count / total)
        self.count = total

    def statistics(self) -> Statistics:
        """Return mean and covariance of all that was taken in.

        Raises
        ------
        ConvatlasError
            With fewer than two pictures, of which there is no covariance.
        """
        if self.count < 2:
            raise ConvatlasError(f"a covariance of {self.count} pictures: two at least are needed")
        return Statistics(self._mean.copy(), self._scatter / (self.count - 1))


def _checked(features: np.ndarray) -> np.ndarray:
    values = np.asarray(features, np.float64)
    if values.ndim != 2:
        raise ConvatlasError(f"features of shape {values.shape}: (pictures, features) is wanted")
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise ConvatlasError(
            f"feature {column} of picture {row} is {values[row, column]}: "
            "the network that gave it has weights, or a picture, that are no numbers"
        )
    return values


def statistics_of(features: np.ndarray) -> Statistics:
    """Return mean and covariance of features (n, d)."""
    moments = Moments(np.shape(features)[-1])
    moments.add(features)
    return moments.statistics()


def frechet_distance(one: Statistics, other: Statistics) -> float:
    r"""Return :math:`|m_1 - m_2|^2 + tr(S_1 + S_2 - 2 (S_1 S_2)^{1/2})`.

    Parameters
    ----------
    one, other : Statistics
        Of the same features.

    Returns
    -------
    float
        Not negative.

    Raises
    ------
    ConvatlasError
        If their dimensions differ.

    Notes
    -----
    With :math:`S_1 = L L^T`, :math:`S_1 S_2` has the eigenvalues of :math:`L^T S_2 L`, which is
    symmetric: no square root of a matrix that is not, and nothing that can turn complex.
    """
    if one.mean.shape != other.mean.shape:
        raise ConvatlasError(
            f"statistics of {len(one.mean)} and of {len(other.mean)} features cannot be compared"
        )
    factor = _factor(one.covariance)
    eigenvalues = linalg.eigvalsh(factor.T @ other.covariance @ factor, check_finite=False)
    trace = np.sqrt(np.clip(eigenvalues, 0, None)).sum()
    apart = one.mean - other.mean
    spread = np.trace(one.covariance) + np.trace(other.covariance)
    return max(0.0, float(apart @ apart + spread - 2 * trace))


def _factor(covariance: np.ndarray) -> np.ndarray:
    """Return L with L L^T the covariance; a singular one has no Cholesky factor, but has this."""
    try:
        return linalg.cholesky(covariance, lower=True, check_finite=False)
    except linalg.LinAlgError:
        values, vectors = linalg.eigh(covariance, check_finite=False)
        return vectors * np.sqrt(np.clip(values, 0, None))


def frechet_distance_of_features(one: np.ndarray, other: np.ndarray) -> float:
    r"""Return the Fréchet distance between two sets of features, by the shortest way.

    Parameters
    ----------
    one, other : numpy.ndarray
        (n, d) and (m, d).

    Returns
    -------
    float
        As of :func:`frechet_distance` of their statistics.

    Raises
    ------
    ConvatlasError
        If the dimensions differ, a set has fewer than two pictures, or a feature is not finite.

    Notes
    -----
    With fewer pictures than features (n, m < d), and X and Y the centred features over
    :math:`\sqrt{n - 1}`: the eigenvalues of :math:`S_1 S_2 = X^T X Y^T Y` are the squared singular
    values of :math:`X Y^T`, an (n, m) matrix, whose nuclear norm is the trace wanted.
    """
    one, other = _checked(one), _checked(other)
    if one.shape[1] != other.shape[1]:
        raise ConvatlasError(
            f"{one.shape[1]} and {other.shape[1]} features cannot be compared: two networks?"
        )
    if max(len(one), len(other)) >= one.shape[1]:
        return frechet_distance(statistics_of(one), statistics_of(other))
    means, scaled = zip(*map(_centre, (one, other)), strict=True)
    trace = linalg.svdvals(scaled[0] @ scaled[1].T, check_finite=False).sum()
    apart = means[0] - means[1]
    spread = sum(float((rows**2).sum()) for rows in scaled)
    return max(0.0, float(apart @ apart + spread - 2 * trace))


def _centre(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(features) < 2:
        raise ConvatlasError(f"a covariance of {len(features)} pictures: two at least are needed")
    mean = features.mean(0)
    return mean, (features - mean) / np.sqrt(len(features) - 1)


def warn_of_few(count: int, dimension: int) -> str:
    """Say what is wrong with a distance between so few pictures; nothing if nothing is.

    Parameters
    ----------
    count : int
        Pictures of the smaller set.
    dimension : int
        Features per picture.

    Returns
    -------
    str
        For the log and beside the number; also given as a :class:`UserWarning`.
    """
    message = ""
    if count <= dimension:
        message = (
            f"{count} pictures for {dimension} features: the covariance is singular, and the "
            "distance says little beyond the means"
        )
    elif count < FEW:
        message = f"{count} pictures, fewer than {FEW}: the distance is biased upwards"
    if message:
        warnings.warn(message, stacklevel=2)
    return message


def save_statistics(path: str | Path, statistics: Statistics) -> None:
    """Write statistics as pytorch-fid does: an ``.npz`` with ``mu`` and ``sigma``."""
    with atomic_path(path) as part, part.open("wb") as file:
        np.savez_compressed(file, mu=statistics.mean, sigma=statistics.covariance)


def save_statistics_in(folder: str | Path, name: str, statistics: Statistics) -> None:
    """Write statistics into a folder, which is made if need be, as ``<name>.npz``."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    save_statistics(Path(folder) / f"{name}.npz", statistics)


def load_statistics(path: str | Path) -> Statistics:
    """Read statistics that this project or pytorch-fid wrote.

    Raises
    ------
    ConvatlasError
        If the file has no ``mu`` and ``sigma`` of matching shapes and finite numbers.
    """
    with np.load(path, allow_pickle=False) as content:
        if not {"mu", "sigma"} <= set(content.files):
            raise ConvatlasError(
                f"{path}: holds {', '.join(content.files)}; statistics have mu and sigma"
            )
        mean, covariance = content["mu"].astype(float), content["sigma"].astype(float)
    if mean.ndim != 1 or covariance.shape != 2 * mean.shape:
        raise ConvatlasError(
            f"{path}: mu of shape {mean.shape} and sigma of shape {covariance.shape} do not belong "
            "together; (d,) and (d, d) are wanted"
        )
    try:
        return Statistics(mean, covariance)
    except ConvatlasError as error:
        raise ConvatlasError(f"{path}: {error}") from error
