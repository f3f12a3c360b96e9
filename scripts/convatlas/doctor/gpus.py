"""Which device a job would compute on, and why."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import yaml
from filelock import FileLock, Timeout

from convatlas.devices import visible_gpus
from convatlas.doctor.findings import Finding

ASK = "--resources gpu=1, or gpu=N for N GPUs"


def slots_folder() -> Path:
    """Return where ``convatlas.devices.claim_gpu`` keeps its locks."""
    return Path(tempfile.gettempdir()) / f"convatlas-gpus-{os.getuid()}"


def check_gpus(profile: Path, slots: Path | None = None) -> Iterator[Finding]:
    """Say which GPUs there are, whether torch can use them, and which one a job takes.

    Parameters
    ----------
    profile : Path
        The profile that Snakemake loads itself; its ``resources`` say how many GPU jobs may run.
    slots : Path, optional
        Where the locks of GPUs lie.
    """
    listed, tokens = os.environ.get("CUDA_VISIBLE_DEVICES"), visible_gpus()
    if not tokens:
        because = (
            "the driver names none"
            if listed is None
            else f"CUDA_VISIBLE_DEVICES is '{listed}', which names none"
        )
        remedy = "" if listed is None else "unset CUDA_VISIBLE_DEVICES"
        told = f"none: every job computes on the CPU, since {because}"
        yield Finding("ok" if listed is None else "warning", "GPU", told, "", remedy)
        return
    named = "CUDA_VISIBLE_DEVICES" if listed is not None else "the driver"
    if reason := _torch_refuses():
        told = f"{named} names {', '.join(tokens)}, but {reason}: jobs compute on the CPU"
        remedy = "install torch's wheels for CUDA, or a driver as new as they need: make setup"
        yield Finding("fault", "GPU", told, "", remedy)
        return
    folder = slots_folder() if slots is None else slots
    taken = {token: holder for token in tokens if (holder := _holder(folder, token)) is not None}
    free = [token for token in tokens if token not in taken]
    if free:
        told = f"a job that asks for one takes GPU {free[0]}{_describe(free[0])}: the first free "
        told += f"of {', '.join(tokens)}, which {named} names"
        yield Finding("ok", "GPU", told)
    for token, holder in taken.items():
        yield Finding("ok", "GPU", f"GPU {token} is held by {holder}", str(folder))
    if not free:
        remedy = "wait, or stop what holds them; a job waits by itself"
        yield Finding("warning", "GPU", "all are held: the next job waits", str(folder), remedy)
    yield _say_allowed(profile)


def _say_allowed(profile: Path) -> Finding:
    allowed = _allowed_jobs(profile)
    if allowed == 0:
        told = "by default no job asks for a GPU: gpu=0, so that all compute on the CPU"
        return Finding("warning", "GPU", told, str(profile), f"give snakemake {ASK}")
    if allowed is None:
        told = "no limit is set: all GPU jobs would run at once, and wait for one another"
        return Finding("warning", "GPU", told, str(profile), f"give snakemake {ASK}")
    return Finding("ok", "GPU", f"by default {allowed} GPU jobs run at once", str(profile))


def _allowed_jobs(profile: Path) -> int | None:
    """Read ``gpu=N`` of a profile's ``resources``, a list of texts or a mapping."""
    resources = yaml.safe_load(profile.read_text(encoding="utf-8")).get("resources", [])
    if isinstance(resources, dict):
        resources = [f"{key}={value}" for key, value in resources.items()]
    found = [re.fullmatch(r"gpu=(\d+)", str(text)) for text in resources]
    return next((int(match[1]) for match in found if match), None)


def _torch_refuses() -> str | None:
    """Say why torch does not compute on a GPU that is there, or None if it does."""
    import torch

    if torch.cuda.is_available():
        return None
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is one for CPUs"
    return f"torch {torch.__version__}, made for CUDA {torch.version.cuda}, cannot use them"


def _describe(token: str) -> str:
    """Name a GPU and how much of its memory is in use, as far as the driver tells."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return ""
    try:
        by_index = token.isdecimal()
        find = pynvml.nvmlDeviceGetHandleByIndex if by_index else pynvml.nvmlDeviceGetHandleByUUID
        handle = find(int(token) if by_index else token)
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        used, total = memory.used / 2**30, memory.total / 2**30
        name = pynvml.nvmlDeviceGetName(handle)
    except pynvml.NVMLError:
        return ""
    finally:
        pynvml.nvmlShutdown()
    return f" ({name}, {used:.1f} of {total:.0f} GiB in use)"


def _holder(folder: Path, token: str) -> str | None:
    """Say who holds a GPU's lock, or return None if nobody does."""
    path = folder / f"{token.replace('/', '_')}.lock"
    if not path.exists():
        return None
    lock = FileLock(path)
    try:
        # held for a moment: a job that comes just then takes another GPU, or looks again
        lock.acquire(blocking=False)
    except Timeout:
        return _name_holder(path)
    lock.release()
    return None


def _name_holder(path: Path) -> str:
    """Find the process that holds a file's lock, where the system tells."""
    inode, held = path.stat().st_ino, Path("/proc/locks")
    lines = held.read_text(encoding="ascii").splitlines() if held.is_file() else []
    for fields in map(str.split, lines):
        if "->" not in fields and fields[1] == "FLOCK" and fields[5].endswith(f":{inode}"):
            pid = int(fields[4])
            if psutil.pid_exists(pid):
                return f"process {pid}, {' '.join(psutil.Process(pid).cmdline())[:80]}"
    return "another job"
