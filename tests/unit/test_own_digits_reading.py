"""Tables of pixels and labels: what is good comes in, what is bad is named by line and column."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convatlas.data.own_digits import import_pixel_table
from convatlas.data.own_digits_reading import as_digit


def bar():
    """Draw a 1, light on dark."""
    cell = np.full((28, 28), 15, np.uint8)
    cell[5:-5, 12:16] = 235
    return cell


def reasons(digits):
    return dict(zip(digits.rejected["position"], digits.rejected["reason"], strict=True))


def line(label, where="last", picture=None):
    pixels = [str(v) for v in (bar() if picture is None else picture).ravel()]
    return ",".join([*pixels, str(label)] if where == "last" else [str(label), *pixels])


@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("header", [False, True])
def test_a_table_with_the_label_at_either_end(tmp_path, where, header):
    names = [f"p{i}" for i in range(784)]
    names = [*names, "label"] if where == "last" else ["label", *names]
    lines = [line(label, where) for label in (1, 7, 4)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join([",".join(names)] * header + lines) + "\n")
    digits = import_pixel_table(path, writer="Carla")
    assert digits.labels.tolist() == [1, 7, 4]
    assert digits.position.tolist() == [f"line {i + header}" for i in (1, 2, 3)]
    assert np.abs(digits.plain[0].astype(int) - bar()).max() == 0


def test_a_label_in_the_middle_is_found_by_its_name(tmp_path):
    names = [f"p{i}" for i in range(784)]
    names.insert(300, "Label")
    values = line(6).split(",")
    values.insert(300, values.pop())
    path = tmp_path / "table.csv"
    path.write_text(",".join(names) + "\n" + ",".join(values))
    digits = import_pixel_table(path)
    assert digits.labels.tolist() == [6]
    assert np.array_equal(digits.plain[0], bar())


def test_bad_lines_are_named_with_line_and_column(tmp_path):
    def spoil(text):
        values = line(3).split(",")
        values[99] = text
        return ",".join(values)

    lines = [line(3), "1,2,3", spoil("x"), spoil("256"), spoil("-1"), spoil("nan"), spoil("")]
    lines += ["", line("11"), line(""), line(5, picture=np.zeros((28, 28), np.uint8)), line(8)]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines))
    digits = import_pixel_table(path)
    assert digits.labels.tolist() == [3, 8]
    assert digits.position.tolist() == ["line 1", "line 12"]
    named = reasons(digits)
    assert named["line 2"].startswith("3 columns; expected 784 pixels")
    assert named["line 3"] == "column 100: 'x' is no number"
    assert named["line 4"] == "column 100: 256 is outside 0 to 255"
    assert named["line 5"] == "column 100: -1 is outside 0 to 255"
    assert named["line 6"] == "column 100: 'nan' is no number"
    assert named["line 7"] == "column 100: '' is no number"
    assert "'11'" in named["line 9"]
    assert "no digit" in named["line 10"]
    assert "no digit" in named["line 11"]
    assert len(named) == 9, "an empty line is nothing to complain about"


def test_a_table_that_cannot_be_used_stops_the_import(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x81")
    for name, message in [
        ("empty", "not one usable"),
        ("binary", "cannot be"),
        ("none", "cannot be"),
    ]:
        with pytest.raises(ValueError, match=message):
            import_pixel_table(tmp_path / f"{name}.csv")


@given(st.one_of(st.text(max_size=5), st.integers(), st.floats(), st.none()))
def test_a_label_is_a_digit_or_it_is_none(label):
    digit = as_digit(label)
    assert digit is None or (digit in range(10) and float(label) == digit)


def test_labels_as_programs_write_them():
    assert [as_digit(v) for v in ("7", "7.0", np.uint8(7), " 7 ")] == [7, 7, 7, 7]
    assert [as_digit(v) for v in ("7.5", "-1", "10", "nan", "inf", "", "seven")] == [None] * 7
