"""What a run was made of."""

import subprocess

import pytest

from convatlas.files import write_json
from convatlas.provenance import (
    describe_commit,
    describe_data,
    describe_machine,
    describe_run,
    read_steps,
)

HEAD = "s\th:m:s\tmax_rss\tmax_vms\n"


@pytest.fixture
def benchmarks(tmp_path):
    folder = tmp_path / "benchmarks"
    for name, rows in {
        "train_classifier/lenet5/0.tsv": ["12.5\t0:00:12\t812.25\t1"],
        "train_classifier/lenet5/1.tsv": ["3\t0:00:03\tNA\t1", "4\t0:00:04\t-\t1"],
        "normalize_dataset/mnist.tsv": ["0.5\t0:00:00\t\t1"],
        "record_provenance.tsv": ["1\t0:00:01\t90\t1"],
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(HEAD + "\n".join(rows) + "\n")
    (folder / "train_classifier" / "note.txt").write_text("no benchmark")
    return folder


def test_steps_have_rule_job_time_and_memory(benchmarks):
    names = ("rule", "job", "wall_seconds", "peak_memory_mib")
    assert [tuple(step[name] for name in names) for step in read_steps(str(benchmarks))] == [
        ("normalize_dataset", "mnist", 0.5, None),
        ("record_provenance", "", 1.0, 90.0),
        ("train_classifier", "lenet5 0", 12.5, 812.25),
        ("train_classifier", "lenet5 1", 3.0, None),
        ("train_classifier", "lenet5 1", 4.0, None),
    ]


def test_a_folder_that_is_not_there_has_no_steps(tmp_path):
    assert list(read_steps(tmp_path / "none")) == []


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "repository"
    folder.mkdir()

    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.hooksPath="]
        done = subprocess.run(
            ["git", "-C", folder, *identity, *words], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "--quiet")
    (folder / "known").write_text("1")
    git("add", "known")
    git("commit", "--quiet", "--message", "first")
    return folder, git


def test_a_commit_is_clean_until_a_known_file_changes(repository):
    folder, git = repository
    commit = git("rev-parse", "HEAD")
    assert len(commit) == 40
    assert describe_commit(folder) == {"commit": commit, "dirty": False}
    (folder / "results").write_text("git does not know this one")
    assert describe_commit(str(folder)) == {"commit": commit, "dirty": False}
    (folder / "known").write_text("2")
    assert describe_commit(folder) == {"commit": commit, "dirty": True}
    git("add", "known")
    assert describe_commit(folder)["dirty"] is True


def test_outside_a_checkout_or_without_git_there_is_no_commit(tmp_path, monkeypatch, repository):
    nothing = {"commit": None, "dirty": None}
    assert describe_commit(tmp_path) == nothing
    assert describe_commit(tmp_path / "none") == nothing
    monkeypatch.setenv("PATH", "")
    assert describe_commit(repository[0]) == nothing


def test_the_machine_is_named():
    machine = describe_machine()
    assert machine["processor"]
    assert machine["cores"] >= 1
    assert 0.1 < machine["memory_gib"] < 100_000
    assert isinstance(machine["gpus"], list)


@pytest.fixture
def run(tmp_path, benchmarks):
    splits = []
    for name, digits, rejected in (("mnist", 70, 0), ("mine", 9, 2)):
        folder = tmp_path / "data" / name
        write_json(folder / "splits.json", {"digits_sha256": name * 2, "digits": digits})
        (folder / "rejected.csv").write_text("source,reason\n" + "x,y\n" * rejected)
        splits.append(folder / "splits.json")
    table = tmp_path / "data" / "yeast" / "partition.json"
    write_json(table, {"observations_sha256": "yy", "rows": 30})
    splits.append(table)
    entry = {"licence": "free", "source": "someone", "nature": "real"}
    config = {
        "about": "A test.",
        "seed": 4,
        "seeds": [1, 2],
        "digits": {"benchmark": "mnist", "own": "mine"},
        "tables": {"fermentation": "yeast", "music": "tracks", "fermentation_code": "yeast"},
        "datasets": {
            "mnist": {"title": "MNIST", **entry},
            "mine": {"title": "Mine", **entry},
            "yeast": {"title": "Yeast", **entry},
        },
        "pathvars": {"benchmarks": str(benchmarks)},
    }
    return config, splits


def test_data_are_described_by_their_witness(run):
    benchmark, own, table = describe_data(*run)
    assert benchmark == {
        "dataset": "mnist",
        "title": "MNIST",
        "kind": "real",
        "roles": ["benchmark"],
        "of_documents": False,
        "licence": "free",
        "source": "someone",
        "sha256": "mnistmnist",
        "count": 70,
        "rejected": 0,
    }
    assert (own["roles"], own["count"], own["rejected"]) == (["own"], 9, 2)
    assert (table["roles"], table["count"]) == (["fermentation", "fermentation_code"], 30)


def test_a_run_is_described_in_plain_values(run, tmp_path, repository):
    config, splits = run
    # lenet5 with seed 1 is of an earlier run in the same folder
    history = tmp_path / "models" / "lenet5" / "0" / "history.csv"
    history.parent.mkdir(parents=True)
    history.write_text("epoch,device\n1,Some GPU\n2,Some GPU\n")
    described = describe_run(
        config, repository=repository[0], witnesses=splits, histories=[history, history]
    )
    write_json(tmp_path / "provenance.json", described)  # it can be written
    assert described["config"] == config
    assert described["seeds"] == {"once": 4, "trainings": [1, 2]}
    assert described["commit"]
    assert described["dirty"] is False
    assert {"python", "torch", "snakemake", "numpy"} <= set(described["versions"])
    assert described["device"] == "Some GPU"  # what the trainings say, not what the machine has
    assert len(described["data"]) == 3
    assert [step["job"] for step in described["steps"]] == ["mnist", "", "lenet5 0"]
    assert described["created"].endswith(" UTC")
