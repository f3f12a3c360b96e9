"""The figures of observations, reconstructions, grids and places: data, marks, the same bytes."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from convatlas.errors import ConvatlasError
from convatlas.evaluation.intervals import interval_over_seeds
from convatlas.figures import (
    ablation,
    grid_map,
    grids,
    numbers,
    observations,
    places,
    reconstruction,
    style,
)
from convatlas.figures.numbers import MINUS, TIMES

SCRIPTS = Path(__file__).parents[2] / "scripts"
GENERATOR = np.random.default_rng(0)
NAMES = ["X", "OD", "S"]
TABLE = pd.DataFrame(GENERATOR.random((60, 3)), columns=NAMES)
PARTS = np.array(["test", "train", "validation"] * 20)
OUTPUTS = {"own": TABLE * 0.9, "library": TABLE + 0.01}


def make_errors(networks=("own", "library"), seeds=3, epochs=20):
    history, finals = [], []
    for number, network in enumerate(networks):
        for seed in range(seeds):
            level = 0.1 ** (2 * number + 1) * (1 + 0.1 * seed)
            finals.append({"network": network, "seed": seed, "error": level})
            history += [
                {"network": network, "seed": seed, "epoch": epoch, "part": part,
                 "error": level * (1 + 9 / epoch) * (1.1 if part == "test" else 1)}
                for epoch in range(1, epochs + 1)
                for part in ("train", "test")
            ]  # fmt: skip
    return pd.DataFrame(history), pd.DataFrame(finals)


def make_ablation(*, interval=True):
    rows = [("as published", 0.3), ("with biases", 0.01), ("library", 0.0001)]
    half = 0.2 if interval else np.nan
    return pd.DataFrame(
        {"row": row, "hidden": hidden, "mean": mean / hidden, "low": mean / hidden * (1 - half),
         "high": mean / hidden * (1 + half)}
        for row, mean in rows
        for hidden in (5, 2)
    )  # fmt: skip


def make_chosen(epochs=20, worst=1.5):
    levels = {"best": 0.02, "median": 0.025, "worst": 0.02 * worst}
    return pd.DataFrame(
        {"choice": choice, "label": f"rate {level}", "epoch": epoch,
         "train_energy": level, "monitor_energy": 1.1 * level,
         "train_gradient": -0.001 * epoch, "monitor_gradient": 0.002}
        for choice, level in levels.items()
        for epoch in range(1, epochs + 1)
    )  # fmt: skip


def make_members(depths=(1, 2, 3), widths=(1, 2, 3), rates=(0.01, 0.1)):
    """Best: depth 1, width 2, rate 0.1. Diverged: the widest at the higher rate."""
    table = pd.DataFrame(
        {"depth": depth, "width": width, "rate": rate, "state": "trained",
         "monitor_energy": depth * (1 + abs(width - 2)) / rate}
        for depth in depths
        for width in widths
        for rate in rates
    )  # fmt: skip
    out = (table["width"] == max(widths)) & (table["rate"] == max(rates))
    # what one had before it diverged may be lower than anything else, or missing
    table.loc[out, "state"], table.loc[out, "monitor_energy"] = "diverged", 1e-9
    table.loc[out & (table["depth"] == max(depths)), "monitor_energy"] = np.nan
    return table


def make_predictions(networks=("own", "library")):
    true = np.linspace(-30, 60, 31)
    return pd.concat(
        pd.DataFrame({"true": true, "predicted": true + 4 * (-1) ** np.arange(31) + number,
                      "network": network, "part": "test"})
        for number, network in enumerate(networks)
    )  # fmt: skip


def make_distances():
    return pd.DataFrame(
        {"pipeline": ["mean place", "perceptron", "forest"], "group": ["none", "net", "trees"],
         "mean": [5800.0, 4800.0, 3100.0], "low": [np.nan, 4600.0, 2900.0],
         "high": [np.nan, 5000.0, 3300.0]}
    )  # fmt: skip


DRAWS = {
    "observations": lambda: observations.draw_observations(TABLE),
    "parts": lambda: observations.draw_observations(TABLE, parts=PARTS),
    "errors": lambda: reconstruction.draw_errors(*make_errors()),
    "densities": lambda: reconstruction.draw_densities(TABLE, OUTPUTS),
    "reconstructions": lambda: reconstruction.draw_reconstructions(TABLE, OUTPUTS),
    "ablation": lambda: ablation.draw_ablation(make_ablation(), floor={2: 0.001, 5: 0}),
    "histories": lambda: grids.draw_grid_histories(make_chosen()),
    "cells": lambda: grid_map.draw_grid_map(make_members()),
    "widths": lambda: grid_map.draw_grid_map(make_members((1,), range(1, 69))),
    "predictions": lambda: places.draw_true_against_predicted(
        make_predictions(("own network with a long title", "two", "three")),
        title="latitude", unit="degrees",
    ),
    "distances": lambda: places.draw_distances(
        make_distances(), unit="km", reference={"published best 3,113 km": 3113, "far": 5700}
    ),
}  # fmt: skip


def plot(name, path):
    calls = {
        "observations": lambda: observations.plot_observations(TABLE, path, parts=PARTS),
        "errors": lambda: reconstruction.plot_errors(*make_errors(), path),
        "densities": lambda: reconstruction.plot_densities(TABLE, OUTPUTS, path),
        "reconstructions": lambda: reconstruction.plot_reconstructions(TABLE, OUTPUTS, path),
        "ablation": lambda: ablation.plot_ablation(make_ablation(), path, floor={2: 0.1}),
        "histories": lambda: grids.plot_grid_histories(make_chosen(), path),
        "map": lambda: grid_map.plot_grid_map(make_members(), path),
        "predictions": lambda: places.plot_true_against_predicted(
            make_predictions(), path, title="latitude", unit=""
        ),
        "distances": lambda: places.plot_distances(make_distances(), path, unit="km"),
    }
    calls[name]()


def texts(artist):
    found = artist.findobj(mpl.text.Text)
    return [text.get_text() for text in found if text.get_text() and text.get_visible()]


def lines(axes, **properties):
    """Return the lines of a panel with these properties."""
    return [
        line for line in axes.lines
        if all(getattr(line, f"get_{name}")() == value for name, value in properties.items())
    ]  # fmt: skip


def points(collection):
    return np.column_stack(collection._offsets3d)


# ------------------------------------------------------------------------------------ every figure


@pytest.mark.parametrize("suffix", [".svg", ".png"])
@pytest.mark.parametrize(
    "name",
    ["observations", "errors", "densities", "reconstructions", "ablation", "histories", "map",
     "predictions", "distances"],
)  # fmt: skip
def test_the_same_input_gives_the_same_bytes(tmp_path, name, suffix):
    for copy in "ab":
        plot(name, tmp_path / f"{copy}{suffix}")
    content = (tmp_path / f"a{suffix}").read_bytes()
    assert content == (tmp_path / f"b{suffix}").read_bytes()
    assert len(content) < 200_000


def test_a_dense_cloud_is_pixels_within_an_svg_and_still_the_same_bytes(tmp_path):
    dense = pd.DataFrame(GENERATOR.random((4000, 3)), columns=NAMES)
    for copy in "ab":
        observations.plot_observations(dense, tmp_path / f"{copy}.svg")
    content = (tmp_path / "a.svg").read_bytes()
    assert content == (tmp_path / "b.svg").read_bytes()
    assert b"data:image/png" in content
    assert len(content) < 500_000


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", DRAWS)
def test_figures_are_as_wide_as_the_column_and_nothing_is_cut(name):
    figure = DRAWS[name]()
    assert figure.get_figwidth() == style.WIDTH
    assert min(text.get_fontsize() for text in figure.findobj(mpl.text.Text)) >= 8
    canvas = FigureCanvasAgg(figure)
    with style.house_style():
        canvas.draw()
    picture = np.asarray(canvas.buffer_rgba())
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (edge == 255).all(), "something runs over the edge"
    assert (picture < 255).any()


def test_no_torch_and_no_pyplot():
    code = (
        "import sys; from convatlas.figures import ablation, grid_map, grids, places;"
        "from convatlas.figures import observations, reconstruction;"
        "print(sorted({'torch', 'matplotlib.pyplot', 'sklearn', 'snakemake'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("column", "call"),
    [
        ("error", lambda: reconstruction.draw_errors(make_errors()[0].drop(columns="error"),
                                                     make_errors()[1])),
        ("seed", lambda: reconstruction.draw_errors(make_errors()[0],
                                                    make_errors()[1].drop(columns="seed"))),
        ("OD", lambda: reconstruction.draw_densities(TABLE, {"own": TABLE.drop(columns="OD")})),
        ("S", lambda: reconstruction.draw_reconstructions(TABLE, {"own": TABLE[["X", "OD"]]})),
        ("hidden", lambda: ablation.draw_ablation(make_ablation().drop(columns="hidden"))),
        ("train_gradient",
         lambda: grids.draw_grid_histories(make_chosen().drop(columns="train_gradient"))),
        ("state", lambda: grid_map.draw_grid_map(make_members().drop(columns="state"))),
        ("predicted", lambda: places.draw_true_against_predicted(
            make_predictions().drop(columns="predicted"), title="latitude", unit="")),
        ("group", lambda: places.draw_distances(make_distances().drop(columns="group"),
                                                unit="km")),
    ],
)  # fmt: skip
def test_a_missing_column_is_named(column, call):
    with pytest.raises(ConvatlasError, match=f"lacks {column}"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: observations.draw_observations(TABLE[:0]),
        lambda: ablation.draw_ablation(make_ablation()[:0]),
        lambda: grid_map.draw_grid_map(make_members()[:0]),
        lambda: places.draw_distances(make_distances()[:0], unit=""),
        lambda: places.draw_true_against_predicted(make_predictions()[:0], title="", unit=""),
    ],
)
def test_an_empty_table_is_refused(call):
    with pytest.raises(ConvatlasError, match="no rows"):
        call()


# ------------------------------------------------------------------------------------ observations


def test_all_observations_are_in_the_cloud_and_in_their_course():
    cube, course = observations.draw_observations(TABLE).axes
    np.testing.assert_allclose(points(cube.collections[0]), TABLE)
    assert [cube.get_xlabel(), cube.get_ylabel()] == ["X", "OD"]
    assert "S" in texts(cube)
    assert [line.get_label() for line in course.lines] == NAMES
    for line in course.lines:
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 61))
        np.testing.assert_allclose(line.get_ydata(), TABLE[line.get_label()])
    assert len({(line.get_color(), line.get_marker()) for line in course.lines}) == 3


def test_parts_have_a_panel_each_in_their_order_with_one_view():
    figure = observations.draw_observations(TABLE, parts=PARTS, titles={"test": "Held out"})
    for axes, part in zip(figure.axes, ("train", "validation", "test"), strict=True):
        np.testing.assert_allclose(points(axes.collections[0]), TABLE[part == PARTS])
    titles = [text.get_text() for text in figure.texts]
    assert titles == ["Training (20)", "Validation (20)", "Held out (20)"]
    views = {(a.elev, a.azim, a.get_xlim(), a.get_ylim(), a.get_zlim()) for a in figure.axes}
    assert len(views) == 1


def test_of_many_variables_the_first_three_are_shown():
    table = TABLE.assign(more=0.5)
    cube, course = observations.draw_observations(table).axes
    np.testing.assert_allclose(points(cube.collections[0]), TABLE)
    assert len(course.lines) == 3


def test_too_few_variables_and_parts_that_do_not_fit_are_refused():
    with pytest.raises(ConvatlasError, match="three are needed"):
        observations.draw_observations(TABLE[["X", "OD"]])
    with pytest.raises(ConvatlasError, match="for 60 observations"):
        observations.draw_observations(TABLE, parts=PARTS[:-1])
    with pytest.raises(ConvatlasError, match="part spare"):
        observations.draw_observations(TABLE, parts=np.where(PARTS == "test", "spare", PARTS))


# -------------------------------------------------------------------------------------- errors


def test_errors_are_means_with_bands_on_one_log_axis():
    history, finals = make_errors()
    figure = reconstruction.draw_errors(history, finals)
    assert [axes.get_title("left") for axes in figure.axes] == ["own", "library"]
    assert {axes.get_yscale() for axes in figure.axes} == {"log"}
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    for axes in figure.axes:
        own = history["network"] == axes.get_title("left")
        for number, part in enumerate(("train", "test")):
            chosen = history[own & (history["part"] == part) & (history["epoch"] == 7)]
            expected = interval_over_seeds(chosen["error"].tolist())
            (line,) = lines(axes, label=part)
            assert line.get_ydata()[6] == pytest.approx(expected["mean"])
            corners = axes.collections[number].get_paths()[0].vertices
            at_seven = corners[corners[:, 0] == 7, 1]
            assert at_seven.max() == pytest.approx(expected["high"])
            assert at_seven.min() == pytest.approx(expected["low"])
        (mark,) = lines(axes, label="validation")
        errors = finals.loc[finals["network"] == axes.get_title("left"), "error"]
        assert mark.get_ydata()[0] == pytest.approx(errors.mean())
        assert numbers.write_number(errors.mean(), 3) in texts(axes)


def test_one_seed_has_no_band_and_says_so():
    figure = reconstruction.draw_errors(*make_errors(seeds=1))
    for axes in figure.axes:
        assert not any(len(path.vertices) for b in axes.collections for path in b.get_paths())
    assert "one seed" in texts(figure)
    assert not any("interval" in text for text in texts(figure))


def test_an_interval_below_0_ends_at_the_axis():
    history, finals = make_errors(seeds=2, epochs=1)
    finals["error"] = np.where(finals["seed"] == 0, 1e-6, finals["error"])
    figure = reconstruction.draw_errors(history, finals)
    lowest = figure.axes[0].get_ylim()[0]
    assert lowest > 0
    for axes in figure.axes:
        for line in axes.lines:
            assert np.min(line.get_ydata()) >= lowest * (1 - 1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.filterwarnings("error")
def test_a_network_that_diverged_says_so(bad):
    history, finals = make_errors()
    history.loc[history["network"] == "own", "error"] = bad
    finals.loc[finals["network"] == "own", "error"] = bad
    own, library = reconstruction.draw_errors(history, finals).axes
    assert "diverged" in texts(own)
    assert not own.lines
    assert len(lines(library, label="test")) == 1


def test_a_seed_that_diverged_ends_the_line_instead_of_bettering_the_mean():
    history, finals = make_errors()
    history.loc[(history["seed"] == 2) & (history["epoch"] > 5), "error"] = np.nan
    axes = reconstruction.draw_errors(history, finals).axes[0]
    assert lines(axes, label="test")[0].get_xdata().tolist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0123, "0.012"), (0.2, "0.20"), (0.00012, "0.00012"), (5.4321, "5.4"), (0, "0.0"),
     (12345, "12,345"), (98.7, "99"), (-0.002, f"{MINUS}0.0020"), (1.24e-5, f"1.2{TIMES}10⁻⁵"),
     (2.5e7, f"2.5{TIMES}10⁷")],
)  # fmt: skip
def test_numbers_of_any_size_are_readable(value, text):
    assert numbers.write_number(value) == text


# --------------------------------------------------------------- densities and reconstructions


def test_densities_are_over_one_grid_and_integrate_to_one():
    narrow = TABLE * 0.1 + 0.5
    figure = reconstruction.draw_densities(narrow, {"own": narrow, "shifted": narrow + 0.2})
    assert [axes.get_title("left") for axes in figure.axes] == NAMES
    for axes in figure.axes:
        real, own, shifted = axes.lines
        assert real.get_xdata()[0] == -0.1
        assert real.get_xdata()[-1] == 1.1
        np.testing.assert_array_equal(real.get_ydata(), own.get_ydata())
        for line in axes.lines:
            assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(1, abs=0.01)
        apart = shifted.get_ydata().argmax() - own.get_ydata().argmax()
        assert apart * (reconstruction.GRID[1] - reconstruction.GRID[0]) == pytest.approx(0.2)
        assert own.get_color() != shifted.get_color()
        assert own.get_linestyle() != shifted.get_linestyle()


def test_a_network_that_gives_back_one_value_is_a_peak_that_is_cut():
    figure = reconstruction.draw_densities(TABLE, {"own": TABLE * 0 + 0.3})
    for axes in figure.axes:
        real, own = axes.lines
        assert own.get_xdata()[own.get_ydata().argmax()] == pytest.approx(0.3, abs=0.002)
        assert axes.get_ylim()[1] < 3 * real.get_ydata().max()
    assert any("is cut" in text for text in texts(figure))
    assert not any("is cut" in text for text in texts(DRAWS["densities"]()))


def test_reconstructions_lie_beside_the_same_data_with_one_view():
    outputs = {**OUTPUTS, "wild": TABLE * 3 - 1}
    figure = reconstruction.draw_reconstructions(TABLE, outputs)
    for axes, table in zip(figure.axes, outputs.values(), strict=True):
        given, real = axes.collections
        np.testing.assert_allclose(points(real), TABLE)
        np.testing.assert_allclose(points(given), table)
    assert len({(a.elev, a.azim, a.get_xlim(), a.get_zlim()) for a in figure.axes}) == 1
    low, high = figure.axes[0].get_xlim()
    assert low <= outputs["wild"].to_numpy().min() < outputs["wild"].to_numpy().max() <= high


# -------------------------------------------------------------------------------------- ablation


def test_causes_stand_in_their_order_with_a_mark_per_width():
    axes = ablation.draw_ablation(make_ablation(), floor={2: 0.001, 5: 0}).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "as published", "with biases", "library"]  # fmt: skip
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the first row is the topmost"
    assert axes.get_xscale() == "log"
    (two,), (five,) = lines(axes, label="2 neurons"), lines(axes, label="5 neurons")
    np.testing.assert_allclose(two.get_xdata(), np.array([0.3, 0.01, 0.0001]) / 2)
    np.testing.assert_allclose(five.get_xdata(), np.array([0.3, 0.01, 0.0001]) / 5)
    assert (two.get_ydata() < five.get_ydata()).all()
    assert two.get_marker() != five.get_marker()
    assert two.get_color() != five.get_color()
    spans = {tuple(np.round(s[:, 0], 9)) for b in axes.collections for s in b.get_segments()}
    assert (0.12, 0.18) in spans


def test_the_floor_is_drawn_in_the_colour_of_its_width_unless_it_is_0():
    figure = ablation.draw_ablation(make_ablation(), floor={2: 0.001, 5: 0})
    (axes,) = figure.axes
    upright = [line for line in axes.lines if list(line.get_xdata()) == [0.001, 0.001]]
    assert [line.get_color() for line in upright] == [lines(axes, label="2 neurons")[0].get_color()]
    assert any("PCA" in text for text in texts(figure))
    assert not any("PCA" in t for t in texts(ablation.draw_ablation(make_ablation())))


def test_an_interval_below_0_runs_off_the_log_axis_without_a_cap():
    table = make_ablation()
    table.loc[4, "low"] = -0.001
    axes = ablation.draw_ablation(table).axes[0]
    left = axes.get_xlim()[0]
    starts = [s[0, 0] for band in axes.collections for s in band.get_segments()]
    assert min(starts) == pytest.approx(left)
    caps = np.concatenate([line.get_xdata() for line in lines(axes, marker="|")])
    assert np.isnan(caps).sum() == 1
    assert np.nanmin(caps) > left


def test_an_ablation_of_one_seed_prints_no_interval():
    said = texts(ablation.draw_ablation(make_ablation(interval=False)))
    assert "one seed" in said
    assert not any(" to " in text or "nan" in text for text in said)


# -------------------------------------------------------------------------------------- grids


def test_histories_of_the_chosen_are_shown_under_their_labels():
    chosen = make_chosen()
    axes = grids.draw_grid_histories(chosen, titles={"median": "In the middle"}).axes
    assert [a.get_title("left") for a in axes[:3]] == ["Best", "In the middle", "Worst"]
    for column, choice in enumerate(("best", "median", "worst")):
        rows = chosen[chosen["choice"] == choice]
        assert rows["label"].iloc[0] in texts(axes[column])
        for panel, kind in ((axes[column], "energy"), (axes[column + 3], "gradient")):
            for label, part in (("training", "train"), ("validation", "monitor")):
                (line,) = lines(panel, label=label)
                np.testing.assert_allclose(line.get_ydata(), rows[f"{part}_{kind}"])
                np.testing.assert_array_equal(line.get_xdata(), rows["epoch"])
            low, high = panel.get_ylim()
            values = rows[[f"train_{kind}", f"monitor_{kind}"]].to_numpy()
            assert low <= values.min()
            assert values.max() <= high


@pytest.mark.parametrize(("worst", "scale"), [(1.5, "linear"), (1e4, "log")])
def test_energies_share_an_axis_that_is_log_only_over_decades(worst, scale):
    figure = grids.draw_grid_histories(make_chosen(worst=worst))
    assert {axes.get_yscale() for axes in figure.axes[:3]} == {scale}
    assert {axes.get_yscale() for axes in figure.axes[3:]} == {"linear"}, "it can be negative"
    assert len({axes.get_ylim() for axes in figure.axes[:3]}) == 1
    assert any("log scale" in text for text in texts(figure)) == (scale == "log")


def test_a_history_of_one_epoch_is_a_mark():
    figure = grids.draw_grid_histories(make_chosen(epochs=1))
    for axes in figure.axes:
        for line in (*lines(axes, label="training"), *lines(axes, label="validation")):
            assert len(line.get_ydata()) == 1
            assert line.get_marker() != "None"
        low, high = axes.get_xlim()
        assert low < 1 < high


def test_cells_are_energies_with_the_best_and_the_diverged_marked():
    members = make_members()
    members.loc[0, "state"] = "under tolerance"
    figure = grid_map.draw_grid_map(members)
    slow, fast = figure.axes[:2]
    assert slow.get_title("left") == "rate 0.01"
    expected = [[d * (1 + abs(w - 2)) / 0.01 for w in (1, 2, 3)] for d in (1, 2, 3)]
    np.testing.assert_allclose(slow.images[0].get_array(), expected)
    shown = fast.images[0].get_array()
    assert np.ma.getmaskarray(shown)[:, 2].all(), "what diverged has no energy"
    np.testing.assert_allclose(shown[0, :2], [20, 10])
    (star,) = lines(fast, marker="*")
    assert star.get_xydata().tolist() == [[1, 0]]
    assert not lines(slow, marker="*")
    (crosses,) = lines(fast, marker="x")
    assert crosses.get_xydata().tolist() == [[2, 0], [2, 1], [2, 2]]
    (dots,) = lines(slow, marker="o")
    assert dots.get_xydata().tolist() == [[0, 0]]
    assert "best: 1 layer of 2 neurons, rate 0.1, energy 10.0" in texts(figure)


def test_one_depth_is_a_line_per_rate_with_crosses_above():
    figure = grid_map.draw_grid_map(make_members((1,), range(1, 69)))
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    (slow,), (fast,) = lines(axes, label="rate 0.01"), lines(axes, label="rate 0.1")
    assert slow.get_color() != fast.get_color()
    assert slow.get_marker() != fast.get_marker()
    np.testing.assert_array_equal(slow.get_xdata(), np.arange(1, 69))
    np.testing.assert_allclose(slow.get_ydata()[:3], [200, 100, 200])
    assert np.isnan(fast.get_ydata()[-1])
    (cross,) = lines(axes, marker="x")
    assert cross.get_xdata().tolist() == [68]
    assert cross.get_color() == fast.get_color()
    (star,) = lines(axes, marker="*")
    assert star.get_xydata().tolist() == [[2, 10]]
    assert "best: 2 neurons, rate 0.1, energy 10.0" in texts(figure)


@pytest.mark.parametrize("depths", [(1,), (1, 2)])
@pytest.mark.filterwarnings("error")
def test_a_grid_in_which_all_diverged_has_no_best(depths):
    figure = grid_map.draw_grid_map(make_members(depths).assign(state="diverged"))
    assert not any("best" in text for text in texts(figure))
    assert "diverged" in texts(figure)
    FigureCanvasAgg(figure).draw()


# -------------------------------------------------------------------------------------- places


def test_predictions_lie_about_the_identity_on_equal_axes():
    table = make_predictions()
    figure = places.draw_true_against_predicted(table, title="latitude", unit="degrees")
    for axes, network in zip(figure.axes, ("own", "library"), strict=True):
        identity, dots = axes.lines
        assert identity.get_slope() == 1
        x, y = identity.get_xy1()
        assert x == y
        part = table[table["network"] == network]
        np.testing.assert_allclose(dots.get_xydata(), part[["true", "predicted"]])
        assert axes.get_xlim() == axes.get_ylim()
        assert axes.get_aspect() == 1
        assert axes.get_title("left") == network
        assert axes.get_xlabel() == "true latitude (degrees)"
    squares = ((table["true"] - table["true"].mean()) ** 2).sum() / 2
    shared = 1 - 31 * 16 / squares
    assert f"R² {shared:.2f}, mean absolute error 4 degrees" in texts(figure.axes[0])


def test_a_network_worse_than_the_mean_has_a_negative_share():
    table = pd.DataFrame({"true": [0.0, 1], "predicted": [1.0, 0], "network": "own"})
    figure = places.draw_true_against_predicted(table, title="x", unit="")
    assert f"R² {MINUS}3.00, mean absolute error 1" in texts(figure)
    table["true"] = 0.5
    figure = places.draw_true_against_predicted(table, title="x", unit="")
    assert "R² none, mean absolute error 0.5" in texts(figure)


def test_distances_stand_in_their_order_with_references():
    figure = places.draw_distances(
        make_distances(), unit="km", reference={"published best 3,113 km": 3113}
    )
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "mean place", "perceptron", "forest"]  # fmt: skip
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    dots = [lines(axes, label=group)[0] for group in ("none", "net", "trees")]
    assert [tuple(line.get_xydata()[0]) for line in dots] == [(5800, 0), (4800, 1), (3100, 2)]
    assert len({line.get_marker() for line in dots}) == 3
    segments = [segment for bar in axes.collections for segment in bar.get_segments()]
    spans = [segment[:, 0].tolist() for segment in segments if len(segment)]
    assert [4600, 5000] in spans
    assert [2900, 3300] in spans
    assert any(list(line.get_xdata()) == [3113, 3113] for line in axes.lines)
    said = texts(figure)
    assert {"5,800", "4,600 to 5,000", "published best 3,113 km"} <= set(said)
    assert not any("nan" in text for text in said)
    low, high = axes.get_xlim()
    assert low < 2900
    assert high > 5800


def test_a_pipeline_in_two_groups_has_them_side_by_side():
    table = pd.concat([make_distances().assign(group=group) for group in ("a", "b")])
    axes = places.draw_distances(table, unit="").axes[0]
    (a,), (b,) = lines(axes, label="a"), lines(axes, label="b")
    assert (b.get_ydata() - a.get_ydata() > 0.2).all()


def test_an_error_of_next_to_nothing_stands_on_the_edge_of_the_axis():
    table = pd.DataFrame(
        {
            "row": ["far", "exact"],
            "hidden": [4, 4],
            "mean": [0.01, 1e-31],
            "low": [0.009, -1e-31],
            "high": [0.011, 3e-31],
        }
    )
    figure = ablation.draw_ablation(table)
    (axes,) = figure.axes
    left, _ = axes.get_xlim()
    assert left == ablation.LEAST
    dots = next(line for line in axes.lines if line.get_label() == "4 neurons")
    assert dots.get_xdata().tolist() == [0.01, left]
    arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None)]
    assert [arrow.xy for arrow in arrows] == [(0, dots.get_ydata()[1])]
    texts = [text.get_text() for text in axes.texts]
    assert "<10⁻⁹" in texts
    assert not any("31" in text for text in texts)
