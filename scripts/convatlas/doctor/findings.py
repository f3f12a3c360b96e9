"""What the doctor finds, and how it is laid out for people."""

import dataclasses
import textwrap
from collections.abc import Callable, Iterable, Sequence

from convatlas.errors import ConvatlasError

LEVELS = ("ok", "warning", "fault")
"""A fault stops a run or spoils it; a warning is good to know before one."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    level : str
        One of :data:`LEVELS`.
    what : str
        The subject, in a word or two.
    told : str
        What was found.
    where : str
        A file, a folder, a variable; empty where there is none.
    remedy : str
        What to do; empty where nothing is to be done.
    """

    level: str
    what: str
    told: str
    where: str = ""
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"no level '{self.level}'")


Check = Callable[[], Iterable[Finding]]


def run_check(what: str, check: Check) -> list[Finding]:
    """Run a check; one that fails is a finding itself, and keeps no other from being run.

    Parameters
    ----------
    what : str
        Its subject.
    check : callable
        Gives findings.
    """
    try:
        return list(check())
    except ConvatlasError as error:
        return [Finding("fault", what, str(error))]
    except ImportError as error:  # packages that are not there are told by a check of their own
        return [Finding("fault", what, f"could not be looked at: {error}", "", "make setup")]
    except Exception as error:  # a doctor that dies of what it finds helps nobody
        told = f"could not be looked at: {type(error).__name__}: {error}"
        return [Finding("fault", what, told)]


def has_fault(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding is a fault."""
    return any(finding.level == "fault" for finding in findings)


def lay_out(findings: Sequence[Finding], width: int = 100) -> str:
    """Lay findings out as a table of three columns; where and remedy stand below what was found.

    Parameters
    ----------
    findings : sequence of Finding
        In the order in which they are told.
    width : int
        Columns of the terminal.

    Returns
    -------
    str
        Lines, and a last one that counts.
    """
    named = max((len(finding.what) for finding in findings), default=0)
    indent = " " * (len("warning") + 2 + named + 2)
    lines = []
    for finding in findings:
        head = f"{finding.level:7}  {finding.what:{named}}  "
        texts = [finding.told]
        # where all is well, the place is of interest only together with something to do there
        shown = finding.where and (finding.level != "ok" or finding.remedy)
        texts += [f"where: {finding.where}"] if shown else []
        texts += [f"to do: {finding.remedy}"] if finding.remedy else []
        paragraphs = [line for text in texts for line in text.splitlines()]
        for number, paragraph in enumerate(paragraphs):
            lines += textwrap.wrap(
                paragraph,
                max(width, len(indent) + 30),
                initial_indent=head if number == 0 else indent,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            )
    counts = {level: sum(f.level == level for f in findings) for level in LEVELS}
    counted = ", ".join(_count(level, count) for level, count in counts.items())
    return "\n".join([*lines, "", counted])


def _count(level: str, count: int) -> str:
    return f"{count} {level}" if level == "ok" or count == 1 else f"{count} {level}s"


def join_some(names: Sequence[str], most: int = 4) -> str:
    """Join names, of many the first ones and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def say_size(size: float) -> str:
    """Return a size in bytes for people: ``512 bytes``, ``1.2 MB``, ``3.4 GB``."""
    if size < 1000:
        return f"{size:.0f} bytes"
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1000
        if size < 999.5 or unit == "TB":
            break
    return f"{size:.3g} {unit}"
