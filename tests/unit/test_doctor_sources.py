"""What the doctor finds of files from outside: cache, mirror, sizes, digests."""

import copy
import hashlib
import os
from pathlib import Path

import pytest
from test_settings import REAL

from convatlas.doctor.sources import (
    bytes_to_fetch,
    check_sources,
    names_of_weights,
    read_downloads,
)
from convatlas.errors import ConvatlasError

CONTENT = b"some hundred digits\n" * 5


@pytest.fixture
def config():
    """One dataset of one file, and no weights."""
    config = copy.deepcopy(REAL)
    file = {
        "name": "digits/one.csv",
        "urls": ["https://example.org/one.csv"],
        "size": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
    }
    config |= {"tables": {}, "galleries": {}, "datasets": {"one": {"files": {"table": file}}}}
    for section in ("clips", "pictures", "stylizers", "backbones", "features"):
        config[section] = {}
    config["painting"]["features"] = config["painting"]["proof"]["features"] = "none"
    config["transfers"] = config["dreams"] = config["zooms"] = {}
    return config


def look(config, mirror, cache, **options):
    return {
        (f.level, f.what): f
        for f in check_sources(config, mirror and str(mirror), cache, **options)
    }


def put(folder, content=CONTENT):
    (folder / "digits").mkdir(parents=True, exist_ok=True)
    (folder / "digits" / "one.csv").write_bytes(content)
    return folder


def test_a_file_that_is_nowhere_will_be_downloaded(config, tmp_path):
    found = look(config, None, tmp_path / "cache")
    assert "1 (100 bytes) will be downloaded: digits/one.csv" in found["warning", "data"].told
    assert bytes_to_fetch(config, None, tmp_path / "cache") == (100, 100)
    remote = look(config, "https://example.org/mirror", tmp_path / "cache")
    assert "come from the mirror" in remote["ok", "data"].told


def test_what_a_run_does_not_take_is_not_asked_for(config, tmp_path):
    plan = "rule download_file:\n    output: results/downloads/digits/one.csv\n    log: a.log\n"
    needed = read_downloads(plan, "results/downloads")
    assert needed == {"digits/one.csv"}
    assert ("warning", "data") in look(config, None, tmp_path, needed=needed)
    assert bytes_to_fetch(config, None, tmp_path, needed) == (100, 100)
    found = look(config, None, tmp_path, needed=read_downloads("", "results/downloads"))
    assert found["ok", "data"].told == "nothing is asked for"
    assert bytes_to_fetch(config, None, tmp_path, set()) == (0, 0)


def test_a_file_with_no_url_has_to_be_put_there_by_hand(config, tmp_path):
    config["datasets"]["one"]["files"]["table"]["urls"] = []
    (tmp_path / "mirror").mkdir()
    for mirror in (None, tmp_path / "mirror"):
        fault = look(config, mirror, tmp_path / "cache")["fault", "data"]
        assert "have no url, and are not here: digits/one.csv" in fault.told


@pytest.mark.parametrize("where", ["cache", "mirror"])
def test_a_file_that_is_there_is_counted(config, tmp_path, where):
    put(tmp_path / where)
    (tmp_path / "mirror").mkdir(exist_ok=True)
    found = look(config, tmp_path / "mirror", tmp_path / "cache")
    assert "1 of 1 files are at hand, by sizes" in found["ok", "data"].told
    assert not [level for level, _ in found if level != "ok"]
    assert bytes_to_fetch(config, str(tmp_path / "mirror"), tmp_path / "cache") == (100, 0)


@pytest.mark.parametrize(
    ("where", "remedy"), [("cache", "the next run fetches it"), ("mirror", "make pack")]
)
def test_a_file_that_was_cut_off_is_a_fault_that_names_it(config, tmp_path, where, remedy):
    put(tmp_path / where, CONTENT[:-7])
    (tmp_path / "mirror").mkdir(exist_ok=True)
    fault = look(config, tmp_path / "mirror", tmp_path / "cache")["fault", "data"]
    assert fault.told == "digits/one.csv: measures 93 bytes, and should 100"
    assert fault.where == str(tmp_path / where / "digits" / "one.csv")
    assert remedy in fault.remedy


def test_digests_are_looked_at_when_asked(config, tmp_path):
    put(tmp_path, b"X" + CONTENT[1:])
    assert ("fault", "data") not in look(config, None, tmp_path)
    assert "sha256" in look(config, None, tmp_path, verify=True)["fault", "data"].told
    put(tmp_path)
    assert "sizes and digests" in look(config, None, tmp_path, verify=True)["ok", "data"].told


def test_a_table_that_cannot_be_had_is_told(config, tmp_path):
    config["tables"] = {"music": ["one", "other"]}
    config["datasets"]["other"] = config["datasets"]["one"]
    with pytest.raises(ConvatlasError, match="none of one, other"):
        look(config, None, tmp_path)


def test_weights_that_others_trained_are_told_apart():
    names = names_of_weights(REAL)
    assert REAL["features"]["inception"]["file"]["name"] in names
    assert not names & {
        file["name"] for d in REAL["datasets"].values() for file in d.get("files", {}).values()
    }


@pytest.mark.mirror
@pytest.mark.skipif(not os.environ.get("CONVATLAS_MIRROR"), reason="CONVATLAS_MIRROR is not set")
def test_a_cut_off_file_of_the_real_mirror_is_found(tmp_path):
    real, mirror = Path(os.environ["CONVATLAS_MIRROR"]), tmp_path / "mirror"
    for path in real.rglob("*"):
        if path.is_file():
            (mirror / path.relative_to(real)).parent.mkdir(parents=True, exist_ok=True)
            (mirror / path.relative_to(real)).symlink_to(path)
    assert not [f for f in check_sources(REAL, str(mirror), tmp_path) if f.level == "fault"]
    name = "own_digits/cossio.csv"
    content = (real / name).read_bytes()
    (mirror / name).unlink()
    (mirror / name).write_bytes(content[: len(content) // 2])
    before = copy.deepcopy(REAL)
    (fault,) = [f for f in check_sources(REAL, str(mirror), tmp_path) if f.level == "fault"]
    assert name in fault.told
    bytes_to_fetch(REAL, str(mirror), tmp_path)
    assert before == REAL  # the config is its owner's: a gallery's place is not written into it
