"""Faults that schemas cannot find in zooms into dreams."""

from collections.abc import Iterator, Mapping
from typing import Any

from convatlas.settings.origin import Known, Origin


def zoom_faults(config: Mapping[str, Any], origin: Origin, known: Known) -> Iterator[str]:
    """Give faults of ``config/zooms.yaml``: names that mean nothing, and what no dream can be of.

    Parameters
    ----------
    config : mapping
        The merged config, valid by its schemas.
    origin : Origin
        Names the file that a key came from.
    known : callable
        Gives a fault if a value is not among the names that it may take.
    """
    for index, zoom in enumerate(config["wanted_zooms"]):
        yield from known(["wanted_zooms", index], zoom, config["zooms"], "zoom")
    for name, clip in config["clips"].items():
        if "zoom" in clip:
            yield from known(["clips", name, "zoom"], clip["zoom"], config["zooms"], "zoom")
    for name, zoom in config["zooms"].items():
        at: list[str | int] = ["zooms", name]
        yield from known([*at, "picture"], zoom["picture"], config["pictures"], "picture")
        if "features" in zoom:
            yield from known([*at, "features"], zoom["features"], config["backbones"], "backbone")
        place = f"'zooms.{name}.layers'"
        if not {"layers", "class_index"} & set(zoom):
            yield f"{origin(at)}: {place} is missing; name layers, or a 'class_index'"
        if "channel" in zoom and len(zoom.get("layers", [])) > 1:
            yield (
                f"{origin([*at, 'layers'])}: {place} names {len(zoom['layers'])} layers, but "
                "'channel' is of one; take the others out"
            )
