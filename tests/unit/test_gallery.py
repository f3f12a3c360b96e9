"""Pictures of any kind and size from folders and archives; what is left out, and said."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from convatlas.data.gallery import (
    LEAST,
    cut_squares,
    describe_gallery,
    digest_of_folder,
    load_gallery,
    open_gallery,
    read_archive,
    read_folder,
    save_gallery,
)
from convatlas.errors import ConvatlasError


def fill(folder, count=LEAST, size=(40, 30), suffix="png"):
    folder.mkdir(parents=True, exist_ok=True)
    drawn = np.random.default_rng(0)
    for number in range(count):
        levels = drawn.integers(0, 256, (size[1], size[0], 3), np.uint8)
        Image.fromarray(levels).save(folder / f"{number:02}.{suffix}")
    return folder


def test_the_middle_of_each_picture_is_taken_whatever_its_kind(tmp_path):
    folder = fill(tmp_path / "pictures")
    left = np.zeros((16, 32, 3), np.uint8)
    left[:, 8:24] = 200
    Image.fromarray(left).save(folder / "within.bmp")
    Image.new("L", (50, 50), 77).save(folder / "grey.jpg")
    Image.new("RGBA", (20, 20), (10, 20, 30, 255)).save(folder / "transparent.png")
    (folder / "below").mkdir()
    Image.new("P", (16, 16), 3).save(folder / "below" / "palette.gif")
    gallery = read_folder(folder, 16)
    assert gallery.pictures.shape == (LEAST + 4, 16, 16, 3)
    by_name = dict(zip(gallery.names, gallery.pictures, strict=True))
    assert (by_name["within.bmp"] == 200).all()
    assert abs(by_name["grey.jpg"].astype(int) - 77).max() <= 1
    assert (by_name["transparent.png"] == [10, 20, 30]).all()
    assert "below/palette.gif" in by_name
    assert gallery.enlarged == 0
    assert gallery.names == sorted(gallery.names)


def test_all_of_a_picture_is_squeezed_where_the_dataset_says_so(tmp_path):
    folder = fill(tmp_path / "pictures")
    halves = np.zeros((16, 32, 3), np.uint8)
    halves[:, :4] = halves[:, 28:] = 200
    Image.fromarray(halves).save(folder / "halves.png")
    entry = {"kind": "picture_folder"}
    cropped, resized = (
        open_gallery({**entry, **fit}, {"path": folder}, 16).pictures[-1]
        for fit in ({}, {"fit": "resize"})
    )
    assert (cropped == 0).all(), "the edges are cut off"
    assert resized[:, 0].min() > 150
    assert resized[:, 15].min() > 150
    assert resized[:, 8].max() < 20


def test_files_that_are_no_picture_or_there_twice_are_left_out_and_named(tmp_path):
    folder = fill(tmp_path / "pictures")
    (folder / "11.txt").write_text("no picture")
    whole = (folder / "03.png").read_bytes()
    (folder / "12.png").write_bytes(whole)
    (folder / "13.png").write_bytes(whole[: len(whole) // 2])
    gallery = read_folder(folder, 16)
    assert len(gallery.pictures) == LEAST
    reasons = gallery.rejected.set_index("file")["reason"]
    assert list(reasons.index) == ["11.txt", "12.png", "13.png"]
    assert reasons["12.png"] == "the same picture as 03.png"


def test_small_pictures_are_enlarged_and_counted(tmp_path):
    gallery = read_folder(fill(tmp_path / "pictures", size=(20, 12)), 16)
    assert gallery.enlarged == LEAST
    assert describe_gallery(gallery)["enlarged"] == LEAST


def test_too_few_pictures_are_refused_with_what_was_wrong(tmp_path):
    folder = fill(tmp_path / "pictures", count=LEAST - 1)
    (folder / "zz.txt").write_text("no picture")
    with pytest.raises(
        ConvatlasError, match=rf"pictures: {LEAST - 1} pictures .*{LEAST} at least"
    ) as told:
        read_folder(folder, 16)
    assert "zz.txt" in str(told.value)


def test_the_first_so_many_are_taken_by_name(tmp_path):
    folder = fill(tmp_path / "pictures", count=15)
    gallery = read_folder(folder, 16, most=12)
    assert gallery.names == [f"{number:02}.png" for number in range(12)]


def test_an_archive_gives_what_its_folder_would(tmp_path):
    folder = fill(tmp_path / "pictures")
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"set/trainA/{file.name}")
        archive.writestr("set/trainB/other.txt", "no picture")
    found, wanted = read_archive(path, "set/trainA", 16), read_folder(folder, 16)
    np.testing.assert_array_equal(found.pictures, wanted.pictures)
    assert found.names == wanted.names
    with pytest.raises(ConvatlasError, match=r"archive\.zip, set/trainB: 0 pictures"):
        read_archive(path, "set/trainB", 16)


def test_a_declared_folder_has_to_be_the_one(tmp_path):
    folder = fill(tmp_path / "pictures")
    entry = {"kind": "picture_folder", "sha256": digest_of_folder(folder), "pictures": LEAST}
    gallery = open_gallery(entry, {"path": folder}, 16)
    assert len(gallery.pictures) == LEAST
    (folder / "00.png").write_bytes((folder / "01.png").read_bytes())
    with pytest.raises(
        ConvatlasError, match=r"not the pictures that config/datasets\.yaml declares"
    ):
        open_gallery(entry, {"path": folder}, 16)


def test_simulated_paintings_share_no_square_with_the_photographs():
    painted, plain = (cut_squares(32, painted=painted) for painted in (True, False))
    assert len(painted.pictures) == len(plain.pictures) == 260
    # a median of the same square would be near it: these are of other places
    nearest = abs(painted.pictures[:, None].astype(int) - plain.pictures[None, :40]).mean((2, 3, 4))
    assert nearest.min() > 0
    assert painted.pictures.std(0).mean() > 10


def test_what_is_saved_is_read_again(tmp_path):
    gallery = cut_squares(16, painted=True)
    save_gallery(tmp_path / "pictures.npz", gallery)
    np.testing.assert_array_equal(load_gallery(tmp_path / "pictures.npz"), gallery.pictures)
