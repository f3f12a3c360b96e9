"""`make stylize`: any file names become a config of one clip and one style that is right."""

import argparse
import copy
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from test_settings import REAL, check, merge

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("stylize", ROOT / "tools" / "stylize.py")
stylize = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(stylize)

NAMES = [
    "holiday.mp4", "-dash.mov", "two words.webm", "it's \"quoted\".mkv", "Übung 日本.mp4",
    "123.gif", "style.jpg", "clip.mp4",
]  # fmt: skip


def asked(clip, style, **changed):
    options = {"clip": clip, "style": style, "strength": None, "color": None}
    return argparse.Namespace(**options | changed)


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_becomes_a_right_config(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    Image.new("RGB", (8, 8)).save(tmp_path / f"{name}.jpg")
    options = asked(tmp_path / name, str(tmp_path / f"{name}.jpg"))
    clip, style, overlay = stylize.describe(options, REAL["styles"])
    config = merge(copy.deepcopy(REAL), overlay)
    check(config)
    assert config["videos"]["clips"] == [clip]
    assert config["clips"][clip]["path"] == str(tmp_path / name)
    assert config["styles"][style]["pictures"] == {style: 1.0}


def test_a_style_of_the_config_keeps_its_pictures_and_takes_a_strength(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"")
    options = asked(tmp_path / "a.mp4", "mixed", strength=0.5, color="luminance")
    _, style, overlay = stylize.describe(options, REAL["styles"])
    config = merge(copy.deepcopy(REAL), overlay)
    check(config)
    assert config["styles"][style]["pictures"] == REAL["styles"]["mixed"]["pictures"]
    assert config["styles"][style]["strength"] == 0.5
    assert style != "mixed"  # two strengths lie beside one another


@pytest.mark.parametrize("style", sorted(REAL["styles"]))
def test_a_style_of_the_config_is_taken_as_it_is(tmp_path, style):
    (tmp_path / "a.mp4").write_bytes(b"")
    _, name, overlay = stylize.describe(asked(tmp_path / "a.mp4", style), REAL["styles"])
    assert name == style
    assert merge(copy.deepcopy(REAL), overlay)["styles"] == REAL["styles"]


@pytest.mark.parametrize("kind", ["clips", "pictures", "styles"])
def test_no_name_of_the_config_begins_as_those_made_from_files(kind):
    assert not [name for name in REAL[kind] if name.startswith(stylize.PREFIX)]


def test_every_file_has_a_name_of_its_own_however_long(tmp_path):
    names = ["a.mov", "a.mp4", "東京.mp4", "日本.mp4", "x" * 240 + ".mp4", "sub/a.mp4"]
    made = [stylize.name_of(tmp_path / name) for name in names]
    assert len({*made}) == len(names)
    assert max(map(len, made)) < 60


@pytest.mark.parametrize(
    ("clip", "style", "words"),
    [
        ("gone.mp4", "mixed", "no clip gone.mp4"),
        ("here.mp4", "gone.jpg", "no picture gone.jpg"),
    ],
)
def test_a_file_that_is_not_there_is_told_before_anything_runs(tmp_path, clip, style, words):
    (tmp_path / "here.mp4").write_bytes(b"")
    command = [sys.executable, str(ROOT / "tools" / "stylize.py"), clip, style]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert words in run.stderr
    assert not (tmp_path / ".snakemake").exists()


@pytest.mark.parametrize("strength", ["nan", "1.5", "-0.1", "much"])
def test_a_strength_that_is_no_share_is_told(tmp_path, strength):
    command = [sys.executable, str(ROOT / "tools" / "stylize.py"), "a", "b"]
    command.append(f"--strength={strength}")
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert f"invalid share value: '{strength}'" in run.stderr
