"""Text files between the stages, and the tables of the studies."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from convatlas.evaluation.intervals import interval_over_seeds
from convatlas.evaluation.tables import (
    classes_table,
    metrics_table,
    percent,
    repair_rows,
    repair_table,
    sweep_grid,
    sweep_table,
    writers_table,
)
from convatlas.tables import read_histories, read_metrics, write_csv

# --- files ---------------------------------------------------------------------------------------


def test_histories_are_joined_with_model_and_seed_of_their_folders(tmp_path):
    paths = []
    for model, seed, loss in (("lenet5", 3, 0.5), ("lenet5_relu", 11, 0.25)):
        path = tmp_path / model / str(seed) / "history.csv"
        path.parent.mkdir(parents=True)
        path.write_text(f"epoch,loss\n1,{loss}\n2,0.1\n")
        paths.append(str(path))
    table = read_histories(paths)
    assert table["model"].tolist() == ["lenet5"] * 2 + ["lenet5_relu"] * 2
    assert table["seed"].tolist() == [3, 3, 11, 11]
    assert table["loss"].tolist() == [0.5, 0.1, 0.25, 0.1]
    assert table.index.tolist() == [0, 1, 2, 3]


def test_metrics_are_read_by_model(tmp_path):
    for model in ("a", "b"):
        (tmp_path / model).mkdir()
        (tmp_path / model / "metrics.json").write_text(json.dumps({"test": model}))
    paths = [tmp_path / model / "metrics.json" for model in ("b", "a")]
    assert read_metrics(paths) == {"b": {"test": "b"}, "a": {"test": "a"}}


def test_a_table_is_written_whole_and_without_its_index(tmp_path):
    path = tmp_path / "new" / "table.csv"
    write_csv(path, pd.DataFrame({"a": [1, 2], "b": ["x", "ñ"]}, index=[7, 8]))
    assert path.read_text(encoding="utf-8") == "a,b\n1,x\n2,ñ\n"
    with pytest.raises(AttributeError):
        write_csv(path, None)
    assert path.read_text(encoding="utf-8") == "a,b\n1,x\n2,ñ\n"
    assert [p.name for p in path.parent.iterdir()] == ["table.csv"]


# --- tables of the studies -----------------------------------------------------------------------


def summary(*values):
    numbers = interval_over_seeds(values)
    clean = {key: None if value != value else value for key, value in numbers.items()}
    return {**clean, "values": list(values)}


@pytest.mark.parametrize(
    ("mean", "low", "high", "digits", "text"),
    [
        (0.98612, 0.9849, 0.98733, 1, "98.6 % (98.5 to 98.7)"),
        (0.98612, 0.9849, 0.98733, 2, "98.61 % (98.49 to 98.73)"),
        (0.99, 0.97, 1.01, 1, "99.0 % (97.0 to 100.0)"),
        (0.01, -0.01, 0.03, 1, "1.0 % (0.0 to 3.0)"),
        (0.5, None, None, 1, "50.0 %"),
        (0.5, math.nan, math.nan, 0, "50 %"),
    ],
)
def test_percent(mean, low, high, digits, text):
    assert percent({"mean": mean, "low": low, "high": high}, digits) == text


def measured(*accuracies, digits=100, **others):
    names = ("precision", "recall", "f1", "calibration_error")
    rest = {name: others.get(name, summary(0.5)) for name in names}
    return {"accuracy": summary(*accuracies), "digits": digits, **rest}


def test_metrics_are_laid_out_in_the_order_of_the_rows():
    metrics = {
        "a": {"test": measured(0.9, precision=summary(0.8), digits=7)},
        "b": {"test": measured(0.1), "train": measured(0.2, calibration_error=summary(0.0312))},
    }
    rows = [
        {"label": "B, training", "model": "b", "target": "train"},
        {"label": "A", "model": "a", "target": "test"},
    ]
    table = metrics_table(rows, metrics)
    assert table["network and digits"].tolist() == ["B, training", "A"]
    assert table["accuracy"].tolist() == ["20.00 %", "90.00 %"]
    assert table["precision"].tolist() == ["50.00 %", "80.00 %"]
    assert table["calibration error"].tolist() == ["3.12 %", "50.00 %"]
    assert table["digits"].tolist() == [100, 7]
    assert table["seeds"].tolist() == [1, 1]


def test_classes_are_a_row_each():
    shares = [summary(digit / 10) for digit in range(10)]
    per_class = {
        "precision": shares,
        "recall": shares[::-1],
        "f1": shares,
        "support": [*range(20, 30)],
    }
    table = classes_table({"per_class": per_class})
    assert table["digit"].tolist() == [*range(10)]
    assert table["precision"][3] == "30.0 %"
    assert table["recall"][3] == "60.0 %"
    assert table["digits"].tolist() == [*range(20, 30)]


def histories(losses):
    """Make histories from losses of (model, epoch), a number per seed."""
    rows = [
        {"model": model, "epoch": epoch, "seed": seed, "part": part, "loss": loss, "accuracy": 0.5}
        for (model, epoch), values in losses.items()
        for seed, value in enumerate(values)
        for part, loss in (("train", 0.0), ("monitor", value))
    ]
    return pd.DataFrame(rows)


LOSSES = {
    ("big", 1): [0.5, 0.7],
    ("big", 2): [0.2, 0.4],
    ("small", 1): [0.3, 0.32],
    ("small", 2): [0.28, 0.28],
}
SIZES = {"big": 500, "small": 50}


def test_the_sweep_marks_the_lowest_mean_loss_of_validation():
    table = sweep_table(histories(LOSSES), SIZES)
    assert table["batch size"].tolist() == [50, 50, 500, 500]
    assert table["epochs"].tolist() == [1, 2, 1, 2]
    assert table["validation loss"].tolist() == pytest.approx([0.31, 0.28, 0.6, 0.3])
    assert (table["choice"] != "").tolist() == [False, True, False, False]
    interval = interval_over_seeds([0.3, 0.32])
    assert table["low"][0] == pytest.approx(interval["low"], abs=5e-5)
    assert table["high"][0] == pytest.approx(interval["high"], abs=5e-5)


def test_the_grid_carries_the_same_star():
    grid = sweep_grid(histories(LOSSES), SIZES)
    assert grid.columns.tolist() == ["batch size", "1 epoch", "2 epochs"]
    assert grid.to_numpy().tolist() == [
        [50, "0.3100", "0.2800 *"],
        [500, "0.6000", "0.3000"],
    ]


def test_losses_that_are_equal_when_rounded_do_not_move_the_star():
    losses = {("small", 1): [0.280_04], ("big", 1): [0.280_01]}
    table = sweep_table(histories(losses), SIZES)
    assert table.loc[table["choice"] != "", "batch size"].tolist() == [500]
    assert sweep_grid(histories(losses), SIZES)["1 epoch"].tolist() == ["0.2800", "0.2800 *"]


REPAIR = [
    {"row": "Plain", "target": "plain", "tanh": "t", "relu": "r"},
    {"row": "A form", "target": "form", "tanh": "t", "relu": "r2"},
]
REPAIRED = {
    "t": {"plain": measured(0.5, 0.7, digits=9), "form": measured(0.8, 0.8)},
    "r": {"plain": measured(0.4, 0.4, digits=9)},
    "r2": {"form": measured(0.9, 0.9)},
}


def test_the_repair_as_numbers():
    table = repair_rows(REPAIR, REPAIRED)
    assert table.columns.tolist() == ["row", "network", "mean", "low", "high", "seeds", "digits"]
    assert table["row"].tolist() == ["Plain", "Plain", "A form", "A form"]
    assert table["network"].tolist() == ["LeNet-5, tanh", "LeNet-5, ReLU"] * 2
    np.testing.assert_allclose(table["mean"], [0.6, 0.4, 0.8, 0.9])
    assert table["digits"].tolist() == [9, 9, 100, 100]


def test_the_repair_for_people_keeps_the_order_of_steps():
    table = repair_table(REPAIR, REPAIRED)
    assert table.columns.tolist() == [
        "own digits, test", "LeNet-5, tanh", "LeNet-5, ReLU", "digits",
    ]  # fmt: skip
    assert table.to_numpy().tolist() == [
        ["Plain", percent(summary(0.5, 0.7)), "40.0 % (40.0 to 40.0)", 9],
        ["A form", "80.0 % (80.0 to 80.0)", "90.0 % (90.0 to 90.0)", 100],
    ]


def test_the_repair_with_one_seed_has_no_intervals():
    metrics = {name: {t: measured(0.5) for t in ("plain", "form")} for name in ("t", "r", "r2")}
    table = repair_table(REPAIR, metrics)
    assert set(table["LeNet-5, tanh"]) == {"50.0 %"}


def test_writers_are_pooled_by_their_digits_within_each_seed():
    metrics = {
        "n_without_ana": {"without_ana": measured(0.9, 0.7, digits=300)},
        "n_without_bo": {"without_bo": measured(0.5, 0.9, digits=100)},
    }
    table = writers_table({"n": "A network"}, ["ana", "bo"], metrics)
    assert table["writer left out"].tolist()[:2] == ["ana", "bo"]
    assert table["digits"].tolist() == [300, 100, 400]
    # seed 0: (0.9 * 300 + 0.5 * 100) / 400, seed 1: (0.7 * 300 + 0.9 * 100) / 400
    assert table["A network"][2] == percent(interval_over_seeds([0.8, 0.75]))
    assert table["A network"][0] == percent(summary(0.9, 0.7))
