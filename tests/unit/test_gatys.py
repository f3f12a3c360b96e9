"""Style by optimisation: its loss by hand, its ends, its options, the same picture twice."""

import weakref

import numpy as np
import pytest
import torch

from convatlas.errors import ConvatlasError
from convatlas.models.backbones import draw_backbone
from convatlas.stylization.pixels import tensor_of
from convatlas.synthesis.gatys import STRETCH, _Run, transfer_style
from convatlas.synthesis.gatys_loss import GatysLoss
from convatlas.synthesis.gatys_settings import GatysSettings
from convatlas.training.checkpoint import Checkpoint

RANDOM = np.random.default_rng(0)


def blocks(height, width, most=256):
    small = RANDOM.integers(0, most, (height // 8, width // 8, 3)).astype(np.uint8)
    return small.repeat(8, 0).repeat(8, 1)


CONTENT, STYLE, OTHER = blocks(48, 64), blocks(64, 64, 120), blocks(40, 56)
LAYERS = {"content_layers": ("relu2_1",), "style_layers": ("relu1_1", "relu2_1", "relu3_1")}
FEW = GatysSettings(steps=20, **LAYERS)


@pytest.fixture(scope="module")
def network():
    pictures = torch.from_numpy(np.stack([CONTENT[:40, :56], OTHER])).permute(0, 3, 1, 2) / 255
    return draw_backbone(pictures, seed=0, widths=(4, 6, 8, 8, 8))


def unit(picture):
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


def change(**settings):
    return GatysSettings(**{"steps": 20, **LAYERS, **settings})


def test_terms_by_hand(network):
    loss = GatysLoss(network, unit(CONTENT), [unit(STYLE), unit(OTHER)], [0.25, 0.75], **LAYERS)
    picture = unit(blocks(48, 64))
    content, style, roughness = loss(picture).tolist()
    found = {
        name: network(pixels, LAYERS["style_layers"])
        for name, pixels in (
            ("made", picture), ("content", unit(CONTENT)), ("a", unit(STYLE)), ("b", unit(OTHER)),
        )
    }  # fmt: skip

    def gram(name, layer):
        flat = found[name][layer][0].double().flatten(1)
        return flat @ flat.T / flat.numel()

    def size(name, layer):
        return gram(name, layer).square().sum()

    kept = found["content"]["relu2_1"]
    expected = ((found["made"]["relu2_1"] - kept) ** 2).mean() / (kept**2).mean()
    assert content == pytest.approx(expected.item(), rel=1e-5)
    terms = [
        share * (gram("made", layer) - gram(name, layer)).square().sum() / size(name, layer)
        for share, name in ((0.25, "a"), (0.75, "b"))
        for layer in LAYERS["style_layers"]
    ]  # fmt: skip
    assert style == pytest.approx(sum(terms).item() / 3, rel=1e-4)
    assert roughness > 0


def test_nothing_is_to_be_done_where_content_is_style(network):
    made, table = transfer_style(network, CONTENT, [CONTENT], FEW)
    np.testing.assert_array_equal(made, CONTENT)
    assert table["loss"].iloc[0] < 1e-9


def test_gradients_are_those_of_differences(network):
    double = draw_backbone(unit(OTHER), seed=1, widths=(4, 6, 8, 8, 8)).double()
    tensors = [unit(p)[..., :32, :32].double() for p in (CONTENT, STYLE)]
    loss = GatysLoss(double, tensors[0], tensors[1:], [1.0], **LAYERS)
    picture = torch.rand(1, 3, 32, 32, dtype=torch.double, requires_grad=True)
    weights = torch.tensor([1.0, 10.0, 0.1], dtype=torch.double)
    total = (loss(picture) * weights).sum()
    (gradient,) = torch.autograd.grad(total, picture)
    way = torch.randn(picture.shape, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    step = 1e-6
    with torch.no_grad():
        ends = [(loss(picture + sign * step * way) * weights).sum() for sign in (1, -1)]
    assert ((ends[0] - ends[1]) / (2 * step)).item() == pytest.approx(
        (gradient * way).sum().item(), rel=1e-4
    )


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
@pytest.mark.parametrize("start", ["content", "style", "noise"])
def test_the_loss_falls_and_the_same_picture_comes_twice(network, optimizer, start):
    settings = change(optimizer=optimizer, start=start, steps=40, tolerance_levels=0)
    made, table = transfer_style(network, CONTENT, [STYLE], settings, seed=3)
    assert made.shape == CONTENT.shape
    assert made.dtype == np.uint8
    assert table["loss"].iloc[-1] < 0.7 * table["loss"].iloc[0]
    assert table["step"].tolist() == list(range(1, 41))
    again, _ = transfer_style(network, CONTENT, [STYLE], settings, seed=3)
    np.testing.assert_array_equal(made, again)
    other, _ = transfer_style(network, CONTENT, [STYLE], settings, seed=4)
    assert (other != made).any() == (start == "noise")


def test_what_is_shown_has_the_loss_that_is_told(network):
    """Values beyond black and white would have less, but nobody sees them."""
    one, more = (change(steps=steps, tolerance_levels=0) for steps in (60, 61))
    made, _ = transfer_style(network, CONTENT, [STYLE], one)
    # the same way, and a step further: its last loss is that of the picture that 60 steps make
    _, table = transfer_style(network, CONTENT, [STYLE], more)
    loss = GatysLoss(network, unit(CONTENT), [unit(STYLE)], [1.0], **LAYERS)
    content, style, _ = loss(unit(made)).tolist()
    told = table["loss"].iloc[-1]
    assert content + 100 * style == pytest.approx(told, rel=0.02)  # levels are rounded


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_so_many_steps_are_taken_as_are_asked_for(network, optimizer):
    full = change(optimizer=optimizer, steps=40, tolerance_levels=0)
    _, whole = transfer_style(network, CONTENT, [STYLE], full)
    for steps in (1, 7, 33):
        few = change(optimizer=optimizer, steps=steps, tolerance_levels=0)
        told = []
        _, table = transfer_style(
            network, CONTENT, [STYLE], few, progress=lambda *a, told=told: told.append(a)
        )
        assert table.equals(whole.head(steps))
        assert told[-1][:2] == (steps, steps)
        assert len(told) == steps


def test_steps_of_lbfgs_are_those_of_one_long_call(network):
    """Torch's optimizer, asked for all iterations at once, comes past the same losses."""
    content, style = (tensor_of(picture[None], "cpu") for picture in (CONTENT, STYLE))
    loss = GatysLoss(network, content, [style], [1.0], **LAYERS)
    values, seen = content.clone().contiguous().requires_grad_(), []

    def evaluate():
        values.grad = None
        with torch.no_grad():
            values.clamp_(0, 1)
        terms = loss(values.contiguous(memory_format=torch.channels_last))
        total = terms[0] + 100.0 * terms[1]
        total.backward()
        seen.append(total.item())
        return total

    torch.optim.LBFGS(
        [values], max_iter=33, max_eval=33, history_size=10, tolerance_grad=0, tolerance_change=0
    ).step(evaluate)
    _, table = transfer_style(network, CONTENT, [STYLE], change(steps=33, tolerance_levels=0))
    assert table["loss"].tolist() == seen


def test_weights_order_content_and_style(network):
    """`palacios`, figures 3 to 8: the heavier the style, the nearer it is, and the less is left."""
    ends = []
    for content_weight, style_weight in ((100, 1), (1, 100), (1, 5000)):
        weights = {"content_weight": content_weight, "style_weight": style_weight}
        settings = change(**weights, steps=300, tolerance_levels=0)
        _, table = transfer_style(network, CONTENT, [STYLE], settings)
        ends.append(table.iloc[-1])
    contents, styles = ([end[term] for end in ends] for term in ("content", "style"))
    assert contents == sorted(contents)
    assert styles == sorted(styles, reverse=True)


def test_a_still_picture_ends_before_its_steps(network):
    settings = change(content_weight=1000, style_weight=0.01, steps=400, tolerance_levels=0.5)
    _, table = transfer_style(network, CONTENT, [STYLE], settings)
    assert len(table) < 400


def test_scales_end_at_the_full_size(network):
    seen = []
    settings = change(scales=2, tolerance_levels=0)
    made, table = transfer_style(network, CONTENT, [STYLE], settings, preview=seen.append)
    assert made.shape == CONTENT.shape
    assert table["width"].drop_duplicates().tolist() == [32, 64]
    assert seen[-1].shape == CONTENT.shape


def test_what_a_mask_leaves_is_the_photograph(network):
    mask = np.zeros(CONTENT.shape[:2], np.uint8)
    mask[:, 32:] = 255
    for color in ("style", "luminance", "histogram"):
        made, _ = transfer_style(network, CONTENT, [STYLE], change(color=color), mask=mask)
        np.testing.assert_array_equal(made[:, :32], CONTENT[:, :32])
        assert np.abs(made[:, 32:].astype(int) - CONTENT[:, 32:]).mean() > 1


def test_colours_of_the_photograph_are_kept(network):
    made, _ = transfer_style(network, CONTENT, [STYLE], change(color="histogram", steps=60))
    plain, _ = transfer_style(network, CONTENT, [STYLE], change(steps=60))

    def apart(picture):
        return np.abs(picture.mean((0, 1)) - CONTENT.mean((0, 1))).max()

    assert apart(made) < 0.5 * apart(plain)


def test_a_stopped_run_goes_on_to_the_same_picture(network, tmp_path):
    settings = change(scales=2, steps=40, tolerance_levels=0)
    expected, table = transfer_style(network, CONTENT, [STYLE], settings)

    class Stop(Exception):  # noqa: N818 - no error
        pass

    for stops in (1, 25, 40, 63):
        checkpoint = Checkpoint(tmp_path / f"{stops}.pt", "same", every_seconds=0)
        calls = []

        def stop(*step, calls=calls, stops=stops):
            calls.append(step)
            if len(calls) == stops + 1:
                raise Stop

        with pytest.raises(Stop):
            transfer_style(
                network, CONTENT, [STYLE], settings, checkpoint=checkpoint, progress=stop
            )
        made, resumed = transfer_style(network, CONTENT, [STYLE], settings, checkpoint=checkpoint)
        np.testing.assert_array_equal(made, expected)
        assert resumed.equals(table)


def test_what_was_loaded_to_go_on_does_not_stay_in_memory(network, tmp_path):
    class State(dict):  # of which it can be told whether it is still there
        pass

    loaded = []

    class Watched(Checkpoint):
        def load(self):
            if (state := super().load()) is None:
                return None
            state = State(state)
            loaded.append(weakref.ref(state))
            return state

    class Stop(Exception):  # noqa: N818 - no error
        pass

    def stop(done, *_):
        if done == 3:
            raise Stop

    checkpoint, settings = Watched(tmp_path / "c.pt", "same", every_seconds=0), change(steps=5)
    with pytest.raises(Stop):
        transfer_style(network, CONTENT, [STYLE], settings, checkpoint=checkpoint, progress=stop)
    gone = []
    transfer_style(
        network, CONTENT, [STYLE], settings, checkpoint=checkpoint,
        progress=lambda *_: gone.append(loaded[0]() is None),
    )  # fmt: skip
    assert gone == [True, True, True]  # the third step is of after the last save


def test_movement_beyond_black_and_white_is_none(network):
    run = _Run(network, CONTENT, [STYLE], [1.0], FEW, None, None, 0)
    run.step()
    run.taken = STRETCH
    run.before = torch.zeros_like(run.before)
    run.values.data.fill_(-3)
    assert run._still()
    run.taken = STRETCH
    run.values.data.fill_(1)
    assert not run._still()


def test_what_does_not_fit_is_told(network):
    for styles, options, words in (
        ([], {}, "there is no style picture"),
        ([STYLE[..., 0]], {}, "a style picture is uint8 of shape"),
        ([STYLE], {"shares": [1, 1]}, "1 styles have shares"),
        ([STYLE], {"shares": [-1]}, "none below 0"),
        ([STYLE], {"mask": np.zeros((3, 4), np.uint8)}, "the mask's shape"),
    ):
        with pytest.raises(ConvatlasError, match=words):
            transfer_style(network, CONTENT, styles, FEW, **options)
    with pytest.raises(ConvatlasError, match="finds nothing in a style picture"):
        GatysLoss(
            _Dead(), unit(CONTENT), [unit(STYLE)], [1.0], content_layers=(), style_layers=("x",)
        )
    for key, value in (("start", "grey"), ("optimizer", "sgd"), ("color", "own")):
        with pytest.raises(ConvatlasError, match=f"{key} '{value}' is none of"):
            change(**{key: value})
    with pytest.raises(ConvatlasError, match="all weights of a picture are 0"):
        change(content_weight=0, style_weight=0)
    with pytest.raises(ConvatlasError, match="steps of a picture is 0"):
        change(steps=0)


class _Dead(torch.nn.Module):
    """A network of which nothing comes."""

    def forward(self, pictures, layers):
        return dict.fromkeys(layers, 0 * pictures)


def test_a_loss_that_is_no_number_is_told(network):
    settings = change(optimizer="adam", style_weight=1e38)
    with pytest.raises(ConvatlasError, match=r"not a finite number at step .* of 64x48"):
        transfer_style(network, CONTENT, [STYLE], settings)
