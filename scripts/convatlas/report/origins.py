"""How an item was made: which keys of the config it rests on, which data, and how long it took."""

from collections.abc import Mapping
from typing import Any

import yaml

from convatlas.report.words import say_duration

SECTIONS = {
    "models": "models",
    "autoencoders": "autoencoders",
    "grids": "grids",
    "gans": "gans",
    "painters": "painters",
    "denoisers": "denoisers",
    "transfers": "transfers",
    "dreams": "dreams",
    "cases": "convolutions",
}
"""Options of an item that name entries, and the sections of the config where these are."""
LEARNING = ("train_", "transfer_style", "dream_picture")
"""What rules are called whose work an item shows, beside that of its own."""


def describe_origin(
    item: Mapping[str, Any], study: str, data: str, run: Mapping[str, Any]
) -> dict[str, Any]:
    """Say how an item was made.

    Parameters
    ----------
    item : mapping
        As the study's file has it.
    study : str
        Its key.
    data : str
        What the item says of its data: titles.
    run : mapping
        ``provenance.json``; ``steps`` may lack.

    Returns
    -------
    dict
        ``settings`` (YAML of the keys it rests on), ``digests`` (pairs of a title of data and their
        SHA-256), ``time`` (words, empty where the run has none).
    """
    used = _entries(item, run["config"])
    # a drawing of a network shows none of what it learnt
    names = [] if "architecture" in item.get("options", {}) else used
    return {
        "settings": _write(item, used),
        "digests": [
            (entry["title"], entry["sha256"])
            for entry in run["data"]
            if entry.get("sha256") and entry["title"] in data
        ],
        "time": _tell_time(item, study, [name.partition(".")[2] for name in names], run),
    }


def _entries(item: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of the config that an item names, by their place in it."""
    options = item.get("options", {})
    named = [(section, name) for key, section in SECTIONS.items() for name in options.get(key, [])]
    if "architecture" in options:
        named.append(tuple(options["architecture"].split(".")))
    return {f"{section}.{name}": config[section][name] for section, name in named}


def _write(item: Mapping[str, Any], used: Mapping[str, Any]) -> str:
    told = {"options": item["options"], **used} if item.get("options") else used
    return _Plain.write(told) if told else ""


class _Plain(yaml.SafeDumper):
    """Writes what is said twice twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    @classmethod
    def write(cls, value: object) -> str:
        """Return a value as YAML, in the order that it has."""
        return yaml.dump(value, Dumper=cls, sort_keys=False, allow_unicode=True, width=88)


def _tell_time(
    item: Mapping[str, Any], study: str, names: list[str], run: Mapping[str, Any]
) -> str:
    own = trained = 0.0
    for step in run.get("steps", []):
        seconds = float(step.get("wall_seconds") or 0)
        if step["rule"] == item["rule"] and step["job"] == f"{study} {item['artefact']}":
            own += seconds
        elif step["rule"].startswith(LEARNING) and step["job"].split()[:1] in [[n] for n in names]:
            trained += seconds
    told = [f"{say_duration(own)} for the item itself"] if own else []
    told += [f"{say_duration(trained)} of training behind it"] if trained else []
    return "; ".join(told)
