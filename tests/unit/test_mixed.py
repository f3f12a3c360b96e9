"""Mixed models learn what can be learnt, and distances say how far they are off."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from convatlas.data.observations import MinMax
from convatlas.data.partition import Table
from convatlas.evaluation.geography import great_circle_km
from convatlas.evaluation.origin_distances import (
    distances_table,
    list_distances,
    measure_origins,
    true_and_predicted,
)
from convatlas.evaluation.origins import cross_validate, score_split
from convatlas.models.perceptron import Activation, Perceptron
from convatlas.training.mixed import as_regressors, fit_mixed_models, list_candidates

SHAPE = Perceptron(68, (4,), 2)
STATED = {"depth": 1, "width": 3, "learning_rate": 0.01}
CANDIDATES = list_candidates(SHAPE, 0.5, STATED)
GRID_NAMES = [
    "the grid's best network (1 x 4), torch",
    "the grid's best network (1 x 4 at rate 0.5), NumPy",
]
DOCUMENT_NAMES = [
    "the document's network (1 x 3), torch",
    "the document's network (1 x 3 at rate 0.01), NumPy",
]
SETTINGS = {
    "torch": {"loss": "absolute_error", "learning_rate": 0.03, "epochs": 120, "batch_size": 20},
    "numpy": {"epochs": 60},
}
SHORT = {
    "torch": {**SETTINGS["torch"], "epochs": 2},
    "numpy": {**SETTINGS["numpy"], "epochs": 2},
}


def make_table(places=True, count=90, doubled=0):
    generator = np.random.default_rng(0)
    inputs = generator.random((count, 3))
    outputs = np.stack([80 * inputs[:, 0] - 40, 60 * inputs[:, 1] + 30 * inputs[:, 2]], axis=1)
    outputs[:doubled] = outputs[doubled : 2 * doubled]
    values = np.hstack([inputs, outputs])
    scaling = MinMax.of(values)
    rows = generator.permutation(count)
    parts = {"train": rows[:60], "validation": rows[60:70], "test": np.sort(rows[70:])}
    names = ("a", "b", "c", "latitude", "longitude")
    return Table(names, names[3:], scaling.scale(values), scaling, parts, places), outputs


def make_codes():
    """Encode in one neuron that forgets, and in four that keep all."""
    codes = {}
    for name, width in (("low", 1), ("high", 4)):
        network = Perceptron(3, (width,), 3, Activation("linear"), Activation("linear"))
        codes[name] = network, network.draw(np.random.default_rng(1))
    codes["high"][1][0][...] = np.vstack([np.zeros(4), np.eye(3, 4)])
    return codes


def fit(table, seeds=(3,), settings=SHORT, codes=None, candidates=CANDIDATES):
    codes = make_codes() if codes is None else codes
    return fit_mixed_models(table, codes, candidates, settings=settings, seeds=seeds)


def r_squared(rows, name):
    true = rows[f"true_{name}"]
    return 1 - ((true - rows[f"predicted_{name}"]) ** 2).sum() / ((true - true.mean()) ** 2).sum()


def test_what_can_be_learnt_is_learnt():
    table, _ = make_table()
    predictions = fit(table, settings=SETTINGS, candidates=CANDIDATES[:1])
    scores = {
        (*group, name): r_squared(rows, name)
        for group, rows in predictions.groupby(["inputs", "pipeline"])
        for name in table.outputs
    }
    for inputs in ("features", "high"):
        for pipeline in GRID_NAMES:
            assert min(scores[inputs, pipeline, name] for name in table.outputs) > 0.8
    for pipeline in GRID_NAMES:  # one number cannot hold both outputs
        assert min(scores["low", pipeline, name] for name in table.outputs) < 0.7


def test_in_numpy_a_network_descends_at_its_own_rate():
    table, _ = make_table()
    slow = list_candidates(SHAPE, 0.01, STATED)
    one, other = (
        fit(table, candidates=some).groupby(["inputs", "network", "pipeline"], sort=False)
        for some in (CANDIDATES, slow)
    )
    same = [
        np.array_equal(a["predicted_latitude"], b["predicted_latitude"])
        for (_, a), (_, b) in zip(one, other, strict=True)
    ]
    assert same == [True, False, True, True] * 3  # only the grid's, in NumPy, has another rate


def test_a_row_per_inputs_network_way_seed_and_test_row_in_units_of_the_source():
    table, outputs = make_table()
    predictions = fit(table, seeds=(3, 4))
    groups = predictions.groupby(["inputs", "pipeline", "seed"], sort=False)
    assert [*groups.groups] == [
        (inputs, pipeline, seed)
        for inputs in ("features", "low", "high")
        for seed in (3, 4)
        for pipeline in [*GRID_NAMES, *DOCUMENT_NAMES]
    ]
    for _, rows in groups:
        assert rows["row"].tolist() == table.parts["test"].tolist()
        true = rows[["true_latitude", "true_longitude"]]
        np.testing.assert_allclose(true, outputs[table.parts["test"]], rtol=1e-12, atol=1e-12)
    predicted = groups["predicted_latitude"].agg(tuple)
    assert predicted.nunique() == 24
    low, high = outputs.min(axis=0), outputs.max(axis=0)  # sigmoids stay within
    assert predictions["predicted_latitude"].between(low[0], high[0]).all()
    assert predictions["predicted_longitude"].between(low[1], high[1]).all()
    pd.testing.assert_frame_equal(fit(table, seeds=(3, 4)), predictions, check_exact=True)


def test_other_test_outputs_change_no_prediction():
    table, _ = make_table()
    desired, rows = table.desired.copy(), table.parts["test"]
    desired[rows] = 1 - desired[rows]
    other = dataclasses.replace(table, values=np.hstack([table.features, desired]))
    one, two = fit(table), fit(other)
    assert not np.allclose(one["true_latitude"], two["true_latitude"])
    pd.testing.assert_series_equal(one["predicted_latitude"], two["predicted_latitude"])


def test_networks_predict_the_same_as_regressors():
    table, outputs = make_table()
    predictions = fit(table, codes={})
    regressors = as_regressors(table, CANDIDATES, SHORT, seed=3)
    assert list(regressors) == [*GRID_NAMES, *DOCUMENT_NAMES]
    train, test = table.parts["train"], table.parts["test"]
    for name, regressor in regressors.items():
        rows = predictions[predictions["pipeline"] == name]
        expected = rows[["predicted_latitude", "predicted_longitude"]]
        given = regressor(table.features[train], outputs[train], table.features[test])
        np.testing.assert_allclose(given, expected, rtol=1e-4, atol=1e-3)


# ---- distances


@pytest.fixture(params=[True, False], ids=["places", "other outputs"])
def measured(request):
    table, outputs = make_table(request.param, doubled=5)
    predictions = fit(table, seeds=(3, 4))
    options = {"places": request.param, "seed": 0, "pipelines": ["ridge", "mean of the outputs"]}
    codes = {"features": table.features, "low": table.features[:, :1]}
    others = score_split(codes, outputs, table.parts, **options)
    folds = cross_validate(table.features, outputs, folds=3, **options)
    distances = list_distances(table, predictions=predictions, others=others, folds=folds)
    return table, predictions, others, distances


def test_mixed_models_are_measured_by_km_or_by_scaled_outputs(measured):
    table, predictions, _, distances = measured
    named = distances["pipeline"] == GRID_NAMES[1]
    row = distances[named & (distances["group"] == "code of M1*")].iloc[0]
    own = predictions[(predictions["inputs"] == "low") & (predictions["pipeline"] == GRID_NAMES[1])]
    sides = [
        own[[f"{side}_latitude", f"{side}_longitude"]].to_numpy() for side in ("true", "predicted")
    ]
    if table.places:
        far = great_circle_km(*sides)
        assert far.mean() > 100
    else:
        apart = (sides[0] - sides[1]) / (table.scaling.maximum - table.scaling.minimum)[3:]
        far = np.sqrt(apart[:, 0] ** 2 + apart[:, 1] ** 2)
    by_seed = [far[own["seed"] == seed].mean() for seed in (3, 4)]
    assert row["mean"] == pytest.approx(np.mean(by_seed), rel=1e-9)
    half = 12.7062 * abs(by_seed[0] - by_seed[1]) / 2  # Student, 1 degree of freedom
    assert row["high"] - row["mean"] == pytest.approx(half, rel=1e-4)
    assert (row["over"], row["rows"], row["measure"]) == ("seeds", 20, "split")
    scores = [r_squared(own[own["seed"] == seed], "longitude") for seed in (3, 4)]
    assert row["r2_longitude"] == pytest.approx(np.mean(scores), rel=1e-9)


def test_mixed_models_stand_first_then_the_worst_of_the_split(measured):
    _, _, others, distances = measured
    assert distances["measure"].tolist() == ["split"] * 16 + ["folds"] * 2
    groups = ["features", "code of M1*", "code of M2*"]
    assert distances["group"].tolist()[:12] == np.repeat(groups, 4).tolist()
    for rows in (distances[12:16], distances[16:]):
        assert rows["mean"].is_monotonic_decreasing
        assert (rows["pipeline"].iloc[-1], rows["group"].iloc[-1]) == ("ridge", "features")
    ridge = others.query("feature_set == 'features' and pipeline == 'ridge'")
    assert distances["mean"][15] == pytest.approx(ridge["distance"].mean(), rel=1e-9)
    assert distances["r2_latitude"][15] > 0.8
    assert distances["rows"].tolist() == [20] * 16 + [90] * 2


def test_counts_and_the_best_of_each_measure(measured):
    table, _, _, distances = measured
    energies = [0.2, 0.1], [0.1, 0.1]
    origins = measure_origins(table, distances, dataset="music", code_energies=energies)
    assert [origins["table"][key]["mean"] for key in ("rows", "features", "places")] == [90, 3, 85]
    for name, rows in (("best_split", distances[:16]), ("best_folds", distances[16:])):
        assert origins[name]["mean_distance"]["mean"] == rows["mean"].min()
        assert origins[name]["pipeline"] == "ridge, from features"
        assert origins[name]["dataset"] == "music"
        constant = rows[rows["pipeline"] == "mean of the outputs"]["mean"].min()
        gain = origins[name]["gain"]["mean"]
        assert gain == pytest.approx(1 - rows["mean"].min() / constant)
    own = distances[distances["pipeline"].isin(GRID_NAMES)]["mean"].min()
    assert origins["own_split"]["mean_distance"]["mean"] == own
    assert origins["codes"]["energy_ratio"]["values"] == [2, 1]


def test_the_cost_of_a_code_is_paired_by_row(measured):
    _, _, others, distances = measured
    of_code = distances["group"] != "features"
    assert distances[of_code & (distances["measure"] == "split")]["cost"].notna().all()
    assert distances[~of_code]["cost"].isna().all()
    rows = others[others["pipeline"] == "ridge"].pivot_table("distance", "row", "feature_set")
    apart = rows["low"] - rows["features"]
    row = distances[of_code & (distances["pipeline"] == "ridge")].iloc[0]
    assert row["cost"] == pytest.approx(apart.mean(), rel=1e-9)
    half = 2.0930241 * apart.std() / np.sqrt(20)  # Student, 19 degrees of freedom
    assert row["cost_high"] - row["cost"] == pytest.approx(half, rel=1e-5)


def test_distances_are_laid_out_for_people(measured):
    table, _, _, distances = measured
    laid_out = distances_table(distances, places=table.places)
    mean = "mean km" if table.places else "mean distance"
    assert list(laid_out) == [
        "inputs", "predictor", mean, "interval over", "rows",
        mean.replace("mean ", "cost of the code, "), "R² of latitude", "R² of longitude",
    ]  # fmt: skip
    assert laid_out["predictor"].tolist() == distances["pipeline"].tolist()
    written = laid_out[mean].str.split(" ").str[0].str.replace(",", "").astype(float)
    np.testing.assert_allclose(written, distances["mean"], rtol=6e-3)
    assert laid_out[mean].str.contains(r"\(.+ to .+\)").all()
    np.testing.assert_allclose(laid_out["R² of latitude"], distances["r2_latitude"], atol=5.1e-3)


def test_the_figure_takes_one_output_of_the_first_seed():
    table, outputs = make_table()
    predictions = fit(table, seeds=(4, 3))
    shown = true_and_predicted(predictions, inputs="low", output="longitude")
    assert shown["network"].tolist() == np.repeat(GRID_NAMES, 20).tolist()
    np.testing.assert_allclose(shown["true"], np.tile(outputs[table.parts["test"], 1], 2))
    alone = fit(table, seeds=(4,), candidates=CANDIDATES[:1]).query("inputs == 'low'")
    assert shown["predicted"].tolist() == alone["predicted_longitude"].tolist()
