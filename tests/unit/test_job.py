"""What a script gets from its rule, with plain objects in place of Snakemake's."""

import fcntl
import io
import logging
import multiprocessing
import os
import pty
import struct
import subprocess
import sys
import termios
import types
import warnings
from pathlib import Path

import pytest
import torch

from convatlas import job as module
from convatlas.errors import ConvatlasError
from convatlas.job import STATE, Progress, Terminal, describe_job, start_job

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(autouse=True)
def clean(tmp_path, monkeypatch):
    """Work in a folder of one's own; put logging, warnings and threads back."""
    monkeypatch.chdir(tmp_path)
    threads, level = torch.get_num_threads(), logging.getLogger("convatlas").level
    with warnings.catch_warnings():
        yield
    logging.captureWarnings(False)
    logging.getLogger("convatlas").setLevel(level)
    torch.set_num_threads(threads)


def make_snakemake(folder, *, gpu=0, threads=1, params=None, inputs=()):
    return types.SimpleNamespace(
        rule="train_classifier",
        wildcards=["lenet5", 0],
        log=[str(folder / "job.log")],
        threads=threads,
        resources={"gpu": gpu},
        params=params or {"epochs": 3},
        input=list(inputs),
    )


@pytest.fixture
def snakemake(tmp_path):
    return make_snakemake(tmp_path)


def run(snakemake, body):
    with start_job(snakemake) as job:
        body(job)


def raise_(error):
    raise error


# --- log and errors ------------------------------------------------------------------------------


def test_the_log_has_what_the_package_says_and_warnings_and_the_end(snakemake, tmp_path, capsys):
    before = list(logging.getLogger().handlers)

    def body(job):
        assert job.name == "train_classifier lenet5 0"
        logging.getLogger("convatlas.training").info("epoch 1")
        logging.getLogger("another").info("chatter")
        warnings.warn("beware", stacklevel=1)

    run(snakemake, body)
    log = (tmp_path / "job.log").read_text()
    assert "INFO epoch 1" in log
    assert "WARNING" in log
    assert "beware" in log
    assert "INFO done in 0." in log
    assert "chatter" not in log
    assert capsys.readouterr().err == ""
    assert logging.getLogger().handlers == before


def test_an_error_for_people_is_told_in_a_line_and_ends_the_script(snakemake, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        run(snakemake, lambda _: raise_(ConvatlasError("the sheet is empty")))
    assert caught.value.code == 1
    assert capsys.readouterr().err == "\ntrain_classifier lenet5 0: the sheet is empty\n"
    log = (tmp_path / "job.log").read_text()
    assert "Traceback" in log
    assert "ConvatlasError: the sheet is empty" in log
    assert "done in" not in log


def test_any_other_error_goes_on_and_is_logged(snakemake, tmp_path, capsys):
    with pytest.raises(ZeroDivisionError):
        run(snakemake, lambda _: 1 / 0)
    log = (tmp_path / "job.log").read_text()
    assert "ERROR failed" in log
    assert "ZeroDivisionError" in log
    assert capsys.readouterr().err == ""


def test_the_log_of_an_earlier_run_is_replaced(snakemake, tmp_path):
    (tmp_path / "job.log").write_text("old")
    run(snakemake, lambda _: None)
    assert "old" not in (tmp_path / "job.log").read_text()


def test_an_end_of_the_script_by_error_says_so_in_its_exit_status(tmp_path):
    code = (
        "import types\nfrom convatlas.job import start_job\n"
        "from convatlas.errors import ConvatlasError\n"
        "s = types.SimpleNamespace(rule='r', wildcards=['w'], log=['r.log'])\n"
        "with start_job(s):\n    raise ConvatlasError('no such thing')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "\nr w: no such thing\n")


# --- device --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gpu", "listed", "reason"), [(0, "0", "not asked for"), (1, "", "no GPU here")]
)
def test_without_a_gpu_the_job_computes_on_the_cpu(tmp_path, monkeypatch, gpu, listed, reason):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", listed)
    snakemake = make_snakemake(tmp_path, gpu=gpu, threads=2)

    def body(job):
        assert job.device == torch.device("cpu")
        assert job.device is job.device
        assert torch.get_num_threads() == 2

    run(snakemake, body)
    log = (tmp_path / "job.log").read_text()
    assert log.count(f"computing on the CPU: {reason}") == 1


@pytest.mark.parametrize("usable", [True, False])
def test_a_gpu_is_held_until_the_job_is_over(tmp_path, monkeypatch, usable):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,6")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: usable)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "a big one")

    def body(job):
        assert job.device.type == ("cuda" if usable else "cpu")
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "5"

    run(make_snakemake(tmp_path, gpu=1), body)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "5,6"
    said = "on GPU 5 (a big one)" if usable else "GPU 5 is there, but torch cannot use it"
    assert said in (tmp_path / "job.log").read_text()


# --- checkpoint ----------------------------------------------------------------------------------

PLACE = STATE / "checkpoints" / "train_classifier" / "lenet5" / "0.pt"


def test_a_checkpoint_goes_with_success_and_stays_after_failure(snakemake):
    def fail(job):
        job.checkpoint(5).save({"epoch": 1})
        raise ConvatlasError("stop")

    with pytest.raises(SystemExit):
        run(snakemake, fail)
    assert PLACE.is_file()

    def succeed(job):
        checkpoint = job.checkpoint(5)
        assert checkpoint.every_seconds == 5
        assert checkpoint.load() == {"epoch": 1}
        assert PLACE.is_file()

    run(snakemake, succeed)
    assert not PLACE.exists()


@pytest.mark.parametrize("change", ["params", "threads", "inputs", "nothing"])
def test_a_checkpoint_is_bound_to_settings_inputs_and_threads(tmp_path, change):
    data = tmp_path / "data"
    data.write_text("one")
    states = []

    def save(job):
        job.checkpoint(5).save({"epoch": 1})
        raise ConvatlasError("stop")

    with pytest.raises(SystemExit):
        run(make_snakemake(tmp_path, inputs=[data]), save)
    if change == "inputs":
        data.write_text("two")
    os.utime(data, (1, 1))
    other = make_snakemake(
        tmp_path,
        inputs=[data],
        params={"epochs": 4} if change == "params" else None,
        threads=2 if change == "threads" else 1,
    )
    run(other, lambda job: states.append(job.checkpoint(5).load()))
    assert states == [{"epoch": 1} if change == "nothing" else None]


# --- terminal and progress -----------------------------------------------------------------------


def hold_terminal(path, ready, leave):
    terminal = Terminal(path)
    ready.set()
    leave.wait()
    terminal.close()


def test_the_terminal_is_ours_only_when_no_other_job_is_running(tmp_path):
    path = tmp_path / "deep" / "terminal.lock"
    terminal = Terminal(path)
    assert terminal.is_ours()
    context = multiprocessing.get_context("fork")
    ready, leave = context.Event(), context.Event()
    other = context.Process(target=hold_terminal, args=(path, ready, leave))
    other.start()
    ready.wait(10)
    assert not terminal.is_ours()
    assert not terminal.is_ours()  # asking takes nothing from the other
    other.kill()
    other.join()
    assert terminal.is_ours()
    second = Terminal(path)
    assert not terminal.is_ours()
    assert not second.is_ours()
    second.close()
    assert terminal.is_ours()
    terminal.close()


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def terminal(tmp_path):
    made = Terminal(tmp_path / "terminal.lock")
    yield made
    made.close()


def test_progress_is_logged_now_and_then(terminal, clock, caplog):
    progress = Progress("x", terminal, io.StringIO())
    with caplog.at_level(logging.INFO, "convatlas"):
        clock[0] += 60  # reading data took a minute
        progress(1000, 5000)
        clock[0] += 9
        progress(1900, 5000)
        assert caplog.messages == []
        clock[0] += 1.5
        progress(2050, 5000)
        clock[0] += 5
        progress(2500, 5000)
        clock[0] += 10
        progress(4000, 5000, "epoch 4/5")
    # 1,050 pictures in 10.5 s, 2,950 are left; then 3,000 in 25.5 s
    assert caplog.messages == [
        "2050 done, 100 a second, 41.0 % of 5000, 00:29 left",
        "epoch 4/5: 4000 done, 118 a second, 80.0 % of 5000, 00:08 left",
    ]


@pytest.mark.parametrize("total", [None, 0])
def test_an_unknown_total_is_no_hindrance(terminal, clock, caplog, total):
    progress = Progress("x", terminal, Screen())
    with caplog.at_level(logging.INFO, "convatlas"):
        progress(0, total)
        clock[0] += 20
        progress(500, total)
    progress.close()
    assert caplog.messages == ["500 done, 25 a second"]


def test_a_standstill_has_no_end(terminal, clock, caplog):
    progress = Progress("x", terminal, io.StringIO())
    with caplog.at_level(logging.INFO, "convatlas"):
        progress(7, 10)
        clock[0] += 11
        progress(7, 10)
    assert caplog.messages == ["7 done, 0 a second"]


def test_a_file_gets_no_bar(terminal, clock):
    stream = io.StringIO()
    progress = Progress("x", terminal, stream)
    for done in range(5):
        clock[0] += 1
        progress(done, 10)
    progress.close()
    assert stream.getvalue() == ""


def test_a_screen_gets_a_bar_only_while_the_job_is_alone(terminal, clock, tmp_path):
    screen = Screen()
    progress = Progress("train_classifier lenet5 0", terminal, screen)
    other = Terminal(tmp_path / "terminal.lock")
    for done in (1, 2, 3):
        clock[0] += 1
        progress(done, 10)
    assert screen.getvalue() == ""  # not a sign of it
    other.close()
    clock[0] += 1
    progress(4, 10)
    assert "train_classifier lenet5 0:  40%" in screen.getvalue()
    other = Terminal(tmp_path / "terminal.lock")
    length = len(screen.getvalue())
    for done in (5, 6):
        clock[0] += 1
        progress(done, 10)
    assert set(screen.getvalue()[length:]) <= set("\r ")  # wiped
    other.close()
    clock[0] += 1
    progress(7, 10)
    assert "70%" in screen.getvalue()[length:]
    progress.close()


def test_a_bar_is_not_drawn_at_every_step(terminal, clock):
    screen = Screen()
    progress = Progress("x", terminal, screen)
    clock[0] += 1
    progress(1, 1000)
    length = len(screen.getvalue())
    for done in range(2, 50):
        clock[0] += 0.01
        progress(done, 1000)
    assert len(screen.getvalue()) == length
    progress.close()


JOB = """
import sys, time, types
from convatlas import job
job.DRAW_SECONDS = 0.01
s = types.SimpleNamespace(rule="r", wildcards=[], log=["r.log"])
with job.start_job(s) as j:
    for done in range(6):
        time.sleep(0.02)
        j.progress(done, 6)
"""


@pytest.mark.parametrize("alone", [True, False])
def test_a_real_terminal_gets_a_bar_only_when_the_job_is_alone(tmp_path, alone):
    other = None if alone else Terminal(STATE / "terminal.lock")
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS), "COLUMNS": "80"}
    done = subprocess.run([sys.executable, "-c", JOB], env=environment, stderr=slave)
    os.close(slave)
    drawn = b""
    try:
        while piece := os.read(master, 1000):
            drawn += piece
    except OSError:  # how Linux ends a terminal that nobody holds any more
        pass
    os.close(master)
    if other:
        other.close()
    assert done.returncode == 0
    if alone:
        assert b"r: " in drawn
        assert b"%" in drawn
    else:
        assert drawn == b""


def test_a_job_is_named_by_its_rule_and_wildcards():
    assert describe_job(types.SimpleNamespace(rule="a", wildcards=["b", 3])) == "a b 3"
    assert describe_job(types.SimpleNamespace(rule="a", wildcards=[])) == "a"
