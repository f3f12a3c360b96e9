"""The figures of GANs: losses, sheets, judgements, distances, classes; the same bytes."""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.evaluation.intervals import interval_over_seeds
from convatlas.figures import (
    activation,
    adversarial,
    classes,
    generated,
    generation,
    judgements,
    seeds,
    style,
)
from convatlas.figures.numbers import MINUS

SCRIPTS = Path(__file__).parents[2] / "scripts"
DIGITS = np.random.default_rng(0).integers(0, 256, (64, 28, 28), dtype=np.uint8)
KINDS = {"generated": "generated digits", "test": "test digits", "plain": "own, resized",
         "formed": "own, MNIST form"}  # fmt: skip
STATED = {"generated": 0.0, "test": 0.9844, "plain": 0.6469, "formed": 0.6469}
FIVE = {"a": "DCGAN, as in the document", "b": "MLP GAN, as in the document",
        "c": "DCGAN, smoothing and R1", "d": "MLP GAN, spectral norm, EMA",
        "e": "DCGAN, augmented"}  # fmt: skip
SNAPSHOTS = (1, 10, 20, 30, 40, 50)


def make_steps(count=3000, epochs=20, gans=("dcgan",), seed_count=2):
    """Noise about lines; seed 1 is far from seed 0."""
    tables = []
    for number, gan in enumerate(gans):
        for seed in range(seed_count):
            noise = 0.1 * np.random.default_rng(seed).random((5, count)) + seed + number / 10
            table = pd.DataFrame({
                "gan": gan, "seed": seed, "step": np.arange(count) + 1,
                "epoch": np.arange(count) * epochs // count + 1,
                "loss_real": 0.3 + noise[0], "loss_fake": 0.2 + noise[1],
                "loss_generator": 2 + noise[2],
                "d_real": 0.8 + noise[3] - seed, "d_fake": 0.1 + noise[4] - seed,
            })  # fmt: skip
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def make_judgements(epochs=SNAPSHOTS, gans=("dcgan",), seed_count=3, looks=(-1, 0, 1)):
    """In training mode the document's table is met after epoch 30, in evaluation mode after 10."""
    rows = []
    for gan in gans:
        for seed in range(seed_count):
            for epoch in epochs:
                for mode, met in (("train", 30), ("eval", 10)):
                    off = abs(epoch - met) / 200
                    rows += [
                        {"gan": gan, "seed": seed, "epoch": epoch, "step": 100 * epoch + 5 * look,
                         "mode": mode, "pictures": kind, "mean_probability": 0.5,
                         "share_real": abs(STATED[kind] - off - 0.01 * (seed - 1) - 0.003 * look)}
                        for kind in KINDS
                        for look in looks
                    ]  # fmt: skip
    return pd.DataFrame(rows)


def make_distances(epochs=SNAPSHOTS, gans=("dcgan", "mlp"), seed_count=3, *, kid=None):
    return pd.DataFrame(
        {"gan": gan, "seed": seed, "epoch": epoch, "reference": part,
         "fid": (1 + 50 / epoch) * (1 + number) * (1 + 0.1 * seed) * (2 if part == "test" else 1),
         "kid": (kid or (lambda e: 4.0 / e**2 - 0.002))(epoch) * (1 + 0.1 * seed),
         "kid_low": (kid or (lambda e: 4.0 / e**2 - 0.002))(epoch) - 0.001,
         "kid_high": (kid or (lambda e: 4.0 / e**2 - 0.002))(epoch) + 0.003,
         "floor_train": 0.1 + 0.01 * seed, "floor_halves": 0.2, "generated": 10000, "real": 9000,
         "sees": "as they are", "note": float("nan")}
        for number, gan in enumerate(gans)
        for seed in range(seed_count)
        for epoch in epochs
        for part in ("validation", "test")
    )  # fmt: skip


def make_classes(epochs=SNAPSHOTS, gans=("dcgan", "mlp"), seed_count=3):
    """Digit 3 is never made after the first epoch."""
    table = pd.DataFrame(
        {"gan": gan, "seed": seed, "epoch": epoch, "digit": digit,
         "share": (0.04 + 0.012 * digit) * (1 + 0.05 * seed),
         "legible": (digit + 1) / 10 * (1 - 1 / (epoch + 1)) * (1 - 0.1 * seed),
         "real_share": 0.1, "real_legible": 0.9 + digit / 100, "reference": "test",
         "generated": 10000, "real": 9000, "sees": "as they are"}
        for gan in gans
        for seed in range(seed_count)
        for epoch in epochs
        for digit in range(10)
    )  # fmt: skip
    none = (table["digit"] == 3) & (table["epoch"] > 1)
    table.loc[none, ["share", "legible"]] = 0.0
    return table


def judge(table=None, **options):
    return judgements.draw_judgements(
        make_judgements() if table is None else table, kinds=KINDS, **options
    )


def measure(table=None, **options):
    table = make_distances() if table is None else table
    words = {"titles": {"mlp": "MLP GAN", "dcgan": "DCGAN"}, "reference": "test", **options}
    return generation.draw_generation(table, **words)


DRAWS = {
    "losses": lambda: adversarial.draw_adversarial_losses(make_steps()),
    "losses of 24 steps": lambda: adversarial.draw_adversarial_losses(
        make_steps(24, 2), titles={"dcgan": "DCGAN"}
    ),
    "losses of one step": lambda: adversarial.draw_adversarial_losses(make_steps(1, 1)),
    "losses of five": lambda: adversarial.draw_adversarial_losses(
        make_steps(1000, 200, FIVE), titles=FIVE
    ),
    "sheets": lambda: generated.draw_generated({f"epoch {n}": DIGITS for n in (1, 100, 200)}),
    "one sheet": lambda: generated.draw_generated({"generated": DIGITS}),
    "a long title": lambda: generated.draw_generated(
        {"a title that is far longer than a sheet of digits is wide": DIGITS, "b": DIGITS[:20],
         "c": DIGITS, "another title that is far longer than its sheet": DIGITS}
    ),
    "judgements": lambda: judge(stated=STATED),
    "judgements of one seed": lambda: judge(make_judgements(seed_count=1)),
    "judgements of one epoch": lambda: judge(make_judgements((20,)), stated=STATED),
    "judgements of 200 epochs": lambda: judge(make_judgements(range(1, 201)), stated=STATED),
    "judgements of five": lambda: judge(make_judgements(gans=FIVE), stated=STATED, titles=FIVE),
    "distances": measure,
    "distances of one seed": lambda: measure(make_distances(seed_count=1)),
    "distances of one epoch": lambda: measure(make_distances((20,))),
    "distances of five": lambda: measure(
        make_distances(range(1, 201), FIVE), titles=FIVE, features="Inception features (2048)"
    ),
    "classes": lambda: classes.draw_classes(make_classes(), titles={"mlp": "MLP GAN"}),
    "classes of one epoch": lambda: classes.draw_classes(
        make_classes((20,), ("dcgan",), 1), titles={}
    ),
    "classes of 200 epochs": lambda: classes.draw_classes(
        make_classes(range(1, 201), ("dcgan",)), titles={}
    ),
    "classes of five": lambda: classes.draw_classes(make_classes(gans=FIVE), titles=FIVE),
    "activation": activation.draw_activation,
    "a steep one": lambda: activation.draw_activation(slope=0.9),
}  # fmt: skip

PLOTS = {
    "losses": lambda path: adversarial.plot_adversarial_losses(make_steps(), path),
    "sheets": lambda path: generated.plot_generated({"epoch 1": DIGITS}, path),
    "judgements": lambda path: judgements.plot_judgements(
        make_judgements(), path, kinds=KINDS, stated=STATED
    ),
    "distances": lambda path: generation.plot_generation(
        make_distances(), path, titles={}, reference="test"
    ),
    "classes": lambda path: classes.plot_classes(make_classes(), path, titles={}),
    "activation": activation.plot_activation,
}


def texts(artist):
    found = artist.findobj(mpl.text.Text)
    return [text.get_text() for text in found if text.get_text() and text.get_visible()]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def note(figure):
    return figure.legends[0].get_title().get_text()


def line_of(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line


def render(figure):
    canvas = FigureCanvasAgg(figure)
    with style.house_style():
        canvas.draw()
    return canvas


def band_at(axes, color, x):
    """Return the lowest and the highest that bands of a colour reach at x."""
    found = [
        path.vertices[path.vertices[:, 0] == x, 1]
        for band in axes.collections
        if mpl.colors.to_hex(band.get_facecolor()[0]) == color
        for path in band.get_paths()
    ]
    return np.concatenate(found).min(), np.concatenate(found).max()


# ------------------------------------------------------------------------------------ every figure


@pytest.mark.parametrize("suffix", [".svg", ".png"])
@pytest.mark.parametrize("name", PLOTS)
def test_the_same_input_gives_the_same_bytes(tmp_path, name, suffix):
    PLOTS[name](tmp_path / f"a{suffix}")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        PLOTS[name](tmp_path / f"b{suffix}")
    content = (tmp_path / f"a{suffix}").read_bytes()
    assert content == (tmp_path / f"b{suffix}").read_bytes()
    assert 5_000 < len(content) < 300_000


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", DRAWS)
def test_figures_are_as_wide_as_the_column_and_nothing_is_cut(name):
    figure = DRAWS[name]()
    assert figure.get_figwidth() == pytest.approx(style.WIDTH)
    assert min(text.get_fontsize() for text in figure.findobj(mpl.text.Text)) >= 8
    canvas = render(figure)
    picture = np.asarray(canvas.buffer_rgba())
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (edge == 255).all(), "something runs over the edge"
    # titles, the lines below them, and names of axes keep clear of one another and of the legend
    words = [
        text
        for axes in figure.axes
        for text in (*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label)
        if text.get_text() and text.get_visible() and axes.get_visible()
    ] + [text for box in figure.legends for text in (*box.get_texts(), box.get_title())]
    boxes = [(t.get_text(), t.get_window_extent(canvas.get_renderer())) for t in words]
    touching = [(a, b) for i, (a, x) in enumerate(boxes) for b, y in boxes[:i] if x.overlaps(y)]
    assert not touching


def test_no_torch_and_no_pyplot():
    modules = "activation, adversarial, classes, generated, generation, judgements"
    code = (
        f"import sys; from convatlas.figures import {modules};"
        "print(sorted({'torch', 'matplotlib.pyplot', 'sklearn', 'snakemake'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("draw", "make", "column"),
    [
        (adversarial.draw_adversarial_losses, make_steps, "loss_fake"),
        (judge, make_judgements, "share_real"),
        (measure, make_distances, "floor_halves"),
        (lambda table: classes.draw_classes(table, titles={}), make_classes, "legible"),
    ],
)
def test_a_table_without_a_column_or_without_rows_is_refused(draw, make, column):
    with pytest.raises(ConvatlasError, match=f"the table of .* lacks {column}; it has gan, seed"):
        draw(make().drop(columns=column))
    with pytest.raises(ConvatlasError, match=r"the table of .* has no rows"):
        draw(make().iloc[:0])


# ------------------------------------------------------------------------------------------ losses


def losses(*args, **options):
    figure = adversarial.draw_adversarial_losses(make_steps(*args, **options))
    return figure, *figure.axes[:2]


def test_every_step_is_faint_and_its_moving_mean_bold_for_the_first_seed():
    table = make_steps(300, 3).query("seed == 0")
    figure, upper, lower = losses(300, 3)
    expected = {
        upper: (table["loss_real"] + table["loss_fake"], table["loss_generator"]),
        lower: (table["d_real"], table["d_fake"]),
    }
    for axes, measures in expected.items():
        faint = [line for line in axes.lines if line.get_alpha()]
        bold = [line for line in axes.lines if line.get_marker() not in ("None", None)]
        assert len({line.get_marker() for line in bold}) == 2
        for values, thin, thick in zip(measures, faint, bold, strict=True):
            np.testing.assert_array_equal(thin.get_ydata(), values)
            np.testing.assert_array_equal(thick.get_xdata(), np.arange(1, 301))
            assert thick.get_ydata()[150] == pytest.approx(values.iloc[149:152].mean())
            assert thin.get_color() == thick.get_color()
            assert thin.get_linewidth() < thick.get_linewidth()
    assert note(figure) == "seed 0; faint: every step; bold: moving mean of 3 steps"


def test_many_steps_are_a_band_that_keeps_every_peak_in_a_small_file(tmp_path):
    table = make_steps(25_000, 200, seed_count=1)
    table.loc[12_345, "loss_generator"] = 2.9
    figure = adversarial.draw_adversarial_losses(table)
    upper = figure.axes[0]
    generator = upper.collections[1].get_paths()[0].vertices
    assert generator[:, 1].max() == 2.9
    assert generator[:, 1].min() == table["loss_generator"].min()
    assert abs(generator[generator[:, 1].argmax(), 0] - 12_346) < 100
    assert max(len(line.get_xdata()) for line in upper.lines) <= adversarial.COLUMNS
    assert "moving mean of 250 steps" in note(figure)
    assert "lowest to highest" in note(figure)
    style.save_figure(figure, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size < 300_000


def test_a_peak_that_would_flatten_all_else_is_cut_and_told():
    table = make_steps(seed_count=1)
    assert "cut" not in note(adversarial.draw_adversarial_losses(table))
    table.loc[1000, "loss_generator"] = 90.0
    figure = adversarial.draw_adversarial_losses(table)
    assert "peaks above the panel are cut" in note(figure)
    means = [line.get_ydata().max() for line in figure.axes[0].lines]
    assert max(means) < figure.axes[0].get_ylim()[1] < 20
    assert figure.axes[0].get_ylim()[0] == 0


def test_epochs_stand_above_the_steps_they_end_with():
    figure, upper, lower = losses(3000, 20)
    render(figure)
    (above,) = upper.child_axes
    assert above.get_xlabel() == "epoch"
    assert lower.get_xlabel() == "step"
    assert above.get_xlim() == pytest.approx([edge / 150 for edge in upper.get_xlim()])
    assert {0, 10, 20} <= set(above.get_xticks().round(6))
    assert not lower.child_axes
    assert "3,000" in [label.get_text() for label in lower.get_xticklabels()]


def test_a_half_is_marked_where_the_discriminator_cannot_tell():
    figure, upper, lower = losses()
    levels = [line.get_ydata() for line in lower.lines if list(line.get_xdata()) == [0, 1]]
    assert [list(level) for level in levels] == [[0.5, 0.5]]
    assert not any(list(line.get_ydata()) == [0.5, 0.5] for line in upper.lines)
    assert legend(figure) == [
        "discriminator's loss, real + generated", "generator's loss", "D(x), real digits",
        "D(G(z)), generated digits", "0.5: it cannot tell"]  # fmt: skip
    assert lower.get_ylim()[0] < 0 < 1 < lower.get_ylim()[1]


def test_several_gans_have_panels_of_their_own_on_one_scale():
    table = make_steps(200, 2, ("a", "b", "c"))
    figure = adversarial.draw_adversarial_losses(table, titles={"b": "Second", "a": "First"})
    shown = [axes for axes in figure.axes if axes.get_visible()]
    titles = [axes.get_title("left") for axes in shown if axes.get_title("left")]
    assert titles == ["Second", "First", "c"]
    upper = [axes for axes in shown if axes.get_title("left")]
    assert len(shown) == 6
    assert len({axes.get_ylim() for axes in upper}) == 1
    first = upper[1].lines[2].get_ydata()
    np.testing.assert_array_equal(first, table.query("gan == 'a' and seed == 0")["loss_generator"])


# ------------------------------------------------------------------------------------------ sheets


def test_every_pixel_is_a_whole_square_under_its_title(tmp_path):
    groups = {"epoch 1": DIGITS, "epoch 100": 255 - DIGITS, "real digits": DIGITS[::-1]}
    generated.plot_generated(groups, tmp_path / "a.png")
    picture = np.asarray(Image.open(tmp_path / "a.png").convert("L"))
    sheet = generated.draw_generated(groups).axes[0].images[0].get_array()[:, :, 0]
    assert sheet.shape == (8 * 29 - 1, 3 * (8 * 29 - 1) + 2 * generated.GAP)
    for number, images in enumerate(groups.values()):
        left = number * (8 * 29 - 1 + generated.GAP)
        np.testing.assert_array_equal(sheet[:28, left : left + 28], images[0])
        np.testing.assert_array_equal(sheet[:28, left + 29 : left + 57], images[1])
        np.testing.assert_array_equal(sheet[29:57, left : left + 28], images[8])
    big = np.kron(sheet, np.ones((2, 2), np.uint8))
    places = [
        (top, left)
        for top in range(picture.shape[0] - big.shape[0] + 1)
        for left in range(picture.shape[1] - big.shape[1] + 1)
        if np.array_equal(picture[top, left : left + big.shape[1]], big[0])
    ]
    (top, left) = places[0]
    np.testing.assert_array_equal(
        picture[top : top + big.shape[0], left : left + big.shape[1]], big
    )


def test_titles_stand_above_their_sheets():
    groups = {f"epoch {number}": DIGITS[:20] for number in (1, 10, 20, 30)}
    figure = generated.draw_generated(groups, columns=2)
    places = {text.get_text(): text.xy for text in figure.axes[0].texts}
    assert list(places) == list(groups)
    (x1, y1), (x10, y10), (x20, y20), _ = places.values()
    assert x1 == x20 == -0.5
    assert x10 - x1 == 8 * 29 - 1 + generated.GAP
    assert y1 == y10 == -0.5
    assert y20 > 3 * 29
    sheet = figure.axes[0].images[0].get_array()[:, :, 0]
    top = int(y20 + 0.5)
    np.testing.assert_array_equal(sheet[top : top + 28, :28], DIGITS[0])
    assert (sheet[3 * 29 - 1 : top] == 255).all(), "room for the titles of the second row"


def test_no_digits_make_a_figure_that_says_so_and_other_shapes_are_refused():
    assert texts(generated.draw_generated({"epoch 1": DIGITS[:0]})) == ["No digits to show"]
    with pytest.raises(ConvatlasError, match=r"epoch 1: .*\(64, 784\).*\(n, 28, 28\)"):
        generated.draw_generated({"epoch 1": DIGITS.reshape(64, 784)})
    with pytest.raises(ConvatlasError, match="type float64"):
        generated.draw_generated({"epoch 1": DIGITS / 255})


# -------------------------------------------------------------------------------------- judgements


def test_a_line_is_the_mean_share_and_its_band_the_range_over_seeds_and_steps():
    table = make_judgements()
    figure = judge(table, stated=STATED)
    assert [axes.get_title("left") for axes in figure.axes] == [
        "Discriminator in training mode", "Discriminator in evaluation mode"]  # fmt: skip
    for axes, mode in zip(figure.axes, ("train", "eval"), strict=True):
        for kind, label in KINDS.items():
            line = line_of(axes, label)
            rows = table[(table["mode"] == mode) & (table["pictures"] == kind)]
            means = rows.groupby("epoch")["share_real"].mean()
            np.testing.assert_allclose(line.get_ydata(), means)
            np.testing.assert_array_equal(line.get_xdata(), SNAPSHOTS)
            expected = rows[rows["epoch"] == 20]["share_real"]
            assert len(expected) == 9
            low, high = band_at(axes, line.get_color(), 20)
            assert (low, high) == pytest.approx((expected.min(), expected.max()))
        marks = [line_of(axes, label).get_marker() for label in KINDS.values()]
        assert len(set(marks)) == 4
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == [
            "0 %", "25 %", "50 %", "75 %", "100 %"]  # fmt: skip
    assert note(figure) == (
        "mean over 3 seeds and 3 of the last steps of an epoch; band: lowest to highest of them"
    )


def test_what_the_document_states_is_dashed_in_the_colour_of_its_kind():
    figure = judge(stated={"test": 0.9844, "plain": 0.62})
    axes = figure.axes[0]
    dashed = {
        line.get_ydata()[0]: line.get_color()
        for line in axes.lines
        if list(line.get_xdata()) == [0, 1] and line.get_linestyle() == "--"
    }
    assert dashed == {
        0.9844: line_of(axes, "test digits").get_color(),
        0.62: line_of(axes, "own, resized").get_color(),
    }
    said = legend(figure)
    assert said[:4] == [
        "generated digits", "test digits (document: 98.44 %)", "own, resized (document: 62 %)",
        "own, MNIST form"]  # fmt: skip
    assert any("what the document states" in text for text in said)
    assert legend(judge()) == list(KINDS.values())


def test_kinds_of_which_the_same_is_stated_are_both_seen():
    axes = judge(stated=STATED).axes[0]
    dashes = [line._unscaled_dash_pattern for line in axes.lines
              if list(line.get_ydata()) == [0.6469] * 2]  # fmt: skip
    (first, (on, off)), (second, same) = dashes
    assert tuple(same) == (on, off)
    assert off > 2 * on
    assert (second - first) % (on + off) == on + off - (second - first) % (on + off)


def test_the_epoch_nearest_to_the_document_is_told_for_each_mode():
    figure = judge(stated=STATED)
    for axes, epoch in zip(figure.axes, (30, 10), strict=True):
        assert [t for t in texts(axes) if "nearest" in t] == [
            f"nearest to the document: epoch {epoch}, within 0.7 points"]  # fmt: skip
        assert [epoch, epoch] in [list(line.get_xdata()) for line in axes.lines]
    assert not any("nearest" in text for text in texts(judge()))
    alone = judge(make_judgements((20,)), stated=STATED)
    assert not any("nearest" in text for text in texts(alone))
    assert "within 5.0 points of the document" in texts(alone)


def test_what_a_mean_is_of_is_told_and_one_epoch_has_a_bar():
    figure = judge(make_judgements(seed_count=1, looks=(0,)))
    assert note(figure) == "one seed, after the last step of an epoch"
    figure = judge(make_judgements(seed_count=1))
    assert note(figure).startswith("mean over one seed and 3 of the last steps")
    figure = judge(make_judgements(looks=(0,)))
    assert note(figure).startswith("mean over 3 seeds and the last step of an epoch")
    table = make_judgements((20,))
    figure = judge(table)
    axes = figure.axes[0]
    rows = table.query("mode == 'train' and pictures == 'plain'")["share_real"]
    bars = [bar[:, 1].tolist() for found in axes.collections for bar in found.get_segments()]
    assert any(bar == pytest.approx([rows.min(), rows.max()]) for bar in bars)
    assert note(figure).endswith("bar: lowest to highest of them")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["20"]


def test_a_kind_that_is_not_there_is_named_and_a_missing_mode_is_an_empty_panel():
    with pytest.raises(ConvatlasError, match="no judgement of human; there are formed, generated"):
        judgements.draw_judgements(make_judgements(), kinds={"human": "human digits"})
    table = make_judgements(gans=("a", "b"))
    figure = judge(table[(table["gan"] == "a") | (table["mode"] == "train")], stated=STATED)
    assert [axes.get_title("left") for axes in figure.axes] == [
        "a\ntraining mode",
        "a\nevaluation mode",
        "b\ntraining mode",
        "b\nevaluation mode",
    ]
    assert len(line_of(figure.axes[3], "test digits").get_xdata()) == 0


# --------------------------------------------------------------------------------------- distances


def test_distances_are_means_over_seeds_to_the_reference_asked_for():
    table = make_distances()
    for part in ("test", "validation"):
        figure = measure(table, reference=part)
        for axes, metric in zip(figure.axes, ("fid", "kid"), strict=True):
            for gan, label in (("mlp", "MLP GAN"), ("dcgan", "DCGAN")):
                rows = table[(table["gan"] == gan) & (table["reference"] == part)]
                line = line_of(axes, label)
                means = rows.groupby("epoch")[metric].mean()
                np.testing.assert_allclose(line.get_ydata(), means)
                expected = interval_over_seeds(rows[rows["epoch"] == 10][metric].tolist())
                assert band_at(axes, line.get_color(), 10) == pytest.approx(
                    (expected["low"], expected["high"])
                )
        assert note(figure).replace("\n", " ") == (
            f"10,000 generated digits against 9,000 {part} digits; LeNet features: digits as they "
            "are; mean of 3 seeds; band: 95 % interval"
        )
    assert legend(figure)[:2] == ["MLP GAN", "DCGAN"]
    looks = [(h.get_color(), h.get_marker()) for h in figure.legends[0].get_lines()[:2]]
    assert len({color for color, _ in looks}) == len({marker for _, marker in looks}) == 2


def test_floors_are_dashed_grey_in_the_first_panel_only():
    figure = measure()
    left, right = figure.axes
    floors = [line for line in left.lines if "floor" in line.get_label()]
    assert [line.get_ydata()[0] for line in floors] == pytest.approx([0.11, 0.2])
    assert {line.get_color() for line in floors} == {style.SOFT}
    assert len({line._unscaled_dash_pattern[1] for line in floors}) == 2
    assert left.get_ylim()[0] < 0.11
    assert not any("floor" in line.get_label() for line in right.lines)
    assert legend(figure)[2:] == [
        "floor: training digits (0.11)",
        "floor: one half of the test digits against the other (0.20)",
    ]


def test_the_axes_name_the_features_and_their_scales():
    left, right = measure(features="Inception features").axes
    assert left.get_yscale() == "log"
    assert left.get_ylabel() == "Fréchet distance of Inception features\n(log scale)"
    assert right.get_ylabel().startswith("kernel distance of Inception features")
    assert measure().axes[0].get_ylabel().startswith("Fréchet distance of LeNet features")


def test_kernel_distances_over_decades_have_a_scale_that_goes_below_0():
    right = measure().axes[1]
    assert right.get_yscale() == "symlog"
    assert right.yaxis.get_transform().linthresh == 0.001, "the lowest is -0.0004"
    assert "(log scale, straight below 0.001)" in right.get_ylabel()
    low, high = right.get_ylim()
    assert -0.001 < low < -0.0005
    assert high > 4
    figure = measure()
    render(figure)
    written = [t.get_text() for t in figure.axes[1].get_yticklabels()]
    assert {"0", "0.001", "0.01", "0.1", "1"} <= set(written)
    assert all(re.fullmatch(rf"{MINUS}?[\d.]+", text) for text in written)


def test_kernel_distances_near_one_another_have_a_straight_axis_from_0():
    right = measure(make_distances(kid=lambda epoch: 1 + 1 / epoch)).axes[1]
    assert right.get_yscale() == "linear"
    assert right.get_ylim()[0] == 0
    assert "log" not in right.get_ylabel()


def test_kernel_distances_of_one_seed_have_the_interval_of_their_subsets():
    table = make_distances(seed_count=1).assign(note="too few, said twice")
    figure = measure(table)
    line = line_of(figure.axes[1], "DCGAN")
    row = table.query("gan == 'dcgan' and epoch == 10 and reference == 'test'").iloc[0]
    low, high = band_at(figure.axes[1], line.get_color(), 10)
    assert (low, high) == pytest.approx((row["kid_low"], row["kid_high"]))
    words = note(figure).replace("\n", " ")
    assert "one seed; kernel distances of one seed: middle 95 % of their subsets" in words
    assert words.count("too few, said twice") == 1
    assert "subsets" not in note(measure())


def test_a_reference_that_is_not_there_is_named():
    with pytest.raises(
        ConvatlasError, match="no distance to train; there are distances to test, validation"
    ):
        measure(reference="train")


# ----------------------------------------------------------------------------------------- classes


def test_bars_are_shares_after_the_last_epoch_with_whiskers():
    table = make_classes()
    figure = classes.draw_classes(table, titles={"mlp": "MLP GAN", "dcgan": "DCGAN"})
    left = figure.axes[0]
    assert left.get_title("left") == "MLP GAN\nafter epoch 50"
    rows = table[(table["gan"] == "mlp") & (table["epoch"] == 50)]
    bars = [bar for bar in left.patches if bar.get_width() < 1]
    np.testing.assert_allclose(
        [bar.get_height() for bar in bars], rows.groupby("digit")["share"].mean()
    )
    expected = interval_over_seeds(rows[rows["digit"] == 7]["share"].tolist())
    spans = {segment[0, 0]: segment[:, 1] for c in left.collections for segment in c.get_segments()}
    np.testing.assert_allclose(spans[7], [expected["low"], expected["high"]])
    assert left.get_ylim()[0] == 0
    assert left.get_ylim()[1] > max(span[1] for span in spans.values())
    assert [0.1, 0.1] in [list(line.get_ydata()) for line in left.lines]
    (band,) = [patch for patch in left.patches if patch.get_width() == 1]
    assert (band.get_y(), band.get_height()) == pytest.approx((0.05, 0.1))
    assert legend(figure) == ["10 %: as many of each", "5 to 15 %", "no such digit generated"]
    assert note(figure).replace("\n", " ") == (
        "10,000 generated digits; read by LeNet features: digits as they are; of 9,000 real test "
        "digits it reads 94.5 % with more than 95 % confidence; mean of 3 seeds; whisker: 95 % "
        "interval"
    )


def test_shares_over_the_epochs_have_a_map_of_their_own():
    table = make_classes()
    figure = classes.draw_classes(table, titles={"dcgan": "DCGAN"})
    image = figure.axes[2].images[0]
    rows = table.query("gan == 'dcgan' and epoch == 10 and digit == 9")
    assert image.get_array()[9, 1] == pytest.approx(rows["share"].mean())
    assert image.get_array()[3, 1] == 0
    assert not np.ma.getmaskarray(image.get_array()).any()
    assert image.get_clim() == (0, 0.2)
    assert figure.axes[2].get_xlabel() == "" != figure.axes[5].get_xlabel()


def test_a_map_is_how_much_of_each_digit_can_be_read():
    table = make_classes()
    figure = classes.draw_classes(table, titles={})
    image = figure.axes[1].images[0]
    cells = image.get_array()
    assert cells.shape == (10, 6)
    rows = table[(table["gan"] == "dcgan") & (table["epoch"] == 10) & (table["digit"] == 9)]
    assert cells[9, 1] == pytest.approx(rows["legible"].mean())
    hidden = np.ma.getmaskarray(cells)
    assert hidden[3, 1:].all(), "there is nothing to be read"
    assert hidden.sum() == 5
    assert image.get_clim() == (0, 1)
    assert image.get_cmap()(1.0) == style.BLUES(1.0)
    labels = [label.get_text() for label in figure.axes[1].get_xticklabels()]
    assert labels == [str(epoch) for epoch in SNAPSHOTS]
    bar = figure.axes[-1]
    assert bar.get_ylabel().replace("\n", " ") == "read with more than 95 % confidence"


def test_a_seed_without_a_digit_does_not_lower_how_well_the_others_are_read():
    table = make_classes((20,), ("dcgan",), 2)
    table.loc[table["digit"] != 3, "legible"] = 0.8
    table.loc[(table["digit"] == 5) & (table["seed"] == 1), ["share", "legible"]] = 0.0
    figure = classes.draw_classes(table, titles={})
    assert figure.axes[1].images[0].get_array()[5, 0] == pytest.approx(0.8)
    full = classes.draw_classes(table[table["digit"] != 3], titles={})
    assert np.ma.getmaskarray(full.axes[1].images[0].get_array())[3, 0]
    table.loc[:, "share"] = 0.1
    assert "no such digit generated" not in legend(classes.draw_classes(table, titles={}))


@pytest.mark.parametrize(
    ("epochs", "named"),
    [
        ((20,), [20]),
        (range(1, 201), [50, 100, 150, 200]),
        (range(1, 10), [2, 4, 6, 8]),
        ((1, 7, 13, 17, 19, 23, 29, 31, 37, 41), [7, 17, 23, 31, 41]),
    ],
)
def test_epochs_below_a_map_are_few_and_round_if_there_are_such(epochs, named):
    axes = classes.draw_classes(make_classes(epochs, ("dcgan",), 1), titles={}).axes[1]
    assert [label.get_text() for label in axes.get_xticklabels()] == [str(n) for n in named]
    assert list(axes.get_xticks()) == [list(epochs).index(epoch) for epoch in named]


# -------------------------------------------------------------------------------------- activation


def test_the_leaky_rectifier_stands_beside_the_plain_one():
    figure = activation.draw_activation(slope=0.2)
    left, right = figure.axes
    np.testing.assert_allclose(left.lines[0].get_xydata(), [[-3, -0.6], [0, 0], [3, 3]])
    np.testing.assert_allclose(right.lines[0].get_xydata(), [[-3, 0], [0, 0], [3, 3]])
    assert left.get_title("left") == "LeakyReLU, slope 0.2: f(x) = x if x > 0, else 0.2 x"
    assert right.get_title("left") == "ReLU: f(x) = x if x > 0, else 0"
    assert left.get_ylim() == right.get_ylim()
    for axes in figure.axes:
        assert axes.spines["left"].get_position() == axes.spines["bottom"].get_position() == "zero"
        assert {"x", "f(x)", "0", "3", f"{MINUS}3", f"{MINUS}1"} <= set(texts(axes))
        assert axes.get_aspect() == 1


# ------------------------------------------------------------------------------------------- seeds


def test_seeds_that_differ_are_told_and_names_keep_their_order():
    table = pd.concat([make_distances(gans=("a",), seed_count=1), make_distances(gans=("b",))])
    assert seeds.tell_seeds(table, "gan") == (
        "mean of 1 to 3 seeds; band: 95 % interval, where several"
    )
    assert list(seeds.order_names(table["gan"], {"c": "C", "b": "B"}).items()) == [
        ("b", "B"), ("a", "a")]  # fmt: skip
