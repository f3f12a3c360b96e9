"""Killing the pipeline with SIGKILL at random moments, and starting it again."""

import hashlib
import os
import random
import signal
import time
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.workflow
TOY = Path(__file__).parents[1] / "toy" / "toy.yaml"
# each some seconds, also on a quick machine: the second kill is to come in the middle, too
TRAININGS = {
    # with augmentation and choice by validation
    "a classifier": (
        {"models": {"lenet5_relu_scratch": {"training": {"epochs": 120}}}},
        "results/models/lenet5_relu_scratch/0/weights.pt",
        "train_classifier/lenet5_relu_scratch/0",
        "going on from epoch",
        slice(0, 5),  # of its history all but the seconds
    ),
    # two stacks of autoencoders, of which the second is begun when it is killed
    "a grid": (
        {"grids": {"autoencoders_low": {"epochs": 300, "jobs": 1}}},
        "results/grids/autoencoders_low/0/0/best.npz",
        "train_grid/autoencoders_low/0/0",
        "going on from stack",
        slice(None),
    ),
    "autoencoders": (
        {"seeds": list(range(8)), "autoencoders": {"own": {"epochs": 12}}},
        "results/autoencoders/own/fitted.npz",
        "train_autoencoders/own",
        "going on from seed",
        slice(None),
    ),
    # with averaged weights and penalties, so that all of its state is in play
    "a GAN": (
        {"gans": {"dcgan_improved": {"training": {"epochs": 15, "batch_size": 20}}}},
        "results/gans/dcgan_improved/0/weights.pt",
        "train_gan/dcgan_improved/0",
        "going on from epoch",
        slice(0, 7),
    ),
    "a stylizer": (
        {"stylizers": {"trained": {"training": {"steps": 240}}}},
        "results/stylizers/trained/weights.pt",
        "train_stylizer/trained",
        "going on from step",
        slice(0, 6),
    ),
}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def merge(base, overlay):
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value


@pytest.mark.parametrize("what", TRAININGS)
def test_killed_at_random_and_started_again_the_weights_are_the_same(project, tmp_path, what):
    changes, target, job, words, columns = TRAININGS[what]
    toy = yaml.safe_load(TOY.read_text())
    merge(toy, {**changes, "checkpoint_seconds": 0.05})
    config = tmp_path / "long.yaml"
    config.write_text(yaml.safe_dump(toy))
    weights = project.folder / target
    project.run(target, "--quiet", "all", config=config)
    # of a GAN the averaged generator and all that is judged lie in snapshots.pt
    kept = [file for file in (weights, weights.with_name("snapshots.pt")) if file.exists()]
    assert len(kept) == (2 if what == "a GAN" else 1)
    undisturbed = [digest(file) for file in kept]
    history = weights.with_name("history.csv").read_text()
    weights.unlink()
    checkpoints = project.folder / ".snakemake" / "convatlas" / "checkpoints"
    resumed, chance = 0, random.Random(0)
    for _ in range(3):
        before = {file: file.stat().st_mtime_ns for file in checkpoints.rglob("*.pt")}
        process = project.start(target, "--quiet", "all", config=config, start_new_session=True)
        give_up = time.monotonic() + 120
        while process.poll() is None and before == {
            file: file.stat().st_mtime_ns for file in checkpoints.rglob("*.pt")
        }:
            assert time.monotonic() < give_up, "no new checkpoint appeared"
            time.sleep(0.01)
        time.sleep(chance.uniform(0, 0.3))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            resumed += 1
        process.communicate()
        project.run("--unlock", config=config)
    assert resumed >= 2
    project.run(target, "--quiet", "all", config=config)
    assert not list((project.folder / "results").rglob("*.part*"))
    assert words in (project.folder / "results/logs" / f"{job}.log").read_text()
    assert [digest(file) for file in kept] == undisturbed
    again = weights.with_name("history.csv").read_text()
    assert [r.split(",")[columns] for r in again.splitlines()] == [
        r.split(",")[columns] for r in history.splitlines()
    ]
