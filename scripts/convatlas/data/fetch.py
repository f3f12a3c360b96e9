"""Fetch files from outside: from the cache, a mirror or the network, and never without a digest.

Each file is declared once, in ``config/datasets.yaml``, with its size and sha256. As the content is
known beforehand, the digest decides everything: whether a cached copy serves, whether a mirror is
right, whether the two halves of a download that was taken up again fit together.
"""

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import platformdirs
from filelock import FileLock

from convatlas.data.download import Progress, download
from convatlas.data.remote import (
    CHECKSUMS,
    FetchError,
    RemoteFile,
    SourceError,
    check_content,
    describe_file,
    is_url,
    verify_file,
)
from convatlas.data.transfer import copy_whole, measure_content
from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path


def default_cache() -> Path:
    """Return the cache folder: ``CONVATLAS_CACHE``, or where the system keeps a user's caches."""
    chosen = os.environ.get("CONVATLAS_CACHE") or platformdirs.user_cache_path("convatlas")
    return Path(chosen).expanduser().absolute()


def choose_mirror(configured: str | None) -> str | None:
    """Return the mirror: ``CONVATLAS_MIRROR`` when it is set and not empty, else `configured`.

    Parameters
    ----------
    configured : str or None
        ``mirror:`` of the config, a folder or an http(s) url; None or empty for no mirror.

    Raises
    ------
    ConvatlasError
        If the mirror is a folder that does not exist.
    """
    chosen, source = os.environ.get("CONVATLAS_MIRROR"), "the environment variable CONVATLAS_MIRROR"
    without = "unset it"
    if not chosen:
        chosen, source, without = configured, "`mirror:` in the config", "set it to null"
    if chosen and not is_url(chosen) and not Path(chosen).expanduser().is_dir():
        raise ConvatlasError(
            f"There is no folder {Path(chosen).expanduser().absolute()}, which {source} names as "
            f"the mirror.\nCorrect it (a folder or an http(s) url), or {without} to do without."
        )
    return chosen or None


def fetch_file(
    remote: RemoteFile,
    destination: Path | str,
    *,
    mirror: Path | str | None = None,
    cache: Path | str | None = None,
    progress: Progress | None = None,
    timeout: float = 30.0,
    attempts: int = 5,
    backoff: float = 1.0,
) -> str:
    """Bring a file to `destination`, verified, from the first source that has it.

    The cache is asked first, then the mirror, then the urls in order. What comes over the network
    goes into the cache, by way of a ``.part`` file from which a later call goes on; calls for the
    same file at the same time wait for one another. `destination` is a copy of its own, and
    appears (or is replaced) complete or not at all.

    Parameters
    ----------
    remote : RemoteFile
        What to fetch, and where to.
    destination : Path or str
        File to write.
    mirror, cache : Path or str, optional
        A folder, or an http(s) url, that holds files by their names; :func:`default_cache`.
    progress : callable, optional
        Called with the bytes there and the bytes in all (None if not known) during a download.
    timeout : float
        Seconds to wait for a connection, and for the next bytes.
    attempts, backoff : int, float
        How often a url may fail without one new byte; seconds to wait at first, then doubled.

    Returns
    -------
    str
        Where it came from: ``"cache"``, ``"mirror"`` or the url.

    Raises
    ------
    FetchError
        If no source gave it or it could not be written; the message says what went wrong with
        each, and where to put the file by hand.
    """
    destination = Path(destination)
    entry = (Path(cache).expanduser().absolute() if cache else default_cache()) / remote.name
    on_disk, on_web = [("cache", entry)], [(url, url) for url in remote.urls]
    if mirror and is_url(str(mirror)):
        on_web.insert(0, ("mirror", f"{str(mirror).rstrip('/')}/{quote(remote.name)}"))
    elif mirror:
        on_disk.append(("mirror", Path(mirror).expanduser() / remote.name))
    tried: list[str] = []
    try:
        for origin, path in on_disk:  # these need neither a lock nor a cache that can be written
            with _noting(f"{origin} {path}", tried):
                _install(path, destination, remote)
                return origin
        entry.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{entry}.lock"):
            with contextlib.suppress(SourceError):  # another process may have brought it
                _install(entry, destination, remote)
                return "cache"
            if entry.exists():
                entry.replace(f"{entry}.bad")  # set aside: it may be all that somebody has
            for origin, url in on_web:
                with _noting(f"{'mirror ' if origin == 'mirror' else ''}{_shown(url)}", tried):
                    part = _part_of(entry, url, remote)
                    download(url, part, remote, progress, timeout, attempts, backoff)
                    part.replace(entry)
                    for _, other in on_web:
                        _part_of(entry, other, remote).unlink(missing_ok=True)
                    _install(entry, destination, remote)
                    return origin
    except (OSError, NotImplementedError) as error:  # the latter: a file system without locks
        tried.append(f"stopped, as the disk does not take it: {error}")
        raise FetchError(_advice(remote, entry, tried)) from error
    raise FetchError(_advice(remote, entry, tried))


def pack_files(remotes: Iterable[RemoteFile], folder: Path | str, **fetching: Any) -> Path:  # noqa: ANN401
    """Lay files out in a folder that serves as ``mirror:`` on a machine without a network.

    What is there already and right is kept. `fetching` are the options of :func:`fetch_file`.

    Returns
    -------
    Path
        A ``SHA256SUMS`` (for ``sha256sum -c``) of these files as they lie.

    Raises
    ------
    FetchError
        If any file cannot be had: the others are packed all the same, and the message has all.
    """
    folder, sums, failures = Path(folder), [], []
    for remote in remotes:
        path = folder / remote.name
        try:
            try:
                verify_file(path, remote)
            except FetchError:
                fetch_file(remote, path, **fetching)
            sums.append(f"{measure_content(path)[1]}  {remote.name}\n")
        except FetchError as error:
            failures.append(str(error))
    with atomic_path(folder / CHECKSUMS) as partial:
        partial.write_text("".join(sorted(sums, key=lambda line: line[66:])), encoding="utf-8")
    if failures:
        raise FetchError("\n\n".join(failures))
    return folder / CHECKSUMS


def _advice(remote: RemoteFile, entry: Path, tried: list[str]) -> str:
    lines = [f"Could not fetch {describe_file(remote)}.", *(tried or ["no source is declared"])]
    lines += [
        f"By hand: put it at {entry} (CONVATLAS_CACHE names another cache folder), or let",
        f"CONVATLAS_MIRROR (`mirror:` in the config) be what holds it as {remote.name}",
    ]
    return "\n  ".join(lines)


@contextlib.contextmanager
def _noting(source: str, tried: list[str]) -> Iterator[None]:
    """Note why a source failed, and let the next one be tried."""
    try:
        yield
    except SourceError as error:
        tried.append(f"{source}: {error}")


def _shown(url: str) -> str:
    """Leave a user and password out of an url: messages end in logs."""
    return urlsplit(url)._replace(netloc=urlsplit(url).netloc.rpartition("@")[2]).geturl()


def _install(source: Path, destination: Path, remote: RemoteFile) -> None:
    """Copy a file and check the copy, not the original, which may change in between."""
    try:
        reader = source.open("rb")
    except OSError as error:
        raise SourceError(error.strerror or str(error)) from error
    with reader:
        copy_whole(reader, destination, check=lambda partial: check_content(partial, remote))


def _part_of(entry: Path, url: str, remote: RemoteFile) -> Path:
    """Name the unfinished download; compressions differ, so a gzip goes on only at its own url."""
    own = "" if remote.content == "plain" else f".{hashlib.sha256(url.encode()).hexdigest()[:8]}"
    return entry.with_name(f"{entry.name}{own}.part")
