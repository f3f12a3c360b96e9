"""FastGAN: shapes, excitation, drawing again, its steps and bitwise resumption."""

import numpy as np
import pytest
import torch

from convatlas.models.fastgan import FastGAN, _Excitation, _quarter
from convatlas.models.registry import build_model
from convatlas.training.adversarial import train_pair
from convatlas.training.adversarial_settings import OptimizerSettings
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.fastgan import FastRun, FastSettings

IMAGES = np.random.default_rng(0).integers(0, 256, (10, 32, 32, 3)).astype(np.uint8)
OPTIONS = {"resolution": 32, "latent_dim": 5, "channels": 1}
SMALL = {"epochs": 2, "batch_size": 4, "images_per_tick": 13}


def small_pair():
    return build_model("fastgan.FastGAN", seed=0, options=OPTIONS)


def weights(network):
    return torch.cat([value.double().flatten() for value in network.state_dict().values()])


@pytest.mark.parametrize("resolution", [32, 64, 128, 256])
def test_every_size_from_32_on_works_and_every_part_learns(resolution):
    pair = FastGAN(resolution, 5, 1)
    pictures = pair(torch.randn(2, 5))
    assert pictures.shape == (2, 3, resolution, resolution)
    answers, error = pair.discriminator.draw_again(pictures, torch.tensor([0, 3]))
    assert answers.shape == (2, 25)
    (answers.sum() + error).backward()
    for name, parameter in pair.named_parameters():
        assert parameter.grad is not None, name
    skips = {name for name, _ in pair.generator.skips.named_children()}
    assert skips == {str(size) for size in (64, 128, 256) if size <= resolution}


def test_channels_and_connections_are_those_of_the_paper():
    pair = FastGAN(256, 256, 64)
    skips = pair.generator.skips
    joined = {
        int(name): (s.gate[1].in_channels, s.gate[1].out_channels) for name, s in skips.items()
    }
    # 4 to 64, 8 to 128, 16 to 256
    assert joined == {64: (1024, 128), 128: (512, 64), 256: (256, 32)}
    # lighter than StyleGAN2 at the same size: 23 and 24 millions
    counts = [sum(p.numel() for p in n.parameters()) for n in (pair.generator, pair.discriminator)]
    assert counts[0] < 30e6
    assert counts[1] < 12e6


def test_excitation_scales_channels_and_no_place():
    """Equation 1: a factor from 0 to 1 for each channel of each picture."""
    torch.manual_seed(0)
    large = torch.randn(2, 6, 16, 16)
    ratio = _Excitation(4, 6)(torch.randn(2, 4, 8, 8), large) / large
    assert ratio.std((2, 3)).max() < 1e-4
    assert ratio.min() > 0
    assert ratio.max() < 1


def test_quarters_are_cut_where_they_are_named():
    pictures = torch.arange(2 * 16.0).view(2, 1, 4, 4)
    cut = _quarter(pictures, torch.tensor([1, 2]))
    torch.testing.assert_close(cut[0, 0], torch.tensor([[2.0, 3], [6, 7]]))
    torch.testing.assert_close(cut[1, 0], torch.tensor([[24.0, 25], [28, 29]]))


def test_hinge_losses_are_those_of_the_paper_within_smoothing():
    run = FastRun(small_pair(), FastSettings(**SMALL), seed=0)
    answers = torch.tensor([-5.0, 0.0, 2.0])
    losses = torch.stack([run._hinge(answers) for _ in range(200)])
    assert losses.min() >= (0.8 + 2.8) / 3
    assert losses.max() <= (1 + 3) / 3
    assert losses.mean().item() == pytest.approx((0.9 + 2.9) / 3, abs=0.01)


def test_the_discriminator_sees_mirrored_and_augmented_pictures_alone():
    """With augmentation as a change of sign; the generator learns through it."""
    run = FastRun(small_pair(), FastSettings(**SMALL), seed=0)
    augmented, seen = [], []
    run.mirror = lambda pictures: pictures.flip(3)
    run.augment = lambda pictures: augmented.append(pictures) or -pictures
    draw_again = run._draw_again
    run._draw_again = lambda pictures, quarters: (
        seen.append(pictures) or draw_again(pictures, quarters)
    )
    run.pair.discriminator.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    real = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    run.step(real)
    reals, fakes, pleasing = seen
    assert torch.equal(reals, -real.flip(3))
    assert torch.equal(fakes, -augmented[1])
    assert torch.equal(pleasing, fakes)
    assert not fakes.requires_grad
    assert pleasing.requires_grad
    assert all(p.grad.abs().max() > 0 for p in run.pair.generator.parameters())


@pytest.mark.parametrize("weight", [0.0, 2.0])
def test_drawing_again_is_weighed_in_the_discriminators_loss(weight):
    """Of what draws, only that loss has gradients."""
    run = FastRun(small_pair(), FastSettings(**SMALL, drawn_again=weight), seed=0)
    judge, kept = run.pair.discriminator, []
    draw_again = run._draw_again

    def keep(pictures, quarters):
        answers, error = draw_again(pictures, quarters)
        kept.extend(torch.autograd.grad(error, draws, retain_graph=True))
        return answers, error

    draws = [*judge.whole.parameters(), *judge.part.parameters()]
    run._draw_again = keep
    run.step(torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    for parameter, slope in zip(draws, kept, strict=True):
        torch.testing.assert_close(parameter.grad, weight * slope, rtol=1e-4, atol=1e-8)
    assert max(slope.abs().max() for slope in kept) > 0


def test_averaged_directions_are_as_long_as_directions():
    """The singular vectors that spectral normalisation keeps; other buffers are mere means."""
    fast = FastSettings(**SMALL, generator=OptimizerSettings(learning_rate=0.02))
    run, other = (FastRun(small_pair(), fast, seed=0) for _ in range(2))
    run.order = torch.arange(12)
    other.order = run.order
    other._update_average = lambda: other.averaged.update_parameters(other.pair.generator)
    for one in (run, other):
        torch.manual_seed(0)  # of noise
        for _ in range(3):
            one.step(torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    found, plain = (dict(one.averaged.named_buffers()) for one in (run, other))
    vectors = [name for name in found if name.endswith(("._u", "._v"))]
    bound = [name for name, _ in run.pair.generator.named_parameters() if "original" in name]
    assert len(vectors) == 2 * len(bound) > 0
    shortest = 1.0
    for name, buffer in found.items():
        if name in vectors:
            assert buffer.norm().item() == pytest.approx(1, abs=1e-6)
            shortest = min(shortest, plain[name].norm().item())
        else:
            assert torch.equal(buffer, plain[name])
    assert shortest < 0.999


def train(pair, checkpoint=None, progress=None, **changed):
    return train_pair(
        pair,
        images=IMAGES,
        settings=FastSettings(**{**SMALL, **changed}),
        snapshots=[1],
        seed=3,
        checkpoint=checkpoint,
        progress=progress,
        kind=FastRun,
    )


@pytest.mark.parametrize("stop", [1, 4])
def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path, stop):
    whole = small_pair()
    trained = train(whole)

    class Stopped(Exception):  # noqa: N818
        pass

    def progress(done, total, where):
        if done == 4 * (stop + 1):
            raise Stopped

    checkpoint = Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    with pytest.raises(Stopped):
        train(small_pair(), checkpoint, progress)
    resumed = small_pair()
    again = train(resumed, Checkpoint(tmp_path / "c.pt", "f"))
    assert torch.equal(weights(resumed), weights(whole))
    assert torch.equal(weights(again.averaged), weights(trained.averaged))
    np.testing.assert_array_equal(again.steps, trained.steps)


def test_a_picture_that_is_shown_often_is_drawn_again_better():
    pair = small_pair()
    images = np.repeat(IMAGES[:1] // 4 * np.uint8(1), 8, 0)
    images[:] = np.linspace(0, 255, 32).astype(np.uint8)[:, None, None]
    trained = train_pair(
        pair, images=images, snapshots=[], seed=0, kind=FastRun,
        settings=FastSettings(**{**SMALL, "epochs": 1, "images_per_tick": 160, "mirrored": False}),
    )  # fmt: skip
    errors = trained.steps["drawn_again"]
    assert errors.tail(5).mean() < 0.8 * errors.head(5).mean()


@pytest.mark.parametrize("resolution", [16, 48])
def test_a_resolution_that_does_not_fit_is_refused(resolution):
    with pytest.raises(ValueError, match=f"resolution {resolution}"):
        FastGAN(resolution)
