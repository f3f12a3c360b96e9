"""The pipeline on a real Slurm of one node with two fake GPUs, by profiles/slurm as it is.

Of the toy run a part, since each job costs two starts of Snakemake: one study to its report, with a
network that is trained, a clip that is restyled in segments, a classifier of two seeds, and a grid
in two parts. That is some forty jobs, of every stage, instead of some four hundred.
"""

import json
import re
import subprocess
import time
from datetime import datetime

import one_node
import pytest
from slurm_project import ON_SLURM

pytestmark = pytest.mark.cluster
PART = {
    "studies": ["pitie"],
    "seeds": [0, 1],
    "videos": {"styles": ["trained"], "segment_seconds": 1},
    "grids": {"autoencoders_low": {"repeats": 1}},
    "wanted_zooms": [],
}
TARGETS = (
    "results/report/index.html",
    "results/evaluation/lenet5/metrics.json",
    "results/grids/autoencoders_low/results.csv",
)
# some seconds of training, so that it can be cancelled in the middle of it
TRAINING = {
    "checkpoint_seconds": 0.05,
    "models": {"lenet5_relu_scratch": {"training": {"epochs": 120}}},
}
WEIGHTS = "results/models/lenet5_relu_scratch/0/weights.pt"
TOO_LITTLE = 400
"""Megabytes: less than any script takes that imports torch, more than Snakemake does."""


@pytest.fixture(scope="module")
def finished(slurm, make_project):
    """The part of the toy run, made on Slurm, and what Slurm recorded of its jobs."""
    project = make_project(PART)
    # first these two, with nothing else in the queue between them
    both = [f"results/models/lenet5/{seed}/weights.pt" for seed in (0, 1)]
    project.run(*ON_SLURM, "--quiet", "rules", "--", *both)
    project.run(*ON_SLURM, "--quiet", "rules", "--", *TARGETS)
    return project, slurm()


@pytest.fixture(scope="module")
def trained(make_project):
    """A training that nothing disturbed, made locally, and the digest of its weights."""
    project = make_project(TRAINING)
    project.run("--quiet", "all", "--", WEIGHTS)
    digest = project.digest(WEIGHTS)
    (project.folder / WEIGHTS).unlink()
    return project, digest


def at_once(*jobs, begin="StartTime"):
    """Tell whether jobs ran, or with SubmitTime ran or waited, at the same time."""
    begun, ended = (
        [datetime.fromisoformat(job[key]) for job in jobs] for key in (begin, "EndTime")
    )
    return max(begun) < min(ended)


def memory(job):
    return int(re.search(r"mem=(\d+)M", job["Tres"])[1])


def test_from_data_to_report_every_job_runs_on_slurm(finished):
    project, recorded = finished
    ran = {folder.name.removeprefix("rule_") for folder in
           (project.folder / "results/logs/slurm").glob("rule_*")}  # fmt: skip
    assert {"normalize_dataset", "train_stylizer", "stylize_segment", "plot_filters"} <= ran
    assert {"train_classifier", "evaluate_classifier", "rank_grid", "build_report"} <= ran
    ids = [i for rule in ran for jobs in project.jobs(rule).values() for i in jobs]
    assert {recorded[i]["JobState"] for i in ids} == {"COMPLETED"}
    assert "pitie" in (project.folder / TARGETS[0]).read_text()
    # what Slurm made the same pipeline takes for made, anywhere
    assert "Nothing to be done" in project.run("--dry-run", "--", *TARGETS)


def test_jobs_get_the_partition_memory_and_time_that_their_rules_ask_for(finished):
    project, recorded = finished
    asked = {"train_classifier": ("gpu", 1500, 120), "rank_grid": ("cpu", 1000, 10)}
    for rule, (partition, megabytes, minutes) in asked.items():
        for ids in project.jobs(rule).values():
            job = recorded[ids[0]]
            assert (job["Partition"], memory(job)) == (partition, megabytes)
            assert int(job["TimeLimit"]) == minutes


def test_two_gpu_jobs_at_once_get_a_gpu_each(finished):
    project, recorded = finished
    ids = [project.jobs("train_classifier")[f"lenet5_{seed}"][0] for seed in (0, 1)]
    assert at_once(*(recorded[i] for i in ids))
    # whether torch can use it or, as with these, cannot: the log says which
    gpus = [re.search(r"GPU (\d)", project.log("train_classifier", f"lenet5/{s}"))[1] for s in "01"]
    assert sorted(gpus) == ["0", "1"]


def test_a_gpu_is_given_to_whom_it_was_asked_for_and_to_nobody_else(finished):
    project, _ = finished
    given = one_node.given_gpus()
    for rule, wanted in (("train_classifier", {"0", "1"}), ("train_grid", {"none"})):
        jobs = [ids[0] for ids in project.jobs(rule).values()]
        assert set.union(*(given[job] for job in jobs)) == wanted


@pytest.mark.parametrize("rule", ["train_grid", "stylize_segment"])
def test_grids_and_segments_of_a_clip_spread_over_jobs(finished, rule):
    project, recorded = finished
    jobs = [recorded[ids[0]] for ids in project.jobs(rule).values()]
    segments = json.loads((project.folder / "results/clips/pan/segments.json").read_text())
    assert len(jobs) == {"train_grid": 2, "stylize_segment": len(segments)}[rule] >= 2
    # none waited for another's end; when each had its turn is Slurm's business
    assert at_once(*jobs, begin="SubmitTime")


def test_cancelled_in_mid_training_it_goes_on_and_the_weights_are_the_same(slurm, trained):
    project, undisturbed = trained
    process = project.start(*ON_SLURM, "--", WEIGHTS)
    checkpoints = project.folder / ".snakemake" / "convatlas" / "checkpoints"
    give_up = time.monotonic() + 600
    while not list(checkpoints.rglob("*.pt")):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < give_up, "no checkpoint appeared"
        time.sleep(0.05)
    first = project.jobs("train_classifier")["lenet5_relu_scratch_0"][0]
    subprocess.run(["scancel", first], check=True)
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output
    ids = project.jobs("train_classifier")["lenet5_relu_scratch_0"]
    assert [slurm()[i]["JobState"] for i in ids] == ["CANCELLED", "COMPLETED"]
    assert "going on from epoch" in project.log("train_classifier", "lenet5_relu_scratch/0")
    assert project.digest(WEIGHTS) == undisturbed


def test_a_job_that_ran_out_of_memory_is_retried_with_more(slurm, trained):
    project, undisturbed = trained
    rules = project.folder / "rules" / "train.smk"
    text = rules.read_text()
    assert "mem_mb=growing(1500)" in text
    rules.write_text(text.replace("mem_mb=growing(1500)", f"mem_mb=growing({TOO_LITTLE})"))
    (project.folder / WEIGHTS).unlink(missing_ok=True)
    before = project.jobs("train_classifier").get("lenet5_relu_scratch_0", [])
    project.run(*ON_SLURM, "--", WEIGHTS)
    ids = project.jobs("train_classifier")["lenet5_relu_scratch_0"][len(before) :]
    states = [slurm()[i]["JobState"] for i in ids]
    assert len(states) >= 2
    assert states[-1] == "COMPLETED"
    assert "COMPLETED" not in states[:-1]
    assert [memory(slurm()[i]) for i in ids] == [TOO_LITTLE * 2**n for n in range(len(ids))]
    log = next((project.folder / "results/logs/slurm").rglob(f"{ids[0]}.log")).read_text()
    assert "exceeded memory limit" in log  # Slurm's own words, kept for people
    assert project.digest(WEIGHTS) == undisturbed
