"""Baselines that predict two outputs, places on Earth or any others, from features.

Each is a function of training features, training outputs and test features that returns the
outputs predicted: the caller's own networks fit the same form.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from convatlas.data.observations import MinMax
from convatlas.evaluation.geography import (
    best_constant_place,
    from_sphere,
    great_circle_km,
    to_sphere,
)
from convatlas.evaluation.place_deciders import (
    INNER_FOLDS,
    extra_trees,
    forest_and_support_vectors,
    random_state,
)

Regressor = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""From train_x (n, k), train_y (n, outputs) and test_x (m, k) to predicted outputs (m, outputs)."""

BEST = "forest and support vectors, least expected distance"
NEIGHBOURS = (1, 3, 5, 10, 20, 40)


def distance(
    one: np.ndarray, other: np.ndarray, *, places: bool, scaling: MinMax | None = None
) -> np.ndarray:
    """Return how far predictions are from what is true.

    Parameters
    ----------
    one, other : numpy.ndarray
        (n, outputs).
    places : bool
        Whether outputs are latitude and longitude in degrees.
    scaling : MinMax, optional
        Of outputs that are not places and not yet scaled to [0, 1].

    Returns
    -------
    numpy.ndarray
        (n,) great-circle distance in km, or Euclidean distance of the scaled outputs.
    """
    if places:
        return great_circle_km(one, other)
    if scaling is not None:
        one, other = scaling.scale(one), scaling.scale(other)
    return np.linalg.norm(one - other, axis=-1)


def scaling_of(outputs: np.ndarray) -> MinMax:
    """Take the range of outputs (n, outputs); an output that never changes is only shifted."""
    low, high = outputs.min(axis=0), outputs.max(axis=0)
    return MinMax(low, np.where(high > low, high, low + 1))


def list_pipelines(*, places: bool, seed: int, n_jobs: int = 1) -> dict[str, Regressor]:
    """List the baselines by name.

    Parameters
    ----------
    places : bool
        Whether outputs are latitude and longitude in degrees; else those are left out that decide
        among places or go by the sphere.
    seed : int
        The run's.
    n_jobs : int
        Trees that grow at the same time; without influence on any number.

    Returns
    -------
    dict of str to callable
        :data:`Regressor`.
    """
    boosting = partial(_fit_boosting, seed=seed)
    forest = partial(_fit_forest, seed=seed, n_jobs=n_jobs)
    listed: dict[str, Regressor] = {
        "mean of the outputs": _predict_mean,
        "ridge": _fit_ridge,
        "k nearest neighbours": partial(_fit_neighbours, places=places, seed=seed),
        "gradient boosting": boosting,
    }
    if not places:
        return listed | {"random forest": forest}
    return listed | {
        "best single place": _predict_best_place,
        "random forest, latitude and longitude": forest,
        "ridge on the sphere": _on_sphere(_fit_ridge),
        "gradient boosting on the sphere": _on_sphere(boosting),
        "random forest on the sphere": _on_sphere(forest),
        "extra trees, least expected distance": partial(extra_trees, seed=seed, n_jobs=n_jobs),
        BEST: partial(forest_and_support_vectors, seed=seed, n_jobs=n_jobs),
    }


def _predict_mean(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray) -> np.ndarray:
    return np.tile(train_y.mean(axis=0), (len(test_x), 1))


def _predict_best_place(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray) -> np.ndarray:
    return np.tile(best_constant_place(train_y), (len(test_x), 1))


def _fit_ridge(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray) -> np.ndarray:
    # the penalty by leaving one training row out (generalised cross-validation)
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 5, 29)))
    return model.fit(train_x, train_y).predict(test_x)


def _fit_neighbours(
    train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, *, places: bool, seed: int
) -> np.ndarray:
    """Average the k nearest; k of least mean distance by cross-validation of the training rows."""
    scaling = None if places else scaling_of(train_y)
    folds = KFold(
        min(INNER_FOLDS, len(train_x)), shuffle=True, random_state=random_state(seed, "neighbours")
    )
    splits = list(folds.split(train_x))
    fewest = min(len(train) for train, _ in splits)
    sums = {}
    for k in NEIGHBOURS:
        if k <= fewest:
            sums[k] = sum(
                distance(
                    _neighbours(k).fit(train_x[train], train_y[train]).predict(train_x[held]),
                    train_y[held], places=places, scaling=scaling,
                ).sum()
                for train, held in splits
            )  # fmt: skip
    best = min(sums, key=sums.__getitem__)
    return _neighbours(best).fit(train_x, train_y).predict(test_x)


def _neighbours(k: int) -> RegressorMixin:
    return make_pipeline(StandardScaler(), KNeighborsRegressor(k))


def _fit_boosting(
    train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, *, seed: int
) -> np.ndarray:
    state = random_state(seed, "boosting")
    columns = [
        HistGradientBoostingRegressor(random_state=state).fit(train_x, output).predict(test_x)
        for output in train_y.T
    ]
    return np.stack(columns, axis=1)


def _fit_forest(
    train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, *, seed: int, n_jobs: int
) -> np.ndarray:
    state = random_state(seed, "random forest")
    wanted = train_y[:, 0] if train_y.shape[1] == 1 else train_y  # a lone column makes it warn
    model = RandomForestRegressor(n_jobs=n_jobs, random_state=state).fit(train_x, wanted)
    model.set_params(n_jobs=1)  # threads add trees in any order, to other last bits
    return model.predict(test_x)


def _on_sphere(regressor: Regressor) -> Regressor:
    """Let a regressor predict unit vectors, so that -179 and 179 degrees are near."""

    def predict(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray) -> np.ndarray:
        return from_sphere(regressor(train_x, to_sphere(train_y), test_x))

    return predict
