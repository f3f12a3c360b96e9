"""Baselines on small tables whose answer is known; what was chosen, from which rows."""

import numpy as np
import pandas as pd
import pytest

from convatlas.data.observations import MinMax
from convatlas.errors import ConvatlasError
from convatlas.evaluation import place_deciders
from convatlas.evaluation.geography import great_circle_km
from convatlas.evaluation.origins import cross_validate, distance, score_split, summarise
from convatlas.evaluation.place_deciders import (
    EXPONENTS,
    SHARES,
    Decision,
    choose_decision,
    number_places,
    support_vector_probabilities,
)
from convatlas.evaluation.place_regressors import BEST, list_pipelines

PLACES = np.array([[52.5, 13.4], [-33.9, 151.2], [39.9, 116.4], [-17.7, 178.0], [-13.8, -172.1]])
CHEAP = ["mean of the outputs", "best single place", "ridge"]
FEW_TREES = 20


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(place_deciders, "TREES", FEW_TREES)
    monkeypatch.setattr(place_deciders, "INNER_TREES", FEW_TREES)


def make_table(spread, count=60, seed=0):
    """Rows of five places; each place is a cloud of features of width `spread`."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % len(PLACES)
    centres = np.random.default_rng(99).normal(0, 3, (len(PLACES), 4))
    return centres[labels] + generator.normal(0, spread, (count, 4)), PLACES[labels]


def halves(count):
    return {"train": np.arange(0, count, 2), "test": np.arange(1, count, 2)}


def predicted(table):
    return table[["output_1", "output_2"]].to_numpy()


def test_places_that_are_apart_are_found():
    features, outputs = make_table(0.05)
    table = cross_validate(
        features, outputs, folds=3, places=True, seed=1,
        pipelines=[BEST, "extra trees, least expected distance", "k nearest neighbours"],
    )  # fmt: skip
    assert table["distance"].max() < 1e-6


def test_the_best_single_place_is_that_of_the_training_rows_by_trying_all():
    features, outputs = make_table(1.0)
    rows = halves(60)
    outputs[rows["test"]] = PLACES[0]  # which must not draw the choice to itself
    outputs[rows["train"][-12:]] = PLACES[3]
    table = score_split(
        {"raw": features}, outputs, rows, places=True, seed=0, pipelines=["best single place"]
    )
    train = outputs[rows["train"]]
    best = min(PLACES, key=lambda place: great_circle_km(place, train).mean())
    assert not np.array_equal(best, PLACES[0])
    np.testing.assert_array_equal(predicted(table), np.tile(best, (30, 1)))
    np.testing.assert_allclose(table["distance"], great_circle_km(best, PLACES[0]))


@pytest.mark.parametrize("places", [True, False])
def test_outputs_of_test_rows_change_no_prediction(places):
    features, outputs = make_table(2.0)
    rows = halves(60)
    other = outputs.copy()
    other[rows["test"]] = np.random.default_rng(5).permutation(outputs[rows["test"]]) / 2
    one, two = (
        score_split({"raw": features}, y, rows, places=places, seed=3) for y in (outputs, other)
    )
    assert not np.allclose(one["distance"], two["distance"])
    np.testing.assert_array_equal(predicted(one), predicted(two))


def test_the_decision_is_chosen_within_training_rows_and_is_of_least_distance(monkeypatch):
    features, outputs = make_table(4.0)
    seen = []

    def state(train, labels, test, *, count, **_):
        seen.append((train, test))
        # each row's own place a little likelier than the rest: only a high exponent says so
        numbers = number_places(outputs)[1]
        own = np.array([numbers[np.flatnonzero((features == row).all(1))[0]] for row in test])
        stated = np.full((len(test), count), 0.19)
        stated[np.arange(len(test)), own] = 0.24
        return stated, np.full_like(stated, 1 / count)

    monkeypatch.setattr(place_deciders, "_state_both", state)
    train = halves(60)["train"]
    decision = choose_decision(features[train], outputs[train], seed=0)
    held = np.concatenate([test for _, test in seen])
    assert sorted(map(tuple, held)) == sorted(map(tuple, features[train]))
    for inner, test in seen:
        assert not {tuple(row) for row in inner} & {tuple(row) for row in test}
    places, labels = number_places(outputs[train])
    stated = np.full((30, 5), 0.19)
    stated[np.arange(30), labels] = 0.24
    means = {
        (exponent, share): great_circle_km(
            Decision(exponent, share).decide(stated, np.full((30, 5), 0.2), places), outputs[train]
        ).mean()
        for exponent in EXPONENTS
        for share in SHARES
    }
    assert means[decision.exponent, decision.share] == min(means.values()) < max(means.values())


def test_the_exponent_and_the_share_count():
    places = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [0.0, 120.0]])
    lone, even = np.array([[0.2, 0.2, 0.2, 0.4]]), np.full((1, 4), 0.25)
    assert Decision(1, 1.0).decide(lone, even, places)[0, 1] == 2
    assert Decision(4, 1.0).decide(lone, even, places)[0, 1] == 120
    assert Decision(4, 0.25).decide(lone, even, places)[0, 1] == 2


def test_places_of_one_or_two_rows_do_not_stop_the_run():
    features, outputs = make_table(0.05)
    outputs[0], outputs[1:3] = (10.0, 20.0), (-10.0, 20.0)
    features[0], features[1:3] = 30, -30
    table = cross_validate(features, outputs, folds=3, places=True, seed=1, pipelines=[BEST])
    assert (table.query("row > 2")["distance"] < 1e-6).all()
    labels = np.array([0, 0, 1, 2])
    assert support_vector_probabilities(features[:4], labels, features, count=3, seed=0) is None


def test_a_table_that_is_no_places_is_measured_by_scaled_outputs():
    generator = np.random.default_rng(2)
    features = generator.normal(size=(40, 3))
    outputs = np.stack([features[:, 0] * 1000, features[:, 1] - 5], axis=1)
    table = cross_validate(features, outputs, folds=4, places=False, seed=0)
    assert set(table["pipeline"]) == set(list_pipelines(places=False, seed=0))
    assert not [name for name in set(table["pipeline"]) if "place" in name or "sphere" in name]
    true, span = outputs[table["row"]], np.ptp(outputs, axis=0)
    np.testing.assert_allclose(
        table["distance"], np.linalg.norm((predicted(table) - true) / span, axis=1)
    )
    ridge = summarise(table, ["pipeline"]).set_index("pipeline").loc["ridge"]
    assert ridge["mean"] < 0.01
    assert min(ridge["r2_1"], ridge["r2_2"]) > 0.999


def test_a_table_may_have_one_output():
    features, outputs = make_table(1.0)
    table = cross_validate(features, outputs[:, :1], folds=3, places=False, seed=0)
    assert sorted(table["pipeline"].unique()) == sorted(list_pipelines(places=False, seed=0))
    np.testing.assert_array_equal(np.sort(table["true_1"].unique()), np.unique(outputs[:, 0]))
    assert "output_2" not in table


def test_distances_by_kind():
    one, other = np.array([[0.0, 0.0]]), np.array([[0.0, 4.0]])
    assert distance(one, other, places=True) == pytest.approx(444.78, abs=0.01)
    assert distance(one, other, places=False) == 4
    scaling = MinMax(np.zeros(2), np.array([1.0, 8.0]))
    assert distance(one, other, places=False, scaling=scaling) == 0.5


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_twice_the_same_numbers_and_other_ones_by_another_seed(n_jobs):
    features, outputs = make_table(2.0, count=30)
    first = cross_validate(features, outputs, folds=2, places=True, seed=7)
    again = cross_validate(features, outputs, folds=2, places=True, seed=7, n_jobs=n_jobs)
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    other = cross_validate(features, outputs, folds=2, places=True, seed=8, pipelines=CHEAP)
    rows = first.query("fold == 1 and pipeline == 'ridge'")["row"]
    assert list(rows) != list(other.query("fold == 1 and pipeline == 'ridge'")["row"])


def test_ten_folds_predict_each_row_once_and_train_on_all_others():
    features, outputs = make_table(1.0, count=57)
    seen, calls = [], []

    def own(train_x, train_y, test_x):
        seen.append((train_x, train_y, test_x))
        return np.zeros((len(test_x), 2))

    table = cross_validate(
        features, outputs, places=True, seed=0, pipelines=CHEAP, extra={"own": own},
        progress=lambda done, total: calls.append((done, total)),
    )  # fmt: skip
    for _, rows in table.groupby("pipeline")["row"]:
        assert sorted(rows) == list(range(57))
    assert calls == [(done, 40) for done in range(1, 41)]
    sizes = table.query("pipeline == 'own'").groupby("fold").size()
    assert list(sizes.index) == list(range(1, 11))
    assert set(sizes) == {5, 6}
    for train_x, train_y, test_x in seen:
        together = np.concatenate([train_x, test_x])
        assert sorted(map(tuple, together)) == sorted(map(tuple, features))
        assert len(train_x) == len(train_y)
    own_rows = table.query("pipeline == 'own'")
    np.testing.assert_array_equal(own_rows[["true_1", "true_2"]], outputs[own_rows["row"]])
    np.testing.assert_allclose(
        own_rows["distance"], great_circle_km(np.zeros(2), outputs[own_rows["row"]])
    )


def test_feature_sets_of_a_split_are_told_apart():
    features, outputs = make_table(0.05)
    noise = np.random.default_rng(1).normal(size=(60, 2))
    table = score_split(
        {"raw features": features, "code of 2": noise}, outputs, halves(60), places=True, seed=0,
        pipelines=["ridge on the sphere"],
    )  # fmt: skip
    assert list(table.columns[:4]) == ["feature_set", "pipeline", "row", "distance"]
    for _, own in table.groupby("feature_set"):
        np.testing.assert_array_equal(own["row"], halves(60)["test"])
    means = summarise(table, ["feature_set", "pipeline"]).set_index("feature_set")
    assert means.loc["raw features", "mean"] < means.loc["code of 2", "mean"] / 2
    assert set(means["over"]) == {"rows"}


def test_the_sphere_does_not_end_at_the_date_line():
    # near 180 degrees from either side: degrees average to the far side of the Earth
    outputs = np.array([[-15.0, 178.0], [-15.0, -178.0]] * 20)
    features = np.random.default_rng(0).normal(size=(40, 3))
    table = cross_validate(
        features, outputs, folds=4, places=True, seed=0, pipelines=["ridge", "ridge on the sphere"]
    )
    means = summarise(table, ["pipeline"]).set_index("pipeline")["mean"]
    assert means["ridge on the sphere"] < 300 < 10_000 < means["ridge"]


def test_summaries_by_hand():
    table = pd.DataFrame(
        {
            "fold": [1, 1, 2],
            "pipeline": "p",
            "row": [0, 1, 2],
            "distance": [1.0, 3.0, 5.0],
            "output_1": [1.0, 2.0, 5.0],
            "true_1": [1.0, 2.0, 3.0],
            "output_2": [0.0, 0.0, 0.0],
            "true_2": [7.0, 7.0, 7.0],
        }
    )
    (folds,) = summarise(table, ["pipeline"]).to_dict("records")
    assert (folds["mean"], folds["over"], folds["rows"]) == (3.5, "folds", 3)
    assert folds["high"] - 3.5 == pytest.approx(12.7062 * 1.5, rel=1e-4)  # Student, 1 degree
    assert folds["r2_1"] == pytest.approx(1 - 4 / 2)
    assert np.isnan(folds["r2_2"])
    (rows,) = summarise(table.drop(columns="fold"), ["pipeline"]).to_dict("records")
    assert (rows["mean"], rows["over"]) == (3, "rows")
    assert rows["high"] - 3 == pytest.approx(4.3027 * 2 / np.sqrt(3), rel=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pipelines": ["oracle"]}, "no pipeline is named 'oracle'.*ridge"),
        ({"pipelines": []}, "no pipeline is chosen"),
        ({"extra": {"ridge": lambda *_: 0}}, "'ridge' already"),
        ({"extra": {"own": lambda *_: np.zeros((3, 1))}}, "'own' has to predict"),
        ({"extra": {"own": lambda _, y, x: np.full((len(x), 2), np.nan)}}, "0 of them finite"),
        ({"folds": 31}, "31 folds of 30 rows"),
        ({"features": np.zeros((29, 4))}, "29 rows of features, but 30"),
    ],
)
def test_what_cannot_be_is_told(change, message):
    features, outputs = make_table(1.0, count=30)
    with pytest.raises(ConvatlasError, match=message):
        cross_validate(
            **{
                "features": features, "outputs": outputs, "places": True, "seed": 0, "folds": 3,
                "pipelines": ["ridge"], **change,
            }
        )  # fmt: skip
