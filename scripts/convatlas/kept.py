"""Answers about files, kept from one run to the next by what the files hold."""

import functools
import hashlib
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from convatlas.files import write_json

MOST = 5000
"""So many answers are kept at most; a run of this project asks for some eight hundred."""


@functools.cache
def content_of(path: Path) -> bytes:
    """Read a file, once in a process: its digest and all answers are about the same content."""
    return path.read_bytes()


@functools.cache
def _digest(path: Path) -> str:
    return hashlib.sha256(content_of(path)).hexdigest()


class KeptAnswers:
    """Answers to questions about files' content, in memory and, once there is one, in a file.

    An answer is found again by its question and the file's content, so none goes stale: not by
    dates, not in another branch. Without a file, or where it cannot be read or written, all is
    worked out anew.

    Parameters
    ----------
    *asked_by : Path
        The code that works answers out: when it changes, what is kept no longer counts.
    """

    def __init__(self, *asked_by: Path) -> None:
        digests = "".join(_digest(path) for path in asked_by)
        # what Python makes of a file is its version's
        self._version = f"{sys.version_info[0]}.{sys.version_info[1]} {digests}"
        self._answers: dict[str, Any] = {}
        self._used: set[str] = set()
        self._file: Path | None = None
        self._is_changed = False

    def keep_in(self, file: Path) -> None:
        """Use the answers in a JSON file from now on, and put new ones there."""
        self._file = file.absolute()  # Snakemake leaves the folder before it ends
        with suppress(OSError, ValueError, AttributeError, KeyError, TypeError):
            kept = json.loads(file.read_text(encoding="utf-8"))
            if kept.get("version") == self._version:
                self._answers = {**kept["answers"], **self._answers}

    def find(self, question: str, path: Path, work_out: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Return the answer about a file (what JSON can hold), worked out if it has to be.

        It is to be worked out from what :func:`content_of` gives, or it may be kept for another
        content than it is about.
        """
        key = f"{question} {_digest(path)}"
        self._used.add(key)
        if key not in self._answers:
            self._answers[key] = work_out()
            self._is_changed = True
        return self._answers[key]

    def save(self) -> None:
        """Write the file if there is one, and anything new."""
        if self._file is None or not self._is_changed:
            return
        if len(self._answers) > MOST:
            self._answers = {key: self._answers[key] for key in self._used}
        with suppress(OSError):  # a folder that cannot be written to: the next run works it out
            write_json(self._file, {"version": self._version, "answers": self._answers})
            self._is_changed = False
