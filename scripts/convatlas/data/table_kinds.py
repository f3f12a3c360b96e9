"""From the files of a dataset of any kind to one table of observations, its outputs last."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convatlas.data.fermentation import simulate_fermentation
from convatlas.data.observations import (
    Observations,
    check_observations,
    read_matlab,
    read_text,
)
from convatlas.errors import ConvatlasError


def read_table(dataset: Mapping[str, Any], files: Mapping[str, str | Path]) -> Observations:
    """Read a dataset's table.

    Parameters
    ----------
    dataset : mapping
        ``kind``, and as the kind needs them ``columns``, ``features``, ``outputs``, ``member``.
    files : mapping of str to path
        ``table``, or ``path`` for a user's own file; neither for embedded data.

    Returns
    -------
    Observations
        Every number finite, every column varying; the ``outputs`` are the last columns.

    Raises
    ------
    ConvatlasError
        If the table is not as it should be, with column and row.
    """
    outputs = list(dataset.get("outputs", ()))
    match dataset["kind"]:
        case "simulated_fermentation":
            return simulate_fermentation()
        case "diabetes":
            return _read_diabetes(outputs)
        case "matlab_table":
            return read_matlab(_file(files), dataset["columns"])
    if "features" in dataset:  # a file without a header
        names = [f"feature_{number}" for number in range(1, dataset["features"] + 1)]
        return read_text(_file(files), [*names, *outputs], member=dataset.get("member"))
    observations = read_text(_file(files), dataset.get("columns"), member=dataset.get("member"))
    return _with_outputs_last(observations, outputs, _file(files))


def _file(files: Mapping[str, str | Path]) -> str | Path:
    return files["path"] if "path" in files else files["table"]


def _read_diabetes(outputs: list[str]) -> Observations:
    """442 patients: nine measurements, then blood sugar and the disease's progression in a year."""
    from sklearn.datasets import load_diabetes  # slow to import, and most tables are others

    table = load_diabetes(scaled=False, as_frame=True).frame
    table = table.rename(columns={"s6": "blood_sugar", "target": "progression"})
    source = "scikit-learn's diabetes data"
    return _with_outputs_last(check_observations(table, source=source), outputs, source)


def _with_outputs_last(
    observations: Observations, outputs: list[str], source: str | Path
) -> Observations:
    for name in outputs:
        if name not in observations.columns:
            raise ConvatlasError(
                f"{source} has no column '{name}', which `outputs` names; "
                f"it has {', '.join(observations.columns)}"
            )
    columns = [*(name for name in observations.columns if name not in outputs), *outputs]
    order = [observations.columns.index(name) for name in columns]
    return Observations(tuple(columns), observations.values[:, order])
