"""Frames out of awkward clips: which way up, in which colours, and exactly which."""

import os
import shutil
import socket
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
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
    sound_packets,
    sound_track,
    write_clip,
)

from convatlas.errors import ConvatlasError
from convatlas.files import read_json, write_json
from convatlas.video.clip import Clip
from convatlas.video.decode import read_frames
from convatlas.video.probe import probe_clip
from convatlas.video.segments import Segment, plan_segments
from convatlas.video.stills import extract_frames, save_frames

MIRROR = os.environ.get("CONVATLAS_MIRROR")
needs_mirror = pytest.mark.skipif(not MIRROR, reason="set CONVATLAS_MIRROR to the mirror's folder")


def real(name):
    return Path(MIRROR) / "videos" / name


def numbers(path, clip):
    return [number_of(frame) for frame in all_frames(path, clip)]


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
    assert clip.frames == 20
    assert clip.damage in ("", "20 timestamps did not increase and were replaced")
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


def test_a_clip_is_the_same_after_a_journey_through_json(tmp_path):
    path = write_clip(tmp_path / "a.mp4", sounds=[{"seconds": 0.5}], rate="30000/1001")
    clip = probe_clip(path)
    write_json(tmp_path / "clip.json", clip.to_json())
    assert Clip.from_json(read_json(tmp_path / "clip.json")) == clip


@pytest.mark.parametrize("name", ["-i.mp4", "a b'c\"d $(x).mp4", "ñandú 東京.mp4", "a:b%03d.mp4"])
def test_names_mean_nothing_but_themselves(tmp_path, monkeypatch, name):
    write_clip(tmp_path / "plain.mp4", count=3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for path in (Path(name), tmp_path / name):
        assert numbers(path, probe_clip(path)) == [0, 1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{clip}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{clip}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video {port} RTP/AVP 96\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
        '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
        "<BaseURL>http://127.0.0.1:{port}/a.mp4</BaseURL></Representation></AdaptationSet>"
        "</Period></MPD>",
    ],
)
@pytest.mark.parametrize("suffix", ["m3u8", "mp4"])
def test_playlists_fetch_nothing(tmp_path, text, suffix):
    write_clip(tmp_path / "other.ts", count=2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        path = tmp_path / f"list.{suffix}"
        path.write_text(text.format(port=port, clip=tmp_path / "other.ts"))
        with pytest.raises(ConvatlasError, match="not a video that can be read"):
            probe_clip(path)
        with pytest.raises(TimeoutError):
            server.accept()


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("hello, " * 500)
    (tmp_path / "empty.mp4").touch()
    sound = write_sound(tmp_path / "sound.m4a")
    for name, reason in {
        "text.mp4": "not a video",
        "empty.mp4": "is empty",
        "absent.mp4": "No such file",
        ".": "directory",
        sound.name: "no moving picture.*audio",
    }.items():
        with pytest.raises(ConvatlasError, match=reason):
            probe_clip(tmp_path / name)


def test_cover_art_is_no_video(tmp_path):
    song = add_cover(write_sound(tmp_path / "song.m4a"), tmp_path / "covered.m4a")
    with pytest.raises(ConvatlasError, match=r"no moving picture.*audio, cover art"):
        probe_clip(song)
    video = add_cover(write_clip(tmp_path / "a.mp4", count=5), tmp_path / "covered.mp4")
    clip = probe_clip(video)
    assert (clip.codec, numbers(video, clip)) == ("h264", [0, 1, 2, 3, 4])


def test_a_promise_of_avi_is_not_taken_at_its_word(tmp_path):
    path = write_clip(tmp_path / "a.avi", count=30, codec="mpeg4", sounds=[{"seconds": 1.2}])
    assert probe_clip(path).damage == ""  # its header says 31


def write_sound(path):
    with av.open(str(path), "w", format="mp4") as target:
        track = sound_track(target)
        target.mux(sound_packets(track, seconds=0.2))
    return path


def add_cover(source, path):
    """Copy a file, with a picture of its own before what it holds."""
    with av.open(str(source)) as old, av.open(str(path), "w", format="mp4") as new:
        cover = new.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        frame = av.VideoFrame.from_ndarray(picture(63)).reformat(format="yuvj420p")
        new.mux(cover.encode(frame))
        for packet in old.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                new.mux(packet)
    return path


def test_a_file_cut_off_gives_what_can_be_decoded(tmp_path):
    fast = {"movflags": "+faststart"}
    whole = write_clip(tmp_path / "whole.mp4", count=40, container_options=fast, gop=10)
    assert probe_clip(whole).damage == ""
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 7 // 10])
    clip = probe_clip(cut)
    assert 10 < clip.frames < 40
    assert f"{40 - clip.frames} of 40 frames are lost" in clip.damage
    assert numbers(cut, clip) == list(range(clip.frames))
    tail = write_clip(tmp_path / "tail.mp4", count=40)
    tail.write_bytes(tail.read_bytes()[: tail.stat().st_size // 2])
    with pytest.raises(ConvatlasError, match=r"index \(moov\) is missing"):
        probe_clip(tail)


def test_a_matroska_cut_off_says_so(tmp_path):
    whole = write_clip(tmp_path / "whole.mkv", count=60, codec="ffv1", gop=1)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    clip = probe_clip(cut)
    assert 20 < clip.frames < 40
    assert "of 2.40 s" in clip.damage
    assert numbers(cut, clip) == list(range(clip.frames))


def test_cuts_are_at_keyframes_where_any_are_near(tmp_path):
    clip = probe_clip(write_clip(tmp_path / "a.mp4", count=40, gop=5))
    cuts = [cut.first for cut in plan_segments(clip, count=3)]
    assert cuts == [0, 15, 25]
    assert [cut.first for cut in plan_segments(clip, seconds=0.8)] == [0, 20]
    assert len(plan_segments(clip, count=100)) == 40
    single = probe_clip(write_clip(tmp_path / "b.mp4", count=40, gop=100))
    cuts = plan_segments(single, count=4)
    assert cuts == [Segment(n, 10 * n, 10 * n + 10) for n in range(4)]
    for wrong in ({}, {"seconds": 1, "count": 2}, {"count": 0}, {"seconds": -1}):
        with pytest.raises(ConvatlasError, match="above 0"):
            plan_segments(clip, **wrong)


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


@needs_mirror
def test_the_mirrors_clips_are_what_is_known_of_them():
    fire = probe_clip(real("moviepy_fire2.mp4"))
    assert (fire.frames, fire.rotation, fire.width, fire.height) == (25, 180, 1280, 720)
    assert len(set(np.diff(fire.timestamps))) > 2  # a varying rate
    assert fire.sounds[0].codec == "aac"
    nasa = probe_clip(real("torchcodec_nasa_13013.mp4"))
    assert (nasa.stream, nasa.frames, nasa.width) == (0, 325, 320)  # the first of two pictures
    assert [sound.index for sound in nasa.sounds] == [1, 4]
    clouds = probe_clip(real("byongho96_sample-video.mp4"))
    assert (clouds.frame_rate, clouds.frames, clouds.sounds) == (Fraction(30000, 1001), 415, ())


@needs_mirror
def test_real_frames_with_b_frames_are_found_from_anywhere():
    path = real("torchcodec_nasa_13013.mp4")
    clip = probe_clip(path)
    whole = [frames[0] for frames in read_frames(path, clip, first=190, stop=225)]
    for first in (195, 201, 202, 203, 210):
        part = next(read_frames(path, clip, first=first, stop=first + 3, batch=3))
        np.testing.assert_array_equal(part, whole[first - 190 : first - 187])


@needs_mirror
def test_probing_is_silent(tmp_path):
    cut = tmp_path / "cut.mp4"
    shutil.copy(real("torchcodec_nasa_13013.mp4"), cut)
    code = "import sys; from convatlas.video.probe import probe_clip; probe_clip(sys.argv[1])"
    scripts = Path(__file__).parents[2] / "scripts"
    shown = subprocess.run(
        [sys.executable, "-c", code, str(cut)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(scripts)},
        check=True,
    )
    assert shown.stdout + shown.stderr == ""
