"""Copy and measure files, and see beforehand whether the disk has room for them."""

import errno
import gzip
import hashlib
import os
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from convatlas.files import atomic_path

_CHUNK = 1 << 18


def require_room(folder: Path, needed: int) -> None:
    """Raise before writing what the disk cannot hold.

    Parameters
    ----------
    folder : Path
        An existing folder on the disk in question.
    needed : int
        Bytes about to be written.

    Raises
    ------
    OSError
        With ``errno.ENOSPC``, as a write on the full disk would.
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(errno.ENOSPC, f"{needed} bytes are needed and {free} are free", str(folder))


def copy_whole(source: IO[bytes], destination: Path, *, check: Callable[[Path], None]) -> None:
    """Copy an open file; the copy takes its name once it has passed `check`.

    Raises
    ------
    OSError
        If it cannot be written; whatever `check` raises.
    """
    with atomic_path(destination) as partial:
        require_room(destination.parent, os.fstat(source.fileno()).st_size)
        with partial.open("wb") as sink:
            shutil.copyfileobj(source, sink, _CHUNK)
        check(partial)


def measure_content(
    path: Path, *, is_gzip: bool = False, most: int | None = None
) -> tuple[int, str]:
    """Return a file's bytes and sha256; of its unpacked content where it `is_gzip`.

    Raises
    ------
    EOFError
        If the gzip is cut short.
    ValueError
        If it is no gzip, is damaged, or has more than `most` bytes (it may have no end).
    OSError
        If it cannot be read.
    """
    count, digest = 0, hashlib.sha256()
    try:
        with gzip.open(path) if is_gzip else path.open("rb") as source:
            while chunk := source.read(_CHUNK):
                count += len(chunk)
                digest.update(chunk)
                if most is not None and count > most:
                    raise ValueError(f"holds more than {most} bytes")
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"no valid gzip ({error})") from error
    return count, digest.hexdigest()
