"""How much memory is free, within the limits of a job; and what shows that there is none left."""

import contextlib
import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import torch

_NAMES = {
    "2": ("memory.max", "memory.current", "inactive_file"),
    "1": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}
"""Of each version of control groups: files of the limit and of what is used, and in ``memory.stat``
the files read that the kernel drops when memory is asked for."""

_MMAP_THRESHOLD = -3
"""Its number in glibc's ``malloc.h``."""
_PIECE = 2**17
"""Bytes from which on a piece of memory is mapped for itself, and unmapped when it is freed: glibc
begins with so many, and raises them with each larger piece that is freed."""


def free_memory(device: torch.device) -> int:
    """Return the bytes that are free on a device; on a CPU, a job's or container's limit counts."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return free + unused
    free, left = psutil.virtual_memory().available, free_in_groups()
    return max(0, free if left is None else min(free, left))


def free_in_groups(
    listed: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """Return the bytes that the process's control groups still allow.

    A batch system sets the limit on the job's group, a container on the root that it sees: every
    group from the process's own up to the root counts.

    Parameters
    ----------
    listed : Path
        File with the process's groups, a line each: ``number:controllers:path``.
    mounted : Path
        Folder in which the groups are folders; those of version 1 have one for ``memory``.

    Returns
    -------
    int or None
        The least of all; None where no group has a limit, or there are no groups.
    """
    try:
        lines = listed.read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return None
    left = []
    for line in lines:
        controllers, _, path = line.partition(":")[2].partition(":")
        if not controllers:
            roots, version = (mounted, mounted / "unified"), "2"
        elif "memory" in controllers.split(","):
            roots, version = (mounted / "memory",), "1"
        else:
            continue
        # ".." leads out of what a container sees
        steps = [step for step in path.split("/") if step not in ("", "..")]
        for root in roots:
            for depth in range(len(steps) + 1):
                left += _left_in(root.joinpath(*steps[:depth]), *_NAMES[version])
    return min(left, default=None)


def _left_in(group: Path, limit: str, used: str, dropped: str) -> list[int]:
    """Return what one group leaves; nothing if it is not there or its limit is "max"."""
    with contextlib.suppress(OSError, ValueError):
        most, taken = (int((group / name).read_text()) for name in (limit, used))
        found = None
        with contextlib.suppress(OSError):
            found = re.search(rf"^{dropped} (\d+)$", (group / "memory.stat").read_text(), re.M)
        return [most - taken + (int(found[1]) if found else 0)]
    return []


def is_exhausted(error: BaseException) -> bool:
    """Say whether an error means that memory gave out; of a CPU's, torch says so in words alone."""
    words = str(error)
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError)
        and ("can't allocate memory" in words or "not enough memory" in words)
    )


@contextlib.contextmanager
def exhaustion_named() -> Iterator[None]:
    """Give exhausted memory of a CPU, for which torch has a plain RuntimeError, its own class."""
    try:
        yield
    except RuntimeError as error:
        if is_exhausted(error) and not isinstance(error, torch.OutOfMemoryError):
            raise MemoryError(str(error)) from None
        raise


def return_what_is_freed() -> None:
    """Let the C library give freed tensors back to the system at once, from here on.

    By itself glibc keeps what is freed, up to 32 MiB a piece, in a heap for each thread, where no
    other thread gets at it: tiles, each a thread, then took three times the memory of their
    tensors. With another C library nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _PIECE)
