"""How well autoencoders and lines give back, by hand; and what tables and figures show of it."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from convatlas.data.observations import MinMax
from convatlas.data.partition import Table
from convatlas.evaluation.autoencoder_tables import (
    ablation_table,
    errors_over_epochs,
    errors_table,
    final_errors,
    list_ablation,
    list_floors,
    real_and_outputs,
)
from convatlas.evaluation.intervals import interval_over_seeds
from convatlas.evaluation.principal_components import TESTING_FLOOR, add_testing_floor
from convatlas.evaluation.reconstruction import (
    broadcast_energy,
    mean_squared_error,
    measure_autoencoders,
    principal_components_error,
    reconstruct,
)
from convatlas.models.perceptron import Activation, Perceptron

WIDTHS, SEEDS = [1, 3], [4, 9]
TITLES = {"own": "Own", "torch": "Library"}


def make_table():
    values = np.random.default_rng(1).random((12, 3))
    parts = np.split(np.random.default_rng(2).permutation(12), [6, 9])
    parts = dict(zip(("train", "validation", "test"), map(np.sort, parts), strict=True))
    return Table(("x", "od", "s"), (), values, MinMax(np.zeros(3), np.ones(3)), parts, False)


def make_fitted():
    fitted = {}
    for seed in SEEDS:
        for width in WIDTHS:
            output = Activation("linear" if seed == 9 else "sigmoid")
            network = Perceptron(3, (width,), 3, Activation("linear"), output)
            fitted[f"{seed}/{width}"] = network, network.draw(np.random.default_rng([seed, width]))
    return fitted


def make_history():
    rows = [(seed, width, epoch) for seed in SEEDS for width in WIDTHS for epoch in (1, 2)]
    history = pd.DataFrame(rows, columns=["seed", "hidden", "epoch"])
    for k, name in enumerate(("train_error", "test_error", "train_broadcast", "test_broadcast")):
        history[name] = np.random.default_rng(k).random(len(rows))
    return history


def measure(table=None):
    return measure_autoencoders(
        make_fitted(), make_history(), table or make_table(),
        dataset="yeast", widths=WIDTHS, seeds=SEEDS,
    )  # fmt: skip


def identity():
    network = Perceptron(3, (3,), 3, Activation("linear"), Activation("linear"))
    return network, [np.vstack([np.zeros(3), np.eye(3)])] * 2


def test_errors_and_broadcast_energy_by_explicit_loops():
    network, weights = make_fitted()["4/3"]
    values = make_table().part("train")
    outputs = network.predict(weights, values)
    square = sum((values[i, k] - outputs[i, k]) ** 2 for i in range(6) for k in range(3))
    assert mean_squared_error(network, weights, values) == pytest.approx(square / 18, rel=1e-12)
    energy = 0.0
    for x, y in zip(values, outputs, strict=True):
        energy += 0.5 * sum((x[j] - y[k]) ** 2 for j in range(3) for k in range(3)) / 6
    assert broadcast_energy(network, weights, values) == pytest.approx(energy, rel=1e-12)


def test_of_perfect_outputs_the_broadcast_energy_is_the_spread_among_variables():
    values = make_table().part("train")
    assert mean_squared_error(*identity(), values) == 0
    spread = 9 * values.var(axis=1).mean()  # sum_jk (x_j - x_k)^2 / 2 = n^2 var(x)
    assert broadcast_energy(*identity(), values) == pytest.approx(spread, rel=1e-12)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_principal_components_are_those_of_scikit_learn(count):
    generator = np.random.default_rng(0)
    train, values = generator.random((40, 5)) + 3, generator.random((9, 5)) + 3
    pca = PCA(count).fit(train)
    theirs = np.mean((values - pca.inverse_transform(pca.transform(values))) ** 2)
    ours = principal_components_error(train, values, count)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-25)
    assert (ours < 1e-25) == (count == 5)


def test_measures_over_seeds_by_hand():
    table, fitted, history = make_table(), make_fitted(), make_history()
    measured = measure(table)
    assert list(measured) == ["hidden_1", "hidden_3"]
    for width in WIDTHS:
        entry = measured[f"hidden_{width}"]
        assert (entry["dataset"], entry["hidden"]) == ("yeast", width)
        assert entry["outputs"] == ["sigmoid", "linear"]
        assert entry["observations"]["mean"] == 12
        assert entry["parameters"]["mean"] == 7 * width + 3
        for part, name in (("train", "training"), ("test", "testing"), ("validation",) * 2):
            own = [(*fitted[f"{seed}/{width}"], table.part(part)) for seed in SEEDS]
            errors = [mean_squared_error(*one) for one in own]
            assert entry[f"{name}_error"]["values"] == errors
            energies = [network.differentiate(w, x, x)[0] for network, w, x in own]
            assert entry[f"{name}_energy"]["values"] == pytest.approx(energies, rel=1e-12)
            expected = interval_over_seeds([broadcast_energy(*one) for one in own])
            assert entry[f"{name}_broadcast"].items() >= expected.items()
        rows = history[history["hidden"] == width]
        for part, name in (("train", "training"), ("test", "testing")):
            means = [rows.loc[rows["seed"] == seed, f"{part}_error"].mean() for seed in SEEDS]
            assert entry[f"mean_{name}_error"]["values"] == pytest.approx(means)
            energies = entry[f"mean_{name}_energy"]["values"]
            assert energies == pytest.approx([1.5 * mean for mean in means])
            means = [rows.loc[rows["seed"] == seed, f"{part}_broadcast"].mean() for seed in SEEDS]
            assert entry[f"mean_{name}_broadcast"]["values"] == pytest.approx(means)
    floor = principal_components_error(table.part("train"), table.part("validation"), 1)
    assert measured["hidden_1"]["principal_components_error"]["values"] == [floor]


def test_principal_components_of_the_testing_part_stand_beside_all_that_was_measured():
    table, measured = make_table(), measure()
    added = add_testing_floor(measured, table)
    for width in WIDTHS:
        entry = dict(added[f"hidden_{width}"])
        floor = principal_components_error(table.part("train"), table.part("test"), width)
        assert entry.pop(TESTING_FLOOR)["values"] == [floor]
        assert entry == measured[f"hidden_{width}"]


def test_what_is_given_back_stands_beside_what_was_shown():
    table, fitted = make_table(), make_fitted()
    frame = reconstruct(fitted, table, widths=WIDTHS, seed=9)
    outputs = ["x_output", "od_output", "s_output"]
    assert list(frame) == ["hidden", "row", "part", "x", "od", "s", *outputs]
    assert len(frame) == 24
    for width, own in frame.groupby("hidden"):
        np.testing.assert_array_equal(own[["x", "od", "s"]], table.values)
        given_back = Perceptron.predict(*fitted[f"9/{width}"], table.values)
        np.testing.assert_array_equal(own[outputs], given_back)
        for part, rows in table.parts.items():
            assert own.loc[own["part"] == part, "row"].tolist() == rows.tolist()


# ---- what tables and figures show


def test_errors_over_epochs_are_of_one_width():
    history = make_history()
    frame = errors_over_epochs({"own": history, "torch": history + 0}, hidden=3, titles=TITLES)
    assert list(frame) == ["seed", "epoch", "network", "part", "error"]
    assert len(frame) == 2 * 2 * 2 * 2
    rows = frame.query("network == 'Library' and part == 'test'")
    np.testing.assert_array_equal(rows["error"], history.query("hidden == 3")["test_error"])


def test_final_errors_are_those_of_validation_by_seed():
    measured = measure()
    frame = final_errors({"own": measured, "torch": measured}, hidden=3, titles=TITLES)
    assert frame["network"].tolist() == ["Own", "Own", "Library", "Library"]
    assert frame["error"].tolist() == measured["hidden_3"]["validation_error"]["values"] * 2


def test_the_real_variables_and_the_outputs_of_each_network():
    table = make_table()
    frame = reconstruct(make_fitted(), table, widths=WIDTHS, seed=9)
    other = reconstruct(make_fitted(), table, widths=WIDTHS, seed=4)
    real, outputs = real_and_outputs({"own": frame, "torch": other}, hidden=3, titles=TITLES)
    np.testing.assert_array_equal(real, table.values)
    assert list(outputs) == ["Own", "Library"]
    assert list(outputs["Own"]) == list(real) == ["x", "od", "s"]
    given_back = Perceptron.predict(*make_fitted()["4/3"], table.values)
    np.testing.assert_array_equal(outputs["Library"], given_back)


def test_an_ablation_has_a_row_a_cause_and_a_column_a_width():
    measured = add_testing_floor(measure(), make_table())
    metrics = {"own": measured}
    rows = [
        {"label": "all", "autoencoder": "own", "metric": "validation_error"},
        {"label": "means", "autoencoder": "own", "metric": "mean_testing_error"},
    ]
    frame = list_ablation(rows, metrics)
    assert frame[["row", "hidden"]].to_numpy().tolist() == [
        ["all", 1], ["all", 3], ["means", 1], ["means", 3],
    ]  # fmt: skip
    entry = measured["hidden_3"]["mean_testing_error"]
    assert frame.iloc[3][["mean", "low", "high"]].tolist() == [
        entry["mean"], entry["low"], entry["high"],
    ]  # fmt: skip
    laid_out = ablation_table(rows, metrics)
    assert list(laid_out) == ["what is changed", "l = 1", "l = 3"]
    assert laid_out["what is changed"].tolist() == ["all", "means", "Principal components"]
    assert laid_out.loc[1, "l = 3"].startswith(f"{entry['mean']:.3g} ({entry['low']:.3g} to")
    assert laid_out.loc[2, "l = 3"] == "0"  # as many components as variables: rounding is left out
    floor = measured["hidden_1"][TESTING_FLOOR]["mean"]
    assert list_floors(metrics) == {1: floor, 3: 0}
    assert 0 < float(laid_out.loc[2, "l = 1"]) == pytest.approx(floor, rel=5e-3)


def test_an_interval_of_one_seed_is_empty():
    measured = measure_autoencoders(
        make_fitted(), make_history(), make_table(), dataset="yeast", widths=[1], seeds=[4]
    )
    row = {"label": "all", "autoencoder": "own", "metric": "validation_error"}
    frame = list_ablation([row], {"own": measured})
    assert np.isnan(frame.loc[0, ["low", "high"]].astype(float)).all()
    assert frame.loc[0, "mean"] == measured["hidden_1"]["validation_error"]["values"][0]


def test_errors_are_laid_out_by_width_then_network():
    measured = measure()
    metric = "training_error, testing_error,validation_error"
    rows = [{"label": name, "autoencoder": "own", "metric": metric} for name in ("A", "B")]
    frame = errors_table(rows, WIDTHS, {"own": measured})
    assert frame[["l", "network", "parameters"]].to_numpy().tolist() == [
        [1, "A", 10], [1, "B", 10], [3, "A", 24], [3, "B", 24],
    ]  # fmt: skip
    for part in ("training", "testing", "validation"):
        mean = measured["hidden_3"][f"{part}_error"]["mean"]
        assert frame.loc[2, part].startswith(f"{mean:.3g} (")
    assert frame.loc[2, "PCA, validation"] == "0"
    floor = measured["hidden_1"]["principal_components_error"]["mean"]
    assert float(frame.loc[0, "PCA, validation"]) == pytest.approx(floor, rel=5e-3)


def test_the_output_that_seeds_chose_is_named_and_counted_where_they_differ():
    measured = measure()
    row = {"label": "A", "autoencoder": "own", "metric": ", ".join(["training_error"] * 3)}
    assert errors_table([row], [1], {"own": measured}).loc[0, "output"] == "linear 1, sigmoid 1"
    measured["hidden_1"]["outputs"] = ["linear", "linear"]
    assert errors_table([row], [1], {"own": measured}).loc[0, "output"] == "linear"
