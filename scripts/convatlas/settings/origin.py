"""Where a key of the config came from, and how it is named in a message."""

import difflib
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

Known = Callable[[list[str | int], str, Iterable[str], str], Iterator[str]]
"""Gives a fault if a value is not among the names that it may take."""


def read_yaml(text: str) -> Any:  # noqa: ANN401
    """Read YAML by libyaml where there is one: every start of a job waits for it."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe


class Origin:
    """Finds what a key of the merged config came from: ``--config``, or the last file with it."""

    def __init__(self, files: Iterable[Path], given: Mapping[str, Any]) -> None:
        self._files = list(files)
        self._given = given

    @functools.cached_property
    def _contents(self) -> list[tuple[str, Any]]:
        texts = [(str(file), file.read_text(encoding="utf-8")) for file in reversed(self._files)]
        read = [(file, read_yaml(text) or {}) for file, text in texts]
        return [("--config", self._given), *read]

    def __call__(self, path: Sequence[str | int]) -> str:
        """Name the source of a key, or of the nearest one above it that has one."""
        keys = [part for part in path if isinstance(part, str)]
        for length in range(len(keys), 0, -1):
            for file, content in self._contents:
                value = content
                try:
                    for key in keys[:length]:
                        value = value[key]
                except (KeyError, TypeError, IndexError):
                    continue
                return file
        return "config"


def place_of(path: Sequence[str | int]) -> str:
    """Write where a key stands, as ``models.lenet5.targets[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text or "(top level)"


def guess(word: str, known: Iterable[str]) -> str:
    """Say what may have been meant: the nearest name, or all there are."""
    known = sorted(known)
    near = difflib.get_close_matches(str(word), known, n=1, cutoff=0.5)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known: {', '.join(known)}"
