"""Which keys of two nested mappings differ."""

from collections.abc import Mapping
from typing import Any


def differing_keys(then: Mapping[str, Any], now: Mapping[str, Any], above: str = "") -> list[str]:
    """Name the keys whose values differ, with dots between levels."""
    found = []
    for key in dict.fromkeys([*then, *now]):
        place = f"{above}{key}"
        one, other = then.get(key), now.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found += differing_keys(one, other, f"{place}.")
        elif key not in then or key not in now or one != other:
            found.append(place)
    return found


def value_at(value: Any, key: str) -> Any:  # noqa: ANN401 - of any kind
    """Return what stands at a dotted key, or the text "nothing"; a key itself may hold dots."""
    if not isinstance(value, Mapping):
        return "nothing"
    for name, inner in value.items():
        if key == str(name):
            return inner
        if key.startswith(f"{name}."):
            return value_at(inner, key.removeprefix(f"{name}."))
    return "nothing"
