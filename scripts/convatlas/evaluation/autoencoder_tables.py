"""What figures and tables of autoencoders show: metrics and histories in, rows out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from convatlas.evaluation.intervals import number
from convatlas.evaluation.principal_components import TESTING_FLOOR
from convatlas.evaluation.reconstruction import OUTPUT

Metrics = Mapping[str, Mapping[str, Any]]


def errors_over_epochs(
    histories: Mapping[str, pd.DataFrame], *, hidden: int, titles: Mapping[str, str]
) -> pd.DataFrame:
    """Lay out the mean squared errors of one width: network, seed, epoch, part, error."""
    tables = []
    for name, history in histories.items():
        rows = history[history["hidden"] == hidden]
        for part in ("train", "test"):
            table = rows[["seed", "epoch"]].assign(
                network=titles[name], part=part, error=rows[f"{part}_error"]
            )
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def final_errors(metrics: Metrics, *, hidden: int, titles: Mapping[str, str]) -> pd.DataFrame:
    """Lay out the validation errors after training of one width: network, seed, error."""
    rows = [
        {"network": titles[name], "seed": number, "error": value}
        for name, measured in metrics.items()
        for number, value in enumerate(measured[f"hidden_{hidden}"]["validation_error"]["values"])
    ]
    return pd.DataFrame(rows)


def real_and_outputs(
    reconstructions: Mapping[str, pd.DataFrame], *, hidden: int, titles: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Take the real variables, and by network what it gives back, of one width."""
    outputs, real = {}, pd.DataFrame()
    for name, table in reconstructions.items():
        rows = table[table["hidden"] == hidden].reset_index(drop=True)
        variables = [c.removesuffix(OUTPUT) for c in table if c.endswith(OUTPUT)]
        given_back = rows[[f"{variable}{OUTPUT}" for variable in variables]]
        real = rows[variables]
        outputs[titles[name]] = given_back.set_axis(variables, axis=1)
    return real, outputs


def list_ablation(rows: Sequence[Mapping[str, str]], metrics: Metrics) -> pd.DataFrame:
    """Lay out an ablation: row, hidden, mean, low, high.

    Parameters
    ----------
    rows : sequence of mapping
        ``label``, ``autoencoder`` and ``metric`` of each, in order.
    metrics : mapping
        Per autoencoder, its ``metrics.json``.
    """
    return pd.DataFrame(
        [
            {
                "row": row["label"],
                "hidden": entry["hidden"],
                **{key: entry[row["metric"]][key] for key in ("mean", "low", "high")},
            }
            for row in rows
            for entry in metrics[row["autoencoder"]].values()
        ]
    ).astype({"mean": float, "low": float, "high": float})


def list_floors(metrics: Metrics) -> dict[int, float]:
    """Return principal components' testing error by width, the same for all of one table."""
    entries = next(iter(metrics.values())).values()
    return {entry["hidden"]: _floor(entry, TESTING_FLOOR) for entry in entries}


def _floor(entry: Mapping[str, Any], metric: str) -> float:
    """Return the error of principal components, and 0 where it is rounding alone."""
    error = entry[metric]["mean"]
    return error if error > 1e-15 else 0.0


def _outputs(functions: Sequence[str]) -> str:
    """Name the output functions by seed: ``linear``, or ``linear 2, sigmoid 1``."""
    counts = Counter(functions)
    several = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return functions[0] if len(counts) == 1 else several


def ablation_table(rows: Sequence[Mapping[str, str]], metrics: Metrics) -> pd.DataFrame:
    """Lay out an ablation for people: a row a cause, a column a width, PCA last."""
    table = [
        {
            "what is changed": row["label"],
            **{
                f"l = {entry['hidden']}": number(entry[row["metric"]])
                for entry in metrics[row["autoencoder"]].values()
            },
        }
        for row in rows
    ]
    floors = {f"l = {hidden}": f"{error:.3g}" for hidden, error in list_floors(metrics).items()}
    return pd.DataFrame([*table, {"what is changed": "Principal components", **floors}])


def errors_table(
    rows: Sequence[Mapping[str, str]], widths: Sequence[int], metrics: Metrics
) -> pd.DataFrame:
    """Lay out errors as `sepulveda`'s tables I and II do, and principal components beside them.

    Parameters
    ----------
    rows : sequence of mapping
        ``label``, ``autoencoder``, and ``metric``: training, testing and validation are looked up
        by its three names, separated by commas.
    widths : sequence of int
        Of the hidden layer.
    metrics : mapping
        Per autoencoder, its ``metrics.json``.
    """
    table = []
    for width in widths:
        for row in rows:
            entry = metrics[row["autoencoder"]][f"hidden_{width}"]
            names = row["metric"].split(",")
            table.append(
                {
                    "l": width,
                    "network": row["label"],
                    "parameters": int(entry["parameters"]["mean"]),
                    "output": _outputs(entry["outputs"]),
                    **{
                        title: number(entry[name.strip()])
                        for title, name in zip(
                            ("training", "testing", "validation"), names, strict=True
                        )
                    },
                    "PCA, validation": f"{_floor(entry, 'principal_components_error'):.3g}",
                }
            )
    return pd.DataFrame(table)
