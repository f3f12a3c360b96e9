"""Bring a file over HTTP, going on where an earlier attempt or an earlier run broke off."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import requests
import tenacity
from urllib3.exceptions import HTTPError as BrokenTransfer

from convatlas.data.remote import RemoteFile, ShortError, SourceError, check_content
from convatlas.data.transfer import require_room

Progress = Callable[[int, int | None], None]

_CHUNK = 1 << 16
_LONGEST_WAIT = 60  # seconds between two attempts, whatever a server asks for
_PASSING = {408, 425, 429}  # with the 5xx: statuses that a later attempt may not meet
_PASSING_ERRORS = (requests.ConnectionError, requests.Timeout, BrokenTransfer)


def download(
    url: str,
    part: Path,
    remote: RemoteFile,
    progress: Progress | None,
    timeout: float,
    attempts: int,
    backoff: float,
) -> None:
    """Bring the whole content to `part`, in as many attempts as bring new bytes and a few more.

    Parameters
    ----------
    url : str
        Where to get it.
    part : Path
        File to write; what is there already is gone on with.
    remote : RemoteFile
        What it must be.
    progress : callable or None
        Called with the bytes there and the bytes in all (None if not known).
    timeout : float
        Seconds to wait for a connection, and for the next bytes.
    attempts, backoff : int, float
        How often it may fail without one new byte; seconds to wait at first, then doubled.

    Raises
    ------
    SourceError
        If the url does not give it; `part` is kept when a later call can go on from it.
    OSError
        If `part` cannot be written.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: getattr(error, "again", False)),
        stop=tenacity.stop_after_attempt(attempts),
        wait=tenacity.wait_exponential(backoff, max=_LONGEST_WAIT)
        + tenacity.wait_exception(lambda error: min(error.delay, _LONGEST_WAIT)),
        reraise=True,
    )
    while True:
        before = _length(part)
        try:
            return retrying(_attempt, url, part, remote, progress, timeout)
        except SourceError as error:
            if not error.again or _length(part) <= before:
                raise


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _attempt(
    url: str, part: Path, remote: RemoteFile, progress: Progress | None, timeout: float
) -> None:
    """Ask once, from where `part` ends; no validator is sent, as the digest is known beforehand."""
    start = _length(part)
    whole = remote.content == "plain" and start == remote.size
    headers = {"User-Agent": "convatlas", "Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={start}-"} if start else {}
    try:
        if not whole:
            with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
                start, whole = _receive(response, start, part, remote, progress)
    except (requests.RequestException, BrokenTransfer) as error:
        again = isinstance(error, _PASSING_ERRORS)
        raise SourceError(f"{type(error).__name__}: {error}", again=again) from error
    try:
        check_content(part, remote)
    except SourceError as error:
        error.again = start > 0  # the two halves may be of different files
        if isinstance(error, ShortError) and not whole:
            error.again = True  # the connection may have ended without a word
        else:
            part.unlink()
        raise


def _receive(
    response: requests.Response,
    start: int,
    part: Path,
    remote: RemoteFile,
    progress: Progress | None,
) -> tuple[int, bool]:
    """Write an answer to `part`; return where it began, and whether the server said it was all."""
    status, told = response.status_code, response.headers
    if status == 416 and start:
        return start, True  # there is nothing beyond what is there
    if status not in (200, 206):
        pause = told.get("Retry-After", "")
        raise SourceError(
            f"HTTP {status} {response.reason}",
            again=status >= 500 or status in _PASSING,
            delay=float(pause) if pause.isdecimal() else 0.0,
        )
    length = told.get("Content-Length", "*")
    if status == 206:
        span = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", told.get("Content-Range", ""))
        if not span or int(span[1]) != start:
            part.unlink(missing_ok=True)
            raise SourceError("answers with a range that was not asked for", again=start > 0)
        length = span[2]
    else:
        start = 0  # ranges are not its custom
    total = int(length) if length.isdecimal() else None
    is_plain = remote.content == "plain"
    if total is not None and (total != remote.size if is_plain else total > remote.most_bytes):
        raise SourceError(f"offers {total} bytes, not the file that is declared")
    require_room(part.parent, (total or (remote.size if is_plain else 0)) - start)
    done = start
    try:
        with part.open("ab" if start else "wb") as sink:
            # raw: a .gz must not be unpacked on its way, whatever the headers say
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                done += len(chunk)
                if done > remote.most_bytes:
                    raise SourceError(f"sends more than the {remote.size} bytes declared")
                sink.write(chunk)
                if progress:
                    progress(done, total)
            sink.flush()
            os.fsync(sink.fileno())
    except (SourceError, OSError) as error:
        part.unlink(missing_ok=True)  # too long, or the disk is full: it would stay so
        if isinstance(error, OSError):
            error.filename = error.filename or str(part)
        raise
    return start, done == total
