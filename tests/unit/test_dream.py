"""DeepDream: layers answer more, tiles and jitter leave no seam, the same picture twice."""

import numpy as np
import pytest
import torch

from convatlas.errors import ConvatlasError
from convatlas.models.backbones import draw_backbone
from convatlas.synthesis.dream import DreamSettings, _octave_sizes, _spans, dream_picture

RANDOM = np.random.default_rng(0)
PHOTOGRAPH = RANDOM.integers(0, 256, (9, 12, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
FEW = {"layers": ("conv2_1",), "octaves": 2, "steps": 4, "step_size": 0.02, "jitter_pixels": 4}


@pytest.fixture(scope="module")
def network():
    return draw_backbone(unit(PHOTOGRAPH), seed=0, widths=(4, 6, 8, 8, 8))


def unit(picture):
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


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
    """One octave, one step, no jitter: away from where tiles meet, the same to rounding."""
    one = FEW | {"octaves": 1, "steps": 1, "jitter_pixels": 0}
    whole = dream_picture(network, PHOTOGRAPH, DreamSettings(**one))
    cut = dream_picture(network, PHOTOGRAPH, DreamSettings(**one, tile_pixels=48))
    moved = [picture.astype(int) - PHOTOGRAPH for picture in (whole, cut)]
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


def test_what_does_not_fit_is_told(network):
    deep = DreamSettings(layers=("conv5_1",), octaves=4, octave_scale=1.78)
    with pytest.raises(ConvatlasError, match="the smallest of 4 octaves has 17x13 pixels"):
        dream_picture(network, PHOTOGRAPH, deep)
    with pytest.raises(ConvatlasError, match="conv2_1 has 6 channels; there is no 6"):
        dream_picture(network, PHOTOGRAPH, DreamSettings(**FEW, channel=6))
    with pytest.raises(ConvatlasError, match="a guided dream has one layer and no channel"):
        dream_picture(network, PHOTOGRAPH, DreamSettings(**FEW, channel=1), guide=PHOTOGRAPH)
    with pytest.raises(ConvatlasError, match="wanted is uint8"):
        dream_picture(network, PHOTOGRAPH[..., 0], DreamSettings(**FEW))
    with pytest.raises(ConvatlasError, match="a channel is of one layer alone"):
        DreamSettings(layers=("conv1_1", "conv2_1"), channel=1)
    with pytest.raises(ConvatlasError, match="octave_scale is 1; it has to be above 1"):
        DreamSettings(octave_scale=1)
    with pytest.raises(ConvatlasError, match="steps of a dream is 0"):
        DreamSettings(steps=0)
