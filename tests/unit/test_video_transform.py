"""Segments restyled: the same as one job, stopped as one, nothing half done under its name."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from video_clips import all_frames, number_of, picture, process, write_clip

from convatlas.errors import ConvatlasError
from convatlas.video.assemble import assemble_video
from convatlas.video.check import check_assembled
from convatlas.video.compare import side_by_side
from convatlas.video.decode import read_frames
from convatlas.video.encode import FrameWriter
from convatlas.video.probe import probe_clip
from convatlas.video.segments import Segment, plan_segments
from convatlas.video.transform import transform_segment

SCRIPTS = Path(__file__).parents[2] / "scripts"
AAC = {"seconds": 0.5}


def negative(frames):
    return 255 - frames


@pytest.mark.parametrize("count", [1, 2, 7])
def test_segments_make_what_one_job_makes(tmp_path, count):
    """Before encoding to the bit, so after a lossless encoder to the bit as well."""
    clip = probe_clip(write_clip(tmp_path / "a.mp4", count=30, bframes=2))
    result, _ = process(clip, tmp_path, count=count, stylizer=negative, batch=4, crf=0)
    made, whole = probe_clip(result), tmp_path / "whole.nut"
    with FrameWriter(whole, clip, crf=0) as writer:
        for frames in read_frames(clip.path, clip, batch=5):
            writer.write(negative(frames))
    expected = all_frames(whole, probe_clip(whole))
    np.testing.assert_array_equal(all_frames(result, made), expected)
    usual, _ = process(clip, tmp_path, count=count, stylizer=negative, name="usual.mp4")
    difference = all_frames(usual, made).astype(float) - expected
    assert 10 * np.log10(255**2 / np.mean(difference**2)) > 38


def test_the_same_frames_give_the_same_file(tmp_path):
    clip = probe_clip(write_clip(tmp_path / "a.mp4", count=30, sounds=[AAC]))
    files = set()
    for run in range(30):  # x264's macroblock tree gave other bits in one run of ten
        options = {"decode_threads": 1, "batch": 3} if run % 2 else {}
        # a preset that has the tree by itself, as the usual one has not
        result, _ = process(clip, tmp_path, name=f"{run}.mp4", preset="veryfast", **options)
        files.add(result.read_bytes())
    (content,) = files
    assert b"mbtree=0" in content  # x264 writes its settings into the stream


def test_a_stylizer_sees_whole_batches_and_its_lead(tmp_path):
    clip = probe_clip(write_clip(tmp_path / "a.mp4", count=20))
    seen, resets = [], []

    class Remembers:
        def reset(self):
            resets.append(len(seen))

        def __call__(self, frames):
            seen.append([number_of(frame) for frame in frames])
            return frames

    steps, output = [], tmp_path / "part.nut"
    transform_segment(
        clip.path,
        clip,
        Segment(1, 10, 17),
        Remembers(),
        output,
        batch=4,
        lead=3,
        progress=lambda *step: steps.append(step),
    )
    assert seen == [[7, 8, 9, 10], [11, 12, 13, 14], [15, 16, 16, 16]]
    assert resets == [0]
    assert steps == [(1, 7, "frames"), (5, 7, "frames"), (7, 7, "frames")]
    made = probe_clip(output)
    assert [number_of(frame) for frame in all_frames(output, made)] == list(range(10, 17))
    base = clip.time_base
    assert [t * made.time_base for t in made.timestamps] == [
        t * base for t in clip.timestamps[10:17]
    ]


def test_any_failure_stops_all_and_leaves_nothing(tmp_path, monkeypatch):
    clip = probe_clip(write_clip(tmp_path / "a.mp4", count=30))
    (segment,) = plan_segments(clip, count=1)

    def fails(frames):
        raise RuntimeError("out of memory")

    def run(stylizer, source=clip, **options):
        transform_segment(source.path, source, segment, stylizer, tmp_path / "x.nut", **options)

    with pytest.raises(RuntimeError, match="out of memory"):
        run(fails)
    with pytest.raises(ConvatlasError, match="keeps the shape"):
        run(lambda frames: frames[:, :-2])
    with pytest.raises(ConvatlasError, match="keeps the shape"):
        run(lambda frames: frames / 255)
    with pytest.raises(ConvatlasError, match="as many frames"):
        run(lambda frames: frames[:1], batch=4)
    # a process in the background may have been started to ignore it
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.raises(KeyboardInterrupt):
        run(lambda frames: signal.raise_signal(signal.SIGINT))
    signal.signal(signal.SIGINT, previous)
    monkeypatch.setattr(FrameWriter, "write", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(negative)
    monkeypatch.undo()
    write_clip(tmp_path / "a.mp4", count=3)
    with pytest.raises(ConvatlasError, match="Probe it again"):
        run(negative)
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"decode", "encode"}


def test_a_slow_encoder_holds_the_decoder_back(tmp_path, monkeypatch):
    clip = probe_clip(write_clip(tmp_path / "a.mp4", count=60))
    (segment,) = plan_segments(clip, count=1)
    given, written, ahead, write = [0], [0], [], FrameWriter.write

    def counted(frames):
        given[0] += len(frames)
        ahead.append(given[0] - written[0])
        return frames

    def slow(self, frames):
        time.sleep(0.005)
        write(self, frames)
        written[0] += len(frames)

    monkeypatch.setattr(FrameWriter, "write", slow)
    transform_segment(clip.path, clip, segment, counted, tmp_path / "x.nut")
    assert written == [60]
    assert max(ahead) <= 5  # two waiting, one on each side


def test_a_killed_job_leaves_nothing_under_its_name(tmp_path):
    path, output = write_clip(tmp_path / "a.mp4", count=60), tmp_path / "out" / "part.nut"
    code = (
        "import sys, time\n"
        "from convatlas.video.probe import probe_clip\n"
        "from convatlas.video.segments import Segment\n"
        "from convatlas.video.transform import transform_segment\n"
        "def slow(frames):\n"
        "    print('frame', flush=True)\n"
        "    time.sleep(0.02)\n"
        "    return frames\n"
        "clip = probe_clip(sys.argv[1])\n"
        "transform_segment(sys.argv[1], clip, Segment(0, 0, 60), slow, sys.argv[2])\n"
    )
    job = subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(output)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
    )
    for _ in range(10):
        assert job.stdout.readline() == b"frame\n"
    job.send_signal(signal.SIGKILL)
    job.wait()
    job.stdout.close()
    assert not output.exists()
    assert all(".part" in file.name for file in output.parent.iterdir())
    clip = probe_clip(path)
    transform_segment(path, clip, Segment(0, 0, 60), negative, output)
    assert probe_clip(output).frames == 60


def test_segments_that_do_not_belong_together_are_refused(tmp_path):
    clip = probe_clip(write_clip(tmp_path / "a.mp4", count=20))
    parts = [tmp_path / "0.nut", tmp_path / "1.nut"]
    for part, segment in zip(parts, plan_segments(clip, count=2), strict=True):
        transform_segment(clip.path, clip, segment, negative, part)
    with pytest.raises(ConvatlasError, match=r"1 segments hold 10 frames.*has 20"):
        assemble_video(clip, parts[:1], tmp_path / "b.mp4")
    transform_segment(clip.path, clip, plan_segments(clip, count=2)[1], negative, parts[1], crf=0)
    with pytest.raises(ConvatlasError, match="other settings"):
        assemble_video(clip, parts, tmp_path / "b.mp4")
    assert not (tmp_path / "b.mp4").exists()


def test_side_by_side_has_both_and_the_sound(tmp_path):
    frames = [picture(n)[:47, :63] for n in range(8)]
    clip = probe_clip(write_clip(tmp_path / "a.mkv", frames=frames, codec="ffv1", sounds=[AAC]))
    result, _ = process(clip, tmp_path, stylizer=negative)
    side_by_side(clip, result, tmp_path / "both.mp4")
    both = probe_clip(tmp_path / "both.mp4")
    assert (both.frames, both.width, len(both.sounds)) == (8, 126, 1)
    assert check_assembled(clip, tmp_path / "both.mp4").sound_equal == (True,)
    left, right = np.split(all_frames(tmp_path / "both.mp4", both)[5][:47].astype(int), 2, axis=1)
    assert number_of(left.astype(np.uint8)) == 5
    assert np.abs(255 - left - right).mean() < 6
    assert not list(tmp_path.glob(".side*"))
    other = write_clip(tmp_path / "other.mp4", count=3)
    with pytest.raises(ConvatlasError, match="not one clip"):
        side_by_side(clip, other, tmp_path / "c.mp4")
