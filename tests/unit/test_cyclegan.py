"""CycleGAN: its networks, its losses by hand, its memory, its learning rate, its resumption."""

import numpy as np
import pytest
import torch
from torch import nn

from convatlas.errors import ConvatlasError
from convatlas.models.cyclegan import CycleGAN
from convatlas.models.registry import build_model
from convatlas.training.adversarial import train_pair
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.cyclegan import CycleRun, CycleSettings
from convatlas.training.painters import choose_steps

PAINTINGS, PHOTOGRAPHS = np.random.default_rng(0).integers(0, 256, (2, 6, 16, 16, 3), np.uint8)
OPTIONS = {"channels": 2, "blocks": 1, "halvings": 2}
SMALL = {"epochs": 2, "batch_size": 2, "history": 3, "constant_epochs": 1}


def small_pair():
    return build_model("cyclegan.CycleGAN", seed=0, options=OPTIONS)


def small_run(pair=None, **changed):
    settings = CycleSettings(**{**SMALL, **changed})
    run = CycleRun(pair or small_pair(), settings, 0, photographs=PHOTOGRAPHS)
    run.order = torch.arange(6)
    return run


def weights(network):
    return torch.cat([value.double().flatten() for value in network.state_dict().values()])


def test_networks_have_the_papers_sizes():
    """With nine blocks and 64 channels; biases before a normalisation are left out."""
    with torch.device("meta"):
        pair = CycleGAN()
    translator = pair.generator["to_painting"]
    kernels = [layer.weight.numel() for layer in translator.modules() if hasattr(layer, "weight")
               and layer.weight is not None]  # fmt: skip
    wanted = [3 * 64 * 49, 64 * 128 * 9, 128 * 256 * 9, *[256 * 256 * 9] * 18]
    assert sorted(kernels) == sorted([*wanted, 256 * 128 * 9, 128 * 64 * 9, 64 * 3 * 49])
    discriminator = pair.discriminator["painting"]
    strides = [layer.stride[0] for layer in discriminator.modules() if isinstance(layer, nn.Conv2d)]
    seen = 1
    for stride in reversed(strides):
        seen = (seen - 1) * stride + 4
    assert seen == 70


def test_pictures_of_any_size_in_fours_are_translated():
    pair = small_pair()
    assert pair(torch.rand(2, 3, 20, 32)).shape == (2, 3, 20, 32)


class Shift(nn.Module):
    """Adds a number."""

    def __init__(self, by):
        super().__init__()
        self.by = nn.Parameter(torch.tensor(by))

    def forward(self, x):
        return x + self.by


class Mean(nn.Module):
    """Answers with a picture's mean, times a weight."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        return self.weight * x.mean((1, 2, 3))


def test_losses_are_those_of_the_paper():
    pair = small_pair()
    pair.generator = nn.ModuleDict({"to_painting": Shift(0.3), "to_photograph": Shift(-0.1)})
    pair.discriminator = nn.ModuleDict({"painting": Mean(), "photograph": Mean()})
    run = small_run(pair, mirrored=False)
    photographs = torch.full((2, 3, 16, 16), 0.2)
    run._next_photographs = lambda count: photographs
    paintings = torch.full((2, 3, 16, 16), 0.5)
    found = dict(zip(run.MEASURES, run.step(paintings).tolist(), strict=True))
    # there and back again is 0.2 off on both ways; a painting made a painting is 0.3 off
    assert found["loss_cycle"] == pytest.approx(0.4, rel=1e-5)
    assert found["loss_identity"] == pytest.approx(0.3 + 0.1, rel=1e-5)
    # generated: 0.5 and 0.4, of which the answers are twice as much
    adversarial = (2 * 0.5 - 1) ** 2 + (2 * 0.4 - 1) ** 2
    total = adversarial + 10 * (0.4 + 0.5 * 0.4)
    assert found["loss_generator"] == pytest.approx(total, rel=1e-5)
    assert found["loss_real"] == pytest.approx(((2 * 0.5 - 1) ** 2 + (2 * 0.2 - 1) ** 2) / 2)
    assert found["loss_fake"] == pytest.approx((1.0**2 + 0.8**2) / 2, rel=1e-5)
    assert found["d_real"] == pytest.approx((1.0 + 0.4) / 2, rel=1e-5)
    assert found["d_fake"] == pytest.approx((1.0 + 0.8) / 2, rel=1e-5)


def test_half_of_what_discriminators_see_was_made_before():
    run = small_run(history=10)
    shown = []
    for number in range(600):
        picture = torch.full((1, 3, 2, 2), float(number))
        shown.append(run._recall("painting", picture)[0, 0, 0, 0].item())
    assert shown[:10] == list(range(10)), "the first are remembered and shown"
    new = np.mean([value == number for number, value in enumerate(shown)][10:])
    assert new == pytest.approx(0.5, abs=0.06)
    assert len(run.remembered["painting"]) == 10
    assert len(run.remembered["photograph"]) == 0


def test_the_learning_rate_falls_to_0_after_the_constant_epochs():
    run, rates = small_run(epochs=5, constant_epochs=2), []
    for epoch in range(5):
        run.epoch = epoch
        run._set_rates()
        rates.append(run.optimizers["generator"].param_groups[0]["lr"] / 0.0002)
    assert rates == pytest.approx([1, 1, 0.75, 0.5, 0.25])


def test_photographs_are_taken_equally_often():
    run, taken = small_run(mirrored=False), []
    for _ in range(9):
        taken += [picture.sum().item() for picture in run._next_photographs(2)]
    values, counts = np.unique(taken, return_counts=True)
    assert len(values) == 6
    assert set(counts) == {3}


def train(pair, checkpoint=None, progress=None):
    return train_pair(
        pair,
        images=PAINTINGS,
        settings=CycleSettings(**SMALL, ema_decay=0.5),
        snapshots=[1],
        seed=3,
        checkpoint=checkpoint,
        progress=progress,
        kind=lambda *about: CycleRun(*about, photographs=PHOTOGRAPHS),
    )


def test_answers_that_are_no_probabilities_warn_nobody():
    trained = train(small_pair())
    assert (trained.epochs["warning"] == "").all()
    small_apart = (trained.epochs["d_real"] - trained.epochs["d_fake"]).abs().min()
    assert small_apart < 0.02, "or others would not be warned either"


def test_photographs_of_another_size_are_refused_with_both():
    galleries = {"paintings": PAINTINGS, "photographs": PHOTOGRAPHS[:, :12]}
    with pytest.raises(ConvatlasError) as told:
        choose_steps("cyclegan.CycleGAN", SMALL, galleries)
    assert "paintings of 16x16 pixels, photographs of 16x12 pixels" in str(told.value)
    with pytest.raises(ConvatlasError, match="no photographs"):
        choose_steps("cyclegan.CycleGAN", SMALL, {**galleries, "photographs": PHOTOGRAPHS[:0]})


@pytest.mark.parametrize("stop", [1, 2, 4])
def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path, stop):
    whole = small_pair()
    trained = train(whole)

    class Stopped(Exception):  # noqa: N818
        pass

    def progress(done, total, where):
        if done == 2 * (stop + 1):
            raise Stopped

    checkpoint = Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    with pytest.raises(Stopped):
        train(small_pair(), checkpoint, progress)
    resumed = small_pair()
    again = train(resumed, Checkpoint(tmp_path / "c.pt", "f"))
    assert torch.equal(weights(resumed), weights(whole))
    np.testing.assert_array_equal(again.steps, trained.steps)
    assert sorted(again.snapshots) == [1, 2]
