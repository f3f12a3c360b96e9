"""Awkward clips: lost frames, changed sizes, HDR, metadata without a place, damage told."""

import runpy
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image
from video_clips import (
    all_frames,
    number_of,
    picture,
    process,
    write_clip,
)

from convatlas.errors import ConvatlasError
from convatlas.files import read_json
from convatlas.video.check import check_assembled
from convatlas.video.clip import Colour
from convatlas.video.colour import ToRGB, output_tags
from convatlas.video.compare import side_by_side
from convatlas.video.probe import probe_clip
from convatlas.video.times import missing_frames, shown_times

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "ffv1"), ("a.webm", "libvpx")])
def test_a_whole_clip_that_begins_late_is_whole(tmp_path, name, codec):
    path = write_clip(tmp_path / name, codec=codec, times=range(50, 75), count=25)
    assert probe_clip(path).damage == ""


def test_times_in_disorder_give_way_to_those_of_decoding():
    shown, decoded = [1, 4, 3, 5, 2, 8, 7, 9], [2, 3, 4, 5, 6, 7, None, None]
    assert shown_times(shown, decoded, 1).values == [2, 3, 4, 5, 6, 7, 8, 9]
    one_fault = [*range(20), 15, *range(21, 40)]
    assert shown_times(one_fault, range(-2, 38), 1).repaired == 1
    bare = shown_times([None] * 3, [None] * 3, 5)
    assert (bare.values, bare.repaired, bare.own) == ([0, 5, 10], 0, False)


def test_frames_are_missing_only_where_the_rate_is_steady():
    steady = [33, 67, 100, 133, 167, 200, 233, 267, 300, 333]
    assert missing_frames(steady) == 0
    assert missing_frames([*steady, 467, 500, 533]) == 3
    assert missing_frames([0, 40, 90, 95, 200, 1000, 1040, 1041, 3000, 3010, 3020, 3500]) == 0
    assert missing_frames([0, 40, 80, 120, 400, 440, 800, 840, 880, 1200, 1240, 1280]) == 0


def without_packets(source, path, gone):
    """Copy a clip, its packets numbered in `gone` left out."""
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=True)
        for number, packet in enumerate(old.demux(video=0)):
            if packet.size and number not in gone:
                packet.stream = copy
                new.mux(packet)
    return path


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mkv", "ffv1"), ("a.webm", "libvpx"), ("a.ts", "mpeg2video")]
)
def test_a_hole_in_the_middle_is_told(tmp_path, name, codec):
    whole = write_clip(tmp_path / f"whole{name[1:]}", count=40, codec=codec, gop=1)
    assert probe_clip(whole).damage == ""
    clip = probe_clip(without_packets(whole, tmp_path / name, range(20, 25)))
    assert "about 5 frames seem to be missing" in clip.damage


def test_frames_that_an_avi_promises_and_does_not_hold_are_told(tmp_path):
    times = [*range(10), *range(16, 36)]
    path = write_clip(tmp_path / "a.avi", codec="mpeg4", count=30, base="1/25", times=times)
    clip = probe_clip(path)
    assert "are not in the file: lost, or dropped" in clip.damage
    assert [t - clip.timestamps[0] for t in clip.timestamps] == times


def test_a_picture_that_is_still_for_long_is_no_damage(tmp_path):
    images = [Image.fromarray(picture(n)) for n in range(12)]
    delays = [100] * 11 + [2000]
    images[0].save(tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=delays)
    assert probe_clip(tmp_path / "a.gif").damage == ""


def test_a_picture_that_changes_its_size_keeps_the_first(tmp_path):
    one = write_clip(tmp_path / "one.ts", count=6)
    two = write_clip(tmp_path / "two.ts", count=6, size=(96, 72))
    (tmp_path / "both.ts").write_bytes(one.read_bytes() + two.read_bytes())
    clip = probe_clip(tmp_path / "both.ts")
    frames = all_frames(clip.path, clip)
    assert frames.shape[1:] == (48, 64, 3)
    assert number_of(frames[-1]) == 5


def test_a_fragmented_mp4_is_whole(tmp_path):
    fragments = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    path = write_clip(
        tmp_path / "a.mp4", count=40, gop=10, bframes=2, container_options=fragments,
        sounds=[{"seconds": 1.6}],
    )  # fmt: skip
    clip = probe_clip(path)
    assert (clip.frames, clip.damage) == (40, "")
    result, _ = process(clip, tmp_path)
    assert check_assembled(clip, result).kept


def test_chapters_go_along_and_begin_earlier(tmp_path):
    source = write_clip(tmp_path / "a.mkv", codec="ffv1", count=25, times=range(50, 75))
    marks = [(2000, 2500, "one"), (2500, 3000, "two")]
    with av.open(str(source)) as old, av.open(str(tmp_path / "b.mkv"), "w") as new:
        copy = new.add_stream_from_template(old.streams.video[0], opaque=True)
        base = Fraction(1, 1000)
        new.set_chapters([
            {"id": n, "start": a, "end": b, "time_base": base, "metadata": {"title": title}}
            for n, (a, b, title) in enumerate(marks, start=1)
        ])  # fmt: skip
        for packet in old.demux():
            if packet.size:
                packet.stream = copy
                new.mux(packet)
    result, _ = process(probe_clip(tmp_path / "b.mkv"), tmp_path, count=1)
    again, assembly = process(probe_clip(result), tmp_path, count=1, name="again.mp4")
    assert assembly.notes == ()
    with av.open(str(again)) as container:
        found = [
            (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"]["title"])
            for c in container.chapters()
        ]
    assert found == [(0, Fraction(1, 2), "one"), (Fraction(1, 2), 1, "two")]


def test_metadata_that_go_nowhere_are_named(tmp_path):
    metadata = {"title": "kept", "shot_with": "a camera"}
    clip = probe_clip(write_clip(tmp_path / "a.mkv", codec="ffv1", metadata=metadata))
    _, assembly = process(clip, tmp_path)
    (note,) = assembly.notes
    assert "no place for: " in note
    assert "shot_with" in note.lower()
    assert "title" not in note


def hdr_frame(level, transfer):
    frame = av.VideoFrame.from_ndarray(np.full((72, 64), 512, np.uint16), format="yuv420p10le")
    plane = np.frombuffer(bytes(frame.planes[0]), np.uint16).copy()
    plane[:] = level
    frame.planes[0].update(plane.tobytes())
    frame.pts, frame.time_base = 0, Fraction(1, 25)
    return frame


@pytest.mark.parametrize(("transfer", "white"), [(16, 573), (18, 721)])
def test_hdr_comes_to_the_usual_range(transfer, white):
    """ITU-R BT.2408: white on paper is at 58 % of PQ and at 75 % of HLG."""
    colour = Colour(9, "limited", 9, transfer)
    to_rgb = ToRGB(colour, 64, 48)
    seen = [to_rgb(hdr_frame(y, transfer))[20, 30] for y in (64, 400, white)]
    assert np.ptp(seen, axis=1).max() <= 1  # grey stays grey
    black, middle, bright = (float(one.mean()) for one in seen)
    assert black <= 1
    assert black + 60 < middle < bright - 60
    assert bright > 225
    assert output_tags(colour) == (1, 1, 1)


@pytest.mark.parametrize("transfer", [16, 18])
def test_a_result_of_hdr_is_tagged_as_what_it_is(tmp_path, transfer):
    name = {16: "smpte2084", 18: "arib-std-b67"}[transfer]
    tags = f"colorprim=bt2020:colormatrix=bt2020nc:transfer={name}"
    path = write_clip(
        tmp_path / "a.mp4", count=3, pix_fmt="yuv420p10le", matrix=9, options={"x264-params": tags}
    )
    clip = probe_clip(path)
    assert (clip.colour.transfer, clip.colour.hdr) == (transfer, True)
    result, assembly = process(clip, tmp_path)
    made = probe_clip(result).colour
    assert (made.matrix, made.primaries, made.transfer) == (1, 1, 1)
    assert any("HDR" in note for note in assembly.notes)


def test_colours_of_another_kind_are_refused(tmp_path):
    options = {"x264-params": "colormatrix=ycgco"}
    path = write_clip(tmp_path / "a.mp4", count=2, options=options)
    with pytest.raises(ConvatlasError, match=r"matrix 8.*Convert it"):
        probe_clip(path)


def test_pictures_that_cannot_be_read_are_called_so(tmp_path):
    images = [Image.fromarray(picture(n)) for n in range(3)]
    images[0].save(tmp_path / "a.webp", save_all=True, append_images=images[1:], duration=100)
    with pytest.raises(ConvatlasError, match="animated or damaged WebP"):
        probe_clip(tmp_path / "a.webp")
    images[0].save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(ConvatlasError, match="cut off or damaged"):
        probe_clip(tmp_path / "a.jpg")


def test_side_by_side_is_no_larger_than_phones_play(tmp_path):
    frames = [np.full((1200, 2100, 3), shade, np.uint8) for shade in (60, 90)]
    clip = probe_clip(
        write_clip(tmp_path / "a.mp4", frames=frames, options={"preset": "ultrafast"})
    )
    result, _ = process(clip, tmp_path, count=1, preset="ultrafast")
    assembly = side_by_side(clip, result, tmp_path / "both.mp4", preset="ultrafast")
    made = probe_clip(tmp_path / "both.mp4")
    assert (made.width, made.height) == (3840, 1096)
    assert any("2100x1200 to 1920x1096" in note for note in assembly.notes)


def test_an_mp4_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    clip = probe_clip(write_clip(tmp_path / "a.mp4", sounds=[{"seconds": 0.5}]))

    def refuses(*_):
        raise av.error.ArgumentError(22, "Invalid argument")

    monkeypatch.setattr("convatlas.video.assemble.SoundCopy", refuses)
    with pytest.raises(ConvatlasError, match=r"cannot be written from .*Invalid argument"):
        process(clip, tmp_path)
    assert not (tmp_path / "result.mp4").exists()


def run_script(name, folder, **given):
    """Run a rule's script as Snakemake does, with what a rule gives it."""
    job = SimpleNamespace(log=[str(folder / "log")], rule=name, wildcards=["a"], **given)
    runpy.run_path(str(SCRIPTS / f"{name}.py"), init_globals={"snakemake": job})


def test_damage_is_told_where_a_person_sees_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    fast = {"movflags": "+faststart"}
    whole = write_clip(tmp_path / "a.mp4", count=40, container_options=fast, gop=10)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 7 // 10])
    probed = SimpleNamespace(clip="clip.json", segments="segments.json")
    given = {"input": SimpleNamespace(clip=str(cut)), "params": SimpleNamespace(seconds=9)}
    run_script("probe_clip", tmp_path, output=probed, **given)
    assert "cut.mp4 is damaged: " in capsys.readouterr().err
    clip = probe_clip(cut)
    process(clip, tmp_path, count=1)
    run_script(
        "assemble_video",
        tmp_path,
        input=SimpleNamespace(probed="clip.json", segments=["part_0.nut"]),
        output=SimpleNamespace(video="made.mp4", facts="facts.json"),
    )
    facts = read_json(tmp_path / "facts.json")
    assert facts["kept"] is True
    assert facts["notes"] == [f"the original is damaged: {clip.damage}"]
    assert facts["notes"][0] in capsys.readouterr().err
