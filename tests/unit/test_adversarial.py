"""The adversarial loop: its steps by hand, its history, its resumption, its warnings."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from convatlas.errors import ConvatlasError
from convatlas.models.adversarial_pair import AdversarialPair
from convatlas.models.dcgan import DCGAN
from convatlas.models.mlp_gan import MLPGAN
from convatlas.models.registry import build_model
from convatlas.seeding import torch_generator
from convatlas.training.adversarial import train_pair, warn_of_discriminator
from convatlas.training.adversarial_settings import AdversarialSettings, OptimizerSettings
from convatlas.training.adversarial_steps import MEASURES, AdversarialRun, to_unit_range
from convatlas.training.checkpoint import Checkpoint

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 28, 28)).astype(np.uint8)
SMALL = {"epochs": 2, "batch_size": 20}
FULL = {
    **SMALL,
    "label_smoothing": 0.1,
    "r1_gamma": 1.0,
    "r1_every": 2,
    "ema_decay": 0.5,
    "translation_pixels": 2,
}


def small_pair(seed=0):
    return build_model("dcgan.DCGAN", seed=seed, options={"latent_dim": 5, "channels": 2})


def train(pair=None, *, seed=0, snapshots=(1,), settings=SMALL, **options):
    pair = small_pair() if pair is None else pair
    settings = AdversarialSettings(**settings)
    trained = train_pair(
        pair, images=IMAGES, settings=settings, snapshots=snapshots, seed=seed, **options
    )
    return pair, trained


def test_networks_have_the_documents_shapes_and_counts():
    counts = {
        network: [
            sum(p.numel() for p in part.parameters())
            for part in (network.generator, network.discriminator)
        ]
        for network in (MLPGAN(), DCGAN())
    }
    assert list(counts.values()) == [[1_493_520, 1_460_225], [759_680, 138_624]]
    for network in counts:
        pictures = network(torch.randn(3, network.latent_dim))
        assert pictures.shape == (3, 1, 28, 28)
        assert pictures.abs().max() <= 1
        assert network.discriminator(pictures).shape == (3,)


def test_dcgan_is_drawn_as_its_paper_says():
    network = DCGAN()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and layer.weight.numel() > 5000:
            assert layer.weight.std().item() == pytest.approx(0.02, rel=0.05)
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.weight.mean().item() == pytest.approx(1, abs=0.02)


def test_spectral_norm_bounds_every_layer():
    for network in (DCGAN(channels=4, spectral_norm=True), MLPGAN(spectral_norm=True)):
        network.train()
        for _ in range(30):  # a step of the power method each
            network.discriminator(torch.randn(4, 1, 28, 28))
        for layer in network.discriminator.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d):
                largest = torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
                assert largest.item() == pytest.approx(1, abs=0.03)


class Tiny(AdversarialPair):
    """One weight each: G(z) = a z, D(x) = b mean(x)."""

    def __init__(self):
        generator, discriminator = nn.Linear(1, 784, bias=False), nn.Linear(784, 1, bias=False)
        nn.init.constant_(generator.weight, 0.3)
        nn.init.constant_(discriminator.weight, 0.5 / 784)
        super().__init__(
            nn.Sequential(generator, nn.Unflatten(1, (1, 28, 28))),
            nn.Sequential(nn.Flatten(), discriminator, nn.Flatten(0)),
            1,
        )


def test_a_step_is_that_of_the_textbook():
    """Written out with autograd on two separate copies, plain descent, nothing shared."""
    descent = OptimizerSettings("rmsprop", 1e-3)
    settings = AdversarialSettings(1, 8, generator=descent, discriminator=descent)
    pair = Tiny()
    other = copy.deepcopy(pair)
    real = to_unit_range(torch.from_numpy(IMAGES[:8])).unsqueeze(1)
    run = AdversarialRun(pair, settings, seed=3)
    run.order = torch.arange(8)
    measures = run.step(real)

    latent = torch.randn(8, 1, generator=torch_generator(3, "latent"))
    g, d = other.generator, other.discriminator
    loss = -torch.log(torch.sigmoid(d(real))).mean()
    loss = loss - torch.log(1 - torch.sigmoid(d(g(latent).detach()))).mean()
    d_step = torch.optim.RMSprop(d.parameters(), lr=1e-3)
    d_step.zero_grad()
    loss.backward()
    d_step.step()
    g_loss = -torch.log(torch.sigmoid(d(g(latent)))).mean()
    g_step = torch.optim.RMSprop(g.parameters(), lr=1e-3)
    g_step.zero_grad()
    g_loss.backward()
    g_step.step()
    for ours, theirs in zip(pair.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-8)
    found = dict(zip(MEASURES, measures.tolist(), strict=True))
    assert found["loss_real"] + found["loss_fake"] == pytest.approx(loss.item(), rel=1e-5)
    assert found["loss_generator"] == pytest.approx(g_loss.item(), rel=1e-5)


def test_the_penalty_of_slopes_is_that_of_the_paper():
    """D(x) = w x: the squared slope is |w|^2, its gradient 2 w, whatever the pictures."""
    settings = AdversarialSettings(1, 8, r1_gamma=3.0, r1_every=4)
    pair = Tiny()
    run = AdversarialRun(pair, settings, seed=0)
    (weight,) = pair.discriminator.parameters()
    run._penalise_slope(torch.randn(8, 1, 28, 28))
    torch.testing.assert_close(weight.grad, 0.5 * 3.0 * 4 * 2 * weight.detach())


def test_smoothing_moves_the_labels_of_real_pictures_alone():
    real = to_unit_range(torch.from_numpy(IMAGES[:8])).unsqueeze(1)
    measured = {}
    for smoothing in (0.0, 0.2):
        run = AdversarialRun(Tiny(), AdversarialSettings(1, 8, label_smoothing=smoothing), seed=0)
        run.order = torch.arange(8)
        measured[smoothing] = dict(zip(MEASURES, run.step(real).tolist(), strict=True))
    logits = Tiny().discriminator(real)
    wanted = functional.binary_cross_entropy_with_logits(logits, torch.full((8,), 0.8))
    assert measured[0.2]["loss_real"] == pytest.approx(wanted.item(), rel=1e-5)
    assert measured[0.2]["loss_fake"] == measured[0.0]["loss_fake"]


def test_shifts_move_pictures_by_whole_pixels_and_bring_in_black():
    run = AdversarialRun(Tiny(), AdversarialSettings(1, 8, translation_pixels=2), seed=0)
    pictures = torch.rand(3, 1, 28, 28)
    moved = run._shift(pictures, torch.tensor([[0, 0], [1, -2], [-2, 2]]))
    torch.testing.assert_close(moved[0], pictures[0])
    torch.testing.assert_close(moved[1, 0, :-1, 2:], pictures[1, 0, 1:, :-2])
    assert (moved[1, 0, -1] == -1).all()
    assert (moved[1, 0, :, :2] == -1).all()


def test_history_counts_steps_and_epochs():
    _, trained = train(settings={**SMALL, "epochs": 3})
    assert trained.steps["step"].tolist() == list(range(1, 10))
    assert trained.steps["epoch"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert trained.epochs["epoch"].tolist() == [1, 2, 3]
    means = trained.steps.groupby("epoch")["loss_real"].mean()
    np.testing.assert_allclose(trained.epochs["loss_real"], means)
    assert sorted(trained.snapshots) == [1, 3]


def weights(pair):
    return torch.cat([value.double().flatten() for value in pair.state_dict().values()])


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    before = torch.get_rng_state()
    one, other, third = (train(settings=FULL, seed=seed)[0] for seed in (1, 1, 2))
    assert torch.equal(weights(one), weights(other))
    assert not torch.equal(weights(one), weights(third))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("network", [small_pair, MLPGAN])
@pytest.mark.parametrize("stop", [1, 2, 3, 4, 5])
def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path, network, stop):
    def start():
        torch.manual_seed(0)
        return network()

    whole, trained = train(start(), settings=FULL)

    class Stopped(Exception):  # noqa: N818
        pass

    def progress(done, total, where):
        nonlocal steps
        steps += 1
        if steps == stop + 1:
            raise Stopped

    steps, checkpoint = 0, Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    with pytest.raises(Stopped):
        train(start(), settings=FULL, checkpoint=checkpoint, progress=progress)
    resumed, again = train(start(), settings=FULL, checkpoint=Checkpoint(tmp_path / "c.pt", "f"))
    assert torch.equal(weights(resumed), weights(whole))
    assert torch.equal(weights(again.averaged), weights(trained.averaged))
    np.testing.assert_array_equal(again.steps, trained.steps)
    for epoch, states in trained.snapshots.items():
        for part, state in states.items():
            for name, value in state.items():
                assert torch.equal(again.snapshots[epoch][part][name], value)


def test_the_average_is_that_of_the_weights_after_each_step():
    pair = Tiny()
    run = AdversarialRun(pair, AdversarialSettings(1, 8, ema_decay=0.75), seed=0)
    run.order, average = torch.arange(50), None
    for start in range(0, 32, 8):
        run.step(to_unit_range(torch.from_numpy(IMAGES[start : start + 8])).unsqueeze(1))
        now = pair.generator[0].weight.detach().clone()
        average = now if average is None else 0.75 * average + 0.25 * now
    torch.testing.assert_close(run.averaged.module[0].weight, average)


def test_weights_that_are_no_numbers_are_told_and_not_kept(tmp_path):
    pair = small_pair()
    checkpoint = Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    steps = 0

    def progress(done, total, where):
        nonlocal steps
        steps += 1
        if steps == 4:  # after the checkpoint of the third
            with torch.no_grad():
                next(pair.discriminator.parameters()).fill_(float("nan"))

    with pytest.raises(ConvatlasError, match=r"weights of the discriminator .* step 4 \(epoch 2"):
        train(pair, settings={**SMALL, "epochs": 3}, checkpoint=checkpoint, progress=progress)
    kept = torch.load(tmp_path / "c.pt", weights_only=True)["state"]
    assert all(torch.isfinite(value).all() for value in kept["parts"]["pair"].values())
    assert sum(map(len, kept["measured"])) == 3


def test_a_loss_that_is_no_number_names_the_step():
    settings = {**SMALL, "epochs": 3, "generator": OptimizerSettings(learning_rate=1e38)}
    with pytest.raises(ConvatlasError, match=r"not a finite number at step [23] \(epoch 1\)"):
        train(settings=settings)


def test_warnings_of_a_saturated_and_of_a_collapsed_discriminator():
    assert warn_of_discriminator(0.999, 0.001).startswith("saturated")
    assert warn_of_discriminator(0.501, 0.499).startswith("collapsed")
    assert warn_of_discriminator(0.7, 0.3) == ""


def test_one_picture_is_too_few():
    with pytest.raises(ConvatlasError, match="1 pictures"):
        train_pair(
            small_pair(),
            images=IMAGES[:1],
            settings=AdversarialSettings(1, 2),
            snapshots=[],
            seed=0,
        )
