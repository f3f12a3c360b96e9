"""The preparation of a picture of one digit as MNIST's were prepared."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageDraw
from scipy import ndimage

from convatlas.data.digit_box import STROKE_RANGE, _stroke_width
from convatlas.data.mnist_form import NoDigitError, to_mnist_form, to_plain_form

# A 5 in a unit square, as (x, y).
FIVE = [(0.72, 0.2), (0.32, 0.2), (0.3, 0.45), (0.6, 0.45), (0.68, 0.62), (0.58, 0.8), (0.3, 0.76)]


def draw(side=64, width=4, points=FIVE, paper=230, ink=30):
    """Draw a line on paper, anti-aliased, on a square sheet."""
    fine = 4 if side <= 256 else 1
    sheet = Image.new("L", (side * fine, side * fine), paper)
    pen = ImageDraw.Draw(sheet)
    path = [(x * side * fine, y * side * fine) for x, y in points]
    pen.line(path, fill=ink, width=round(width * fine), joint="curve")
    return np.asarray(sheet.resize((side, side), Image.Resampling.BOX))


def difference(a, b):
    return np.abs(a.astype(float) - b).mean()


def likeness(a, b):
    """Return the correlation at the best shift by up to one pixel, which rounding may cost."""
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    moved = [np.roll(a, shift, axis=(0, 1)).ravel().astype(float) for shift in shifts]
    return max(np.corrcoef(m, b.ravel())[0, 1] for m in moved)


def box_of(form):
    rows, columns = np.flatnonzero(form.any(axis=1)), np.flatnonzero(form.any(axis=0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def width_of(form):
    return _stroke_width(ndimage.zoom(form / 255.0, 4, order=1) >= 0.5) / 4


REFERENCE = to_mnist_form(draw())


def test_the_result_is_white_on_black_in_a_box_of_twenty():
    assert REFERENCE.shape == (28, 28)
    assert REFERENCE.dtype == np.uint8
    assert REFERENCE[0].max() == 0
    assert REFERENCE.max() > 240
    assert max(box_of(REFERENCE)) in (19, 20)
    assert np.unique(REFERENCE).size > 4, "anti-aliased, not black and white only"


@pytest.mark.parametrize(("x", "y"), [(0, 0), (-0.2, 0.1), (0.2, -0.15)])
def test_the_centre_of_mass_is_at_the_centre_wherever_the_digit_was(x, y):
    form = to_mnist_form(draw(side=96, points=[(px + x, py + y) for px, py in FIVE]))
    assert ndimage.center_of_mass(form) == pytest.approx((14, 14), abs=0.51)
    assert likeness(form, REFERENCE) > 0.93


def test_the_aspect_ratio_is_kept():
    height, width = box_of(to_mnist_form(draw(points=[(0.5, 0.1), (0.5, 0.9)])))
    assert height >= 19
    assert width <= 6


def test_polarity_is_decided_for_each_picture():
    assert difference(to_mnist_form(255 - draw()), REFERENCE) < 4
    pale = draw(paper=140, ink=100)
    assert difference(to_mnist_form(pale), REFERENCE) < 8
    assert difference(to_mnist_form(255 - pale), REFERENCE) < 8


def test_polarity_of_a_picture_cropped_to_a_thick_digit():
    crop = draw(width=8)[10:54, 14:50]
    assert likeness(to_mnist_form(crop), to_mnist_form(255 - crop)) > 0.95
    assert likeness(to_mnist_form(crop), REFERENCE) > 0.75


def test_colour_and_transparency():
    grey = draw()
    colour = np.repeat(grey[..., None], 3, axis=2)
    assert difference(to_mnist_form(colour), REFERENCE) < 1
    black_on_nothing = np.zeros((64, 64, 4), dtype=np.uint8)
    black_on_nothing[..., 3] = 255 - draw(paper=255, ink=0)
    assert likeness(to_mnist_form(black_on_nothing), REFERENCE) > 0.97
    white_on_nothing = black_on_nothing.copy()
    white_on_nothing[..., :3] = 255
    assert likeness(to_mnist_form(white_on_nothing), REFERENCE) > 0.97


def test_uneven_light_and_a_hard_shadow_leave_no_trace():
    x = np.linspace(0, 1, 64)
    gradient = (draw() * (1.0 - 0.5 * x)).astype(np.uint8)
    assert likeness(to_mnist_form(gradient), REFERENCE) > 0.95
    shadow = (draw() * np.where(x > 0.55, 0.55, 1.0)).astype(np.uint8)
    assert likeness(to_mnist_form(shadow), REFERENCE) > 0.9


def test_the_noise_of_paper_is_not_ink():
    generator = np.random.default_rng(0)
    noisy = np.clip(draw() + generator.normal(0, 12, (64, 64)), 0, 255).astype(np.uint8)
    form = to_mnist_form(noisy)
    assert likeness(form, REFERENCE) > 0.93
    assert form[:, :4].max() == 0


@pytest.mark.parametrize("turns", range(4))
def test_a_grid_line_at_the_edge_is_removed(turns):
    grid = np.rot90(draw()).copy() if turns % 2 else draw().copy()
    plain = to_mnist_form(grid)
    edge = {0: np.s_[1:3], 1: np.s_[:, 1:3], 2: np.s_[-3:-1], 3: np.s_[:, -3:-1]}[turns]
    grid[edge] = 60
    assert likeness(to_mnist_form(grid), plain) > 0.95


def test_a_stroke_that_crosses_a_grid_line_stays():
    tall = [(0.5, 0.1), (0.5, 1.0)]
    crossed = draw(points=tall).copy()
    crossed[-5:-3] = 60
    height, width = box_of(to_mnist_form(crossed))
    assert height >= 18
    assert width <= 6, "the line is gone"


def test_a_fragment_of_a_neighbour_is_removed():
    neighbour = draw().copy()
    neighbour[20:44, :5] = 40
    assert likeness(to_mnist_form(neighbour), REFERENCE) > 0.95


def test_a_detached_stroke_of_the_digit_is_kept():
    body = draw(points=FIVE[1:]).astype(int)
    hat = draw(points=[(0.42, 0.18), (0.74, 0.16)]).astype(int)
    both = np.minimum(body, hat).astype(np.uint8)
    height, _ = box_of(to_mnist_form(both))
    without, with_hat = to_mnist_form(body.astype(np.uint8)), to_mnist_form(both)
    assert height >= 19
    assert likeness(with_hat, REFERENCE) > likeness(without, REFERENCE) + 0.05


def test_thin_strokes_reach_the_width_of_mnist_and_thick_ones_too():
    hairline, marker = draw(width=1), draw(width=9)
    assert width_of(to_mnist_form(hairline, stroke_range=None)) < 1.5
    assert width_of(to_mnist_form(hairline)) == pytest.approx(STROKE_RANGE[0], abs=0.4)
    assert width_of(to_mnist_form(marker, stroke_range=None)) > 3.6
    assert width_of(to_mnist_form(marker)) == pytest.approx(STROKE_RANGE[1], abs=0.4)
    assert max(box_of(to_mnist_form(hairline))) in (19, 20)


def test_the_bar_of_a_tightly_cropped_seven_is_no_grid_line():
    seven = draw(width=7, points=[(0.2, 0.2), (0.8, 0.2), (0.45, 0.85)])
    assert likeness(to_mnist_form(seven[10:56, 12:54]), to_mnist_form(seven)) > 0.85


@pytest.mark.parametrize(("side", "width"), [(16, 1.2), (20, 1.6), (28, 2), (300, 18), (1000, 60)])
def test_tiny_and_huge_pictures(side, width):
    assert likeness(to_mnist_form(draw(side=side, width=width)), REFERENCE) > 0.85


def test_a_small_digit_in_a_large_photograph_is_looked_at_closely():
    photograph = np.full((800, 1000), 200, dtype=np.uint8)
    photograph[500:628, 700:828] = draw(side=128, width=8, paper=200)
    assert likeness(to_mnist_form(photograph), REFERENCE) > 0.9


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((28, 28), np.uint8),
        np.full((28, 28), 255, np.uint8),
        np.full((50, 70, 3), 128, np.uint8),
        np.full((28, 28, 4), 0, np.uint8),
        np.zeros((1, 1), np.uint8),
        np.tile(np.linspace(90, 200, 64), (64, 1)).astype(np.uint8),
    ],
    ids=["black", "white", "grey", "transparent", "one pixel", "only a gradient"],
)
def test_no_digit(picture):
    with pytest.raises(NoDigitError, match="no digit"):
        to_mnist_form(picture)


@pytest.mark.parametrize("spread", [3, 12, 40])
@pytest.mark.parametrize("side", [28, 64, 200])
def test_noise_is_no_digit(spread, side):
    for seed in range(3):
        noise = np.random.default_rng(seed).normal(128, spread, (side, side))
        with pytest.raises(NoDigitError, match="no digit"):
            to_mnist_form(np.clip(noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((28, 28)),
        np.zeros((28,), np.uint8),
        np.zeros((0, 28), np.uint8),
        np.zeros((28, 28, 2), np.uint8),
    ],
)
def test_what_is_no_picture(picture):
    for form in (to_mnist_form, to_plain_form):
        with pytest.raises(ValueError, match="expected") as error:
            form(picture)
        assert not isinstance(error.value, NoDigitError)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    arrays(
        np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 255)
    )
)
def test_any_picture_gives_a_form_or_a_reason(picture):
    try:
        form = to_mnist_form(picture)
    except NoDigitError:
        return
    assert form.shape == (28, 28)
    assert max(box_of(form)) <= 20


@pytest.mark.parametrize("radius", [4, 8, 16])
def test_a_blot_is_drawn_as_a_blot(radius):
    y, x = np.mgrid[:64, :64]
    blot = np.where((y - 32) ** 2 + (x - 32) ** 2 <= radius**2, 20, 240).astype(np.uint8)
    form = to_mnist_form(blot)
    assert form[14, 14] == 255
    assert min(box_of(form)) >= 18


def test_the_plain_form_neither_crops_nor_centres():
    corner = np.full((280, 280), 255, np.uint8)
    corner[:60, :60] = 0
    form = to_plain_form(corner)
    assert form.shape == (28, 28)
    assert form[:5, :5].min() > 200, "dark on light becomes light on dark"
    assert form[8:, 8:].max() == 0
    assert np.array_equal(to_plain_form(255 - corner), form)
    assert to_plain_form(draw(side=28, paper=0, ink=255)).max() > 200


@pytest.mark.mirror
@pytest.mark.skipif("CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set")
def test_mnist_itself_is_left_alone():
    path = Path(os.environ["CONVATLAS_MIRROR"], "mnist", "t10k-images-idx3-ubyte.gz")
    pictures = np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8, offset=16)
    pictures = pictures.reshape(-1, 28, 28)[:150]
    moved, changed = [], []
    for picture in pictures:
        form = to_mnist_form(picture)
        before, after = ndimage.center_of_mass(picture), ndimage.center_of_mass(form)
        moved.append(np.abs(np.subtract(after, before)).max())
        changed.append(difference(form, picture))
    assert np.mean(np.array(moved) <= 1) >= 0.99
    assert np.mean(changed) < 12
