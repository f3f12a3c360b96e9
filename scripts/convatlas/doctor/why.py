"""Why a rule or a file will be made again, or not."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from convatlas.digest import digest_of_code
from convatlas.doctor.code_changes import MOST_COMMITS, find_changes, newer_files, read_recipe
from convatlas.doctor.findings import Finding, join_some
from convatlas.doctor.plan import (
    DERIVED,
    PARAMS,
    REASONS,
    PlannedJob,
    count_reasons,
    read_change,
    read_plan,
)
from convatlas.errors import ConvatlasError
from convatlas.settings.origin import guess

ALL = "all"
DryRun = Callable[[Sequence[str]], tuple[int, str]]
"""From targets to exit status and output of ``snakemake --dry-run``."""
MOST_JOBS = 5
"""Explained one by one; the others of a rule are counted."""


def explain_reruns(
    target: str, *, root: Path, folder: Path, config: Mapping[str, Any], dry_run: DryRun
) -> Iterator[Finding]:
    """Say whether a rule's jobs, or what makes a file, would run now, and for which reasons.

    Parameters
    ----------
    target : str
        A rule, a file that a rule makes, or ``all``.
    root : Path
        The checkout.
    folder : Path
        The working directory of runs.
    config : mapping
        The merged config of the run.
    dry_run : callable
        Asks Snakemake.

    Raises
    ------
    ConvatlasError
        If it is neither rule nor file, or the dry run failed for another reason.
    """
    rules = rules_in(root)
    status, output = dry_run([] if target in rules else [target])
    if status != 0:
        raise ConvatlasError(_explain_failure(output, target, list(rules)))
    planned = [job for job in read_plan(output) if job.rule != ALL]
    if target == ALL:
        yield from _summarise(planned)
        return
    wanted = planned
    if target in rules:
        wanted = [job for job in planned if job.rule == target]
    if not wanted:
        yield _say_unmoved(target, target in rules, len(planned), folder)
        return
    roots = [job for job in wanted if not job.is_derived] or wanted
    changes = _ChangesOfCode(root, rules, config)
    # of a rule that was asked for, also the jobs that only follow others
    told_of = [*roots, *(job for job in wanted if job not in roots and target in rules)]
    for job in told_of[:MOST_JOBS]:
        yield from _explain(job, planned, changes, folder)
    if len(told_of) > MOST_JOBS:
        told = f"and {len(told_of) - MOST_JOBS} jobs more"
        yield Finding("warning", "why", told, "", "make doctor WHY=FILE explains one of them")
    if target not in rules and len(wanted) > len(roots):
        told = f"after these, {len(wanted) - len(roots)} jobs that read what they make"
        yield Finding("ok", "why", told)


def rules_in(root: Path) -> dict[str, str]:
    """Return the text of every rule of a checkout, by its name."""
    files = [root / "Snakefile", *sorted((root / "rules").glob("*.smk"))]
    found = {}
    for file in files:
        parts = re.split(
            r"^(?:rule|checkpoint) (\w+):$", file.read_text(encoding="utf-8"), flags=re.M
        )
        found |= dict(zip(parts[1::2], parts[2::2], strict=True))
    return found


def _say_unmoved(target: str, is_rule: bool, others: int, folder: Path) -> Finding:
    """Say why nothing runs: all is as it should be, or the run does not ask for it."""
    if is_rule and not _was_done(target, folder):
        told = f"{target} will not run: this config asks for nothing that it makes"
        return Finding("ok", "why", told, "", "make doctor WHY=FILE asks for a file of it")
    there = "what this config asks of it is there" if is_rule else "it is there"
    told = f"{target} will not run: {there}, made from the input, code and parameters of now"
    return Finding("ok", "why", f"{told}; {others} jobs of other rules will" if others else told)


def _was_done(rule: str, folder: Path) -> bool:
    """Tell whether Snakemake's records hold a file that the rule made."""
    records = (folder / ".snakemake" / "metadata").rglob("*")
    name = json.dumps(rule)
    return any(
        f'"rule": {name}' in path.read_text(encoding="utf-8", errors="replace")
        for path in records
        if path.is_file()
    )


class _ChangesOfCode:
    """Says which files made a digest another, each digest looked up once."""

    def __init__(self, root: Path, rules: Mapping[str, str], config: Mapping[str, Any]) -> None:
        self._root, self._rules, self._config = root, rules, config
        self._known: dict[tuple[str, str], str] = {}

    def __call__(self, job: PlannedJob, before: str, now: str, since: float) -> str:
        """Say it in a sentence, as far as it can be known."""
        key = (job.rule, before)
        if key not in self._known:
            self._known[key] = self._look(job, before, now, since)
        return self._known[key]

    def _look(self, job: PlannedJob, before: str, now: str, since: float) -> str:
        scripts = self._root / "scripts"
        recipe = read_recipe(job.rule, self._rules[job.rule], job.wildcards, self._config)
        try:
            paths, options = recipe(scripts)
            is_understood = digest_of_code(*paths, **options) == now
        except KeyError:  # the config that was given names no such network
            is_understood = False
        if not is_understood:
            return "which files cannot be told: the digest of now could not be made again"
        found = find_changes(self._root, scripts, recipe, before)
        if found:
            commit, files = found
            return f"since commit {commit[:10]} these mean something else: {join_some(files, 8)}"
        newer = newer_files(scripts, recipe, since)
        hint = (
            f"written since the result was made: {join_some(newer, 8)}"
            if newer
            else "and none of its files was written since the result was made"
        )
        return f"none of the last {MOST_COMMITS} commits has the code of then; {hint}"


def _explain(
    job: PlannedJob, planned: Sequence[PlannedJob], changes: _ChangesOfCode, folder: Path
) -> Iterator[Finding]:
    """Give a finding for each reason of a job."""
    outputs = join_some(list(job.outputs), 2)
    for reason, detail in (job.reasons or {"": ""}).items():
        told = f"{job.name} will run: {REASONS.get(reason, 'Snakemake gives no reason')}"
        if reason == DERIVED:
            told += f" ({_say_origins(detail, planned)})"
            yield Finding("warning", "why", told, outputs)
        elif reason == PARAMS:
            change = read_change(detail)
            if change.code:
                since = max((_written(folder / file) for file in job.outputs), default=0.0)
                files = changes(job, *change.code, since)
                said = f"{job.name} will run: its code means something else; {files}"
                yield Finding("warning", "why", said, outputs)
            if change.others:
                yield Finding(
                    "warning", "why", f"{told}; {join_some(list(change.others), 8)}", outputs
                )
        else:
            about = detail if set(detail.split(", ")) - set(job.outputs) else ""
            yield Finding("warning", "why", f"{told}{f': {about}' if about else ''}", outputs)


def _say_origins(detail: str, planned: Sequence[PlannedJob]) -> str:
    """Name the jobs that make inputs, and those far before them with reasons of their own."""
    makers = {file: job for job in planned for file in job.outputs}
    direct = [makers[file].name for file in detail.split(", ") if file in makers]
    starts = [job.name for job in planned if not job.is_derived]
    said = join_some(list(dict.fromkeys(direct)) or [detail], 3)
    far = [name for name in starts if name not in direct]
    return f"by {said}; what starts it all: {join_some(far, 3)}" if far else f"by {said}"


def _written(file: Path) -> float:
    return file.stat().st_mtime if file.exists() else 0.0


def _summarise(planned: Sequence[PlannedJob]) -> Iterator[Finding]:
    if not planned:
        yield Finding("ok", "why", "nothing will run: all is there and as it should be")
        return
    derived = sum(job.is_derived for job in planned)
    told = f"{len(planned)} jobs will run, of which {derived} only follow others"
    yield Finding("warning", "why", told, "", "make doctor WHY=RULE or WHY=FILE explains one")
    for rule, reason, count in count_reasons(planned):
        yield Finding("ok", "why", f"{rule}, {count} job{'s' if count > 1 else ''}: {reason}")


def _explain_failure(output: str, target: str, rules: Sequence[str]) -> str:
    """Say in a line or two why a dry run could not be made."""
    if "MissingRuleException" in output:
        return f"'{target}' is no rule, and no rule makes such a file; {guess(target, rules)}"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    first = next((n for n, line in enumerate(lines) if re.search("(Error|Exception)", line)), -3)
    return "the dry run failed: " + "\n".join(lines[first:][:8])
