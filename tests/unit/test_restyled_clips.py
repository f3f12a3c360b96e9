"""Restyled clips in numbers, in figures, and on a page of the report."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from convatlas.errors import ConvatlasError
from convatlas.evaluation.stills import (
    Stills,
    arrange_stills,
    choose_numbers,
    load_stills,
    save_stills,
)
from convatlas.evaluation.videos import (
    EMPTY,
    MEASURES,
    measure_videos,
    tabulate_scores,
    videos_table,
)
from convatlas.figures.stills import draw_stills
from convatlas.report.videos import lay_out_videos, plays_in_browsers


def frames(count, height=20, width=30, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def scores(clip, style, **changed):
    numbers = dict.fromkeys(MEASURES, 1.0) | {
        "frames": 10, "frames_of_original": 10, "sound": "none, as the original",
        "style_distance_original": 0.9, "style_distance": 0.3,
        "warping_error_original": 0.001, "warping_error": 0.002,
    }  # fmt: skip
    return {"clip": clip, "style": style, **numbers, **changed}


def summary(rows, twins=None):
    behind = {row["style"]: ["night"] for row in rows}
    table = tabulate_scores(rows, twins)
    return measure_videos(table, main="x", behind=behind, features="vgg")


def test_measures_are_means_over_clips_of_all_and_of_each_style():
    rows = [
        scores("a", "x", edge_similarity=0.4),
        scores("b", "x", edge_similarity=0.6),
        scores("a", "y", edge_similarity=0.8),
    ]
    metrics = summary(rows)
    assert set(metrics) == {"main", "x", "y"}
    assert metrics["x"]["edge_similarity"]["mean"] == pytest.approx(0.5)
    # the same clip in another style is no other clip
    assert metrics["main"] == metrics["x"]
    assert (metrics["x"]["edge_similarity"]["seeds"], metrics["x"]["behind"]) == (2, ["night"])
    assert metrics["x"]["edge_similarity"]["unit"] == "clips"
    assert metrics["y"]["edge_similarity"]["low"] is None
    assert (metrics["x"]["dataset"], metrics["y"]["dataset"]) == ("a+b", "a")
    assert metrics["x"]["style_distance_ratio"]["behind"] == ["vgg"]


def test_what_no_clip_has_is_none_and_what_one_has_is_its():
    rows = [scores("a", "x", style_distance_ratio=None), scores("b", "x", warping_error=None)]
    rows = [row | {"warping_error_ratio": None, "edge_similarity": n} for n, row in enumerate(rows)]
    rows[0]["style_distance_ratio"] = None
    metrics = summary(rows)["main"]
    assert metrics["style_distance_ratio"]["values"] == [1]
    assert metrics["warping_error_ratio"]["mean"] is None
    json.dumps(metrics, allow_nan=False)


def test_a_stabilised_clip_is_set_against_its_own_twin():
    rows = [
        scores(clip, style, warping_error=error)
        for clip, style, error in (("a", "x", 1), ("b", "x", 3), ("a", "y", 4), ("b", "y", None))
    ]
    table = tabulate_scores(rows, {"x": "y"})
    assert summary(rows, {"x": "y"})["x"]["stabilised_over_per_frame"]["values"] == [0.25]
    assert table["stabilised_over_per_frame"].tolist() == [0.25, None, None, None]
    shown = videos_table(
        pd.read_csv(io.StringIO(table.to_csv(index=False))),
        {"clips": {"a": "A", "b": "B"}, "styles": {"x": "X", "y": "Y"}},
    )
    last = "warping error over that of frames by themselves"
    assert shown[last].tolist() == ["0.25", EMPTY, EMPTY, EMPTY]
    assert shown["warping error"].tolist()[-1] == f"0.001 → {EMPTY}"


def test_the_table_says_before_and_after():
    titles = {"clips": {"a": "A clip"}, "styles": {"x": "A style"}}
    table = tabulate_scores([scores("a", "x")])
    (row,) = videos_table(table, titles).to_dict("records")
    assert (row["original"], row["style"], row["frames"]) == ("A clip", "A style", "10 of 10")
    assert row["style distance"] == "0.9 → 0.3"
    (row,) = videos_table(table, titles, {"x": ["a"]}).to_dict("records")
    assert row["style"] == "A style, learnt on this clip"


@pytest.mark.parametrize(("count", "numbers"), [(100, [10, 30, 50, 70, 90]), (2, [0, 1]), (1, [0])])
def test_kept_frames_are_spread_over_the_clip(count, numbers):
    assert choose_numbers(count) == numbers


def test_stills_survive_saving_and_wide_ones_become_smaller(tmp_path):
    stills = Stills(np.arange(2), frames(2), frames(2, seed=1), frames(1)[0])
    save_stills(stills, tmp_path / "stills.npz")
    again = load_stills(tmp_path / "stills.npz")
    np.testing.assert_array_equal(again.restyled, stills.restyled)
    wide = np.full((1, 4, 1920, 3), 77, np.uint8)
    save_stills(Stills(np.arange(1), wide, wide, wide[0]), tmp_path / "wide.npz")
    again = load_stills(tmp_path / "wide.npz")
    assert again.original.shape == (1, 2, 960, 3)
    assert (again.original == 77).all()


def test_a_row_a_clip_with_what_is_asked_for():
    stills = Stills(np.array([4, 9]), frames(2), frames(2, seed=1), np.empty((0, 0, 3), np.uint8))
    (row,) = arrange_stills([stills], show=["style", "original", "restyled"], still=7)
    assert [title for title, _ in row] == ["original, frame 10", "restyled, frame 10"]
    np.testing.assert_array_equal(row[1][1], stills.restyled[1])
    with pytest.raises(ConvatlasError, match="not before"):
        arrange_stills([stills], show=["before"])


def test_pictures_of_a_row_are_as_tall_as_one_another_and_none_overlaps():
    rows = [[("a", frames(1, 20, 30)[0]), ("b", frames(1, 40, 20)[0])], [("c", frames(1)[0])]]
    figure = draw_stills(rows)
    FigureCanvasAgg(figure).draw()
    boxes = [axes.get_window_extent() for axes in figure.axes]
    assert boxes[0].height == pytest.approx(boxes[1].height)
    assert boxes[0].x1 < boxes[1].x0
    assert boxes[2].y1 < boxes[0].y0
    assert boxes[0].width / boxes[0].height == pytest.approx(1.5)


def test_a_still_that_is_no_picture_is_refused():
    with pytest.raises(ConvatlasError, match="of a: a picture of shape"):
        draw_stills([[("of a", np.zeros((4, 4), np.uint8))]])


def entries(tmp_path):
    for name in ("a.webm", "x.mp4"):
        (tmp_path / name).write_bytes(b"film")
    style = {"name": "x", "title": "X", "about": "", "path": tmp_path / "x.mp4", "facts": {}}
    style |= {"beside": None, "frames_equal": True, "sound": "dropped"}
    clip = {"name": "a", "title": "A", "licence": "mine", "nature": "real"}
    return [{**clip, "path": tmp_path / "a.webm", "styles": [style]}]


def test_videos_of_the_report_lie_in_a_folder_of_their_own(tmp_path):
    screening = lay_out_videos(entries(tmp_path))
    assert set(screening.sources) == {"videos/a.webm", "videos/a-x.mp4"}
    assert screening.films[0].restyled[0].file == "videos/a-x.mp4"


def test_an_original_that_no_browser_plays_is_shown_in_one_video_with_what_became_of_it(tmp_path):
    (given,) = entries(tmp_path)
    given["path"] = None
    given["styles"][0]["beside"] = tmp_path / "x.mp4"
    screening = lay_out_videos([given])
    assert screening.films[0].file is None
    assert screening.films[0].restyled[0].beside == "videos/a-x-beside.mp4"
    assert set(screening.sources) == {"videos/a-x.mp4", "videos/a-x-beside.mp4"}


@pytest.mark.parametrize(
    ("path", "container", "codec", "pixels", "plays"),
    [
        ("a.mp4", "mov", "h264", "yuv420p", True),
        ("a.M4V", "mov,mp4,m4a", "av1", "yuv420p", True),
        ("a.webm", "matroska", "vp8", "yuv420p", True),
        ("a.mkv", "matroska", "h264", "yuv420p", False),
        ("a.mp4", "mov", "hevc", "yuv420p", False),
        ("a.mp4", "mov", "h264", "yuv420p10le", False),
        ("a.gif", "gif", "gif", "bgra", False),
        ("a.avi", "avi", "h264", "yuv420p", False),
        ("a.mp4", "avi", "h264", "yuv420p", False),
    ],
)
def test_what_browsers_play(path, container, codec, pixels, plays):
    clip = {"path": path, "container": container, "codec": codec, "pixel_format": pixels}
    assert plays_in_browsers(clip) == plays


def test_what_is_said_of_all_clips_is_made_from_the_facts(tmp_path):
    (given,) = entries(tmp_path)
    (style,) = given["styles"]
    said = lay_out_videos([given]).lead
    assert said == "Every restyled clip has as many frames as its original. Sound: dropped."
    given["styles"] = [style, style | {"frames_equal": False, "sound": "none, as the original"}]
    said = lay_out_videos([given]).lead
    assert said.startswith("1 of 2 restyled clips have as many frames")
    assert "dropped (1 of 2); none, as the original (1 of 2)." in said


def test_a_video_that_is_not_there_is_told(tmp_path):
    given = entries(tmp_path)
    (tmp_path / "x.mp4").unlink()
    with pytest.raises(ConvatlasError, match=r"x\.mp4, a video of the report, is not there"):
        lay_out_videos(given)
