"""Bad input is told before work begins: file, key, value, remedy, and nothing half-made."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

pytestmark = pytest.mark.workflow
TOY = Path(__file__).parents[1] / "toy" / "toy.yaml"


def overlay(tmp_path, **values):
    toy = yaml.safe_load(TOY.read_text())
    for key, value in values.items():
        if isinstance(value, dict):
            toy.setdefault(key, {}).update(value)
        else:
            toy[key] = value
    path = tmp_path / "overlay.yaml"
    path.write_text(yaml.safe_dump(toy))
    return path


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"models": {"lenet5": {"training": {"batchsize": 5}}}},
         ["overlay.yaml", "models.lenet5.training.batchsize", "batch_size"]),
        ({"models": {"lenet5": {"training": {"batch_size": -5}}}},
         ["overlay.yaml", "models.lenet5.training.batch_size", "-5", "at least 1"]),
        ({"digits": {"benchmark": "mnits"}},
         ["overlay.yaml", "digits.benchmark", "mnits", "mnist"]),
        ({"models": {"lenet5": {"network": "lenet.LeNet6"}}},
         ["overlay.yaml", "lenet.LeNet6", "lenet.LeNet5"]),
        ({"studies": ["alvares"]}, ["overlay.yaml", "alvares", "alvarez"]),
    ],
    ids=["misspelt key", "negative size", "unknown dataset", "unknown network", "unknown study"],
)  # fmt: skip
def test_a_wrong_config_stops_before_anything_is_planned(fresh, tmp_path, values, words):
    output = fresh.fails(config=overlay(tmp_path, **values))
    for word in words:
        assert word in output
    assert "Traceback" not in output
    assert not (fresh.folder / "results").exists()


def test_a_results_folder_that_cannot_be_written_stops_before_anything_is_planned(fresh, tmp_path):
    (fresh.folder / "taken").write_text("a file")
    output = fresh.fails(config=overlay(tmp_path, pathvars={"results": "taken/results"}))
    assert "taken" in output
    assert "is a file" in output


def test_a_loss_that_is_no_number_names_the_step_and_leaves_no_weights(project, tmp_path):
    models = {"lenet5": {"training": {"epochs": 2, "learning_rate": 1e38}}}
    target = "results/models/lenet5/0/weights.pt"
    output = project.fails(target, config=overlay(tmp_path, models=models))
    assert "train_classifier lenet5 0: the loss is not a finite number at step" in output
    assert "learning_rate" in output
    assert not (project.folder / target).exists()


def test_weights_of_another_network_are_named(project, tmp_path):
    wrong = project.folder / "results/models/lenet5_finetuned/0/weights.pt"
    right = project.folder / "results/models/lenet5_relu/0/weights.pt"
    wrong.write_bytes(right.read_bytes())
    target = "results/evaluation/lenet5_finetuned/metrics.json"
    output = project.fails(
        target, "--forcerun", "evaluate_classifier", "--allowed-rules", "evaluate_classifier"
    )
    assert "weights of network 'lenet.LeNet5ReLU', but 'lenet.LeNet5' is wanted" in output


def test_a_users_own_digits_are_imported_and_what_is_no_digit_is_listed(fresh, tmp_path):
    folder = fresh.folder / "my_digits"
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
        for number in range(3):
            picture = np.full((60, 50), 230, np.uint8)
            picture[10:50, 20 + number : 26 + number] = 20
            Image.fromarray(picture).save(folder / str(label) / f"{number}.png")
    Image.fromarray(np.full((60, 50), 200, np.uint8)).save(folder / "3" / "blank.png")
    (folder / "4" / "broken.png").write_bytes(b"not a picture")
    (folder / "seven").mkdir()
    Image.fromarray(picture).save(folder / "seven" / "0.png")
    target, config = (
        "results/data/my_digits/splits.json",
        overlay(tmp_path, digits={"own": "my_digits"}),
    )
    fresh.run(target, config=config)
    rejected = (fresh.folder / "results/data/my_digits/rejected.csv").read_text()
    for word in ("blank.png", "broken.png", "seven"):
        assert word in rejected
    with np.load(fresh.folder / "results/data/my_digits/digits.npz") as digits:
        assert len(digits["labels"]) == 30
    later = time.time() + 10
    for path in (folder, folder / "3", folder / "3" / "0.png"):
        os.utime(path, (later, later))
    assert not fresh.plan("--nolock", target, config=config)  # what is there is what was there
    (folder / "3" / "blank.png").unlink()
    assert "normalize_dataset" in fresh.plan("--nolock", target, config=config)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", ["column 'loudness', row 7", "missing value"]),
        ("loud", ["column 'loudness', row 7", "'loud', not a number"]),
    ],
)
def test_a_users_own_table_is_refused_with_column_and_row(fresh, tmp_path, cell, words):
    rows = [f"{n},{n % 7},{n / 3}" for n in range(30)]
    rows[5] = f"5,{cell},1"
    text = "\n".join(["tempo,loudness,my_output", *rows])
    (fresh.folder / "my_observations.csv").write_text(text + "\n")
    target = "results/data/my_observations/partition.json"
    config = overlay(tmp_path, tables={"music": "my_observations"})
    output = fresh.fails(target, config=config)
    for word in words:
        assert word in output
    assert not (fresh.folder / "results/data/my_observations/observations.csv").exists()


def test_without_network_and_mirror_the_error_says_where_to_put_the_file(fresh, monkeypatch):
    monkeypatch.delenv("CONVATLAS_MIRROR", raising=False)
    for dataset in ("datasets",):
        text = (fresh.folder / f"config/{dataset}.yaml").read_text()
        (fresh.folder / f"config/{dataset}.yaml").write_text(
            text.replace("https://ossci-datasets.s3.amazonaws.com", "http://127.0.0.1:9").replace(
                "https://storage.googleapis.com", "http://127.0.0.1:9"
            )
        )
    output = fresh.fails("results/downloads/mnist/t10k-labels-idx1-ubyte.gz")
    for word in (
        "t10k-labels-idx1-ubyte.gz",
        "127.0.0.1:9",
        "ff7bcfd4",
        "10008",
        "CONVATLAS_MIRROR",
    ):
        assert word in output
    assert not list((fresh.folder / "results/downloads").rglob("t10k*"))
