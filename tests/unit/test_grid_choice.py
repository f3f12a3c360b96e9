"""Which network of a grid is chosen, over parts and seeds, and what is said of it."""

import numpy as np
import pandas as pd
import pytest

from convatlas.data.observations import MinMax
from convatlas.data.partition import Table
from convatlas.errors import ConvatlasError
from convatlas.evaluation.grids import (
    choose,
    chosen_histories,
    find_best,
    first_seed,
    grids_table,
    label_member,
    list_results,
    measure_grid,
    read_grid,
)
from convatlas.models.perceptron import Perceptron, measure
from convatlas.models.perceptron_file import save_perceptrons
from convatlas.tables import write_csv
from convatlas.training.perceptron_grids import Member, fit_share

SETTINGS = {
    "encode": True, "depths": [1, 2], "widths": [1, 3, 4], "width_step": 1,
    "learning_rates": [0.1, 0.9], "activation": {"function": "sigmoid", "slope": 1.0},
    "weights": [-1, 1], "epochs": 4, "tolerance": 0.0, "jobs": 3,
}  # fmt: skip


def make_table():
    values, rows = np.random.default_rng(0).random((30, 3)), np.arange(30)
    parts = {"train": rows[:15], "validation": rows[15:22], "test": rows[22:]}
    return Table(("x", "y", "z"), (), values, MinMax(np.zeros(3), np.ones(3)), parts, False)


def results(energies, states=(), seed=1):
    frame = pd.DataFrame(
        {
            "seed": seed, "depth": 1, "width": np.arange(1, len(energies) + 1), "rate": 0.1,
            "state": "trained", "epochs": 3, "monitor_energy": energies,
        }
    )  # fmt: skip
    for row, state in states:
        frame.loc[row, "state"] = state
    return frame


@pytest.mark.parametrize(
    ("energies", "widths"),
    [
        ([5.0, 1.0, 4.0, 2.0, 3.0], [2, 5, 1]),
        ([5.0, 1.0, 4.0, 2.0], [2, 4, 1]),  # of the middle two the better one
        ([7.0], [1, 1, 1]),
    ],
)
def test_best_median_and_worst(energies, widths):
    chosen = choose(results(energies))
    assert chosen["choice"].tolist() == ["best", "median", "worst"]
    assert chosen["width"].tolist() == widths


def test_what_diverged_is_not_chosen():
    table = results(
        [5.0, 0.1, 4.0, 9.0], [(1, "diverged"), (3, "diverged"), (0, "under tolerance")]
    )
    assert choose(table)["width"].tolist() == [3, 3, 1]
    assert choose(results([1.0], [(0, "diverged")])).empty


@pytest.fixture
def parts_on_disk(tmp_path):
    """Lay out two seeds of a grid in three parts, as the rule does."""
    for seed in (5, 6):
        for part in range(3):
            folder = tmp_path / "grids/networks" / str(seed) / str(part)
            folder.mkdir(parents=True)
            history, fitted = fit_share(SETTINGS, make_table(), seed=seed, part=part)
            write_csv(folder / "history.csv", history)
            save_perceptrons(folder / "best.npz", fitted)
    return tmp_path


def test_histories_are_joined_and_reduced_to_last_epochs(parts_on_disk):
    histories = read_grid(sorted(parts_on_disk.rglob("history.csv")))
    assert set(histories["seed"]) == {5, 6}
    table = list_results(histories)
    assert len(table) == 24
    assert (table["epochs"] == 4).all()
    assert set(table["monitor_energy"]) == set(histories.query("epoch == 4")["monitor_energy"])
    assert set(first_seed(table)["seed"]) == {5}
    shown = chosen_histories(histories, choose(first_seed(table)))
    assert len(shown) == 3 * 4
    assert set(shown["seed"]) == {5}
    for choice, rows in shown.groupby("choice"):
        last = choose(first_seed(table)).set_index("choice").loc[choice]
        assert rows["monitor_energy"].iloc[-1] == last["monitor_energy"]
        assert set(rows["label"]) == {label_member(last["depth"], last["width"], last["rate"])}


@pytest.mark.parametrize("seed", [5, 6])
def test_the_best_of_all_parts_is_found(parts_on_disk, seed):
    table = list_results(read_grid(parts_on_disk.rglob("history.csv")))
    paths = sorted(parts_on_disk.rglob("best.npz"))
    own = table[table["seed"] == seed]
    for rates in ([0.1], [0.9], [0.1, 0.9]):  # parts keep the best of each rate
        among = own[own["rate"].isin(rates)]
        ((_, (network, weights)),) = find_best(paths, among).items()
        energy, _ = measure(network, weights, *[make_table().part("validation")] * 2)
        assert energy == pytest.approx(among["monitor_energy"].min(), rel=1e-12)
    with pytest.raises(ConvatlasError, match="no part of the grid has kept its best member"):
        find_best([path for path in paths if path.parts[-3] != str(seed)], own)
    assert find_best(paths, own.assign(state="diverged")) == {}


# ---- metrics and tables


def measure_two():
    table = pd.concat(
        [results([3.0, 1.0, 2.0], [(2, "diverged")]), results([4.0, 6.0, 5.0], (), 2)]
    )
    table["rate"] = np.tile([0.1, 0.2, 0.1], 2)
    return measure_grid(table, dataset="music", seeds=[1, 2], shown_rates=[0.1])


def test_a_grid_is_measured_for_all_and_for_shown_rates():
    measured = measure_two()
    values = {
        scope: {key: entry[key]["values"] for key in entry if isinstance(entry[key], dict)}
        for scope, entry in measured.items()
    }
    assert values["all"] == {
        "networks": [3], "layers": [1, 1], "neurons": [2, 1], "learning_rate": [0.2, 0.1],
        "validation_energy": [1, 4], "median_energy": [1, 5], "worst_energy": [3, 6],
    }  # fmt: skip
    assert values["shown"] == {
        "networks": [2], "layers": [1, 1], "neurons": [1, 1], "learning_rate": [0.1, 0.1],
        "validation_energy": [3, 4], "median_energy": [3, 4], "worst_energy": [3, 5],
    }  # fmt: skip
    assert [measured[scope]["diverged"] for scope in ("all", "shown")] == [1, 1]
    assert measured["all"]["dataset"] == "music"


def test_grids_are_laid_out_with_the_best_by_how_often():
    table = grids_table({"low": measure_two()}, titles={"low": "Autoencoders"})
    assert table["grid"].tolist() == ["Autoencoders"] * 2
    assert table["among"].tolist() == ["all rates", "rates of the figures"]
    assert table["networks"].tolist() == [3, 2]
    assert table["best"].tolist() == [
        "1 layer of 2, rate 0.2 (1 x); 1 layer of 1, rate 0.1 (1 x)", "1 layer of 1, rate 0.1 (2 x)"
    ]  # fmt: skip
    assert table["energy of the best"].str.split().str[0].tolist() == ["2.5", "3.5"]
    assert table["of the worst"].str.split().str[0].tolist() == ["4.5", "4"]
    assert table["seeds"].tolist() == [2, 2]
    one = measure_grid(results([3.0, 1.0]), dataset="m", seeds=[1], shown_rates=[0.1])
    table = grids_table({"low": one}, titles={"low": "Autoencoders"})
    assert table["best"].tolist() == ["1 layer of 2, rate 0.1"] * 2
    assert table["of the median"].tolist() == ["1", "1"]


def test_members_are_named_for_people():
    assert label_member(1.0, 3.0, 0.01) == "1 layer of 3, rate 0.01"
    assert label_member(5, 2, 0.0001) == "5 layers of 2, rate 0.0001"
    assert Member(Perceptron(3, (2, 2), 1), 0.5).name == "2x2@0.5"
