"""Faults that schemas cannot find in transfers of style and dreams."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convatlas.image_catalog import ImageCatalog
from convatlas.settings.origin import Known, Origin
from convatlas.settings.videos import file_faults
from convatlas.video_catalog import VideoCatalog


def image_faults(config: Mapping[str, Any], origin: Origin, known: Known) -> Iterator[str]:
    """Give faults of transfers and dreams: unknown names, shares that do not fit, missing files.

    Parameters
    ----------
    config : mapping
        The merged config, valid by its schemas.
    origin : Origin
        Names the file that a key came from.
    known : callable
        Gives a fault if a value is not among the names that it may take.
    """
    catalog = ImageCatalog(VideoCatalog(config))
    for section in ("transfers", "dreams"):
        for index, name in enumerate(config[f"compared_{section}"]):
            yield from known([f"compared_{section}", index], name, config[section], section[:-1])
        faults = [
            fault
            for name, entry in config[section].items()
            for fault in _unknown_names([section, name], entry, config, known)
        ]
        yield from faults
        for name in [] if faults else catalog.asked(section):
            if name in config[section]:
                yield from _missing_files([section, name], config[section][name], config, origin)
    for name, entry in config["transfers"].items():
        shares, styles = entry.get("shares"), entry["styles"]
        if shares is not None and (len(shares) != len(styles) or not sum(shares) > 0):
            yield (
                f"{origin(['transfers', name, 'shares'])}: 'transfers.{name}.shares' is {shares} "
                f"for styles {', '.join(styles)}; give one share for each, not all of them 0"
            )
        weights = [f"{term}_weight" for term in ("content", "style", "total_variation")]
        if not any(entry.get(key, 0) for key in weights):
            yield (
                f"{origin(['transfers', name])}: 'transfers.{name}' has nothing to optimise: one "
                f"of {', '.join(weights)} has to be above 0"
            )
    for name, dream in config["dreams"].items():
        single = [key for key in ("channel", "guide") if key in dream]
        if single and len(dream["layers"]) > 1:
            yield (
                f"{origin(['dreams', name, 'layers'])}: 'dreams.{name}.layers' names "
                f"{len(dream['layers'])} layers, but '{single[0]}' is of one; take the others out"
            )


def _unknown_names(
    at: list[str | int], entry: Mapping[str, Any], config: Mapping[str, Any], known: Known
) -> Iterator[str]:
    pictures = {key: [entry[key]] for key in ("photograph", "guide") if key in entry}
    pictures["styles"] = entry.get("styles", [])
    for key, names in pictures.items():
        for name in names:
            yield from known([*at, key], name, config["pictures"], "picture")
    if "features" in entry:
        yield from known([*at, "features"], entry["features"], config["backbones"], "backbone")


def _missing_files(
    at: list[str | int], entry: Mapping[str, Any], config: Mapping[str, Any], origin: Origin
) -> Iterator[str]:
    """Give a user's own files, of what this run makes, that cannot be read."""
    names = [entry["photograph"], *entry.get("styles", []), *filter(None, [entry.get("guide")])]
    for name in names:
        if path := config["pictures"][name].get("path"):
            yield from file_faults(["pictures", name, "path"], Path(path), origin, picture=True)
    if mask := entry.get("mask"):
        yield from file_faults([*at, "mask"], Path(mask), origin, picture=True)
