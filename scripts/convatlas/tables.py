"""Reading and writing the text files that pass between the stages."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from convatlas.files import atomic_path, read_json


def read_histories(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Join ``models/{model}/{seed}/history.csv`` files, with columns model and seed."""
    tables = []
    for path in map(Path, paths):
        model, seed = path.parts[-3], int(path.parts[-2])
        tables.append(pd.read_csv(path).assign(model=model, seed=seed))
    return pd.concat(tables, ignore_index=True)


def read_metrics(paths: Iterable[str | Path]) -> dict[str, dict[str, Any]]:
    """Read ``evaluation/{model}/metrics.json`` files, by model."""
    return {Path(path).parts[-2]: read_json(path) for path in paths}


def read_named(paths: Iterable[str | Path]) -> dict[str, pd.DataFrame]:
    """Read CSV files by the folder that each lies in, such as ``autoencoders/{name}/``."""
    return {Path(path).parts[-2]: pd.read_csv(path) for path in paths}


def write_csv(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, atomically, without its index."""
    with atomic_path(path) as part:
        table.to_csv(part, index=False)


def read_gans(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Join CSV files of GANs, with columns gan, seed, and, where there are folders of it, features.

    They lie in ``gans/{gan}/{seed}/`` or ``gans/{gan}/{seed}/{features}/``.
    """
    tables = []
    for path in map(Path, paths):
        names = path.parts[len(path.parts) - path.parts[::-1].index("gans") : -1]
        about = dict(zip(("gan", "seed", "features"), names, strict=False))
        tables.append(pd.read_csv(path).assign(**about | {"seed": int(about["seed"])}))
    return pd.concat(tables, ignore_index=True)
