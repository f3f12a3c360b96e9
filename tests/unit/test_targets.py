"""Networks of several seeds, measured on parts of datasets."""

import numpy as np
import pytest
import torch
from torch import nn

from convatlas.data.digits import Digits, save_digits
from convatlas.data.splits import load_part, write_splits
from convatlas.evaluation.targets import measure_targets
from convatlas.files import write_json


def make_dataset(folder, count, seed):
    numbers = np.random.default_rng(seed)
    text = np.full(count, "x")
    digits = Digits(
        forms={
            form: numbers.integers(0, 256, (count, 28, 28), np.uint8)
            for form in ("mnist_form", "plain")
        },
        labels=numbers.integers(0, 10, count).astype(np.uint8),
        source=text,
        writer=text,
        position=text,
    )
    save_digits(folder / "digits.npz", digits)
    write_splits(folder / "splits.json", digits, (0.6, 0.2, 0.2), 0)
    return folder / "splits.json"


def make_network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.9), nn.Linear(784, 10))


def test_each_target_is_measured_on_its_own_part_and_form(tmp_path):
    splits = [make_dataset(tmp_path / name, n, n) for name, n in (("one", 60), ("two", 40))]
    targets = {
        "near": {"dataset": "two", "form": "plain", "split": "uniform", "part": "test"},
        "far": {"dataset": "one", "form": "mnist_form", "split": "holdout", "part": "train"},
    }
    models = {7: make_network(7), 3: make_network(3)}
    metrics, predictions = measure_targets(models, targets, splits=splits)
    write_json(tmp_path / "metrics.json", metrics)  # it can be written

    assert list(metrics) == ["near", "far"]
    assert metrics["near"]["digits"] == 8
    assert metrics["far"]["digits"] == 48
    assert metrics["far"]["form"] == "mnist_form"
    assert predictions.columns.tolist()[:3] == ["target", "seed", "index"]
    assert len(predictions) == 2 * (8 + 48)

    for path, name in ((splits[1], "near"), (splits[0], "far")):
        target = targets[name]
        part = load_part(path, scheme=target["split"], part=target["part"], form=target["form"])
        pictures = torch.from_numpy(part.images).double() / 255
        for seed, model in models.items():
            mine = predictions[(predictions["target"] == name) & (predictions["seed"] == seed)]
            assert mine["index"].tolist() == part.indices.tolist()
            assert mine["label"].tolist() == part.labels.tolist()
            weight, bias = model[2].weight.double(), model[2].bias.double()
            expected = torch.softmax(pictures.flatten(1) @ weight.T + bias, 1).detach().numpy()
            assert mine["predicted"].tolist() == expected.argmax(1).tolist()
            np.testing.assert_allclose(mine["confidence"], expected.max(1), rtol=1e-4)
            of_label = expected[np.arange(len(part)), part.labels]
            np.testing.assert_allclose(mine["probability"], of_label, rtol=1e-4)
        hits = [
            (mine["label"] == mine["predicted"]).mean()
            for _, mine in predictions[predictions["target"] == name].groupby("seed", sort=False)
        ]
        assert metrics[name]["accuracy"]["values"] == pytest.approx(hits)
