"""DeepDream: layers answer more, tiles and jitter leave no seam, the same picture twice."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from convatlas.errors import ConvatlasError
from convatlas.models.backbones import draw_backbone
from convatlas.models.squeezenet import SqueezeNet
from convatlas.models.squeezenet_file import read_squeezenet
from convatlas.stylization.pictures import read_picture, shrink_picture
from convatlas.synthesis import dream, dream_objectives
from convatlas.synthesis.dream import DreamSettings, _octave_sizes, _spans, dream_picture
from convatlas.training.checkpoint import Checkpoint

RANDOM = np.random.default_rng(0)
PHOTOGRAPH = RANDOM.integers(0, 256, (9, 12, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
FEW = {"layers": ("conv2_1",), "octaves": 2, "steps": 4, "step_size": 0.02, "jitter_pixels": 4}


@pytest.fixture(scope="module")
def network():
    return draw_backbone(unit(PHOTOGRAPH), seed=0, widths=(4, 6, 8, 8, 8))


def unit(picture):
    return torch.tensor(picture).permute(2, 0, 1)[None].float() / 255


def answers(network, picture, layer):
    with torch.inference_mode():
        return network(unit(picture), [layer])[layer]


def test_layers_answer_more_and_the_same_picture_comes_twice(network):
    settings = DreamSettings(**FEW)
    made = dream_picture(network, PHOTOGRAPH, settings, seed=1)
    assert made.shape == PHOTOGRAPH.shape
    before, after = (answers(network, p, "conv2_1").square().mean() for p in (PHOTOGRAPH, made))
    assert after > 1.5 * before
    np.testing.assert_array_equal(made, dream_picture(network, PHOTOGRAPH, settings, seed=1))
    assert (made != dream_picture(network, PHOTOGRAPH, settings, seed=2)).any()


def test_a_channel_of_its_own_grows(network):
    means = {}
    for channel in (0, 5):
        made = dream_picture(network, PHOTOGRAPH, DreamSettings(**FEW, channel=channel))
        means[channel] = answers(network, made, "conv2_1").mean((0, 2, 3))
    before = answers(network, PHOTOGRAPH, "conv2_1").mean((0, 2, 3))
    assert means[0][0] > max(means[5][0], before[0])
    assert means[5][5] > max(means[0][5], before[5])


def test_a_guide_draws_features_towards_its_own(network):
    guide = np.full((40, 40, 3), (250, 20, 20), np.uint8)
    settings = DreamSettings(**FEW | {"steps": 10})
    made, free = (dream_picture(network, PHOTOGRAPH, settings, guide=g) for g in (guide, None))
    wanted = answers(network, guide, "conv2_1").mean((2, 3))

    def alike(picture):
        found = answers(network, picture, "conv2_1").mean((2, 3))
        return torch.cosine_similarity(found, wanted).item()

    assert alike(made) > max(alike(free), alike(PHOTOGRAPH))


def test_tiles_do_as_the_whole(network):
    """One octave, one step, no jitter: away from where tiles meet, the same to rounding.

    In a picture of even squares, rounding would decide which of equal answers is the greatest.
    """
    grain = np.random.default_rng(1).integers(-9, 10, PHOTOGRAPH.shape)
    picture = (PHOTOGRAPH + grain).clip(0, 255).astype(np.uint8)
    one = FEW | {"octaves": 1, "steps": 1, "jitter_pixels": 0}
    whole = dream_picture(network, picture, DreamSettings(**one))
    cut = dream_picture(network, picture, DreamSettings(**one, tile_pixels=48))
    moved = [made.astype(int) - picture for made in (whole, cut)]
    inside = [m[8:28, 8:40] for m in moved]
    correlation = np.corrcoef(inside[0].ravel(), inside[1].ravel())[0, 1]
    assert correlation > 0.99
    assert np.abs(moved[0] - moved[1]).max() > 0


def test_no_seam_is_left_where_tiles_meet(network):
    settings = {**FEW, "octaves": 1, "steps": 20, "jitter_pixels": 24, "tile_pixels": 48}
    made = dream_picture(network, PHOTOGRAPH, DreamSettings(**settings)).astype(float)
    steps = np.abs(np.diff(made - PHOTOGRAPH, axis=1)).mean((0, 2))
    assert steps[47] < 2 * np.median(steps)


@pytest.mark.parametrize(("side", "tile"), [(10, 4), (512, 512), (513, 512), (1, 9), (1024, 300)])
def test_spans_cover_a_side_and_are_alike(side, tile):
    spans = _spans(side, tile)
    assert [place for span in spans for place in range(side)[span]] == list(range(side))
    lengths = [span.stop - span.start for span in spans]
    assert max(lengths) <= tile
    assert max(lengths) - min(lengths) <= 1


def test_octaves_end_at_the_picture():
    sizes = _octave_sizes((300, 400), DreamSettings(octaves=3, octave_scale=2))
    assert sizes == [(75, 100), (150, 200), (300, 400)]


def test_each_octave_is_shown(network):
    shown, told = [], []
    made = dream_picture(
        network, PHOTOGRAPH, DreamSettings(**FEW), preview=shown.append,
        progress=lambda *step: told.append(step),
    )  # fmt: skip
    assert [picture.shape for picture in shown] == [(51, 69, 3), (72, 96, 3)]
    np.testing.assert_array_equal(shown[-1], made)
    assert [step[:2] for step in told] == [(n, 8) for n in range(1, 9)]
    assert told[0][2] == "69x51"


def test_long_octaves_are_shown_on_the_way(network, monkeypatch):
    monkeypatch.setattr(dream, "PREVIEW_SECONDS", 0.0)
    shown = []
    dream_picture(network, PHOTOGRAPH, DreamSettings(**FEW), preview=shown.append)
    assert len(shown) == 8


def test_what_answers_nowhere_is_told_after_the_first_octave():
    dead = draw_backbone(unit(PHOTOGRAPH), seed=0, widths=(4, 6, 8, 8, 8))
    with torch.no_grad():
        layer = dead.convolutions["conv2_1"]
        layer.weight[3], layer.bias[3] = 0, -1
    done = []
    settings = DreamSettings(**{**FEW, "layers": ("relu2_1",)}, channel=3)
    with pytest.raises(ConvatlasError, match="relu2_1: nothing of what is to grow answers"):
        dream_picture(dead, PHOTOGRAPH, settings, progress=lambda *step: done.append(step))
    assert len(done) == 3


@pytest.fixture(scope="module")
def classifier():
    torch.manual_seed(0)
    network = SqueezeNet().eval().requires_grad_(requires_grad=False)
    network.conv10.bias.fill_(-1)  # behind its ReLU no class would have a gradient
    return network


CLASS = {"class_index": 207, "octaves": 1, "steps": 6, "step_size": 0.02, "jitter_pixels": 2}


def test_a_class_of_its_own_grows(classifier):
    scores = {}
    for index in (207, 3):
        settings = DreamSettings(**CLASS | {"class_index": index})
        made = dream_picture(classifier, PHOTOGRAPH, settings)
        scores[index] = answers(classifier, made, "conv10").mean((0, 2, 3))
    before = answers(classifier, PHOTOGRAPH, "conv10").mean((0, 2, 3))
    assert before[207] < 0
    assert scores[207][207] > max(before[207], scores[3][207])
    assert scores[3][3] > max(before[3], scores[207][3])


def test_a_class_is_a_channel_of_the_layer_that_tells_them_apart(classifier):
    by_class = dream_picture(classifier, PHOTOGRAPH, DreamSettings(**CLASS))
    named = dream_picture(classifier, PHOTOGRAPH, DreamSettings(**CLASS, layers=("conv10",)))
    plain = {key: value for key, value in CLASS.items() if key != "class_index"}
    channel = DreamSettings(**plain, layers=("conv10",), channel=207)
    np.testing.assert_array_equal(by_class, named)
    np.testing.assert_array_equal(by_class, dream_picture(classifier, PHOTOGRAPH, channel))


def test_classes_that_cannot_be_are_told(network, classifier):
    with pytest.raises(ConvatlasError, match="class_index is 207, but this network tells no class"):
        dream_picture(network, PHOTOGRAPH, DreamSettings(**CLASS))
    with pytest.raises(ConvatlasError, match="class 207 is of the layer 'conv10', not of fire9"):
        dream_picture(classifier, PHOTOGRAPH, DreamSettings(**CLASS, layers=("fire9",)))
    beyond = DreamSettings(**CLASS | {"class_index": 1000})
    with pytest.raises(ConvatlasError, match="conv10 has 1000 classes, the last of them 999"):
        dream_picture(classifier, PHOTOGRAPH, beyond)
    with pytest.raises(ConvatlasError, match="no channel or class"):
        dream_picture(classifier, PHOTOGRAPH, DreamSettings(**CLASS), guide=PHOTOGRAPH)
    with pytest.raises(ConvatlasError, match="of a class or of a channel"):
        DreamSettings(**CLASS, channel=3)
    with pytest.raises(ConvatlasError, match="class_index of a dream is -1; 0 is the first"):
        DreamSettings(class_index=-1)


class StoppedError(Exception):
    """In the place of a kill."""


@pytest.mark.parametrize("stop", [2, 4, 5])
def test_a_stopped_dream_goes_on_to_the_same_picture(network, tmp_path, stop):
    """In the first octave, at its end, and in the second."""
    settings, whole = DreamSettings(**FEW), []
    made = dream_picture(network, PHOTOGRAPH, settings, seed=1, preview=whole.append)
    checkpoint = Checkpoint(tmp_path / "x.pt", "a", every_seconds=0)

    def until(done, *_):
        if done == stop + 1:
            raise StoppedError

    with pytest.raises(StoppedError):
        dream_picture(network, PHOTOGRAPH, settings, seed=1, checkpoint=checkpoint, progress=until)
    told = []
    again = dream_picture(
        network, PHOTOGRAPH, settings, seed=1, checkpoint=checkpoint,
        progress=lambda *step: told.append(step[0]),
    )  # fmt: skip
    assert told == list(range(stop + 1, 9))
    np.testing.assert_array_equal(again, made)


def test_nearest_places_are_found_piece_by_piece(monkeypatch):
    generator = torch.Generator().manual_seed(0)
    flat, guides = (torch.randn(5, n, generator=generator) for n in (41, 30))
    whole = dream_objectives._nearest(flat, guides)
    assert torch.equal(whole, (flat.T @ guides).argmax(1))
    monkeypatch.setattr(dream_objectives, "AT_ONCE", 100)
    assert torch.equal(dream_objectives._nearest(flat, guides), whole)


@pytest.mark.mirror
@pytest.mark.skipif("CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set")
def test_the_golden_gate_becomes_jellyfish():
    """Real weights: the class's own probability, which the dream does not look at, grows."""
    mirror, index = Path(os.environ["CONVATLAS_MIRROR"]), 107
    network = read_squeezenet(mirror / "backbones" / "squeezenet" / "compressed_SqueezeNet.net")
    photograph = shrink_picture(
        read_picture(mirror / "pictures" / "neuralstylept_golden_gate.jpg"), 227
    )
    settings = DreamSettings(class_index=index, octaves=2, steps=10, step_size=0.01)
    made = dream_picture(network, photograph, settings)
    with torch.inference_mode():
        before, after = (network.classify(unit(p))[0, index] for p in (photograph, made))
    assert before < 0.01
    assert after > 0.5


def test_what_does_not_fit_is_told(network):
    deep = DreamSettings(layers=("conv5_1",), octaves=4, octave_scale=1.78)
    with pytest.raises(ConvatlasError, match="the smallest of 4 octaves has 17x13 pixels"):
        dream_picture(network, PHOTOGRAPH, deep)
    with pytest.raises(
        ConvatlasError, match="conv2_1 has 6 channels, the last of them 5; there is no 6"
    ):
        dream_picture(network, PHOTOGRAPH, DreamSettings(**FEW, channel=6))
    with pytest.raises(ConvatlasError, match="a guided dream has one layer and no channel"):
        dream_picture(network, PHOTOGRAPH, DreamSettings(**FEW, channel=1), guide=PHOTOGRAPH)
    with pytest.raises(ConvatlasError, match="wanted is uint8"):
        dream_picture(network, PHOTOGRAPH[..., 0], DreamSettings(**FEW))
    with pytest.raises(ConvatlasError, match="a channel is of one layer alone"):
        DreamSettings(layers=("conv1_1", "conv2_1"), channel=1)
    with pytest.raises(ConvatlasError, match="octave_scale is 1; it has to be above 1"):
        DreamSettings(octave_scale=1)
    tiny = DreamSettings(layers=("conv5_1",), octaves=1, tile_pixels=20)
    with pytest.raises(ConvatlasError, match="tile_pixels of a dream is 20, but conv5_1 needs 32"):
        dream_picture(network, PHOTOGRAPH, tiny)
    with pytest.raises(ConvatlasError, match="no layer 'fire9' in this network"):
        dream_picture(network, PHOTOGRAPH, DreamSettings(layers=("fire9",)))
    with pytest.raises(ConvatlasError, match="steps of a dream is 0"):
        DreamSettings(steps=0)
