"""Inversion: it finds generated pictures again, one by one, and begins where it is told."""

import numpy as np
import pytest
import torch

from convatlas.errors import ConvatlasError
from convatlas.models.backbone_files import build_backbone
from convatlas.models.registry import build_model
from convatlas.synthesis.invert import InversionSettings, invert_pictures, restyle

OPTIONS = {"resolution": 16, "latent_dim": 8, "channel_base": 128, "channel_max": 8}
SETTINGS = InversionSettings(steps=60, learning_rate=0.05, layers=("relu1_1", "relu2_1"))


@pytest.fixture(scope="module")
def generator():
    network = build_model("stylegan2.StyleGAN2", seed=0, options=OPTIONS).generator.eval()
    for layer in network.synthesis.layers:
        layer.noise_strength.data.fill_(0.05)
    torch.manual_seed(0)
    network.mapping.mean.copy_(network.mapping(torch.randn(500, 8)).mean(0))
    return network.requires_grad_(requires_grad=False)


@pytest.fixture(scope="module")
def features():
    drawn = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    return build_backbone("drawn", images=drawn, seed=0)


@pytest.fixture(scope="module")
def pictures(generator):
    z = torch.randn(3, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return generator(z, noise="fixed")


def test_generated_pictures_are_found_again(generator, features, pictures):
    found = invert_pictures(generator, features, pictures, SETTINGS)
    assert found.losses.shape == (61, 3)
    assert (found.losses[-1] < 0.1 * found.losses[0]).all()
    with torch.no_grad():
        made = generator.synthesis(found.styles, "fixed")
    spread = pictures.var().item()
    assert (made - pictures).square().mean().item() < 0.05 * spread


@pytest.mark.parametrize(("perceptual", "pixel"), [(3.0, 0.0), (0.0, 2.0), (3.0, 2.0)])
def test_the_distance_is_equation_1_written_out(generator, features, pictures, perceptual, pixel):
    asked = {"steps": 0, "perceptual": perceptual, "pixel": pixel}
    settings = InversionSettings(**{**vars(SETTINGS), **asked})
    (found,) = invert_pictures(generator, features, pictures, settings).losses
    begin = generator.synthesis(generator.repeat(generator.mapping.mean[None]), "fixed")
    for picture, distance in zip(pictures, found, strict=True):
        wanted = pixel * ((begin[0] - picture) ** 2).mean()
        ours, theirs = (
            features((image[None] + 1) / 2, settings.layers) for image in (begin[0], picture)
        )
        for layer in settings.layers:
            one, other = (maps[layer][0] / maps[layer][0].norm(dim=0) for maps in (ours, theirs))
            wanted = wanted + perceptual * ((one - other) ** 2).sum(0).mean()
        assert distance.item() == pytest.approx(wanted.item(), rel=1e-4)


def test_what_was_never_generated_is_found_less_well(generator, features, pictures):
    foreign = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(2)) * 2 - 1
    ours = invert_pictures(generator, features, pictures, SETTINGS).losses[-1]
    theirs = invert_pictures(generator, features, foreign, SETTINGS).losses[-1]
    assert theirs.min() > 3 * ours.max()


def test_each_picture_is_looked_for_by_itself(generator, features, pictures):
    together = invert_pictures(generator, features, pictures, SETTINGS)
    alone = invert_pictures(generator, features, pictures[1:2], SETTINGS)
    torch.testing.assert_close(together.styles[1:2], alone.styles, rtol=1e-2, atol=1e-3)


def test_a_search_that_begins_near_needs_few_steps(generator, features, pictures):
    far = invert_pictures(generator, features, pictures, SETTINGS)
    few = InversionSettings(steps=5, learning_rate=0.01, layers=SETTINGS.layers)
    again = invert_pictures(generator, features, pictures, few, start=far.styles)
    torch.testing.assert_close(again.losses[0], far.losses.min(0).values)
    cold = invert_pictures(generator, features, pictures, few)
    assert (again.losses[-1] < 0.5 * cold.losses[-1]).all()


def test_a_search_never_ends_worse_than_it_began(generator, features, pictures):
    found = invert_pictures(generator, features, pictures, SETTINGS)
    rough = InversionSettings(steps=3, learning_rate=1.0, layers=SETTINGS.layers)
    again = invert_pictures(generator, features, pictures, rough, start=found.styles)
    assert (again.losses[-1] > again.losses[0]).all(), "such steps lead away"
    torch.testing.assert_close(again.styles, found.styles)


def test_staying_keeps_styles_near_the_mean_wherever_the_search_begins(
    generator, features, pictures
):
    mean = generator.repeat(generator.mapping.mean[None])
    start = mean + torch.randn(
        len(pictures), *mean.shape[1:], generator=torch.Generator().manual_seed(3)
    )
    free = invert_pictures(generator, features, pictures, SETTINGS, start=start)
    held = InversionSettings(**{**vars(SETTINGS), "staying": 100.0})
    tied = invert_pictures(generator, features, pictures, held, start=start)
    assert (tied.styles - mean).square().mean() < 0.2 * (free.styles - mean).square().mean()


def test_no_gradient_is_left_behind(generator, features, pictures):
    invert_pictures(generator, features, pictures, SETTINGS)
    assert all(p.grad is None for p in [*generator.parameters(), *features.parameters()])


def test_strength_leads_from_the_picture_to_the_mean_style(generator, pictures):
    styles = generator.repeat(generator.mapping(torch.randn(2, 8))).clone()
    assert torch.equal(restyle(generator, styles, strength=0.0, first=2), styles)
    moved = restyle(generator, styles, strength=1.0, first=2)
    assert torch.equal(moved[:, :2], styles[:, :2])
    mean = generator.mapping.mean.expand_as(moved[:, 2:])
    torch.testing.assert_close(moved[:, 2:], mean)


def test_pictures_of_another_size_are_refused(generator, features):
    with pytest.raises(ConvatlasError, match=r"\(3, 32, 32\) cannot be found .* \(3, 16, 16\)"):
        invert_pictures(generator, features, torch.zeros(1, 3, 32, 32), SETTINGS)
