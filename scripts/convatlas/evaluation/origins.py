"""Where a track comes from: baselines on the split of a study and by cross-validation.

The table of Zhou, Claire and King (ICDM 2014): 1,059 tracks of 33 places. Tables whose outputs are
not places are measured the same way, by the Euclidean distance of their scaled outputs.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from convatlas.errors import ConvatlasError
from convatlas.evaluation.intervals import interval_over_seeds
from convatlas.evaluation.place_regressors import Regressor, distance, list_pipelines, scaling_of
from convatlas.seeding import numpy_generator

Progress = Callable[[int, int], None]
Keep = Callable[[str, Callable[[], np.ndarray]], np.ndarray]
"""Returns what a key was computed to before, or computes it and keeps it."""


def score_split(
    features: Mapping[str, np.ndarray],
    outputs: np.ndarray,
    parts: Mapping[str, np.ndarray],
    *,
    places: bool,
    seed: int,
    n_jobs: int = 1,
    pipelines: Sequence[str] | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> pd.DataFrame:
    """Train baselines on the training rows of a split and predict its test rows.

    Parameters
    ----------
    features : mapping of str to numpy.ndarray
        Each (n, k): the raw ones, a code of them.
    outputs : numpy.ndarray
        (n, outputs) in the units of the source.
    parts : mapping of str to numpy.ndarray
        Row numbers of ``train`` and ``test``; other parts are not looked at.
    places, seed, n_jobs, pipelines, progress, keep : as in :func:`cross_validate`

    Returns
    -------
    pandas.DataFrame
        feature_set, and the columns of :func:`cross_validate` but fold.
    """
    chosen = _choose(pipelines, None, places=places, seed=seed, n_jobs=n_jobs)
    tables, total = [], len(features) * len(chosen)
    for name, values in features.items():
        for pipeline, regressor in chosen.items():
            kept = _keeping(regressor, f"{name}/{pipeline}", keep)
            table = _predict(
                pipeline, kept, values, outputs, parts["train"], parts["test"], places=places
            )
            table.insert(0, "feature_set", name)
            tables.append(table)
            if progress:
                progress(len(tables), total)
    return pd.concat(tables, ignore_index=True)


def cross_validate(
    features: np.ndarray,
    outputs: np.ndarray,
    *,
    folds: int = 10,
    places: bool,
    seed: int,
    n_jobs: int = 1,
    progress: Progress | None = None,
    pipelines: Sequence[str] | None = None,
    extra: Mapping[str, Regressor] | None = None,
    keep: Keep | None = None,
) -> pd.DataFrame:
    """Predict every row once by baselines that were trained on the other folds.

    Parameters
    ----------
    features, outputs : numpy.ndarray
        (n, k), and (n, outputs) in the units of the source.
    folds : int
        How many, of rows shuffled by `seed`.
    places : bool
        Whether outputs are latitude and longitude in degrees.
    seed : int
        The run's; of the folds and of all that is drawn in the baselines.
    n_jobs : int
        Trees that grow at the same time; without influence on any number.
    progress : callable, optional
        Called as ``progress(done, total)`` with counts of trainings.
    pipelines : sequence of str, optional
        Names out of :func:`list_pipelines`, none if empty; all by default.
    extra : mapping of str to callable, optional
        Further ones of the caller, as :data:`Regressor`; they, too, run on one thread.
    keep : callable, optional
        As :class:`~convatlas.training.checkpoint.Pieces`; a run that was stopped goes on from it.

    Returns
    -------
    pandas.DataFrame
        fold (from 1), pipeline, row, distance, output_1, true_1, output_2 (predicted), true_2.

    Raises
    ------
    ConvatlasError
        If rows do not match or are fewer than the folds, if a name is unknown or stands twice, or
        a prediction is not finite or of another shape.
    """
    if not 2 <= folds <= len(outputs):
        raise ConvatlasError(f"{folds} folds of {len(outputs)} rows: 2 to {len(outputs)} can be")
    chosen = _choose(pipelines, extra, places=places, seed=seed, n_jobs=n_jobs)
    order = numpy_generator(seed, "folds").permutation(len(outputs))
    tables, total = [], folds * len(chosen)
    for fold, (train, test) in enumerate(KFold(folds).split(order), start=1):
        rows = np.sort(order[train]), np.sort(order[test])
        for pipeline, regressor in chosen.items():
            kept = _keeping(regressor, f"{fold}/{pipeline}", keep)
            table = _predict(pipeline, kept, features, outputs, *rows, places=places)
            table.insert(0, "fold", fold)
            tables.append(table)
            if progress:
                progress(len(tables), total)
    return pd.concat(tables, ignore_index=True)


def summarise(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Average distances, with Student's 95 % interval for the mean.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :func:`score_split` or :func:`cross_validate`.
    keys : sequence of str
        Columns whose values make a group, e.g. ``["pipeline"]``.

    Returns
    -------
    pandas.DataFrame
        keys, mean, low, high, over, rows, r2_1, r2_2, in the order in which groups first stand in
        `table`. The interval is over the means of folds where there is a column fold that is no
        key, and `mean` is theirs; else over rows: `over` says which. As folds share training rows,
        it is somewhat too narrow (Bengio and Grandvalet 2004). R^2 is of all rows of the group
        together, against their own mean; NaN where that output is the same in all.
    """
    keys, rows = list(keys), []
    by_fold = "fold" in table.columns.difference(keys)
    outputs = [column.removeprefix("true_") for column in table if column.startswith("true_")]
    for group, own in table.groupby(keys, sort=False):
        values = own.groupby("fold")["distance"].mean() if by_fold else own["distance"]
        interval = interval_over_seeds(values.to_numpy())
        row = dict(zip(keys, group, strict=True))
        row |= {side: interval[side] for side in ("mean", "low", "high")}
        row |= {"over": "folds" if by_fold else "rows", "rows": len(own)}
        for output in outputs:
            true, predicted = own[f"true_{output}"], own[f"output_{output}"]
            spread = ((true - true.mean()) ** 2).sum()
            row[f"r2_{output}"] = 1 - ((true - predicted) ** 2).sum() / spread if spread else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def _choose(
    names: Sequence[str] | None, extra: Mapping[str, Regressor] | None, *,
    places: bool, seed: int, n_jobs: int,
) -> dict[str, Regressor]:  # fmt: skip
    known = list_pipelines(places=places, seed=seed, n_jobs=n_jobs)
    for name in names or ():
        if name not in known:
            raise ConvatlasError(f"no pipeline is named '{name}'; there are: {', '.join(known)}")
    if twice := sorted(set(known) & set(extra or {})):
        raise ConvatlasError(f"a pipeline is named '{twice[0]}' already; rename the other")
    if not (names is None or names or extra):
        raise ConvatlasError("no pipeline is chosen; name one at least")
    return {name: known[name] for name in (known if names is None else names)} | (extra or {})


def _keeping(regressor: Regressor, key: str, keep: Keep | None) -> Regressor:
    """Let a regressor's predictions be kept."""
    if keep is None:
        return regressor

    def predict(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray) -> np.ndarray:
        return keep(key, partial(regressor, train_x, train_y, test_x))

    return predict


def _predict(
    pipeline: str, regressor: Regressor, features: np.ndarray, outputs: np.ndarray,
    train: np.ndarray, test: np.ndarray, *, places: bool,
) -> pd.DataFrame:  # fmt: skip
    if len(features) != len(outputs):
        raise ConvatlasError(f"{len(features)} rows of features, but {len(outputs)} of outputs")
    if len(train) < 2 or len(test) < 1:
        raise ConvatlasError(f"{len(train)} rows to train on, {len(test)} to test: too few")
    # one thread adds in one order: the same bits, however many processors there are
    with threadpool_limits(limits=1):
        predicted = np.asarray(regressor(features[train], outputs[train], features[test]))
    true = outputs[test]
    if predicted.shape == (len(test),) and true.shape[1] == 1:
        predicted = predicted[:, None]  # scikit-learn takes a column and gives back none
    if predicted.shape != true.shape or not np.isfinite(predicted).all():
        raise ConvatlasError(
            f"'{pipeline}' has to predict {true.shape} finite numbers; it predicted "
            f"{predicted.shape}, {np.isfinite(predicted).sum()} of them finite"
        )
    scaling = None if places else scaling_of(outputs)
    far = distance(predicted, true, places=places, scaling=scaling)
    table = pd.DataFrame({"pipeline": pipeline, "row": test, "distance": far})
    for output in range(true.shape[1]):
        table[f"output_{output + 1}"] = predicted[:, output]
        table[f"true_{output + 1}"] = true[:, output]
    return table
