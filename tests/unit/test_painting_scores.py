"""Distances between paintings: floors, copies, nearest ones, the look of pairs."""

import numpy as np
import pytest
import torch

from convatlas.data.gallery import cut_squares
from convatlas.evaluation.fid import frechet_distance_of_features
from convatlas.evaluation.painter_tables import INPUTS
from convatlas.evaluation.painting import paint
from convatlas.evaluation.painting_features import PaintingFeatures, load_features
from convatlas.evaluation.painting_scores import (
    LEVELS,
    PaintingScores,
    find_nearest,
    nearest_among,
    score_snapshots,
)
from convatlas.models.registry import build_model

PAINTINGS = cut_squares(16, painted=True).pictures[:60]
OTHERS = cut_squares(16, painted=False).pictures[:50]


@pytest.fixture(scope="module")
def features():
    torch.manual_seed(0)
    return load_features({"network": "drawn", "title": "drawn"}, None, PAINTINGS, seed=0)


@pytest.fixture(scope="module")
def scores(features):
    return PaintingScores(features, PAINTINGS, seed=0, looks=features)


def test_features_do_not_depend_on_order_or_batches(features):
    whole = features.describe(PAINTINGS)
    small = PaintingFeatures(features.network, "drawn", batch=7).describe(PAINTINGS[::-1])
    np.testing.assert_allclose(whole, small[::-1], rtol=1e-4, atol=1e-5)
    assert features.sees == "resized to 32x32"


def test_the_nearest_is_found_as_it_is_or_mirrored():
    real = np.array([[0.0, 0], [5, 5], [9, 0]])
    turned = np.array([[0.0, 2], [5, 7], [20, 0]])
    nearest = find_nearest(np.array([[5.0, 6.9], [8, 0], [0, 0]]), real, turned)
    assert nearest.index.tolist() == [[1], [2], [0]]
    assert nearest.mirrored.tolist() == [[True], [False], [False]]
    np.testing.assert_allclose(nearest.distance, [[0.1], [1], [0]], atol=1e-9)
    among = nearest_among(real, turned)
    assert among.index.tolist() == [[1], [0], [1]], "never itself, nor its own mirror image"
    np.testing.assert_allclose(among.distance, [[50**0.5], [34**0.5], [41**0.5]])
    further = find_nearest(np.array([[0.0, 0]]), real, turned, count=3)
    assert further.index.tolist() == [[0, 0, 1]]
    assert further.mirrored.tolist() == [[False, True, False]]
    np.testing.assert_allclose(further.distance, [[0, 2, 50**0.5]], atol=1e-9)


def test_copies_are_found_and_others_are_not(scores):
    copied = np.concatenate([PAINTINGS[:5], PAINTINGS[5:10, :, ::-1], OTHERS[:10]])
    found = scores.score(copied)
    for level in LEVELS:
        assert found[f"copies_{level}"] == pytest.approx(0.5, abs=0.16)
        assert found[f"look_alikes_{level}"] == pytest.approx(0.5, abs=0.16)
    assert found["pixels"] == 16
    neighbours, nearest = scores.neighbours(copied[:10])
    np.testing.assert_array_equal(neighbours, copied[:10])
    assert nearest.mirrored[:, 0].tolist() == [False] * 5 + [True] * 5
    others = scores.score(OTHERS)
    assert others["copies_1_percent"] <= others["copies_5_percent"] < 0.2
    assert others["nearest"] > 0.5 * others["nearest_real"]
    assert others["look"] > found["look"]


class Pixels:
    """Features of nothing but some pixels, and looks that do not mind how light a picture is."""

    sees = "every fourth pixel"

    def describe(self, pictures):
        return pictures[:, ::4, ::4].reshape(len(pictures), -1).astype(np.float32)

    def differences_from(self, picture, others):
        both = [p.astype(float) - p.mean((-3, -2, -1), keepdims=True) for p in (picture, others)]
        return np.abs(both[0] - both[1]).mean((1, 2, 3))


def test_one_pair_that_is_nearly_the_same_does_not_hide_copies():
    drawn = np.random.default_rng(0)
    paintings = drawn.integers(10, 246, (250, 4, 4, 3), np.uint8).repeat(4, 1).repeat(4, 2)
    paintings[1] = paintings[0] + 1
    noisy = (paintings[20:40] + 3 * drawn.normal(size=(20, 16, 16, 3))).astype(np.uint8)
    scores = PaintingScores(Pixels(), paintings, seed=0)
    described = Pixels().describe(paintings[:2]).astype(float)
    pair = np.linalg.norm(described[0] - described[1])
    found = scores.score(noisy)
    assert found["nearest"] > pair, "the least distance of all would find no copy"
    assert found["copies_1_percent"] == 1
    assert found["nearest"] < 0.2 * found["nearest_real"]


def test_the_most_alike_is_sought_beyond_the_nearest_by_features():
    # of little contrast, so that those as light are nearer than the same one made lighter
    drawn = np.random.default_rng(0)
    patterns = drawn.integers(0, 17, (100, 4, 4, 3)).repeat(4, 1).repeat(4, 2)
    paintings = (patterns + drawn.integers(10, 200, (100, 1, 1, 1))).astype(np.uint8)
    scores = PaintingScores(Pixels(), paintings, seed=0, looks=Pixels())
    lighter = paintings + np.uint8(8)
    missed = scores.neighbours(lighter)[1].index[:, 0] != np.arange(100)
    assert missed.sum() > 50
    found = scores.score(lighter[missed])
    assert found["look_alikes_1_percent"] > 0.6
    assert found["look"] == 0
    assert found["look_real"] > 1


def test_the_paintings_themselves_are_at_distance_0_and_all_copies(scores):
    found = scores.score(PAINTINGS)
    assert found["fid"] == pytest.approx(0, abs=1e-3)
    assert found["copies_1_percent"] == found["look_alikes_1_percent"] == 1.0
    assert found["nearest"] == pytest.approx(0, abs=1e-3)
    assert found["look"] == pytest.approx(0, abs=1e-6)
    assert found["precision"] == found["recall"] == 1.0


def test_the_floor_is_of_halves_that_share_no_painting(scores, features):
    real = features.describe(PAINTINGS)
    assert scores.floor > frechet_distance_of_features(real, real) + 1e-3
    again = PaintingScores(features, PAINTINGS, seed=0)
    assert again.floor == scores.floor
    blind = again.score(OTHERS)
    looked = {name: value for name, value in blind.items() if name.startswith("look")}
    assert set(looked) == {"look", "look_real", *(f"look_alikes_{level}" for level in LEVELS)}
    assert set(looked.values()) == {None}, "nothing was given to look with"


def test_few_pictures_are_told(scores):
    with pytest.warns(UserWarning, match="covariance is singular"):
        found = scores.score(OTHERS)
    assert "singular" in found["note"]
    assert found["generated"] == 50
    assert found["real"] == 60


def test_snapshots_are_scored_in_order(scores):
    table = score_snapshots(scores, {3: OTHERS[:40], 1: PAINTINGS[:40]})
    assert table["epoch"].tolist() == [1, 3]
    assert set(table["painted_from"]) == {INPUTS}
    assert table["fid"].iloc[0] < table["fid"].iloc[1]


def test_pairs_look_the_more_unlike_the_more_noise_there_is(features):
    drawn = np.random.default_rng(0).normal(size=PAINTINGS[:8].shape)
    noisy = [np.clip(PAINTINGS[:8] + s * drawn, 0, 255).astype(np.uint8) for s in (0, 10, 40)]
    found = [features.differences(PAINTINGS[:8], other) for other in noisy]
    assert found[0].max() == pytest.approx(0, abs=1e-6)
    assert (found[1] > found[0]).all()
    assert (found[2] > found[1]).all()


def test_one_picture_against_several_is_the_same_as_pairs(features):
    others = PAINTINGS[:25]
    pairs = features.differences(PAINTINGS[[30] * 25], others)
    found = features.differences_from(PAINTINGS[30], others)
    np.testing.assert_allclose(found, pairs, rtol=1e-4)


def test_pictures_are_compared_at_their_own_size_and_described_at_the_networks():
    sides = []

    class Network(torch.nn.Conv2d):
        def forward(self, pictures, layers):
            sides.append(pictures.shape[-1])
            return {layer: super(Network, self).forward(pictures) for layer in layers}

    described = PaintingFeatures(Network(3, 2, 3), "small_vgg19")
    described.describe(PAINTINGS[:2])
    for side in (16, 100, 300):
        pictures = np.zeros((2, side, side, 3), np.uint8)
        described.differences(pictures, pictures)
    assert sides == [224, 64, 64, 100, 100, 224, 224]


def test_painting_is_the_same_twice_and_leaves_the_random_state():
    options = {"resolution": 8, "latent_dim": 4, "channel_base": 32, "channel_max": 4}
    generator = build_model("stylegan2.StyleGAN2", seed=0, options=options).generator
    for layer in generator.synthesis.layers:
        layer.noise_strength.data.fill_(1.0)
    latent, before = torch.randn(30, 4), torch.get_rng_state()
    one, other = (paint(generator, latent, seed=5) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == (30, 8, 8, 3)
    assert one.dtype == np.uint8
    assert torch.equal(torch.get_rng_state(), before)
