"""The loop that trains denoisers, and the pictures that it learns from."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from convatlas.data.denoising_pictures import (
    cut_photographs,
    divide_pictures,
    load_parts,
    load_pictures,
    read_picture_rows,
    read_pictures,
    save_pictures,
    scale_pictures,
)
from convatlas.data.pan import sample_photographs
from convatlas.errors import ConvatlasError
from convatlas.models.registry import build_model
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.denoising import train_denoiser
from convatlas.training.denoising_batches import NoisyBatches
from convatlas.training.denoising_settings import DenoisingSettings

STREAM = np.random.default_rng(0)
PICTURES = STREAM.integers(0, 256, (7, 12, 14, 3)).astype(np.uint8)
HELD_OUT = STREAM.integers(0, 256, (3, 12, 14, 3)).astype(np.uint8)
SMALL = {"epochs": 3, "batch_size": 3, "sigma": 25.0, "records": 4}
SGD = {**SMALL, "optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.01}
FULL = {**SMALL, "sigma": (10.0, 40.0), "crop_pixels": 8, "flips": True, "schedule": "cosine"}
TIMELESS = ["step", "epoch", "loss", "train_mse", "held_out_mse", "held_out_psnr", "learning_rate"]


def network(name="GatedDenoiser", **options):
    return build_model(f"denoiser.{name}", seed=0, options={"channels": 4, **options})


def train(settings=SMALL, *, model=None, seed=0, pictures=PICTURES, **options):
    model = network(residual=True) if model is None else model
    history = train_denoiser(
        model,
        pictures=pictures,
        held_out=HELD_OUT,
        settings=DenoisingSettings(**settings),
        seed=seed,
        **options,
    )
    return model, history


def weights(model):
    return torch.cat([value.double().flatten() for value in model.state_dict().values()])


class Watching(nn.Module):
    """Keeps what it is given, and gives it back."""

    def __init__(self):
        super().__init__()
        self.seen, self.weight = [], nn.Parameter(torch.ones(()))

    def forward(self, x):
        if torch.is_grad_enabled():
            self.seen.append(x.detach() * 255)
        return self.weight * x


# --- batches --------------------------------------------------------------------------------------
def test_every_picture_is_seen_once_an_epoch_with_noise_of_its_own():
    model = Watching()
    train({**SMALL, "epochs": 4, "learning_rate": 1e-12}, model=model)
    assert [len(batch) for batch in model.seen] == [3, 3, 1] * 4
    seen = torch.cat(model.seen).double().reshape(4, 7, 3, 12, 14)
    clean = torch.from_numpy(PICTURES).permute(0, 3, 1, 2).double()
    noises, orders = [], []
    for epoch in seen:
        apart = (epoch[:, None] - clean[None]).square().mean((2, 3, 4))
        nearest = apart.argmin(1)
        assert sorted(nearest.tolist()) == list(range(7))
        orders.append(nearest.tolist())
        noises.append((epoch - clean[nearest])[nearest.argsort()])
    assert len({tuple(order) for order in orders}) > 1
    noise = torch.stack(noises)
    assert noise.std().item() == pytest.approx(25, rel=0.02)
    assert abs(noise.mean().item()) < 0.5
    correlation = np.corrcoef(noise[:, 0].flatten(1).numpy())  # of one picture over four epochs
    assert np.abs(correlation - np.eye(4)).max() < 0.15
    # what goes beyond white and black stays as it is
    assert seen.min() < -20
    assert seen.max() > 275


def test_noise_of_a_range_is_drawn_for_each_picture():
    flat = np.full((400, 16, 16, 3), 100, np.uint8)
    settings = DenoisingSettings(steps=1, batch_size=400, sigma=(10.0, 50.0))
    clean, noisy = NoisyBatches(flat, settings, seed=0).draw()
    sigmas = (255 * (noisy - clean)).std((1, 2, 3))
    assert 9 < sigmas.min() < 12
    assert 48 < sigmas.max() < 55
    assert sigmas.mean().item() == pytest.approx(30, abs=2)


def test_crops_are_squares_of_the_pictures_and_may_be_mirrored():
    rows, columns = np.mgrid[:12, :14]
    images = np.stack([np.dstack([rows, columns, 0 * rows + n]) for n in range(5)])
    settings = DenoisingSettings(steps=1, batch_size=5, sigma=1.0, crop_pixels=6, flips=True)
    batches = NoisyBatches(images.astype(np.uint8), settings, seed=0)
    clean = torch.cat([batches.draw()[0] for _ in range(40)])
    crops = (clean * 255).round().int()
    assert crops.shape == (200, 3, 6, 6)
    down, right = crops[:, 0].diff(dim=1), crops[:, 1].diff(dim=2)
    for steps in (down, right):
        turned = (steps == -1).flatten(1).all(1)
        assert ((steps == 1).flatten(1).all(1) | turned).all()
        assert 60 < turned.sum() < 140
    assert set(crops[:, 0].amin((1, 2)).tolist()) == set(range(7))
    assert set(crops[:, 1].amin((1, 2)).tolist()) == set(range(9))
    assert (crops[:, 2] == crops[:, 2, :1, :1]).all()


# --- the loop -------------------------------------------------------------------------------------
def test_a_step_is_that_of_the_mean_squared_error():
    model, twin = network(residual=True), network(residual=True)
    settings = {**SGD, "epochs": None, "steps": 1, "momentum": 0.0}
    train(settings, model=model)
    clean, noisy = NoisyBatches(PICTURES, DenoisingSettings(**settings), seed=0).draw()
    ((twin(noisy) - clean) ** 2).mean().backward()
    for weight, before in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(weight, before - 0.01 * before.grad, rtol=1e-4, atol=1e-7)


def test_the_history_holds_what_it_says():
    model, history = train(SMALL)
    assert history["step"].tolist() == [0, 3, 5, 7, 9]
    np.testing.assert_allclose(history["epoch"], np.array([0, 3, 5, 7, 9]) / 3)
    # a residual network begins with nothing to add: its error is the noise
    first = history.iloc[0]
    assert math.isnan(first["loss"])
    assert first["train_mse"] == pytest.approx(25**2, rel=0.06)
    assert first["held_out_mse"] == pytest.approx(25**2, rel=0.1)
    wanted = 10 * np.log10(255**2 / history["held_out_mse"])
    np.testing.assert_allclose(history["held_out_psnr"], wanted)
    assert history["seconds"].is_monotonic_increasing
    assert not model.training


def test_it_learns_to_take_noise_out():
    flat = np.repeat(np.arange(40, 220, 5, dtype=np.uint8), 12 * 12 * 3).reshape(-1, 12, 12, 3)
    settings = {"steps": 150, "batch_size": 12, "learning_rate": 0.005, "schedule": "cosine"}
    for name, options in (("GatedDenoiser", {"residual": True}), ("DnCNN", {"layers": 4})):
        model = network(name, **{**options, "channels": 8})
        history = train_denoiser(
            model, pictures=flat[::2], held_out=flat[1::2],
            settings=DenoisingSettings(**settings), seed=0,
        )  # fmt: skip
        assert history["held_out_mse"].iloc[-1] < 0.5 * 25**2
        assert history["train_mse"].iloc[-1] < 0.5 * 25**2


def test_the_rate_falls_along_half_a_cosine():
    settings = DenoisingSettings(steps=10, learning_rate=0.4, schedule="cosine")
    assert settings.rate(0, 10) == 0.4
    assert settings.rate(5, 10) == pytest.approx(0.2)
    assert DenoisingSettings(steps=10, learning_rate=0.4).rate(9, 10) == 0.4
    _, history = train({**SMALL, "schedule": "cosine"})
    assert history["learning_rate"].is_monotonic_decreasing
    assert DenoisingSettings(epochs=3, batch_size=4).total(9) == 9


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    one, other, third = (train(FULL, seed=seed)[0] for seed in (1, 1, 2))
    assert torch.equal(weights(one), weights(other))
    assert not torch.equal(weights(one), weights(third))


@pytest.mark.parametrize("name", ["GatedDenoiser", "DnCNN"])
@pytest.mark.parametrize("settings", [FULL, SGD], ids=["adam", "sgd"])
@pytest.mark.parametrize("stop", [1, 4, 7])
def test_a_run_that_was_stopped_ends_with_the_same_bits(tmp_path, name, settings, stop):
    options = {"learn_gate": True} if name == "GatedDenoiser" else {}
    whole, history = train(settings, model=network(name, **options))

    class Stopped(Exception):  # noqa: N818
        pass

    calls = []

    def progress(done, total, where):
        calls.append((done, total, where))
        if len(calls) == stop + 1:
            raise Stopped

    checkpoint = Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)
    with pytest.raises(Stopped):
        train(settings, model=network(name, **options), checkpoint=checkpoint, progress=progress)
    assert calls[0] == (3, 27, "step 1/9")
    resumed, again = train(
        settings, model=network(name, **options), checkpoint=Checkpoint(tmp_path / "c.pt", "f")
    )
    assert torch.equal(weights(resumed), weights(whole))
    np.testing.assert_array_equal(again[TIMELESS], history[TIMELESS])
    assert again["seconds"].is_monotonic_increasing


def test_weights_that_are_no_numbers_are_told_and_not_kept(tmp_path):
    model, checkpoint = network(), Checkpoint(tmp_path / "c.pt", "f", every_seconds=0.0)

    def progress(done, total, where):
        if where == "step 3/9":  # before the checkpoint of the third step
            with torch.no_grad():
                next(model.parameters()).fill_(float("nan"))

    with pytest.raises(ConvatlasError, match=r"weights is not a finite number at step 3\. Lower"):
        train(model=model, checkpoint=checkpoint, progress=progress)
    kept = torch.load(tmp_path / "c.pt", weights_only=True)["state"]
    assert kept["done"] == 2
    assert all(torch.isfinite(value).all() for value in kept["network"].values())


def test_a_loss_that_is_no_number_names_the_step():
    settings = {**SGD, "learning_rate": 1e30}
    with pytest.raises(ConvatlasError, match=r"not a finite number at step [23]\. Lower the lea"):
        train(settings)


def test_bad_pictures_and_settings_are_told():
    with pytest.raises(ConvatlasError, match=r"pictures: 7 of 14x12 .* cut to 13"):
        train({**SMALL, "crop_pixels": 13})
    with pytest.raises(ConvatlasError, match=r"pictures .* are float64"):
        train(pictures=PICTURES / 255)
    with pytest.raises(ConvatlasError, match=r"pictures: 0 of"):
        train(pictures=PICTURES[:0])
    with pytest.raises(ConvatlasError, match="either 'epochs' or 'steps'"):
        DenoisingSettings(epochs=1, steps=1)
    with pytest.raises(ConvatlasError, match=r"sigma .* \(30, 20\)"):
        DenoisingSettings(steps=1, sigma=(30, 20))
    with pytest.raises(ConvatlasError, match="at least 1"):
        DenoisingSettings(steps=1, batch_size=0)
    with pytest.raises(ConvatlasError, match="optimizer 'lion'"):
        DenoisingSettings(steps=1, optimizer="lion")
    assert DenoisingSettings.of({"steps": 2}, [5, 50]).sigmas == (5, 50)


# --- pictures -------------------------------------------------------------------------------------
def test_a_row_of_a_picture_is_a_picture(tmp_path):
    pictures = STREAM.integers(0, 256, (4, 32, 32, 3)).astype(np.uint8)
    path = tmp_path / "rows.png"
    Image.fromarray(pictures.reshape(4, 1024, 3)).save(path)
    found = read_picture_rows(path)
    assert np.array_equal(found, pictures)
    assert np.array_equal(found[1, 5, 7], np.asarray(Image.open(path))[1, 5 * 32 + 7])
    both = read_pictures("picture_rows", [path, path], wanted=8)
    assert np.array_equal(both[4:], pictures)
    with pytest.raises(ConvatlasError, match=r"4 pictures, but 'pictures' of the dataset says 5"):
        read_pictures("picture_rows", [path], wanted=5)
    Image.fromarray(pictures.reshape(4, 1024, 3)).convert("L").save(path)
    with pytest.raises(ConvatlasError, match="of mode L, 1024 pixels wide"):
        read_picture_rows(path)


def test_squares_of_the_photographs_share_no_pixel_and_the_last_are_from_the_right():
    squares = cut_photographs()
    assert squares.shape == (520, 32, 32, 3)
    photographs = sample_photographs()
    assert np.array_equal(squares[0], photographs[0, :32, :32])
    assert np.array_equal(squares[13], photographs[1, :32, :32])
    assert np.array_equal(squares[26], photographs[0, :32, 32:64])
    train, held_out = divide_pictures(squares, 104, shuffle_seed=0)
    left = {square.tobytes() for square in cut_photographs()[:416]}
    assert {square.tobytes() for square in train} <= left
    corner = photographs[1, 384:416, 608:640]
    assert corner.tobytes() in {square.tobytes() for square in held_out}
    assert not np.array_equal(held_out[-1], corner)
    right = photographs[:, : 13 * 32, 512:]
    assert sorted(held_out.sum((1, 2, 3)).tolist()) == sorted(
        right.reshape(2, 13, 32, 4, 32, 3).sum((2, 4, 5)).flatten().tolist()
    )


def test_what_is_held_out_is_never_learnt_from():
    pictures = STREAM.integers(0, 256, (20, 4, 4, 3)).astype(np.uint8)
    pictures[3] = pictures[17]  # one that is there twice
    train, held_out = divide_pictures(pictures, 5)
    assert np.array_equal(held_out, pictures[15:])
    assert np.array_equal(train, np.delete(pictures[:15], 3, 0))
    mixed = divide_pictures(pictures, 5, shuffle_seed=1)
    for before, after in zip((train, held_out), mixed, strict=True):
        assert not np.array_equal(before, after)
        assert sorted(map(bytes, before)) == sorted(map(bytes, after))


def test_pictures_are_scaled_as_pillow_does_and_kept(tmp_path):
    pictures = np.zeros((2, 32, 32, 3), np.uint8)
    pictures[:, :, 16:] = 200
    scaled = scale_pictures(pictures, 64, "bilinear")
    assert scaled.shape == (2, 64, 64, 3)
    assert scaled[0, 0, [0, 30, 31, 32, 33, 63], 0].tolist() == [0, 0, 50, 150, 200, 200]
    save_pictures(tmp_path / "p.npz", {"train": scaled, "held_out": scaled[:1]})
    assert set(load_parts(tmp_path / "p.npz")) == {"train", "held_out"}
    assert np.array_equal(load_pictures(tmp_path / "p.npz", "train"), scaled)
    assert len(load_pictures(tmp_path / "p.npz", "train", 1)) == 1
    with pytest.raises(ConvatlasError, match="2 pictures of 'held_out' are asked for, and there"):
        load_pictures(tmp_path / "p.npz", "held_out", 2)
