"""What a clip is said to be, and what is no clip: playlists, cover art, files cut off."""

import os
import socket
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from video_clips import (
    all_frames,
    number_of,
    picture,
    sound_packets,
    sound_track,
    write_clip,
)

from convatlas.errors import ConvatlasError
from convatlas.files import read_json, write_json
from convatlas.video.clip import Clip
from convatlas.video.probe import probe_clip
from convatlas.video.segments import Segment, plan_segments

MIRROR = os.environ.get("CONVATLAS_MIRROR")
needs_mirror = pytest.mark.skipif(not MIRROR, reason="set CONVATLAS_MIRROR to the mirror's folder")


def real(name):
    return Path(MIRROR) / "videos" / name


def numbers(path, clip):
    return [number_of(frame) for frame in all_frames(path, clip)]


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


def test_probing_is_silent(tmp_path):
    cut = tmp_path / "cut.mp4"
    fast = {"movflags": "+faststart"}
    whole = write_clip(tmp_path / "whole.mp4", count=40, container_options=fast, gop=10)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 7 // 10])
    assert probe_clip(cut).damage != ""
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


def test_every_frame_can_be_watched_and_an_error_of_the_watcher_ends_it(tmp_path):
    path, seen = write_clip(tmp_path / "a.mp4", count=5), []
    assert probe_clip(path, watch=lambda number, frame: seen.append((number, frame.width))).frames
    assert [number for number, _ in seen] == [*range(5)]

    def refuse(number, _):
        if number == 2:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        probe_clip(path, watch=refuse)
