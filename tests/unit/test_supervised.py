"""The training loop: what it learns, what it reports, and that it can be killed at any moment."""

import math
import multiprocessing
import os
import random
import signal
import sys
import time

import fit_in_a_process
import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, precision_score
from torch import nn

from convatlas import optimizers
from convatlas.data.splits import Part
from convatlas.errors import ConvatlasError
from convatlas.models.lenet import LeNet5ReLU
from convatlas.training import supervised
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.supervised import (
    FitSettings,
    Pictures,
    Tally,
    fit_classifier,
    score_pictures,
)

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def parts():
    return fit_in_a_process.make_parts()


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def fit(parts, *, seed=0, model=None, checkpoint=None, progress=None, **settings):
    model = model or fit_in_a_process.make_network()
    settings = FitSettings(**{"epochs": 2, "batch_size": 50, **settings})
    history = fit_classifier(
        model,
        train=parts[0],
        monitor=parts[1],
        settings=settings,
        seed=seed,
        checkpoint=checkpoint,
        progress=progress,
    )
    return model, history


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


# --- killed and started again --------------------------------------------------------------------


@pytest.fixture(scope="module")
def start():
    """Start trainings, each in a process of its own, forked from one that knows torch already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fit_in_a_process"])

    def start_one(*arguments):
        process = context.Process(target=fit_in_a_process.main, args=arguments)
        process.start()
        return process

    with pytest.MonkeyPatch.context() as patch:
        # the process that forks takes over sys.path only in later versions of Python
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        yield start_one


def has_saved_since(path, moment):
    return path.exists() and path.stat().st_mtime_ns > moment


@pytest.mark.parametrize(("keep", "every_seconds"), [("best", 0), ("last", 0.02)])
def test_a_training_killed_again_and_again_ends_as_one_never_stopped(
    tmp_path, start, keep, every_seconds
):
    whole = start(tmp_path / "other.pt", 1e9, tmp_path / "whole.pt", keep, 0)
    whole.join()
    assert whole.exitcode == 0

    state, chance, places = tmp_path / "state.pt", random.Random(keep), set()
    for kill in (True, True, True, True, False):
        before = state.stat().st_mtime_ns if state.exists() else 0
        process = start(state, every_seconds, tmp_path / "pieces.pt", keep, 0.01)
        if kill:
            while process.is_alive() and not has_saved_since(state, before):
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.06))
            process.kill()
            process.join()
            assert process.exitcode == -signal.SIGKILL
            content = torch.load(state, weights_only=True)["state"]
            places.add((content["epoch"], content["position"]))
    process.join()
    assert process.exitcode == 0

    assert len(places) == 4  # it was killed in four places
    one, other = (torch.load(tmp_path / f"{name}.pt") for name in ("whole", "pieces"))
    assert same(one["weights"], other["weights"])
    assert one["history"] == other["history"]
    assert one["history"]["epoch"] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]


class KilledError(Exception):
    """Stands for SIGKILL within one process."""


def test_it_goes_on_from_every_single_step(parts, tmp_path):
    settings = {"epochs": 2, "batch_size": 100, "keep": "best", "augmentation": {"noise": 0.1}}
    expected, history = fit(parts, **settings)
    steps = 0
    while True:  # one step further each time, the last batch of an epoch included
        seen = []

        def stop(done, total, where, seen=seen):
            seen.append(done)
            if len(seen) == 2:  # the first was saved
                raise KilledError

        try:
            model, pieces = fit(
                parts, checkpoint=Checkpoint(tmp_path / "c.pt", "f", 0), progress=stop, **settings
            )
        except KilledError:
            steps += 1
            continue
        break
    assert steps == 5  # of six steps
    assert same(expected.state_dict(), model.state_dict())
    timeless = ["epoch", "part", "loss", "accuracy", "precision"]
    assert pieces[timeless].equals(history[timeless])


@pytest.mark.parametrize("moment", range(1, 9))
def test_a_failure_right_after_any_save_loses_nothing(parts, tmp_path, monkeypatch, moment):
    settings = {"epochs": 2, "batch_size": 60}
    expected, _ = fit(parts, **settings)
    saves, save = [], Checkpoint.save

    def save_and_die(self, state):
        save(self, state)
        saves.append(state["position"])
        if len(saves) == moment:
            raise KilledError

    monkeypatch.setattr(Checkpoint, "save", save_and_die)
    with pytest.raises(KilledError):
        fit(parts, checkpoint=Checkpoint(tmp_path / "c.pt", "f", 0), **settings)
    model, _ = fit(parts, checkpoint=Checkpoint(tmp_path / "c.pt", "f", 0), **settings)
    assert same(expected.state_dict(), model.state_dict())


def test_seconds_before_the_stop_are_counted(parts, tmp_path, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(supervised.time, "perf_counter", lambda: next(clock) * 10.0)

    def stop(done, total, where):
        if done == 150:
            raise KilledError

    checkpoint = Checkpoint(tmp_path / "c.pt", "f", 0)
    with pytest.raises(KilledError):
        fit(parts, epochs=1, checkpoint=checkpoint, progress=stop)
    _, history = fit(parts, epochs=1, checkpoint=checkpoint)
    # two saved steps, then three: each look at the clock is 10 s later, two looks to a save
    assert history["seconds"].tolist() == [50.0, 50.0]
    assert history["images_per_second"].tolist() == [230 / 50] * 2


def test_a_state_of_other_settings_is_not_taken_up(parts, tmp_path):
    expected, _ = fit(parts)
    fit(parts, seed=5, checkpoint=Checkpoint(tmp_path / "c.pt", "other", 0))
    model, history = fit(parts, checkpoint=Checkpoint(tmp_path / "c.pt", "f", 0))
    assert same(expected.state_dict(), model.state_dict())
    assert len(history) == 4


# --- seeds ---------------------------------------------------------------------------------------


def test_the_seed_decides_every_bit(parts):
    vary = {"augmentation": {"elastic_pixels": 1.0}}
    torch.manual_seed(1)
    one, _ = fit(parts, seed=1, **vary)
    torch.manual_seed(2)
    again, _ = fit(parts, seed=1, **vary)
    other, _ = fit(parts, seed=2, **vary)
    assert same(one.state_dict(), again.state_dict())
    assert not same(one.state_dict(), other.state_dict())


@pytest.mark.parametrize(
    ("settings", "model"),
    [
        ({"batch_size": 230, "epochs": 1}, nn.Sequential(nn.Flatten(), nn.Dropout(0.5))),
        ({"batch_size": 10}, nn.Sequential(nn.Flatten(), nn.Identity())),
        (
            {"batch_size": 230, "epochs": 1, "augmentation": {"noise": 0.5}},
            nn.Sequential(nn.Flatten(), nn.Identity()),
        ),
    ],
    ids=["dropout", "shuffling", "augmentation"],
)
def test_dropout_shuffling_and_augmentation_each_follow_the_seed(parts, settings, model):
    def weights(seed):
        torch.manual_seed(0)
        return fit(parts, seed=seed, model=nn.Sequential(model, nn.Linear(784, 10)), **settings)[0]

    one, again, other = (weights(seed).state_dict() for seed in (1, 1, 2))
    assert same(one, again)
    assert not torch.allclose(one["1.weight"], other["1.weight"], atol=1e-5)


def test_the_callers_random_state_is_left_alone(parts):
    model = fit_in_a_process.make_network()
    torch.manual_seed(4)
    state = torch.get_rng_state()
    fit(parts, model=model)
    assert torch.equal(torch.get_rng_state(), state)


# --- what is learnt ------------------------------------------------------------------------------


def plain(parts, **settings):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    return fit(parts, model=model, **settings)


def test_plain_adam_by_hand(parts):
    model, _ = plain(parts, epochs=3, batch_size=230, learning_rate=0.01)
    torch.manual_seed(0)
    layer = nn.Linear(784, 10)
    x = torch.from_numpy(parts[0].images).reshape(230, 784) / 255
    y = torch.from_numpy(parts[0].labels).long()
    moments = {p: [torch.zeros_like(p), torch.zeros_like(p)] for p in layer.parameters()}
    for step in (1, 2, 3):
        layer.zero_grad()
        nn.functional.cross_entropy(layer(x), y).backward()
        with torch.no_grad():
            for p, (m, v) in moments.items():
                m.mul_(0.9).add_(0.1 * p.grad)
                v.mul_(0.999).add_(0.001 * p.grad**2)
                p -= 0.01 * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
    torch.testing.assert_close(model[1].weight, layer.weight, rtol=0, atol=1e-5)
    torch.testing.assert_close(model[1].bias, layer.bias, rtol=0, atol=1e-5)


def test_weight_decay_is_decoupled_from_the_gradient(parts):
    dark = Part(np.zeros_like(parts[0].images), parts[0].labels, parts[0].indices)
    settings = {"epochs": 1, "batch_size": 50, "learning_rate": 0.01}
    model, _ = plain((dark, parts[1]), weight_decay=0.5, **settings)
    torch.manual_seed(0)
    before = nn.Linear(784, 10).weight
    # no light, no gradient: five steps of decay alone
    torch.testing.assert_close(model[1].weight, before * (1 - 0.01 * 0.5) ** 5)


def test_the_last_smaller_batch_is_used(parts):
    seen, sizes = [], []
    fit(parts, epochs=1, progress=lambda done, total, where: seen.append((done, total)))
    assert seen == [(50, 230), (100, 230), (150, 230), (200, 230), (230, 230)]

    class Spy(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(784, 10)

        def forward(self, images):
            if self.training:
                sizes.append(images)
            return self.layer(images.flatten(1))

    fit(parts, epochs=2, model=Spy())
    assert [len(batch) for batch in sizes] == [50, 50, 50, 50, 30] * 2
    for epoch in (sizes[:5], sizes[5:]):  # each picture once
        light = torch.cat(epoch).sum((1, 2, 3)).sort().values
        expected = torch.from_numpy(parts[0].images).float().div(255).sum((1, 2)).sort().values
        torch.testing.assert_close(light, expected)
    assert not torch.equal(sizes[0], sizes[5])  # in another order


def test_the_cosine_schedule_ends_near_nothing(parts, monkeypatch):
    rates, step = [], optimizers.AdamW.step

    def watch(self, *arguments, **names):
        rates.append(self.param_groups[0]["lr"])
        return step(self, *arguments, **names)

    monkeypatch.setattr(optimizers.AdamW, "step", watch)
    fit(parts, epochs=4, learning_rate=0.1, schedule="cosine")
    expected = [0.05 * (1 + math.cos(math.pi * k / 20)) for k in range(20)]
    assert rates == pytest.approx(expected)
    assert rates[0] == 0.1
    assert rates[-1] < 0.001
    rates.clear()
    fit(parts, epochs=1, learning_rate=0.1)
    assert rates == [0.1] * 5


def test_it_learns(parts):
    _, history = plain(parts, epochs=30, batch_size=23, learning_rate=0.005)
    last = history.iloc[-2:].set_index("part")
    assert last.loc["train", "accuracy"] > 0.97
    assert last.loc["monitor", "accuracy"] > 0.85


@pytest.mark.parametrize("keep", ["best", "last"])
def test_the_kept_epoch_is_the_one_asked_for(parts, keep):
    # a step size that overshoots: the last epoch is not the best
    settings = {"epochs": 8, "learning_rate": 0.3, "keep": keep}
    model, history = plain(parts, **settings)
    losses = history[history["part"] == "monitor"]["loss"].tolist()
    assert min(losses) < losses[-1]
    scores = score_pictures(model, Pictures(parts[1], CPU))
    labels = torch.from_numpy(parts[1].labels).long()
    loss = nn.functional.cross_entropy(scores, labels).item()
    assert loss == pytest.approx(min(losses) if keep == "best" else losses[-1], rel=1e-5)


def test_a_best_epoch_from_before_a_stop_is_still_the_one_kept(parts, tmp_path):
    settings = {"epochs": 8, "learning_rate": 0.3, "keep": "best"}
    expected, history = plain(parts, **settings)
    assert history[history["part"] == "monitor"]["loss"].argmin() < 7

    def stop(done, total, where):
        if done > 7 * 230 + 50:
            raise KilledError

    checkpoint = Checkpoint(tmp_path / "c.pt", "f", 0)
    with pytest.raises(KilledError):
        plain(parts, checkpoint=checkpoint, progress=stop, **settings)
    model, _ = plain(parts, checkpoint=checkpoint, **settings)
    assert same(expected.state_dict(), model.state_dict())


def test_history_is_a_row_per_epoch_and_part(parts):
    model, history = plain(parts, epochs=2)
    assert history.columns.tolist() == [
        "epoch", "part", "loss", "accuracy", "precision", "seconds", "images_per_second",
    ]  # fmt: skip
    assert history["epoch"].tolist() == [1, 1, 2, 2]
    assert history["part"].tolist() == ["train", "monitor"] * 2
    predicted = score_pictures(model, Pictures(parts[1], CPU)).argmax(1).numpy()
    assert history["accuracy"].iloc[-1] == accuracy_score(parts[1].labels, predicted)
    rate = 230 / history["seconds"]
    np.testing.assert_allclose(history["images_per_second"], rate)


# --- loss that is no number ----------------------------------------------------------------------


def test_a_loss_that_is_no_number_stops_with_its_step_and_spares_the_checkpoint(parts, tmp_path):
    class Ill(nn.Module):
        """Answers NaN from its eighth training batch on."""

        def __init__(self):
            super().__init__()
            self.layer, self.batches = nn.Linear(784, 10), 0

        def forward(self, images):
            self.batches += self.training
            scores = self.layer(images.flatten(1))
            return scores * math.nan if self.batches >= 8 else scores

    checkpoint = Checkpoint(tmp_path / "c.pt", "f", 0)
    with pytest.raises(ConvatlasError, match="not a finite number at step 7 ") as caught:
        fit(parts, model=Ill(), checkpoint=checkpoint)
    assert "learning_rate 0.001" in str(caught.value)
    assert "config/models.yaml" in str(caught.value)
    state = checkpoint.load()
    assert (state["epoch"], state["position"]) == (1, 100)
    assert torch.isfinite(state["model"]["layer.weight"]).all()
    with pytest.raises(ConvatlasError, match="at step 7 "):  # without saves, too
        fit(parts, model=Ill())


def test_a_step_size_without_measure_is_reported(parts):
    with pytest.raises(ConvatlasError, match=r"at step 1 \(learning_rate 1e\+30"):
        fit(parts, model=LeNet5ReLU(), learning_rate=1e30)


def test_a_last_step_that_ruins_the_network_is_seen_on_the_monitored_part(parts):
    with pytest.raises(ConvatlasError, match="on the monitored part after epoch 1"):
        fit(parts, model=LeNet5ReLU(), learning_rate=1e30, batch_size=230, epochs=1)


# --- measures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [10, 6])
def test_tally_agrees_with_scikit_learn(classes):
    draw = np.random.default_rng(0)
    labels = draw.integers(0, classes, 700)
    scores = draw.normal(size=(700, 10)) + 2 * np.eye(10)[labels]
    scores[:, 3] -= 12  # never predicted
    if classes == 6:
        scores[:, 8] -= 12  # neither predicted nor there
    scores, labels = torch.from_numpy(scores), torch.from_numpy(labels)
    tally = Tally(CPU)
    for batch in (slice(0, 300), slice(300, 310), slice(310, 700)):
        loss = nn.functional.cross_entropy(scores[batch], labels[batch])
        tally.add(scores[batch], labels[batch], loss)
    predicted = scores.argmax(1)
    row = tally.row()
    assert row["accuracy"] == pytest.approx(accuracy_score(labels, predicted))
    expected = precision_score(labels, predicted, average="macro", zero_division=0)
    assert row["precision"] == pytest.approx(expected)
    probabilities = scores.softmax(1).numpy()
    assert row["loss"] == pytest.approx(log_loss(labels, probabilities, labels=range(10)))


def test_scores_do_not_depend_on_how_they_are_batched(parts, monkeypatch):
    model, pictures = fit_in_a_process.make_network(), Pictures(parts[0], CPU)
    whole = score_pictures(model, pictures)
    assert not model.training  # dropout is off
    monkeypatch.setattr(supervised, "EVALUATION_BATCH", 7)
    torch.testing.assert_close(score_pictures(model, pictures), whole)
    assert whole.shape == (230, 10)


def test_pictures_come_as_floats_from_black_to_white(parts):
    images, labels = Pictures(parts[0], CPU).batch(torch.tensor([5, 2]))
    assert images.shape == (2, 1, 28, 28)
    np.testing.assert_allclose(images[:, 0].numpy(), parts[0].images[[5, 2]] / 255, atol=1e-7)
    assert labels.tolist() == parts[0].labels[[5, 2]].tolist()
