"""Say what a run was: on which machine, with which versions, from which data, for how long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from convatlas.report.words import EMPTY, say_duration, say_memory, say_plainly


@dataclass(frozen=True)
class RuleCost:
    """What all jobs of one rule took together."""

    rule: str
    jobs: int
    total: str
    longest: str
    memory: str


@dataclass(frozen=True)
class Provenance:
    """A run in words: `facts` are pairs of a name and a text."""

    facts: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    data: tuple[dict[str, str], ...]
    rules: tuple[RuleCost, ...]
    jobs: int
    total: str
    commit: str
    is_dirty: bool
    device: str
    config: str
    about: str


def describe_run(record: Mapping[str, Any]) -> Provenance:
    """Put the content of ``results/provenance.json`` into words.

    Parameters
    ----------
    record : mapping
        The file's content. Nothing in it is compulsory: what is not there is not shown.

    Returns
    -------
    Provenance
        What the pages show.
    """
    steps = record.get("steps") or []
    seconds = [float(step.get("wall_seconds") or 0) for step in steps]
    memory = [float(step.get("peak_memory_mib") or 0) for step in steps]
    commit = str(record.get("commit") or "")
    is_dirty = bool(record.get("dirty", False))
    total = say_duration(sum(seconds)) if steps else ""
    facts = {
        "Device": say_plainly(record.get("device")),
        "Machine": say_plainly(record.get("machine")),
        "Seeds": say_plainly(record.get("seeds")),
        "Started": say_plainly(record.get("started")),
        "Recorded": say_plainly(record.get("created")),
        "Jobs": f"{len(steps)}, {total} of work in all" if steps else "",
        "Peak memory of a job": say_memory(max(memory)) if memory and max(memory) else "",
        "Commit": commit + (" with changes that were not committed" if is_dirty else ""),
    }
    return Provenance(
        facts=tuple((name, text) for name, text in facts.items() if text),
        versions=tuple(
            (str(name), say_plainly(value))
            for name, value in (record.get("versions") or {}).items()
        ),
        data=tuple(_describe_data(entry) for entry in record.get("data") or []),
        rules=tuple(_sum_rules(steps)),
        jobs=len(steps),
        total=total,
        commit=commit,
        is_dirty=is_dirty,
        device=facts["Device"],
        config=yaml.safe_dump(
            record.get("config") or {}, sort_keys=False, allow_unicode=True, width=90
        )
        if record.get("config")
        else "",
        about=str(record.get("about") or ""),
    )


def describe_stand_ins(notices: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say which data are not the documents' own.

    Parameters
    ----------
    notices : sequence of mapping
        Per dataset in use ``title`` and ``kind`` (real, embedded or simulated), with
        ``stands_in_for`` (what the document used) or ``notice`` (a sentence of its own).

    Returns
    -------
    list of str
        A phrase for datasets that are not real, each once; empty when all are.
    """
    phrases = []
    for entry in notices:
        if entry["kind"] == "real":
            continue
        phrase = f"{entry['title']} ({entry['kind']})"
        if entry.get("stands_in_for"):
            phrase += f" in place of {entry['stands_in_for']}"
        phrases.append(entry.get("notice") or phrase)
    return list(dict.fromkeys(phrases))


def _describe_data(entry: Mapping[str, Any]) -> dict[str, str]:
    return {
        "title": str(entry.get("title") or entry.get("dataset") or ""),
        "dataset": str(entry.get("dataset") or ""),
        "kind": str(entry.get("kind") or ""),
        "sha256": str(entry.get("sha256") or ""),
        "count": _count(entry.get("count")),
        "rejected": _count(entry.get("rejected")),
    }


def _count(value: Any) -> str:  # noqa: ANN401 (a value of a JSON file)
    return f"{value:,}" if isinstance(value, int) else say_plainly(value)


def _sum_rules(steps: Sequence[Mapping[str, Any]]) -> list[RuleCost]:
    """Add up the jobs of each rule, in the order in which the rules first appear."""
    costs = []
    for rule in dict.fromkeys(str(step["rule"]) for step in steps):
        own = [step for step in steps if str(step["rule"]) == rule]
        seconds = [float(step.get("wall_seconds") or 0) for step in own]
        memory = max(float(step.get("peak_memory_mib") or 0) for step in own)
        costs.append(
            RuleCost(
                rule=rule,
                jobs=len(own),
                total=say_duration(sum(seconds)),
                longest=say_duration(max(seconds)),
                memory=say_memory(memory) if memory else EMPTY,
            )
        )
    return costs
