"""Which of several datasets a run takes: the first that can be had without a network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from convatlas.data.remote import is_url
from convatlas.errors import ConvatlasError


def choose_datasets(config: dict[str, Any], mirror: str | None, cache: Path) -> None:
    """Let each part of ``tables`` and ``galleries`` name one dataset, and folders their place.

    Parameters
    ----------
    config : dict
        The checked config; changed.
    mirror, cache
        As of :func:`choose_tables`.

    Raises
    ------
    ConvatlasError
        If one cannot be had.
    """
    config["tables"] = choose_tables(config, mirror, cache)
    config["galleries"] = choose_galleries(config, mirror, cache)
    for name in config["galleries"].values():
        dataset = config["datasets"][name]
        if "folder" in dataset:
            dataset["path"] = str(find_folder(dataset["folder"], mirror, cache))


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


def choose_galleries(config: Mapping[str, Any], mirror: str | None, cache: Path) -> dict[str, str]:
    """Name one dataset for each part of ``galleries``.

    Of a list of names the first is taken that is at hand, as of :func:`choose_tables`, else the
    last, which is downloaded.

    Raises
    ------
    ConvatlasError
        If a folder of pictures is named that is neither in the cache nor in a mirror.
    """
    chosen = {}
    for part, names in config["galleries"].items():
        listed = [names] if isinstance(names, str) else list(names)
        at_hand = (name for name in listed if _is_at_hand(config["datasets"][name], mirror, cache))
        name = next(at_hand, listed[-1])
        dataset = config["datasets"][name]
        if "folder" in dataset and find_folder(dataset["folder"], mirror, cache) is None:
            raise ConvatlasError(
                f"'galleries.{part}' is '{name}', a folder of pictures that is not published as "
                f"one file: put it in {cache / dataset['folder']}, or into a mirror"
            )
        chosen[part] = name
    return chosen


def find_folder(folder: str, mirror: str | None, cache: Path) -> Path | None:
    """Return where a folder of pictures lies: in the cache, or in a mirror on this disk."""
    on_disk = [Path(mirror).expanduser()] if mirror and not is_url(mirror) else []
    found = (root / folder for root in (cache, *on_disk) if (root / folder).is_dir())
    return next(found, None)


def _is_at_hand(dataset: Mapping[str, Any], mirror: str | None, cache: Path) -> bool:
    if "folder" in dataset:
        return find_folder(dataset["folder"], mirror, cache) is not None
    names = [file["name"] for file in dataset.get("files", {}).values() if "urls" in file]
    if not names or (mirror and is_url(mirror)):
        return True
    folders = [cache, *([Path(mirror).expanduser()] if mirror else [])]
    return all(any((folder / name).is_file() for folder in folders) for name in names)
