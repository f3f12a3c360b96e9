"""Sheets and folders of own digits: what is good comes in, what is bad is named."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from convatlas.data.own_digits import (
    REJECTED_COLUMNS,
    concatenate,
    import_folder,
    import_pictures,
    import_sheet,
)


def bar(height=32, width=32):
    """Draw a 1, dark on light."""
    cell = np.full((height, width), 240, np.uint8)
    cell[height // 5 : -height // 5, width // 2 - 2 : width // 2 + 2] = 20
    return cell


def corner(side=40):
    """Draw an L, so that up and down, left and right can be told apart."""
    picture = Image.new("L", (side, side), 240)
    ImageDraw.Draw(picture).line(
        [(side * 0.3, side * 0.2), (side * 0.3, side * 0.8), (side * 0.7, side * 0.8)], 20, 4
    )
    return picture


def save_sheet(path, rows, columns, size=32, blank=()):
    sheet = np.full((rows * size, columns * size), 240, np.uint8)
    for i in range(rows):
        for j in range(columns):
            if (i, j) not in blank:
                sheet[i * size : (i + 1) * size, j * size : (j + 1) * size] = bar(size, size)
    Image.fromarray(sheet).save(path)
    return path


def reasons(digits):
    return dict(zip(digits.rejected["position"], digits.rejected["reason"], strict=True))


# --- sheets ---------------------------------------------------------------------------------


def test_a_sheet_by_column_and_by_row(tmp_path):
    path = save_sheet(tmp_path / "sheet.png", 2, 3)
    digits = import_sheet(path, rows=2, columns=3, labels="by_column", source="s", writer="Ana")
    assert digits.mnist_form.shape == digits.plain.shape == (6, 28, 28)
    assert digits.mnist_form.dtype == digits.plain.dtype == digits.labels.dtype == np.uint8
    assert digits.labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert digits.position[4] == "row 2, column 2"
    assert set(digits.writer) == {"Ana"}
    assert set(digits.source) == {"s"}
    assert digits.rejected.empty
    assert list(digits.rejected.columns) == REJECTED_COLUMNS
    by_row = import_sheet(path, rows=2, columns=3, labels="by_row")
    assert by_row.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert set(by_row.source) == {"sheet.png"}


def test_a_grid_that_does_not_divide_the_picture(tmp_path):
    wide = np.asarray(Image.open(save_sheet(tmp_path / "a.png", 10, 10, size=40)))
    Image.fromarray(wide).resize((389, 393)).save(tmp_path / "odd.png")
    digits = import_sheet(tmp_path / "odd.png", rows=10, columns=10, labels="by_row")
    assert len(digits) == 100
    middles = np.array([form.sum(axis=0).argmax() for form in digits.mnist_form])
    assert np.abs(middles - 14).max() <= 1, "every cell shows its own bar and no other"


@pytest.mark.parametrize(
    "layout", ["0,1,2,3,4,5", "0,1,2\n3,4,5\n", "0,1,2,\n3,4,5,\n", "0\n1\n2\n3\n4\n5"]
)
def test_labels_from_a_table_of_any_layout(tmp_path, layout):
    path = save_sheet(tmp_path / "sheet.png", 2, 3)
    (tmp_path / "labels.csv").write_text("\ufeff" + layout, encoding="utf-8")
    digits = import_sheet(path, rows=2, columns=3, labels=tmp_path / "labels.csv")
    assert digits.labels.tolist() == [0, 1, 2, 3, 4, 5]


def test_bad_cells_are_named_and_left_out(tmp_path):
    path = save_sheet(tmp_path / "sheet.png", 2, 3, blank={(0, 1)})
    (tmp_path / "labels.csv").write_text("0,1,10\nx,,5")
    digits = import_sheet(path, rows=2, columns=3, labels=tmp_path / "labels.csv")
    assert digits.labels.tolist() == [0, 5]
    named = reasons(digits)
    assert set(named) == {f"row {i}, column {j}" for i, j in [(1, 2), (1, 3), (2, 1), (2, 2)]}
    assert "no digit" in named["row 1, column 2"]
    assert "'10'" in named["row 1, column 3"]
    assert "'x'" in named["row 2, column 1"]
    assert set(digits.rejected["source"]) == {"sheet.png"}


def test_a_sheet_that_cannot_be_used_stops_the_import(tmp_path):
    path = save_sheet(tmp_path / "sheet.png", 2, 3)
    (tmp_path / "five.csv").write_text("1,2,3,4,5")
    (tmp_path / "text.png").write_text("no picture")
    blank = tmp_path / "blank.png"
    Image.new("L", (96, 64), 255).save(blank)
    grid = {"rows": 2, "columns": 3}
    with pytest.raises(ValueError, match=r"missing\.png.*no such sheet"):
        import_sheet(tmp_path / "missing.png", **grid)
    with pytest.raises(ValueError, match=r"five\.csv: 5 labels for 2 x 3 = 6 cells"):
        import_sheet(path, **grid, labels=tmp_path / "five.csv")
    with pytest.raises(ValueError, match=r"none\.csv: cannot be read.*labels for sheet"):
        import_sheet(path, **grid, labels=tmp_path / "none.csv")
    with pytest.raises(ValueError, match=r"text\.png.*cannot be read as a picture"):
        import_sheet(tmp_path / "text.png", **grid)
    with pytest.raises(ValueError, match=r"blank\.png: not one usable digit.*6 rejected"):
        import_sheet(blank, **grid)
    with pytest.raises(ValueError, match="do not fit"):
        import_sheet(path, rows=20, columns=3)
    with pytest.raises(ValueError, match="do not fit"):
        import_sheet(path, rows=0, columns=3)
    with pytest.raises(ValueError, match="the grid has 11"):
        import_sheet(save_sheet(tmp_path / "w.png", 1, 11), rows=1, columns=11, labels="by_column")


# --- folders --------------------------------------------------------------------------------


def test_a_folder_of_pictures(tmp_path):
    home = tmp_path / "Berta"
    for name in ("1/a.png", "1/b.tif", "7/c.jpg", "7/d.webp", "3/e.bmp"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(bar()).save(home / name)
    # A WEBP that says it is a JPEG, as the web is full of
    Image.fromarray(bar()).save(home / "3" / "f.jpg", format="WEBP")
    (home / "3" / ".DS_Store").write_text("hidden")
    (home / ".git").mkdir()
    (home / ".git" / "x.png").write_text("hidden")
    digits = import_folder(home)
    assert digits.labels.tolist() == [1, 1, 3, 3, 7, 7]
    assert digits.position.tolist() == [
        "1/a.png",
        "1/b.tif",
        "3/e.bmp",
        "3/f.jpg",
        "7/c.jpg",
        "7/d.webp",
    ]
    assert set(digits.writer) == {"Berta"}
    assert digits.source[0] == "a.png"
    assert digits.rejected.empty


def test_bad_files_in_a_folder_are_named(tmp_path):
    for folder in ("2", "ten", "10"):
        (tmp_path / folder).mkdir()
        Image.fromarray(bar()).save(tmp_path / folder / "good.png")
    whole = (tmp_path / "2" / "good.png").read_bytes()
    (tmp_path / "2" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "2" / "empty.png").write_bytes(b"")
    (tmp_path / "2" / "text.jpg").write_text("no picture")
    Image.new("L", (30, 30), 200).save(tmp_path / "2" / "blank.png")
    Image.fromarray(bar()).save(tmp_path / "stray.png")
    digits = import_folder(tmp_path)
    assert digits.labels.tolist() == [2]
    named = reasons(digits)
    for position in ("2/cut.png", "2/empty.png", "2/text.jpg"):
        assert "cannot be read as a picture" in named[position]
    assert "no digit" in named["2/blank.png"]
    assert "'ten'" in named["ten/good.png"]
    assert "'10'" in named["10/good.png"]
    assert "folder of its digit" in named["stray.png"]
    assert len(named) == 7


def test_a_decompression_bomb_is_rejected(tmp_path):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "bomb.png").write_bytes(bomb)
    Image.new("1", (9000, 9000)).save(tmp_path / "1" / "large.png")
    Image.fromarray(bar()).save(tmp_path / "1" / "good.png")
    named = reasons(import_folder(tmp_path))
    assert "pixels" in named["1/bomb.png"]
    assert "pixels" in named["1/large.png"]


def test_pictures_stand_upright(tmp_path):
    (tmp_path / "1").mkdir()
    corner().save(tmp_path / "1" / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise before it is shown
    corner().rotate(90).save(tmp_path / "1" / "turned.jpg", exif=exif, quality=95)
    digits = import_folder(tmp_path)
    turned, upright = digits.plain.astype(float)
    assert np.corrcoef(turned.ravel(), upright.ravel())[0, 1] > 0.98


def test_sixteen_bits_and_transparency(tmp_path):
    (tmp_path / "1").mkdir()
    Image.fromarray(bar().astype(np.uint16) * 257).save(tmp_path / "1" / "deep.png")
    clear = np.zeros((32, 32, 4), np.uint8)
    clear[..., 3] = 255 - bar()
    Image.fromarray(clear).save(tmp_path / "1" / "clear.png")
    Image.fromarray(bar()).save(tmp_path / "1" / "plain.png")
    digits = import_folder(tmp_path)
    assert digits.rejected.empty
    first = digits.mnist_form[0].astype(float)
    assert np.abs(digits.mnist_form - first).mean(axis=(1, 2)).max() < 4


def test_an_empty_or_missing_folder_stops_the_import(tmp_path):
    with pytest.raises(ValueError, match="not one usable digit"):
        import_folder(tmp_path)
    with pytest.raises(ValueError, match="no such folder"):
        import_folder(tmp_path / "missing")


# --- pictures in memory, and all together ---------------------------------------------------


def test_pictures_in_memory():
    pictures = [bar(), bar().astype(float), np.zeros((5, 5), np.uint8), bar(90, 60)]
    digits = import_pictures(pictures, [1, 2, 3, "4"], source="memory", writer="Dora")
    assert digits.labels.tolist() == [1, 4]
    assert digits.position.tolist() == ["picture 1", "picture 4"]
    assert "uint8" in reasons(digits)["picture 2"]
    with pytest.raises(ValueError, match="2 labels"):
        import_pictures(pictures, [1, 2], source="memory")


def test_imports_are_joined_in_order():
    one = import_pictures([bar(), bar()], [1, "bad"], source="one")
    two = import_pictures([bar(50, 50)], [2], source="a longer name", writer="Eva")
    both = concatenate([one, two])
    assert len(both) == 2
    assert both.labels.tolist() == [1, 2]
    assert both.source.tolist() == ["one", "a longer name"]
    assert both.writer.tolist() == ["", "Eva"]
    assert both.rejected["source"].tolist() == ["one"]
    with pytest.raises(ValueError, match="no own digits"):
        concatenate([])


@pytest.mark.mirror
@pytest.mark.skipif("CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set")
def test_the_photographs_of_the_course_come_in_whole():
    home = Path(os.environ["CONVATLAS_MIRROR"], "own_digits")
    photographs = import_sheet(
        home / "cossio.png", rows=31, columns=10, labels=home / "cossio.csv", writer="cossio"
    )
    assert len(photographs) == 310
    assert np.bincount(photographs.labels).min() >= 30
    assert photographs.rejected.empty
