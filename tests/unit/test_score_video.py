"""One restyled clip measured beside its original, also where there is nothing to measure."""

import json

import cv2
import numpy as np
import pytest
import torch
from video_clips import picture, write_clip

from convatlas.evaluation.claims import judge_claims
from convatlas.evaluation.restyling import LONG_SIDE, describe_sound, score_video
from convatlas.evaluation.style_features import STYLE_LAYERS, features_maker
from convatlas.evaluation.videos import EMPTY, measure_videos, tabulate_scores, videos_table
from convatlas.video.probe import probe_clip

SMOOTH = cv2.GaussianBlur(np.random.default_rng(0).normal(size=(300, 500, 3)), (0, 0), 2)
SCENE = np.clip(110 + 35 * SMOOTH / SMOOTH.std(), 0, 255).astype(np.uint8)
STYLE = (SCENE * [1, 0.5, 0.1]).astype(np.uint8)
FACTS = {
    "sound_tracks": 1, "sound_tracks_original": 1, "sound_equal": [True],
    "timestamp_difference_ms": 0.25,
}  # fmt: skip
NUMBERS = ("warping_error", "warping_error_original", "warping_error_ratio")


def colours(_frames):
    return lambda pictures: [pictures.transpose(0, 3, 1, 2) / 255]


def score(tmp_path, original, restyled=None, *, styles=(STYLE,), **options):
    paths = [tmp_path / "a.mkv", tmp_path / "b.mkv"]
    lossless = {"options": {"qp": "0"}, "gop": 3}
    for path, frames in zip(paths, (original, restyled or original), strict=True):
        write_clip(path, frames=frames, **lossless)
    clip = probe_clip(paths[0])
    options = {"styles": styles, "make_features": colours, **options}
    return score_video(paths[0], clip, paths[1], **options)


def moving(count, height=48, width=64):
    return [SCENE[:height, n : n + width] for n in range(0, 2 * count, 2)]


def to_claims(found, metric):
    """Go the way from a clip's numbers to the table of claims, as files go."""
    row = json.loads(json.dumps({"clip": "a", "style": "x", **found}, allow_nan=False))
    table = tabulate_scores([row | describe_sound(FACTS)])
    titles = {"clips": {"a": "A"}, "styles": {"x": "X"}}
    shown = videos_table(table, titles).to_dict("records")[0]
    metrics = measure_videos(table, main="x", behind={"x": []}, features="vgg")
    metrics = json.loads(json.dumps(metrics, allow_nan=False))
    claim = {"id": "c", "source": "", "document_value": None, "at_most": 0.9, "comment": ""}
    claim |= {"model": "videos", "target": "main", "metric": metric, "better": "lower"}
    return judge_claims([claim], {"videos": metrics}, stand_ins={}).iloc[0], shown


def test_a_clip_has_all_its_numbers(tmp_path):
    done = []
    frames = moving(6)
    found, stills = score(
        tmp_path, frames, [255 - f for f in frames], progress=lambda *at: done.append(at)
    )
    assert found["frames"] == found["frames_of_original"] == 6
    assert found["frames_equal"] == 1
    assert all(found[name] > 0 for name in NUMBERS)
    assert found["edge_similarity"] > 0.9
    assert found["style_distance_ratio"] == pytest.approx(
        found["style_distance"] / found["style_distance_original"]
    )
    assert done[-1] == (6, 6, "frames")
    assert len(stills.original) == len(stills.restyled) == len(stills.numbers) == 5
    np.testing.assert_array_equal(stills.style, STYLE)
    assert np.abs(stills.original[1].astype(int) - frames[stills.numbers[1]]).mean() < 20


def test_a_network_that_does_nothing_is_told_from_one_that_does(tmp_path):
    frames = moving(4)
    verdicts = [
        to_claims(score(tmp_path, frames, made)[0], "style_distance_ratio")[0]["verdict"]
        for made in (frames, [STYLE[:48, :64]] * 4)
    ]
    assert verdicts == ["differs", "reproduced"]


def test_a_style_whose_picture_is_not_known_has_no_distance_and_cannot_be_judged(tmp_path):
    found, stills = score(tmp_path, moving(3), styles=())
    assert found["style_distance"] is found["style_distance_ratio"] is None
    assert stills.style.size == 0
    row, shown = to_claims(found, "style_distance_ratio")
    assert row["verdict"] == "cannot be had"
    assert shown["style distance"] == EMPTY


@pytest.mark.parametrize(
    "frames",
    [
        [picture(3)],
        [np.full((48, 64, 3), 255 * (n % 2), np.uint8) for n in range(4)],
    ],
    ids=["one frame", "nothing but cuts"],
)
def test_a_clip_without_two_frames_of_one_shot_has_no_flicker(tmp_path, frames):
    found, _ = score(tmp_path, frames)
    assert [found[name] for name in NUMBERS] == [None] * 3
    row, shown = to_claims(found, "warping_error_ratio")
    assert row["verdict"] == "cannot be had"
    assert shown["warping error"] == EMPTY


def test_an_original_that_stands_still_has_an_error_of_0_and_no_ratio_to_it(tmp_path):
    still = [picture(5)] * 4
    found, _ = score(tmp_path, still, [np.roll(picture(5), n, 1) for n in range(4)])
    assert found["warping_error_original"] == 0
    assert found["warping_error"] > 0
    assert found["warping_error_ratio"] is None
    row, shown = to_claims(found, "warping_error_ratio")
    assert row["verdict"] == "cannot be had"
    assert shown["warping error"].startswith("0 → ")


@pytest.mark.parametrize("count", [4, 8])
def test_another_number_of_frames_is_a_result_and_no_crash(tmp_path, count):
    found, stills = score(tmp_path, moving(6), moving(count))
    assert (found["frames"], found["frames_equal"]) == (count, 0)
    assert [found[name] for name in NUMBERS] == [None] * 3
    assert found["style_distance"] > 0
    assert len(stills.original) == len(stills.restyled)
    row, _ = to_claims(found, "frames_equal")
    assert row["measured_value"] == 0


def test_frames_with_too_few_pixels_have_no_style_or_edges(tmp_path):
    found, _ = score(tmp_path, [frame[:12] for frame in moving(3)])
    assert found["edge_similarity"] is found["style_distance"] is None


def test_pictures_and_frames_are_seen_at_one_size_whatever_theirs(tmp_path):
    seen = set()

    def watching(_frames):
        def features(pictures):
            seen.add(max(pictures.shape[1:3]))
            return colours(None)(pictures)

        return features

    large = [np.repeat(np.repeat(frame, 12, 0), 12, 1) for frame in moving(2)]
    styles = [np.repeat(STYLE, 2, 0), STYLE]
    found, stills = score(tmp_path, large, styles=styles, weights=[1, 3], make_features=watching)
    assert seen == {384, LONG_SIDE}
    assert stills.original.shape[1:3] == (576, 768)
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize(
    ("made", "equal", "words", "same"),
    [
        (2, [True, True], "the original's, packet for packet", 1),
        (2, [False, False], "encoded anew", 0),
        (2, [True, False], "1 of 2 tracks encoded anew", 0),
        (1, [True, False], "1 of 2 tracks dropped", 0),
        (0, [False, False], "dropped", 0),
        (3, [True, True], "1 of 3 tracks not the original's", 0),
        (0, [], "none, as the original", 1),
    ],
)
def test_what_became_of_the_sound_is_said_as_it_is(made, equal, words, same):
    facts = FACTS | {"sound_tracks": made, "sound_equal": equal}
    told = describe_sound(facts | {"sound_tracks_original": len(equal)})
    assert (told["sound"], told["sound_equal"]) == (words, same)


@pytest.mark.parametrize(("stated", "told"), [(0.25, 0.25), (float("inf"), None), (None, None)])
def test_a_difference_in_time_is_a_number_or_none(stated, told):
    found = describe_sound(FACTS | {"timestamp_difference_ms": stated})
    assert found["greatest_time_difference"] == told


def test_features_are_those_of_the_layers_and_of_the_seed():
    frames = np.stack(moving(2))
    found = [
        features_maker("drawn", [], seed=seed, device=torch.device("cpu"))(frames)(frames)
        for seed in (1, 1, 2)
    ]
    assert len(found[0]) == len(STYLE_LAYERS)
    assert [layer.shape[2:] for layer in found[0]] == [(48 >> n, 64 >> n) for n in range(5)]
    for one, again, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, again)
        assert not np.array_equal(one, other)
