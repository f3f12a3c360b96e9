"""Tables of observations: reading, checking, min-max scaling, saving.

A table is either trusted whole or refused: a missing value, a text among numbers or a column that
never changes stops the run with its column and row, before anything is trained.
"""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.io

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path


@dataclass(frozen=True)
class Observations:
    """Numbers, a row an observation, a column a variable.

    Attributes
    ----------
    columns : tuple of str
        Names of the variables; those that are predicted, if any, come last.
    values : numpy.ndarray
        (n, len(columns)) float64, finite, in the units of the source.
    """

    columns: tuple[str, ...]
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    @property
    def sha256(self) -> str:
        """Digest of names and numbers."""
        names = "\n".join(self.columns).encode()
        numbers = np.ascontiguousarray(self.values, "<f8").tobytes()
        return hashlib.sha256(names + b"\0" + numbers).hexdigest()


@dataclass(frozen=True)
class MinMax:
    """Scaling of each column to [0, 1] (`banoy` and `sepulveda`, equation 1).

    Attributes
    ----------
    minimum, maximum : numpy.ndarray
        (columns,) over all observations, as in the documents, which scale before they split.
    """

    minimum: np.ndarray
    maximum: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> "MinMax":
        """Take the range of each column of (n, columns)."""
        return cls(values.min(axis=0), values.max(axis=0))

    def scale(self, values: np.ndarray) -> np.ndarray:
        """Bring (n, columns) into [0, 1]."""
        return (values - self.minimum) / (self.maximum - self.minimum)

    def restore(self, scaled: np.ndarray) -> np.ndarray:
        """Bring scaled values back to the units of the source."""
        return scaled * (self.maximum - self.minimum) + self.minimum


def read_matlab(path: str | Path, columns: Sequence[str]) -> Observations:
    """Read variables of a MATLAB file (version 7 or older), one column each.

    Parameters
    ----------
    path : str or Path
        The ``.mat`` file.
    columns : sequence of str
        Names of the variables to take, in order; each a vector, all of one length.

    Raises
    ------
    ConvatlasError
        If the file cannot be read, lacks a variable, or the lengths differ; and as
        :func:`check_observations`.
    """
    try:
        content = scipy.io.loadmat(path)
    except Exception as error:  # the reader raises many kinds on a broken file
        raise ConvatlasError(f"{path} cannot be read as a MATLAB file: {error}") from error
    held = [name for name in content if not name.startswith("__")]
    for name in columns:
        if name not in held:
            raise ConvatlasError(f"{path} has no variable '{name}'; it has {', '.join(held)}")
    lengths = {name: content[name].size for name in columns}
    if len(set(lengths.values())) > 1:
        raise ConvatlasError(f"{path}: the variables are not of one length: {lengths}")
    table = pd.DataFrame({name: np.ravel(content[name]) for name in columns})
    return check_observations(table, source=str(path))


def read_text(
    path: str | Path, columns: Sequence[str] | None = None, *, member: str | None = None
) -> Observations:
    """Read a comma-separated table.

    Parameters
    ----------
    path : str or Path
        The file, or a zip archive that holds it.
    columns : sequence of str, optional
        Names of the columns of a file without a header; else its first row has them.
    member : str, optional
        Name of the table within the zip archive `path`.

    Raises
    ------
    ConvatlasError
        If the file or member cannot be read or has another number of columns; and as
        :func:`check_observations`.
    """
    source = f"{path}" if member is None else f"{path}, {member}"
    try:
        if member is None:
            content = Path(path).read_bytes()
        else:
            with zipfile.ZipFile(path) as archive:
                content = archive.read(member)
        names = list(columns) if columns else _read_header(content)
        # blank lines count, so that the row named in an error is the row of the file
        table = pd.read_csv(
            io.BytesIO(content),
            header=None,
            skiprows=0 if columns else 1,
            skip_blank_lines=False,
            skipinitialspace=True,
        )
    except pd.errors.EmptyDataError:
        raise ConvatlasError(f"{source} has no rows") from None
    except (OSError, KeyError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ConvatlasError(f"{source} cannot be read as a table: {error}") from error
    if table.shape[1] != len(names):
        told = "are expected" if columns else "are named in its first row"
        raise ConvatlasError(f"{source} has {table.shape[1]} columns, {len(names)} {told}")
    table.columns = names
    return check_observations(table, source=source, first_row=1 if columns else 2)


def _read_header(content: bytes) -> list[str]:
    """Read the first row by itself.

    With it, pandas would rename what stands there twice, and take the first field of rows that are
    longer for their index.
    """
    named = pd.read_csv(io.BytesIO(content), header=None, nrows=1, dtype=str, skipinitialspace=True)
    return [str(name) for name in named.iloc[0]]


def check_observations(table: pd.DataFrame, *, source: str, first_row: int = 1) -> Observations:
    """Make sure that a table is all numbers and that every column varies.

    Parameters
    ----------
    table : pandas.DataFrame
        As it was read.
    source : str
        For messages.
    first_row : int
        Row of the file in which the first observation stands.

    Raises
    ------
    ConvatlasError
        If a value is missing, infinite or a text, a column is constant, or a name stands twice;
        column and row are named.
    """
    names = tuple(str(name) for name in table.columns)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConvatlasError(f"{source}: column '{twice[0]}' stands there twice; rename one")
    if len(table) == 0:
        raise ConvatlasError(f"{source} has no rows")
    values = np.empty(table.shape)
    for index, name in enumerate(names):
        column = table.iloc[:, index]
        numbers = pd.to_numeric(column, errors="coerce")
        # bool is a number to pandas; here it is a text
        numbers = numbers.mask(column.map(lambda value: isinstance(value, bool)))
        values[:, index] = numbers
        bad = np.flatnonzero(~np.isfinite(values[:, index]))
        if len(bad):
            raise ConvatlasError(_describe(source, name, column.iloc[bad[0]], bad, first_row))
        if values[:, index].min() == values[:, index].max():
            raise ConvatlasError(
                f"{source}: column '{name}' is {values[0, index]:g} in every row, so that it "
                "cannot be scaled to [0, 1] and says nothing; leave it out"
            )
    return Observations(names, values)


def _describe(source: str, name: str, value: object, bad: np.ndarray, first_row: int) -> str:
    what = f"'{value}', not a number"
    if value is None or (isinstance(value, float) and np.isnan(value)):
        what = "a missing value"
    elif isinstance(value, float):
        what = "infinite"
    more = f" (and {len(bad) - 1} more in this column)" if len(bad) > 1 else ""
    return f"{source}: column '{name}', row {bad[0] + first_row} has {what}{more}; mend or drop it"


def save_observations(path: str | Path, observations: Observations) -> None:
    """Write a table as text, from which the same bits are read again."""
    table = pd.DataFrame(observations.values, columns=list(observations.columns))
    with atomic_path(path) as part:
        table.to_csv(part, index=False)  # the shortest digits that give the number back


def load_observations(path: str | Path) -> Observations:
    """Read what :func:`save_observations` wrote."""
    table = pd.read_csv(path)
    return check_observations(table, source=str(path), first_row=2)
