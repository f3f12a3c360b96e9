"""What the doctor finds of packages, config, weights and results, and how it is told."""

import copy
import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import yaml
from test_settings import FILES, REAL, merge, read

from convatlas.comparison.mappings import differing_keys
from convatlas.doctor.configuration import (
    check_configuration,
    files_of_config,
    read_config,
)
from convatlas.doctor.environment import check_packages, check_python, check_venv
from convatlas.doctor.findings import Finding, has_fault, lay_out, run_check, say_size
from convatlas.doctor.results import check_results
from convatlas.doctor.weights import check_trained, trained_files
from convatlas.errors import ConvatlasError
from convatlas.provenance import describe_commit

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "config" / "presets" / "demo.yaml"


def told(findings, level=None):
    return " | ".join(f.told for f in findings if level in (None, f.level))


# ---- how findings are told
def test_findings_are_laid_out_in_columns_that_keep_to_the_width():
    findings = [
        Finding("ok", "Python", "3.11", "/usr/bin/python"),
        Finding("fault", "a longer subject", "word " * 40, "/a/place", "do this"),
    ]
    lines = lay_out(findings, 80).splitlines()
    assert max(map(len, lines)) <= 80
    starts = {
        line.index(word) for line in lines for word in ("3.11", "word", "to do:") if word in line
    }
    assert len(starts) == 1
    assert lines[-1] == "1 ok, 0 warnings, 1 fault"
    assert "/usr/bin/python" not in lay_out(findings)
    assert "where: /a/place" in lay_out(findings)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (305_000_000, "305 MB"),
        (5.39e9, "5.39 GB"),
    ],
)
def test_sizes_are_said_for_people(size, text):
    assert say_size(size) == text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConvatlasError("a.yaml: no such key"), "a.yaml: no such key"),
        (ModuleNotFoundError("No module named 'av'"), "No module named 'av'"),
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh"),
    ],
)
def test_a_check_that_fails_is_a_fault_and_stops_no_other(error, words):
    def check():
        yield Finding("ok", "a", "b")
        raise error

    (finding,) = run_check("subject", check)
    assert (finding.level, finding.what) == ("fault", "subject")
    assert words in finding.told


# ---- Python and packages
def test_this_python_is_new_enough_and_an_old_one_is_a_fault(monkeypatch):
    assert [f.level for f in check_python()] == ["ok"]
    monkeypatch.setattr("convatlas.doctor.environment.LEAST_PYTHON", (99, 0))
    (finding,) = check_python()
    assert finding.level == "fault"
    assert "make setup" in finding.remedy


def test_packages_are_compared_with_the_lock(tmp_path):
    import numpy

    lock = tmp_path / "requirements.lock"
    lock.write_text(
        f"numpy=={numpy.__version__}\n# a comment\nno-such-package==1.0\npillow==0.0.1\n"
        "only-there==2.0 ; sys_platform == 'win32'\nbm3d-is-not-this==3 ; python_version < '3'\n"
    )
    findings = list(check_packages(lock))
    assert [f.level for f in findings] == ["fault", "warning"]
    assert "1 of 3 are missing: no-such-package==1.0" in findings[0].told
    assert re.search(r"pillow \S+ in the place of ==0.0.1", findings[1].told)
    lock.write_text(f"numpy=={numpy.__version__}\n")
    assert [f.level for f in check_packages(lock)] == ["ok"]


def test_what_can_be_done_without_is_no_fault(tmp_path, monkeypatch):
    lock = tmp_path / "requirements.lock"
    lock.write_text("bm3d==4.0.3\n")
    monkeypatch.setattr("convatlas.doctor.environment.OPTIONAL", {"no-such-package"})
    lock.write_text("no-such-package==1.0\n")
    (finding,) = check_packages(lock)
    assert finding.level == "ok"
    assert "without no-such-package" in finding.told


def test_a_venv_is_told_when_it_is_of_another_lock(tmp_path):
    lock, place = tmp_path / "requirements.lock", tmp_path / ".venv"
    lock.write_text("numpy==2.0\ntorch==2.0\nnvidia-nccl-cu13==1\n")
    assert [f.level for f in check_venv(place, lock)] == ["ok"]  # none is needed
    place.mkdir()
    assert "never finished" in told(check_venv(place, lock), "fault")
    (place / ".ready").touch()
    (place / "requirements.txt").write_text(lock.read_text())
    assert [f.level for f in check_venv(place, lock)] == ["warning"]  # this Python is another
    (place / "requirements.txt").write_text("numpy==2.0\n")  # as the Makefile does for a CPU
    assert [f.level for f in check_venv(place, lock)] == ["warning"]
    lock.write_text("numpy==2.1\ntorch==2.0\nnvidia-nccl-cu13==1\n")
    assert "another lock: numpy==2.0, numpy==2.1" in told(check_venv(place, lock), "fault")


# ---- config, weights, results
def test_the_config_is_read_as_snakemake_reads_it():
    assert sorted(files_of_config(ROOT)) == sorted(FILES)
    assert read_config(FILES) == REAL
    found = read_config([*FILES, DEMO])
    assert found == merge(copy.deepcopy(REAL), read(DEMO))
    # named after another GAN in YAML, whose rate alone the preset changes
    assert found["gans"]["dcgan"]["training"]["generator"]["learning_rate"] == 0.001
    assert found["gans"]["dcgan_plain"]["training"]["generator"]["learning_rate"] == 0.0002
    assert not has_fault(check_configuration(ROOT, [*files_of_config(ROOT), DEMO]))


def test_a_fault_in_a_config_is_told_with_its_file(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("sedes: [0]\n")
    (finding,) = run_check(
        "config", lambda: check_configuration(ROOT, [*files_of_config(ROOT), file])
    )
    assert finding.level == "fault"
    assert "sedes" in finding.told
    assert str(file) in finding.told
    file.write_text("- a list\n")
    with pytest.raises(ConvatlasError, match="no mapping"):
        read_config([file])


def test_keys_that_differ_are_named():
    one = {"a": {"b": 1, "c": 2}, "d": [1]}
    assert differing_keys(one, {"a": {"b": 1, "c": 3}, "e": 0}) == ["a.c", "d", "e"]
    assert differing_keys(one, copy.deepcopy(one)) == []


@pytest.fixture(scope="module")
def demo():
    config = read_config([*FILES, DEMO])
    config["tables"] = {
        part: ([n] if isinstance(n, str) else n)[-1] for part, n in config["tables"].items()
    }
    config["galleries"] = {
        part: ([n] if isinstance(n, str) else n)[-1] for part, n in config["galleries"].items()
    }
    return config


def test_missing_weights_are_named_after_a_finished_run(tmp_path, demo):
    assert {f.level for f in check_trained(demo, tmp_path)} == {"ok"}  # nothing ran here yet
    files = trained_files(demo)
    assert min(map(len, files.values())) > 0
    (tmp_path / "provenance.json").write_text("{}")
    there, *missing = files["classifiers"]
    (tmp_path / there).parent.mkdir(parents=True)
    (tmp_path / there).touch()
    said = told(check_trained(demo, tmp_path), "warning")
    assert f"1 of {len(files['classifiers'])} classifiers" in said
    assert missing[0] in said
    assert there not in said


def leave_results(folder, config, **record):
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "provenance.json").write_text(json.dumps(record))


def test_results_of_another_config_are_told_with_its_keys(tmp_path, demo):
    assert "no finished run" in told(check_results(tmp_path, ROOT, []))
    config = {key: value for key, value in demo.items() if key != "documents"}
    leave_results(tmp_path, config)
    assert f"made with {DEMO}, as it is now" in told(check_results(tmp_path, ROOT, []), "ok")
    config["models"]["lenet5"]["training"]["epochs"] = 99
    leave_results(tmp_path, config)
    said = told(check_results(tmp_path, ROOT, []), "warning")
    assert f"nearest is {DEMO}: 1 keys differ, models.lenet5.training.epochs" in said
    cpu = ROOT / "config" / "presets" / "cpu.yaml"
    assert f"than {cpu}" in told(check_results(tmp_path, ROOT, [cpu]), "warning")


def test_results_of_another_commit_are_told(tmp_path):
    repository = tmp_path / "repository"
    for part in ("config", "Snakefile"):
        repository.mkdir(exist_ok=True)
        (repository / part).symlink_to(ROOT / part)
    git = ["git", "-C", str(repository), "-c", "user.name=A", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "Snakefile"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)
    commit = describe_commit(repository)["commit"]
    leave_results(tmp_path, {}, commit=commit, dirty=False, created="then")
    assert f"by this commit, {commit[:10]}" in told(check_results(tmp_path, repository, []), "ok")
    leave_results(tmp_path, {}, commit=commit, dirty=True)
    assert "changes then" in told(check_results(tmp_path, repository, []), "warning")
    leave_results(tmp_path, {}, commit="0" * 40)
    assert f"0000000000, and this is {commit[:10]}" in told(check_results(tmp_path, repository, []))
    (tmp_path / "provenance.json").write_text("{")
    with pytest.raises(ConvatlasError, match="is no JSON"):
        list(check_results(tmp_path, repository, []))


# ---- the door
def test_the_door_gives_json_and_the_status(tmp_path):
    environment = {
        **os.environ,
        "CONVATLAS_CACHE": str(tmp_path / "cache"),
        "CUDA_VISIBLE_DEVICES": "",
    }
    door = [sys.executable, str(ROOT / "tools" / "doctor.py"), "--json", "--configfile"]

    def visit(config):
        run = subprocess.run(
            [*door, str(config)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return run.returncode, json.loads(run.stdout)

    status, findings = visit(DEMO)
    subjects = {f["what"] for f in findings}
    assert {
        "Python", "packages", ".venv", "GPU", "Slurm", "encoders", "lock", "unfinished files",
        "checkpoints", "config", "data", "own weights", "disk", "results",
    } <= subjects  # fmt: skip
    assert status == int(any(f["level"] == "fault" for f in findings))
    # a config that lets a run choose among datasets, as the demo's does, is looked at to the end
    assert not [f for f in findings if "could not be looked at" in f["told"]]
    (tmp_path / "wrong.yaml").write_text("sedes: 1\n")
    status, findings = visit(tmp_path / "wrong.yaml")
    assert status == 1
    assert any("sedes" in f["told"] for f in findings if f["level"] == "fault")
    assert not (tmp_path / ".snakemake").exists()


def test_a_bare_python_is_told_what_it_lacks(tmp_path):
    """A virtual environment that was never filled, as after a setup that broke off."""
    venv.create(tmp_path / "venv", with_pip=False)
    door = [tmp_path / "venv" / "bin" / "python", ROOT / "tools" / "doctor.py", "--json"]
    run = subprocess.run(door, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "")
    found = {finding["what"]: finding for finding in json.loads(run.stdout)}
    assert found["Python"]["level"] == "ok"
    for subject in ("packages", "lock", "GPU", "encoders", "config", "data"):
        assert found[subject]["level"] == "fault"
        assert "No module named" in found[subject]["told"]
        assert found[subject]["remedy"] == "make setup"
