"""Take files out of zip and tar archives, safely.

An archive is somebody else's: its member names may climb out of the folder they are unpacked in,
its links may point anywhere, and a few kilobytes of it may unpack to a full disk. So only plain
files and folders are taken, each name is checked, bytes are counted as they come (never as the
archive declares them), and whatever fails leaves nothing behind.
"""

import contextlib
import functools
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path

LIMIT = 4 * 1024**3  # bytes one archive may unpack to, unless the caller allows more
MAX_MEMBERS = 200_000  # empty files fill a disk too: each takes an inode
_CHUNK = 1 << 18
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # with members, and without any
_BROKEN = (  # all that zipfile and tarfile are known to raise on bytes that make no sense
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, ValueError, LookupError, RuntimeError, NotImplementedError),
)


class ArchiveError(ConvatlasError):
    """An archive, or a member of it, is corrupt, unsafe or too large; the message names both."""


@dataclass(frozen=True)
class _Member:
    name: str
    is_folder: bool
    is_plain: bool  # a file with bytes of its own: no link, no device
    open: Callable[[], IO[bytes] | None]
    check: Callable[[], object]  # the library's own opinion of the member


def extract_member(
    archive: Path | str, member: str, destination: Path | str, *, limit: int = LIMIT
) -> None:
    """Unpack one file of a zip or tar (plain, gzip, bzip2, xz) archive.

    Parameters
    ----------
    archive : Path or str
        The archive; its kind is told from its content.
    member : str
        Name of the file within it, with ``/`` between folders. Where the archive holds it twice,
        the last counts, as with ``tar`` and ``unzip``.
    destination : Path or str
        File to write; replaced if it exists, untouched if anything fails.
    limit : int
        Most bytes that the member may unpack to.

    Raises
    ------
    ArchiveError
        If there is no such member, if it is a link, a device or a folder, if its name climbs out
        of the archive's folder, if it is larger than `limit`, if the archive is corrupt, or if the
        destination cannot be written.
    """
    archive, destination, wanted = Path(archive), Path(destination), PurePosixPath(member)
    seen: list[str] = []
    found = False
    with _told(archive, [member]), atomic_path(destination) as partial:
        for entry in _members(archive, MAX_MEMBERS):
            if PurePosixPath(entry.name) != wanted:
                seen.append(entry.name)
                continue
            _path_of(entry)
            if entry.is_folder:
                raise ArchiveError("is a folder, not a file")
            _copy(entry, partial, limit)
            found = True
        if not found:
            some = ", ".join(seen[:5]) + (", …" if len(seen) > 5 else "")
            raise ArchiveError(f"no such member; the archive holds {some or 'nothing'}")


def extract_archive(
    archive: Path | str,
    folder: Path | str,
    *,
    prefix: str = "",
    limit: int = LIMIT,
    max_members: int = MAX_MEMBERS,
) -> list[str]:
    """Unpack a zip or tar (plain, gzip, bzip2, xz) archive, or one folder of it, into a new folder.

    Parameters
    ----------
    archive : Path or str
        The archive; its kind is told from its content.
    folder : Path or str
        Folder to make. It must not exist yet, or be empty; it appears complete or not at all.
    prefix : str
        Folder within the archive: only what lies below it is unpacked, without this prefix.
    limit : int
        Most bytes that all members together may unpack to.
    max_members : int
        Most members that the archive may have.

    Returns
    -------
    list of str
        The files' paths below `folder`, sorted.

    Raises
    ------
    ArchiveError
        If any member in question is a link or a device or has a name that climbs out of the
        folder, if a limit is passed, if nothing lies below `prefix`, if the archive is corrupt, if
        the folder holds files already or cannot be written.
    """
    archive, folder, below = Path(archive), Path(folder), PurePosixPath(prefix)
    files: set[str] = set()
    current = [prefix]
    with _told(archive, current), atomic_path(folder) as partial:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ArchiveError(f"{folder} exists already")
        partial.mkdir()
        written = 0
        for entry in _members(archive, max_members):
            current[0] = entry.name
            if prefix and not PurePosixPath(entry.name).is_relative_to(below):
                continue  # without a prefix every name counts, so that "/x" is refused, not lost
            path = _path_of(entry).relative_to(below)
            if entry.is_folder:
                (partial / path).mkdir(parents=True, exist_ok=True)
            else:
                (partial / path).parent.mkdir(parents=True, exist_ok=True)
                written += _copy(entry, partial / path, limit - written)
                files.add(str(path))
        current[0] = prefix
        if not files:
            raise ArchiveError("nothing to unpack there")
    return sorted(files)


@contextlib.contextmanager
def _told(archive: Path, member: list[str]) -> Iterator[None]:
    """Turn every failure into an ArchiveError that names the archive and the current member."""
    try:
        yield
    except (ArchiveError, *_BROKEN) as error:
        where = f"{archive}, member {member[0]!r}" if member[0] else f"{archive}"
        known = isinstance(error, ArchiveError)
        # only a write names a file: what zipfile and tarfile raise on bad bytes has none
        system = isinstance(error, OSError) and error.filename and error.errno
        reason = f"{error}" if known or system else f"corrupt or unsafe ({error or 'cut short'})"
        raise ArchiveError(f"{where}: {reason}") from (error.__cause__ if known else error)


def _members(archive: Path, max_members: int) -> Iterator[_Member]:
    """Go through an archive once, front to back; a tar that is cut short fails at its end."""
    with archive.open("rb") as handle:
        magic = handle.read(4)
    listed: Iterator[_Member]
    with contextlib.ExitStack() as stack:
        if magic in _ZIP_MAGIC:
            listed = _zip_members(stack.enter_context(zipfile.ZipFile(archive)))
        else:
            listed = _tar_members(stack.enter_context(tarfile.open(archive)))
        for count, member in enumerate(listed, start=1):
            if count > max_members:
                raise ArchiveError(f"more than {max_members} members")
            yield member


def _zip_members(opened: zipfile.ZipFile) -> Iterator[_Member]:
    for info in opened.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where the archive is not from Unix
        is_plain = kind in (0, stat.S_IFREG) and not info.is_dir()
        opener = functools.partial(opened.open, info)
        yield _Member(info.filename, info.is_dir(), is_plain, opener, lambda: None)


def _tar_members(opened: tarfile.TarFile) -> Iterator[_Member]:
    for info in opened:
        opener = functools.partial(opened.extractfile, info)
        # any folder will do: what counts is whether the member stays inside it
        check = functools.partial(tarfile.data_filter, info, os.sep + "folder")
        yield _Member(info.name, info.isdir(), info.isfile(), opener, check)
    # tarfile takes a damaged header, or none, for the end of the archive; the true end is a block
    # of zeros. Reading on to the last byte makes the decompressor compare its own checksum.
    opened.fileobj.seek(opened.offset)
    block = opened.fileobj.read(tarfile.BLOCKSIZE)
    if len(block) < tarfile.BLOCKSIZE or any(block):
        raise EOFError("damaged, or cut short, after its last readable member")
    while opened.fileobj.read(_CHUNK):
        pass


def _path_of(entry: _Member) -> PurePosixPath:
    """Return a member's path, if it stays within its folder and is a plain file or a folder."""
    path = PurePosixPath(entry.name)
    drive = ":" in (path.parts[0] if path.parts else "")
    if path.is_absolute() or ".." in path.parts or "\\" in entry.name or drive:
        raise ArchiveError("its name climbs out of the folder it is unpacked in")
    if not (entry.is_plain or entry.is_folder):
        raise ArchiveError("is a link or a device; only files and folders are unpacked")
    entry.check()
    return path


def _copy(entry: _Member, target: Path, limit: int) -> int:
    """Write a member's bytes, at most `limit` of them; return how many there were."""
    count = 0
    with entry.open() as source, target.open("wb") as sink:
        while chunk := source.read(_CHUNK):
            count += len(chunk)
            if count > limit:
                raise ArchiveError(f"unpacks to more than the {limit} bytes that are allowed")
            sink.write(chunk)
    return count
