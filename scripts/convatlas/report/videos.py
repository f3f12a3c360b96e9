"""Lay out the page of videos: each clip before and after, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convatlas.errors import ConvatlasError

FOLDER = "videos"
"""Of the report: its videos are files beside the pages."""


@dataclass(frozen=True)
class Restyled:
    """A clip in one style."""

    anchor: str
    title: str
    about: str
    file: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Film:
    """A clip, and all that was made of it."""

    anchor: str
    title: str
    licence: str
    is_made: bool
    file: str
    restyled: tuple[Restyled, ...]


@dataclass(frozen=True)
class Screening:
    """All films of a report, and where their files come from."""

    films: tuple[Film, ...]
    sources: Mapping[str, Path]


def lay_out_videos(entries: Sequence[Mapping[str, Any]]) -> Screening:
    """Name the videos of the report and the files that they are copies of.

    Parameters
    ----------
    entries : sequence of mapping
        Per clip ``name``, ``title``, ``licence``, ``nature``, ``path``, and ``styles``: per style
        ``name``, ``title``, ``about``, ``path`` and ``facts`` (label to text).

    Returns
    -------
    Screening
        The films, and per file name in the report the file it is copied from.

    Raises
    ------
    ConvatlasError
        If a file is not there.
    """
    sources: dict[str, Path] = {}

    def take(name: str, path: str | Path) -> str:
        if not Path(path).is_file():
            raise ConvatlasError(f"{path}, a video of the report, is not there")
        place = f"{FOLDER}/{name}{Path(path).suffix}"
        sources[place] = Path(path)
        return place

    films = [
        Film(
            anchor=entry["name"],
            title=entry["title"],
            licence=entry["licence"],
            is_made=entry["nature"] != "real",
            file=take(entry["name"], entry["path"]),
            restyled=tuple(
                Restyled(
                    anchor=f"{entry['name']}-{style['name']}",
                    title=style["title"],
                    about=style["about"],
                    file=take(f"{entry['name']}-{style['name']}", style["path"]),
                    facts=tuple(style["facts"].items()),
                )
                for style in entry["styles"]
            ),
        )
        for entry in entries
    ]
    return Screening(tuple(films), sources)
