"""Files that are whole or not there, whatever happens to their writer."""

import errno
import json
import math
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from convatlas.data import transfer
from convatlas.data.transfer import copy_whole
from convatlas.files import atomic_path, read_json, sha256_of, write_json

SCRIPTS = Path(__file__).parents[2] / "scripts"


def below(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


def write(path, text):
    with atomic_path(path) as part:
        part.write_text(text)


@pytest.fixture
def umask():
    """Set the umask for one test."""
    old = os.umask(0)
    os.umask(old)
    yield os.umask
    os.umask(old)


# --- atomic_path ---------------------------------------------------------------------------------


def test_the_final_name_appears_with_the_whole_content_and_its_folder(tmp_path):
    path = tmp_path / "new" / "folder" / "file.txt"
    with atomic_path(str(path)) as part:
        assert part.parent == path.parent
        assert below(tmp_path) == {"new", "new/folder"}
        part.write_text("half")
        assert not path.exists()
        part.write_text("whole")
    assert path.read_text() == "whole"
    assert below(path.parent) == {"file.txt"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_file_whose_writer_fails_keeps_its_old_content(tmp_path, error):
    path = tmp_path / "file"
    path.write_text("old")

    def write_half():
        with atomic_path(path) as part:
            part.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert below(tmp_path) == {"file"}


def test_who_reads_meanwhile_sees_the_old_content_to_its_end(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with path.open() as reader:
        write(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_a_block_that_writes_nothing_is_an_error_and_keeps_the_old_content(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), atomic_path(path):
        pass
    assert path.read_text() == "old"


def test_a_folder_takes_its_name_when_it_is_whole(tmp_path):
    def fill(name, *, fail):
        with atomic_path(tmp_path / name) as part:
            (part / "sub").mkdir(parents=True)
            (part / "sub" / "file").write_text("x")
            if fail:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        fill("failed", fail=True)
    fill("out", fail=False)
    assert below(tmp_path) == {"out", "out/sub", "out/sub/file"}


@pytest.mark.parametrize(("mask", "mode"), [(0o027, 0o640), (0o022, 0o644), (0o077, 0o600)])
def test_files_have_the_permissions_that_the_umask_leaves(tmp_path, umask, mask, mode):
    umask(mask)
    write(tmp_path / "file", "x")
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


@pytest.mark.parametrize("name", ["a.npz", "a.b.tar.gz", "plain", ".hidden", "odd [1].png"])
def test_the_temporary_name_keeps_the_suffix(tmp_path, name):
    with atomic_path(tmp_path / name) as part:
        assert part.suffix == (Path(name).suffix or ".part")
        assert part.name.startswith(".")
        part.touch()
    assert below(tmp_path) == {name}


def test_writers_that_add_a_missing_suffix_find_it(tmp_path):
    with atomic_path(tmp_path / "a.npz") as part:
        np.savez(part, numbers=np.arange(3))
    assert below(tmp_path) == {"a.npz"}
    with np.load(tmp_path / "a.npz") as archive:
        assert archive["numbers"].tolist() == [0, 1, 2]


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "file"
    with atomic_path(path) as one, atomic_path(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"  # the last to finish
    assert below(tmp_path) == {"file"}


@pytest.mark.parametrize("name", ["file [1]", "file.json"])
def test_a_killed_writer_leaves_nothing_under_the_final_name(tmp_path, name):
    program = (
        "import os, sys; from convatlas.files import atomic_path\n"
        "with atomic_path(sys.argv[1]) as part:\n"
        "    part.write_text('half'); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", program, tmp_path / name]
    killed = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(SCRIPTS)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name != name
    assert left.read_text() == "half"
    write(tmp_path / name, "whole")
    assert left.exists()  # it is young: its writer might be alive
    os.utime(left, (time.time() - 7200,) * 2)
    write(tmp_path / name, "whole")
    assert below(tmp_path) == {name}


def test_only_what_was_left_of_the_same_file_is_swept_up(tmp_path):
    with atomic_path(tmp_path / "a.txt") as part:
        part.touch()
        own = part.name
    others = {own.replace("a.txt", "b.txt"), own.replace("a.txt", "a.txt.txt"), ".a.txt", "a.part"}
    folder = tmp_path / own
    (folder / "deep").mkdir(parents=True)
    for name in others:
        (tmp_path / name).touch()
    for path in tmp_path.iterdir():
        os.utime(path, (time.time() - 7200,) * 2)
    write(tmp_path / "a.txt", "x")
    assert below(tmp_path) == {"a.txt", *others}


def test_a_full_disk_names_its_file_though_the_system_does_not(tmp_path):
    with pytest.raises(OSError, match="No space") as caught, atomic_path(tmp_path / "file"):
        raise OSError(errno.ENOSPC, "No space left")
    assert Path(caught.value.filename).parent == tmp_path
    assert Path(caught.value.filename).name.startswith(".file.")
    assert below(tmp_path) == set()


def test_an_error_of_something_else_is_passed_on_as_it_is(tmp_path):
    with pytest.raises(BrokenPipeError) as caught, atomic_path(tmp_path / "file"):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
    assert caught.value.filename is None


# --- JSON and digests ----------------------------------------------------------------------------


def test_json_comes_back_as_it_went_readable_and_with_a_last_line_end(tmp_path):
    value = {"name": "Sepúlveda", "numbers": [1, 0.1, 1e300, None, True]}
    write_json(tmp_path / "a.json", value)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert "Sepúlveda" in text
    assert text.endswith("}\n")
    assert '\n  "name"' in text
    assert read_json(tmp_path / "a.json") == value == json.loads(text)
    write_json(tmp_path / "a.json", value, indent=None)
    assert (tmp_path / "a.json").read_text(encoding="utf-8").count("\n") == 1


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_json_does_not_have_are_refused_and_the_old_file_stays(tmp_path, number):
    write_json(tmp_path / "a.json", 1)
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"loss": [number]})
    assert read_json(tmp_path / "a.json") == 1
    assert below(tmp_path) == {"a.json"}


def test_the_digest_is_the_published_one(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")  # FIPS 180-4's example
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(tmp_path / "abc") == sha256_of(str(tmp_path / "abc")) == digest


# --- copies --------------------------------------------------------------------------------------


def test_a_copy_has_the_usual_permissions_and_is_checked_before_it_has_its_name(tmp_path, umask):
    umask(0o027)
    seen = []

    def check(part):
        seen.append((part.read_bytes(), (tmp_path / "copy").exists()))

    with Path(__file__).open("rb") as source:
        copy_whole(source, tmp_path / "copy", check=check)
    assert seen == [(Path(__file__).read_bytes(), False)]
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o640


def test_a_full_disk_is_told_before_a_copy(tmp_path, monkeypatch):
    usage = transfer.shutil.disk_usage("/")
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: usage._replace(free=10))
    with (
        Path(__file__).open("rb") as source,
        pytest.raises(OSError, match="10 are free") as caught,
    ):
        copy_whole(source, tmp_path / "copy", check=lambda _: None)
    assert caught.value.errno == errno.ENOSPC
    assert below(tmp_path) == set()
