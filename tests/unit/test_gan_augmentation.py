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


def stretches(probability):
    """Singular values (n, 2) of maps of places, the larger first, as powers of two."""
    places = AdaptiveAugmentation(stream(), probability)._draw_places(4000, 32, 32)
    return torch.linalg.svdvals(places[:, :2, :2].double()).log2()


def colour_parts(probability):
    """What maps of colours do, read off each: (n,) each, stretches as powers of two."""
    maps = AdaptiveAugmentation(stream(), probability)._draw_colours(4000).double()
    grey = LUMA.double()
    # two axes of colour, at right angles with grey and with each other
    axes = torch.tensor([[1.0, -1, 0], [1, 1, -2]], dtype=torch.float64)
    axes = axes / axes.norm(dim=1, keepdim=True)
    luma = torch.einsum("i,nij,j->n", grey, maps[:, :3, :3], grey)
    chroma = axes @ maps[:, :3, :3] @ axes.T  # (n, 2, 2): a rotation, stretched
    contrast, saturated = luma.abs(), torch.linalg.det(chroma).sqrt()
    return {
        "brightness": maps[:, :3, 3] @ grey / luma / math.sqrt(3),
        "contrast": contrast.log2(),
        "flipped": (luma < 0).double(),
        "hue": torch.atan2(chroma[:, 1, 0], chroma[:, 0, 0]),
        "saturation": (saturated / contrast).log2(),
    }


def test_pictures_are_stretched_as_far_as_the_paper_says():
    """Appendix B, of which neither rotations nor mirrors change a singular value."""
    larger, smaller = stretches(1.0).T
    # both sides by 2^0.2n, one of them by the inverse; on average by nothing
    both, apart = (larger + smaller) / 2, (larger - smaller) / 2
    assert both.mean().item() == pytest.approx(0, abs=0.01)
    assert both.std().item() == pytest.approx(0.2, rel=0.05)
    assert apart.square().mean().sqrt().item() == pytest.approx(0.2, rel=0.05)


def test_colours_are_changed_as_far_as_the_paper_says():
    """Appendix B: contrast by 2^0.5n, saturation by 2^n, the others added or turned."""
    found = colour_parts(1.0)
    for part, deviation in (("brightness", 0.2), ("contrast", 0.5), ("saturation", 1.0)):
        assert found[part].mean().item() == pytest.approx(0, abs=0.05 * deviation), part
        assert found[part].std().item() == pytest.approx(deviation, rel=0.05), part
    assert found["flipped"].mean().item() == pytest.approx(0.5, abs=0.03)
    shares = torch.histc(found["hue"], 8, -math.pi, math.pi) / 4000
    torch.testing.assert_close(shares, torch.full((8,), 1 / 8).double(), atol=0.02, rtol=0)


def test_grey_stays_grey_whatever_is_done_to_colours():
    maps = AdaptiveAugmentation(stream(), 1.0)._draw_colours(50)[:, :3]
    grey = maps @ torch.tensor([0.3, 0.3, 0.3, 1.0])
    torch.testing.assert_close(grey, grey[:, :1].expand(-1, 3), atol=1e-5, rtol=0)
    # nor does what is coloured bring grey along
    coloured = maps[..., :3] @ torch.tensor([1.0, -1.0, 0.0])
    torch.testing.assert_close(coloured.sum(1), torch.zeros(50), atol=1e-5, rtol=0)


def test_each_transformation_has_the_probability_asked_for():
    larger, smaller = stretches(0.3).T
    parts = colour_parts(0.3)
    for name, values in {**parts, "both": larger + smaller, "apart": larger - smaller}.items():
        share = (values.abs() > 1e-4).double().mean().item()
        # of those that are chosen to be flipped half stay
        assert share == pytest.approx(0.15 if name == "flipped" else 0.3, abs=0.025), name


@pytest.mark.parametrize("probability", [0.3, 0.8])
def test_both_rotations_together_are_as_likely_as_any_other(probability):
    """Section 2.3; quarter turns and mirrors leave two of four numbers at 0, rotations none."""
    places = AdaptiveAugmentation(stream(), probability)._draw_places(4000, 32, 32)
    numbers = places[:, :2, :2].abs()
    straight = torch.minimum(
        numbers.diagonal(dim1=1, dim2=2).amax(1), numbers.flip(2).diagonal(dim1=1, dim2=2).amax(1)
    )
    share = (straight > 1e-4).double().mean().item()
    assert share == pytest.approx(probability, abs=0.025)


class OneShift(AdaptiveAugmentation):
    """With nothing chosen but one of the two shifts, the first or the second."""

    def __init__(self, number):
        super().__init__(stream(), 1.0)
        self.left = [False, False]
        self.left[number] = True

    def _chosen(self, values, neutral, probability=None):
        if values.dim() == 2 and self.left.pop(0):
            return super()._chosen(values, neutral, probability)
        return torch.full(values.shape, float(neutral))


def test_pictures_are_shifted_by_whole_pixels_and_by_any_part_of_them():
    """Appendix B: evenly up to an eighth of each side, and normally by an eighth."""
    whole, any_part = (OneShift(number)._draw_places(4000, 32, 64) for number in (0, 1))
    for maps in (whole, any_part):
        torch.testing.assert_close(maps[:, :2, :2], torch.eye(2).expand(4000, 2, 2))
    shift = whole[:, :2, 2]
    assert torch.equal(shift, shift.round())
    assert shift.abs().amax(0).tolist() == [8, 4], "an eighth of the width, and of the height"
    assert shift.std(0).tolist() == pytest.approx([8 / math.sqrt(3), 4 / math.sqrt(3)], rel=0.05)
    shift = any_part[:, :2, 2]
    assert (shift != shift.round()).double().mean() > 0.99
    assert shift.std(0).tolist() == pytest.approx([8, 4], rel=0.05)
    assert shift.mean(0).abs().max() < 0.5


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


def test_light_colours_are_changed_as_the_paper_says():
    """Brightness by up to a half, saturation from none to twice, contrast by up to a half."""
    pictures = torch.rand(5, 3, 8, 8, generator=stream(3), dtype=torch.float64) * 2 - 1
    brighter, purer, contrast = torch.rand(3, 5, generator=stream()).double()
    wanted = []
    for picture, add, pure, apart in zip(pictures, brighter, purer, contrast, strict=True):
        red, green, blue = picture + (add - 0.5)
        grey = (red + green + blue) / 3
        parts = [grey + 2 * pure * (part - grey) for part in (red, green, blue)]
        mean = sum(part.mean() for part in parts) / 3
        wanted.append(torch.stack([mean + (0.5 + apart) * (part - mean) for part in parts]))
    # not shifted, and cut outside
    found = Fixed([0, 0, 8, 8])(pictures)
    torch.testing.assert_close(found, torch.stack(wanted), rtol=1e-6, atol=1e-6)
