"""Small pieces of text: anchors, durations, sizes."""

import re
import unicodedata
from typing import Any

EMPTY = "\N{EN DASH}"
"""What a cell shows that has nothing to show."""

_COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def make_slug(text: str) -> str:
    """Return text as an anchor: ``Fig. 3`` is ``fig-3``.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Lower-case ASCII letters, digits and single hyphens; ``item`` where nothing else is left.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "item"


def take_anchor(text: str, taken: set[str]) -> str:
    """Return an anchor that nothing else on the page has: a second ``Fig. 3`` is ``fig-3-2``.

    Parameters
    ----------
    text : str
        What the anchor is made of.
    taken : set of str
        The page's anchors so far; the new one is added.

    Returns
    -------
    str
        The anchor.
    """
    slug = anchor = make_slug(text)
    count = 1
    while anchor in taken:
        count += 1
        anchor = f"{slug}-{count}"
    taken.add(anchor)
    return anchor


def say_count(count: int) -> str:
    """Return a count as a sentence begins with it: ``Five``, but ``12``.

    Parameters
    ----------
    count : int
        The count, not negative.

    Returns
    -------
    str
        A word up to ten, digits above.
    """
    return _COUNTS[count] if count < len(_COUNTS) else str(count)


def keep_together(value: Any) -> Any:  # noqa: ANN401 (whatever a template prints)
    """Tie a percent sign to its number, so that no line begins with one.

    Parameters
    ----------
    value : object
        What a template prints.

    Returns
    -------
    object
        Text with no-break spaces; anything else, and HTML that is already made, as it was.
    """
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return re.sub(r"(?<=\d) (?=%)", "\N{NO-BREAK SPACE}", value)
    return value


def say_duration(seconds: float) -> str:
    """Return a duration for people: ``0.4 s``, ``2 min 5 s``, ``3 h 10 min``.

    Parameters
    ----------
    seconds : float
        The duration in seconds.

    Returns
    -------
    str
        The duration in its two largest units.
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def say_memory(mebibytes: float) -> str:
    """Return a memory size for people, in MiB or GiB.

    Parameters
    ----------
    mebibytes : float
        The size in MiB.

    Returns
    -------
    str
        The size with its unit.
    """
    return f"{mebibytes:.0f} MiB" if mebibytes < 1024 else f"{mebibytes / 1024:.1f} GiB"


def say_plainly(value: Any) -> str:  # noqa: ANN401 (a value of a JSON file)
    """Return a JSON value on one line: a mapping as ``key: value``, a list with commas.

    Parameters
    ----------
    value : JSON value
        What a JSON or YAML file may hold.

    Returns
    -------
    str
        The text; empty for None.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {say_plainly(entry)}" for key, entry in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(say_plainly(entry) for entry in value)
    return str(value)
