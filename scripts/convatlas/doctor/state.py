"""What earlier runs left in ``.snakemake``: locks, unfinished files, checkpoints."""

import base64
import binascii
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from convatlas.doctor.findings import Finding, join_some, say_size

UNLOCK = "snakemake --unlock"


def processes_in(folder: Path) -> tuple[list[psutil.Process], list[psutil.Process]]:
    """Find what of Snakemake works in a folder.

    Parameters
    ----------
    folder : Path
        The working directory of runs.

    Returns
    -------
    runs, jobs : list of psutil.Process
        Snakemake itself, and scripts and jobs that it started: these may outlive it.
    """
    runs, jobs = [], []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()) != folder.resolve():
                continue
            words = process.cmdline()
        except (psutil.Error, OSError):  # it ended meanwhile, or is another user's
            continue
        if any(".snakemake/scripts/" in word for word in words):
            jobs.append(process)
        elif any(Path(word).name == "snakemake" for word in words[:4]):
            (jobs if "--mode" in words else runs).append(process)
    return runs, jobs


def check_locks(folder: Path) -> Iterator[Finding]:
    """Say whether a lock lies in a working directory, and whether its run is still alive.

    Parameters
    ----------
    folder : Path
        The working directory of runs.
    """
    locks = folder / ".snakemake" / "locks"
    held = sorted(locks.glob("*.lock"))
    runs, jobs = processes_in(folder)
    if runs:
        since = time.strftime("%H:%M", time.localtime(runs[0].create_time()))
        told = f"Snakemake works here, process {runs[0].pid}, since {since}"
        remedy = "wait for it, or stop it with Ctrl-C" if held else ""
        yield Finding("ok", "lock", told, str(folder), remedy)
    elif jobs:
        numbers = join_some([str(job.pid) for job in jobs])
        told = f"Snakemake is gone, but of its jobs there still work: process {numbers}"
        remedy = f"end them first (kill {jobs[0].pid}), then: {UNLOCK}"
        yield Finding("fault", "lock", told, str(folder), remedy)
    elif held:
        told = "a lock was left behind: no Snakemake of this machine works here"
        remedy = f"if none works here from another machine: {UNLOCK}"
        yield Finding("fault", "lock", told, str(locks), remedy)
    else:
        yield Finding("ok", "lock", "none: a run can start", str(folder))


def check_incomplete(folder: Path) -> Iterator[Finding]:
    """Name the files that a killed job may have left half written.

    Parameters
    ----------
    folder : Path
        The working directory of runs.
    """
    marks = folder / ".snakemake" / "incomplete"
    begun = [_name_marked(mark, marks) for mark in sorted(marks.rglob("*")) if mark.is_file()]
    names = [name for name in begun if name is not None]
    runs, jobs = processes_in(folder)
    there = [name for name in names if (folder / name).exists()]
    if names and (runs or jobs):
        told = f"{len(names)} are being made right now: {join_some(names)}"
        yield Finding("ok", "unfinished files", told, str(folder))
    elif there:
        told = f"a killed job may have left {len(there)} half written: {join_some(there)}"
        remedy = "nothing: the next run makes them anew, and trainings from their checkpoints"
        yield Finding("warning", "unfinished files", told, str(folder), remedy)
    elif names:
        told = f"{len(names)} were begun and are not there: {join_some(names)}"
        remedy = "nothing: the next run makes them"
        yield Finding("ok", "unfinished files", told, str(folder), remedy)
    else:
        yield Finding("ok", "unfinished files", "none")


def check_checkpoints(folder: Path) -> Iterator[Finding]:
    """List the trainings that can go on, with size, age, and the job that each belongs to.

    Parameters
    ----------
    folder : Path
        The working directory of runs.
    """
    place = folder / ".snakemake" / "convatlas" / "checkpoints"
    found = sorted(path for path in place.rglob("*.pt") if not path.name.startswith("."))
    halves = sorted(place.rglob(".*.part*"))
    if not found and not halves:
        yield Finding("ok", "checkpoints", "none wait")
        return
    for path in found:
        job = " ".join(path.relative_to(place).with_suffix("").parts)
        about = path.stat()
        told = f"{job}: {say_size(about.st_size)}, {_say_age(time.time() - about.st_mtime)} old"
        remedy = "nothing: that job goes on from it, if its code, settings and data are the same"
        yield Finding("ok", "checkpoints", told, str(path.relative_to(folder)), remedy)
    if halves and not any(processes_in(folder)):
        size = say_size(sum(path.stat().st_size for path in halves))
        told = f"{len(halves)} were being written when their job was killed: {size}"
        remedy = "nothing: the next save of that job removes them"
        yield Finding("warning", "checkpoints", told, str(place), remedy)


def _name_marked(mark: Path, marks: Path) -> str | None:
    """Decode the file that one of Snakemake's marks is about: its name is in base 64, in parts."""
    parts = mark.relative_to(marks).parts
    text = "".join([*(part.removeprefix("@") for part in parts[:-1]), parts[-1]])
    try:
        return base64.urlsafe_b64decode(text).decode()
    except (binascii.Error, UnicodeDecodeError):  # of Snakemake's own: migration_underway
        return None


def _say_age(seconds: float) -> str:
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return f"{max(int(seconds), 0)} seconds"
