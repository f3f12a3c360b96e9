"""What discriminators of few pictures see: transformations, derivatives, probabilities."""

import math

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional

from convatlas.training.adaptive_augmentation import (
    LUMA,
    SYM6,
    AdaptiveAugmentation,
    colour,
    follow,
    hue,
    rotation,
    scaling,
    translation,
    warp,
)
from convatlas.training.light_augmentation import LightAugmentation


def stream(seed=0):
    return torch.Generator().manual_seed(seed)


def smooth(side=24):
    """Pictures without what the filters take away."""
    drawn = torch.randn(3, 3, 5, 5, generator=stream(), dtype=torch.float64)
    return functional.interpolate(drawn, size=(side, side), mode="bicubic", align_corners=True)


def middle(pictures, border=6):
    return pictures[..., border:-border, border:-border]


def test_the_filter_is_an_orthogonal_wavelets():
    taps = torch.tensor(SYM6, dtype=torch.float64)
    products = [(taps[: len(taps) - 2 * k] * taps[2 * k :]).sum().item() for k in range(6)]
    assert products == pytest.approx([1, 0, 0, 0, 0, 0], abs=1e-11)
    assert taps.sum().item() == pytest.approx(math.sqrt(2))
    high = taps.flip(0) * torch.tensor([1.0, -1.0] * 6, dtype=torch.float64)
    moments = [(high * torch.arange(12.0) ** k).sum().item() for k in range(6)]
    assert moments == pytest.approx([0] * 6, abs=2e-6), "six of them vanish"


def test_a_warp_that_moves_nothing_gives_the_picture_back():
    pictures = torch.randn(2, 3, 24, 30, generator=stream(), dtype=torch.float64)
    found = warp(pictures, torch.eye(3, dtype=torch.float64).repeat(2, 1, 1))
    torch.testing.assert_close(middle(found), middle(pictures))


def test_warps_mirror_turn_and_shift_as_torch_does():
    pictures, count = smooth(), torch.ones(3)
    mirrored = warp(pictures, scaling(-count, count).double())
    torch.testing.assert_close(middle(mirrored), middle(pictures.flip(3)), atol=0.03, rtol=0)
    turned = warp(pictures, rotation(count * math.pi / 2).double())
    torch.testing.assert_close(middle(turned), middle(pictures.rot90(1, (2, 3))), atol=0.03, rtol=0)
    shift = torch.tensor([[3.0, -2.0]]).repeat(3, 1)
    shifted = warp(pictures, translation(shift).double())
    wanted = pictures.roll((2, -3), (2, 3))
    torch.testing.assert_close(middle(shifted), middle(wanted), atol=1e-6, rtol=0)


def test_a_warp_has_both_derivatives():
    pictures = torch.randn(1, 1, 6, 6, dtype=torch.float64, generator=stream()).requires_grad_()
    maps = (rotation(torch.tensor([0.4])) @ translation(torch.tensor([[0.3, 1.2]]))).double()
    assert gradcheck(lambda x: warp(x, maps), (pictures,))
    assert gradgradcheck(lambda x: warp(x, maps).square(), (pictures,))


def test_hue_leaves_grey_and_lengths_and_comes_round():
    maps = hue(torch.tensor([0.7, 2 * math.pi]))
    torch.testing.assert_close(maps[0] @ LUMA, LUMA)
    torch.testing.assert_close(maps[0] @ maps[0].T, torch.eye(3))
    torch.testing.assert_close(maps[1], torch.eye(3), atol=1e-6, rtol=0)
    third = hue(torch.tensor([2 * math.pi / 3]))[0]
    torch.testing.assert_close(third @ torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0]),
                               atol=1e-6, rtol=0)  # fmt: skip


def test_colours_are_mapped_pixel_by_pixel():
    maps = torch.randn(2, 4, 4, generator=stream())
    pictures = torch.randn(2, 3, 4, 5, generator=stream())
    found = colour(pictures, maps)
    pixel = torch.cat([pictures[1, :, 2, 3], torch.ones(1)])
    torch.testing.assert_close(found[1, :, 2, 3], (maps[1] @ pixel)[:3])


def test_no_picture_is_changed_at_probability_0_and_most_are_at_1():
    pictures = smooth().float().repeat(20, 1, 1, 1)
    augment = AdaptiveAugmentation(stream())
    assert torch.equal(augment(pictures), pictures)
    augment.probability = 1.0
    changed = (augment(pictures) - pictures).abs().mean((1, 2, 3))
    assert (changed > 0.05).all()


def test_the_probability_is_that_of_every_transformation():
    """Colours apart: brightness alone moves the mean of a grey picture, five others may not."""
    augment = AdaptiveAugmentation(stream(), 0.3)
    maps = augment._draw_colours(4000)
    assert (maps[:, :3, 3].abs().sum(1) > 0).double().mean().item() == pytest.approx(0.3, abs=0.03)
    places = augment._draw_places(4000, 32, 32)
    # the sign of the determinant tells mirroring: half of those that are chosen
    mirrored = (torch.linalg.det(places) < 0).double().mean().item()
    assert mirrored == pytest.approx(0.15, abs=0.02)


def test_the_same_stream_gives_the_same_pictures():
    pictures = smooth().float()
    for make in (lambda s: AdaptiveAugmentation(s, 0.8), LightAugmentation):
        one, other, third = (make(stream(seed))(pictures) for seed in (1, 1, 2))
        assert torch.equal(one, other)
        assert not torch.equal(one, third)


def test_the_probability_follows_the_discriminators_answers():
    assert follow(0.2, 0.9, target=0.6, step=0.01) == pytest.approx(0.21)
    assert follow(0.2, 0.1, target=0.6, step=0.01) == pytest.approx(0.19)
    assert follow(0.2, 0.6, target=0.6, step=0.01) == 0.2
    assert follow(0.0, -1.0, target=0.6, step=0.01) == 0.0
    assert follow(0.999, 1.0, target=0.6, step=0.01) == 1.0


class Fixed(LightAugmentation):
    """With what is drawn set by hand: shifts, and where the square is cut."""

    def __init__(self, starts):
        super().__init__(stream())
        self.starts = iter(starts)

    def _places(self, count, side, least, most):
        return torch.full((count, 1), next(self.starts)) + torch.arange(side)


def test_light_shifts_bring_in_black_and_squares_are_cut_out():
    pictures = torch.rand(2, 3, 8, 8, generator=stream()) + 1
    moved = Fixed([1, -1])._shift(pictures)
    torch.testing.assert_close(moved[..., :7, 1:], pictures[..., 1:, :7])
    assert moved[..., 7, :].abs().max() == 0
    assert moved[..., 0].abs().max() == 0
    cut = Fixed([-2, 3])._cut(pictures)
    wanted = pictures.clone()
    wanted[..., 0:2, 3:7] = 0
    torch.testing.assert_close(cut, wanted)


def test_light_squares_are_a_quarter_of_a_picture_or_less_at_the_border():
    ones = torch.ones(400, 1, 16, 16)
    share = 1 - LightAugmentation(stream())._cut(ones).mean((1, 2, 3))
    assert share.max().item() == pytest.approx(0.25)
    assert share.min() > 0.05
