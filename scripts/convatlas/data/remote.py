"""What a file from outside must be, and whether a file on this disk is it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from convatlas.data.transfer import measure_content
from convatlas.errors import ConvatlasError

CHECKSUMS = "SHA256SUMS"
ARCHIVE_BYTES = 2**28
"""The most that an archive of a small file may measure."""


class FetchError(ConvatlasError):
    """A file cannot be had, or is not what was declared; the message says what to do about it."""


class SourceError(Exception):
    """One source failed; `again`: a later attempt may not. `delay`: seconds the server asks for."""

    def __init__(self, reason: str, *, again: bool = False, delay: float = 0.0) -> None:
        super().__init__(reason)
        self.again, self.delay = again, delay


class ShortError(SourceError):
    """The content is wrong, perhaps only because its end is not there yet."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that comes from outside; a field that makes no sense is a ConvatlasError.

    Parameters
    ----------
    name : str
        Its relative path in a mirror, in the cache and in a packed folder, with ``/``.
    urls : tuple of str
        Where it is published, best first; empty if it can only be had by hand.
    size, sha256 : int, str
        Bytes and hexadecimal digest; of the unpacked content if `content` is not ``"plain"``.
    content : {"plain", "gzip", "zip"}
        ``"gzip"``, ``"zip"``: any compression or archive of the same content is as good.
    member : str
        The file within a zip archive that counts.
    """

    name: str
    urls: tuple[str, ...]
    size: int
    sha256: str
    content: str = "plain"
    member: str = ""

    def __post_init__(self) -> None:
        path = PurePosixPath(self.name)
        # no line ends, which split a checksum list, and none of the names that the cache needs
        plain = re.fullmatch(r"[^\x00-\x1f\x7f\\]+(?<!\.part)(?<!\.lock)(?<!\.bad)", self.name)
        inside = not path.is_absolute() and ".." not in path.parts and str(path) == self.name
        fine = {
            "name": plain and inside and self.name not in (".", CHECKSUMS),
            "urls": all(is_url(str(url)) for url in self.urls),
            "size": type(self.size) is int and self.size > 0,
            "sha256": re.fullmatch("[0-9a-f]{64}", self.sha256),
            "content": self.content in ("plain", "gzip", "zip"),
            "member": bool(self.member) == (self.content == "zip"),
        }
        for field in (field for field, is_fine in fine.items() if not is_fine):
            raise ConvatlasError(f"{self.name!r}: {field} cannot be {getattr(self, field)!r}")

    @classmethod
    def from_config(cls, entry: Mapping[str, Any]) -> "RemoteFile":
        """Read an entry of ``config/datasets.yaml``; its other keys (licence, …) are for people.

        Raises
        ------
        ConvatlasError
            If a key is missing or its value makes no sense.
        """
        name = str(entry.get("name"))
        if missing := [key for key in ("name", "urls", "size", "sha256") if key not in entry]:
            raise ConvatlasError(f"{name!r}: lacks {', '.join(missing)}")
        urls = (entry["urls"],) if isinstance(entry["urls"], str) else tuple(entry["urls"] or ())
        digest = str(entry["sha256"]).lower()
        packing = entry.get("content", "plain"), entry.get("member", "")
        return cls(name, urls, entry["size"], digest, *packing)

    @property
    def most_bytes(self) -> int:
        """The most that the file as it lies can measure."""
        if self.content == "zip":  # what else the archive holds is not known
            return max(ARCHIVE_BYTES, 2 * self.size)
        # deflate adds 5 bytes to a block that it cannot compress, gzip a short header
        return self.size if self.content == "plain" else self.size + self.size // 1000 + 65536


def is_url(text: str) -> bool:
    """Tell an http(s) url from a path."""
    return re.match("https?://[^/]", text) is not None


def verify_file(path: Path | str, remote: RemoteFile) -> None:
    """Check a file's content against its declared size and sha256.

    Raises
    ------
    FetchError
        If it differs, with what was found and expected, or if it cannot be read.
    """
    try:
        check_content(Path(path), remote)
    except (SourceError, OSError) as error:
        raise FetchError(f"{path} is not {describe_file(remote)}: {error}") from error


def describe_file(remote: RemoteFile) -> str:
    """Say what a file must be, for messages."""
    what = {"plain": "", "gzip": ", of the unpacked content", "zip": f", of {remote.member} in it"}
    of = what[remote.content]
    return f"{remote.name} (expected: {remote.size} bytes, sha256 {remote.sha256}{of})"


def check_content(path: Path, remote: RemoteFile) -> None:
    """Raise SourceError, with what was found, unless the content is the declared one."""
    most = None if remote.content == "plain" else remote.size
    try:
        found = measure_content(path, content=remote.content, member=remote.member, most=most)
    except EOFError as error:
        raise ShortError(f"the {remote.content} ends early") from error
    except ValueError as error:
        raise SourceError(str(error)) from error
    if found != (remote.size, remote.sha256):
        kind = ShortError if found[0] < remote.size else SourceError
        raise kind(f"found {found[0]} bytes, sha256 {found[1]}")
