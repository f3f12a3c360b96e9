"""Clips restyled and put together again: as long as before, in time, with their sound."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from video_clips import all_frames, corner_colours, number_of, picture, process, tone, write_clip

from convatlas.errors import ConvatlasError
from convatlas.video.assemble import assemble_video
from convatlas.video.check import check_assembled
from convatlas.video.make import make_clip
from convatlas.video.opening import open_clip
from convatlas.video.probe import probe_clip
from convatlas.video.segments import plan_segments
from convatlas.video.transform import transform_segment

MIRROR = os.environ.get("CONVATLAS_MIRROR")
needs_mirror = pytest.mark.skipif(not MIRROR, reason="set CONVATLAS_MIRROR to the mirror's folder")
AAC = {"seconds": 0.5}


def negative(frames):
    return 255 - frames


def made_of(tmp_path, name="clip.mp4", **options):
    """Write a clip, put it through, and return (original, result, assembly)."""
    clip = probe_clip(write_clip(tmp_path / name, **options))
    assert clip.damage == ""
    result, assembly = process(clip, tmp_path)
    return clip, result, assembly


@pytest.mark.parametrize(
    ("name", "options", "equal"),
    [
        ("silent.mp4", {}, ()),
        ("aac.mp4", {"sounds": [AAC]}, (True,)),
        ("longer.mp4", {"sounds": [{"seconds": 1.5}]}, (True,)),
        ("shorter.mp4", {"sounds": [{"seconds": 0.2}]}, (True,)),
        ("late.mp4", {"sounds": [{**AAC, "start": 0.3}]}, (True,)),
        ("late_picture.mkv", {"times": range(10, 22), "sounds": [AAC]}, (True,)),
        (
            "two.mp4",
            {"sounds": [{**AAC, "language": "eng"}, {**AAC, "language": "spa", "channels": 2}]},
            (True, True),
        ),
        ("mp3.mp4", {"sounds": [{**AAC, "codec": "libmp3lame"}]}, (True,)),
        ("ac3.mp4", {"sounds": [{**AAC, "codec": "ac3"}]}, (True,)),
        ("eac3.mp4", {"sounds": [{**AAC, "codec": "eac3"}]}, (True,)),
        ("flac.mkv", {"sounds": [{**AAC, "codec": "flac"}]}, (True,)),
        ("alac.mov", {"sounds": [{**AAC, "codec": "alac"}]}, (True,)),
        (
            "opus.webm",
            {"codec": "libvpx-vp9", "sounds": [{**AAC, "codec": "libopus", "rate": 48000}]},
            (True,),
        ),
        ("broadcast.ts", {"bframes": 2, "sounds": [AAC]}, (True,)),
        ("ntsc.mp4", {"rate": "30000/1001", "bframes": 2, "sounds": [AAC]}, (True,)),
        ("pcm.mov", {"sounds": [{**AAC, "codec": "pcm_s16le"}]}, (False,)),
        ("pcm.avi", {"codec": "mpeg4", "sounds": [{**AAC, "codec": "pcm_s16le"}]}, (False,)),
        (
            "late_pcm.mov",
            {"sounds": [{**AAC, "codec": "pcm_s16le", "start": 0.25, "rate": 22050}]},
            (False,),
        ),
        ("vorbis.mkv", {"sounds": [{**AAC, "codec": "vorbis", "channels": 2}]}, (False,)),
        ("moving.gif", {"codec": "gif", "pix_fmt": "rgb8", "rate": 10}, ()),
        ("one.mp4", {"count": 1, "sounds": [AAC]}, (True,)),
    ],
)
def test_frames_times_and_sound_are_kept(tmp_path, name, options, equal):
    clip, result, assembly = made_of(tmp_path, name, **options)
    facts = check_assembled(clip, result)
    assert facts.kept, facts
    assert facts.sound_equal == equal
    assert [sound.copied for sound in assembly.sounds] == list(equal)
    assert facts.timestamp_difference_ms < 0.02
    assert facts.duration_seconds == pytest.approx(facts.duration_original_seconds, abs=0.001)
    made = probe_clip(result)
    assert (made.codec, made.pixel_format, made.container) == ("h264", "yuv420p", "mov")
    assert [number_of(f) for f in all_frames(result, made)] == list(range(clip.frames))
    assert [s.language for s in made.sounds] == [s.language for s in clip.sounds]
    for before, after in zip(clip.sounds, made.sounds, strict=True):
        assert float(after.duration - before.duration) == pytest.approx(0, abs=0.05)
    if False in equal:
        assert "AAC instead" in assembly.notes[0]
        np.testing.assert_allclose(loudness(result), loudness(clip.path), atol=0.06)


def loudness(path):
    """Power of a file's first sound in each 50 ms from the picture's beginning."""
    clip = probe_clip(path)
    with open_clip(path) as container:
        pieces = np.zeros(40)
        for frame in container.decode(container.streams.audio[0]):
            samples = frame.to_ndarray().astype(float).reshape(-1)
            samples = samples / (32768 if frame.format.name.startswith("s16") else 1)
            at = float(frame.pts * frame.time_base - clip.picture_start)
            times = at + np.arange(len(samples)) / frame.sample_rate
            inside = times >= 0
            index = (times[inside] / 0.05).astype(int)
            np.add.at(pieces, index, samples[inside] ** 2 / (0.05 * frame.sample_rate))
    return np.sqrt(pieces)


def test_a_clip_that_begins_late_begins_at_once(tmp_path):
    clip, result, assembly = made_of(
        tmp_path, "a.mkv", times=range(50, 62), sounds=[{**AAC, "start": 2.2}]
    )
    assert clip.start == 2
    made = probe_clip(result)
    assert (made.picture_start, assembly.shift_seconds) == (0, 2.0)
    assert float(made.sounds[0].start) == pytest.approx(0.2, abs=0.025)
    assert check_assembled(clip, result).kept


def test_a_varying_rate_stays_as_it_varies(tmp_path):
    times = [0, 40, 90, 95, 200, 1000, 1040, 1041, 3000, 3010, 3020, 3500]
    clip, result, _ = made_of(tmp_path, "uneven.mkv", base="1/1000", times=times, sounds=[AAC])
    made = probe_clip(result)
    assert [t * made.time_base * 1000 for t in made.timestamps] == times
    with open_clip(result) as container:  # the last frame is shown for 40 ms, as it was
        stream = container.streams.video[0]
        assert stream.duration * stream.time_base == Fraction(times[-1] + 40, 1000)
    for count in (1, 7):
        result, _ = process(clip, tmp_path, count=count)
        assert check_assembled(clip, result).timestamp_difference_ms == 0


@pytest.mark.parametrize("seed", range(6))
def test_any_times_at_all_are_kept(tmp_path, seed):
    draw = np.random.default_rng(seed)
    steps = draw.choice([1, 3, 40, 200, 1000], 20, p=[0.1, 0.1, 0.6, 0.1, 0.1])
    times = (np.cumsum(steps) + draw.integers(0, 300) * (seed % 3 > 0)).tolist()
    mp3 = {"codec": "libmp3lame", "seconds": 1.0}
    clip = probe_clip(
        write_clip(
            tmp_path / "a.mkv",
            base="1/1000",
            count=20,
            times=times,
            codec="ffv1",
            sounds=[mp3] if seed % 2 else [],
        )
    )
    assert clip.timestamps == tuple(times)
    parts = []
    for segment in plan_segments(clip, count=1 + seed % 4):
        parts.append(tmp_path / f"{segment.number}.nut")
        transform_segment(clip.path, clip, segment, negative, parts[-1])
        made = probe_clip(parts[-1])
        assert [t * made.time_base * 1000 for t in made.timestamps] == [
            t - times[0] for t in times[segment.first : segment.stop]
        ]
    assemble_video(clip, parts, tmp_path / "b.mp4")
    facts = check_assembled(clip, tmp_path / "b.mp4")
    assert facts.timestamp_difference_ms < 0.02
    assert facts.sound_start_difference_ms < 0.02


def test_metadata_go_along(tmp_path):
    metadata = {
        "title": "A título",
        "artist": "someone",
        "comment": "of old",
        "creation_time": "2015-10-04T21:33:03.000000Z",
    }
    clip, result, _ = made_of(tmp_path, metadata=metadata)
    made = probe_clip(result)
    assert {key: made.metadata.get(key) for key in metadata} == metadata
    assert clip.metadata["title"] == "A título"


def test_pixels_keep_their_shape_when_turned(tmp_path):
    frames = [np.ascontiguousarray(np.rot90(picture(n, 48, 64))) for n in range(6)]
    clip, result, _ = made_of(tmp_path, frames=frames, rotation=-90, aspect="4/3")
    made = probe_clip(result)
    assert (made.width, made.height, made.rotation) == (48, 64, 0)
    assert made.pixel_aspect == Fraction(3, 4)
    assert check_assembled(clip, result).kept


@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
def test_colours_come_back_as_they_went(tmp_path, matrix, pix_fmt):
    clip, result, _ = made_of(
        tmp_path, matrix=matrix, full=True, pix_fmt=pix_fmt, options={"crf": "1"}
    )
    made = probe_clip(result)
    assert (made.colour.matrix, made.colour.range) == (matrix, "limited")
    assert (made.colour.primaries, made.colour.transfer) == (matrix, matrix)
    after, before = all_frames(result, made)[3], all_frames(clip.path, clip)[3]
    np.testing.assert_allclose(corner_colours(after), corner_colours(before), atol=2)


def test_odd_sizes_are_padded_and_said_to_be(tmp_path):
    frames = [picture(n)[:47, :63] for n in range(4)]
    _, result, assembly = made_of(tmp_path, "odd.mkv", frames=frames, codec="ffv1")
    made = probe_clip(result)
    assert (made.width, made.height) == (64, 48)
    assert assembly.notes == ("63x47 padded to 64x48: H.264 for browsers needs even sides",)
    last = all_frames(result, made)[0].astype(int)
    assert np.abs(last[:, 63] - last[:, 62]).mean() < 4


def test_a_still_picture_becomes_a_clip(tmp_path):
    from PIL import Image

    Image.fromarray(picture(3)).save(tmp_path / "still.png")
    clip = probe_clip(tmp_path / "still.png")
    result, _ = process(clip, tmp_path, count=7)
    assert probe_clip(result).frames == 1
    assert check_assembled(clip, result).kept


def test_a_damaged_clip_is_made_as_far_as_it_goes(tmp_path):
    whole = write_clip(
        tmp_path / "whole.mp4",
        count=40,
        sounds=[{"seconds": 1.6}],
        container_options={"movflags": "+faststart"},
    )
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 7 // 10])
    clip = probe_clip(cut)
    result, assembly = process(clip, tmp_path)
    assert 5 < check_assembled(clip, result).frames == clip.frames < 40
    assert assembly.notes[0].startswith("the original is damaged: ")
    assert check_assembled(clip, result).sound_equal == (True,)


@pytest.mark.parametrize("place", [0.3, 0.4, 0.5, 0.6, 0.7])
def test_a_hole_in_a_broadcast_is_bridged(tmp_path, place):
    noise = np.random.default_rng(0).integers(0, 80, (30, 48, 64, 3), dtype=np.uint8)
    frames = [picture(n) // 2 + noise[n] for n in range(30)]
    path = write_clip(tmp_path / "a.ts", frames=frames, sounds=[{"seconds": 1.2}])
    data = bytearray(path.read_bytes())
    start = int(len(data) * place)
    data[start : start + 1000] = bytes(7)
    path.write_bytes(data)
    clip = probe_clip(path)
    result, assembly = process(clip, tmp_path, count=3)
    facts = check_assembled(clip, result)
    assert (facts.frames, facts.sound_tracks) == (clip.frames, 1)
    assert facts.timestamp_difference_ms <= 1
    assert 20 < clip.frames <= 30
    assert any("the original is damaged" in note for note in assembly.notes)


def test_the_index_comes_first_and_pictures_play_anywhere(tmp_path):
    _, result, _ = made_of(tmp_path, sounds=[AAC], pix_fmt="yuv444p")
    data = result.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")
    with av.open(str(result)) as container:
        context = container.streams.video[0].codec_context
        assert (context.pix_fmt, context.profile) == ("yuv420p", "High")


def test_clips_are_made_of_arrays(tmp_path):
    path, sound = tmp_path / "made.mp4", tone(1.0, channels=2)
    make_clip((picture(n) for n in range(24)), 24, sound, path, metadata={"title": "pan"})
    clip = probe_clip(path)
    assert (clip.frames, clip.frame_rate, clip.metadata["title"]) == (24, 24, "pan")
    assert [number_of(frame) for frame in all_frames(path, clip)] == list(range(24))
    assert (clip.sounds[0].channels, clip.sounds[0].start) == (2, 0)
    assert float(clip.sounds[0].duration) == pytest.approx(1, abs=0.03)
    assert loudness(path)[1:19] == pytest.approx(9000 / 32768 / 2**0.5 * 2**0.5, rel=0.1)
    make_clip([picture(0)] * 3, 24, None, path)
    assert probe_clip(path).sounds == ()
    with pytest.raises(ConvatlasError, match="at least one frame"):
        make_clip([], 24, None, path)
    with pytest.raises(ConvatlasError, match="int16"):
        make_clip([picture(0)], 24, np.zeros(10), path)
    with pytest.raises(ConvatlasError, match="keeps the shape"):
        make_clip([picture(0), picture(0)[:-2]], 24, None, path)
    assert probe_clip(path).frames == 3  # what was there stays


@needs_mirror
@pytest.mark.parametrize(
    "name", ["moviepy_fire2.mp4", "moviepy_chaplin.mp4", "torchcodec_nasa_13013.mp4"]
)
def test_real_clips_come_back_as_long_and_with_their_sound(tmp_path, name):
    clip = probe_clip(Path(MIRROR) / "videos" / name)
    result, assembly = process(clip, tmp_path, count=3, preset="ultrafast", crf=30, batch=8)
    facts = check_assembled(clip, result)
    assert facts.kept, facts
    assert all(facts.sound_equal)
    assert len(facts.sound_equal) == len(clip.sounds)
    assert facts.timestamp_difference_ms == 0
    left_out = ["3 further streams are left out (subtitle, video)"] if "nasa" in name else []
    assert list(assembly.notes) == left_out
