"""The doctor, over what Snakemake really leaves behind and says that it would do."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from convatlas.doctor.state import check_checkpoints, check_incomplete, check_locks, processes_in
from toy_project import ROOT, TOY, Project, copy_project

pytestmark = pytest.mark.workflow
TARGET = "results/data/embedded_digits/splits.json"
SNAKEFILE = """
rule make_it:
    output: "made/{name}.txt"
    script: "work.py"
"""
WORK = """
import time
from pathlib import Path
Path(snakemake.output[0]).write_text("half")
state = Path(".snakemake/convatlas/checkpoints/make_it/one.pt")
state.parent.mkdir(parents=True)
state.write_bytes(b"x" * 2000)
(state.parent / ".one.pt.0a1b2c3d.part.pt").write_bytes(b"x" * 500)
time.sleep(120)
"""


@pytest.fixture
def at_work(tmp_path):
    """A run of Snakemake in the middle of its one job."""
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "work.py").write_text(WORK)
    command = [sys.executable, "-m", "snakemake", "made/one.txt", "--cores", "1", "--quiet", "all"]
    run = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    begun, give_up = tmp_path / "made" / "one.txt", time.monotonic() + 120
    halves = tmp_path / ".snakemake/convatlas/checkpoints/make_it/.one.pt.0a1b2c3d.part.pt"
    while not begun.exists() or not halves.exists():
        assert time.monotonic() < give_up
        assert run.poll() is None
        time.sleep(0.05)
    jobs = processes_in(tmp_path)[1]
    yield tmp_path, run, jobs
    for process in [run, *jobs]:
        if process.poll() is None if process is run else process.is_running():
            process.kill()
    run.wait()


def levels_and_words(findings):
    (finding,) = findings
    return finding.level, f"{finding.told} {finding.remedy}"


def test_locks_and_unfinished_files_of_a_killed_run(at_work):
    folder, run, jobs = at_work
    level, words = levels_and_words(check_locks(folder))
    assert level == "ok"
    assert f"process {run.pid}" in words
    level, words = levels_and_words(check_incomplete(folder))
    assert level == "ok"
    assert "made right now: made/one.txt" in words
    (checkpoint,) = check_checkpoints(folder)  # what is being written is nobody's business

    run.send_signal(signal.SIGKILL)
    run.wait()
    assert len(jobs) == 1  # the script is a process of its own, and lives on
    assert jobs[0].is_running()
    level, words = levels_and_words(check_locks(folder))
    assert level == "fault"
    assert f"kill {jobs[0].pid}" in words

    jobs[0].kill()
    psutil.wait_procs(jobs, timeout=10)
    level, words = levels_and_words(check_locks(folder))
    assert level == "fault"
    assert "snakemake --unlock" in words
    level, words = levels_and_words(check_incomplete(folder))
    assert level == "warning"
    assert "half written: made/one.txt" in words
    checkpoint, halves = check_checkpoints(folder)
    assert checkpoint.told.startswith("make_it one: 2 kB, ")
    assert checkpoint.where == ".snakemake/convatlas/checkpoints/make_it/one.pt"
    assert (halves.level, "500 bytes" in halves.told) == ("warning", True)

    unlock = [sys.executable, "-m", "snakemake", "--unlock", "made/one.txt"]
    subprocess.run(unlock, cwd=folder, check=True, capture_output=True)
    assert levels_and_words(check_locks(folder)) == ("ok", "none: a run can start ")
    (folder / "made" / "one.txt").unlink()
    assert "begun and are not there" in levels_and_words(check_incomplete(folder))[1]


def test_where_nothing_ran_there_is_nothing(tmp_path):
    found = [*check_locks(tmp_path), *check_incomplete(tmp_path), *check_checkpoints(tmp_path)]
    assert [finding.level for finding in found] == ["ok"] * 3
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    """A checkout in which one dataset was split."""
    project = copy_project(tmp_path_factory.mktemp("doctor") / "project")
    shutil.copytree(ROOT / "tools", project.folder / "tools")
    git = ["git", "-C", str(project.folder), "-c", "user.name=A", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "scripts"], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *words], check=True)
    project.run(TARGET, "--quiet", "all")
    return project


def why(project: Project, target: str, config: Path = TOY) -> tuple[int, str]:
    door = [sys.executable, str(project.folder / "tools" / "doctor.py")]
    options = ["--configfile", str(config), "--why", target]
    done = subprocess.run(
        [*door, *options], cwd=project.folder, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.returncode, " ".join(done.stdout.split())


def test_it_says_why_a_file_will_be_made_again_or_not(split, tmp_path):
    status, words = why(split, TARGET)
    assert status == 0
    assert f"{TARGET} will not run: it is there, made from the input, code" in words

    project = Project(tmp_path / "project")
    shutil.copytree(split.folder, project.folder)
    project.edit("scripts/split_dataset.py", '"""', '"""Only words. ')
    project.edit("scripts/convatlas/data/selection.py", "\n\n\n", "\n\n\n# only words\n")
    script = project.folder / "scripts" / "split_dataset.py"
    script.write_text(f"{script.read_text()}\nANOTHER_MEANING = 1\n")
    config = tmp_path / "other.yaml"
    config.write_text(f"{TOY.read_text()}split_shares: [0.5, 0.25, 0.25]\n")
    status, words = why(project, TARGET, config)
    assert status == 0  # it is no fault
    assert "split_dataset embedded_digits will run: its code means something else" in words
    assert "these mean something else: split_dataset.py where:" in words
    assert "[0.6, 0.2, 0.2] then, not now" in words
    assert "[0.5, 0.25, 0.25] now, not then" in words

    (project.folder / TARGET).unlink()
    _, words = why(project, TARGET)
    assert "split_dataset embedded_digits will run: output is missing" in words


def test_what_is_neither_rule_nor_file_is_a_fault_with_the_nearest_rule(split):
    status, words = why(split, "split_datasets")
    assert status == 1
    assert "'split_datasets' is no rule" in words
    assert "did you mean 'split_dataset'?" in words
