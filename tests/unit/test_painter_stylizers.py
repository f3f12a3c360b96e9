"""Painters as what restyles videos: exported, loaded, frames of any size, one after another."""

import numpy as np
import pytest
import torch
from PIL import Image

from convatlas.models.backbone_files import build_backbone
from convatlas.models.cyclegan import PaintedFrames
from convatlas.models.gan_files import load_generator, save_pair
from convatlas.models.painter_files import as_stylizer
from convatlas.models.registry import build_model, save_weights
from convatlas.stylization.inversion import InvertingStylizer
from convatlas.stylization.loading import load_stylizer
from convatlas.stylization.options import StylizationOptions
from convatlas.synthesis.gatys import transfer_style
from convatlas.synthesis.gatys_settings import GatysSettings

STYLE = {"resolution": 16, "latent_dim": 8, "channel_base": 64, "channel_max": 8}
CYCLE = {"channels": 2, "blocks": 1}
FRAMES = np.random.default_rng(0).integers(0, 256, (3, 19, 30, 3), np.uint8)
ASKED = {"steps": 4, "steps_after": 2, "learning_rate": 0.05, "layers": ["relu1_1"]}


def exported(tmp_path, network, options, name):
    """What rule export_painter writes, of a pair that was saved as training saves it."""
    pair = build_model(network, seed=0, options=options)
    save_pair(tmp_path / "pair.pt", pair, averaged=None, network=network)
    generator = load_generator(tmp_path / "pair.pt", network=network, options=options)
    save_weights(as_stylizer(generator), tmp_path / "weights.pt", network=name)
    return pair, tmp_path / "weights.pt"


def load(path, style):
    return load_stylizer(
        {"strength": 1.0, "stabilise": False, **style},
        weights=path,
        pictures=[],
        mask=None,
        device="cpu",
    )


def test_a_translator_paints_frames_of_any_size(tmp_path):
    pair, path = exported(tmp_path, "cyclegan.CycleGAN", {**CYCLE, "halvings": 1}, "translator")
    painted = load(path, {"network": "translator", "options": CYCLE})(FRAMES)
    assert painted.shape == FRAMES.shape
    whole = FRAMES[:1, :16, :28]
    given = torch.from_numpy(whole).movedim(3, 1).float() / 127.5 - 1
    with torch.no_grad():
        wanted = (pair(given) + 1) * 127.5
    found = load(path, {"network": "translator", "options": CYCLE})(whole)
    assert abs(found[0] - wanted[0].movedim(0, 2).numpy()).max() < 1.01


def test_a_border_that_is_no_multiple_of_four_is_repeated_and_cut_again():
    network = PaintedFrames(**CYCLE).eval()
    frames = torch.rand(1, 3, 18, 21)
    padded = torch.nn.functional.pad(frames, (0, 3, 0, 2), mode="replicate")
    with torch.no_grad():
        torch.testing.assert_close(network(frames), network(padded)[:, :, :18, :21])


@pytest.fixture
def inverter():
    generator = build_model("stylegan2.StyleGAN2", seed=0, options=STYLE).generator
    drawn = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    network = build_backbone("drawn", images=drawn, seed=0)

    def make(**asked):
        options = StylizationOptions(strength=asked.pop("strength", 1.0))
        return InvertingStylizer(
            generator, network, {**ASKED, **asked}, options, None, torch.device("cpu")
        )

    return make


def test_frames_are_painted_alike_however_they_are_batched(inverter):
    whole = inverter()(FRAMES)
    stylizer = inverter()
    parts = np.concatenate([stylizer(FRAMES[:1]), stylizer(FRAMES[1:])])
    assert whole.shape == FRAMES.shape
    np.testing.assert_array_equal(parts, whole)


def test_a_frame_is_looked_for_from_where_the_one_before_was_found(inverter):
    still = np.repeat(FRAMES[:1] // 4 + 96, 3, 0)  # of one shot
    stylizer = inverter()
    stylizer(still[:1])
    first = stylizer._found.clone()
    stylizer(still[1:])
    assert not torch.equal(stylizer._found, first), "it went on"
    stylizer.reset()
    stylizer(still[:1])
    torch.testing.assert_close(stylizer._found, first)


def test_what_stands_still_is_painted_still(inverter):
    """Every frame's search begins with Adam's first steps, long whatever the gradient is."""
    still = np.repeat(FRAMES[:1] // 4 + 96, 12, 0)
    painted = inverter(steps=60, steps_after=5)(still).astype(float)
    moved = np.abs(np.diff(painted, axis=0)).mean((1, 2, 3))
    assert moved[3:].max() < 0.5, "levels"


def test_a_cut_begins_anew(inverter):
    one, other = np.full((1, 16, 16, 3), 20, np.uint8), np.full((1, 16, 16, 3), 230, np.uint8)
    one[:, :8], other[:, :, :8] = 90, 150
    stylizer = inverter()
    stylizer(one)
    after_a_cut = stylizer(other)
    np.testing.assert_array_equal(after_a_cut, inverter()(other))


def test_strength_leads_from_the_frame_to_the_painting(inverter):
    np.testing.assert_array_equal(inverter(strength=0.0)(FRAMES), FRAMES)
    plain, drawn = inverter()(FRAMES), inverter(style_strength=1.0, first_layer=2)(FRAMES)
    assert (plain != drawn).any()


def test_an_inversion_is_loaded_from_what_was_exported(tmp_path):
    _, path = exported(tmp_path, "stylegan2.StyleGAN2", STYLE, "inversion")
    style = {"network": "inversion", "options": STYLE, "inversion": ASKED, "backbone": "drawn"}
    painted = load(path, style)(FRAMES[:1])
    assert painted.shape == (1, 19, 30, 3)
    assert painted.dtype == np.uint8


# ---- by optimisation

OPTIMISED = {
    "pixels": 16, "steps": 8, "steps_after": 2, "content_layers": ["relu1_1"],
    "style_layers": ["relu1_1", "relu2_1"],
}  # fmt: skip


def optimising(tmp_path, **asked):
    picture = tmp_path / "style.png"
    Image.fromarray(FRAMES[2].repeat(4, 0).repeat(4, 1)).save(picture)
    return load_stylizer(
        {
            "strength": 1.0,
            "stabilise": False,
            "network": "optimisation",
            "options": {},
            "pictures": {"any": 1.0},
            "backbone": "drawn",
            "optimisation": {**OPTIMISED, **asked},
        },
        weights=None,
        pictures=[picture],
        mask=None,
        device="cpu",
    )


def test_the_first_frame_is_what_a_transfer_makes_of_it(tmp_path):
    stylizer = optimising(tmp_path)
    small = FRAMES[0][:16, :24]
    settings = GatysSettings.of(
        {k: v for k, v in OPTIMISED.items() if "_after" not in k and k != "pixels"}
    )
    wanted, _ = transfer_style(stylizer.network, small, stylizer.styles, settings)
    np.testing.assert_array_equal(stylizer(small[None])[0], wanted)


def test_later_frames_begin_with_the_one_before(tmp_path):
    still = np.repeat(FRAMES[:1, :16, :24] // 4 + 96, 4, 0)  # of one shot
    once = optimising(tmp_path, steps=8)(still[:1])
    more = optimising(tmp_path, steps=8, steps_after=8)(still)

    def distance(frame):
        stylizer = optimising(tmp_path, steps=1)
        loss = transfer_style(
            stylizer.network, still[0], stylizer.styles, stylizer.settings, begin=frame
        )[1]
        return loss["loss"].iloc[0]

    assert distance(more[3]) < distance(once[0])


def test_frames_of_any_size_come_back_as_large(tmp_path):
    frames = FRAMES.repeat(3, 1).repeat(3, 2)
    assert optimising(tmp_path)(frames).shape == frames.shape
