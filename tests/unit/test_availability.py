"""Which of several tables a run takes: the first that lies at hand."""

import pytest

from convatlas.data.availability import choose_tables
from convatlas.errors import ConvatlasError


def remote(*names):
    return {"files": {f"f{k}": {"name": n, "urls": ["https://x"]} for k, n in enumerate(names)}}


DATASETS = {
    "music": remote("gom/music.zip"),
    "twofold": remote("two/a.mat", "two/b.mat"),
    "embedded": {"kind": "diabetes"},
    "own": {"path": "own.csv", "files": {"path": {"name": "own.csv"}}},
}


def choose(tmp_path, names, mirror=None):
    config = {"tables": {"music": names}, "datasets": DATASETS}
    return choose_tables(config, mirror, tmp_path / "cache")["music"]


def put(folder, name):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return str(folder)


@pytest.mark.parametrize("names", ["music", ["music"]])
def test_a_single_name_stands_though_nothing_is_at_hand(tmp_path, names):
    assert choose(tmp_path, names) == "music"


def test_the_first_at_hand_is_taken(tmp_path):
    names = ["twofold", "music", "embedded"]
    assert choose(tmp_path, names) == "embedded"
    put(tmp_path / "cache", "gom/music.zip")
    assert choose(tmp_path, names) == "music"
    put(tmp_path / "cache", "two/a.mat")
    assert choose(tmp_path, names) == "music"  # half of the files are not enough
    mirror = put(tmp_path / "mirror", "two/b.mat")
    assert choose(tmp_path, names) == "music"
    assert choose(tmp_path, names, mirror) == "twofold"  # a half here, a half there


def test_a_folder_in_place_of_a_file_is_not_at_hand(tmp_path):
    (tmp_path / "cache/gom/music.zip").mkdir(parents=True)
    assert choose(tmp_path, ["music", "embedded"]) == "embedded"


def test_a_mirror_in_the_home_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path / "mirror", "gom/music.zip")
    assert choose(tmp_path, ["music", "embedded"], "~/mirror") == "music"


def test_a_mirror_by_url_counts_as_having_all(tmp_path):
    assert choose(tmp_path, ["music", "embedded"], "https://mirror.org/data") == "music"


@pytest.mark.parametrize("name", ["embedded", "own"])
def test_what_needs_no_download_is_at_hand(tmp_path, name):
    assert choose(tmp_path, ["music", name]) == name


def test_each_part_is_chosen_for_itself(tmp_path):
    put(tmp_path / "cache", "gom/music.zip")
    config = {
        "tables": {
            "one": ["twofold", "embedded"],
            "two": ["music", "embedded"],
            "three": "twofold",
        },
        "datasets": DATASETS,
    }
    chosen = choose_tables(config, None, tmp_path / "cache")
    assert chosen == {"one": "embedded", "two": "music", "three": "twofold"}


def test_none_at_hand_is_told_with_what_to_do(tmp_path):
    with pytest.raises(ConvatlasError, match=r"'tables\.music': none of music, twofold.*datasets"):
        choose(tmp_path, ["music", "twofold"], str(tmp_path / "mirror"))
