"""The figures: what is on them, and that the same input gives the same bytes."""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.evaluation.intervals import interval_over_seeds
from convatlas.figures import calibration, confusion, curves, digits, repair, style
from convatlas.figures.sheet import SCALE, paste_pictures, show_sheet, spread_evenly

SCRIPTS = Path(__file__).parents[2] / "scripts"
GENERATOR = np.random.default_rng(0)
IMAGES = GENERATOR.integers(0, 256, (40, 28, 28), dtype=np.uint8)
LABELS = np.arange(40, dtype=np.uint8) % 10
PREDICTIONS = pd.DataFrame(
    {"label": [3, 4, 5], "predicted": [3, 9, 5], "confidence": [0.9996, 0.62, 1.0]}
)


def make_history(models=("tanh",), seeds=3, epochs=5, *, decay=1.0):
    rows = [
        {
            "model": model, "seed": seed, "epoch": epoch, "part": part,
            "loss": 2 * np.exp(-decay * epoch) * (1 + 0.1 * seed),
            "accuracy": 0.99 - 0.1 * np.exp(-epoch) + 0.001 * seed - 0.02 * number,
            "precision": 0.98 - 0.1 * np.exp(-epoch) + 0.001 * seed,
        }
        for number, model in enumerate(models)
        for seed in range(seeds)
        for epoch in range(1, epochs + 1)
        for part in ("train", "monitor")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def make_bins(counts=(5, 300)):
    return pd.DataFrame(
        {"low": [0.4, 0.8], "high": [0.6, 1.0], "count": counts, "confidence": [0.5, 0.95],
         "accuracy": [0.2, 0.9]}
    )  # fmt: skip


def make_repairs(seeds=3):
    rows = [("as drawn", 0.3), ("MNIST form", 0.9), ("and shifted", 0.99)]
    return pd.DataFrame(
        {
            "row": row, "network": network, "mean": mean,
            "low": mean - 0.03 if seeds > 1 else np.nan,
            "high": mean + 0.03 if seeds > 1 else np.nan,
        }
        for row, mean in rows
        for network in ("LeNet-5, tanh", "LeNet-5, ReLU")
    )  # fmt: skip


def make_counts():
    counts = np.diag(np.arange(10) * 100)
    counts[1, 7], counts[9, 4] = 100, 1
    return counts


PLOTS = {
    "curves": lambda path: curves.plot_learning_curves(make_history(), path),
    "digits": lambda path: digits.plot_digits(IMAGES, LABELS, path),
    "predictions": lambda path: digits.plot_predictions(IMAGES[:3], PREDICTIONS, path),
    "forms": lambda path: digits.plot_forms(IMAGES, IMAGES, LABELS, path),
    "confusion": lambda path: confusion.plot_confusion(make_counts(), path),
    "calibration": lambda path: calibration.plot_calibration(
        {"tanh": make_bins()}, {"tanh": 0.012}, path
    ),
    "repair": lambda path: repair.plot_repair(make_repairs(), path),
}


def texts(artist):
    found = artist.findobj(mpl.text.Text)
    return [text.get_text() for text in found if text.get_text() and text.get_visible()]


def render(figure):
    canvas = FigureCanvasAgg(figure)
    with style.house_style():
        canvas.draw()
    return canvas.get_renderer()


def assert_nothing_is_cut(figure):
    """All that is drawn lies inside its figure."""
    drawn = figure.get_tightbbox(render(figure))
    width, height = figure.get_size_inches()
    assert min(drawn.x0, drawn.y0) >= 0
    assert drawn.x1 <= width
    assert drawn.y1 <= height


# ------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("name", "suffix"),
    [*[(name, ".svg") for name in PLOTS], ("digits", ".png"), ("repair", ".png")],
)
def test_the_same_input_gives_the_same_bytes_whatever_the_users_own_style(tmp_path, name, suffix):
    PLOTS[name](tmp_path / f"a{suffix}")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none"}):
        PLOTS[name](tmp_path / f"b{suffix}")
    content = (tmp_path / f"a{suffix}").read_bytes()
    assert content == (tmp_path / f"b{suffix}").read_bytes()
    assert len(content) < 200_000
    assert b"Matplotlib v" not in content
    assert b"tEXt" not in content
    assert b"dc:date" not in content
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a{suffix}", f"b{suffix}"]


def test_figures_leave_the_users_style_alone(tmp_path):
    before = dict(mpl.rcParams)
    PLOTS["repair"](tmp_path / "a.png")
    assert dict(mpl.rcParams) == before


def test_other_formats_are_refused_by_name_and_nothing_is_written(tmp_path):
    with pytest.raises(ConvatlasError, match=r"a\.gif.*'\.gif'.*\.jpg or \.png or \.svg"):
        PLOTS["repair"](tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_the_old_figure(tmp_path):
    (tmp_path / "a.svg").write_text("old")
    with pytest.raises(ConvatlasError, match="lacks mean"):
        repair.plot_repair(make_repairs().drop(columns="mean"), tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text() == "old"


def test_no_torch_and_no_pyplot():
    code = (
        "import sys; from convatlas.figures import calibration, confusion, curves, digits, repair;"
        "print(sorted({'torch', 'matplotlib.pyplot', 'sklearn', 'snakemake'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0"), (1, "100"), (0.9999, ">99.9"), (0.0001, "<0.1"), (0.5, "50.0"), (0.0012, "0.1")],
)
def test_percent_never_rounds_to_all_or_nothing(share, text):
    assert style.percent(share) == text


def test_figures_are_as_wide_as_the_column_and_nothing_is_cut():
    figures = [
        curves.draw_learning_curves(make_history(("a", "b"))),
        digits.draw_digits(IMAGES, LABELS),
        digits.draw_predictions(IMAGES[:3], PREDICTIONS),
        digits.draw_forms(IMAGES, IMAGES, LABELS),
        confusion.draw_confusion(make_counts(), title="A title"),
        calibration.draw_calibration({"a long name of a network": make_bins()},
                                     {"a long name of a network": 0.1}),
        repair.draw_repair(make_repairs()),
    ]  # fmt: skip
    for figure in figures:
        assert figure.get_figwidth() == style.WIDTH
        assert min(t.get_fontsize() for t in figure.findobj(mpl.text.Text)) >= 8
        assert_nothing_is_cut(figure)


# ------------------------------------------------------------------------------------------ curves


def panels(figure):
    return {axes.get_title("left").split(" (")[0].lower(): axes for axes in figure.axes}


def test_a_line_is_the_mean_over_seeds_and_the_band_its_interval():
    history = make_history()
    axes = panels(curves.draw_learning_curves(history, parts=["monitor"]))["accuracy"]
    (line,) = axes.lines
    last = history.query("part == 'monitor' and epoch == 5")["accuracy"]
    expected = interval_over_seeds(last.tolist())
    assert line.get_ydata()[-1] == pytest.approx(expected["mean"])
    corners = axes.collections[0].get_paths()[0].vertices
    at_last = corners[corners[:, 0] == 5, 1]
    assert at_last.min() == pytest.approx(expected["low"])
    assert at_last.max() == pytest.approx(expected["high"])


def test_one_seed_has_no_band_and_says_so():
    figure = curves.draw_learning_curves(make_history(seeds=1))
    for axes in figure.axes:
        for band in axes.collections:
            assert not any(len(path.vertices) for path in band.get_paths())
    assert "one seed" in texts(figure)
    assert not any("interval" in text for text in texts(figure))


def test_seeds_that_differ_between_models_are_told():
    history = pd.concat([make_history(("a",), seeds=1), make_history(("b",), seeds=4)])
    assert any("1 to 4 seeds" in text for text in texts(curves.draw_learning_curves(history)))


@pytest.mark.parametrize(("epochs", "seeds"), [(1, 1), (5, 10), (50, 1), (50, 3)])
@pytest.mark.parametrize("models", [1, 6])
def test_axes_of_short_and_long_trainings(epochs, seeds, models):
    history = make_history(tuple("abcdef"[:models]), seeds, epochs)
    found = panels(curves.draw_learning_curves(history))
    assert list(found) == ["accuracy", "precision", "loss"]
    for axes in found.values():
        assert len(axes.lines) == 2 * models
        ticks = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= epochs]
        assert all(tick == int(tick) and tick >= 0 for tick in ticks)
        assert len(ticks) <= 7
    labels = [found["accuracy"].yaxis.get_major_formatter()(t) for t in
              found["accuracy"].get_yticks()]  # fmt: skip
    assert all(re.fullmatch(r"\d+(\.\d+)? %", label) for label in labels)
    assert len({len(label.partition(".")[2]) for label in labels}) == 1
    assert max(found["accuracy"].get_yticks()) <= 1


def test_the_loss_is_logarithmic_only_where_it_spans_far():
    near = panels(curves.draw_learning_curves(make_history(decay=0.3)))["loss"]
    far = panels(curves.draw_learning_curves(make_history(decay=2)))["loss"]
    assert near.get_yscale() == "linear"
    assert near.get_ylim()[0] == 0, "a loss on a straight axis starts at 0"
    assert far.get_yscale() == "log"
    assert "log scale" in far.get_title("left")


def test_a_band_of_a_share_ends_at_100_percent():
    history = make_history(seeds=2)
    history["accuracy"] = np.where(history["seed"] == 0, 1.0, 0.98)
    axes = panels(curves.draw_learning_curves(history))["accuracy"]
    highest = max(path.vertices[:, 1].max() for b in axes.collections for path in b.get_paths())
    assert highest == 1
    assert max(axes.get_yticks()) <= 1


def test_titles_name_and_order_the_models():
    history = make_history(("tanh", "relu"))
    figure = curves.draw_learning_curves(
        history, titles={"relu": "LeNet-5, ReLU"}, part_titles={"monitor": "MNIST test 10,000"}
    )
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said == ["LeNet-5, ReLU", "tanh", "training", "MNIST test 10,000"] or said == [
        "LeNet-5, ReLU", "tanh", "MNIST test 10,000", "training"]  # fmt: skip
    colors = [line.get_color() for line in figure.legends[0].get_lines()]
    assert len(set(colors[:2])) == 2
    monitor = {line.get_color() for axes in figure.axes for line in axes.lines}
    assert monitor == set(colors[:2])


def test_a_metric_or_part_that_is_not_there_is_named():
    with pytest.raises(ConvatlasError, match="lacks recall"):
        curves.draw_learning_curves(make_history(), metrics=["recall"])
    with pytest.raises(ConvatlasError, match="no epoch of validation"):
        curves.draw_learning_curves(make_history(), parts=["validation"])


# ------------------------------------------------------------------------------------------ digits


def test_every_pixel_of_a_digit_is_a_whole_square_of_the_png(tmp_path):
    figure, _ = show_sheet(paste_pictures(IMAGES[:1], *np.zeros((2, 1), int)),
                           margins=(0.5, 0.25, 0.1, 0.1))  # fmt: skip
    style.save_figure(figure, tmp_path / "a.png")
    picture = np.asarray(Image.open(tmp_path / "a.png").convert("L"))
    left, top = round(0.5 * style.PNG_DPI), round(0.25 * style.PNG_DPI)
    side = 28 * SCALE
    expected = np.kron(IMAGES[0], np.ones((SCALE, SCALE), np.uint8))
    np.testing.assert_array_equal(picture[top : top + side, left : left + side], expected)


def test_a_sheet_has_a_row_per_class_and_blanks_where_digits_lack():
    labels = np.array([0] * 30 + [2] * 3)
    figure = digits.draw_digits(IMAGES[:33], labels, per_class=5)
    sheet = figure.axes[0].images[0].get_array()[:, :, 0]
    assert sheet.shape == (298, 5 * 30 - 2)
    assert (sheet[30:58] == 255).all(), "no digit 1"
    assert (sheet[60:88, 90:] == 255).all(), "three digits 2"
    np.testing.assert_array_equal(sheet[60:88, 30:58], IMAGES[31])
    np.testing.assert_array_equal(sheet[:28, -28:], IMAGES[29])
    assert {"5 of 30", "all 3", "none"} <= set(texts(figure))


def test_digits_are_chosen_evenly():
    np.testing.assert_array_equal(spread_evenly(np.arange(101), 5), [0, 25, 50, 75, 100])
    np.testing.assert_array_equal(spread_evenly(np.arange(3), 5), [0, 1, 2])


def test_a_wrong_prediction_is_marked_by_sign_and_colour_and_tells_the_truth():
    figure = digits.draw_predictions(IMAGES[:3], PREDICTIONS)
    axes = figure.axes[0]
    colors = {text.get_text(): to_hex(text.get_color()) for text in axes.texts}
    assert colors == {
        "3 (>99 %)": style.INK, "✗ 9 (62 %)": style.WRONG, "true: 4": style.WRONG,
        "5 (100 %)": style.INK,
    }  # fmt: skip
    (frame,) = axes.patches
    assert frame.get_x() == pytest.approx(28 + 7 - 0.5)


def test_captions_of_neighbours_do_not_touch():
    table = pd.DataFrame({"label": [1] * 24, "predicted": [7] * 24, "confidence": [0.9999] * 24})
    for columns in (10, 12):
        figure = digits.draw_predictions(IMAGES[:24], table, columns=columns)
        renderer = render(figure)
        boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
        touching = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
        assert not touching


def test_forms_are_pairs_in_a_band_per_source():
    source = np.array(["one"] * 4 + ["two"] * 20)
    figure = digits.draw_forms(IMAGES[:24], 255 - IMAGES[:24], LABELS[:24], source=source)
    sheet = figure.axes[0].images[0].get_array()[:, :, 0]
    rows = np.flatnonzero((sheet[:, :28] != 255).any(1))
    top = rows[0]
    np.testing.assert_array_equal(sheet[top : top + 28, :28], IMAGES[0])
    np.testing.assert_array_equal(sheet[top + 30 : top + 58, :28], 255 - IMAGES[0])
    assert texts(figure).count("one") == texts(figure).count("two") == 1


@pytest.mark.parametrize("name", ["draw_digits", "draw_predictions", "draw_forms"])
def test_no_digits_make_a_figure_that_says_so(name):
    none = IMAGES[:0]
    arguments = {
        "draw_digits": (none, LABELS[:0]),
        "draw_predictions": (none, PREDICTIONS[:0]),
        "draw_forms": (none, none, LABELS[:0]),
    }
    assert texts(getattr(digits, name)(*arguments[name])) == ["No digits to show"]


# --------------------------------------------------------------------------------------- confusion


def test_cells_tell_share_and_count_and_empty_ones_nothing():
    axes = confusion.draw_confusion(make_counts()).axes[0]
    cells = {}
    for text in axes.texts:
        x, y = text.get_position()
        cells.setdefault((round(y), round(x)), []).append(text.get_text())
    assert cells[1, 1] == ["50.0", "100"]
    assert cells[1, 7] == ["50.0", "100"]
    assert cells[9, 4] == ["0.1", "1"]
    assert cells[9, 9] == ["99.9", "900"]
    assert (0, 0) not in cells, "no digit 0 was shown"
    assert (2, 3) not in cells
    assert len(cells) == 9 + 2 + 1  # ... and the heading of the sums


def test_row_sums_and_the_scale_are_shown():
    figure = confusion.draw_confusion(make_counts())
    sums = next(a for a in figure.axes[0].child_axes).get_yticklabels()
    assert [text.get_text() for text in sums[:3]] == ["none", "200", "200"]
    bar = figure.axes[1]
    assert "square-root" in bar.get_ylabel()
    assert [text.get_text() for text in bar.get_yticklabels()][-1] == "100 %"


def test_text_stands_out_from_every_shade():
    def luminance(color):
        linear = np.array(to_rgb(color))
        linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    for step in np.linspace(0, 1, 101):
        shade = style.BLUES(step)[:3]
        text = luminance(confusion._text_color(shade))
        contrast = max(text, luminance(shade)) / min(text, luminance(shade))
        assert contrast > 3.8


def test_a_matrix_of_another_shape_is_refused():
    with pytest.raises(ConvatlasError, match=r"\(9, 9\)"):
        confusion.draw_confusion(np.eye(9))


# ------------------------------------------------------------------------------------- calibration


def test_reliability_beside_the_identity_with_its_error_in_the_legend():
    figure = calibration.draw_calibration({"tanh": make_bins()}, {"tanh": 0.0123})
    upper, lower = figure.axes
    assert upper.lines[0].get_xydata().tolist() == [[0, 0], [1, 1]]
    assert upper.get_xlim() == upper.get_ylim() == (0, 1)
    _, line, many, few = upper.lines
    assert many.get_xydata().tolist() == [[0.95, 0.9]]
    assert few.get_xydata().tolist() == [[0.5, 0.2]]
    assert few.get_markerfacecolor() == "white"
    assert np.isnan(line.get_ydata()[0]), "no line to a bin that is mostly chance"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["tanh\nECE 1.2 %", "as sure as right", "fewer than 20 predictions"]
    assert lower.get_yscale() == "log"
    heights = [segment[0][1] for segment in lower.collections[0].get_segments()]
    assert heights == [5, 300]


def test_hollow_marks_are_explained_only_where_there_are_some():
    figure = calibration.draw_calibration({"tanh": make_bins((30, 300))}, {"tanh": 0.1})
    assert len(figure.legends[0].get_texts()) == 2


# ------------------------------------------------------------------------------------------ repair


def test_rows_stand_in_their_order_on_an_axis_of_all_digits():
    figure = repair.draw_repair(make_repairs())
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [
        "as drawn", "MNIST form", "and shifted"]  # fmt: skip
    bottom, top = axes.get_ylim()
    assert bottom > top, "the first row is the topmost"
    assert axes.get_xlim() == (0, 1)
    tanh = next(line for line in axes.lines if line.get_label() == "LeNet-5, tanh")
    relu = next(line for line in axes.lines if line.get_label() == "LeNet-5, ReLU")
    np.testing.assert_array_equal(tanh.get_xdata(), [0.3, 0.9, 0.99])
    assert (tanh.get_ydata() < relu.get_ydata()).all()
    assert tanh.get_marker() != relu.get_marker()
    assert tanh.get_color() != relu.get_color()


def test_values_and_intervals_are_printed_and_end_at_100_percent():
    figure = repair.draw_repair(make_repairs())
    said = texts(figure)
    assert said.count("99.0 %") == 2
    assert said.count("96.0 to 100") == 2
    assert said.count("27.0 to 33.0") == 2
    ends = [x for band in figure.axes[0].collections for s in band.get_segments() for x in s[:, 0]]
    assert max(ends) == 1


def test_one_seed_prints_no_interval():
    figure = repair.draw_repair(make_repairs(seeds=1))
    assert "one seed" in texts(figure)
    assert not any(" to " in text or "interval" in text or "nan" in text for text in texts(figure))


def test_a_network_may_lack_a_row_and_the_table_may_not_be_empty():
    figure = repair.draw_repair(make_repairs().iloc[:-1])
    assert texts(figure).count("99.0 %") == 1
    with pytest.raises(ConvatlasError, match="no rows"):
        repair.draw_repair(make_repairs()[:0])
