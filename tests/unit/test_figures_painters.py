"""Painters in figures and tables: floors by size, copies, what was painted from."""

import json

import numpy as np
import pandas as pd
import pytest

from convatlas.evaluation.painter_tables import (
    INPUTS,
    PHOTOGRAPHS,
    UNEQUAL,
    painters_table,
    summarise_painters,
)
from convatlas.evaluation.videos import EMPTY
from convatlas.figures.painters import draw_painters, plot_painters
from convatlas.figures.paintings import name_sheet

TITLES = {"stylegan2": "StyleGAN2", "fastgan": "FastGAN", "cyclegan": "CycleGAN"}
SIDES = {"stylegan2": 32, "fastgan": 32, "cyclegan": 64}
FLOORS = {32: 20.0, 64: 35.0}


def make_table(sides=SIDES, *, looks=True):
    rows = []
    for number, (painter, side) in enumerate(sides.items()):
        for epoch in (1, 2, 4):
            kernel = [0.4, 0.1, 0.2][min(epoch // 2, 2)] + 0.01 * number
            rows.append(
                {
                    "painter": painter,
                    "epoch": epoch,
                    "images": 2000 * epoch,
                    "hours": 0.2 * epoch,
                    "device": "CPU",
                    "painted_from": PHOTOGRAPHS if painter == "cyclegan" else INPUTS,
                    "pixels": side,
                    "fid": 200.0 / epoch + 30,
                    "kid": kernel,
                    "kid_low": kernel - 0.05,
                    "kid_high": kernel + 0.05,
                    "floor_halves": FLOORS[side],
                    "precision": 0.5,
                    "recall": 0.25,
                    "nearest": 12.5,
                    "nearest_real": 10.25,
                    "copies_1_percent": 0.004,
                    "copies_5_percent": 0.031,
                    "look": 0.5 if looks else np.nan,
                    "look_real": 0.45 if looks else np.nan,
                    "look_alikes_1_percent": 0.0 if looks else np.nan,
                    "look_alikes_5_percent": 0.02 if looks else np.nan,
                    "generated": 300 if painter == "cyclegan" else 1000,
                    "real": 300,
                    "sees": "resized to 224x224",
                    "note": "few pictures" if painter == "cyclegan" else np.nan,
                }
            )
    return pd.DataFrame(rows)


def words_of(figure):
    (legend,) = figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    return labels, legend.get_title().get_text().replace("\n", " ")


def test_each_size_has_a_floor_of_its_own_that_says_whose_it_is():
    figure = draw_painters(make_table(), titles=TITLES, features="some features", over="hours")
    labels, note = words_of(figure)
    assert labels[:3] == ["StyleGAN2, 32 pixels", "FastGAN, 32 pixels", "CycleGAN, 64 pixels"]
    assert labels[3].startswith("floor at 32 pixels: ")
    assert labels[3].endswith("(20.0)")
    assert labels[4].startswith("floor at 64 pixels: ")
    assert labels[4].endswith("(35.0)")
    left = figure.axes[0]
    level = [line for line in left.lines if len(set(line.get_ydata())) == 1]
    assert [line.get_ydata()[0] for line in level] == [20, 35]
    assert len({str(line._unscaled_dash_pattern) for line in level}) == 2
    assert [text.get_text() for text in left.texts] == ["32 px", "64 px"]
    assert UNEQUAL in note
    assert "paintings: 1,000 of StyleGAN2, 1,000 of FastGAN, 300 of CycleGAN, against" in note
    assert "CycleGAN's are of photographs that it learnt from: none was held out" in note
    low, high = left.get_ylim()
    assert low < 20 < 35 < high


def test_one_size_has_one_floor_and_no_words_about_sizes():
    table = make_table({"stylegan2": 32, "fastgan": 32})
    figure = draw_painters(table, titles=TITLES, features="some features")
    labels, note = words_of(figure)
    assert labels[:2] == ["StyleGAN2", "FastGAN"]
    assert labels[2] == "floor: one half of the paintings against the other (20.0)"
    assert len(labels) == 3
    assert not figure.axes[0].texts
    assert UNEQUAL not in note
    assert note.startswith("1,000 paintings of each, against all 300")
    assert "32x32 pixels" in note


def test_what_the_document_states_is_drawn_with_the_size_that_it_is_of(tmp_path):
    table = make_table({"stylegan2": 32})
    stated = {"fid": 82, "pixels": 256}
    labels, _ = words_of(draw_painters(table, titles=TITLES, features="f", stated=stated))
    assert labels[-1] == "the document's lowest (82), by Inception at 256 pixels"
    for name in ("one.svg", "other.svg"):
        plot_painters(make_table(), tmp_path / name, titles=TITLES, features="f", stated=stated)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_the_table_leads_with_both_distances_at_the_last_and_the_lowest():
    table = painters_table(make_table(), titles=TITLES, features="some features")
    assert list(table)[:6] == [
        "painter", "pixels", "last KID", "last FID", "lowest KID", "lowest FID",
    ]  # fmt: skip
    first = table.iloc[0]
    assert first["last KID"] == "0.2000 (0.1500 to 0.2500)"
    assert first["last FID"] == "80.0"
    assert first["lowest KID"] == "0.1000 (after 4.0 thousand)"
    assert first["lowest FID"] == "80.0 (after 8.0 thousand)"
    assert first["copies (1 %)"] == "0.4 %"
    assert first["copies (5 %)"] == "3.1 %"
    assert first["nearest painting (of paintings)"] == "12.5 (10.2)"
    assert table["pixels"].tolist() == [32, 32, 64]
    assert table["painted from"].tolist() == [INPUTS, INPUTS, PHOTOGRAPHS]
    assert table["note"].iloc[0] == UNEQUAL
    assert "none was held out" in table["note"].iloc[2]
    assert table["note"].iloc[2].endswith("few pictures")


def test_looks_that_are_missing_are_dashes_and_no_numbers_for_claims():
    told = painters_table(make_table(looks=False), titles=TITLES, features="f").iloc[0]
    for column in ("look-alikes (1 %)", "look-alikes (5 %)", "most alike painting (of paintings)"):
        assert told[column] == EMPTY
    blind, seen = (
        summarise_painters(make_table(looks=looks), dataset="monet", features="f")["stylegan2"]
        for looks in (False, True)
    )
    assert set(seen) - set(blind) == {
        "look", "look_real", "look_alikes_1_percent", "look_alikes_5_percent",
    }  # fmt: skip
    assert blind["lowest_kid"]["mean"] == pytest.approx(0.1)
    assert blind["lowest_fid"]["mean"] == 80
    assert blind["falls"]["mean"] == pytest.approx(80 / 230)
    json.dumps(blind, allow_nan=False)


def test_a_sheet_says_tick_or_epoch_as_its_painter_is_measured():
    ticks = {"title": "StyleGAN2", "training": {"epochs": 5, "images_per_tick": 400}}
    epochs = {"title": "CycleGAN", "training": {"epochs": 5}}
    assert name_sheet(ticks, 3) == "StyleGAN2, tick 3"
    assert name_sheet(epochs, 5) == "CycleGAN, epoch 5"
