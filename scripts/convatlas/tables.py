"""Reading and writing the text files that pass between the stages."""

from collections.abc import Iterable, Mapping
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


def read_repeated(paths: Iterable[str | Path]) -> dict[str, list[pd.DataFrame]]:
    """Read CSV files by the folder two levels up, such as ``denoisers/{name}/{seed}/``."""
    tables: dict[str, list[pd.DataFrame]] = {}
    for path in map(Path, paths):
        tables.setdefault(path.parts[-3], []).append(pd.read_csv(path))
    return tables


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


def read_painters(scores: Iterable[str | Path], histories: Iterable[str | Path]) -> pd.DataFrame:
    """Join ``painters/{painter}/scores.csv`` with what their histories say of the cost.

    Adds columns painter, images and hours (seen and spent until an epoch's end) and device.
    """
    known = read_named(histories)
    tables = []
    for painter, table in read_named(scores).items():
        history = known[painter]
        spent = pd.DataFrame(
            {
                "epoch": history["epoch"],
                "images": (history["seconds"] * history["images_per_second"]).cumsum().round(),
                "hours": history["seconds"].cumsum() / 3600,
                "device": history["device"],
            }
        )
        tables.append(table.merge(spent, on="epoch").assign(painter=painter))
    return pd.concat(tables, ignore_index=True)


def read_hours(histories: Mapping[str, str | Path]) -> dict[str, float]:
    """Return how long trainings took, of those histories that say so, by their names."""
    tables = {name: pd.read_csv(path) for name, path in histories.items()}
    return {
        name: float(table["seconds"].max() if "step" in table else table["seconds"].sum()) / 3600
        for name, table in tables.items()
        if "seconds" in table
    }
