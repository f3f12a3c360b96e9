"""Optical flow, warping and occlusion against scenes whose motion is known."""

import cv2
import numpy as np
import pytest

from convatlas.errors import ConvatlasError
from convatlas.video.flow import (
    dense_flow,
    is_motion_boundary,
    is_occluded,
    leaves_frame,
    resize_flow,
    shrink,
    warp,
)

PRESETS = ("ultrafast", "fast", "medium")


def texture(height, width, seed=0, grain=2.0):
    """Noise, smoothed so that a shift by parts of a pixel is defined, of full contrast."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    smooth = cv2.GaussianBlur(noise, (0, 0), grain)
    return np.clip(128 + 40 * smooth / smooth.std(), 0, 255)


def moved(scene, x, y, size=(120, 160), at=(30, 30)):
    """Cut a frame out of a larger scene, whose content goes right by x and down by y."""
    shift = np.float32([[1, 0, x], [0, 1, y]])
    whole = cv2.warpAffine(scene, shift, scene.shape[::-1], flags=cv2.INTER_CUBIC)
    return whole[at[0] : at[0] + size[0], at[1] : at[1] + size[1]].round().astype(np.uint8)


def constant(height, width, x, y):
    return np.full((height, width, 2), (x, y), np.float32)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(("x", "y"), [(3, -2), (0.5, 0.25), (-7.3, 4.6)])
def test_a_moved_texture_has_the_flow_that_moved_it(preset, x, y):
    scene = texture(180, 220)
    flow = dense_flow(moved(scene, 0, 0), moved(scene, x, y), preset)
    inner = flow[16:-16, 16:-16]
    exact = 0.1 if preset == "medium" else 0.25
    assert np.abs(np.median(inner, axis=(0, 1)) - (x, y)).max() < exact
    assert np.abs(inner - (x, y)).mean() < 1.5 * exact


def test_a_frame_and_itself_have_no_flow_and_hide_nothing():
    frame = moved(texture(180, 220), 0, 0)
    flow = dense_flow(frame, frame)
    assert np.abs(flow).max() == 0
    assert not is_occluded(flow, flow).any()
    assert not is_motion_boundary(flow).any()
    np.testing.assert_array_equal(warp(frame, flow), frame)


def test_flow_leads_from_the_first_frame_to_the_second_and_warping_fetches_back():
    scene = texture(180, 220)
    here, there = moved(scene, 0, 0), moved(scene, 5, 0)
    fetched = warp(there, dense_flow(here, there)).astype(float)
    inner = np.s_[12:-12, 12:-12]
    assert np.abs(fetched - here)[inner].mean() < 2 < np.abs(there - here.astype(float)).mean() / 5


def test_the_flow_does_not_depend_on_the_number_of_threads():
    scene = texture(180, 220)
    here, there = moved(scene, 0, 0), moved(scene, 4.4, -3.1)
    threads = cv2.getNumThreads()
    flows = []
    try:
        for count in (1, 2, 5):
            cv2.setNumThreads(count)
            flows.append(dense_flow(here, there, "fast"))
    finally:
        cv2.setNumThreads(threads)
    for flow in flows[1:]:
        np.testing.assert_array_equal(flow, flows[0])


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("size", [(1, 1), (3, 100), (9, 9), (40, 5), (29, 320), (320, 20)])
def test_frames_that_are_too_small_for_the_search_have_a_flow(size, preset):
    frame = np.random.default_rng(0).integers(0, 255, size, np.uint8)
    flow = dense_flow(frame, frame, preset)
    assert flow.shape == (*size, 2)
    assert np.abs(flow).max() == 0


def test_flow_wants_one_size_and_a_known_preset():
    one, other = np.zeros((20, 30), np.uint8), np.zeros((20, 31), np.uint8)
    with pytest.raises(ConvatlasError, match="30 by 20 and 31 by 20 pixels"):
        dense_flow(one, other)
    with pytest.raises(ConvatlasError, match=r"'slow'.*ultrafast, fast, medium"):
        dense_flow(one, one, "slow")


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_warping_by_whole_pixels_is_a_shift(kind, channels):
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, *channels)).astype(kind)
    warped = warp(picture, constant(20, 30, 2, -3))
    np.testing.assert_array_equal(warped[3:, :-2], picture[:-3, 2:])
    assert warped.dtype == kind
    np.testing.assert_array_equal(warped[:3, 4], np.repeat(picture[:1, 6], 3, 0))  # the border


def test_warping_by_parts_of_a_pixel_is_linear():
    ramp = np.tile(np.arange(30, dtype=np.float32), (20, 1))
    np.testing.assert_allclose(warp(ramp, constant(20, 30, 0.3, 0.7))[:, :-1], ramp[:, :-1] + 0.3)


def test_a_flow_out_of_the_frame_is_said_to_leave_it():
    out = leaves_frame(constant(10, 20, 3, 0))
    assert out[:, -3:].all()
    assert not out[:, :-3].any()
    assert leaves_frame(constant(10, 20, 0, -10)).all()


def test_a_flow_of_another_size_is_as_long_in_pictures():
    big = resize_flow(constant(10, 20, 2, 1), 30, 40)
    np.testing.assert_allclose(big, constant(30, 40, 4, 3))
    flow = constant(10, 20, 2, 1)
    assert resize_flow(flow, 10, 20) is flow


def test_a_picture_is_shrunk_to_its_means_and_never_blown_up():
    picture = np.arange(64, dtype=np.uint8).reshape(8, 8)
    small = shrink(picture, 4)
    np.testing.assert_array_equal(small, picture.reshape(4, 2, 4, 2).mean((1, 3)) + 0.5)
    assert shrink(picture, 8) is picture
    assert shrink(np.zeros((1, 500, 3), np.uint8), 50).shape == (1, 50, 3)


def square_moving_right(step):
    """Return two frames of a square on a ground that stands still, and where the ground appears."""
    ground, square = texture(120, 160, 1), texture(40, 40, 2)
    frames = []
    for left in (50, 50 + step):
        frame = ground.copy()
        frame[40:80, left : left + 40] = square
        frames.append(frame.astype(np.uint8))
    uncovered = np.zeros((120, 160), bool)
    uncovered[40:80, 50 : 50 + step] = True
    return *frames, uncovered


def test_by_the_true_flow_exactly_the_uncovered_ground_and_what_is_beyond_is_occluded():
    _, _, uncovered = square_moving_right(8)
    flow, reverse = (np.zeros((120, 160, 2), np.float32) for _ in range(2))
    flow[40:80, 58:98] = (-8, 0)  # from the second frame to the first
    reverse[40:80, 50:90] = (8, 0)
    np.testing.assert_array_equal(is_occluded(flow, reverse), uncovered)
    boundary = is_motion_boundary(flow)
    rim = np.zeros((120, 160), bool)  # a difference to the next pixel belongs to the first of two
    rim[40:80, [57, 97]] = rim[[39, 79], 58:98] = True
    np.testing.assert_array_equal(boundary, rim)


def test_by_the_flow_found_the_uncovered_ground_is_occluded_and_the_rest_is_not():
    before, after, uncovered = square_moving_right(8)
    flow, reverse = dense_flow(after, before), dense_flow(before, after)
    hidden = is_occluded(flow, reverse)
    assert hidden[uncovered].mean() > 0.8
    near = np.zeros_like(uncovered)
    near[24:96, 34:114] = True  # all of the square, before and after, and a margin
    assert hidden[~near].mean() < 0.02
    inside = np.s_[46:74, 76:92]
    assert hidden[inside].mean() < 0.1
    np.testing.assert_allclose(np.median(flow[inside], axis=(0, 1)), (-8, 0), atol=0.1)
