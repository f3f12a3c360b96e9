"""Archives of the bad kind, and of the good."""

import bz2
import errno
import io
import lzma
import os
import random
import stat
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convatlas.data.archives import ArchiveError, extract_archive, extract_member
from convatlas.errors import ConvatlasError

FILES = {"top/a.txt": b"alpha", "top/sub/b.bin": random.Random(0).randbytes(50_000), "c": b""}
KINDS = ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"]


def tar_entry(name, **fields):
    info = tarfile.TarInfo(name)
    for key, value in fields.items():
        setattr(info, key, value)
    return info


def make(path, files=FILES, *, entries=()):
    """Write an archive of the kind that its name says; `entries` are raw TarInfos or ZipInfos."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for name, body in [*files.items(), *entries]:
                made.writestr(name, body)
    else:
        mode = "w" if path.suffix == ".tar" else f"w:{path.suffix[1:]}"
        quick = {"preset": 0} if path.suffix == ".xz" else {}  # the usual one takes 94 MB
        with tarfile.open(path, mode, **quick) as made:
            made.addfile(tar_entry("top", type=tarfile.DIRTYPE, mode=0o755))
            for name, body in files.items():
                made.addfile(tar_entry(name, size=len(body)), io.BytesIO(body))
            for info in entries:
                made.addfile(info)
    return path


def below(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_archive_is_unpacked(tmp_path, kind):
    names = extract_archive(make(tmp_path / f"x.{kind}"), tmp_path / "out")
    assert names == sorted(FILES)
    assert {name: (tmp_path / "out" / name).read_bytes() for name in names} == FILES
    assert below(tmp_path) == {f"x.{kind}", "out", "out/top", "out/top/sub"} | {
        f"out/{name}" for name in FILES
    }


@pytest.mark.parametrize("kind", KINDS)
def test_one_folder_is_unpacked_without_its_prefix(tmp_path, kind):
    assert extract_archive(make(tmp_path / f"x.{kind}"), tmp_path / "out", prefix="top") == [
        "a.txt",
        "sub/b.bin",
    ]
    assert (tmp_path / "out" / "sub/b.bin").read_bytes() == FILES["top/sub/b.bin"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("member", FILES)
def test_one_member_is_unpacked_over_an_old_file(tmp_path, kind, member):
    destination = tmp_path / "out" / "file"
    destination.parent.mkdir()
    destination.write_bytes(b"old")
    extract_member(make(tmp_path / f"x.{kind}"), member, destination)
    assert destination.read_bytes() == FILES[member]
    assert below(tmp_path / "out") == {"file"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_member_is_told_with_what_there_is(tmp_path, kind):
    archive = make(tmp_path / f"x.{kind}")
    with pytest.raises(ArchiveError, match=r"top/a\.txt") as caught:
        extract_member(archive, "nope.txt", tmp_path / "file")
    assert f"{archive}, member 'nope.txt'" in str(caught.value)
    with pytest.raises(ArchiveError, match="nothing to unpack"):
        extract_archive(archive, tmp_path / "out", prefix="nope")
    assert below(tmp_path) == {archive.name}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["../evil", "top/../../evil", "/evil", "..\\evil", "C:/evil", "top/.."]
)
def test_a_name_that_climbs_out_is_refused_and_nothing_is_left(tmp_path, kind, name):
    room = tmp_path / "room"
    room.mkdir()
    archive = make(room / f"x.{kind}", FILES | {name: b"evil"})
    with pytest.raises(ArchiveError, match="climbs out") as caught:
        extract_archive(archive, room / "out")
    assert str(archive) in str(caught.value)
    assert repr(name) in str(caught.value)
    with pytest.raises(ArchiveError, match="climbs out"):
        extract_member(archive, name, room / "file")
    assert below(tmp_path) == {"room", f"room/{archive.name}"}


@pytest.mark.parametrize(
    "entry",
    [
        tar_entry("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        tar_entry("link", type=tarfile.SYMTYPE, linkname=".."),
        tar_entry("link", type=tarfile.SYMTYPE, linkname="top/a.txt"),
        tar_entry("link", type=tarfile.LNKTYPE, linkname="../../secret"),
        tar_entry("link", type=tarfile.LNKTYPE, linkname="top/a.txt"),
        tar_entry("link", type=tarfile.FIFOTYPE),
        tar_entry("link", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
    ],
    ids=["absolute", "parent", "inside", "hard out", "hard in", "fifo", "device"],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, entry):
    archive = make(tmp_path / "x.tar.gz", entries=[entry])
    with pytest.raises(ArchiveError, match="'link': is a link or a device"):
        extract_archive(archive, tmp_path / "out")
    with pytest.raises(ArchiveError, match="'link': is a link or a device"):
        extract_member(archive, "link", tmp_path / "file")
    assert below(tmp_path) == {"x.tar.gz"}


def test_a_symlink_in_a_zip_is_refused(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive = make(tmp_path / "x.zip", entries=[(link, "/etc/passwd")])
    with pytest.raises(ArchiveError, match="'link': is a link or a device"):
        extract_archive(archive, tmp_path / "out")
    assert below(tmp_path) == {"x.zip"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_is_stopped_at_the_limit(tmp_path, kind):
    archive = make(tmp_path / f"x.{kind}", {"one": bytes(600_000), "two": bytes(600_000)})
    with pytest.raises(ArchiveError, match="'one': unpacks to more than the 500000 bytes"):
        extract_member(archive, "one", tmp_path / "file", limit=500_000)
    with pytest.raises(ArchiveError, match="'two'"):  # the limit is for both together
        extract_archive(archive, tmp_path / "out", limit=1_199_999)
    with pytest.raises(ArchiveError, match="more than 1 members"):
        extract_archive(archive, tmp_path / "out", max_members=1)
    assert below(tmp_path) == {archive.name}
    extract_archive(archive, tmp_path / "out", limit=1_200_000)


def test_a_zip_that_lies_about_its_size_is_refused(tmp_path):
    archive = make(tmp_path / "x.zip", {"lie": bytes(100_000)})
    body = archive.read_bytes().replace((100_000).to_bytes(4, "little"), b"\x0a\0\0\0")
    archive.write_bytes(body)
    with pytest.raises(ArchiveError, match="'lie': corrupt"):
        extract_member(archive, "lie", tmp_path / "file", limit=50)
    assert below(tmp_path) == {"x.zip"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.0, 0.2, 0.5, 0.9])
def test_a_cut_archive_is_refused_and_nothing_is_left(tmp_path, kind, part):
    archive = make(tmp_path / f"x.{kind}")
    body = archive.read_bytes()
    if kind == "tar":  # up to the end of the last member: what follows is only padding
        body = body[: 1024 * 52]
    archive.write_bytes(body[: int(len(body) * part)])
    with pytest.raises(ArchiveError, match="corrupt") as caught:
        extract_archive(archive, tmp_path / "out")
    assert str(archive) in str(caught.value)
    with pytest.raises(ArchiveError):
        extract_member(archive, "top/a.txt", tmp_path / "file")
    assert below(tmp_path) == {archive.name}


def test_a_tar_with_a_damaged_header_in_its_middle_is_not_taken_for_a_shorter_one(tmp_path):
    archive = make(tmp_path / "x.tar", {"a": b"1", "b": b"2"})
    body = bytearray(archive.read_bytes())
    body[body.index(b"b\0")] ^= 1  # the header's checksum no longer fits
    archive.write_bytes(body)
    with pytest.raises(ArchiveError, match="damaged, or cut short"):
        extract_archive(archive, tmp_path / "out")
    assert below(tmp_path) == {"x.tar"}


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_flipped_bit_is_noticed(tmp_path, kind):
    archive = make(tmp_path / f"x.{kind}", {"noise": FILES["top/sub/b.bin"]})
    body = bytearray(archive.read_bytes())
    body[len(body) // 2] ^= 1
    archive.write_bytes(body)
    with pytest.raises(ArchiveError, match="corrupt"):
        extract_archive(archive, tmp_path / "out")
    assert below(tmp_path) == {archive.name}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples: removing one for each takes longer than the test."""
    return tmp_path_factory.mktemp("junk")


@settings(deadline=None)  # machines differ
@given(junk=st.binary(max_size=2000), head=st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08"]))
def test_any_junk_is_an_archive_error(folder, junk, head):
    (folder / "x").write_bytes(head + junk)
    with pytest.raises(ArchiveError):
        extract_archive(folder / "x", folder / "out")
    assert below(folder) == {"x"}


def test_a_compressed_file_that_is_no_archive_is_an_archive_error(tmp_path):
    for name, body in {"b": bz2.compress(b"text" * 999), "l": lzma.compress(b"text")}.items():
        (tmp_path / name).write_bytes(body)
        with pytest.raises(ArchiveError):
            extract_member(tmp_path / name, "x", tmp_path / "file")


def test_an_encrypted_member_is_told(tmp_path):
    archive = make(tmp_path / "x.zip", {"a": b"secret"})
    body = bytearray(archive.read_bytes())
    body[6] |= 1  # the flags of the local header and of the directory
    body[body.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(body)
    with pytest.raises(ArchiveError, match="encrypted"):
        extract_archive(archive, tmp_path / "out")


def test_a_missing_archive_is_told(tmp_path):
    with pytest.raises(ArchiveError, match="No such file"):
        extract_archive(tmp_path / "none.zip", tmp_path / "out")
    assert below(tmp_path) == set()


def test_a_folder_in_use_is_left_alone_and_an_empty_one_is_filled(tmp_path):
    archive = make(tmp_path / "x.zip")
    out = tmp_path / "out"
    out.mkdir()
    extract_archive(archive, out)
    (out / "mine").write_text("precious")
    with pytest.raises(ArchiveError, match="exists already"):
        extract_archive(archive, out)
    assert (out / "mine").read_text() == "precious"
    assert below(tmp_path) == {"x.zip", "out", "out/top", "out/top/sub", "out/mine"} | {
        f"out/{name}" for name in FILES
    }


def test_the_last_of_two_members_of_one_name_counts(tmp_path):
    archive = tmp_path / "x.tar"
    with tarfile.open(archive, "w") as made:
        for body in (b"first and longer", b"second"):
            made.addfile(tar_entry("a", size=len(body)), io.BytesIO(body))
    extract_member(archive, "a", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"second"


def test_a_full_disk_is_told_with_the_archive_and_the_file(tmp_path, monkeypatch):
    class FullDisk(io.BytesIO):
        def write(self, _):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # a write names no file

    archive = make(tmp_path / "x.zip")
    real = type(tmp_path).open

    def full(path, mode="r", **options):
        return FullDisk() if mode == "wb" else real(path, mode, **options)

    monkeypatch.setattr(type(tmp_path), "open", full)
    with pytest.raises(ArchiveError, match=os.strerror(errno.ENOSPC)) as caught:
        extract_archive(archive, tmp_path / "out")
    assert str(archive) in str(caught.value)
    assert f"{tmp_path}/.out." in str(caught.value)
    assert "corrupt" not in str(caught.value)
    assert below(tmp_path) == {"x.zip"}


def test_the_errors_are_for_people():
    assert issubclass(ArchiveError, ConvatlasError)
