"""Which of several datasets a run takes: the first that can be had without a network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convatlas.data.remote import is_url
from convatlas.errors import ConvatlasError


def choose_tables(config: Mapping[str, Any], mirror: str | None, cache: Path) -> dict[str, str]:
    """Name one dataset for each part of ``tables``.

    A name stands for itself, and is downloaded if need be. Of a list of names the first is taken
    whose files are embedded, or lie in the cache or the mirror; a mirror by url counts as having
    them.

    Parameters
    ----------
    config : mapping
        The checked config.
    mirror : str or None
        A folder or an url.
    cache : Path
        The cache folder.

    Raises
    ------
    ConvatlasError
        If none of a list is at hand.
    """
    chosen = {}
    for part, names in config["tables"].items():
        listed = [names] if isinstance(names, str) else list(names)
        at_hand = (name for name in listed if _is_at_hand(config["datasets"][name], mirror, cache))
        name = listed[0] if len(listed) == 1 else next(at_hand, None)
        if name is None:
            raise ConvatlasError(
                f"'tables.{part}': none of {', '.join(listed)} is in the cache {cache} or in a "
                "mirror; fetch them with snakemake datasets, or name one alone to download it"
            )
        chosen[part] = name
    return chosen


def _is_at_hand(dataset: Mapping[str, Any], mirror: str | None, cache: Path) -> bool:
    names = [file["name"] for file in dataset.get("files", {}).values() if "urls" in file]
    if not names or (mirror and is_url(mirror)):
        return True
    folders = [cache, *([Path(mirror).expanduser()] if mirror else [])]
    return all(any((folder / name).is_file() for folder in folders) for name in names)
