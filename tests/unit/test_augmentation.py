"""Random variations of digits: how far they go, and what decides them."""

import math
from dataclasses import fields

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convatlas.training.augmentation import Augmentation

ALL = {
    "rotation_degrees": 12,
    "shear": 0.2,
    "scale": 0.12,
    "aspect": 0.1,
    "translation_pixels": 1.5,
    "elastic_pixels": 0.9,
    "thickening": 0.7,
    "thinning": 0.5,
    "contrast": 0.3,
    "gamma": 0.5,
    "noise": 0.05,
}
REGIONAL = {"flagged_one": 0.6, "footed_one": 0.25, "crossed_seven": 0.3}
SIZE = 28


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def vary(images, seed=0, *, labels=None, draws=None, **amounts):
    labels = torch.zeros(len(images), dtype=torch.int64) if labels is None else labels
    return Augmentation(**amounts)(images, labels.to(images.device), draws or generator(seed))


def blobs(count=1, *, x=0.0, y=0.0, wide=3.0, tall=3.0, size=SIZE):
    """Gaussian spots; x and y are off the middle, in pixels."""
    axis = torch.arange(size) - (size - 1) / 2
    spot = torch.exp(
        -((axis[None, :] - x) ** 2) / (2 * wide**2) - (axis[:, None] - y) ** 2 / (2 * tall**2)
    )
    return spot.expand(count, 1, size, size).clone()


def centres(images):
    """Centres of mass (n, 2) as x, y off the middle, in pixels."""
    axis = torch.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    ink = images.sum((1, 2, 3))
    x = (images * axis).sum((1, 2, 3)) / ink
    y = (images * axis[:, None]).sum((1, 2, 3)) / ink
    return torch.stack([x, y], 1)


def spreads(images):
    """Covariances (n, 2, 2) of the ink, in square pixels."""
    axis = torch.arange(images.shape[-1]) - (images.shape[-1] - 1) / 2
    weight = images[:, 0] / images.sum((1, 2, 3))[:, None, None]
    middle = centres(images)
    dx = axis[None, None, :] - middle[:, 0, None, None]
    dy = axis[None, :, None] - middle[:, 1, None, None]
    xx, yy, xy = ((weight * m).sum((1, 2)) for m in (dx * dx, dy * dy, dx * dy))
    return torch.stack([torch.stack([xx, xy], 1), torch.stack([xy, yy], 1)], 1)


def angles(images):
    """Direction of the longest axis in degrees, clockwise from horizontal as y points down."""
    s = spreads(images)
    return torch.rad2deg(0.5 * torch.atan2(2 * s[:, 0, 1], s[:, 0, 0] - s[:, 1, 1]))


def test_every_amount_is_tried_here():
    assert set(ALL) | set(REGIONAL) == {field.name for field in fields(Augmentation)}


def test_amounts_of_zero_change_nothing():
    images = torch.rand(5, 1, SIZE, SIZE, generator=generator())
    changed = vary(images)
    # coordinates in float32 are good to a millionth of a pixel or two
    assert (changed - images).abs().max() < 4e-6


@pytest.mark.parametrize("name", ALL)
def test_each_amount_alone_changes_the_picture_without_touching_the_input(name):
    images = blobs(20, wide=5, tall=2) * 0.8
    before = images.clone()
    changed = vary(images, **{name: ALL[name]})
    # a picture is made thicker or thinner: with one of the two alone, half of them change
    assert ((changed - images).abs().amax((1, 2, 3)) > 1e-3).sum() >= 7
    assert torch.equal(images, before)


@settings(max_examples=25, deadline=None)
@given(
    amounts=st.fixed_dictionaries({name: st.floats(0, 1) for name in ALL}),
    seed=st.integers(0, 2**32),
)
def test_grey_levels_stay_between_black_and_white(amounts, seed):
    amounts["scale"], amounts["aspect"] = amounts["scale"] * 0.9, amounts["aspect"] * 0.9
    images = torch.rand(3, 1, SIZE, SIZE, generator=generator(seed)).round()
    changed = vary(images, seed, **amounts)
    assert changed.shape == images.shape
    assert torch.isfinite(changed).all()
    assert 0 <= changed.min() <= changed.max() <= 1


def test_the_seed_decides_and_pictures_of_a_batch_differ():
    images, labels = blobs(4), torch.tensor([1, 7, 1, 7])
    one = vary(images, 1, labels=labels, **ALL, **REGIONAL)
    assert torch.equal(one, vary(images, 1, labels=labels, **ALL, **REGIONAL))
    assert not torch.equal(one, vary(images, 2, labels=labels, **ALL, **REGIONAL))
    assert not torch.equal(one[0], one[1])


def test_a_global_seed_plays_no_part():
    images, labels = blobs(4), torch.tensor([1, 7, 1, 7])
    torch.manual_seed(1)
    state = torch.get_rng_state()
    one = vary(images, labels=labels, **ALL, **REGIONAL)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert torch.equal(one, vary(images, labels=labels, **ALL, **REGIONAL))


def test_every_draw_comes_from_the_cpu_whatever_the_device():
    ours, theirs = generator(), generator()
    vary(blobs(3), draws=ours, **ALL)
    there = vary(blobs(3).to("meta"), draws=theirs, **ALL)
    assert there.device.type == "meta"
    assert torch.equal(ours.get_state(), theirs.get_state())


def test_a_shift_moves_the_centre_of_mass_by_the_drawn_pixels():
    count, most = 200, 3.0
    moved = vary(blobs(count, wide=2, tall=2), 5, translation_pixels=most)
    # the draws before the shift's are of angle, scale, aspect and shear, one a picture
    draws = generator(5)
    for _ in range(4):
        torch.rand(count, generator=draws)
    drawn = (torch.rand(count, 2, generator=draws) * 2 - 1) * most
    # the map leads from output to input: the digit goes the other way
    torch.testing.assert_close(centres(moved), -drawn, rtol=0, atol=0.02)
    assert drawn.abs().max() > 0.95 * most


def test_rotation_turns_by_up_to_its_degrees_and_keeps_the_shape():
    count = 300
    images = blobs(count, wide=5, tall=2)
    turned = vary(images, rotation_degrees=20)
    assert 18 < angles(turned).max() < 20.5
    assert -20.5 < angles(turned).min() < -18
    before, after = (torch.linalg.eigvalsh(spreads(i)) for i in (images, turned))
    torch.testing.assert_close(after, before, rtol=0.05, atol=0.1)


def test_rotation_and_scale_together_are_a_similarity():
    # a round spot stays round
    changed = vary(blobs(200, size=56), rotation_degrees=40, scale=0.4)
    values = torch.linalg.eigvalsh(spreads(changed))
    ratio = (values[:, 1] / values[:, 0]).sqrt()
    assert ratio.max() < 1.03
    width = values.mean(1).sqrt()
    assert 3 / 1.4 * 0.97 < width.min() < 3 / 1.35
    assert 3 / 0.65 < width.max() < 3 / 0.6 * 1.03


def test_aspect_stretches_only_horizontally_and_shear_keeps_rows_level():
    stretched = spreads(vary(blobs(100), aspect=0.3))
    torch.testing.assert_close(stretched[:, 1, 1], torch.full((100,), 9.0), rtol=0.03, atol=0)
    widths = stretched[:, 0, 0].sqrt()
    assert widths.min() < 3 / 1.25
    assert widths.max() > 3 / 0.75
    sheared = spreads(vary(blobs(100), shear=0.3))
    torch.testing.assert_close(sheared[:, 1, 1], torch.full((100,), 9.0), rtol=0.03, atol=0)
    slope = sheared[:, 0, 1] / sheared[:, 1, 1]
    assert 0.27 < slope.abs().max() < 0.31


def test_zoom_does_not_change_how_far_a_digit_leans():
    changed = spreads(vary(blobs(200, size=56), shear=0.3, scale=0.4))
    slope = changed[:, 0, 1] / changed[:, 1, 1]
    assert 0.27 < slope.abs().max() < 0.31


def test_elastic_knots_are_displaced_by_their_standard_deviation():
    # a ramp shows the horizontal displacement of each pixel as a difference of grey
    ramp = (torch.arange(SIZE) / SIZE).expand(300, 1, SIZE, SIZE)
    changed = vary(ramp, elastic_pixels=0.9)
    # knots are at 0, 6.75, 13.5: pixels 13 and 14 lie beside the middle one
    shift = (changed - ramp)[:, 0, 13:15, 13:15].mean((1, 2)) * SIZE
    assert 0.75 < shift.std() < 1.0
    assert abs(shift.mean()) < 0.2


def test_thickening_adds_ink_and_thinning_takes_it_away():
    bar = torch.zeros(100, 1, SIZE, SIZE)
    bar[:, :, 8:20, 12:16] = 1
    ink = bar.sum((1, 2, 3))
    thick = vary(bar, thickening=1).sum((1, 2, 3))
    thin = vary(bar, thinning=1).sum((1, 2, 3))
    # 12x4 becomes at most 14x6, at least 10x2
    assert (thick >= ink - 1e-3).all()
    assert 80 < thick.max() <= 84.001
    assert (thin <= ink + 1e-3).all()
    assert 20 - 1e-3 <= thin.min() < 22
    both = vary(bar, thickening=1, thinning=1).sum((1, 2, 3))
    torch.testing.assert_close(both - ink, (thick - ink) + (thin - ink), rtol=0, atol=1e-2)


def test_contrast_gamma_and_noise_stay_within_their_amounts():
    grey = torch.full((400, 1, 8, 8), 0.5)
    dim = vary(grey, contrast=0.4)[:, 0, 4, 4]
    assert 0.3 <= dim.min() < 0.305
    assert 0.495 < dim.max() <= 0.5
    exponent = torch.log2(vary(grey, gamma=1)[:, 0, 4, 4]) / math.log2(0.5)
    assert 0.5 - 1e-4 <= exponent.min() < 0.52
    assert 1.96 < exponent.max() <= 2 + 1e-4
    noisy = vary(grey, noise=0.1)
    assert 0.085 < noisy.std((1, 2, 3)).max() < 0.13
    assert noisy.std((1, 2, 3)).min() < 0.01


# --- forms of 1 and 7 ----------------------------------------------------------------------------


def stems(labels):
    """Upright strokes of 3 by 16 pixels, with a top bar for a 7."""
    pictures = torch.zeros(len(labels), 1, SIZE, SIZE)
    pictures[:, :, 6:22, 13:16] = 1
    pictures[labels == 7, :, 6:9, 7:16] = 1
    return pictures


def test_regional_forms_are_drawn_on_ones_and_sevens_alone():
    labels = torch.arange(10).repeat(4)
    before = stems(labels)
    after = vary(before, labels=labels, flagged_one=1, footed_one=1, crossed_seven=1)
    changed = (after - before).abs().amax((1, 2, 3)) > 0.5
    assert torch.equal(changed, (labels == 1) | (labels == 7))
    ink = after.sum((1, 2, 3)) - before.sum((1, 2, 3))
    assert (ink[changed] > 4).all()
    # and centred again, by whole pixels: MNIST's centre is pixel 14, half a pixel off the middle
    assert ((centres(after)[changed] - 0.5).abs() < 0.6).all()


@pytest.mark.parametrize(("name", "label"), [("flagged_one", 1), ("crossed_seven", 7)])
def test_a_form_comes_as_often_as_asked(name, label):
    labels = torch.full((400,), label)
    before = stems(labels)
    changed = (vary(before, labels=labels, **{name: 0.3}) - before).abs().amax((1, 2, 3)) > 0.5
    assert 90 < changed.sum() < 150


def test_a_foot_comes_only_with_an_upstroke_and_widens_the_bottom():
    labels = torch.ones(200, dtype=torch.int64)
    bare = stems(labels)
    assert (vary(bare, labels=labels, footed_one=1) - bare).abs().max() < 1e-5

    def bottoms(footed):
        drawn = vary(bare, labels=labels, flagged_one=1, footed_one=footed)
        rows = (drawn > 0.5).sum(3)[:, 0]  # inked pixels in each row
        last = 27 - (rows > 0).float().flip(1).argmax(1)
        return rows[torch.arange(200), last - 1]

    # the stroke itself is 3 wide
    assert (bottoms(0) == 3).all()
    assert (bottoms(1) >= 6).all()
