"""Writing files so that none is ever half there under its final name."""

import contextlib
import errno
import glob
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_STALE = 3600.0  # seconds without a write after which a temporary file's writer must be dead
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # a write meets them, and names no file


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that becomes ``path`` when the block succeeds.

    Parameters
    ----------
    path : str or Path
        The final name, of a file or of a folder; a folder must not exist yet, or be empty. Its
        parent folder is made when absent.

    Yields
    ------
    Path
        Where to write: nothing exists there yet, and it ends in the suffix of ``path``, which some
        writers look at. On an error it is removed and ``path`` is left as it was.

    Raises
    ------
    OSError
        If it cannot be written. For a disk or a quota that is full, the file is named.

    Notes
    -----
    A file is flushed to disk before it is renamed: after a power cut there is the old file or the
    new one, nothing between. What a killed process left is removed by a later call for the same
    ``path``.
    """
    final = Path(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    _sweep(final)
    part = final.with_name(f".{final.name}.{uuid.uuid4().hex[:8]}.part{final.suffix}")
    try:
        yield part
        if part.is_file():
            with part.open("rb") as written:
                os.fsync(written.fileno())
        part.replace(final)
    except OSError as error:
        if error.errno in _FULL:
            error.filename = error.filename or str(part)
        raise
    finally:
        _remove(part)


def _sweep(final: Path) -> None:
    """Remove what killed processes left; a young one's writer may be alive."""
    name, suffix = glob.escape(final.name), glob.escape(final.suffix)
    for left in final.parent.glob(f".{name}.????????.part{suffix}"):
        with contextlib.suppress(OSError):  # it may vanish meanwhile: its writer was alive
            if time.time() - left.stat().st_mtime > _STALE:
                _remove(left)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: str | Path, value: Any, *, indent: int | None = 2) -> None:  # noqa: ANN401
    """Write a value as JSON, atomically; NaN is refused (it is not JSON)."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    with atomic_path(path) as part:
        part.write_text(text + "\n", encoding="utf-8")


def write_yaml(path: str | Path, value: Any) -> None:  # noqa: ANN401
    """Write a value as YAML, atomically, keys in their order."""
    with atomic_path(path) as part:
        text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
        part.write_text(text, encoding="utf-8")


def read_json(path: str | Path) -> Any:  # noqa: ANN401
    """Read a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def sha256_of(path: str | Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
