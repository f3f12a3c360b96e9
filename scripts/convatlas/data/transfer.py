"""Copy and measure files, and see beforehand whether the disk has room for them."""

import contextlib
import errno
import gzip
import hashlib
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
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
    path: Path, *, content: str = "plain", member: str = "", most: int | None = None
) -> tuple[int, str]:
    """Return a file's bytes and sha256; of what it packs where `content` is gzip or zip.

    Parameters
    ----------
    path : Path
        The file.
    content : {"plain", "gzip", "zip"}
        How it is packed.
    member : str
        The file within a zip.
    most : int, optional
        Bytes after which to stop: what is packed may have no end.

    Raises
    ------
    EOFError
        If the gzip, or the zip, is cut short.
    ValueError
        If it is not packed so, is damaged, lacks the member, or has more than `most` bytes.
    OSError
        If it cannot be read.
    """
    count, digest = 0, hashlib.sha256()
    try:
        with _open_content(path, content, member) as source:
            while chunk := source.read(_CHUNK):
                count += len(chunk)
                digest.update(chunk)
                if most is not None and count > most:
                    raise ValueError(f"holds more than {most} bytes")
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        # a zip's list of members is at its end: cut short, it is no zip at all
        if content == "zip" and _first_bytes(path) == b"PK\x03\x04":
            raise EOFError from error
        raise ValueError(f"no valid {content} ({error})") from error
    except (KeyError, RuntimeError, NotImplementedError) as error:  # absent, encrypted, odd method
        raise ValueError(f"'{member}' cannot be read from the zip ({error})") from error
    return count, digest.hexdigest()


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as source:
        return source.read(4)


@contextlib.contextmanager
def _open_content(path: Path, content: str, member: str) -> Iterator[IO[bytes]]:
    match content:
        case "gzip":
            with gzip.open(path) as source:
                yield source
        case "zip":
            with zipfile.ZipFile(path) as archive, archive.open(member) as source:
                yield source
        case _:
            with path.open("rb") as source:
                yield source
