"""How much memory is free: the limits of batch systems and containers, and exhausted memory."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch

import convatlas
from convatlas.stylization import free_memory as module
from convatlas.stylization.free_memory import (
    exhaustion_named,
    free_in_groups,
    free_memory,
    is_exhausted,
)

MIB = 2**20


def group(folder, limit, used, inactive=0, version=2):
    """Make one control group's files."""
    names = ("memory.max", "memory.current", "inactive_file")
    if version == 1:
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / names[0]).write_text(f"{limit}\n")
    (folder / names[1]).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 7\n{names[2]} {inactive}\nslab 5\n")


def groups(tmp_path, lines):
    listed = tmp_path / "cgroup"
    listed.write_text("".join(f"{line}\n" for line in lines))
    return free_in_groups(listed, tmp_path / "fs")


def test_the_least_of_a_jobs_groups_counts(tmp_path):
    slurm = tmp_path / "fs" / "system.slice" / "slurmstepd.scope"
    group(slurm, 64_000 * MIB, 10_000 * MIB)
    group(slurm / "job_7", 8000 * MIB, 3000 * MIB, inactive=500 * MIB)
    group(slurm / "job_7" / "step_0", "max", 3000 * MIB)
    group(slurm / "job_8", 100 * MIB, 99 * MIB)  # another's
    lines = ["0::/system.slice/slurmstepd.scope/job_7/step_0"]
    assert groups(tmp_path, lines) == 5500 * MIB
    group(slurm / "job_7" / "step_0", 1000 * MIB, 400 * MIB)
    assert groups(tmp_path, lines) == 600 * MIB
    group(slurm, 64_000 * MIB, 63_900 * MIB)
    assert groups(tmp_path, lines) == 100 * MIB


def test_groups_of_version_1_have_a_folder_for_memory(tmp_path):
    memory = tmp_path / "fs" / "memory" / "slurm" / "uid_1"
    group(tmp_path / "fs" / "memory", 2**63 - 4096, 50_000 * MIB, version=1)
    group(memory, 4000 * MIB, 1000 * MIB, inactive=10 * MIB, version=1)
    group(memory / "job_2", 2000 * MIB, 500 * MIB, version=1)
    group(tmp_path / "fs" / "slurm", 1, 0)  # of no version that the process is in
    lines = ["12:cpu,cpuacct:/elsewhere", "9:memory:/slurm/uid_1/job_2", "1:name=systemd:/x"]
    assert groups(tmp_path, lines) == 1500 * MIB
    group(memory, 4000 * MIB, 3900 * MIB, inactive=10 * MIB, version=1)
    assert groups(tmp_path, lines) == 110 * MIB


def test_a_container_sees_its_own_group_as_the_root(tmp_path):
    group(tmp_path / "fs", 900 * MIB, 100 * MIB)
    assert groups(tmp_path, ["0::/"]) == 800 * MIB
    assert groups(tmp_path, ["0::/../../docker/abc"]) == 800 * MIB  # not there in a container


def test_without_limits_or_groups_nothing_is_said(tmp_path):
    group(tmp_path / "fs", "max", 100 * MIB)
    assert groups(tmp_path, ["0::/user.slice"]) is None
    assert groups(tmp_path, []) is None
    assert free_in_groups(tmp_path / "none", tmp_path) is None


def test_free_memory_is_the_machines_or_the_groups(monkeypatch):
    monkeypatch.setattr(module, "free_in_groups", lambda: None)
    assert 0 < free_memory(torch.device("cpu")) <= psutil.virtual_memory().total
    for left, expected in ((3 * MIB, 3 * MIB), (-5, 0)):
        monkeypatch.setattr(module, "free_in_groups", lambda left=left: left)
        assert free_memory(torch.device("cpu")) == expected


@pytest.mark.parametrize(
    ("error", "exhausted"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to ..."), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to ..."), True),
        (RuntimeError("shapes do not fit"), False),
        (OSError("can't allocate memory"), False),
    ],
)
def test_exhausted_memory_is_told_from_other_errors(error, exhausted):
    assert is_exhausted(error) is exhausted
    wanted = type(error)
    if type(error) is RuntimeError and exhausted:
        wanted = MemoryError
    with pytest.raises(wanted), exhaustion_named():
        raise error


PEAK = """
import re, sys
import numpy as np, torch
from convatlas.models.stylizer import Stylizer
from convatlas.stylization.frames import make_stylizer
from convatlas.stylization.options import StylizationOptions

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

torch.set_num_threads(1)
torch.manual_seed(0)
budget = int(sys.argv[1]) or None
style = np.zeros((64, 64, 3), np.uint8)
options = StylizationOptions(memory_mib=budget, style_pixels=64)
stylizer = make_stylizer(Stylizer(), [style], options)
frame = np.random.default_rng(0).integers(0, 256, (1, 720, 1280, 3), dtype=np.uint8)
stylizer(frame[:, :64, :64])
before = peak()
stylizer(frame)
cut = stylizer._cuts[720, 1280]
print(peak() - before, cut.tile or 0, stylizer._needs.in_tiles(720, 1280, cut.tile or 64) / 2**20)
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists() or not hasattr(module.ctypes.CDLL(None), "mallopt"),
    reason="the peak is read from Linux, and glibc alone can be told to give memory back",
)
def test_tiles_take_less_than_the_whole_frame_and_no_more_than_planned():
    taken = {}
    for budget in (0, 150):
        command = [sys.executable, "-c", PEAK, str(budget)]
        folder = Path(convatlas.__file__).parents[1]
        said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        taken[budget] = [float(word) for word in said.stdout.split()]
    (whole, no_tile, _), (tiles, tile, planned) = taken[0], taken[150]
    assert no_tile == 0 < tile
    assert tiles < 0.85 * whole
    assert tiles < 1.1 * planned
