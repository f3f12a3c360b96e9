"""Awkward sound: late, of low rates, jumping back, of kinds that browsers do not play."""

import math
from types import SimpleNamespace

import av
import numpy as np
import pytest
from video_clips import (
    picture,
    process,
    write_clip,
)

from convatlas.video.check import check_assembled
from convatlas.video.decoding import Losses, packets_of
from convatlas.video.probe import probe_clip


def first_heard(path):
    """Seconds of the picture before the first loud millisecond of a file's sound."""
    with av.open(str(path)) as container:
        start = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            wave = frame.to_ndarray().astype(float).reshape(-1)
            wave = np.abs(wave / (32768 if frame.format.name.startswith("s16") else 1))
            if wave.max() > 0.05:
                return frame.time + np.argmax(wave > 0.05) / frame.sample_rate - start
    return math.inf


@pytest.mark.parametrize(
    ("name", "codec"), [("a.ts", "aac"), ("a.ts", "libmp3lame"), ("a.mpg", "mp2")]
)
def test_sound_that_begins_late_in_a_broadcast_is_kept(tmp_path, name, codec):
    picture_codec = "mpeg2video" if name == "a.mpg" else "libx264"
    path = write_clip(
        tmp_path / name,
        codec=picture_codec,
        rate=25 if name == "a.mpg" else 2,
        frames=[picture(n % 64) for n in range(950 if name == "a.mpg" else 64)],
        gop=12,
        sounds=[{"seconds": 1, "start": 30.0, "codec": codec}],
    )
    clip = probe_clip(path)
    (sound,) = clip.sounds
    assert (sound.sample_rate, sound.channels, clip.damage) == (44_100, 1, "")
    assert float(sound.start - clip.picture_start) == pytest.approx(30, abs=0.06)
    result, assembly = process(clip, tmp_path, count=1, preset="ultrafast")
    assert first_heard(result) == pytest.approx(30, abs=0.06)
    assert check_assembled(clip, result).kept
    if not assembly.sounds[0].copied:
        assert "AAC instead" in assembly.notes[0]


@pytest.mark.parametrize("name", ["a.mkv", "a.avi"])
@pytest.mark.parametrize("rate", [8_000, 11_025, 12_000, 16_000])
def test_mp3_of_a_low_rate_is_encoded_anew(tmp_path, name, rate):
    sound = {"seconds": 0.5, "codec": "libmp3lame", "rate": rate}
    clip = probe_clip(write_clip(tmp_path / name, codec="mpeg4", sounds=[sound]))
    assert clip.damage == ""
    result, assembly = process(clip, tmp_path)
    assert assembly.sounds[0].copied == (rate == 16_000)
    assert check_assembled(clip, result).kept
    assert probe_clip(result).sounds[0].sample_rate == rate


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "ac3"])
@pytest.mark.parametrize("start", [0.257, 1.001])
def test_late_sound_of_a_matroska_is_late_to_the_millisecond(tmp_path, codec, start):
    sound = {"seconds": 0.3, "start": start, "codec": codec}
    clip = probe_clip(write_clip(tmp_path / "a.mkv", count=4, codec="ffv1", sounds=[sound]))
    result, _ = process(clip, tmp_path, count=1)
    assert check_assembled(clip, result).sound_start_difference_ms <= 1
    assert first_heard(result) == pytest.approx(first_heard(clip.path), abs=0.001)


def test_files_joined_end_to_end_are_told(tmp_path):
    one = write_clip(tmp_path / "one.ts", count=40, sounds=[{"seconds": 1.6}])
    joined = tmp_path / "joined.ts"
    joined.write_bytes(one.read_bytes() * 2)
    clip = probe_clip(joined)
    assert "joined end to end" in clip.damage
    assert probe_clip(one).damage == ""
    result, assembly = process(clip, tmp_path)
    assert any("packets of sound, damaged or out of order" in note for note in assembly.notes)
    assert check_assembled(clip, result).frames == clip.frames > 60


def test_a_stream_that_begins_late_in_a_flash_file_is_left_out(tmp_path):
    path = write_clip(
        tmp_path / "a.flv",
        codec="flv",
        frames=[picture(n % 64) for n in range(1000)],
        sounds=[{"seconds": 1, "start": 38.0, "codec": "libmp3lame"}],
    )
    data = bytearray(path.read_bytes())
    data[4] = 1  # its head says that there is no sound
    path.write_bytes(data)
    clip = probe_clip(path)
    assert (clip.frames, clip.sounds) == (1000, ())
    # what PyAV does at such a file's end depends on its memory: an IndexError, or nothing


def test_an_end_that_pyav_stumbles_over_is_told():
    def packets():
        raise IndexError("list index out of range")
        yield

    losses = Losses()
    assert list(packets_of(SimpleNamespace(demux=lambda _: packets()), [], losses)) == []
    assert "begins late in the file is left out" in losses.message


@pytest.mark.parametrize("codec", ["ac3", "alac", "mp2"])
def test_sound_that_browsers_do_not_play_is_kept_and_told(tmp_path, codec):
    name = "a.mov" if codec == "alac" else "a.mkv"
    clip = probe_clip(write_clip(tmp_path / name, sounds=[{"seconds": 0.5, "codec": codec}]))
    _, assembly = process(clip, tmp_path)
    assert assembly.sounds[0].copied
    assert any("browsers are silent" in note for note in assembly.notes)
