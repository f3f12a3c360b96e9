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
TARGET = "results/models/lenet5_relu_scratch/0/weights.pt"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def long_training(tmp_path):
    """Some seconds of training with augmentation and choice by validation, saved all the time."""
    toy = yaml.safe_load(TOY.read_text())
    toy["checkpoint_seconds"] = 0.05
    toy["models"]["lenet5_relu_scratch"] = {"training": {"epochs": 120}}
    path = tmp_path / "long.yaml"
    path.write_text(yaml.safe_dump(toy))
    return path


def test_killed_at_random_and_started_again_the_weights_are_the_same(project, long_training):
    project.run(TARGET, "--quiet", "all", config=long_training)
    undisturbed = digest(project.folder / TARGET)
    history = (project.folder / TARGET).with_name("history.csv").read_text()
    (project.folder / TARGET).unlink()
    checkpoints = project.folder / ".snakemake" / "convatlas" / "checkpoints"
    resumed, chance = 0, random.Random(0)
    for _ in range(3):
        before = {file: file.stat().st_mtime_ns for file in checkpoints.rglob("*.pt")}
        process = project.start(
            TARGET, "--quiet", "all", config=long_training, start_new_session=True
        )
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
        project.run("--unlock", config=long_training)
    assert resumed >= 2
    project.run(TARGET, "--quiet", "all", config=long_training)
    assert not list((project.folder / "results/models").rglob("*.part*"))
    log = (project.folder / "results/logs/train_classifier/lenet5_relu_scratch/0.log").read_text()
    assert "going on from epoch" in log
    assert digest(project.folder / TARGET) == undisturbed
    columns = slice(0, 5)  # without the seconds
    again = (project.folder / TARGET).with_name("history.csv").read_text()
    assert [r.split(",")[columns] for r in again.splitlines()] == [
        r.split(",")[columns] for r in history.splitlines()
    ]
