"""From files of every kind to one set of digits."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageDraw

from convatlas.data import normalize
from convatlas.data.normalize import REJECTED_COLUMNS, normalize_dataset
from convatlas.errors import ConvatlasError


def write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())
    return path


@pytest.fixture
def mnist(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (7, 28, 28))
    return pictures, {
        "train_images": write_idx(tmp_path / "a", pictures[:4]),
        "train_labels": write_idx(tmp_path / "b", np.array([3, 1, 4, 1])),
        "test_images": write_idx(tmp_path / "c", pictures[4:]),
        "test_labels": write_idx(tmp_path / "d", np.array([5, 9, 2])),
    }


def test_mnist_keeps_its_order_and_its_published_parts(mnist):
    pictures, files = mnist
    digits, rejected = normalize_dataset({"kind": "mnist"}, files, seed=0)
    np.testing.assert_array_equal(digits.images("mnist_form"), pictures)
    assert digits.labels.tolist() == [3, 1, 4, 1, 5, 9, 2]
    assert digits.source.tolist() == ["published_train"] * 4 + ["published_test"] * 3
    assert set(digits.writer) == {"unknown"}
    assert rejected.empty
    assert rejected.columns.tolist() == REJECTED_COLUMNS


def test_pictures_and_labels_of_other_counts_are_refused(mnist, tmp_path):
    files = {**mnist[1], "test_labels": write_idx(tmp_path / "e", np.array([5, 9]))}
    with pytest.raises(ConvatlasError, match=r"c has 3 pictures, .*e has 2 labels"):
        normalize_dataset({"kind": "mnist"}, files, seed=0)


def test_embedded_digits_are_taken_as_they_are(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
    labels = np.array([4, 0, 9])
    monkeypatch.setattr(normalize, "embedded_mnist", lambda: (images, labels))
    digits, rejected = normalize_dataset({"kind": "embedded_digits"}, {}, seed=0)
    np.testing.assert_array_equal(digits.images("mnist_form"), images)
    np.testing.assert_array_equal(digits.labels, labels)
    assert digits.labels.dtype == np.uint8
    assert set(digits.forms) == {"mnist_form"}
    assert rejected.empty


def test_embedded_own_digits_are_made_by_the_seed_and_imported(monkeypatch, tmp_path):
    seeds = []

    def photograph(seed):
        seeds.append(seed)
        picture = np.asarray(Image.open(draw_sheet(tmp_path / "one.png", 1, 1)))
        return [picture, np.full((60, 60), 255, np.uint8)], np.array([1, 7], np.uint8)

    monkeypatch.setattr(normalize, "embedded_own_digits", photograph)
    digits, rejected = normalize_dataset({"kind": "embedded_own_digits"}, {}, seed=42)
    assert seeds == [42]
    assert digits.labels.tolist() == [1]
    assert set(digits.forms) == {"mnist_form", "plain"}
    assert rejected["label"].astype(int).tolist() == [7]
    assert rejected.columns.tolist() == REJECTED_COLUMNS


def draw_sheet(path, rows, columns):
    """Draw a grid of strokes, each turned a little more."""
    sheet = Image.new("L", (columns * 60, rows * 60), 255)
    pen = ImageDraw.Draw(sheet)
    for row in range(rows):
        for column in range(columns):
            x, y = column * 60 + 30, row * 60 + 30
            pen.line((x - 2 * row, y - 18, x + 2 * row, y + 18), fill=0, width=5)
    sheet.save(path)
    return path


def test_sheets_bring_writers_sources_and_labels_of_three_kinds(tmp_path):
    files = {
        "one": draw_sheet(tmp_path / "first.png", 10, 2),
        "two": draw_sheet(tmp_path / "second.png", 2, 10),
        "three": draw_sheet(tmp_path / "third.png", 1, 3),
        "key": tmp_path / "key.csv",
    }
    files["key"].write_text("6,0,8\n")
    entry = {
        "kind": "sheets",
        "sheets": [
            {"file": "one", "rows": 10, "columns": 2, "labels": "by_row", "writer": "ana"},
            {"file": "two", "rows": 2, "columns": 10, "labels": "by_column", "writer": "bo"},
            {"file": "three", "rows": 1, "columns": 3, "labels": "key", "writer": "bo"},
        ],
    }
    digits, rejected = normalize_dataset(entry, {k: str(v) for k, v in files.items()}, seed=0)
    assert rejected.empty, rejected
    assert digits.source.tolist() == ["first"] * 20 + ["second"] * 20 + ["third"] * 3
    assert digits.writer.tolist() == ["ana"] * 20 + ["bo"] * 23
    assert digits.labels[:20].tolist() == [row for row in range(10) for _ in range(2)]
    assert digits.labels[20:40].tolist() == [*range(10)] * 2
    assert digits.labels[40:].tolist() == [6, 0, 8]
    assert set(digits.forms) == {"mnist_form", "plain"}


def test_a_sheet_that_is_no_picture_or_blank_is_left_out_and_named(tmp_path):
    files = {"good": draw_sheet(tmp_path / "good.png", 1, 3), "bad": tmp_path / "bad.png"}
    files["bad"].write_text("no picture")
    sheet = {"rows": 1, "columns": 3, "labels": "by_column", "writer": "ana"}
    entry = {"kind": "sheets", "sheets": [{"file": name, **sheet} for name in files]}
    digits, rejected = normalize_dataset(entry, files, seed=0)
    assert len(digits) == 3
    (row,) = rejected.to_dict("records")
    assert (row["source"], row["position"]) == ("bad", "the whole sheet")
    assert "cannot be read as a picture" in row["reason"]
    with pytest.raises(ConvatlasError, match=r"no sheet of this dataset can be used:\n.*bad\.png"):
        normalize_dataset({**entry, "sheets": [{"file": "bad", **sheet}]}, files, seed=0)


def test_a_folder_of_pictures_is_read_with_its_labels(tmp_path):
    for label in (3, 8):
        (tmp_path / "mine" / str(label)).mkdir(parents=True)
        draw_sheet(tmp_path / "mine" / str(label) / "one.png", 1, 1)
    digits, rejected = normalize_dataset({"kind": "folder"}, {"path": tmp_path / "mine"}, seed=0)
    assert sorted(digits.labels.tolist()) == [3, 8]
    assert rejected.empty


def test_an_unknown_kind_is_named():
    with pytest.raises(ConvatlasError, match="kind 'cifar'"):
        normalize_dataset({"kind": "cifar"}, {}, seed=0)
