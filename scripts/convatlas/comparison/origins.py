"""What two runs were made of, where it differs: code, packages, machine, data, config."""

from collections.abc import Iterator, Mapping
from typing import Any

from convatlas.comparison.mappings import differing_keys, value_at

PLAIN = ("commit", "dirty", "device")
NESTED = ("versions", "machine", "seeds", "config")
FOR_PEOPLE = ("documents", "about")
"""Of the config: what pages say, no setting."""


def compare_origins(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """List what differs between two ``provenance.json``.

    Parameters
    ----------
    one, other : mapping
        Their contents; an empty one is of a run that did not end.

    Returns
    -------
    list of tuple
        What, in A, in B, as texts.
    """
    if not one or not other:
        return [("provenance.json", _say_there(one), _say_there(other))]
    found = [(key, one.get(key), other.get(key)) for key in PLAIN if one.get(key) != other.get(key)]
    for section in NESTED:
        pair = [_settings(section, record.get(section, {})) for record in (one, other)]
        found += [
            (f"{section}: {key}", value_at(pair[0], key), value_at(pair[1], key))
            for key in differing_keys(*pair)
        ]
    found += list(_compare_data(one.get("data", []), other.get("data", [])))
    return [(what, _short(then), _short(now)) for what, then, now in found]


def _settings(section: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in content.items() if section != "config" or k not in FOR_PEOPLE}


def _compare_data(
    one: list[Mapping[str, Any]], other: list[Mapping[str, Any]]
) -> Iterator[tuple[str, Any, Any]]:
    """Compare digests and counts by dataset."""
    pair = [
        {
            entry["dataset"]: f"{str(entry.get('sha256'))[:12]}, {entry.get('count')}"
            for entry in data
        }
        for data in (one, other)
    ]
    for name in differing_keys(*pair):
        yield f"data: {name}", pair[0].get(name, "not used"), pair[1].get(name, "not used")


def _say_there(record: Mapping[str, Any]) -> str:
    return "there" if record else "not there: the run did not end"


def _short(value: Any) -> str:  # noqa: ANN401 - of any kind
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
