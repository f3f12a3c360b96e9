"""Whether Python and its packages are those that requirements.lock pins.

This file is read where packages are missing: on top it imports Python's own modules alone.
"""

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from convatlas.doctor.findings import Finding, join_some

if TYPE_CHECKING:
    from packaging.requirements import Requirement

LEAST_PYTHON = (3, 11)
GPU_ONLY = re.compile(r"(nvidia-(cu|n)|cuda-|triton)")
"""Packages that torch's wheels for a CPU do without, as the Makefile leaves them out."""
OPTIONAL = {"bm3d", "bm4d"}
"""Without them tables leave numbers out and say so."""


def check_python() -> Iterator[Finding]:
    """Say which Python runs, and whether it is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < LEAST_PYTHON:
        least = ".".join(map(str, LEAST_PYTHON))
        remedy = f"install {least} or newer, then: make setup PYTHON=python{least}"
        yield Finding("fault", "Python", f"{version}, older than {least}", sys.executable, remedy)
    else:
        yield Finding("ok", "Python", version, sys.executable)


def check_packages(lock: Path) -> Iterator[Finding]:
    """Compare what is installed with what a lock pins for this machine.

    Parameters
    ----------
    lock : Path
        ``requirements.lock``: a requirement a line, with markers.
    """
    pinned = _read_lock(lock)
    missing, other, idle = [], [], []
    for requirement in pinned:
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            if requirement.name in OPTIONAL or _is_for_gpu(requirement):
                idle.append(requirement.name)
            else:
                missing.append(str(requirement))
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            other.append(f"{requirement.name} {found} in the place of {requirement.specifier}")
    without = f"; without {join_some(idle)}, which can be done without" if idle else ""
    if missing:
        told = f"{len(missing)} of {len(pinned)} are missing: {join_some(missing)}"
        yield Finding("fault", "packages", told, sys.prefix, "make setup")
    if other:
        told = f"{len(other)} have other versions than pinned: {join_some(other)}"
        yield Finding("warning", "packages", told, sys.prefix, "make setup")
    if not missing and not other:
        yield Finding("ok", "packages", f"all {len(pinned)} as pinned{without}", sys.prefix)


def check_venv(venv: Path, lock: Path) -> Iterator[Finding]:
    """Say whether ``.venv`` was made from the lock as it is now.

    Parameters
    ----------
    venv : Path
        ``.venv``, in which ``make setup`` leaves ``requirements.txt`` and ``.ready``.
    lock : Path
        ``requirements.lock``.
    """
    copy, ready = venv / "requirements.txt", venv / ".ready"
    if not venv.is_dir():
        yield Finding("ok", ".venv", f"none here: this Python is {sys.executable}", str(venv))
    elif not ready.is_file() or not copy.is_file():
        yield Finding("fault", ".venv", "was never finished", str(venv), "make setup")
    elif changed := _changed_lines(copy, lock):
        told = f"made from another lock: {join_some(changed)}"
        yield Finding("fault", ".venv", told, str(venv), "make setup")
    elif Path(sys.prefix).resolve() != venv.resolve():
        told = f"is there, but this Python is another one, {sys.executable}"
        yield Finding("warning", ".venv", told, str(venv), "source .venv/bin/activate")
    else:
        yield Finding("ok", ".venv", "made from the lock as it is now", str(venv))


def _read_lock(lock: Path) -> "list[Requirement]":
    from packaging.requirements import Requirement

    lines = [line.strip() for line in lock.read_text(encoding="utf-8").splitlines()]
    required = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return [one for one in required if one.marker is None or one.marker.evaluate()]


def _is_for_gpu(requirement: "Requirement") -> bool:
    """Tell whether a package is one of CUDA's, and torch one that does without."""
    if not GPU_ONLY.match(requirement.name):
        return False
    try:
        return "+cpu" in importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return False


def _changed_lines(copy: Path, lock: Path) -> list[str]:
    """List what the lock pins and the copy did not, and the other way round.

    Where torch is one for a CPU, the Makefile leaves it and CUDA's packages out of the copy.
    """
    then, now = ({str(one) for one in _read_lock(file)} for file in (copy, lock))
    apart = re.compile(rf"{GPU_ONLY.pattern}|torch")
    if not any(map(apart.match, then)):
        now = {line for line in now if not apart.match(line)}
    return sorted(now ^ then)
