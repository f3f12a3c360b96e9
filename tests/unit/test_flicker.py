"""The warping error and what is read beside it, on clips whose flicker is known."""

import os
import tracemalloc
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from convatlas.errors import ConvatlasError
from convatlas.evaluation.flicker import measure_flicker
from convatlas.evaluation.style import (
    StyleDistance,
    edge_similarity,
    edges,
    gram_matrices,
    sharpness,
)
from convatlas.video.shots import is_cut

HEIGHT, WIDTH = 72, 96


def picture(seed=0, grain=2.0, height=HEIGHT, width=WIDTH):
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), grain)
    return np.clip(128 + 35 * smooth / smooth.std(), 20, 235).astype(np.uint8)


def still(count, seed=0):
    return np.repeat(picture(seed)[None], count, 0)


def panned(count, step=2, seed=0, grain=2.0):
    scene = picture(seed, grain, width=WIDTH + step * count)
    return np.stack([scene[:, step * i : step * i + WIDTH] for i in range(count)])


def test_a_clip_that_stands_still_has_no_error():
    (found,) = measure_flicker([still(4)], [still(4)])
    assert found.errors == [0, 0, 0]
    assert found.followed == [1, 1, 1]
    assert found.mean == 0


def test_light_that_goes_up_and_down_has_the_error_of_the_formula():
    clip = still(5)
    result = clip.copy()
    result[1::2] += 10
    (found,) = measure_flicker([clip], [result])
    assert found.errors == pytest.approx([(10 / 255) ** 2] * 4)


def test_what_moves_with_the_scene_has_little_error_and_what_stays_on_the_screen_has_much():
    clip = panned(5)
    moving, screen = 255 - clip, still(5, seed=9)
    with_scene, on_screen = measure_flicker([clip], [moving], [screen])
    shifted = ((screen[0, :, 2:].astype(float) - screen[0, :, :-2]) ** 2).mean() / 255**2
    assert on_screen.mean == pytest.approx(shifted, rel=0.2)
    assert with_scene.mean < 0.05 * on_screen.mean


def test_what_a_moving_thing_uncovers_is_not_counted():
    ground, thing = picture(1), picture(2)[:30, :30]
    clip = np.repeat(ground[None], 2, 0)
    clip[0, 20:50, 30:60] = thing
    clip[1, 20:50, 22:52] = thing  # goes left: ground appears at 52 to 60, goes at 22 to 30
    result = clip.copy()
    result[0, 24:46, 23:29] = 255  # what is there is hidden in the next frame
    changed, plain = measure_flicker([clip], [result], [clip])
    counted_in_full = ((255.0 - clip[0, 24:46, 23:29]) ** 2).sum() / clip[0].size / 255**2
    assert changed.mean - plain.mean < 0.15 * counted_in_full
    assert 0.5 < changed.followed[0] < 0.95


def test_a_cut_has_no_error_and_is_told():
    clip = np.concatenate([still(3), still(2, seed=5)])
    (found,) = measure_flicker([clip], [clip])
    assert found.cuts == [3]
    assert found.followed[2] == 0
    assert np.isnan(found.errors[2])
    assert found.mean == 0


def test_one_frame_has_no_flicker_to_measure_and_no_frame_is_a_mistake():
    (found,) = measure_flicker([still(1)], [still(1)])
    assert found.errors == []
    assert np.isnan(found.mean)
    with pytest.raises(ConvatlasError, match="without a frame"):
        measure_flicker([], [])


def test_batches_may_be_cut_in_any_way():
    clip, result = panned(6), panned(6, seed=3)
    (whole,) = measure_flicker([clip], [result])
    (parts,) = measure_flicker(iter([clip[:1], clip[1:]]), (result[i : i + 2] for i in (0, 2, 4)))
    assert parts == whole


def test_it_is_measured_at_a_smaller_size_if_asked():
    clip = still(3)
    result = clip.copy()
    result[1] = 255 - result[1]
    whole, small = (measure_flicker([clip], [result], long_side=n)[0] for n in (None, 24))
    assert 0 < small.mean < whole.mean  # means of pixels differ less than pixels


@pytest.mark.parametrize(("frames", "words"), [(3, "result 2 ends after 3"), (5, "original ends")])
def test_a_result_of_another_length_is_refused(frames, words):
    with pytest.raises(ConvatlasError, match=words):
        measure_flicker([still(4)], [still(4)], [still(frames)])


def test_a_result_of_another_size_is_refused():
    with pytest.raises(ConvatlasError, match=r"frame 0 of shape \(36, 96, 3\)"):
        measure_flicker([still(2)], [still(2)[:, :36]])


def test_memory_does_not_grow_with_the_clip():
    def peak(count):
        tracemalloc.start()
        measure_flicker(*((still(1) for _ in range(count)) for _ in range(2)), preset="ultrafast")
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(3)
    assert peak(60) < peak(6) + 5 * still(1).nbytes


def test_a_shot_that_moves_fades_or_flickers_a_little_is_not_cut():
    clip = panned(8, step=6, grain=9)
    assert not any(is_cut(*pair) for pair in pairwise(clip))
    assert not is_cut(clip[0], (clip[0] * 0.9).astype(np.uint8))
    dark = np.random.default_rng(0).integers(0, 6, (2, HEIGHT, WIDTH, 3), np.uint8)
    assert not is_cut(*dark)


def test_another_picture_another_colour_and_black_are_cuts():
    grey = np.repeat(cv2.GaussianBlur(picture(0), (0, 0), 6)[..., :1], 3, -1)
    assert is_cut(picture(0, grain=9), picture(5, grain=9))  # the same colours, in other places
    assert is_cut(grey, grey[::-1])
    assert is_cut(picture(0), np.zeros_like(picture(0)))
    assert is_cut(np.zeros_like(picture(0)), np.full_like(picture(0), 255))
    with pytest.raises(ConvatlasError, match="one size"):
        is_cut(picture(0), picture(0)[:50])


CUTS = {
    "adain_cutBunny": [235],
    "byongho96_sample-video": [116, 276],
    "lewlewbell_ocean": [],
    "moviepy_chaplin": [],
    "moviepy_doc_example": [],
    "moviepy_fire2": [],
    "torchcodec_nasa_13013": [202],
}
"""Seen by eye."""


@pytest.mark.mirror
@pytest.mark.skipif("CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set")
@pytest.mark.parametrize("clip", CUTS)
def test_the_cuts_of_real_clips_are_found_and_no_others(clip):
    found, before = [], None
    path = Path(os.environ["CONVATLAS_MIRROR"], "videos", f"{clip}.mp4")
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for number, frame in enumerate(container.decode(video=0)):
            if number > 500:
                break
            frame = frame.to_ndarray(format="rgb24", width=96, height=54)
            if before is not None and is_cut(before, frame):
                found.append(number)
            before = frame
    assert found == CUTS[clip]


def colours_and_steps(frames):
    """Two layers that stand in for a feature network's: colours, and their steps to the right."""
    planes = frames.transpose(0, 3, 1, 2) / 255
    return [planes, np.abs(np.diff(planes, axis=-1))]


def test_gram_matrices_by_hand():
    layer = np.arange(12.0).reshape(1, 2, 2, 3)
    one, other = np.arange(6), np.arange(6, 12)
    wanted = np.array([[one @ one, one @ other], [one @ other, other @ other]]) / 6
    np.testing.assert_allclose(gram_matrices(layer), wanted[None])
    # twice the picture side by side has the same statistics
    np.testing.assert_allclose(gram_matrices(np.concatenate([layer, layer], -1)), wanted[None])


def test_a_style_is_at_no_distance_from_itself_and_black_is_at_one():
    style = picture(3)
    distance = StyleDistance(style, colours_and_steps)
    found = distance(np.stack([style, style[::-1], np.zeros_like(style)]))
    np.testing.assert_allclose(found, [0, 0, 1], atol=1e-12)
    with pytest.raises(ConvatlasError, match="nothing in the style"):
        StyleDistance(np.zeros_like(style), colours_and_steps)


def test_a_blur_goes_away_from_the_style():
    style = picture(3)
    frames = np.stack([cv2.GaussianBlur(style, (0, 0), sigma) for sigma in (0.5, 1, 2, 4)])
    found = StyleDistance(style, colours_and_steps)(frames)
    assert (np.diff(found) > 0).all()
    assert (np.diff(sharpness(frames)) < 0).all()


def test_a_mixture_is_at_no_distance_from_the_mean_of_its_pictures_statistics():
    one, other = picture(3), picture(4)
    beside = np.concatenate([one, one, one, other], 1)  # its statistics: three parts and one
    colours = lambda frames: [frames.transpose(0, 3, 1, 2) / 255]  # noqa: E731
    mixed = StyleDistance([one, other], colours, [3, 1])
    assert mixed(beside[None])[0] == pytest.approx(0, abs=1e-12)
    assert mixed(one[None])[0] > 1e-3
    assert StyleDistance([one, other], colours)(beside[None])[0] > 1e-3


def test_edges_are_the_slope_of_the_luminance():
    ramp = np.repeat(np.tile(np.arange(0, 96, 3, dtype=np.uint8), (20, 1))[..., None], 3, -1)
    np.testing.assert_allclose(edges(ramp)[:, 1:-1], 3, rtol=1e-6)


def test_edges_are_alike_whatever_the_colours_and_unlike_in_another_picture():
    one, other = picture(1, grain=3), picture(2, grain=3)
    found = edge_similarity(np.stack([one, one, one]), np.stack([one, 255 - one, other]))
    assert found[0] == pytest.approx(1)
    assert found[1] > 0.95
    assert found[2] < 0.2
    with pytest.raises(ConvatlasError, match="shape"):
        edge_similarity(one[None], other[None, :50])
    with pytest.raises(ConvatlasError, match="seven"):
        edge_similarity(one[None, :5], one[None, :5])
