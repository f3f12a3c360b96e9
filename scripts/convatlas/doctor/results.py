"""Whether the results that lie here were made with what lies here now."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convatlas.comparison.mappings import differing_keys
from convatlas.doctor.configuration import files_of_config, read_config
from convatlas.doctor.findings import Finding, join_some
from convatlas.errors import ConvatlasError
from convatlas.files import read_json
from convatlas.provenance import describe_commit

CHOSEN_HERE = ("tables", "galleries", "datasets", "mirror", "documents")
"""Sections that a run settles by what is at hand, or leaves out of what it saves."""


def check_results(results: Path, root: Path, overlays: list[Path]) -> Iterator[Finding]:
    """Compare the config and the commit that results were made with to those of now.

    Parameters
    ----------
    results : Path
        The results folder.
    root : Path
        The checkout.
    overlays : list of Path
        What a run would be given as ``--configfile``. With none, the preset is looked for that
        the results were made with.
    """
    saved, record = results / "config.yaml", results / "provenance.json"
    if not saved.is_file() or not record.is_file():
        yield Finding("ok", "results", "no finished run is here", str(results))
        return
    yield _compare_config(read_config([saved]), saved, root, overlays)
    try:
        made = read_json(record)
    except json.JSONDecodeError as error:
        raise ConvatlasError(f"{record} is no JSON ({error}); delete it and run again") from error
    yield _compare_commit(made, record, root)


def _compare_config(
    then: Mapping[str, Any], saved: Path, root: Path, overlays: list[Path]
) -> Finding:
    base = files_of_config(root)
    presets = sorted((root / "config" / "presets").glob("*.yaml"))
    candidates = [overlays] if overlays else [[], *([preset] for preset in presets)]
    apart = {}
    for files in candidates:
        name = " ".join(str(file) for file in files) or "the config of config/ alone"
        apart[name] = _differing(then, read_config([*base, *files]))
    name, keys = min(apart.items(), key=lambda pair: len(pair[1]))
    if not keys:
        return Finding("ok", "results", f"made with {name}, as it is now", str(saved))
    nearest = "" if overlays else "no preset alone; nearest is "
    told = f"made with another config than {nearest}{name}: {len(keys)} keys differ, "
    remedy = "a run with this config replaces what differs; to keep the old, move the folder away"
    return Finding("warning", "results", told + join_some(keys), str(saved), remedy)


def _differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    one, other = ({k: v for k, v in c.items() if k not in CHOSEN_HERE} for c in (then, now))
    return differing_keys(one, json.loads(json.dumps(other)))


def _compare_commit(made: Mapping[str, Any], record: Path, root: Path) -> Finding:
    then, now = made.get("commit"), describe_commit(root)
    created = made.get("created", "at an unknown time")
    why = "make doctor WHY=all says what a run would make again, and why"
    if not then or not now["commit"]:
        told = f"made {created}; one of then and now is no checkout, so that commits do not tell"
        return Finding("ok", "results", told, str(record))
    if then != now["commit"]:
        told = f"made {created} by commit {then[:10]}, and this is {now['commit'][:10]}"
        return Finding("warning", "results", told, str(record), why)
    if made.get("dirty") or now["dirty"]:
        when = "then" if made.get("dirty") else "now"
        told = f"made {created} by this commit, {then[:10]}, with changes {when} that are in none"
        return Finding("warning", "results", told, str(record), why)
    return Finding("ok", "results", f"made {created} by this commit, {then[:10]}", str(record))
