"""How far predicted outputs are from the true ones: the mixed models beside others, in one table.

For places the distance is that of Zhou, Claire and King (ICDM 2014), the great circle in km; for
other outputs it is the Euclidean one of scaled outputs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from convatlas.data.partition import Table
from convatlas.evaluation.intervals import interval_over_seeds, number, summarise_values
from convatlas.evaluation.origins import summarise
from convatlas.evaluation.place_regressors import distance

GRID, DOCUMENT = "the grid's best network", "the document's network"
"""What the mixed models are made with."""
INPUTS = {"features": "features", "low": "code of M1*", "high": "code of M2*"}
COSTS = ["cost", "cost_low", "cost_high"]
COLUMNS = ["measure", "group", "pipeline", "mean", "low", "high", "over", "rows", *COSTS]
CONSTANTS = ("best single place", "mean of the outputs")
"""What nothing learnt gives; the first where outputs are places."""


def list_distances(
    table: Table, *, predictions: pd.DataFrame, others: pd.DataFrame, folds: pd.DataFrame
) -> pd.DataFrame:
    """Lay out mean distances.

    Parameters
    ----------
    table : Table
        What was predicted.
    predictions : pandas.DataFrame
        Of :func:`~convatlas.training.mixed.fit_mixed_models`.
    others : pandas.DataFrame
        Of :func:`~convatlas.evaluation.origins.score_split`.
    folds : pandas.DataFrame
        Of :func:`~convatlas.evaluation.origins.cross_validate`.

    Returns
    -------
    pandas.DataFrame
        measure (``split``: the study's test part; ``folds``: every row once), group (the inputs),
        pipeline, mean, low, high (95 %, of what ``over`` says), rows, cost with cost_low and
        cost_high, and R^2 of each output. The cost is what a code adds to the distance from the
        features: the mean over test rows, each paired with itself, and its 95 % interval. Mixed
        models first, then the others by mean, the worst first.
    """
    split = summarise(others, ["feature_set", "pipeline"])
    split = split.assign(measure="split", group=split["feature_set"].map(INPUTS))
    crossed = summarise(folds, ["pipeline"]).assign(measure="folds", group=INPUTS["features"])
    names = {f"r2_{k}": f"r2_{name}" for k, name in enumerate(table.outputs, start=1)}
    joined = pd.concat([split, crossed]).rename(columns=names)
    joined = joined.sort_values(["measure", "mean"], ascending=False, kind="stable")
    predictions = predictions.assign(far=_far(table, predictions))
    mixed = _mixed(table, predictions)
    single = others.rename(columns={"feature_set": "inputs", "distance": "far"})
    costs = _costs(pd.concat([predictions, single])[["inputs", "pipeline", "row", "far"]])
    listed = pd.concat([mixed, joined]).merge(
        costs, on=["measure", "group", "pipeline"], how="left"
    )
    return listed[[*COLUMNS, *names.values()]].reset_index(drop=True)


def _costs(far: pd.DataFrame) -> pd.DataFrame:
    """Pair each test row's distance from a code with its own from the features."""
    by_row = far.pivot_table(values="far", index=["pipeline", "row"], columns="inputs")
    rows = []
    for pipeline, own in by_row.groupby("pipeline"):
        for code in own.columns.drop("features"):
            interval = interval_over_seeds((own[code] - own["features"]).to_numpy())
            about = {"measure": "split", "group": INPUTS[code], "pipeline": pipeline}
            values = (interval[side] for side in ("mean", "low", "high"))
            rows.append(about | dict(zip(COSTS, values, strict=True)))
    return pd.DataFrame(rows, columns=["measure", "group", "pipeline", *COSTS])


def _far(table: Table, predictions: pd.DataFrame) -> np.ndarray:
    """Return the distance of each prediction (n,)."""
    true = predictions[[f"true_{name}" for name in table.outputs]].to_numpy()
    predicted = predictions[[f"predicted_{name}" for name in table.outputs]].to_numpy()
    scaling = None if table.places else table.output_scaling
    return distance(predicted, true, places=table.places, scaling=scaling)


def _mixed(table: Table, predictions: pd.DataFrame) -> pd.DataFrame:
    """Average each seed's distances; the interval is over seeds."""
    rows = []
    for (inputs, pipeline), own in predictions.groupby(["inputs", "pipeline"], sort=False):
        by_seed = own.groupby("seed")
        squares = {
            f"r2_{name}": float(np.mean([_r_squared(one, name) for _, one in by_seed]))
            for name in table.outputs
        }
        interval = interval_over_seeds(by_seed["far"].mean().tolist())
        rows.append(
            {
                "measure": "split", "group": INPUTS[inputs],
                "pipeline": pipeline,
                **{key: interval[key] for key in ("mean", "low", "high")},
                "over": "seeds", "rows": own["row"].nunique(), **squares,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _r_squared(rows: pd.DataFrame, name: str) -> float:
    true, predicted = rows[f"true_{name}"], rows[f"predicted_{name}"]
    return float(1 - ((true - predicted) ** 2).sum() / ((true - true.mean()) ** 2).sum())


def measure_origins(
    table: Table,
    distances: pd.DataFrame,
    *,
    dataset: str,
    code_energies: tuple[Sequence[float], Sequence[float]],
) -> dict[str, Any]:
    """Summarise for claims: the table's counts, the codes, and the best of each measure.

    Parameters
    ----------
    table, distances
        What was predicted, and :func:`list_distances`.
    dataset : str
        Name of the table.
    code_energies : tuple of sequence
        Validation energies by seed of M1* and of M2*.

    Returns
    -------
    dict
        ``table``: rows, features, places. ``codes``: energy_ratio, of M1* to M2*. ``best_split``,
        ``best_folds``, of all pipelines, and ``own_split``, ``own_folds``, of the grid's best
        network: mean_distance, which pipeline it is, and ``gain``, the share of the distance of a
        constant prediction that it saves.
    """
    outputs = table.restore_outputs(table.desired)
    counts = {
        "rows": len(outputs),
        "features": table.features.shape[1],
        "places": len(np.unique(outputs.round(6), axis=0)),
    }
    measured: dict[str, Any] = {
        "table": {"dataset": dataset} | {k: summarise_values([v]) for k, v in counts.items()}
    }
    low, high = code_energies
    ratios = [one / other for one, other in zip(low, high, strict=True)]
    measured["codes"] = {"dataset": dataset, "energy_ratio": summarise_values(ratios)}
    for measure, rows in distances.groupby("measure"):
        constant = next(rows[rows["pipeline"] == name]["mean"] for name in CONSTANTS
                        if (rows["pipeline"] == name).any()).min()  # fmt: skip
        for whose, some in (("best", rows), ("own", rows[rows["pipeline"].str.startswith(GRID)])):
            if some.empty:
                continue
            best = some.loc[some["mean"].idxmin()]
            measured[f"{whose}_{measure}"] = {
                "dataset": dataset,
                "pipeline": f"{best['pipeline']}, from {best['group']}",
                "mean_distance": summarise_values([float(best["mean"])]),
                "gain": summarise_values([1 - float(best["mean"]) / float(constant)]),
            }
    return measured


def true_and_predicted(predictions: pd.DataFrame, *, inputs: str, output: str) -> pd.DataFrame:
    """Take one output of the first seed's mixed models of one kind, as the figure shows it.

    Of the networks, the first: the best of the grid.
    """
    first = (predictions["seed"] == predictions["seed"].iloc[0]) & (
        predictions["network"] == predictions["network"].iloc[0]
    )
    rows = predictions[first & (predictions["inputs"] == inputs)]
    return pd.DataFrame(
        {
            "true": rows[f"true_{output}"],
            "predicted": rows[f"predicted_{output}"],
            "network": rows["pipeline"],
        }
    ).reset_index(drop=True)


def distances_table(distances: pd.DataFrame, *, places: bool) -> pd.DataFrame:
    """Lay out distances for people, the nearest last."""
    unit = "km" if places else "distance"
    table = pd.DataFrame(
        {
            "inputs": distances["group"],
            "predictor": distances["pipeline"],
            f"mean {unit}": [number(row) for row in distances.to_dict("records")],
            "interval over": distances["over"],
            "rows": distances["rows"],
        }
    )
    if distances["cost"].notna().any():
        costs = distances[COSTS].set_axis(["mean", "low", "high"], axis=1).to_dict("records")
        words = [number(cost) if cost["mean"] == cost["mean"] else "" for cost in costs]
        table[f"cost of the code, {unit}"] = words
    for column in distances:
        if column.startswith("r2_"):
            name = column.removeprefix("r2_").replace("_", " ")
            table[f"R² of {name}"] = distances[column].round(2)
    return table
