"""A job's checkpoint that may hold days: what is an error, what a warning, and what is told."""

import logging
import os
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from convatlas import job
from convatlas.errors import ConvatlasError
from convatlas.job import STATE, Job

SCRIPTS = Path(job.__file__).parents[1]
PLACE = STATE / "checkpoints" / "train_painter" / "small.pt"


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Make a job's checkpoint, with some of what it depends on changed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").write_text("one")
    params = {"painter": {"options": {"resolution": 64}, "snapshots": [1]}, "seed": 0}

    def make(*, threads=1, device="cpu", strict=True, **changed):
        snakemake = types.SimpleNamespace(
            rule="train_painter",
            wildcards=["small"],
            threads=threads,
            params={**params, **changed},
            input=["pictures"],
        )
        monkeypatch.setattr(Job, "device", types.SimpleNamespace(type=device))
        stack = types.SimpleNamespace(push=lambda _: None)
        return Job(snakemake, None, stack).checkpoint(30, strict=strict, minutes=5)

    return make


def test_the_same_training_is_gone_on_with_and_nothing_is_said(start, caplog):
    checkpoint = start()
    assert checkpoint.path == PLACE
    assert checkpoint.minutes == 5
    checkpoint.save({"epoch": 2})
    assert start().load() == {"epoch": 2}
    assert not caplog.records


def test_a_state_cut_in_half_is_an_error_and_is_not_written_over(start):
    start().save({"epoch": 400})
    half = PLACE.read_bytes()[: PLACE.stat().st_size // 2]
    PLACE.write_bytes(half)
    with pytest.raises(ConvatlasError, match=r"small\.pt: .* cannot be read .* delete the file"):
        start().load()
    assert PLACE.read_bytes() == half
    assert start(strict=False).load() is None


def test_a_stretch_counts_from_the_start_of_the_whole_run(tmp_path):
    """Two jobs, one after the other, as Snakemake starts them."""
    told = "import time, convatlas.job as job; print(time.time() - job._begin_of_run())"
    door = tmp_path / "snakemake"
    door.write_text(
        "import subprocess, sys, time\n"
        "for _ in range(2):\n"
        f"    subprocess.run([sys.executable, '-c', {told!r}], check=True)\n"
        "    time.sleep(2)\n"
    )
    run = subprocess.run(
        [sys.executable, str(door)],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = map(float, run.stdout.split())
    assert 0 < first < second - 2
    assert job._begin_of_run() > time.time() - 1, "without Snakemake it is now"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/env/bin/python /env/bin/snakemake --cores 2", True),
        ("python3.11 -m snakemake --cores 2", True),
        ("python -u -m snakemake", True),
        ("snakemake --cores 2", True),
        ("bash nightly_snakemake.sh", False),
        ("SCREEN -S snakemake", False),
        ("tmux new -s snakemake", False),
        ("sh -c snakemake --cores 2", False),
        ("", False),
    ],
)
def test_a_shell_named_after_snakemake_is_not_the_run(command, expected):
    assert job._is_snakemake(command.split()) == expected


def test_what_it_was_made_with_is_told_in_leaves(start, tmp_path):
    told = start(threads=3).made_with
    digest = told.pop("input pictures")
    assert len(digest) == 12
    assert told == {
        "device": "cpu",
        "threads": "3",
        "painter.options.resolution": "64",
        "painter.snapshots": "[1]",
        "seed": "0",
    }
    assert start(strict=False).made_with is None


def test_other_settings_or_pictures_are_an_error_that_names_both_sides(start, tmp_path):
    start().save({"epoch": 2})
    other = {"options": {"resolution": 32}, "snapshots": [1]}
    with pytest.raises(ConvatlasError, match=r"painter\.options\.resolution: 64 there, 32 here"):
        start(painter=other).load()
    (tmp_path / "pictures").write_text("two")
    with pytest.raises(ConvatlasError, match=r"input pictures: [0-9a-f]{12} there, [0-9a-f]{12} h"):
        start().load()
    assert PLACE.exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"device": "cuda"}, "device: cpu there, cuda here"),
        ({"threads": 2}, "threads: 1 there, 2 here"),
    ],
)
def test_another_machine_goes_on_with_a_warning(start, caplog, changed, words):
    start().save({"epoch": 2})
    assert start(**changed).load() == {"epoch": 2}
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert words in record.message


@pytest.mark.parametrize("changed", [{"device": "cuda"}, {"threads": 2}, {"seed": 1}])
def test_one_that_is_not_strict_starts_afresh(start, changed):
    start(strict=False).save({"epoch": 2})
    assert start(strict=False).load() == {"epoch": 2}
    assert start(strict=False, **changed).load() is None
