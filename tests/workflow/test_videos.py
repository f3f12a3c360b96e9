"""A clip through the pipeline: killed and started again, changed and made anew."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.workflow
TOY = Path(__file__).parents[1] / "toy" / "toy.yaml"
VIDEO = "results/videos/pan/trained.mp4"


def overlay(tmp_path, **videos):
    toy = yaml.safe_load(TOY.read_text())
    toy["videos"] |= videos
    config = tmp_path / "clips.yaml"
    config.write_text(yaml.safe_dump(toy))
    return config


def test_a_killed_run_loses_the_segment_it_was_at_and_no_other(project, tmp_path):
    config = overlay(tmp_path, segment_seconds=0.4)
    folder = project.folder / "results/videos/pan/trained"
    process = project.start(VIDEO, "--cores", "1", config=config, start_new_session=True)
    give_up = time.monotonic() + 300
    while len(list(folder.glob("[0-9].nut"))) < 2:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < give_up, "no segments appeared"
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    kept = list(folder.glob("[0-9].nut"))
    # under a name of its own; an hour later, a run that makes the same segment removes it
    half_written = set(folder.glob(".*.part*"))
    project.run("--unlock", config=config)
    output = project.run(VIDEO, config=config)
    planned = len(json.loads((project.folder / "results/clips/pan/segments.json").read_text()))
    assert planned == 5
    # A part that was named but not yet written down as done is made again: one at most.
    assert output.count("rule stylize_segment:") - (planned - len(kept)) in (0, 1)
    facts = json.loads((folder / "facts.json").read_text())
    assert facts["frames"] == facts["frames_original"] == 48
    assert facts["sound_equal"] == [True]
    assert facts["timestamp_difference_ms"] == 0
    assert not list(folder.glob("[0-9].nut"))
    assert set((project.folder / "results").rglob("*.part*")) <= half_written


def test_a_changed_stabiliser_restyles_and_trains_nothing(project):
    path = "scripts/convatlas/stylization/stabilise.py"
    project.edit(path, "memory_frames: int = 2", "memory_frames: int = 1")
    plan = project.plan("--nolock", VIDEO)
    assert plan["stylize_segment"] == plan["assemble_video"] == 1
    assert not {"train_stylizer", "make_clip", "draw_picture"} & plan.keys()


def test_a_changed_title_restyles_nothing(project, tmp_path):
    toy = yaml.safe_load(TOY.read_text())
    toy["styles"] = {"trained": {"title": "another"}}
    config = tmp_path / "title.yaml"
    config.write_text(yaml.safe_dump(toy))
    assert not project.plan("--nolock", VIDEO, config=config)


def test_a_clip_of_ones_own_with_an_awkward_name(project, tmp_path):
    source = project.folder / "results/clips/pan.mp4"
    clip = tmp_path / '-it\'s my clip, "Übung" 1.mp4'
    clip.write_bytes(source.read_bytes())
    toy = yaml.safe_load(TOY.read_text())
    toy["clips"] = {"mine": {"title": "mine", "nature": "real", "licence": "", "path": str(clip)}}
    toy["videos"] |= {"clips": ["mine"]}
    config = tmp_path / "own.yaml"
    config.write_text(yaml.safe_dump(toy))
    project.run("results/videos/mine/trained.mp4", config=config)
    facts = json.loads((project.folder / "results/videos/mine/trained/facts.json").read_text())
    assert facts["frames"] == 48


def test_what_is_no_video_is_told_before_a_network_is_asked(project, tmp_path):
    clip = tmp_path / "text.mp4"
    clip.write_text("this is no clip")
    toy = yaml.safe_load(TOY.read_text())
    toy["clips"] = {"mine": {"title": "mine", "nature": "real", "licence": "", "path": str(clip)}}
    toy["videos"] |= {"clips": ["mine"]}
    config = tmp_path / "own.yaml"
    config.write_text(yaml.safe_dump(toy))
    output = project.fails("results/videos/mine/trained.mp4", config=config)
    assert "text.mp4 is not a video that can be read" in output
    assert "rule stylize_segment" not in output


def test_a_zoom_into_a_dream_is_a_clip_that_can_be_restyled(project, tmp_path):
    toy = yaml.safe_load(TOY.read_text())
    toy["clips"] = {"dream": {"zoom": "untrained_fall"}}
    config = tmp_path / "zoom.yaml"
    config.write_text(yaml.safe_dump(toy))
    zoom = project.folder / "results/images/zooms/untrained_fall.mp4"
    assert zoom.is_file()  # wanted_zooms has it
    zoom.unlink()
    output = project.run("results/videos/dream/trained.mp4", config=config)
    assert output.count("rule zoom_dream:") == 1
    assert "rule train_stylizer:" not in output
    facts = json.loads((project.folder / "results/videos/dream/trained/facts.json").read_text())
    assert facts["frames"] == 3
