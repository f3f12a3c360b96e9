"""StyleGAN2's steps: penalties by finite differences, gradients in chunks, bitwise resumption."""

import copy
import logging

import numpy as np
import pytest
import torch
from torch.nn import functional

from convatlas.errors import ConvatlasError
from convatlas.models.registry import build_model
from convatlas.training.adversarial import train_pair
from convatlas.training.adversarial_steps import slope_penalty
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.stylegan import FORGETS, StyleRun, path_lengths
from convatlas.training.stylegan_settings import StyleSettings

IMAGES = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 3)).astype(np.uint8)
OPTIONS = {
    "resolution": 8,
    "latent_dim": 5,
    "channel_base": 32,
    "channel_max": 6,
    "mapping_layers": 2,
}
SMALL = {"epochs": 2, "batch_size": 4, "images_per_tick": 13, "r1_gamma": 1.0, "r1_every": 2}


def small_pair():
    return build_model("stylegan2.StyleGAN2", seed=0, options=OPTIONS)


def small_run(**changed):
    run = StyleRun(small_pair(), StyleSettings(**{**SMALL, **changed}), seed=0)
    run.order = torch.arange(12)
    return run


def weights(network):
    return torch.cat([value.double().flatten() for value in network.state_dict().values()])


def test_the_penalty_of_slopes_is_that_of_finite_differences():
    """In float64: the squared slope of D at a picture, and its derivative by a weight."""
    pair = small_pair().double()
    pictures = torch.rand(2, 3, 8, 8, dtype=torch.float64).requires_grad_()

    def squared():
        return slope_penalty(pair.discriminator(pictures), pictures)

    ours, step = squared(), 1e-6
    total = 0.0
    with torch.no_grad():
        for place in range(pictures[0].numel()):
            moved = torch.zeros(192, dtype=torch.float64)
            moved[place] = step
            moved = moved.view(1, 3, 8, 8)
            for picture in range(2):
                chosen = torch.zeros(2, 1, 1, 1, dtype=torch.float64)
                chosen[picture] = 1
                up, down = (
                    pair.discriminator(pictures + sign * chosen * moved).sum() for sign in (1, -1)
                )
                total += ((up - down) / (2 * step)).item() ** 2 / 2
    assert ours.item() == pytest.approx(total, rel=1e-5)

    weight = pair.discriminator.last.weight
    (by_weight,) = torch.autograd.grad(ours, weight)
    with torch.no_grad():
        weight[0, 0, 1, 1] += step
    more = squared().item()
    with torch.no_grad():
        weight[0, 0, 1, 1] -= 2 * step
    less = squared().item()
    assert by_weight[0, 0, 1, 1].item() == pytest.approx((more - less) / (2 * step), rel=1e-5)


def test_path_lengths_are_those_of_the_jacobian():
    synthesis = small_pair().double().generator.synthesis
    styles = torch.randn(2, synthesis.count, 5, dtype=torch.float64).requires_grad_()
    pictures = synthesis(styles, "none")
    directions = torch.randn_like(pictures)
    found = path_lengths(pictures, styles, directions)
    for picture in range(2):
        jacobian = torch.autograd.functional.jacobian(
            lambda s: synthesis(s[None], "none")[0], styles[picture].detach()
        )  # (3, 8, 8, layers, 5)
        slope = torch.einsum("chw,chwld->ld", directions[picture] / 8, jacobian)
        wanted = slope.square().sum(1).mean().sqrt()
        assert found[picture].item() == pytest.approx(wanted.item(), rel=1e-9)


def gradients(network):
    return {name: p.grad.clone() for name, p in network.named_parameters()}


def fixed_styles(generator, count):
    """Every picture's style another, and the same each time; noise is drawn, and 0 times added."""
    z = torch.linspace(-1, 1, 10, dtype=generator.mapping.mean.dtype).view(2, 5).sin()
    return generator.repeat(generator.mapping(z[torch.arange(count) % 2]))


def run_in_float64(monkeypatch, **changed):
    """A run of which nothing is drawn, and four pictures."""
    monkeypatch.setattr(torch, "randn_like", lambda pictures: (7 * pictures.detach()).cos())
    run = small_run(augmentation="none", mirrored=False, average_images=0.0, **changed)
    run.pair.double()
    run.styles = lambda count: fixed_styles(run.pair.generator, count)
    real = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return run, real


def assert_gradients(found, network, loss, *, without=()):
    kept = {name: p for name, p in network.named_parameters() if name not in without}
    wanted = torch.autograd.grad(loss, kept.values(), retain_graph=True)
    for name, gradient in zip(kept, wanted, strict=True):
        torch.testing.assert_close(found[name], gradient, rtol=1e-9, atol=1e-12, msg=name)


def test_a_lazy_step_has_the_loss_and_r1_as_often_as_it_was_left_out(monkeypatch):
    """In float64, beside torch's own Jacobian on a copy."""
    run, real = run_in_float64(monkeypatch, r1_gamma=3.0, r1_every=5, path_weight=0.0)
    judge, generator = copy.deepcopy(run.pair.discriminator), copy.deepcopy(run.pair.generator)
    run.step(real)

    with torch.no_grad():
        fake = generator.synthesis(fixed_styles(generator, 4))
    slope = torch.autograd.functional.jacobian(
        lambda pictures: judge(pictures).sum(), real, create_graph=True
    )
    penalty = (slope**2).sum() / 4
    assert run.penalties[0] == pytest.approx(penalty.item(), rel=1e-9)
    loss = functional.softplus(-judge(real)).mean() + functional.softplus(judge(fake)).mean()
    found = gradients(run.pair.discriminator)
    assert_gradients(found, judge, loss + 5 * (3.0 / 2) * penalty)
    with pytest.raises(AssertionError):
        assert_gradients(found, judge, loss)
    run.position += 4
    run.penalties[0] = -1.0
    run.step(real)
    assert run.penalties[0] == -1.0, "the next step has none"


def test_a_lazy_step_has_the_loss_and_the_path_length_as_often_as_it_was_left_out(monkeypatch):
    run, real = run_in_float64(monkeypatch, r1_gamma=0.0, path_weight=3.0, path_every=5)
    run.path_length = 0.2
    generator = copy.deepcopy(run.pair.generator)
    run.step(real)

    judge = run.pair.discriminator  # as it is after its own step
    loss = functional.softplus(-judge(generator.synthesis(fixed_styles(generator, 4)))).mean()
    styles, lengths = fixed_styles(generator, 2), []
    with torch.no_grad():
        directions = torch.randn_like(generator.synthesis(styles))
    for number in range(2):
        jacobian = torch.autograd.functional.jacobian(
            lambda s: generator.synthesis(s[None])[0], styles[number], create_graph=True
        )
        moved = torch.einsum("chw,chwld->ld", directions[number] / 8, jacobian)
        lengths.append(moved.square().sum(1).mean().sqrt())
    lengths = torch.stack(lengths)
    penalty = ((lengths - 0.2) ** 2).mean()
    assert run.penalties[1] == pytest.approx(penalty.item(), rel=1e-9)
    mean = lengths.mean().item()
    assert run.path_length == pytest.approx((1 - FORGETS) * 0.2 + FORGETS * mean, rel=1e-9)
    # that of how strong noise is is of the noise that was drawn
    drawn = [name for name, _ in generator.named_parameters() if name.endswith("noise_strength")]
    found = gradients(run.pair.generator)
    assert_gradients(found, generator, loss + 5 * 3.0 * penalty, without=drawn)
    with pytest.raises(AssertionError):
        assert_gradients(found, generator, loss, without=drawn)


def test_both_networks_learn_from_augmented_pictures_and_r1_is_of_those_before(monkeypatch):
    """In float64, with pictures mirrored, and augmented by being doubled."""
    run, real = run_in_float64(monkeypatch, r1_gamma=3.0, r1_every=5, path_weight=0.0)
    run.mirror, run.augment = lambda pictures: pictures.flip(3), lambda pictures: 2 * pictures
    judge, generator = copy.deepcopy(run.pair.discriminator), copy.deepcopy(run.pair.generator)
    run.step(real)

    fake = generator.synthesis(fixed_styles(generator, 4))
    mirrored = real.flip(3)
    slope = torch.autograd.functional.jacobian(
        lambda pictures: judge(2 * pictures).sum(), mirrored, create_graph=True
    )
    penalty = (slope**2).sum() / 4
    assert run.penalties[0] == pytest.approx(penalty.item(), rel=1e-9)
    loss = functional.softplus(-judge(2 * mirrored)).mean()
    loss = loss + functional.softplus(judge(2 * fake.detach())).mean()
    assert_gradients(gradients(run.pair.discriminator), judge, loss + 5 * (3.0 / 2) * penalty)
    # the generator is told by the discriminator as it is after its own step
    pleased = functional.softplus(-run.pair.discriminator(2 * fake)).mean()
    drawn = [name for name, _ in generator.named_parameters() if name.endswith("noise_strength")]
    assert_gradients(gradients(run.pair.generator), generator, pleased, without=drawn)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_step_in_chunks_moves_as_a_whole_one(monkeypatch, size):
    """Without what depends on the batch: the deviation of groups, which of chunks is another."""
    moved, told = [], []
    for chunk_size in (0, size):
        run, real = run_in_float64(monkeypatch, chunk_size=chunk_size, r1_gamma=0.5)
        run.path_length = 0.2
        run.pair.discriminator.last.weight.data[:, -1] = 0  # deaf to the deviation
        # one style for all: each chunk begins anew with the first
        run.styles = lambda n, run=run: fixed_styles(run.pair.generator, 1).expand(n, -1, -1)
        told.append([*run.step(real).tolist(), run.path_length])
        moved.append(gradients(run.pair))
    # of a gradient of nearly 0 the discriminator's step has the sign, which the generator hears
    assert told[1] == pytest.approx(told[0], rel=1e-6), "losses, answers, both penalties"
    assert min(run.penalties) > 0
    for name, gradient in moved[0].items():
        # the first hears of the deviation, the other of noise that is drawn anew
        if name == "discriminator.last.weight" or name.endswith("noise_strength"):
            continue
        torch.testing.assert_close(moved[1][name], gradient, rtol=1e-5, atol=1e-9, msg=name)


def test_penalties_come_every_so_many_steps():
    run, found = small_run(r1_every=2, path_every=3), []
    run.order = torch.arange(28)
    for _ in range(6):
        run.penalties = [-1.0, -1.0]
        run.step(torch.rand(4, 3, 8, 8))
        run.position += 4
        found.append([value >= 0 for value in run.penalties])
    assert [slope for slope, _ in found] == [True, False] * 3
    assert [path for _, path in found] == [True, False, False] * 2


def test_styles_are_mixed_of_two_from_a_layer_on_that_may_be_any_but_the_first():
    run = small_run(mixing=1.0)
    styles = run.styles(600)
    layers = run.pair.generator.synthesis.count
    assert styles.shape == (600, layers, 5)
    first, last = styles[:, :1], styles[:, -1:]
    assert not (first == last).all(2).any(), "the last layer is always another's"
    of_first, of_last = (styles == first).all(2), (styles == last).all(2)  # (n, layers)
    assert (of_first ^ of_last).all(), "two of a picture, and no third"
    cuts = of_first.sum(1)
    assert torch.equal(of_first, torch.arange(layers) < cuts[:, None]), "one cut in each"
    shares = torch.bincount(cuts, minlength=layers + 1) / 600
    wanted = torch.tensor([0.0, *[1 / (layers - 1)] * (layers - 1), 0.0])
    torch.testing.assert_close(shares, wanted, atol=0.06, rtol=0)


@pytest.mark.parametrize("mixing", [0.0, 0.3, 0.9])
def test_as_many_styles_are_mixed_as_is_asked_for(mixing):
    styles = small_run(mixing=mixing).styles(600)
    mixed = (styles != styles[:, :1]).any(2).any(1)
    assert mixed.double().mean().item() == pytest.approx(mixing, abs=0.05 if mixing else 0)


def test_about_half_of_the_pictures_are_mirrored_left_to_right():
    pictures = torch.rand(400, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    found = small_run().mirror(pictures)
    as_it_was, turned = (
        (found == wanted).flatten(1).all(1) for wanted in (pictures, pictures.flip(3))
    )
    assert (as_it_was ^ turned).all()
    assert turned.double().mean().item() == pytest.approx(0.5, abs=0.08)
    assert torch.equal(small_run(mirrored=False).mirror(pictures), pictures)


def test_a_tick_takes_all_pictures_equally_often():
    run = small_run(images_per_tick=25)
    order = run.draw_order(10)
    assert len(order) == 25
    counts = torch.bincount(order, minlength=10)
    assert counts.min() == 2
    assert counts.max() == 3


def test_augmentation_grows_where_the_discriminator_knows_its_pictures():
    run = small_run(augmentation_images=1000)
    run.pair.discriminator.answer.bias.data.fill_(50.0)  # sure of everything
    for _ in range(8):
        run.step(torch.rand(4, 3, 8, 8))
    assert run.augment.probability == pytest.approx(2 * 4 * 4 / 1000)
    assert run.signs == []


def test_the_average_forgets_half_after_so_many_pictures():
    run = small_run(average_images=100.0, average_share=1.0)
    assert run.decay(10_000) ** 25 == pytest.approx(0.5)
    run = small_run(average_images=1e9, average_share=0.05)
    assert run.decay(99) == pytest.approx(0.5 ** (4 / 20)), "a twentieth of 400 seen"


def train(pair, checkpoint=None, progress=None, **changed):
    return train_pair(
        pair,
        images=IMAGES,
        settings=StyleSettings(**{**SMALL, "augmentation_images": 100, **changed}),
        snapshots=[1],
        seed=3,
        checkpoint=checkpoint,
        progress=progress,
        kind=StyleRun,
    )


@pytest.mark.parametrize("augmentation", ["adaptive", "light"])
@pytest.mark.parametrize("stop", [1, 3, 5])
def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path, stop, augmentation):
    whole = small_pair()
    trained = train(whole, augmentation=augmentation)

    class Stopped(Exception):  # noqa: N818
        pass

    def progress(done, total, where):
        if done == 4 * (stop + 1):
            raise Stopped

    checkpoint = Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    with pytest.raises(Stopped):
        train(small_pair(), checkpoint, progress, augmentation=augmentation)
    resumed = small_pair()
    again = train(resumed, Checkpoint(tmp_path / "c.pt", "f"), augmentation=augmentation)
    assert torch.equal(weights(resumed), weights(whole))
    assert torch.equal(weights(again.averaged), weights(trained.averaged))
    np.testing.assert_array_equal(again.steps, trained.steps)
    assert sorted(trained.snapshots) == [1, 2]
    if augmentation == "adaptive":
        assert trained.steps["augmentation"].iloc[-1] > 0, "or it would not be seen"


def test_a_cpu_rounds_nothing_and_says_so_once(caplog):
    one, other = small_pair(), small_pair()
    with caplog.at_level(logging.INFO):
        train(one, precision="bfloat16")
        train(other)
    told = [record.message for record in caplog.records if "bfloat16" in record.message]
    assert told == ["precision bfloat16 is for GPUs: computing in float32"]
    assert torch.equal(weights(one), weights(other))


def test_rounded_products_train_as_well(monkeypatch):
    """As a GPU takes them."""
    monkeypatch.setattr(StyleRun, "_rounds", lambda run, _: run.settings.precision != "float32")
    pair, other = small_pair(), small_pair()
    trained = train(pair, precision="bfloat16")
    assert np.isfinite(trained.steps.to_numpy()).all()
    assert all(weights.dtype == torch.float32 for weights in pair.parameters())
    exact = train(other).steps.iloc[0]
    # of the first step's slopes nothing is rounded, else they would be off by thousandths
    first = trained.steps.iloc[0]
    assert first["penalty_slope"] == exact["penalty_slope"]
    assert first["loss_real"] == exact["loss_real"]
    assert first["loss_fake"] != exact["loss_fake"]


def test_what_a_gpu_draws_is_kept_and_taken_up(monkeypatch):
    """With stand-ins for the GPU's stream."""
    given, taken = torch.arange(16, dtype=torch.uint8), []
    assert "device_stream" not in small_run().state()
    monkeypatch.setattr(StyleRun, "device", torch.device("cuda", 1))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda _: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda _: 3e6)
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: given + device.index)
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda *about: taken.append(about))
    run = small_run()
    state = run.state()
    assert torch.equal(state["device_stream"], given + 1)
    run.restore(state)
    assert taken == [(state["device_stream"], torch.device("cuda", 1))]
    del state["device_stream"]  # of a CPU
    run.restore(state)
    assert len(taken) == 1
    assert run.about_epoch({"images_per_second": 50.0})["gpu_peak_mb"] == 3.0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_a_resumed_run_draws_what_the_whole_one_draws(tmp_path):
    class Stopped(Exception):  # noqa: N818
        pass

    def progress(done, total, where):
        if done == 12:
            raise Stopped

    before, steps = torch.cuda.get_rng_state(), []
    checkpoint = Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    with pytest.raises(Stopped):
        train(small_pair().cuda(), checkpoint, progress)
    for path in (None, tmp_path / "c.pt"):
        trained = train(small_pair().cuda(), path and Checkpoint(path, "f"))
        assert (trained.epochs["gpu_peak_mb"] > 0).all()
        steps.append(trained.steps)
    np.testing.assert_allclose(steps[1], steps[0], rtol=1e-3, atol=1e-4)
    assert torch.equal(torch.cuda.get_rng_state(), before)


def test_the_history_says_how_long_a_thousand_pictures_took():
    epochs = train(small_pair()).epochs
    np.testing.assert_allclose(epochs["seconds_per_kimg"] * epochs["images_per_second"], 1000)
    assert "gpu_peak_mb" not in epochs


def test_pictures_of_another_size_than_the_networks_are_refused():
    with pytest.raises(ConvatlasError, match=r"pictures of 16x12 pixels.*networks of 8x8"):
        train_pair(
            small_pair(),
            images=np.zeros((4, 12, 16, 3), np.uint8),
            settings=StyleSettings(**SMALL),
            snapshots=[],
            seed=0,
            kind=StyleRun,
        )


@pytest.mark.parametrize("steps", [1, 3, 4])
def test_a_training_in_stretches_ends_with_the_same_bits(tmp_path, steps):
    """Each stretch is over after so many steps, within a tick or at its end."""
    whole = small_pair()
    train(whole)

    class Stretch(Checkpoint):
        taken = 0

        def is_over(self):
            self.taken += 1
            return self.taken > steps

    pair, told = small_pair(), []

    def go_on():
        checkpoint = Stretch(tmp_path / "c.pt", "f", every_seconds=1e9, minutes=9)
        try:
            train(pair, checkpoint)
        except ConvatlasError as error:
            return str(error)
        return ""

    while message := go_on():
        size = (tmp_path / "c.pt").stat().st_size / 1e6
        told.append("9 minutes of this stretch are over" in message and f"({size:,.1f} " in message)
        pair = small_pair()
    assert told
    assert all(told)
    assert torch.equal(weights(pair), weights(whole))
