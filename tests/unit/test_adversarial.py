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
from convatlas.models.gan_files import save_snapshots
from convatlas.models.mlp_gan import MLPGAN
from convatlas.models.registry import build_model
from convatlas.seeding import torch_generator
from convatlas.training.adversarial import train_pair, warn_of_discriminator
from convatlas.training.adversarial_settings import AdversarialSettings, OptimizerSettings
from convatlas.training.adversarial_steps import (
    APART,
    LOOKS,
    MEASURES,
    AdversarialRun,
    decay_after,
    to_unit_range,
)
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


def test_rounded_products_stay_near_and_leave_all_that_is_kept_in_float32():
    stream = torch.Generator().manual_seed(0)
    real, gradients, found = torch.rand(64, 1, 28, 28, generator=stream) * 2 - 1, {}, {}
    for precision in ("float32", "bfloat16"):
        settings = AdversarialSettings(1, 64, r1_gamma=1.0, r1_every=1, precision=precision)
        pair = build_model("mlp_gan.MLPGAN", seed=0).eval()  # without dropout
        run = AdversarialRun(pair, settings, seed=0)
        run.order = torch.arange(64)
        found[precision] = run.step(real)
        gradients[precision] = torch.cat([p.grad.flatten() for p in pair.parameters()])
        kept = [*pair.parameters(), *run.optimizers["generator"].state.values()]
        kept = [v for k in kept for v in (k.values() if isinstance(k, dict) else [k])]
        assert {value.dtype for value in kept} == {torch.float32}
        assert found[precision].dtype == torch.float32
    torch.testing.assert_close(found["bfloat16"], found["float32"], rtol=0.02, atol=0)
    assert not torch.equal(found["bfloat16"], found["float32"])
    similarity = functional.cosine_similarity(gradients["bfloat16"], gradients["float32"], dim=0)
    assert similarity.item() > 0.999


def test_shifts_move_pictures_by_whole_pixels_and_bring_in_black():
    run = AdversarialRun(Tiny(), AdversarialSettings(1, 8, translation_pixels=2), seed=0)
    pictures = torch.rand(3, 1, 28, 28)
    moved = run._shift(pictures, torch.tensor([[0, 0], [1, -2], [-2, 2]]))
    torch.testing.assert_close(moved[0], pictures[0])
    torch.testing.assert_close(moved[1, 0, :-1, 2:], pictures[1, 0, 1:, :-2])
    assert (moved[1, 0, -1] == -1).all()
    assert (moved[1, 0, :, :2] == -1).all()


def test_history_counts_steps_and_epochs():
    told = []
    _, trained = train(
        settings={**SMALL, "epochs": 3},
        snapshots=(1, 9),
        progress=lambda done, total, _: told.append((done, total)),
    )
    # two full batches of 20 among 50 pictures
    assert trained.steps["step"].tolist() == list(range(1, 7))
    assert trained.steps["epoch"].tolist() == [1, 1, 2, 2, 3, 3]
    assert trained.epochs["epoch"].tolist() == [1, 2, 3]
    assert told == [(20 * step, 120) for step in range(1, 7)]
    means = trained.steps.groupby("epoch")["loss_real"].mean()
    np.testing.assert_allclose(trained.epochs["loss_real"], means)
    assert sorted(trained.snapshots) == [1, 3], "as far as epochs come, and the last"


def weights(pair):
    return torch.cat([value.double().flatten() for value in pair.state_dict().values()])


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    before = torch.get_rng_state()
    one, other, third = (train(settings=FULL, seed=seed)[0] for seed in (1, 1, 2))
    assert torch.equal(weights(one), weights(other))
    assert not torch.equal(weights(one), weights(third))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("network", [small_pair, MLPGAN])
@pytest.mark.parametrize(("stop", "batch_size"), [(1, 20), (2, 20), (3, 20), (7, 5), (16, 5)])
def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path, network, stop, batch_size):
    # of batches of 5 the stop comes between two looks at the discriminator
    precision = "bfloat16" if network is MLPGAN else "float32"
    settings = {**FULL, "batch_size": batch_size, "precision": precision}

    def start():
        torch.manual_seed(0)
        return network()

    whole, trained = train(start(), settings=settings)

    class Stopped(Exception):  # noqa: N818
        pass

    def progress(done, total, where):
        nonlocal steps
        steps += 1
        if steps == stop + 1:
            raise Stopped

    steps, checkpoint = 0, Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    with pytest.raises(Stopped):
        train(start(), settings=settings, checkpoint=checkpoint, progress=progress)
    again_from = Checkpoint(tmp_path / "c.pt", "f")
    resumed, again = train(start(), settings=settings, checkpoint=again_from)
    assert torch.equal(weights(resumed), weights(whole))
    assert torch.equal(weights(again.averaged), weights(trained.averaged))
    np.testing.assert_array_equal(again.steps, trained.steps)
    for name, run in (("whole", trained), ("resumed", again)):
        save_snapshots(tmp_path / name, run.snapshots, network="dcgan.DCGAN")
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "resumed").read_bytes()
    assert again.snapshots.keys() == trained.snapshots.keys()
    for epoch in trained.snapshots:
        wanted, found = (states_of(run.snapshots[epoch]) for run in (trained, again))
        assert wanted.keys() == found.keys()
        for name, value in wanted.items():
            assert torch.equal(found[name], value)


def states_of(snapshot):
    """All tensors of a snapshot, by part, step and name."""
    networks = {"generator": snapshot["generator"], **snapshot["discriminators"]}
    return {(p, name): v for p, state in networks.items() for name, v in state.items()}


@pytest.mark.parametrize("decay", [0.3, 0.999])
def test_the_average_is_that_of_the_weights_after_each_step(decay):
    """Written out in float64: a tenth of the old stays after the first, at most ``decay`` later."""
    pair = small_pair()
    run = AdversarialRun(pair, AdversarialSettings(1, 8, ema_decay=decay), seed=0)
    run.order, average = torch.arange(50), None
    for step in range(6):
        pictures = IMAGES[8 * step : 8 * step + 8]
        run.step(to_unit_range(torch.from_numpy(pictures)).unsqueeze(1))
        now = {name: value.double() for name, value in pair.generator.state_dict().items()}
        if average is None:
            average = now
            continue
        kept = min(decay, [2 / 11, 3 / 12, 4 / 13, 5 / 14, 6 / 15][step - 1])
        average = {name: kept * average[name] + (1 - kept) * now[name] for name in now}
    counts = 0
    for name, value in run.averaged.module.state_dict().items():
        if value.is_floating_point():
            np.testing.assert_allclose(value, average[name], rtol=1e-5, atol=1e-8)
        else:
            counts += 1
            assert value.item() == now[name].item() == 6
    assert counts == 2, "batches that the normalisation has seen"


def test_an_average_forgets_its_start_and_then_keeps_its_decay():
    assert decay_after(0, 0.999) == 0.1
    assert decay_after(8989, 0.999) < 0.999
    assert decay_after(9000, 0.999) == 0.999
    left = np.prod([decay_after(t, 0.999) for t in range(1, 200)])
    assert left < 1e-9


def test_every_step_takes_a_full_batch_and_a_small_set_is_one():
    sizes = []

    class Watched(Tiny):
        def forward(self, latent):
            raise NotImplementedError

    pair = Watched()
    pair.discriminator.register_forward_hook(lambda _, given, __: sizes.append(len(given[0])))
    train(pair, settings=SMALL)
    assert sizes == [20] * 12, "two epochs of two steps, each with three passes"
    sizes.clear()
    _, trained = train(pair, settings={"epochs": 2, "batch_size": 512})
    assert sizes == [50] * 6
    assert trained.steps["step"].tolist() == [1, 2]


def test_slopes_are_penalised_every_so_many_steps_over_the_epochs(monkeypatch):
    run_steps, penalised = [], []
    monkeypatch.setattr(
        AdversarialRun, "_penalise_slope", lambda run, _: penalised.append(run.steps_done)
    )
    settings = {**SMALL, "epochs": 5, "r1_gamma": 1.0, "r1_every": 3}
    train(settings=settings, progress=lambda *_: run_steps.append(0))
    assert len(run_steps) == 10
    assert penalised == [0, 3, 6, 9]


def test_discriminators_of_the_last_steps_are_kept_apart():
    settings = AdversarialSettings(epochs=2, batch_size=2)
    pair = small_pair()
    trained = train_pair(pair, images=IMAGES, settings=settings, snapshots=[1], seed=0)
    looks = {epoch: sorted(kept["discriminators"]) for epoch, kept in trained.snapshots.items()}
    last = [APART * (number - LOOKS + 1) for number in range(LOOKS)]
    assert looks == {1: [25 + n for n in last], 2: [50 + n for n in last]}
    kept = trained.snapshots[2]["discriminators"]
    for name, value in pair.discriminator.state_dict().items():
        assert torch.equal(kept[50][name], value)
    weight = next(name for name, _ in pair.discriminator.named_parameters())
    assert not torch.equal(kept[50][weight], kept[45][weight])


def test_weights_that_are_no_numbers_are_told_and_not_kept(tmp_path):
    pair = small_pair()
    checkpoint = Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    steps = 0

    def progress(done, total, where):
        nonlocal steps
        steps += 1
        if steps == 4:  # after the checkpoint of the third, within the second epoch
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
    assert "equilibrium" in warn_of_discriminator(0.501, 0.499)
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
