"""A style encoder: what it learns, from which styles, and to the same bits after a stop."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from convatlas.errors import ConvatlasError
from convatlas.models.registry import build_model, save_weights
from convatlas.models.style_encoder import ENCODER, encoder_of
from convatlas.stylization.loading import load_stylizer
from convatlas.training import style_encoder as module
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.style_encoder import EncoderSettings, train_encoder

OPTIONS = {"resolution": 8, "latent_dim": 6, "channel_base": 32, "channel_max": 4}
SETTINGS = EncoderSettings(steps=60, batch_size=8, learning_rate=0.01)


def small():
    torch.manual_seed(0)
    generator = build_model("stylegan2.StyleGAN2", seed=0, options=OPTIONS).generator
    return generator, encoder_of(generator, resolution=8)


def weights(network):
    return torch.cat([value.double().flatten() for value in network.state_dict().values()])


def test_it_maps_pictures_to_a_style_for_every_layer():
    generator, encoder = small()
    found = encoder(torch.rand(3, 3, 8, 8))
    assert found.shape == (3, generator.synthesis.count, 6)
    assert generator.synthesis(found, "fixed").shape == (3, 3, 8, 8)


def test_it_learns_to_find_styles():
    generator, encoder = small()
    before = weights(generator)
    history = train_encoder(encoder, generator, SETTINGS, seed=0)
    assert history["step"].tolist() == list(range(1, 61))
    assert history["pixels"].tail(10).mean() < 0.6 * history["pixels"].head(5).mean()
    assert torch.equal(weights(generator), before), "the generator is left as it is"


@pytest.mark.parametrize("stop", [1, 7])
def test_a_training_that_was_stopped_ends_with_the_same_bits(tmp_path, stop):
    settings = EncoderSettings(steps=12, batch_size=4)
    generator, whole = small()
    history = train_encoder(whole, generator, settings, seed=3)

    class Stopped(Exception):  # noqa: N818
        pass

    def progress(done, total, where):
        if done == stop + 1:
            raise Stopped

    checkpoint = Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    generator, encoder = small()
    with pytest.raises(Stopped):
        train_encoder(
            encoder, generator, settings, seed=3, checkpoint=checkpoint, progress=progress
        )
    generator, resumed = small()
    again = train_encoder(
        resumed, generator, settings, seed=3, checkpoint=Checkpoint(tmp_path / "c.pt", "f")
    )
    assert torch.equal(weights(resumed), weights(whole))
    same = ["step", "styles", "pixels"]
    np.testing.assert_array_equal(again[same], history[same])


def test_a_stretch_that_is_over_is_gone_on_from(tmp_path):
    settings = EncoderSettings(steps=2, batch_size=2)
    whole = small()[1]
    train_encoder(whole, small()[0], settings, seed=3)
    over = Checkpoint(tmp_path / "c.pt", "f", every_seconds=1e9, minutes=5, begun=0.0)
    with pytest.raises(ConvatlasError, match=r"5 minutes of this stretch are over, after step 1"):
        train_encoder(*small()[::-1], settings, seed=3, checkpoint=over)
    generator, resumed = small()
    train_encoder(resumed, generator, settings, seed=3, checkpoint=over)
    assert torch.equal(weights(resumed), weights(whole)), "the last step ends it, late or not"


def test_seconds_are_those_of_all_stretches(tmp_path, monkeypatch):
    now = [100.0]

    def clock():
        now[0] += 1.0  # each step takes a second, and so does what comes before the first
        return now[0]

    monkeypatch.setattr(module.time, "perf_counter", clock)

    class Stopped(Exception):  # noqa: N818
        pass

    def progress(done, total, where):
        if done == 3:
            raise Stopped

    settings, about = EncoderSettings(steps=5, batch_size=2), {"seed": 0}
    checkpoint = Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    with pytest.raises(Stopped):  # after two steps that were kept
        train_encoder(*small()[::-1], settings, checkpoint=checkpoint, progress=progress, **about)
    now[0] = 5000.0
    again = Checkpoint(tmp_path / "c.pt", "f")
    history = train_encoder(*small()[::-1], settings, checkpoint=again, **about)
    assert history["seconds"].tolist() == [1, 2, 3, 4, 5]


def test_a_loss_that_is_no_number_is_told():
    generator, encoder = small()
    settings = EncoderSettings(steps=5, batch_size=4, learning_rate=1e30)
    with pytest.raises(ConvatlasError, match="not a finite number at step"):
        train_encoder(encoder, generator, settings, seed=0)


def test_frames_begin_where_it_leads_each_by_itself(tmp_path):
    generator, encoder = small()
    save_weights(generator, tmp_path / "weights.pt", network="inversion")
    save_weights(encoder, tmp_path / "encoder.pt", network=ENCODER)
    inversion = {"steps_after": 0, "layers": ["relu1_1"]}
    stylizer = load_stylizer(
        {
            "network": "inversion",
            "options": OPTIONS,
            "inversion": inversion,
            "backbone": "drawn",
            "strength": 1.0,
            "stabilise": False,
        },
        weights=tmp_path / "weights.pt",
        pictures=[],
        mask=None,
        device="cpu",
        encoder=tmp_path / "encoder.pt",
    )
    assert stylizer.lead == 0
    frames = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    frame = torch.from_numpy(frames[:1]).movedim(3, 1) / 255
    square = functional.interpolate(
        frame, size=(8, 8), mode="bilinear", align_corners=False, antialias=True
    )
    with torch.no_grad():
        painted = (generator.synthesis(encoder(2 * square - 1), "fixed") + 1) / 2
    wanted = functional.interpolate(painted, size=(32, 32), mode="bicubic", align_corners=False)
    together = stylizer(frames)
    close = abs(together[0] - wanted[0].movedim(0, 2).clamp(0, 1).numpy() * 255)
    assert close.max() < 1, "where the encoder leads, and no step further"
    np.testing.assert_array_equal(stylizer(frames[2:]), together[2:])
