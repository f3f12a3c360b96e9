"""What a dry run of Snakemake says it would do, and why, put into words."""

import ast
import collections
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convatlas.comparison.mappings import differing_keys, value_at

REASONS = {
    "Missing output files": "output is missing",
    "Incomplete output files": "output was left unfinished",
    "Updated input files": "input is newer, and its content another",
    "Input files updated by another job": "input is made anew by another job",
    "Set of input files has changed since last execution": "it reads other files than then",
    "Code has changed since last execution": "the rule's own code is another",
    "Params have changed since last execution": "its parameters are others",
    "Software environment definition has changed since last execution": "its packages are others",
    "Forced execution": "it is forced",
    "Rules with neither input nor output": "it reads and writes nothing, and always runs",
    "Rules with a run or shell declaration but no output": "it has no output, and always runs",
}
"""As Snakemake 9 words them, and in ours."""
DERIVED = "Input files updated by another job"
PARAMS = "Params have changed since last execution"
_STARTS = re.compile(rf"(?:^|; )({'|'.join(map(re.escape, REASONS))})(?:: )?")
_DIGEST = re.compile("[0-9a-f]{12}")


@dataclasses.dataclass(frozen=True)
class PlannedJob:
    """A job that a dry run would do: its rule, outputs, wildcards, and reasons with details."""

    rule: str
    outputs: tuple[str, ...]
    wildcards: Mapping[str, str]
    reasons: Mapping[str, str]

    @property
    def is_derived(self) -> bool:
        """Whether it is only done since one before it is."""
        return DERIVED in self.reasons and not set(self.reasons) & {PARAMS, *_CAUSES}

    @property
    def name(self) -> str:
        """Rule and wildcards, as its log is named."""
        return " ".join([self.rule, *self.wildcards.values()])


_CAUSES = tuple(reason for reason in REASONS if reason not in (DERIVED, PARAMS))


@dataclasses.dataclass(frozen=True)
class ParameterChange:
    """What of a job's parameters is another: digests of code, then and now, and keys or values."""

    code: tuple[str, str] | None
    others: tuple[str, ...]


def read_plan(text: str) -> list[PlannedJob]:
    """Read what ``snakemake --dry-run`` printed.

    Parameters
    ----------
    text : str
        The output; blocks that begin with ``rule name:`` count.
    """
    jobs = []
    blocks = re.split(r"^(?:local)?(?:rule|checkpoint) (\w+):$", text, flags=re.M)
    for rule, block in zip(blocks[1::2], blocks[2::2], strict=True):
        fields = dict(re.findall(r"^    (\w+): (.*)$", block, re.M))
        pairs = re.findall(r"(\w+)=(.*?)(?=, \w+=|$)", fields.get("wildcards", ""))
        outputs = tuple(fields.get("output", "").split(", ")) if "output" in fields else ()
        jobs.append(PlannedJob(rule, outputs, dict(pairs), _split(fields.get("reason", ""))))
    return jobs


def _split(reason: str) -> dict[str, str]:
    """Split a reason at the words that Snakemake begins its parts with: values hold semicolons."""
    found = list(_STARTS.finditer(reason))
    ends = [*(match.start() for match in found[1:]), len(reason)]
    return {m[1]: reason[m.end() : end].strip() for m, end in zip(found, ends, strict=True)}


def read_change(detail: str) -> ParameterChange:
    """Read which parameters were others, from the two lists of values that Snakemake prints.

    Parameters
    ----------
    detail : str
        ``… before: VALUES now: VALUES``; Snakemake keeps values and no names. Mappings that share
        most keys are taken for the same parameter then and now.
    """
    match = re.search(r"before: (.*) now: (.*)$", detail, re.S)
    if match is None:
        return ParameterChange(None, (detail,))
    then, now = (_read_values(side) for side in match.groups())
    digests = [
        [v for v in side if isinstance(v, str) and _DIGEST.fullmatch(v)] for side in (then, now)
    ]
    code = (digests[0][0], digests[1][0]) if all(len(side) == 1 for side in digests) else None
    if code:
        then, now = ([v for v in side if v not in code] for side in (then, now))
    return ParameterChange(code, tuple(_say_changes(then, now)))


def _read_values(text: str) -> list[Any]:
    text = text.strip()
    if text == "<nothing exclusive>":
        return []
    try:
        return list(ast.literal_eval(f"[{text}]"))
    except (ValueError, SyntaxError):  # a value that only its class can read
        return [text]


def _say_changes(then: list[Any], now: list[Any]) -> Iterator[str]:
    """Pair mappings with their nearest, and say what of them differs; list what is left."""
    left = list(now)
    for value in then:
        alike = [other for other in left if _share(value, other) > 0.5]
        if not alike:
            yield f"{_short(value)} then, not now"
            continue
        nearest = max(alike, key=lambda other: _share(value, other))
        left.remove(nearest)
        for key in differing_keys(value, nearest):
            before, after = (_short(value_at(side, key)) for side in (value, nearest))
            yield f"{key}: {before} then, {after} now"
    for value in left:
        yield f"{_short(value)} now, not then"


def _share(one: Any, other: Any) -> float:  # noqa: ANN401
    """Return how much of their keys two mappings share, 0 for anything else."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return 0.0
    return len({*one} & {*other}) / max(len({*one} | {*other}), 1)


def _short(value: Any) -> str:  # noqa: ANN401
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def count_reasons(jobs: Sequence[PlannedJob]) -> list[tuple[str, str, int]]:
    """Count jobs by rule and reason, those that start the others first.

    Returns
    -------
    list of tuple
        Rule, reason in our words, and how many of the rule's jobs have it.
    """
    counts: collections.Counter[tuple[bool, str, str]] = collections.Counter()
    for job in jobs:
        for reason in job.reasons or {"": ""}:
            if reason == DERIVED and not job.is_derived:
                continue
            said = REASONS.get(reason, "Snakemake gives no reason")
            counts[job.is_derived, job.rule, said] += 1
    return [(rule, said, count) for (_, rule, said), count in sorted(counts.items())]
