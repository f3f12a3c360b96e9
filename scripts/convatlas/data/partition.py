"""A table of observations in use: scaled, and divided for training, validation and test."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from convatlas.data.observations import MinMax, Observations, load_observations
from convatlas.data.shares import split_uniformly
from convatlas.errors import ConvatlasError
from convatlas.files import read_json, write_json
from convatlas.seeding import numpy_generator


@dataclass(frozen=True)
class Table:
    """Scaled observations with their parts.

    Attributes
    ----------
    columns : tuple of str
        Names of the variables.
    outputs : tuple of str
        Those of them, the last ones, that are predicted; empty where none is.
    values : numpy.ndarray
        (n, columns) in [0, 1].
    scaling : MinMax
        What leads back to the units of the source.
    parts : dict of str to numpy.ndarray
        Rows of ``train``, ``validation`` and ``test``.
    places : bool
        Whether the outputs are latitude and longitude in degrees.
    """

    columns: tuple[str, ...]
    outputs: tuple[str, ...]
    values: np.ndarray
    scaling: MinMax
    parts: dict[str, np.ndarray]
    places: bool

    @property
    def features(self) -> np.ndarray:
        """(n, features): the columns that are not predicted."""
        return self.values[:, : len(self.columns) - len(self.outputs)]

    @property
    def desired(self) -> np.ndarray:
        """(n, outputs): the columns that are predicted."""
        return self.values[:, len(self.columns) - len(self.outputs) :]

    def part(self, name: str) -> np.ndarray:
        """Return the scaled values of a part, (rows, columns)."""
        return self.values[self.parts[name]]

    def frame(self) -> pd.DataFrame:
        """Return the scaled values with their names."""
        return pd.DataFrame(self.values, columns=list(self.columns))

    def part_of_rows(self) -> np.ndarray:
        """Return the part of each row, (n,) of str."""
        parts = np.empty(len(self.values), dtype=object)
        for part, rows in self.parts.items():
            parts[rows] = part
        return parts

    def restore_outputs(self, scaled: np.ndarray) -> np.ndarray:
        """Bring scaled outputs (n, outputs) back to the units of the source."""
        return self.output_scaling.restore(scaled)

    @property
    def output_scaling(self) -> MinMax:
        """The scaling of the columns that are predicted."""
        first = len(self.columns) - len(self.outputs)
        return MinMax(self.scaling.minimum[first:], self.scaling.maximum[first:])


def write_partition(
    path: str | Path,
    observations: Observations,
    shares: tuple[float, float, float],
    seed: int,
    *,
    outputs: Sequence[str] = (),
    places: bool = False,
    rows_needed: int = 0,
    features_needed: int = 0,
) -> None:
    """Write ``partition.json``: which row is of which part, and which columns are predicted.

    Raises
    ------
    ConvatlasError
        If there are too few rows or features, for a part or for what comes later.
    """
    features = len(observations.columns) - len(outputs)
    for count, needed, what in (
        (len(observations), rows_needed, "rows, to be divided by origins.folds"),
        (features, features_needed, "features beside what is predicted"),
    ):
        if count < needed:
            raise ConvatlasError(f"{path}: {count} {what}; at least {needed} are needed")
    generator = numpy_generator(seed, "split uniform")
    parts = split_uniformly(len(observations), shares, generator, what="observations")
    write_json(
        path,
        {
            "seed": seed,
            "shares": list(shares),
            "rows": len(observations),
            "observations_sha256": observations.sha256,
            "columns": list(observations.columns),
            "outputs": list(outputs),
            "places": places,
            "parts": {part: indices.tolist() for part, indices in parts.items()},
        },
        indent=None,
    )


def load_table(partition: str | Path) -> Table:
    """Load the table that lies beside a ``partition.json``, scaled.

    Raises
    ------
    ConvatlasError
        If the observations are not those that the partition was made for.
    """
    path = Path(partition)
    observations, witness = load_observations(path.with_name("observations.csv")), read_json(path)
    if observations.sha256 != witness["observations_sha256"]:
        raise ConvatlasError(
            f"{path}: the observations beside it are not the ones it was made for; "
            "make both anew with: snakemake --cores 2 --forcerun partition_observations"
        )
    scaling = MinMax.of(observations.values)
    return Table(
        observations.columns,
        tuple(witness["outputs"]),
        scaling.scale(observations.values),
        scaling,
        {part: np.asarray(rows, np.int64) for part, rows in witness["parts"].items()},
        witness["places"],
    )
