"""Deciding among known places by the least expected distance, from what classifiers state.

The tracks come from few places, each of many tracks. A classifier says how likely each place is;
:func:`~convatlas.evaluation.geography.decide_by_expected_distance` then chooses.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer
from sklearn.svm import SVC

from convatlas.evaluation.geography import decide_by_expected_distance, great_circle_km
from convatlas.seeding import derive_seed

EXPONENTS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
"""Sharpness to choose from; 1 leaves the probabilities as the classifiers state them."""
SHARES = (0.25, 0.5, 0.75, 1.0)
"""Weight of the forest in the average with the support vectors, to choose from."""
INNER_FOLDS = 5
CALIBRATION_FOLDS = 3
TREES, INNER_TREES = 300, 120
"""Fewer within the inner folds, which only compare and take five times as long."""


@dataclass(frozen=True)
class Decision:
    """How probabilities become a place.

    Attributes
    ----------
    exponent : float
        Sharpness of the averaged probabilities.
    share : float
        Weight of the forest, 1 minus that of the support vectors.
    """

    exponent: float
    share: float

    def decide(self, forest: np.ndarray, vectors: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Choose one of the places (m, 2) per row, from two tables of probabilities (n, m)."""
        mixed = self.share * forest + (1 - self.share) * vectors
        return decide_by_expected_distance(mixed, places, sharpness=self.exponent)


def random_state(seed: int, purpose: str) -> int:
    """Derive a seed of 32 bits, all that scikit-learn takes."""
    return derive_seed(seed, purpose) % 2**32


def number_places(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different places (m, 2) of (n, 2), and the number (n,) of each row's place."""
    places, labels = np.unique(outputs, axis=0, return_inverse=True)
    return places, labels.ravel()


def forest_probabilities(
    train: np.ndarray, labels: np.ndarray, test: np.ndarray, *,
    count: int, trees: int, seed: int, n_jobs: int,
) -> np.ndarray:  # fmt: skip
    """State how likely each place is by extremely randomised trees (Geurts et al. 2006).

    Parameters
    ----------
    train, test : numpy.ndarray
        Features (n, k) to learn from and to answer.
    labels : numpy.ndarray
        (n,) number of the place of each row of `train`, from 0.
    count, trees : int
        How many places there are, perhaps more than in `labels`; how many trees to grow.
    seed, n_jobs : int
        Of the run; trees that grow at the same time.

    Returns
    -------
    numpy.ndarray
        (len(test), count); 0 for a place that `labels` lacks.
    """
    forest = ExtraTreesClassifier(
        trees, max_features=1 / 3, n_jobs=n_jobs, random_state=random_state(seed, "forest")
    ).fit(train, labels)
    forest.set_params(n_jobs=1)  # threads add the trees' votes in any order, to other last bits
    return _spread(forest.predict_proba(test), forest.classes_, count)


def support_vector_probabilities(
    train: np.ndarray, labels: np.ndarray, test: np.ndarray, *, count: int, seed: int
) -> np.ndarray | None:
    """State how likely each place is by support vectors, their margins calibrated.

    Features go to normal quantiles first: a kernel of distances suffers from audio features with
    long tails. Calibration is by temperature (Guo et al. 2017) over stratified folds; a place with
    fewer rows than folds could not be in each of them and is left to the forest.

    Parameters
    ----------
    train, labels, test, count, seed
        As in :func:`forest_probabilities`.

    Returns
    -------
    numpy.ndarray or None
        (len(test), count); 0 for a place that was left out; None if fewer than two places stay.
    """
    often = np.bincount(labels, minlength=count)[labels] >= CALIBRATION_FOLDS
    if len(np.unique(labels[often])) < 2:
        return None
    state = random_state(seed, "calibration")
    most = min(300, 2 * int(often.sum()) // 3)  # no more quantiles than rows of two folds
    quantiles = QuantileTransformer(
        n_quantiles=most, output_distribution="normal", random_state=state
    )
    # scikit-learn 1.9: in place of SVC(probability=True)
    machine = CalibratedClassifierCV(
        make_pipeline(quantiles, SVC(C=10, gamma="scale")),
        method="temperature",
        cv=StratifiedKFold(CALIBRATION_FOLDS, shuffle=True, random_state=state),
        ensemble=False,
    ).fit(train[often], labels[often])
    return _spread(machine.predict_proba(test), machine.classes_, count)


def _spread(probabilities: np.ndarray, classes: np.ndarray, count: int) -> np.ndarray:
    spread = np.zeros((len(probabilities), count))
    spread[:, classes] = probabilities
    return spread


def _state_both(
    train: np.ndarray, labels: np.ndarray, test: np.ndarray, *,
    count: int, trees: int, seed: int, n_jobs: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    forest = forest_probabilities(
        train, labels, test, count=count, trees=trees, seed=seed, n_jobs=n_jobs
    )
    vectors = support_vector_probabilities(train, labels, test, count=count, seed=seed)
    return forest, forest if vectors is None else vectors


def choose_decision(
    features: np.ndarray, outputs: np.ndarray, *, seed: int, n_jobs: int = 1
) -> Decision:
    """Choose exponent and share by cross-validation within the rows that are given.

    Parameters
    ----------
    features, outputs : numpy.ndarray
        (n, k), and (n, 2) latitude and longitude in degrees, of training rows alone.
    seed, n_jobs : int
        Of the run; trees that grow at the same time.

    Returns
    -------
    Decision
        Of least mean distance.
    """
    places, labels = number_places(outputs)
    forest, vectors = np.zeros((2, len(outputs), len(places)))
    state = random_state(seed, "inner folds")
    splitter = KFold(min(INNER_FOLDS, len(outputs)), shuffle=True, random_state=state)
    for train, held in splitter.split(features):
        forest[held], vectors[held] = _state_both(
            features[train], labels[train], features[held],
            count=len(places), trees=INNER_TREES, seed=seed, n_jobs=n_jobs,
        )  # fmt: skip

    def mean_km(candidate: Decision) -> float:
        return great_circle_km(candidate.decide(forest, vectors, places), outputs).mean()

    return min(itertools.starmap(Decision, itertools.product(EXPONENTS, SHARES)), key=mean_km)


def forest_and_support_vectors(
    train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, *, seed: int, n_jobs: int
) -> np.ndarray:
    """Predict places (n, 2) by both classifiers, sharpened as the training rows advise."""
    decision = choose_decision(train_x, train_y, seed=seed, n_jobs=n_jobs)
    places, labels = number_places(train_y)
    stated = _state_both(
        train_x, labels, test_x, count=len(places), trees=TREES, seed=seed, n_jobs=n_jobs
    )
    return decision.decide(*stated, places)


def extra_trees(
    train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, *, seed: int, n_jobs: int
) -> np.ndarray:
    """Predict places (n, 2) by the forest alone, its probabilities as they are stated."""
    places, labels = number_places(train_y)
    stated = forest_probabilities(
        train_x, labels, test_x, count=len(places), trees=TREES, seed=seed, n_jobs=n_jobs
    )
    return decide_by_expected_distance(stated, places)
