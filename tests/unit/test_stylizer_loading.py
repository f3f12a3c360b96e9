"""From a style of the config, with its files, to what restyles frames."""

import numpy as np
import pytest
import torch
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.models.registry import save_weights
from convatlas.stylization.frames import FrameStylizer
from convatlas.stylization.loading import build_network, load_stylizer
from convatlas.stylization.stabilise import Stabilised

FRAMES = np.random.default_rng(0).integers(0, 256, (2, 48, 64, 3), dtype=np.uint8)
SMALL = {"channels": 4, "residual_blocks": 1}
PLAIN = {"stylizer": "any", "strength": 1.0, "color": "style", "stabilise": False}


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "weights.pt"
    save_weights(build_network("single_style", SMALL), path, network="single_style")
    return path


def load(weights, **changed):
    style = {**PLAIN, "network": "single_style", "options": SMALL, **changed}
    mask = style.pop("mask", None)
    return load_stylizer(style, weights=weights, pictures=[], mask=mask, device="cpu")


def test_a_network_of_one_style_restyles_frames(weights):
    stylizer = load(weights)
    assert isinstance(stylizer, FrameStylizer)
    assert stylizer(FRAMES).shape == FRAMES.shape
    assert not np.array_equal(stylizer(FRAMES), FRAMES)


def test_stabilising_takes_a_word_or_options(weights):
    assert load(weights, stabilise=True).lead == 2
    stabilised = load(weights, stabilise={"memory_frames": 5, "strength": 0.5})
    assert isinstance(stabilised, Stabilised)
    assert stabilised.lead == 5


@pytest.mark.parametrize("stabilise", [False, True])
def test_no_strength_and_a_black_mask_leave_frames_as_they_are(weights, tmp_path, stabilise):
    frames = np.concatenate((FRAMES[:1], np.roll(FRAMES[:1], 2, 2)))  # the same shot, moved
    weak = load(weights, strength=0.0, stabilise=stabilise)
    np.testing.assert_array_equal(weak(frames), frames)
    Image.fromarray(np.zeros((48, 64), np.uint8)).save(tmp_path / "mask.png")
    masked = load(weights, mask=tmp_path / "mask.png", stabilise=stabilise)
    np.testing.assert_array_equal(masked(frames), frames)


def test_weights_of_another_network_are_told(weights):
    with pytest.raises(ConvatlasError, match="single_style"):
        load_stylizer(
            {**PLAIN, "network": "stylizer", "options": {}, "pictures": {"a": 1.0}},
            weights=weights,
            pictures=["a.png"],
            mask=None,
            device="cpu",
        )
