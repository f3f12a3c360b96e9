"""The tables of the studies: metrics and histories in, rows for people out."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from convatlas.evaluation.intervals import interval_over_seeds

NETWORKS = {"tanh": "LeNet-5, tanh", "relu": "LeNet-5, ReLU"}
Metrics = Mapping[str, Mapping[str, Any]]


def percent(summary: Mapping[str, float | None], digits: int = 1) -> str:
    """Write a share with its interval over seeds, e.g. ``98.6 % (98.5 to 98.7)``.

    Parameters
    ----------
    summary : mapping
        ``mean``, ``low`` and ``high`` as shares; low and high are None or NaN for one seed.
    digits : int
        Decimals.
    """
    text = f"{100 * summary['mean']:.{digits}f} %"
    low, high = summary["low"], summary["high"]
    if low is None or high is None or low != low:
        return text
    # a mean near 100 % can have a normal interval that goes past it; a share cannot
    return f"{text} ({100 * max(low, 0):.{digits}f} to {100 * min(high, 1):.{digits}f})"


def metrics_table(
    rows: Sequence[Mapping[str, str]], metrics: Mapping[str, Metrics]
) -> pd.DataFrame:
    """Lay out accuracy, precision, recall, F1 and calibration, a row per network and target.

    Parameters
    ----------
    rows : sequence of mapping
        ``label``, ``model`` and ``target`` of each row.
    metrics : mapping
        Per model, its ``metrics.json``.
    """
    table = []
    for row in rows:
        measured = metrics[row["model"]][row["target"]]
        shares = {name: percent(measured[name], 2) for name in ("accuracy", "precision")}
        shares |= {name: percent(measured[name], 2) for name in ("recall", "f1")}
        table.append(
            {
                "network and digits": row["label"],
                "digits": measured["digits"],
                **shares,
                "calibration error": percent(measured["calibration_error"], 2),
                "seeds": measured["accuracy"]["seeds"],
            }
        )
    return pd.DataFrame(table)


def classes_table(measured: Mapping[str, Any]) -> pd.DataFrame:
    """Lay out precision, recall and F1 per class of one target."""
    classes = measured["per_class"]
    return pd.DataFrame(
        [
            {
                "digit": digit,
                **{name: percent(classes[name][digit]) for name in ("precision", "recall", "f1")},
                "digits": classes["support"][digit],
            }
            for digit in range(10)
        ]
    )


def sweep_table(histories: pd.DataFrame, batch_sizes: Mapping[str, int]) -> pd.DataFrame:
    """Lay out validation loss over epochs and batch sizes, and mark the choice.

    Parameters
    ----------
    histories : pandas.DataFrame
        Histories of all runs with columns model and seed; the monitored part is validation.
    batch_sizes : mapping of str to int
        Batch size of each model.

    Returns
    -------
    pandas.DataFrame
        A row per batch size and epoch count: validation loss, its spread over seeds, accuracy;
        ``choice`` marks the lowest mean loss.
    """
    validation = histories[histories["part"] == "monitor"]
    table = []
    for (model, epoch), group in validation.groupby(["model", "epoch"]):
        loss = interval_over_seeds(group["loss"].tolist())
        table.append(
            {
                "batch size": batch_sizes[model],
                "epochs": epoch,
                "validation loss": loss["mean"],
                "low": loss["low"],
                "high": loss["high"],
                "validation accuracy": percent(interval_over_seeds(group["accuracy"].tolist()), 2),
            }
        )
    result = pd.DataFrame(table).sort_values(["batch size", "epochs"], ignore_index=True)
    result["choice"] = ""
    result.loc[result["validation loss"].idxmin(), "choice"] = "lowest validation loss"
    return result.round({"validation loss": 4, "low": 4, "high": 4})


def sweep_grid(histories: pd.DataFrame, batch_sizes: Mapping[str, int]) -> pd.DataFrame:
    """Lay the same out as a grid: a row per batch size, a column per epoch count, loss in cells.

    The lowest mean validation loss carries a star.
    """
    long = sweep_table(histories, batch_sizes)
    long["cell"] = long["validation loss"].map("{:.4f}".format)
    # not the minimum of the rounded losses, which two may share
    long.loc[long["choice"] != "", "cell"] += " *"
    grid = long.pivot_table(index="batch size", columns="epochs", values="cell", aggfunc="first")
    grid.columns = [f"{epoch} epoch{'s' if epoch > 1 else ''}" for epoch in grid.columns]
    return grid.reset_index()


def repair_rows(
    repair: Sequence[Mapping[str, str]], metrics: Mapping[str, Metrics]
) -> pd.DataFrame:
    """Collect the repair, a row per step and network, as numbers for drawing.

    Returns
    -------
    pandas.DataFrame
        row, network, mean, low, high, seeds, digits.
    """
    table = []
    for step in repair:
        for key, network in NETWORKS.items():
            measured = metrics[step[key]][step["target"]]
            table.append(
                {
                    "row": step["row"],
                    "network": network,
                    **measured["accuracy"],
                    "digits": measured["digits"],
                }
            )
    numbers = dict.fromkeys(("mean", "low", "high"), float)  # None, with one seed, becomes NaN
    return pd.DataFrame(table).drop(columns="values").astype(numbers)


def repair_table(
    repair: Sequence[Mapping[str, str]], metrics: Mapping[str, Metrics]
) -> pd.DataFrame:
    """Lay the repair out for people: a row per step, a column per network."""
    rows = repair_rows(repair, metrics)
    rows["accuracy"] = [percent(row) for row in rows.to_dict("records")]
    table = rows.pivot_table(index="row", columns="network", values="accuracy", aggfunc="first")
    table = table.loc[[step["row"] for step in repair], list(NETWORKS.values())]
    table["digits"] = rows.groupby("row")["digits"].first()
    return table.reset_index().rename_axis(columns=None).rename(columns={"row": "own digits, test"})


def writers_table(
    networks: Mapping[str, str], writers: Sequence[str], metrics: Mapping[str, Metrics]
) -> pd.DataFrame:
    """Lay out leave-one-writer-out: a row per writer, a column per network, and the mean.

    Parameters
    ----------
    networks : mapping of str to str
        Prefix of the models' names, and its title.
    writers : sequence of str
        Who is left out in turn.
    metrics : mapping
        Of ``<prefix>_without_<writer>``.
    """
    table = []
    for writer in writers:
        measured = {
            prefix: metrics[f"{prefix}_without_{writer}"][f"without_{writer}"]
            for prefix in networks
        }
        table.append(
            {
                "writer left out": writer,
                **{title: percent(measured[key]["accuracy"]) for key, title in networks.items()},
                "digits": next(iter(measured.values()))["digits"],
            }
        )
    total = sum(row["digits"] for row in table)
    pooled: dict[str, Any] = {"writer left out": "all, each by a network that never saw the writer"}
    for prefix, title in networks.items():
        parts = [metrics[f"{prefix}_without_{w}"][f"without_{w}"] for w in writers]
        by_seed = zip(*(part["accuracy"]["values"] for part in parts), strict=True)
        sizes = [part["digits"] for part in parts]
        values = [sum(v * n for v, n in zip(seed, sizes, strict=True)) / total for seed in by_seed]
        pooled[title] = percent(interval_over_seeds(values))
    return pd.DataFrame([*table, {**pooled, "digits": total}])
