"""How far predicted outputs are from the true ones: the mixed models beside others, in one table.

For places the distance is that of Zhou, Claire and King (ICDM 2014), the great circle in km; for
other outputs it is the Euclidean one of scaled outputs.
"""

from typing import Any

import numpy as np
import pandas as pd

from convatlas.data.partition import Table
from convatlas.evaluation.intervals import interval_over_seeds, number, summarise_values
from convatlas.evaluation.origins import summarise
from convatlas.evaluation.place_regressors import distance

INPUTS = {"features": "features", "low": "code of M1*", "high": "code of M2*"}
COLUMNS = ["measure", "group", "pipeline", "mean", "low", "high", "over", "rows"]


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
        pipeline, mean, low, high (95 %, of what ``over`` says), rows, and R^2 of each output. Mixed
        models first, then the others by mean, the worst first.
    """
    split = summarise(others, ["feature_set", "pipeline"])
    split = split.assign(measure="split", group=split["feature_set"].map(INPUTS))
    crossed = summarise(folds, ["pipeline"]).assign(measure="folds", group=INPUTS["features"])
    names = {f"r2_{k}": f"r2_{name}" for k, name in enumerate(table.outputs, start=1)}
    joined = pd.concat([split, crossed]).rename(columns=names)
    joined = joined.sort_values(["measure", "mean"], ascending=False, kind="stable")
    mixed = _mixed(table, predictions)
    return pd.concat([mixed, joined])[[*COLUMNS, *names.values()]].reset_index(drop=True)


def _mixed(table: Table, predictions: pd.DataFrame) -> pd.DataFrame:
    """Average each seed's distances; the interval is over seeds."""
    true = predictions[[f"true_{name}" for name in table.outputs]].to_numpy()
    predicted = predictions[[f"predicted_{name}" for name in table.outputs]].to_numpy()
    scaling = None if table.places else table.output_scaling
    far = distance(predicted, true, places=table.places, scaling=scaling)
    rows = []
    for (inputs, way), own in predictions.assign(far=far).groupby(["inputs", "way"], sort=False):
        by_seed = own.groupby("seed")
        squares = {
            f"r2_{name}": float(np.mean([_r_squared(one, name) for _, one in by_seed]))
            for name in table.outputs
        }
        interval = interval_over_seeds(by_seed["far"].mean().tolist())
        rows.append(
            {
                "measure": "split", "group": INPUTS[inputs],
                "pipeline": f"the document's network, {way}",
                **{key: interval[key] for key in ("mean", "low", "high")},
                "over": "seeds", "rows": own["row"].nunique(), **squares,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _r_squared(rows: pd.DataFrame, name: str) -> float:
    true, predicted = rows[f"true_{name}"], rows[f"predicted_{name}"]
    return float(1 - ((true - predicted) ** 2).sum() / ((true - true.mean()) ** 2).sum())


def measure_origins(table: Table, distances: pd.DataFrame, *, dataset: str) -> dict[str, Any]:
    """Summarise for claims: the table's counts, and the best row of each measure.

    Returns
    -------
    dict
        ``table``: rows, features, places. ``best_split``, ``best_folds``: mean_distance and which
        pipeline it is.
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
    for measure, rows in distances.groupby("measure"):
        best = rows.loc[rows["mean"].idxmin()]
        measured[f"best_{measure}"] = {
            "dataset": dataset,
            "pipeline": f"{best['pipeline']}, from {best['group']}",
            "mean_distance": summarise_values([float(best["mean"])]),
        }
    return measured


def true_and_predicted(predictions: pd.DataFrame, *, inputs: str, output: str) -> pd.DataFrame:
    """Take one output of the first seed's mixed models of one kind, as the figure shows it."""
    first = predictions["seed"] == predictions["seed"].iloc[0]
    rows = predictions[first & (predictions["inputs"] == inputs)]
    return pd.DataFrame(
        {
            "true": rows[f"true_{output}"],
            "predicted": rows[f"predicted_{output}"],
            "network": rows["way"],
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
    for column in distances:
        if column.startswith("r2_"):
            name = column.removeprefix("r2_").replace("_", " ")
            table[f"R² of {name}"] = distances[column].round(2)
    return table
