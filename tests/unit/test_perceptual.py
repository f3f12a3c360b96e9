"""Perceptual losses by hand, and the loop that trains a stylizer by them."""

import numpy as np
import pytest
import torch
from torch import nn

from convatlas.data.drawn_style import draw_style
from convatlas.data.pan import chord, pan_frames, sample_photographs
from convatlas.data.photographs import square_photographs
from convatlas.errors import ConvatlasError
from convatlas.models.backbones import draw_backbone
from convatlas.models.registry import build_model
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.perceptual import MEASURES, train_stylizer
from convatlas.training.perceptual_losses import (
    PerceptualLoss,
    gram_matrix,
    gram_sum,
    total_variation,
)
from convatlas.training.perceptual_settings import PerceptualSettings

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 24, 28, 3)).astype(np.uint8)
STYLE = np.random.default_rng(1).integers(0, 256, (20, 22, 3)).astype(np.uint8)
LAYERS = {"content_layers": ["relu2_1"], "style_layers": ["relu1_1", "relu2_1"]}
SMALL = {**LAYERS, "steps": 5, "batch_size": 2, "crop_pixels": 16}
FULL = {**SMALL, "stability_weight": 0.5}


def unit(images):
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


@pytest.fixture(scope="module")
def backbone():
    return draw_backbone(unit(IMAGES), seed=0, convolutions=(1, 2), widths=(4, 6))


def network(seed=0):
    options = {"channels": 2, "residual_blocks": 1}
    return build_model("single_style.SingleStyle", seed=seed, options=options)


def train(backbone, *, seed=0, settings=SMALL, images=IMAGES, style=STYLE, model=None, **options):
    model = network() if model is None else model
    history = train_stylizer(
        model,
        backbone,
        images=images,
        style=style,
        settings=PerceptualSettings.of(settings),
        seed=seed,
        **options,
    )
    return model, history


def weights(model):
    return torch.cat([value.double().flatten() for value in model.state_dict().values()])


def test_gram_matrix_is_equation_3():
    features = torch.randn(2, 5, 3, 4, dtype=torch.float64)
    wanted = torch.einsum("nchw,ndhw->ncd", features, features) / (5 * 3 * 4)
    torch.testing.assert_close(gram_matrix(features), wanted)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gradients_of_gram_sums_are_those_of_finite_differences(layout):
    features = torch.randn(2, 3, 4, 5, dtype=torch.float64).contiguous(memory_format=layout)
    assert torch.autograd.gradcheck(gram_sum, features.requires_grad_())
    (gradient,) = torch.autograd.grad(gram_sum(features).square().sum(), features)
    assert gradient.is_contiguous(memory_format=layout)


def test_total_variation_is_that_of_the_steps():
    picture = torch.zeros(1, 1, 3, 4)
    picture[0, 0, 1, 2] = 2.0  # two steps of 2 down, of 8; two to the side, of 9
    assert total_variation(picture).item() == pytest.approx(2 * 4 / 8 + 2 * 4 / 9)


def test_losses_are_those_of_the_paper_written_out(backbone):
    backbone = backbone.double()
    style, content, made = (x.double() for x in (unit(STYLE[None]), *unit(IMAGES[:2])[:, None]))
    loss = PerceptualLoss(backbone, style, **LAYERS)
    found_content, found_style = loss(made, content)
    features = {
        name: backbone(x, ["relu1_1", "relu2_1"])
        for name, x in (("style", style), ("content", content), ("made", made))
    }
    a, b, c = (features[name]["relu2_1"] for name in ("made", "content", "style"))
    wanted = (a - b).square().mean() / c.square().mean()
    torch.testing.assert_close(found_content, wanted)
    terms = []
    for layer in ("relu1_1", "relu2_1"):
        grams = {}
        for name in ("made", "style"):
            flat = features[name][layer][0].flatten(1)
            grams[name] = flat @ flat.T / flat.numel()
        apart = torch.linalg.matrix_norm(grams["made"] - grams["style"]) ** 2
        terms.append(apart / torch.linalg.matrix_norm(grams["style"]) ** 2)
    torch.testing.assert_close(found_style, (terms[0] + terms[1]) / 2)
    backbone.float()


def test_the_style_itself_is_at_0_and_nothing_at_1(backbone):
    style = unit(STYLE[None])
    loss = PerceptualLoss(backbone, style, **LAYERS)
    assert [float(x) for x in loss(style, style)] == [0, 0]
    loss.grams = {name: 0 * gram for name, gram in loss.grams.items()}
    assert float(loss(style, style)[1]) == pytest.approx(1)


def test_gradients_are_those_of_differences(backbone):
    backbone = backbone.double()
    loss = PerceptualLoss(backbone, unit(STYLE[None]).double(), **LAYERS)
    content = unit(IMAGES).double()
    generator = torch.Generator().manual_seed(0)
    made, direction = torch.rand((2, *content.shape), dtype=torch.float64, generator=generator)
    made.requires_grad_()

    def total(x):
        return sum(loss(x, content)) + total_variation(x)

    total(made).backward()
    with torch.no_grad():  # so small a step that few ReLUs change sides
        slope = (total(made + 1e-8 * direction) - total(made - 1e-8 * direction)) / 2e-8
    assert (made.grad * direction).sum().item() == pytest.approx(slope.item(), rel=1e-4)
    backbone.float()


def test_history_holds_the_weighted_sum_of_every_step(backbone):
    settings = {**FULL, "content_weight": 2.0, "style_weight": 3.0, "total_variation_weight": 5.0}
    model, history = train(backbone, settings=settings)
    assert history["step"].tolist() == [1, 2, 3, 4, 5]
    parts = history[list(MEASURES[1:])].to_numpy()
    np.testing.assert_allclose(parts @ [2, 3, 5, 0.5], history["loss"], rtol=1e-6)
    assert (parts > 0).all()
    assert history["seconds"].is_monotonic_increasing
    assert not model.training


def test_training_takes_the_style_and_leaves_the_feature_network_alone(backbone):
    before = weights(backbone)
    settings = {**SMALL, "steps": 60, "learning_rate": 0.02, "style_weight": 3.0}
    _, history = train(backbone, settings=settings)
    first, last = history["style"][:5].mean(), history["style"][-5:].mean()
    assert last < 0.5 * first
    assert torch.equal(weights(backbone), before)


def test_the_rate_falls_along_half_a_cosine():
    settings = PerceptualSettings(steps=10, learning_rate=0.4)
    assert settings.rate(0) == 0.4
    assert settings.rate(5) == pytest.approx(0.2)
    assert PerceptualSettings(steps=10, learning_rate=0.4, cosine=False).rate(9) == 0.4


def test_crops_are_squares_of_the_pictures_seen_as_they_are_or_in_a_mirror(backbone):
    # every pixel says where it is: red the row, green the column, blue the picture
    rows, columns = np.mgrid[:24, :28]
    images = np.stack([np.dstack([rows, columns, 0 * rows + n]) for n in range(3)])
    seen = []

    class Watching(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(()))

        def forward(self, x):
            seen.append((255 * x).round().int())
            return self.weight * x

    train(
        backbone, images=images.astype(np.uint8), model=Watching(), settings={**SMALL, "steps": 30}
    )
    crops = torch.cat(seen)
    assert crops.shape == (60, 3, 16, 16)
    down, right = crops[:, 0].diff(dim=1), crops[:, 1].diff(dim=2)
    assert (down == 1).all()
    mirrored = (right == -1).flatten(1).all(1)
    assert ((right == 1).flatten(1).all(1) | mirrored).all()
    assert 10 < mirrored.sum() < 50
    assert set(crops[:, 2].flatten().tolist()) == {0, 1, 2}
    assert set(crops[:, 0, 0, 0].tolist()) == set(range(9))  # 24 - 16 + 1 places
    assert crops[:, 1].max() == 27


def test_the_same_seed_gives_the_same_bits_and_another_does_not(backbone):
    before = torch.get_rng_state()
    one, other, third = (train(backbone, settings=FULL, seed=seed)[0] for seed in (1, 1, 2))
    assert torch.equal(weights(one), weights(other))
    assert not torch.equal(weights(one), weights(third))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("stop", [1, 2, 4])
def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path, backbone, stop):
    whole, history = train(backbone, settings=FULL)

    class Stopped(Exception):  # noqa: N818
        pass

    calls = []

    def progress(done, total, where):
        calls.append((done, total, where))
        if len(calls) == stop + 1:
            raise Stopped

    checkpoint = Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    with pytest.raises(Stopped):
        train(backbone, settings=FULL, checkpoint=checkpoint, progress=progress)
    assert calls[0] == (2, 10, "step 1/5")
    resumed, again = train(backbone, settings=FULL, checkpoint=Checkpoint(tmp_path / "c.pt", "f"))
    assert torch.equal(weights(resumed), weights(whole))
    np.testing.assert_array_equal(again[list(MEASURES)], history[list(MEASURES)])
    assert again["seconds"].is_monotonic_increasing


def test_weights_that_are_no_numbers_are_told_and_not_kept(tmp_path, backbone):
    model, checkpoint = network(), Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)

    def progress(done, total, where):
        if where == "step 3/5":  # before the checkpoint of the third step
            with torch.no_grad():
                next(model.parameters()).fill_(float("nan"))

    with pytest.raises(ConvatlasError, match=r"weights is not a finite number at step 3\. Lower"):
        train(backbone, model=model, checkpoint=checkpoint, progress=progress)
    kept = torch.load(tmp_path / "c.pt", weights_only=True)["state"]
    assert kept["step_number"] == 2
    assert all(torch.isfinite(value).all() for value in kept["network"].values())


def test_a_loss_that_is_no_number_names_the_step(backbone):
    settings = {**SMALL, "steps": 3, "style_weight": 1e38, "learning_rate": 1e30}
    with pytest.raises(ConvatlasError, match=r"not a finite number at step [123]\. Lower"):
        train(backbone, settings=settings)


def test_bad_pictures_and_settings_are_told(backbone):
    with pytest.raises(ConvatlasError, match=r"images: 3 of 28x24 .* cut to 30"):
        train(backbone, settings={**SMALL, "crop_pixels": 30})
    with pytest.raises(ConvatlasError, match=r"images .* float64"):
        train(backbone, images=IMAGES / 255)
    with pytest.raises(ConvatlasError, match=r"images: 0 of"):
        train(backbone, images=IMAGES[:0])
    with pytest.raises(ConvatlasError, match=r"the style picture .*\(20, 22\)"):
        train(backbone, style=STYLE[..., 0])
    with pytest.raises(ConvatlasError, match=r"1x1 pixels is too small for .* relu2_1"):
        train(backbone, style=STYLE[:1, :1])
    with pytest.raises(ConvatlasError, match=r"steps .* is 0"):
        PerceptualSettings(steps=0)
    with pytest.raises(ConvatlasError, match="needs content_layers"):
        PerceptualSettings(steps=1, style_layers=())


def test_a_style_in_which_nothing_is_found_is_told(backbone):
    silent = draw_backbone(unit(IMAGES), seed=0, convolutions=(1, 2), widths=(4, 6))
    with torch.no_grad():
        silent.convolutions["conv2_1"].bias.fill_(-1e3)
    with pytest.raises(ConvatlasError, match=r"nothing in the style picture at relu2_1"):
        PerceptualLoss(silent, unit(STYLE[None]), **LAYERS)


def test_photographs_are_scaled_and_cut_in_the_middle():
    square = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    wide = np.zeros((16, 64, 3), np.uint8)
    wide[:, 24:40] = square  # in the middle
    found = square_photographs([square, wide], 16)
    assert found.shape == (2, 16, 16, 3)
    assert np.array_equal(found[0], square)
    assert np.array_equal(found[1], square)
    assert square_photographs([wide], 4).shape == (1, 4, 4, 3)
    with pytest.raises(ConvatlasError, match="no photographs"):
        square_photographs([], 16)


def test_the_drawn_style_has_its_colours_and_its_seed():
    style = draw_style(96, seed=1)
    assert style.shape == (96, 96, 3)
    assert style.dtype == np.uint8
    assert np.array_equal(style, draw_style(96, seed=1))
    assert not np.array_equal(style, draw_style(96, seed=2))
    assert style.max() - style.min() > 200
    chroma = style.max(2).astype(int) - style.min(2)
    assert np.median(chroma) > 80  # strong colours, unlike a photograph


def test_the_pan_is_slow_and_cuts_once():
    frames = pan_frames(60, width=96, height=54)
    assert frames.shape == (60, 54, 96, 3)
    assert np.array_equal(frames, pan_frames(60, width=96, height=54))
    steps = np.abs(np.diff(frames.astype(float), axis=0)).mean((1, 2, 3))
    assert steps.argmax() == 29  # from the thirtieth frame to the next
    others = np.delete(steps, 29)
    assert others.max() < 0.5 * steps[29]
    assert others.max() > 1
    first = sample_photographs()[0]
    assert abs(frames[0].mean() - first.mean()) < 40
    with pytest.raises(ConvatlasError, match="700x54"):
        pan_frames(3, width=700, height=54)
    assert pan_frames(1, width=33, height=21).shape == (1, 21, 33, 3)


def test_the_chord_has_its_tones_comes_and_goes():
    sound = chord(2.0, sample_rate=8000)
    assert sound.shape == (16_000, 2)
    assert sound.dtype == np.int16
    assert 2000 < np.abs(sound).max() < 12_000
    assert np.abs(sound[[0, -1]]).max() < 10
    spectrum = np.abs(np.fft.rfft(sound[:, 0].astype(float)))
    loudest = np.argsort(spectrum)[::-1][:12] / 2
    for tone in (220.0, 277.18, 329.63):
        assert np.abs(loudest - tone).min() < 1
