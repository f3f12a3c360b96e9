"""The lecture's worked cases: right where its slides are, and told where they are not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from convatlas.evaluation.filtered import load_filtered, save_filtered
from convatlas.evaluation.landmark_tables import (
    lay_out,
    metrics_of_landmarks,
    tabulate_landmarks,
)
from convatlas.evaluation.worked_cases import (
    compare_cases,
    lay_out_cases,
    measure_case,
    metrics_of_cases,
    steps_of,
    work_table,
)
from convatlas.figures.convolution import draw_steps, draw_strides, plot_steps
from convatlas.figures.landmarks import draw_landmark, plot_landmark
from convatlas.models.classic_filters import classic_filters, filter_photograph

CONFIG = yaml.safe_load(
    (Path(__file__).parents[2] / "config" / "convolutions.yaml").read_text(encoding="utf-8")
)
CASES = CONFIG["convolutions"]


def test_the_slides_table_by_hand():
    """Each number from its own five neighbours, with none of our convolutions."""
    table = np.array(CASES["laplacian"]["picture"])
    expected = [
        [
            table[i - 1, j] + table[i + 1, j] + table[i, j - 1] + table[i, j + 1] - 4 * table[i, j]
            for j in range(1, 4)
        ]
        for i in range(1, 4)
    ]
    assert work_table(CASES["laplacian"]).tolist() == expected
    assert expected == CASES["laplacian"]["document"]["values"]
    same = work_table(CASES["laplacian_same"])
    assert same[1:4, 1:4].tolist() == expected
    assert same[0, 0] == 10 + 4 - 4 * 0


def test_what_does_not_agree_is_named():
    table = compare_cases(CASES, seed=0)
    assert set(table["case"]) == set(CASES)
    differing = table[table["agrees"] == "no"]
    found = dict(zip(differing["case"], differing["computed"], strict=True))
    assert found == {
        "many_filters_as_written": 1996 * 1996 * 16,
        "stride3": pytest.approx(196 / 25),
        "stride4": pytest.approx(196 / 16),
    }


def test_a_wrong_number_is_found():
    case = CASES["laplacian"] | {"document": {"values": [[6, 15, 9], [14, -35, -4], [-4, 10, 7]]}}
    assert compare_cases({"wrong": case}, seed=0)["agrees"].tolist() == ["no"]
    assert metrics_of_cases({"wrong": case}, seed=0)["wrong"]["agreeing_values"]["mean"] == 8
    short = CASES["laplacian"] | {"document": {"values": [[6, 15]]}}
    assert metrics_of_cases({"short": short}, seed=0)["short"]["agreeing_values"]["mean"] == 0


def test_transposed_numbers():
    case = {"operation": "transposed_convolution", "picture": [[1, 2]], "kernel": [[1, 10]]}
    assert work_table(case | {"stride": 2}).tolist() == [[1, 10, 2, 20]]
    assert work_table(case).tolist() == [[1, 12, 20]]
    assert 0 < measure_case(CASES["transposed"], seed=0)["difference"] < 1e-12


def test_cases_are_laid_out_for_people(tmp_path):
    table = compare_cases(CASES, seed=0)
    table.to_csv(tmp_path / "cases.csv", index=False)
    shown = lay_out_cases(pd.read_csv(tmp_path / "cases.csv", dtype=str))
    assert len(shown) == len(table)
    units = shown[shown["quantity"] == "units"]
    assert units["computed"].tolist() == ["64,000,000", "63,744,256"]
    assert "-36" in shown.iloc[0]["computed"]


def test_landmarks_in_numbers():
    table = tabulate_landmarks(CONFIG["landmarks"])
    metrics = metrics_of_landmarks(table)
    assert metrics["lenet5"]["layers"]["mean"] == 7
    assert metrics["vgg16"]["weight_layers"]["mean"] == 16
    assert metrics["vgg19"]["weight_layers"]["mean"] == 19
    assert metrics["vgg16"]["conv5_3_height"]["mean"] == 14
    shown = lay_out(table, "vgg16")
    assert shown.iloc[-1]["parameters"] == "138,357,544"
    assert shown.iloc[0].tolist()[:4] == ["conv1_1", "convolution", "3x3", "224x224x64"]
    assert len(shown) == 22


def test_steps_have_zeros_around_where_they_are_laid():
    valid, same = (steps_of(CASES[name]) for name in ("laplacian", "laplacian_same"))
    assert (valid["padding"], same["padding"]) == (0, 1)
    assert same["picture"].shape == (7, 7)
    assert same["made"].shape == (5, 5)
    pooled = steps_of(CASES["max_pooling"])
    assert (pooled["kernel"], pooled["stride"], pooled["window"]) == (None, 2, (2, 2))


def test_figures_show_every_number(tmp_path):
    steps = [steps_of(CASES[name]) for name in ("laplacian", "laplacian_same", "max_pooling")]
    figure = draw_steps(steps)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts.count("-36") == 2
    numbers = sum(s["picture"].size + s["made"].size for s in steps) + 2 * 9
    assert sum(text.lstrip("-").isdigit() for text in texts) == numbers
    plot_steps(steps, tmp_path / "steps.svg")
    assert (tmp_path / "steps.svg").stat().st_size > 5000
    strides = draw_strides([CASES[f"stride{step}"] for step in (2, 3, 4)])
    marked = [len(axes.patches) - 1 for axes in strides.axes]
    assert marked == [49, 25, 16]


@pytest.mark.parametrize("name", CONFIG["landmarks"])
def test_landmarks_are_drawn_within_the_page(name, tmp_path):
    table = tabulate_landmarks([name])
    figure = draw_landmark(table)
    (axes,) = figure.axes
    figure.draw_without_rendering()
    page = figure.bbox
    for text in axes.texts:
        box = text.get_window_extent()
        assert page.x0 <= box.x0 < box.x1 <= page.x1
        assert page.y0 <= box.y0 < box.y1 <= page.y1
    named = " ".join(text.get_text() for text in axes.texts)
    assert all(f"{layer}  " in named for layer in table["name"])
    plot_landmark(table, tmp_path / "network.svg")


def test_filters_answer_what_they_are_named_for(tmp_path):
    kernels = classic_filters()
    assert all(kernel.shape == (5, 5, 3) for kernel in kernels.values())
    sums = {name: kernel.sum() for name, kernel in kernels.items()}
    assert sums.pop("blur") == pytest.approx(1)
    assert all(abs(total) < 1e-12 for total in sums.values())
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:, 30:] = 200  # a vertical edge
    picture[:, :30, 0] = 200  # red to its left
    made = filter_photograph(picture)
    assert {image.shape for image in made.values()} == {(36, 56)}
    assert np.ptp(made["vertical edges"]) > 40
    assert np.ptp(made["horizontal edges"]) <= 1
    assert made["red against the others"][18, 5] > 160 > made["red against the others"][18, 50]
    save_filtered(tmp_path / "filtered.npz", picture, made)
    titles, pictures = zip(*load_filtered(tmp_path / "filtered.npz"), strict=True)
    assert titles[1:] == tuple(made)
    assert {p.shape[2] for p in pictures} == {3}
    np.testing.assert_array_equal(pictures[1][..., 0], made["blur"])
