"""A GPU for each job, without any GPU."""

import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pynvml
import pytest

from convatlas.devices import claim_gpu, visible_gpus

SCRIPTS = Path(__file__).parents[2] / "scripts"
HOLD = """
import os, sys, time
from pathlib import Path
from convatlas.devices import claim_gpu
with claim_gpu(["0", "1"], folder=Path(sys.argv[1]), poll_seconds=0.02) as token:
    print(token, os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
    sys.stdin.readline()
"""


@contextlib.contextmanager
def holders(folder, count):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)],
            cwd=SCRIPTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@pytest.mark.parametrize(
    ("listed", "tokens"),
    [
        ("2,5", ["2", "5"]),
        (" 0 , GPU-abc ", ["0", "GPU-abc"]),
        ("", []),
        ("-1", []),
        ("MIG-1/2", ["MIG-1/2"]),
    ],
)
def test_what_cuda_visible_devices_lists_is_honoured(monkeypatch, listed, tokens):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", listed)
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: pytest.fail("it looked further"))
    assert visible_gpus() == tokens


def test_without_a_list_the_driver_counts(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    ended = []
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 3)
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: ended.append(True))
    assert visible_gpus() == ["0", "1", "2"]
    assert ended == [True]


def test_without_a_driver_there_are_none(monkeypatch):
    def refuse():
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(pynvml, "nvmlInit", refuse)
    assert visible_gpus() == []


def test_two_processes_get_different_gpus_and_the_third_waits_for_a_free_one(tmp_path):
    with holders(tmp_path, 2) as (one, other):
        lines = [process.stdout.readline().split() for process in (one, other)]
        assert sorted(lines) == [["0", "0"], ["1", "1"]]  # the token, and what CUDA sees
        one.send_signal(signal.SIGKILL)  # its lock goes with it
        one.wait()
        with claim_gpu(["0", "1"], folder=tmp_path) as token:
            assert [token] == lines[0][:1]
            with holders(tmp_path, 1) as (third,):
                assert select.select([third.stdout], [], [], 1.0)[0] == []  # it waits
                other.stdin.write("\n")
                other.stdin.flush()
                other.wait()
                assert third.stdout.readline().split() == lines[1]


def test_waiting_is_logged_once_and_ends(tmp_path, monkeypatch, caplog):
    naps = []
    with contextlib.ExitStack() as held:
        held.enter_context(claim_gpu(["7"], folder=tmp_path))

        def nap(seconds):
            naps.append(seconds)
            if len(naps) == 3:
                held.close()

        monkeypatch.setattr(time, "sleep", nap)
        with (
            caplog.at_level(logging.INFO),
            claim_gpu(["7"], folder=tmp_path, poll_seconds=0.5) as token,
        ):
            assert token == "7"
    assert naps == [0.5] * 3
    assert caplog.text.count("all of 7 are taken by other jobs") == 1


@pytest.mark.parametrize("before", [None, "3,4"])
def test_the_variable_is_put_back_even_after_an_error(tmp_path, monkeypatch, before):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", before or "x")
    if before is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    seen = []

    def work():
        with claim_gpu(["4"], folder=tmp_path):
            seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    assert seen == ["4"]
    assert os.environ.get("CUDA_VISIBLE_DEVICES") == before
    with claim_gpu(["4"], folder=tmp_path) as token:  # and the lock is free
        assert token == "4"


def test_a_token_with_a_slash_stays_in_the_folder(tmp_path):
    with claim_gpu(["MIG-GPU-a/1/0"], folder=tmp_path / "locks"):
        assert [path.name for path in tmp_path.iterdir()] == ["locks"]


def test_jobs_of_slurm_do_not_wait_for_one_another_over_a_name(tmp_path, monkeypatch):
    # a cluster that constrains devices calls each job's first GPU 0
    with contextlib.ExitStack() as held:
        for job in ("17", "18"):
            monkeypatch.setenv("SLURM_JOB_ID", job)
            held.enter_context(claim_gpu(["0"], folder=tmp_path))
        assert len(list(tmp_path.iterdir())) == 2
