"""Frames out of awkward clips: which way up, in which colours, and exactly which."""

import os
import runpy
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from video_clips import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    all_frames,
    corner_colours,
    number_of,
    picture,
    write_clip,
)

from convatlas.errors import ConvatlasError
from convatlas.files import write_json
from convatlas.video.decode import read_frames
from convatlas.video.probe import probe_clip
from convatlas.video.segments import plan_segments
from convatlas.video.stills import extract_frames, save_frames

MIRROR = os.environ.get("CONVATLAS_MIRROR")
SCRIPTS = Path(__file__).parents[2] / "scripts"
needs_mirror = pytest.mark.skipif(not MIRROR, reason="set CONVATLAS_MIRROR to the mirror's folder")


def real(name):
    return Path(MIRROR) / "videos" / name


def seconds(clip):
    """When each frame is shown, counted from the first."""
    return [float((time - clip.timestamps[0]) * clip.time_base) for time in clip.timestamps]


def assert_upright(frame, tolerance=8.0):
    for seen, meant in zip(corner_colours(frame), (RED, GREEN, BLUE, WHITE), strict=True):
        np.testing.assert_allclose(seen, meant, atol=tolerance)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain.mp4", {}),
        ("b_frames.mp4", {"bframes": 3, "gop": 6, "options": {"b-pyramid": "normal"}}),
        ("open_gop.mp4", {"bframes": 2, "gop": 6, "options": {"x264-params": "open-gop=1"}}),
        ("refresh.mp4", {"gop": 6, "options": {"x264-params": "intra-refresh=1"}}),
        ("hevc.mp4", {"codec": "libx265", "bframes": 2, "options": {"x265-params": "log-level=0"}}),
        ("all_keys.mp4", {"gop": 1}),
        ("vp9.webm", {"codec": "libvpx-vp9"}),
        ("reordered.avi", {"bframes": 3, "gop": 12, "rate": "30000/1001"}),
        ("old.avi", {"codec": "mpeg4", "bframes": 2, "gop": 6}),
        ("broadcast.ts", {"bframes": 2}),
        ("broadcast.mpg", {"codec": "mpeg2video", "bframes": 2, "gop": 6}),
        ("moving.gif", {"codec": "gif", "pix_fmt": "rgb8", "rate": 10}),
        ("lossless.mkv", {"codec": "ffv1", "rate": "30000/1001"}),
        ("raw.h264", {"container": "h264", "bframes": 2}),
    ],
)
def test_frames_are_found_by_number_from_anywhere(tmp_path, name, options):
    path = write_clip(tmp_path / name, count=20, **options)
    clip = probe_clip(path)
    assert (clip.frames, clip.damage) == (20, "")
    assert seconds(clip) == pytest.approx([n / float(clip.frame_rate) for n in range(20)], abs=1e-3)
    whole = all_frames(path, clip)
    assert [number_of(frame) for frame in whole] == list(range(20))
    for count in (1, 2, 7):
        pieces = [
            frames
            for cut in plan_segments(clip, count=count)
            for frames in read_frames(path, clip, first=cut.first, stop=cut.stop, batch=3)
        ]
        np.testing.assert_array_equal(np.concatenate(pieces), whole)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turned_pictures_come_upright(tmp_path, rotation, flip):
    shown = picture(5, 48, 64) if rotation in (90, 270) else picture(5)
    stored = np.rot90(shown, rotation // 90)  # what a clockwise turn of `rotation` undoes ...
    if flip:
        stored = np.rot90(shown[:, ::-1], rotation // 90)  # ... and a mirroring after it
    path = write_clip(
        tmp_path / "phone.mp4",
        frames=[np.ascontiguousarray(stored)] * 2,
        rotation=-rotation,
        flip=flip,
        aspect="4/3",
    )
    clip = probe_clip(path)
    assert (clip.height, clip.width) == shown.shape[:2]
    assert clip.pixel_aspect == (Fraction(3, 4) if rotation in (90, 270) else Fraction(4, 3))
    assert_upright(all_frames(path, clip)[0])


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuv444p"])
def test_colours_are_those_that_were_meant(tmp_path, pix_fmt, matrix, full):
    path = write_clip(
        tmp_path / "colours.mp4",
        count=2,
        pix_fmt=pix_fmt,
        matrix=matrix,
        full=full,
        options={"crf": "1"},
    )
    clip = probe_clip(path)
    assert (clip.colour.matrix, clip.colour.range) == (matrix, "full" if full else "limited")
    assert_upright(all_frames(path, clip)[1], tolerance=2.5)


def test_untagged_clips_are_read_by_their_height(tmp_path):
    small = write_clip(tmp_path / "small.mp4", count=1, options={"crf": "1"})
    clip = probe_clip(small)
    assert (clip.colour.matrix, clip.colour.tagged) == (6, False)
    assert_upright(all_frames(small, clip)[0], tolerance=2.5)  # written as BT.601
    frames = [picture(1, 64, 720)]
    tall = write_clip(tmp_path / "tall.mp4", frames=frames, options={"crf": "1"})
    clip = probe_clip(tall)
    assert clip.colour.matrix == 1
    red = all_frames(tall, clip)[0][5:100, 5:15].mean(axis=(0, 1))
    assert np.abs(red - RED).max() > 4  # BT.601's numbers read as BT.709: what players do


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [("a.webm", "libvpx-vp9", "yuva420p"), ("a.mov", "png", "rgba"), ("a.mov", "qtrle", "argb")],
)
def test_transparent_is_laid_on_black(tmp_path, name, codec, pix_fmt):
    frame = np.dstack([picture(9), np.full((48, 64), 255, np.uint8)])
    frame[:16, :22, 3], frame[:16, -21:, 3] = 0, 128
    kind = {"codec": codec, "pix_fmt": pix_fmt, "alpha_mode": name == "a.webm"}
    path = write_clip(tmp_path / name, frames=[frame] * 3, **kind)
    clip = probe_clip(path)
    seen = corner_colours(all_frames(path, clip)[1])
    assert clip.alpha
    np.testing.assert_allclose(seen[0], 0, atol=3)
    np.testing.assert_allclose(seen[1], np.array(GREEN) / 2, atol=6)
    np.testing.assert_allclose(seen[3], WHITE, atol=6)


@pytest.mark.parametrize("size", [(63, 47), (1, 1), (64, 47)])
def test_odd_sizes(tmp_path, size):
    path = write_clip(
        tmp_path / "odd.mkv", frames=[picture(3, 64, 48)[: size[1], : size[0]]] * 2, codec="ffv1"
    )
    clip = probe_clip(path)
    assert all_frames(path, clip).shape == (2, size[1], size[0], 3)


def test_a_photograph_of_a_phone_is_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    path = tmp_path / "phone.jpg"
    Image.fromarray(np.rot90(picture(7))).save(path, exif=exif, quality=95)
    clip = probe_clip(path)
    assert clip.rotation == 90
    assert_upright(all_frames(path, clip)[0])


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "tiff", "gif"])
def test_a_still_picture_is_a_clip_of_one_frame(tmp_path, suffix):
    path = tmp_path / f"still.{suffix}"
    Image.fromarray(picture(7)).save(path)
    clip = probe_clip(path)
    assert (clip.frames, clip.picture_duration > 0) == (1, True)
    assert number_of(all_frames(path, clip)[0]) == 7


def test_a_palette_of_colours_is_read(tmp_path):
    path = tmp_path / "palette.png"
    Image.fromarray(picture(7)).quantize(16).save(path)
    assert_upright(all_frames(path, probe_clip(path))[0])


def test_times_are_kept_as_they_are(tmp_path):
    times = [0, 40, 90, 95, 200, 1000, 1040]
    path = write_clip(tmp_path / "uneven.mkv", count=7, base="1/1000", times=times, codec="ffv1")
    clip = probe_clip(path)
    assert clip.timestamps == tuple(times)
    assert clip.durations[:6] == tuple(np.diff(times))
    ntsc = probe_clip(write_clip(tmp_path / "ntsc.mp4", rate="30000/1001"))
    assert ntsc.frame_rate == Fraction(30000, 1001)
    assert ntsc.timestamps[11] * ntsc.time_base == 11 * Fraction(1001, 30000)


def test_a_changed_file_is_noticed(tmp_path):
    path = write_clip(tmp_path / "a.mp4", count=20)
    clip = probe_clip(path)
    write_clip(path, count=10)
    with pytest.raises(ConvatlasError, match="Probe it again"):
        all_frames(path, clip)
    with pytest.raises(ConvatlasError, match="cannot be read"):
        next(read_frames(path, clip, first=5, stop=21))


def test_stills(tmp_path):
    path = write_clip(tmp_path / "a.mp4", count=20, bframes=2)
    clip = probe_clip(path)
    frames = extract_frames(path, clip, [17, 3, 3, -1, 4])
    assert [number_of(frame) for frame in frames] == [17, 3, 3, 19, 4]
    with pytest.raises(ConvatlasError, match="no frames"):
        extract_frames(path, clip, [20])
    files = list(save_frames(path, clip, tmp_path / "frames", first=4, stop=7))
    assert [file.name for file in files] == ["000004.png", "000005.png", "000006.png"]
    np.testing.assert_array_equal(np.asarray(Image.open(files[0])), frames[4])


def test_every_frame_becomes_a_picture_by_the_rule_s_script(tmp_path):
    path = write_clip(tmp_path / "a.mp4", count=3)
    write_json(tmp_path / "clip.json", probe_clip(path).to_json())
    job = SimpleNamespace(
        input=SimpleNamespace(clip=str(path), probed=str(tmp_path / "clip.json")),
        output=[str(tmp_path / "frames")],
        log=[str(tmp_path / "log")],
        rule="extract_frames",
        wildcards=[],
    )
    runpy.run_path(str(SCRIPTS / "extract_frames.py"), init_globals={"snakemake": job})
    files = sorted((tmp_path / "frames").iterdir())
    assert [file.name for file in files] == ["000000.png", "000001.png", "000002.png"]
    assert [number_of(np.asarray(Image.open(file))) for file in files] == [0, 1, 2]


@needs_mirror
def test_real_frames_with_b_frames_are_found_from_anywhere():
    path = real("torchcodec_nasa_13013.mp4")
    clip = probe_clip(path)
    whole = [frames[0] for frames in read_frames(path, clip, first=190, stop=225)]
    for first in (195, 201, 202, 203, 210):
        part = next(read_frames(path, clip, first=first, stop=first + 3, batch=3))
        np.testing.assert_array_equal(part, whole[first - 190 : first - 187])
