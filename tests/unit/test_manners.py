"""Styles set beside one another: distances of frames to paintings, speeds, hours."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from convatlas.data.gallery import cut_squares
from convatlas.evaluation.manners import (
    FILMED,
    gather_videos,
    manners_table,
    read_speeds,
    score_manners,
    sum_hours,
)
from convatlas.evaluation.painting_features import load_features
from convatlas.evaluation.painting_scores import PaintingScores
from convatlas.tables import read_hours
from convatlas.video.make import make_clip

PAINTINGS = cut_squares(32, painted=True).pictures[:40]


def clip_of(pictures, path):
    frames = [np.asarray(Image.fromarray(p).resize((64, 64))) for p in pictures]
    make_clip(frames, 12, None, path)
    return path


@pytest.fixture(scope="module")
def manners(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    filmed = clip_of(cut_squares(32, painted=False).pictures[:30], folder / "filmed.mp4")
    painted = clip_of(PAINTINGS[:30], folder / "painted.mp4")
    features = load_features({"network": "drawn", "title": "drawn"}, None, PAINTINGS, seed=0)
    scores = PaintingScores(features, PAINTINGS, seed=0)
    videos = gather_videos([filmed], ["monet", "none"], [painted, filmed])
    return score_manners(scores, features, videos, side=32)


def test_a_clip_of_paintings_is_nearer_to_them_than_one_of_photographs(manners):
    by_style = manners.set_index("style")
    assert by_style.loc["monet", "fid"] < 0.7 * by_style.loc[FILMED, "fid"]
    assert by_style["frames"].tolist() == [30, 30, 30]


def test_content_is_kept_by_what_leaves_frames_as_they_were(manners):
    content = manners.set_index("style")["content_distance"]
    assert content[FILMED] == content["none"] == 0
    assert content["monet"] > 0.1


def test_the_table_has_what_was_measured_and_dashes_for_the_rest(manners):
    scores = pd.DataFrame(
        {
            "style": ["monet", "monet"],
            "clip": ["a", "b"],
            "edge_similarity": [0.4, 0.6],
            "warping_error_ratio": [1.0, 2.0],
        }
    )
    table = manners_table(
        manners,
        scores,
        titles={"monet": "Monet", "none": "nothing"},
        hours={"monet": 1.25},
        speeds={"monet": 3.456},
        features="drawn",
    ).set_index("clips are")
    assert table.index.tolist() == [FILMED, "Monet", "nothing"]
    monet = table.loc["Monet"]
    assert monet["edges kept (SSIM)"] == "0.5"
    assert monet["warping error over the original's"] == "1.5"
    assert monet["frames a second"] == "3.5"
    assert monet["hours of training"] == "1.25"
    assert table.loc[FILMED, "frames a second"] == "\N{EN DASH}"
    assert table.loc[FILMED, "hours of training"] == "\N{EN DASH}"


def test_speeds_are_frames_over_the_seconds_of_all_segments(tmp_path):
    # the last is of a time when b was cut into two
    for clip, segment, seconds in (("a", 0, 2.0), ("a", 1, 3.0), ("b", 0, 5.0), ("b", 1, 9.0)):
        path = tmp_path / "stylize_segment" / clip / "monet" / f"{segment}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\th:m:s\n{seconds}\t0:00:02\n")
    frames = {"monet": {"a": 30, "b": 20}, "of_elsewhere": {"a": 30}}
    segments = [tmp_path / "a" / "segments.json", tmp_path / "b" / "segments.json"]
    for path, count in zip(segments, (2, 1), strict=True):
        path.parent.mkdir()
        path.write_text(json.dumps([{}] * count))
    assert read_speeds(tmp_path, frames, segments) == {"monet": 5.0}


def test_hours_are_of_histories_by_epochs_and_by_steps(tmp_path):
    pd.DataFrame({"epoch": [1, 2], "seconds": [1800.0, 5400.0]}).to_csv(tmp_path / "a.csv")
    pd.DataFrame({"step": [1, 2], "seconds": [10.0, 7200.0]}).to_csv(tmp_path / "b.csv")
    pd.DataFrame({"step": [1]}).to_csv(tmp_path / "c.csv")
    paths = {name: tmp_path / f"{name}.csv" for name in "abc"}
    assert read_hours(paths) == {"a": 2.0, "b": 2.0}
    assert sum_hours(["x", "x", "y"], [paths["a"], paths["b"], paths["c"]]) == {"x": 4.0}
