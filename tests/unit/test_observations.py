"""Tables of observations: read exactly, scaled exactly, refused with column and row."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from convatlas.data import fermentation
from convatlas.data.fermentation import simulate_fermentation
from convatlas.data.observations import (
    MinMax,
    Observations,
    load_observations,
    read_matlab,
    read_text,
    save_observations,
)
from convatlas.errors import ConvatlasError

GOM = "Geographical Original of Music/default_features_1059_tracks.txt"


@pytest.fixture
def mirror():
    folder = os.environ.get("CONVATLAS_MIRROR")
    if not folder:
        pytest.skip("CONVATLAS_MIRROR is not set")
    return Path(folder)


@pytest.fixture
def table():
    values = np.random.default_rng(0).normal(size=(40, 3)) * [1e-12, 1, 1e9]
    return Observations(("a", "b", "c"), values)


def test_saved_and_loaded_the_bits_are_the_same(table, tmp_path):
    save_observations(tmp_path / "o.csv", table)
    again = load_observations(tmp_path / "o.csv")
    assert again.columns == table.columns
    np.testing.assert_array_equal(again.values, table.values)
    assert again.sha256 == table.sha256


def test_the_digest_tells_names_and_numbers_apart(table):
    moved = table.values.copy()
    moved[3, 1] = np.nextafter(moved[3, 1], 1)
    assert Observations(table.columns, moved).sha256 != table.sha256
    assert Observations(("a", "b", "d"), table.values).sha256 != table.sha256


def test_scaled_columns_span_the_unit_interval_and_come_back(table):
    scaling = MinMax.of(table.values)
    scaled = scaling.scale(table.values)
    np.testing.assert_array_equal(scaled.min(axis=0), 0)
    np.testing.assert_array_equal(scaled.max(axis=0), 1)
    np.testing.assert_allclose(scaling.restore(scaled), table.values, rtol=1e-9, atol=1e-21)


def test_matlab_variables_become_columns(tmp_path, table):
    path = tmp_path / "t.mat"
    scipy.io.savemat(path, {"b": table.values[:, [1]], "a": table.values[:, 0], "other": 1})
    read = read_matlab(path, ["a", "b"])
    assert read.columns == ("a", "b")
    np.testing.assert_array_equal(read.values, table.values[:, :2])
    with pytest.raises(ConvatlasError, match="no variable 'c'; it has"):
        read_matlab(path, ["a", "c"])
    with pytest.raises(ConvatlasError, match="not of one length"):
        read_matlab(path, ["a", "other"])
    path.write_bytes(b"no such thing")
    with pytest.raises(ConvatlasError, match="cannot be read as a MATLAB file"):
        read_matlab(path, ["a"])


def test_a_table_in_an_archive_is_read_by_its_name(tmp_path):
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("in/t.txt", "1,2\n3,5\n")
    np.testing.assert_array_equal(
        read_text(path, ["p", "q"], member="in/t.txt").values, [[1, 2], [3, 5]]
    )
    with pytest.raises(ConvatlasError, match=r"t\.zip, out\.txt cannot be read"):
        read_text(path, ["p", "q"], member="out.txt")
    with pytest.raises(ConvatlasError, match="has 2 columns, 3 are expected"):
        read_text(path, ["p", "q", "r"], member="in/t.txt")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3,\n5,6\n", "column 'b', row 3 has a missing value"),
        ("a,b\n1,2\n\n5,6\n", "column 'a', row 3 has a missing value"),
        ("a,b\n1,2\nthree,4\n", "column 'a', row 3 has 'three', not a number"),
        ("a,b\n1,2\nTrue,4\n", "column 'a', row 3 has 'True', not a number"),
        ("a,b\n1,2\ninf,4\n", "column 'a', row 3 has infinite"),
        ("a,b\n1,2\n3,2\n", "column 'b' is 2 in every row"),
        ("a,b\n", "has no rows"),
        ("", "has no rows"),
        ("a,b\n1,2,3\n4,5,6\n", "has 3 columns, 2 are named in its first row"),
        ("a,b\n1\n4\n", "has 1 columns, 2 are named in its first row"),
        ("a,a\n1,2\n4,5\n", "column 'a' stands there twice"),
        ("a,b\n1,2\n3,4,5\n", "cannot be read as a table"),
    ],
)
def test_a_table_that_cannot_be_trusted_is_refused(tmp_path, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(ConvatlasError, match=message) as caught:
        read_text(path)
    assert str(path) in str(caught.value)


def test_a_row_of_a_file_without_header_is_counted_from_one(tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("1,2\n3,x\n")
    with pytest.raises(ConvatlasError, match="column 'q', row 2 has 'x'"):
        read_text(path, ["p", "q"])


def test_the_simulation_starts_as_the_document_and_keeps_its_balances():
    table = simulate_fermentation()
    assert table.values.shape == (3001, 3)
    np.testing.assert_allclose(table.values[0], fermentation.INITIAL, rtol=1e-12)
    biomass, oxygen, substrate = table.values.T
    # what is grown is what was eaten, times the yield
    grown, eaten = biomass - biomass[0], substrate[0] - substrate
    np.testing.assert_allclose(grown, fermentation.YIELD_SUBSTRATE * eaten, rtol=1e-5, atol=1e-6)
    assert (np.diff(biomass) > -1e-7).all()
    assert substrate.min() > -1e-7
    assert 0 < oxygen.min() < 0.1 * fermentation.SATURATION


def test_the_documents_tables(mirror):
    table = read_matlab(mirror / "fermentation" / "datosIA.mat", fermentation.COLUMNS)
    assert len(table) == 3001
    np.testing.assert_allclose(table.values[0], fermentation.INITIAL)
    published = read_matlab(mirror / "fermentation" / "datos.mat", ("t", "COD1", "Xv1"))
    assert len(published) == 1251
    names = [*(f"feature_{n}" for n in range(1, 69)), "latitude", "longitude"]
    music = read_text(mirror / "gom" / "Geographical_Original_of_Music.zip", names, member=GOM)
    assert music.values.shape == (1059, 70)
    assert len(np.unique(music.values[:, -2:], axis=0)) == 33
