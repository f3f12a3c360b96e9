"""The stabiliser on clips whose motion is known, with stylizers whose flicker is known."""

import cv2
import numpy as np
import pytest

from convatlas.errors import ConvatlasError
from convatlas.evaluation.flicker import measure_flicker
from convatlas.evaluation.style import StyleDistance, sharpness
from convatlas.stylization.contrast import join_bands, restore_contrast, split_bands
from convatlas.stylization.stabilise import Stabilised, StabiliserOptions

HEIGHT, WIDTH = 72, 96


def picture(seed=0, grain=2.0, height=HEIGHT, width=WIDTH):
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), grain)
    return np.clip(128 + 35 * smooth / smooth.std(), 20, 235).astype(np.uint8)


def panned(count, step=2, seed=0, width=WIDTH):
    scene = picture(seed, grain=3, width=width + step * count)
    return np.stack([scene[:, step * i : step * i + width] for i in range(count)])


def plain(frames):
    return frames.copy()


class Flickering:
    """Restyles by a mean of the frame and strokes, a part of which is another in every frame.

    The strokes of a frame depend on the frame alone, as with a network.
    """

    def __init__(self, lasting=0.6):
        self.lasting = lasting
        self.resets = 0

    def __call__(self, frames):
        return np.stack([self.one(frame) for frame in frames])

    def one(self, frame):
        seed = int(np.asarray(frame, np.int64).sum() % 100_003)
        lasting = frame.astype(float) - 128
        new = picture(seed, 1.2, *frame.shape[:2]).astype(float) - 128
        mixed = self.lasting * lasting + np.sqrt(1 - self.lasting**2) * new
        return np.clip(128 + mixed, 0, 255).astype(np.uint8)

    def reset(self):
        self.resets += 1


def planes(frames):
    layers = frames.transpose(0, 3, 1, 2) / 255
    return [np.abs(np.diff(layers, axis=-1)), np.abs(np.diff(layers, axis=-2))]


def test_it_flickers_less_and_keeps_the_style_as_a_blur_does_not():
    clip, stylizer = panned(10), Flickering()
    restyled, stable = stylizer(clip), Stabilised(stylizer)(clip)
    blurred = Stabilised(stylizer, StabiliserOptions(contrast_bands=0))(clip)
    before, after = measure_flicker([clip], [restyled], [stable])
    assert after.mean < 0.6 * before.mean
    style = StyleDistance(stylizer.one(picture(77)), planes)
    distances = [style(each[4:]).mean() for each in (restyled, stable, blurred)]
    assert distances[1] - distances[0] < 0.4 * (distances[2] - distances[0])
    sharp = [sharpness(each[4:]).mean() for each in (restyled, stable, blurred)]
    assert sharp[1] == pytest.approx(sharp[0], rel=0.1)
    assert sharp[2] < 0.85 * sharp[0]
    assert stable.mean() == pytest.approx(restyled.mean(), abs=1)


def test_a_longer_memory_flickers_less_and_so_does_more_strength():
    clip, stylizer = panned(8), Flickering()

    def error(**options):
        stable = Stabilised(stylizer, StabiliserOptions(**options))(clip)
        return measure_flicker([clip], [stable])[0].mean

    assert error(memory_frames=4) < error(memory_frames=1) < error(memory_frames=0)
    assert error(memory_frames=1) < error(memory_frames=1, strength=0.3)


def test_what_does_not_flicker_is_left_as_it_is():
    still = np.repeat(picture()[None], 5, 0)
    np.testing.assert_array_equal(Stabilised(plain)(still), still)
    # motion by whole pixels: but for the flow's error
    clip = panned(6)
    apart = np.abs(Stabilised(plain)(clip).astype(float) - clip)[:, 8:-8, 8:-8]
    assert apart.mean() < 2


@pytest.mark.parametrize("options", [{"strength": 0.0}, {"memory_frames": 0}])
def test_with_no_strength_or_no_memory_it_is_the_stylizer(options):
    clip, stylizer = panned(5), Flickering()
    stable = Stabilised(stylizer, StabiliserOptions(**options))
    assert stable.lead == 0
    np.testing.assert_array_equal(stable(clip), stylizer(clip))


def test_batches_and_threads_make_no_difference():
    clip, stylizer = panned(9), Flickering()
    whole = Stabilised(stylizer)(clip)
    for size in (1, 2, 4):
        stable = Stabilised(stylizer, threads=3)
        parts = [stable(clip[i : i + size]) for i in range(0, len(clip), size)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert Stabilised(plain)(clip[:0]).shape == (0, HEIGHT, WIDTH, 3)


def test_after_its_lead_a_segment_is_to_the_bit_as_if_uncut_and_with_less_it_is_not():
    clip, stylizer, first = panned(11), Flickering(), 6
    stable = Stabilised(stylizer, StabiliserOptions(memory_frames=4))
    whole = stable(clip)[first:]
    apart = {}
    for lead in range(stable.lead + 1):
        stable.reset()
        segment = stable(clip[first - lead :])[lead:]
        apart[lead] = np.abs(segment.astype(int) - whole).reshape(len(whole), -1).mean(1)
    assert stable.lead == 4
    assert apart[4].max() == 0
    for lead in range(4):
        assert apart[lead][0] > apart[lead + 1][0]
        assert (apart[lead][: 4 - lead] > 0).all()
        assert apart[lead][4 - lead :].max() == 0  # and is forgotten after as many frames


def test_a_new_shot_knows_nothing_of_the_one_before():
    stylizer = Flickering()
    clip = np.concatenate([panned(5), panned(4, seed=5)])
    stable = Stabilised(stylizer)(clip)
    np.testing.assert_array_equal(stable[5], stylizer.one(clip[5]))
    np.testing.assert_array_equal(stable[5:], Stabilised(stylizer)(clip[5:]))


def test_reset_forgets_and_resets_the_stylizer():
    clip, stylizer = panned(6), Flickering()
    stable = Stabilised(stylizer)
    stable(clip[:3])
    following = stable(clip[3:])
    stable.reset()
    fresh = stable(clip[3:])
    assert not np.array_equal(following, fresh)
    np.testing.assert_array_equal(fresh, Stabilised(stylizer)(clip[3:]))
    assert stylizer.resets == 1
    Stabilised(plain).reset()  # a function has nothing to reset


def test_uncovered_ground_has_nothing_of_what_hid_it():
    ground, thing = picture(1), np.full((30, 30, 3), 255, np.uint8)
    thing[::5] = 200
    clip = np.repeat(ground[None], 4, 0)
    for number in range(4):
        left = 60 - 8 * number
        clip[number, 20:50, left : left + 30] = thing
    stable = Stabilised(plain)(clip)
    uncovered = np.s_[24:46, 62:88]  # what the thing hid in one frame or more, and hides no longer
    ghost = np.abs(stable[3][uncovered].astype(float) - clip[3][uncovered])
    hidden = np.abs(clip[0][uncovered].astype(float) - clip[3][uncovered])
    assert ghost.mean() < 0.05 * hidden.mean()


def test_light_that_changes_is_not_carried_over():
    clip = np.repeat(picture(1)[None] // 2, 3, 0)
    clip[2] += 60
    stable = Stabilised(plain)(clip)
    assert stable[2].mean() == pytest.approx(clip[2].mean(), abs=1)


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (17, 33), (36, 400)])
def test_any_size_of_frame_will_do(size):
    clip = np.repeat(picture(1, height=size[0], width=size[1])[None], 4, 0)
    np.testing.assert_array_equal(Stabilised(plain)(clip), clip)


def test_frames_may_lie_in_memory_as_they_like():
    clip = panned(3)
    stable = Stabilised(lambda frames: frames.transpose(0, 3, 1, 2).copy().transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(stable(clip), Stabilised(plain)(clip))


def test_a_stylizer_that_changes_the_size_is_refused():
    with pytest.raises(ConvatlasError, match=r"\(3, 36, 96, 3\) of \(3, 72, 96, 3\)"):
        Stabilised(lambda frames: frames[:, ::2])(panned(3))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strength", 1.5),
        ("memory_frames", -1),
        ("tolerance_levels", 0),
        ("flow_long_side", 8),
        ("flow_preset", "slow"),
        ("contrast_bands", -1),
    ],
)
def test_options_that_make_no_sense_are_named(name, value):
    with pytest.raises(ConvatlasError, match=f"{name} is {value!r}"):
        StabiliserOptions(**{name: value})


@pytest.mark.parametrize("size", [(72, 96), (41, 67), (5, 5)])
def test_bands_make_the_picture_again(size):
    frame = picture(1, height=size[0], width=size[1]).astype(np.float32)
    bands = split_bands(frame, 3)
    assert len(bands) == (4 if min(size) > 40 else 1)
    np.testing.assert_allclose(join_bands(bands), frame, atol=1e-3)


def test_contrast_is_given_back_where_it_was_lost_and_nowhere_else():
    frame = picture(1, grain=1).astype(np.float32)
    flat = frame.copy()
    flat[:, :48] = 128 + (frame[:, :48] - 128) / 2
    restored = restore_contrast(flat, frame, levels=3, most=4)
    assert restored[:, :30].std() == pytest.approx(frame[:, :30].std(), rel=0.15)
    assert np.abs(restored - frame)[:, 80:].mean() < 2
    limited = restore_contrast(flat, frame, levels=3, most=1.2)
    assert flat[:, :30].std() < limited[:, :30].std() < 1.25 * flat[:, :30].std()
    # a frame that is calmer than its mean with others stays that mean
    assert np.abs(restore_contrast(frame, flat, levels=3, most=4) - frame).mean() < 2
