"""Style pictures from files of any kind, and colours that are kept."""

import contextlib
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from restyling import STYLES

from convatlas.errors import ConvatlasError
from convatlas.stylization.colors import keep_luminance, match_colors
from convatlas.stylization.pictures import (
    LIMIT,
    check_picture,
    read_mask,
    read_picture,
    shrink_picture,
)

# pictures


def saved(picture, kind, **how):
    stream = io.BytesIO()
    picture.save(stream, kind, **how)
    return stream.getvalue()


def test_content_decides_what_a_picture_is(tmp_path):
    wide = Image.fromarray(STYLES[0])
    (tmp_path / "a.jpg").write_bytes(saved(wide, "WEBP", lossless=True))
    assert np.array_equal(read_picture(tmp_path / "a.jpg"), STYLES[0])


def test_pictures_are_upright_and_opaque(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6  # shown a quarter turn clockwise
    (tmp_path / "a.png").write_bytes(saved(Image.fromarray(STYLES[0]), "PNG", exif=turned))
    assert np.array_equal(read_picture(tmp_path / "a.png"), np.rot90(STYLES[0], -1))
    clear = np.dstack((STYLES[0], np.zeros((40, 60), np.uint8)))
    clear[:, :30, 3] = 255
    (tmp_path / "b.png").write_bytes(saved(Image.fromarray(clear), "PNG"))
    found = read_picture(tmp_path / "b.png")
    assert np.array_equal(found[:, :30], STYLES[0][:, :30])
    assert (found[:, 30:] == 255).all()
    Image.fromarray(STYLES[0][..., 0]).save(tmp_path / "c.png")
    assert np.array_equal(read_mask(tmp_path / "c.png"), STYLES[0][..., 0])
    assert np.array_equal(read_picture(tmp_path / "c.png"), np.dstack([STYLES[0][..., 0]] * 3))


def test_what_is_no_picture_is_named(tmp_path):
    with pytest.raises(ConvatlasError, match=r"none\.png.*no such picture"):
        read_picture(tmp_path / "none.png")
    (tmp_path / "text.png").write_text("<html>")
    with pytest.raises(ConvatlasError, match=r"text\.png: not a picture"):
        read_picture(tmp_path / "text.png")
    (tmp_path / "half.png").write_bytes(saved(Image.fromarray(STYLES[0]), "PNG")[:1000])
    with pytest.raises(ConvatlasError, match=r"half\.png: damaged"):
        read_picture(tmp_path / "half.png")


def test_palettes_are_read_with_and_without_a_clear_colour(tmp_path):
    few = Image.fromarray(STYLES[0]).quantize(16)
    colours = np.asarray(few.convert("RGB"))
    for name, kind in (("a.gif", "GIF"), ("a.png", "PNG")):
        (tmp_path / name).write_bytes(saved(few, kind))
        with Image.open(tmp_path / name) as opened:
            assert opened.mode == "P"
        assert np.array_equal(read_picture(tmp_path / name), colours)
    clear = np.asarray(few) == 3
    assert clear.any()
    (tmp_path / "b.png").write_bytes(saved(few, "PNG", transparency=3))
    found = read_picture(tmp_path / "b.png")
    assert (found[clear] == 255).all()
    assert np.array_equal(found[~clear], colours[~clear])


def test_black_and_white_of_one_bit_is_read(tmp_path):
    bits = STYLES[0][..., 0] > 128
    Image.fromarray(bits).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as opened:
        assert opened.mode == "1"
    assert np.array_equal(read_picture(tmp_path / "a.png"), np.dstack([255 * bits] * 3))
    assert np.array_equal(read_mask(tmp_path / "a.png"), 255 * bits)


def test_inks_become_colours(tmp_path):
    """Of a JPEG as printers want it; K alone makes grey."""
    inks = np.zeros((32, 40, 4), np.uint8)
    inks[:16, :, 0] = 255  # cyan
    inks[16:, :, 3] = 155
    (tmp_path / "a.jpg").write_bytes(
        saved(Image.frombytes("CMYK", (40, 32), inks.tobytes()), "JPEG", quality=95)
    )
    with Image.open(tmp_path / "a.jpg") as opened:
        assert opened.mode == "CMYK"
    found = read_picture(tmp_path / "a.jpg").astype(int)
    assert np.abs(found[2:14] - (0, 255, 255)).max() < 6
    assert np.abs(found[18:30] - 100).max() < 6


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path, kind):
    values = np.linspace(0, 65_535, 40 * 60).reshape(40, 60).round().astype(np.uint16)
    (tmp_path / "a.png").write_bytes(saved(Image.fromarray(values), kind))
    with Image.open(tmp_path / "a.png") as opened:
        assert opened.mode.startswith("I")
    expected = np.round(values / 257).astype(np.uint8)
    assert np.array_equal(read_picture(tmp_path / "a.png"), np.dstack([expected] * 3))
    assert np.array_equal(read_mask(tmp_path / "a.png"), expected)


def test_sixteen_bits_with_a_clear_level(tmp_path):
    values = np.full((8, 8), 30_000, np.uint16)
    values[:4] = 1_000
    content = saved(Image.fromarray(values), "PNG")
    place = content.index(b"IDAT") - 4
    chunk = b"tRNS" + struct.pack(">H", 1_000)
    chunk = struct.pack(">I", 2) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "a.png").write_bytes(content[:place] + chunk + content[place:])
    found = read_picture(tmp_path / "a.png")
    assert (found[:4] == 255).all()
    assert (found[4:] == round(30_000 / 257)).all()


def test_pixels_without_a_known_white_are_told(tmp_path):
    Image.fromarray(np.full((8, 8), 0.5, np.float32)).save(tmp_path / "f.tif")
    with pytest.raises(ConvatlasError, match=r"f\.tif: .*nothing says which is white"):
        read_picture(tmp_path / "f.tif")
    Image.fromarray(np.full((8, 8), 1 << 20, np.int32)).save(tmp_path / "i.tif")
    with pytest.raises(ConvatlasError, match=r"i\.tif: .*more than 16 bits"):
        read_picture(tmp_path / "i.tif")


def test_a_grey_picture_may_be_clear_too(tmp_path):
    grey = np.dstack([STYLES[0][..., 0], np.full((40, 60), 255, np.uint8)])
    grey[:, 30:, 1] = 0
    (tmp_path / "a.png").write_bytes(saved(Image.frombytes("LA", (60, 40), grey.tobytes()), "PNG"))
    found = read_picture(tmp_path / "a.png")
    assert np.array_equal(found[:, :30, 0], grey[:, :30, 0])
    assert (found[:, 30:] == 255).all()


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_cameras_note_on_rotation_is_followed(tmp_path, turn):
    """Left half black, upper right white, as it is to be seen; stored in each of the eight ways."""
    upright = np.zeros((48, 64, 3), np.uint8)
    upright[:24, 32:] = 255
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.swapaxes(0, 1), 6: np.rot90(upright), 7: np.rot90(upright, 2).swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[turn]  # fmt: skip
    note = Image.Exif()
    note[0x0112] = turn
    path = tmp_path / "a.jpg"
    path.write_bytes(
        saved(Image.fromarray(np.ascontiguousarray(stored)), "JPEG", exif=note, quality=95)
    )
    found = read_picture(path)
    assert found.shape == upright.shape
    assert np.abs(found.astype(int) - upright)[4:-4:8, 4:-4:8].max() < 30


def test_a_damaged_note_on_rotation_is_no_reason_to_refuse(tmp_path):
    note = b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01"
    (tmp_path / "a.jpg").write_bytes(saved(Image.fromarray(STYLES[0]), "JPEG", exif=note))
    assert read_picture(tmp_path / "a.jpg").shape == STYLES[0].shape


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
def test_what_is_cut_off_is_told(tmp_path, kind):
    content = saved(Image.fromarray(STYLES[0]), kind)
    (tmp_path / "half.jpg").write_bytes(content[: len(content) // 2])
    with pytest.raises(ConvatlasError, match=r"half\.jpg: (damaged picture|not a picture)"):
        read_picture(tmp_path / "half.jpg")


def test_flipped_bytes_are_told_or_read_and_never_crash(tmp_path):
    random = np.random.default_rng(0)
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"):
        content = np.frombuffer(saved(Image.fromarray(STYLES[0]), kind), np.uint8)
        for _ in range(30):
            spoilt = content.copy()
            spoilt[random.integers(0, min(200, len(content)), 3)] ^= 0xFF
            (tmp_path / "x.png").write_bytes(spoilt.tobytes())
            with contextlib.suppress(ConvatlasError):  # and nothing else
                assert read_picture(tmp_path / "x.png").dtype == np.uint8


def bomb(side):
    """A PNG of one-bit white, a few kilobytes that are side x side pixels."""
    packer = zlib.compressobj()
    row = b"\0" + b"\xff" * (side // 8)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", data), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("side", [10_000, 20_000])  # Pillow warns of one and refuses the other
def test_a_bomb_is_refused_with_the_limit_and_how_to_raise_it(tmp_path, monkeypatch, side):
    monkeypatch.delenv(LIMIT, raising=False)
    content = bomb(side)
    assert len(content) < 100_000
    (tmp_path / "bomb.png").write_bytes(content)
    for read in (read_picture, read_mask, check_picture):
        with pytest.raises(ConvatlasError, match=rf"bomb\.png: too many .* 89478485.*{LIMIT}"):
            read(tmp_path / "bomb.png")


def test_a_raised_limit_is_kept_to(tmp_path, monkeypatch):
    """Sixteen million pixels are beyond a limit of one, and within one of twenty."""
    usual = Image.MAX_IMAGE_PIXELS
    (tmp_path / "large.png").write_bytes(bomb(4_000))
    monkeypatch.setenv(LIMIT, "1000000")
    with pytest.raises(ConvatlasError, match=r"large\.png: too many pixels: the limit is 1000000,"):
        read_mask(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)  # Pillow's own, which would refuse
    monkeypatch.setenv(LIMIT, "20000000")
    mask = read_mask(tmp_path / "large.png")
    assert mask.shape == (4_000, 4_000)
    assert mask.min() == 255
    check_picture(tmp_path / "large.png")
    assert Image.MAX_IMAGE_PIXELS == 1_000_000  # as it was
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", usual)
    for wrong in ("many", "0", "-5", "1e9"):
        monkeypatch.setenv(LIMIT, wrong)
        with pytest.raises(ConvatlasError, match=f"{LIMIT} is '{wrong}'; give a number"):
            read_mask(tmp_path / "large.png")


@pytest.mark.parametrize(
    ("shape", "expected"), [((40, 60), (20, 30)), ((90, 30), (60, 20)), ((10, 200), (20, 80))]
)
def test_shorter_side_decides_a_style_pictures_size(shape, expected):
    picture = np.full((*shape, 3), 77, np.uint8)
    assert shrink_picture(picture, 20).shape == (*expected, 3)


# colours


def test_luminance_is_the_results_and_colour_the_contents():
    result, content = torch.rand(2, 3, 6, 7) * 0.2 + 0.4, torch.rand(2, 3, 6, 7) * 0.2 + 0.4
    kept = keep_luminance(result, content)
    luma = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    torch.testing.assert_close((kept * luma).sum(1), (result * luma).sum(1))
    for channel in (0, 2):  # differences of colours carry I and Q
        expected = content[:, channel] - content[:, 1]
        torch.testing.assert_close(kept[:, channel] - kept[:, 1], expected)


def test_matched_colors_have_the_contents_mean_and_covariance():
    generator = torch.Generator().manual_seed(0)
    result = 0.5 + 0.1 * torch.randn(2, 3, 40, 40, generator=generator)
    content = 0.5 + 0.05 * torch.randn(2, 3, 30, 50, generator=generator)
    content[:, 1] += 0.5 * (content[:, 0] - 0.5)
    matched = match_colors(result, content)
    for found, expected in zip(matched.flatten(2), content.flatten(2), strict=True):
        torch.testing.assert_close(found.mean(1), expected.mean(1), atol=1e-3, rtol=0)
        torch.testing.assert_close(torch.cov(found), torch.cov(expected), atol=2e-5, rtol=0)
    grey = torch.full((1, 3, 8, 8), 0.3)
    torch.testing.assert_close(match_colors(grey, grey), grey)


@pytest.mark.mirror
@pytest.mark.skipif("CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set")
def test_the_kandinsky_is_a_webp_for_all_its_name():
    path = Path(os.environ["CONVATLAS_MIRROR"], "pictures", "kandinsky_style_scardenol.jpg")
    with Image.open(path) as opened:
        assert opened.format == "WEBP"
        shape = (opened.height, opened.width, 3)
    picture = read_picture(path)
    assert picture.shape == shape
    assert picture.std() > 30


@pytest.mark.skipif("CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set")
def test_pictures_of_the_mirror_are_read():
    for path in sorted(Path(os.environ["CONVATLAS_MIRROR"], "pictures").iterdir()):
        picture = read_picture(path)
        assert picture.ndim == 3
        assert min(shrink_picture(picture, 256).shape[:2]) == 256
