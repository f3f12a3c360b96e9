"""Lay out the page of videos: each clip before and after, side by side."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convatlas.errors import ConvatlasError

FOLDER = "videos"
"""Of the report: its videos are files beside the pages."""
PLAYED = {
    (".mp4", "mov"): {"h264", "av1", "vp9"},
    (".m4v", "mov"): {"h264", "av1", "vp9"},
    (".webm", "matroska"): {"vp8", "vp9", "av1"},
}
"""Codecs that browsers play, by the name's end and ffmpeg's name of the container."""
PLAYED_FORMATS = {"yuv420p", "yuvj420p"}
"""Of pictures: few browsers have a decoder for more bits or more colour of H.264."""


@dataclass(frozen=True)
class Restyled:
    """A clip in one style; `beside` shows the original as well, where that plays nowhere."""

    anchor: str
    title: str
    about: str
    file: str
    beside: str | None
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Film:
    """A clip, and all that was made of it; no `file` where no browser plays the original."""

    anchor: str
    title: str
    licence: str
    is_made: bool
    file: str | None
    restyled: tuple[Restyled, ...]


@dataclass(frozen=True)
class Screening:
    """All films of a report, what is true of them, and where their files come from."""

    films: tuple[Film, ...]
    lead: str
    sources: Mapping[str, Path]


def lay_out_videos(entries: Sequence[Mapping[str, Any]]) -> Screening:
    """Name the videos of the report and the files that they are copies of.

    Parameters
    ----------
    entries : sequence of mapping
        Per clip ``name``, ``title``, ``licence``, ``nature``, ``path`` (None where no browser
        plays it), and ``styles``: per style ``name``, ``title``, ``about``, ``path``, ``beside``
        (a video of both, or None), ``frames_equal``, ``sound`` and ``facts`` (label to text).

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
            file=take(entry["name"], entry["path"]) if entry["path"] else None,
            restyled=tuple(
                Restyled(
                    anchor=f"{entry['name']}-{style['name']}",
                    title=style["title"],
                    about=style["about"],
                    file=take(f"{entry['name']}-{style['name']}", style["path"]),
                    beside=take(f"{entry['name']}-{style['name']}-beside", style["beside"])
                    if style["beside"]
                    else None,
                    facts=tuple(style["facts"].items()),
                )
                for style in entry["styles"]
            ),
        )
        for entry in entries
    ]
    styles = [style for entry in entries for style in entry["styles"]]
    return Screening(tuple(films), _say_what_holds(styles), sources)


def _say_what_holds(styles: Sequence[Mapping[str, Any]]) -> str:
    """Say of how many restyled clips length and sound are the original's."""
    count, equal = len(styles), sum(style["frames_equal"] for style in styles)
    if equal == count:
        length = "Every restyled clip has as many frames as its original."
    else:
        length = f"{equal} of {count} restyled clips have as many frames as their originals."
    sounds = Counter(style["sound"] for style in styles)
    told = "; ".join(
        words if number == count else f"{words} ({number} of {count})"
        for words, number in sounds.most_common()
    )
    return f"{length} Sound: {told}."


def plays_in_browsers(clip: Mapping[str, Any]) -> bool:
    """Tell whether browsers play a clip as it is.

    Parameters
    ----------
    clip : mapping
        Its ``clip.json``: path, container, codec, pixel format.
    """
    container = clip["container"].split(",")[0]
    codecs = PLAYED.get((Path(clip["path"]).suffix.lower(), container), set())
    return clip["codec"] in codecs and clip["pixel_format"] in PLAYED_FORMATS
