"""What the doctor finds of the machine: GPUs, Slurm, encoders, disks."""

from pathlib import Path

import pytest
from test_devices import holders

from convatlas import devices
from convatlas.doctor import cluster, codecs, gpus, space
from convatlas.doctor.findings import has_fault

PROFILE = Path(__file__).parents[2] / "profiles" / "default" / "profile.yaml"


def told(findings, level=None):
    return " | ".join(f.told for f in findings if level in (None, f.level))


# ---- devices
def test_without_a_gpu_it_says_why(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    (finding,) = gpus.check_gpus(PROFILE)
    assert finding.level == "warning"
    assert "CUDA_VISIBLE_DEVICES is '-1'" in finding.told
    assert finding.remedy == "unset CUDA_VISIBLE_DEVICES"


def test_a_gpu_that_torch_cannot_use_is_a_fault(monkeypatch):
    import torch

    if torch.cuda.is_available():
        pytest.skip("torch can use one here")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    (finding,) = gpus.check_gpus(PROFILE)
    assert finding.level == "fault"
    assert f"CUDA_VISIBLE_DEVICES names 0, 1, but torch {torch.__version__}" in finding.told


def test_it_names_the_first_free_gpu_and_who_holds_the_others(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setattr(gpus, "_torch_refuses", lambda: None)
    with holders(tmp_path, 1) as (one,):
        one.stdout.readline()
        findings = list(gpus.check_gpus(PROFILE, tmp_path))
        assert "takes GPU 1" in findings[0].told
        assert "GPU 0 is held by" in told(findings)
        if Path("/proc/locks").is_file():
            assert f"process {one.pid}" in told(findings)
        with holders(tmp_path, 1) as (other,):
            other.stdout.readline()
            findings = list(gpus.check_gpus(PROFILE, tmp_path))
            assert "the next job waits" in told(findings, "warning")
    assert "takes GPU 0" in told(gpus.check_gpus(PROFILE, tmp_path))  # killed: its lock is gone


def test_it_looks_for_slots_where_jobs_hold_them(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    monkeypatch.setattr(gpus, "_torch_refuses", lambda: None)
    with devices.claim_gpu(["7"]):
        assert gpus.slots_folder().is_dir()
        assert "all are held" in told(gpus.check_gpus(PROFILE))
    assert "takes GPU 7" in told(gpus.check_gpus(PROFILE))


@pytest.mark.parametrize(
    ("resources", "level", "words"),
    [
        ("[gpu=0, downloads=2]", "warning", "gpu=0"),
        ("{gpu: 2}", "ok", "2 GPU jobs"),
        ("[downloads=2]", "warning", "no limit"),
    ],
)
def test_the_profile_says_how_many_gpu_jobs_run(tmp_path, monkeypatch, resources, level, words):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr(gpus, "_torch_refuses", lambda: None)
    (tmp_path / "config.yaml").write_text(f"resources: {resources}\n")
    finding = list(gpus.check_gpus(tmp_path / "config.yaml", tmp_path))[-1]
    assert (finding.level, words in finding.told) == (level, True)


# ---- Slurm
def command(folder, name, script):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_without_slurm_it_says_so_without_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [(f.level, f.told) for f in cluster.check_slurm()] == [
        ("ok", "not here: jobs run on this machine")
    ]


def test_half_of_slurm_and_a_dead_controller_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    command(tmp_path, "sinfo", "echo 'slurm_load_partitions: Unable to contact' >&2; exit 1")
    if not cluster.shutil.which("sbatch"):
        assert "squeue, sbatch cannot be found" in told(cluster.check_slurm(), "fault")
    command(tmp_path, "squeue", "")
    command(tmp_path, "sbatch", "")
    assert "Unable to contact" in told(cluster.check_slurm(), "warning")
    assert "each start of Snakemake" in told(cluster.check_slurm(), "warning")
    monkeypatch.setattr(cluster, "SECONDS", 0.2)
    command(tmp_path, "sinfo", "exec sleep 5")
    assert "no answer within 0.2 s" in told(cluster.check_slurm(), "warning")


def test_partitions_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    command(tmp_path, "sinfo", "echo 'main* up 1 2 3000 gpu:2'; echo 'long up 4 8 9000 (null)'")
    command(tmp_path, "squeue", "echo RUNNING")
    command(tmp_path, "sbatch", "")
    said = told(cluster.check_slurm(), "ok")
    assert "partition main* up, 1 nodes with 2 cores, 3000 MB, gpu:2" in said
    assert "1 jobs of yours" in said
    assert "(null)" not in said


# ---- encoders, disk
def test_encoders_are_looked_for(monkeypatch):
    assert [f.level for f in codecs.check_encoders()] == ["ok"]
    monkeypatch.setitem(codecs.ENCODERS, "no_such_codec", "nothing")
    assert "no no_such_codec, which writes nothing" in told(codecs.check_encoders(), "fault")


def test_room_is_compared_with_an_estimate(tmp_path):
    folders = tmp_path / "results" / "not there yet", tmp_path / "cache"
    enough = list(space.check_space(*folders, copied=0, fetched=0))
    assert not has_fault(enough)
    (disk,) = [
        f for f in space.check_space(*folders, copied=10**16, fetched=10) if "free" in f.told
    ]
    assert disk.level == "fault"
    assert "results 1e+04 TB" in disk.told


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that nobody can write")
def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path):
    findings = list(space.check_space(Path("/proc/results"), tmp_path, copied=0, fetched=0))
    assert told(findings, "fault") == "results cannot be written"
