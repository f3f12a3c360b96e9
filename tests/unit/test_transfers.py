"""Transfers of style and dreams around their loops: sources, files, numbers, figures, config."""

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from convatlas.data.made_pictures import make_picture
from convatlas.data.mandelbrot import draw_mandelbrot, escape_counts
from convatlas.errors import ConvatlasError
from convatlas.evaluation.transfers import (
    steps_to_stable,
    summarise_dreams,
    summarise_transfers,
)
from convatlas.figures.stills import plot_stills
from convatlas.figures.transfers import (
    arrange_dreams,
    arrange_transfers,
    draw_transfer_losses,
)
from convatlas.models.backbones import draw_backbone
from convatlas.synthesis.dream_scores import fineness, score_dream
from convatlas.synthesis.picture_files import Preview, save_picture
from convatlas.synthesis.sources import network_and_pictures

RANDOM = np.random.default_rng(0)


def picture(height=24, width=32):
    return RANDOM.integers(0, 256, (height, width, 3)).astype(np.uint8)


# ---- the fractal
def test_escape_counts_by_hand():
    points = np.array([0, -1, -2, 0.25, 3.0])
    counts = escape_counts(points + 0j, 50)
    # 0, -1 (0, -1, 0, ...), -2 (2, 2, ...) and the cusp stay for ever
    assert np.isnan(counts[:4]).all()
    # 3, 12, 147, 21612: the fourth is the first beyond 256
    assert counts[4] == pytest.approx(4 + 1 - np.log2(np.log(21612)))


def test_escape_counts_have_no_steps():
    """The smooth count is continuous where the whole one jumps."""
    line = np.linspace(0.4, 2, 20_001) + 0j
    counts = escape_counts(line, 200)
    assert np.abs(np.diff(counts)).max() < 0.05
    assert counts.max() - counts.min() > 3


def test_mandelbrot_is_mirrored_about_the_real_axis_and_black_within():
    whole = draw_mandelbrot(90, 61, view=(-0.6, 0.0, 3.0), iterations=60)
    assert whole.shape == (61, 90, 3)
    assert np.array_equal(whole, whole[::-1])
    # the middle row holds -0.6, of the great heart
    assert (whole[30, 45] == 0).all()
    assert (whole[0, 0] != 0).any()


@pytest.mark.parametrize("wrong", [{"width": 0}, {"view": (0, 0, 0)}, {"iterations": 0}])
def test_mandelbrot_of_nothing(wrong):
    with pytest.raises(ConvatlasError, match="above 0"):
        draw_mandelbrot(**wrong)


def test_made_pictures():
    for kind in ("pattern", "temple", "flower"):
        made = make_picture(kind, seed=0)
        assert made.dtype == np.uint8
        assert made.ndim == 3
    with pytest.raises(ConvatlasError, match="'temples' is made; pattern"):
        make_picture("temples", seed=0)


# ---- files
def test_picture_says_what_made_it(tmp_path):
    kept = picture()
    save_picture(tmp_path / "a.png", kept, made_by="VGG, never trained")
    opened = Image.open(tmp_path / "a.png")
    assert np.array_equal(np.asarray(opened), kept)
    assert "VGG, never trained" in opened.text["Description"]


def test_preview_stays_only_of_what_failed(tmp_path):
    path = tmp_path / "picture.png"
    beside = tmp_path / "picture.preview.png"
    with Preview(path) as preview:
        preview(picture())
        assert Image.open(beside).size == (32, 24)
    assert not beside.exists()
    shown = picture()

    def stopped():
        with Preview(path) as preview:
            preview(shown)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert np.array_equal(np.asarray(Image.open(beside)), shown)
    assert not path.exists()


def test_sources_are_shrunk_not_enlarged(tmp_path):
    for name, size in (("a", (64, 48)), ("b", (20, 40))):
        Image.fromarray(picture(*size[::-1])).save(tmp_path / f"{name}.png")
    asked = [(tmp_path / "a.png", 32), (tmp_path / "b.png", 64), (tmp_path / "a.png", 16)]
    network, read = network_and_pictures("drawn", None, asked, seed=0)
    assert [each.shape for each in read] == [(24, 32, 3), (40, 20, 3), (12, 16, 3)]
    assert not network.pretrained


# ---- numbers
def test_steps_to_stable():
    losses = pd.Series([10.0, 5.0, 1.0, 0.05, 0.0, 0.02, 0.0], index=[3, 4, 5, 6, 7, 8, 9])
    # a hundredth of the way is 0.1: the fourth is the first that stays within it
    assert steps_to_stable(losses) == 4
    assert steps_to_stable(pd.Series([2.0, 2.0])) == 1
    assert steps_to_stable(pd.Series([0.0, 1.0])) == 2


def history(content, style):
    return pd.DataFrame({"loss": style, "content": content, "style": style, "step": range(1, 4)})


def test_transfers_are_set_beside_one_another():
    histories = {
        "a": history([0, 0.1, 0.2], [1, 0.9, 0.8]),
        "b": history([0, 0.3, 0.6], [1, 0.4, 0.2]),
    }
    metrics = summarise_transfers(histories, {"a": "vgg", "b": "drawn"}, ["a", "b", "c"])
    assert metrics["b"]["content_over_previous"]["mean"] == pytest.approx(3)
    assert metrics["b"]["style_over_previous"]["mean"] == pytest.approx(0.25)
    assert metrics["b"]["style_of_start"]["mean"] == pytest.approx(0.2)
    # what either rests on is told
    assert (metrics["b"]["dataset"], metrics["b"]["behind"]) == ("drawn", ["vgg"])
    assert "content_over_previous" not in metrics["a"]


def test_dreams_are_set_beside_one_another():
    scores = {"a": {"fineness": 0.3, "answer": 2.0}, "b": {"fineness": 0.1, "answer": 5.0}}
    metrics = summarise_dreams(scores, {"a": "vgg", "b": "vgg"}, ["a", "b"])
    assert metrics["b"]["fineness_over_previous"]["mean"] == pytest.approx(1 / 3)
    assert metrics["a"]["answer"]["mean"] == 2


def test_fineness_of_a_wave_is_its_frequency():
    x = np.arange(64)
    wave = np.cos(2 * np.pi * x / 8)[None, :, None] * np.ones((32, 1, 3))
    assert fineness(wave + 5) == pytest.approx(1 / 8)
    assert fineness(np.cos(np.pi * (x[:32, None] + x))[..., None]) == pytest.approx(np.sqrt(0.5))
    with pytest.raises(ConvatlasError, match="changes nothing"):
        fineness(np.ones((8, 8, 3)))


def test_score_of_a_dream():
    before, after = picture(32, 40), picture(32, 40)
    pixels = torch.from_numpy(np.stack([before, after])).permute(0, 3, 1, 2) / 255
    network = draw_backbone(pixels, seed=0, widths=(4, 6, 8, 8, 8))
    scores = score_dream(network, before, after, ["relu1_1", "conv2_1"])
    layers = ["relu1_1", "conv2_1"]
    with torch.inference_mode():
        found = [network(each[None], layers).values() for each in pixels]
    answers = [sum(layer.double().square().mean() for layer in each) for each in found]
    assert scores["answer"] == pytest.approx((answers[1] / answers[0]).item(), rel=1e-6)
    assert scores["moved"] == pytest.approx(np.abs(before.astype(int) - after.astype(int)).mean())
    of_one = score_dream(network, before, after, ["conv2_1"], channel=3)
    one = [network(each[None], ["conv2_1"])["conv2_1"][:, 3].square().mean() for each in pixels]
    assert of_one["answer"] == pytest.approx((one[1] / one[0]).item(), rel=1e-6)


def test_what_nothing_answered_before_has_no_ratio():
    before, after = picture(32, 40), picture(32, 40)
    pixels = torch.from_numpy(np.stack([before, after])).permute(0, 3, 1, 2) / 255
    network = draw_backbone(pixels, seed=0, widths=(4, 6, 8, 8, 8))
    layer = network.convolutions["conv2_1"]
    with torch.no_grad():
        layer.weight[3], layer.bias[3] = 0, -1
    scores = score_dream(network, before, after, ["relu2_1"], channel=3)
    assert scores["answer"] is None
    assert summarise_dreams({"dead": scores}, {"dead": "drawn"}, [])["dead"].keys() == {
        "moved", "fineness", "dataset",
    }  # fmt: skip


@pytest.mark.parametrize("width", [20, 21])
def test_fineness_is_that_of_the_whole_spectrum(width):
    change = np.random.default_rng(0).normal(size=(18, width, 3))
    power = (np.abs(np.fft.fft2(change, axes=(0, 1))) ** 2).sum(2)
    power[0, 0] = 0
    frequency = np.hypot(np.fft.fftfreq(18)[:, None], np.fft.fftfreq(width)[None])
    assert fineness(change) == pytest.approx((power * frequency).sum() / power.sum())


# ---- figures
def test_the_same_sources_are_shown_once():
    photograph, style, other = picture(), picture(), picture()
    captions = [{"title": name, "styles": 1, "untrained": False} for name in "abcd"]
    made = [picture() for _ in captions]
    rows = arrange_transfers([photograph] * 4, [style] * 4, made, captions)
    assert [[title for title, _ in row] for row in rows] == [
        ["photograph", "style"], ["a", "b", "c"], ["d"],
    ]  # fmt: skip
    rows = arrange_transfers([photograph] * 2, [style, other], made[:2], captions[:2])
    assert [[title for title, _ in row] for row in rows] == [
        ["photograph", "style", "a"], ["photograph", "style", "b"],
    ]  # fmt: skip
    assert rows[1][1][1] is other


def test_styles_go_with_their_own_picture():
    captions = [
        {"title": "a", "styles": 2, "untrained": False},
        {"title": "b", "styles": 1, "untrained": True},
    ]
    styles = [picture() for _ in range(3)]
    rows = arrange_transfers([picture(), picture()], styles, [picture(), picture()], captions)
    assert [pair[1] is style for pair, style in zip(rows[0][1:3], styles[:2], strict=True)]
    assert rows[1][1][1] is styles[2]
    assert rows[1][2][0] == "b (untrained network)"


def test_dreams_of_one_photograph_are_beside_one_another():
    photograph = picture()
    captions = [{"title": name, "untrained": False} for name in "ab"]
    made = [picture(), picture()]
    rows = arrange_dreams([photograph] * 2, made, captions)
    assert [title for row in rows for title, _ in row] == ["photograph", "a", "b"]
    rows = arrange_dreams([photograph, picture()], made, captions)
    assert [[title for title, _ in row] for row in rows] == [
        ["photograph", "a"],
        ["photograph", "b"],
    ]


def test_losses_are_drawn_as_they_are():
    figure = draw_transfer_losses([("a", history([0, 0.1, 0.2], [1, 0.9, 0.8]))])
    lines = figure.axes[0].get_lines()
    # a content loss of nothing has no place on a log scale
    assert lines[0].get_xydata().tolist() == [[2, 0.1], [3, 0.2]]
    assert lines[1].get_ydata().tolist() == [1, 0.9, 0.8]
    with pytest.raises(ConvatlasError, match="style"):
        draw_transfer_losses([("a", pd.DataFrame({"step": [1], "content": [1]}))])


def test_photographs_are_saved_small_and_alike(tmp_path):
    x, y = np.meshgrid(np.linspace(0, 255, 320), np.linspace(0, 255, 240))
    smooth = np.stack((x, y, 255 - x), 2)
    photograph = (smooth + RANDOM.normal(0, 4, smooth.shape)).clip(0, 255).astype(np.uint8)
    for name in ("a.jpg", "b.jpg", "a.png"):
        plot_stills([[("photograph", photograph)]], tmp_path / name)
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()
    assert (tmp_path / "a.jpg").stat().st_size < (tmp_path / "a.png").stat().st_size / 3
    opened = [Image.open(tmp_path / name).convert("RGB") for name in ("a.jpg", "a.png")]
    found, exact = (np.asarray(picture, float) for picture in opened)
    assert np.abs(found - exact).mean() < 3
