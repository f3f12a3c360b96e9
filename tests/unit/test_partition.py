"""Tables on their way into use: outputs last, divided, scaled, and the right ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes

from convatlas.data.observations import Observations, save_observations
from convatlas.data.partition import load_table, write_partition
from convatlas.data.shares import split_uniformly
from convatlas.data.table_kinds import read_table
from convatlas.errors import ConvatlasError
from convatlas.files import read_json

SHARES = (0.6, 0.2, 0.2)


def make_observations(count=25, seed=0):
    values = np.random.default_rng(seed).normal(size=(count, 4)) * [1e-6, 1, 50, 1e6] + 3
    return Observations(("a", "b", "north", "east"), values)


def write(folder, observations, **options):
    save_observations(folder / "observations.csv", observations)
    path = folder / "partition.json"
    write_partition(path, observations, SHARES, 3, **options)
    return path


@pytest.fixture
def partition(tmp_path):
    return write(tmp_path, make_observations(), outputs=["north", "east"], places=True)


def test_a_table_is_scaled_and_comes_back(partition):
    table, values = load_table(partition), make_observations().values
    np.testing.assert_array_equal(table.values.min(axis=0), 0)
    np.testing.assert_array_equal(table.values.max(axis=0), 1)
    assert (table.columns, table.outputs) == (("a", "b", "north", "east"), ("north", "east"))
    np.testing.assert_array_equal(np.hstack([table.features, table.desired]), table.values)
    np.testing.assert_allclose(table.restore_outputs(table.desired), values[:, 2:], rtol=1e-12)
    np.testing.assert_allclose(table.scaling.restore(table.values), values, rtol=1e-12)
    assert table.places is True


@settings(deadline=None, max_examples=30)
@given(
    outputs=st.integers(1, 4),
    scaled=st.lists(st.floats(-2, 3), min_size=4, max_size=4),
)
def test_outputs_are_restored_by_their_own_range(tmp_path_factory, outputs, scaled):
    observations = make_observations()
    names = observations.columns[-outputs:]
    table = load_table(write(tmp_path_factory.mktemp("table"), observations, outputs=names))
    assert table.desired.shape == (25, outputs)
    assert table.features.shape == (25, 4 - outputs)
    restored = table.restore_outputs(np.array([scaled[:outputs]]))
    for k, name in enumerate(names):
        column = observations.values[:, observations.columns.index(name)]
        by_hand = column.min() + scaled[k] * np.ptp(column)
        assert restored[0, k] == pytest.approx(by_hand, rel=1e-9, abs=1e-9 * np.abs(column).max())


def test_a_table_without_outputs_is_all_features(tmp_path):
    table = load_table(write(tmp_path, make_observations()))
    np.testing.assert_array_equal(table.features, table.values)
    assert table.desired.shape == (25, 0)
    assert table.places is False


def test_parts_are_disjoint_complete_and_named_by_row(partition):
    table = load_table(partition)
    assert [len(table.parts[part]) for part in ("train", "validation", "test")] == [15, 5, 5]
    assert sorted(np.concatenate([*table.parts.values()])) == list(range(25))
    names = table.part_of_rows()
    for part, rows in table.parts.items():
        assert set(names[rows]) == {part}
        np.testing.assert_array_equal(table.part(part), table.frame().to_numpy()[rows])


def test_the_seed_decides_the_parts(tmp_path, partition):
    again, other = tmp_path / "again.json", tmp_path / "other.json"
    options = {"outputs": ["north", "east"], "places": True}
    write_partition(again, make_observations(), SHARES, 3, **options)
    write_partition(other, make_observations(), SHARES, 4, **options)
    assert again.read_bytes() == partition.read_bytes()
    assert read_json(other)["parts"] != read_json(partition)["parts"]
    assert read_json(other)["rows"] == 25


def test_observations_other_than_the_witness_saw_are_refused(partition):
    changed = make_observations()
    changed.values[7, 1] = np.nextafter(changed.values[7, 1], 1)
    save_observations(partition.with_name("observations.csv"), changed)
    with pytest.raises(ConvatlasError, match=r"not the ones it was made for.*partition_observ"):
        load_table(partition)


def test_too_few_observations_are_told(tmp_path):
    with pytest.raises(ConvatlasError, match=r"2 observations are too few.*validation is left"):
        write_partition(tmp_path / "partition.json", make_observations(2), (0.8, 0.1, 0.1), 0)
    assert not (tmp_path / "partition.json").exists()
    path, table = tmp_path / "partition.json", make_observations(9)
    with pytest.raises(
        ConvatlasError,
        match=r"partition\.json: 9 rows, to be divided by origins.folds; at least 10",
    ):
        write_partition(path, table, SHARES, 0, rows_needed=10)
    with pytest.raises(ConvatlasError, match="4 features beside what is predicted; at least 9"):
        write_partition(path, table, SHARES, 0, features_needed=9)
    assert not path.exists()
    with pytest.raises(ConvatlasError, match="2 digits are too few"):
        split_uniformly(2, SHARES, np.random.default_rng(0))


# ---- what kinds of table there are


def test_the_outputs_of_a_csv_move_last(tmp_path):
    (tmp_path / "own.csv").write_text("y,a,z,b\n1,2,3,4\n5,6,7,9\n")
    dataset = {"kind": "text_table", "outputs": ["z", "y"]}
    table = read_table(dataset, {"path": tmp_path / "own.csv"})
    assert table.columns == ("a", "b", "z", "y")
    np.testing.assert_array_equal(table.values, [[2, 4, 3, 1], [6, 9, 7, 5]])


def test_a_csv_without_outputs_keeps_its_order(tmp_path):
    (tmp_path / "own.csv").write_text("y,a\n1,2\n5,6\n")
    assert read_table({"kind": "text_table"}, {"path": tmp_path / "own.csv"}).columns == ("y", "a")


def test_an_output_that_the_file_lacks_is_named(tmp_path):
    (tmp_path / "own.csv").write_text("a,b\n1,2\n5,6\n")
    dataset = {"kind": "text_table", "outputs": ["speed"]}
    with pytest.raises(ConvatlasError, match=r"own\.csv has no column 'speed'.*it has a, b"):
        read_table(dataset, {"path": tmp_path / "own.csv"})


def test_a_file_without_header_has_numbered_features(tmp_path):
    (tmp_path / "gom.txt").write_text("1,2,3,4\n5,6,7,9\n")
    dataset = {"kind": "text_table", "features": 2, "outputs": ["latitude", "longitude"]}
    table = read_table(dataset, {"table": tmp_path / "gom.txt"})
    assert table.columns == ("feature_1", "feature_2", "latitude", "longitude")
    np.testing.assert_array_equal(table.values, [[1, 2, 3, 4], [5, 6, 7, 9]])
    with pytest.raises(ConvatlasError, match="4 columns, 5 are expected"):
        read_table({**dataset, "features": 3}, {"table": tmp_path / "gom.txt"})


def test_the_diabetes_data_are_whole_with_their_outputs_last():
    table = read_table({"kind": "diabetes", "outputs": ["blood_sugar", "progression"]}, {})
    assert table.values.shape == (442, 11)
    assert table.columns[-2:] == ("blood_sugar", "progression")
    source = load_diabetes(scaled=False)
    np.testing.assert_array_equal(table.values[:, -1], source.target)
    for name, column in zip(source.feature_names, source.data.T, strict=True):
        place = table.columns.index({"s6": "blood_sugar"}.get(name, name))
        np.testing.assert_array_equal(table.values[:, place], column)


def test_the_simulated_fermentation_needs_no_file():
    table = read_table({"kind": "simulated_fermentation"}, {})
    assert table.columns == ("X", "OD", "S")
    assert table.values.shape == (3001, 3)
    assert np.isfinite(table.values).all()
