"""GANs in numbers: what is sampled, judged, scored and said, on networks whose answer is known."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from convatlas.data.splits import Part
from convatlas.errors import ConvatlasError
from convatlas.evaluation import gan_scores
from convatlas.evaluation.discriminator import judge_pictures, judge_snapshots
from convatlas.evaluation.feature_networks import KNOWN, Extractor, load_extractor
from convatlas.evaluation.fid import (
    Moments,
    frechet_distance,
    frechet_distance_of_features,
    load_statistics,
    save_statistics_in,
)
from convatlas.evaluation.gan_metrics import measure_gan
from convatlas.evaluation.gan_scores import describe_pictures, save_features, score_snapshots
from convatlas.evaluation.gan_tables import distances_table, judgements_table, recipes_table
from convatlas.evaluation.samples import choose_epochs, load_samples, save_samples
from convatlas.evaluation.sampling import generate_pictures, sample_snapshots
from convatlas.models.gan_files import Snapshots, load_generator, save_pair, save_snapshots
from convatlas.models.registry import build_model, load_weights, save_weights
from convatlas.seeding import torch_generator

OPTIONS = {"latent_dim": 5, "channels": 2}
CPU = torch.device("cpu")


def digits(count, seed=0, shift=0):
    images = np.random.default_rng(seed).integers(0, 200, (count, 28, 28)) + shift
    labels = np.arange(count) % 10
    return Part(images.astype(np.uint8), labels.astype(np.uint8), np.arange(count))


class Reader(nn.Module):
    """Features: brightness of the four quarters; the class is the first, in tenths."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(200.0))

    def features(self, pictures):
        return torch.nn.functional.adaptive_avg_pool2d(pictures, 2).flatten(1)

    def classify(self, features):
        tenths = torch.arange(10) / 10 + 0.05
        return -self.scale * (features[:, :1] - tenths).abs()


@pytest.fixture
def snapshots(tmp_path):
    states = {}
    for epoch in (1, 3):
        pair = build_model("dcgan.DCGAN", seed=epoch, options=OPTIONS)
        earlier = build_model("dcgan.DCGAN", seed=10 * epoch, options=OPTIONS)
        states[epoch] = {
            "generator": pair.generator.state_dict(),
            "discriminators": {
                10 * epoch: pair.discriminator.state_dict(),
                10 * epoch - 5: earlier.discriminator.state_dict(),
            },
        }
    save_snapshots(tmp_path / "s.pt", states, network="dcgan.DCGAN")
    return Snapshots(tmp_path / "s.pt", network="dcgan.DCGAN", options=OPTIONS)


# ---- files


def test_snapshots_come_back_by_epoch(snapshots):
    assert snapshots.epochs == [1, 3]
    assert snapshots.latent_dim == 5
    wanted = build_model("dcgan.DCGAN", seed=3, options=OPTIONS)
    for part in ("generator", "discriminator"):
        found = snapshots.load(3, part).state_dict()
        for name, value in getattr(wanted, part).state_dict().items():
            assert torch.equal(found[name], value)
    assert snapshots.steps(3) == [25, 30]
    earlier = build_model("dcgan.DCGAN", seed=30, options=OPTIONS).discriminator.state_dict()
    found = snapshots.load(3, "discriminator", 25).state_dict()
    for name, value in earlier.items():
        assert torch.equal(found[name], value)


def test_the_same_snapshots_are_the_same_bytes_also_out_of_a_checkpoint(tmp_path):
    pairs = {epoch: build_model("dcgan.DCGAN", seed=epoch, options=OPTIONS) for epoch in (1, 2)}
    made = {
        epoch: {
            "generator": pair.generator.state_dict(),
            "discriminators": {5 * epoch: pair.discriminator.state_dict()},
        }
        for epoch, pair in pairs.items()
    }
    torch.save(made[1], tmp_path / "checkpoint.pt")
    again = {1: torch.load(tmp_path / "checkpoint.pt", weights_only=True), 2: made[2]}
    for name, states in (("a", made), ("b", again)):
        save_snapshots(tmp_path / f"{name}.pt", states, network="dcgan.DCGAN")
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


def test_a_pair_is_kept_with_its_averaged_generator(tmp_path):
    pair, average = (build_model("dcgan.DCGAN", seed=seed, options=OPTIONS) for seed in (1, 2))
    latent = torch.randn(3, 5)
    for averaged, wanted in ((None, pair), (average.generator, average)):
        save_pair(tmp_path / "w.pt", pair, averaged=averaged, network="dcgan.DCGAN")
        found = load_generator(tmp_path / "w.pt", network="dcgan.DCGAN", options=OPTIONS)
        torch.testing.assert_close(found(latent), wanted.generator.eval()(latent))
        back = build_model("dcgan.DCGAN", seed=3, options=OPTIONS)
        load_weights(back, tmp_path / "w.pt", network="dcgan.DCGAN")
        assert torch.equal(back.generator[1].weight, pair.generator[1].weight)


def test_snapshots_of_another_latent_size_are_refused(snapshots, tmp_path):
    other = Snapshots(
        tmp_path / "s.pt", network="dcgan.DCGAN", options={"latent_dim": 6, "channels": 2}
    )
    with pytest.raises(ConvatlasError, match=r"generator of epoch 1 does not fit.*latent_dim"):
        other.load(1, "generator")
    with pytest.raises(ConvatlasError, match=r"snapshots of 'dcgan\.DCGAN', but 'mlp_gan\.MLPGAN'"):
        Snapshots(tmp_path / "s.pt", network="mlp_gan.MLPGAN", options={})
    (tmp_path / "t.pt").write_text("nothing")
    with pytest.raises(ConvatlasError, match=r"t\.pt: not a file of snapshots"):
        Snapshots(tmp_path / "t.pt", network="dcgan.DCGAN", options={})


def test_samples_are_quantised_and_the_same_for_the_same_seed(snapshots, tmp_path):
    samples = sample_snapshots(snapshots, count=7, seed=0, device=CPU)
    assert {epoch: array.shape for epoch, array in samples.fixed.items()} == {
        1: (64, 28, 28),
        3: (64, 28, 28),
    }
    assert samples.pictures[1].shape == (7, 28, 28)
    assert samples.pictures[1].dtype == np.uint8
    save_samples(tmp_path / "a.npz", samples)
    again = load_samples(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.fixed[3], samples.fixed[3])
    same, other = (sample_snapshots(snapshots, count=7, seed=s, device=CPU) for s in (0, 1))
    np.testing.assert_array_equal(same.pictures[3], samples.pictures[3])
    assert (other.pictures[3] != samples.pictures[3]).any()


def test_black_and_white_are_0_and_255():
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Parameter(torch.ones(1))

        def forward(self, latent):
            return latent[:, :1, None, None].expand(-1, 1, 28, 28)

    pictures = generate_pictures(Flat(), torch.tensor([[-1.0], [0.0], [1.0]]))
    assert pictures[:, 0, 0].tolist() == [0, 128, 255]


def test_epochs_that_were_kept_are_shown_and_the_last_always(snapshots):
    samples = sample_snapshots(snapshots, count=2, seed=0, device=CPU)
    assert choose_epochs(samples, [1, 2, 100]) == [1, 3]
    assert choose_epochs(samples, None) == [3]


# ---- the discriminator


class Judge(nn.Module):
    """Takes for real what is bright; dropout and batch normalisation as GANs have them."""

    def __init__(self):
        super().__init__()
        self.norm, self.drop = nn.BatchNorm2d(1), nn.Dropout(0.5)
        self.weight = nn.Parameter(torch.tensor(10.0))

    def forward(self, pictures):
        return self.weight * self.norm(self.drop(pictures)).mean((1, 2, 3))


def test_probabilities_are_those_of_the_logits_and_the_network_is_left_as_it_was():
    network, images = Judge(), np.stack([np.full((28, 28), v, np.uint8) for v in (0, 255, 255)])
    before = {k: v.clone() for k, v in network.state_dict().items()}
    random = torch.get_rng_state()
    used = judge_pictures(network, images, mode="eval", batch_size=2, seed=0)
    scale = 10 / np.sqrt(1 + 1e-5)
    np.testing.assert_allclose(used, 1 / (1 + np.exp([scale, -scale, -scale])), rtol=1e-5)
    trained = judge_pictures(network, images, mode="train", batch_size=3, seed=0)
    assert not np.allclose(used, trained)
    np.testing.assert_array_equal(
        trained, judge_pictures(network, images, mode="train", batch_size=3, seed=0)
    )
    for name, value in network.state_dict().items():
        assert torch.equal(before[name], value)
    assert torch.equal(torch.get_rng_state(), random)
    assert network.training


def test_every_snapshot_is_asked_in_both_modes_about_all_pictures(snapshots):
    generated = {1: digits(9).images, 3: digits(9, 1).images}
    table = judge_snapshots(
        snapshots, generated=generated, real={"test": digits(8, 2).images}, batch_size=4,
        seed=0, device=CPU,
    )  # fmt: skip
    assert len(table) == 2 * 2 * 2 * 2
    np.testing.assert_allclose(table["share_fake"] + table["share_real"], 1)
    assert table["count"].tolist() == [9, 8] * 8
    assert table.groupby("epoch")["step"].unique().map(list).to_dict() == {1: [5, 10], 3: [25, 30]}
    for step in (25, 30):
        row = table.query(f"step == {step} and mode == 'eval' and pictures == 'test'").iloc[0]
        network = snapshots.load(3, "discriminator", step)
        wanted = judge_pictures(network, digits(8, 2).images, mode="eval", batch_size=100, seed=0)
        assert row["mean_probability"] == pytest.approx(wanted.mean(), rel=1e-5)


def test_batches_as_in_training_are_all_full_and_in_random_order():
    network, images = Judge(), digits(7).images
    network.drop.p = 0.0
    found = judge_pictures(network, images, mode="train", batch_size=4, seed=3)
    order = torch.randperm(7, generator=torch_generator(3, "batches")).numpy()
    assert order.tolist() != list(range(7))
    first = as_one_batch(network, images[order[:4]])
    last = as_one_batch(network, images[order[3:]])  # its first picture is there to fill it
    np.testing.assert_allclose(found[order], [*first, *last[1:]], rtol=1e-6)


def as_one_batch(network, images):
    values = images[:, None] / 127.5 - 1
    normal = (values - values.mean()) / np.sqrt(values.var() + network.norm.eps)
    logits = network.weight.item() * normal.mean((1, 2, 3))
    return 1 / (1 + np.exp(-logits))


def test_hands_that_lie_one_after_another_share_batches():
    network = Judge()
    network.drop.p = 0.0
    hands = np.repeat([100, 200], 64)
    images = np.broadcast_to(hands.astype(np.uint8)[:, None, None], (128, 28, 28)).copy()
    found = judge_pictures(network, images, mode="train", batch_size=64, seed=0)
    # batches of one hand would be normalised to 0, and their answers be 0.5
    assert found[:64].max() < 0.01
    assert found[64:].min() > 0.99


# ---- distances


def score(pictures, references, seed=0, **options):
    with pytest.warns(UserWarning, match="biased upwards"):
        return score_snapshots(Extractor(Reader()), pictures, references, seed=seed, **options)


def test_scores_are_distances_of_features_beside_their_floors(tmp_path):
    references = {"train": digits(60, 1), "test": digits(60, 2)}
    pictures = {1: digits(60, 3, shift=40).images, 2: digits(60, 2).images}
    scores, classes, kept = score(pictures, references)
    assert scores["epoch"].tolist() == [1, 2]
    assert set(scores["reference"]) == {"test"}
    assert set(scores["sees"]) == {"28x28 in [0, 1], not resized"}

    def features(part):
        with torch.inference_mode():
            return Reader().features(torch.from_numpy(part)[:, None] / 255).numpy()

    test = features(references["test"].images)
    wanted = frechet_distance_of_features(features(pictures[1]), test)
    assert scores["fid"][0] == pytest.approx(wanted, rel=1e-4)
    assert scores["fid"][1] == pytest.approx(0, abs=1e-9)
    assert scores["precision"].tolist()[1] == scores["recall"].tolist()[1] == 1
    assert (scores["kid_low"] < scores["kid_high"]).all()
    floor = frechet_distance_of_features(features(references["train"].images), test)
    np.testing.assert_allclose(scores["floor_train"], floor, rtol=1e-4)
    assert (scores["floor_halves"] > scores["floor_train"] / 10).all()
    assert scores["note"].str.contains("biased upwards").all()
    # the reader's classes: brightness in tenths
    bright = features(pictures[1])[:, 0]
    shares = np.bincount((bright * 10).astype(int), minlength=10) / 60
    np.testing.assert_allclose(classes.query("epoch == 1")["share"], shares)
    real = np.bincount((test[:, 0] * 10).astype(int), minlength=10) / 60
    for epoch in (1, 2):
        np.testing.assert_allclose(classes.query(f"epoch == {epoch}")["real_share"], real)
    of_the_same = classes.query("epoch == 2")
    np.testing.assert_array_equal(of_the_same["legible"], of_the_same["real_legible"])
    save_features(tmp_path / "f.npz", kept)
    saved = np.load(tmp_path / "f.npz")["features"]
    order = np.argsort(saved[:, 0])
    np.testing.assert_allclose(saved[order], features(pictures[2])[np.argsort(test[:, 0])])


def test_distances_can_be_computed_again_from_the_files(tmp_path):
    references = {"train": digits(60, 1), "validation": digits(50, 4), "test": digits(70, 2)}
    pictures = {epoch: digits(60, 5 + epoch, shift=9 * epoch).images for epoch in (1, 3)}
    scores, _, _ = score(
        pictures, references, keep_statistics=partial(save_statistics_in, tmp_path / "s")
    )

    def distance(one, other):
        return frechet_distance(*(load_statistics(tmp_path / f"s/{n}.npz") for n in (one, other)))

    assert len(scores) == 4
    for row in scores.to_dict("records"):
        part = row["reference"]
        assert row["fid"] == distance(f"epoch_{row['epoch']}", part)
        assert row["floor_train"] == distance("train", part)
        assert row["floor_halves"] == distance(f"{part}_half_1", f"{part}_half_2")
    theirs = pytest.importorskip("pytorch_fid.fid_score")
    (one, other) = (
        theirs.compute_statistics_of_path(str(tmp_path / f"s/{name}.npz"), None, 1, 4, "cpu")
        for name in ("epoch_3", "test")
    )
    wanted = scores.query("epoch == 3 and reference == 'test'")["fid"].item()
    assert theirs.calculate_frechet_distance(*one, *other) == pytest.approx(wanted, rel=1e-6)


def test_statistics_are_of_all_pictures_and_features_kept_of_few(monkeypatch):
    monkeypatch.setattr(gan_scores, "KEPT", 20)
    images = digits(60, 3).images
    halves = Moments(4), Moments(4)
    found = describe_pictures(
        Extractor(Reader(), batch=7), images, generator=np.random.default_rng(0), halves=halves
    )
    with torch.inference_mode():
        features = Reader().features(torch.from_numpy(images)[:, None] / 255).numpy()
    assert found.count == 60
    np.testing.assert_allclose(found.statistics.mean, features.mean(0), rtol=1e-5)
    np.testing.assert_allclose(found.statistics.covariance, np.cov(features.T), rtol=1e-4)
    assert found.features.shape == (20, 4)
    places = [int(np.abs(features - row).sum(1).argmin()) for row in found.features]
    assert len(set(places)) == 20
    assert max(places) > 20, "not the first ones"
    assert [half.count for half in halves] == [30, 30]
    both = np.mean([half.statistics().mean for half in halves], axis=0)
    np.testing.assert_allclose(both, features.mean(0), rtol=1e-5)


def test_every_picture_is_seen_once_in_batches_that_the_network_names():
    network, sizes = Reader(), []
    features = network.features
    network.features = lambda pictures: sizes.append(len(pictures)) or features(pictures)
    describe_pictures(
        Extractor(network, batch=25), digits(60).images, generator=np.random.default_rng(0)
    )
    assert sizes == [25, 25, 10]


@pytest.mark.parametrize("network", ["lenet.LeNet5", "lenet.LeNet5ReLU"])
def test_scores_of_a_known_network_are_its_own(network, tmp_path):
    lenet = build_model(network, seed=1)
    save_weights(lenet, tmp_path / "w.pt", network=network)
    extractor = load_extractor({"network": network, "model": "m"}, tmp_path / "w.pt")
    pictures = torch.rand(3, 1, 28, 28)
    with torch.inference_mode():
        features, scores = extractor(pictures)
        torch.testing.assert_close(scores, lenet.eval()(pictures))
        torch.testing.assert_close(features, lenet.features(pictures))
    assert extractor.batch == 500
    assert KNOWN["inception.Inception"]["batch"] == 50
    assert "299x299" in KNOWN["inception.Inception"]["sees"]


def test_a_network_that_reads_no_digits_counts_none():
    class Other(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Parameter(torch.ones(1))

        def features(self, pictures):
            return Reader().features(pictures)

    references = {"train": digits(60, 1), "test": digits(60, 2)}
    with pytest.warns(UserWarning, match="biased upwards"):
        scores, classes, _ = score_snapshots(
            Extractor(Other()), {1: digits(60, 3).images}, references, seed=0
        )
    assert len(scores) == 1
    assert len(classes) == 0
    assert {"epoch", "digit", "share", "legible", "real_legible"} <= set(classes)


def test_more_references_than_pictures_are_sampled():
    references = {"train": digits(90, 1), "validation": digits(50, 4), "test": digits(70, 2)}
    scores, _, _ = score({1: digits(40, 3).images}, references)
    assert scores["reference"].tolist() == ["validation", "test"]
    assert scores["real"].tolist() == [40, 40]
    again, _, _ = score({1: digits(40, 3).images}, references)
    pd.testing.assert_frame_equal(scores, again)


def test_references_of_one_class_are_refused():
    part = digits(60)
    one = Part(part.images, np.zeros(60, np.uint8), part.indices)
    with pytest.raises(ConvatlasError, match="all 60 digits to compare with are of one class"):
        score_snapshots(Extractor(Reader()), {1: part.images}, {"train": part, "test": one}, seed=0)


# ---- what is said


def make_metrics(fid, validation=None, seeds=(0, 1), note=float("nan")):
    parts = {"test": fid} | ({"validation": validation} if validation else {})
    scores = pd.DataFrame(
        {
            "features": "lenet", "seed": seed, "epoch": epoch, "reference": part,
            "fid": value + seed + 100 * (epoch == 1), "kid": 0.002,
            "kid_low": 0.001, "kid_high": 0.004,
            "precision": 0.5, "recall": 0.25, "floor_train": 0.1, "floor_halves": 0.2,
            "generated": 50, "real": 40, "sees": "as they are", "note": note,
        }
        for seed in seeds for epoch in (1, 2) for part, value in parts.items()
    )  # fmt: skip
    classes = pd.DataFrame(
        {
            "features": features, "seed": seed, "epoch": epoch, "digit": digit,
            "share": 0.1 if epoch == 1 else (digit + 1) / 55 if features == "lenet" else digit / 45,
            "legible": 0.5, "real_share": 0.1, "real_legible": digit / 10,
        }
        for features in ("lenet", "other")
        for seed in seeds for epoch in (1, 2) for digit in range(10)
    )  # fmt: skip
    return measure_gan(
        scores=scores, classes=classes, judgements=make_judgements(seeds),
        datasets={"generated": "mnist", "own_plain": "own"}, read_by="lenet",
    )  # fmt: skip


def make_judgements(seeds=(0, 1), looks=(-1, 0, 1)):
    return pd.DataFrame(
        {
            "gan": "g", "seed": seed, "epoch": epoch, "step": 10 * epoch + 5 * look,
            "mode": mode, "pictures": kind,
            "share_fake": 1 - share, "share_real": share, "mean_probability": share,
        }
        for seed in seeds
        for look in looks
        for epoch in (1, 2)
        for mode, shift in (("train", 0.2), ("eval", 0.0))
        for kind, base in (("generated", 0.1), ("own_plain", 0.5))
        for share in [base + shift + 0.1 * seed + 0.2 * (epoch == 1) + 0.02 * look]
    )  # fmt: skip


def test_metrics_are_of_the_last_epoch_over_seeds():
    metrics = make_metrics(2.0)
    assert metrics["lenet_test"]["fid"]["values"] == [2, 3]
    assert metrics["lenet_test"]["generated"] == 50
    assert metrics["own_plain"]["dataset"] == "own"
    assert metrics["generated"]["dataset"] == metrics["classes"]["dataset"] == "mnist"
    assert metrics["own_plain"]["share_real_eval"]["values"] == pytest.approx([0.5, 0.6])
    assert metrics["own_plain"]["share_fake_train"]["values"] == pytest.approx([0.3, 0.2])
    assert metrics["own_plain"]["share_real_eval"]["lowest"] == pytest.approx(0.48)
    assert metrics["own_plain"]["share_real_eval"]["highest"] == pytest.approx(0.62)
    assert metrics["lenet_test"]["kid_low"]["mean"] == pytest.approx(0.001)
    assert (metrics["lenet_test"]["sees"], metrics["lenet_test"]["note"]) == ("as they are", "")
    assert make_metrics(2.0, note="few")["lenet_test"]["note"] == "few"
    assert metrics["classes"]["rarest"]["mean"] == pytest.approx(1 / 55)
    assert metrics["classes"]["commonest"]["mean"] == pytest.approx(10 / 55)
    assert metrics["classes"]["rarest"]["seeds"] == 2, "of one network alone"
    assert metrics["classes"]["legible"]["mean"] == pytest.approx(0.5)
    assert metrics["classes"]["real_legible"]["mean"] == pytest.approx(0.45)


def test_the_table_of_judgements_has_a_row_a_mode_and_outcome():
    kinds = {"own_plain": "own digits", "generated": "generated digits"}
    table = judgements_table(make_judgements((0,), (0,)), titles={"g": "GAN"}, kinds=kinds)
    assert table.columns.tolist() == ["GAN", "epoch", "networks", "probability", *kinds.values()]
    assert table["probability"].tolist() == ["< 0.5", "> 0.5"] * 2
    assert table["own digits"].tolist() == ["30.00 %", "70.00 %", "50.00 %", "50.00 %"]
    every = judgements_table(make_judgements(), titles={}, kinds=kinds, every_epoch=True)
    assert len(every) == 8
    assert every["own digits"].tolist()[-1] == "55.00 % (48.00 to 62.00)"


def test_tables_of_distances_and_recipes():
    metrics = {
        "a": make_metrics(2.0, 5.0),
        "b": make_metrics(3.0, 4.0),
        "c": make_metrics(9.0, 9.0),
    }
    titles = {"a": "A", "b": "B", "c": "C"}
    table = distances_table(metrics, titles=titles, features={"lenet": "LeNet"}, reference="test")
    assert table["GAN"].tolist() == ["A", "B", "C"]
    assert table["Fréchet distance"].str.split().str[0].tolist() == ["2.5", "3.5", "9.5"]
    assert table["KID x 1,000"].str.split().str[0].tolist() == ["2"] * 3
    assert set(table["of its subsets, 95 %"]) == {"1 to 4"}
    assert set(table["digits are"]) == {"as they are"}
    assert (set(table["legible"]), set(table["of real digits"])) == ({"50.0 %"}, {"45.0 %"})
    networks = {"a": "x.X", "b": "x.X", "c": "y.Y"}
    title = {"name": "lenet", "title": "LeNet-5"}
    recipes = recipes_table(metrics, titles=titles, networks=networks, features=title)
    # chosen by validation digits, though the test digits say otherwise
    assert recipes["chosen"].tolist() == ["", "★", "★"]
    told = recipes[["features", "digits are", "generated", "real", "its floor"]].iloc[0].tolist()
    assert told[:4] == ["LeNet-5", "as they are", 50, 40]
    assert told[4].startswith("0.1 (")
