"""The Inception of the Fréchet distance is that of pytorch-fid, layer names and numbers alike."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from convatlas.models.inception import Inception

NAME = "inception/pt_inception-2015-12-05-6726825d.pth"


def theirs(monkeypatch, weights):
    """Build pytorch-fid's network with given weights instead of those that it would download."""
    inception = pytest.importorskip("pytorch_fid.inception")
    monkeypatch.setattr(inception, "load_state_dict_from_url", lambda *_, **__: weights)
    return inception.InceptionV3([3], resize_input=True, normalize_input=True).eval()


@pytest.fixture(scope="module")
def ours():
    torch.manual_seed(0)
    network = Inception().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # as if it had been trained
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network


def test_features_are_those_of_pytorch_fid(monkeypatch, ours):
    other = theirs(monkeypatch, ours.state_dict())
    pictures = torch.rand(2, 3, 40, 50, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        features, (wanted,) = ours.features(pictures), other(pictures)
    assert features.shape == (2, 2048)
    assert features.std() > 1e-3
    torch.testing.assert_close(features, wanted.flatten(1), rtol=1e-4, atol=1e-5)


def test_a_grey_picture_is_three_equal_channels(ours):
    grey = torch.rand(1, 1, 28, 28)
    with torch.inference_mode():
        torch.testing.assert_close(ours.features(grey), ours.features(grey.expand(1, 3, 28, 28)))
        assert ours(grey).shape == (1, 1008)


@pytest.mark.skipif(
    not (Path(os.environ.get("CONVATLAS_MIRROR", "none")) / NAME).exists(),
    reason="the published weights are not in CONVATLAS_MIRROR",
)
def test_the_published_weights_give_the_published_features(monkeypatch):
    path = Path(os.environ["CONVATLAS_MIRROR"]) / NAME
    weights = torch.load(path, map_location="cpu", weights_only=True)
    network = Inception().eval()
    network.load_state_dict(weights)
    other = theirs(monkeypatch, weights)
    pictures = torch.from_numpy(np.random.default_rng(0).random((2, 3, 64, 64), np.float32))
    with torch.inference_mode():
        found, (wanted,) = network.features(pictures), other(pictures)
    torch.testing.assert_close(found, wanted.flatten(1), rtol=1e-4, atol=1e-5)
