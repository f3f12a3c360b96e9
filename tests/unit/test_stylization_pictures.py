"""Style pictures from files of any kind, and colours that are kept."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from restyling import STYLES

from convatlas.errors import ConvatlasError
from convatlas.stylization.colors import keep_luminance, match_colors
from convatlas.stylization.pictures import read_mask, read_picture, shrink_picture

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


def test_what_is_no_picture_is_named(tmp_path, monkeypatch):
    with pytest.raises(ConvatlasError, match=r"none\.png.*no such picture"):
        read_picture(tmp_path / "none.png")
    (tmp_path / "text.png").write_text("<html>")
    with pytest.raises(ConvatlasError, match=r"text\.png: not a picture"):
        read_picture(tmp_path / "text.png")
    (tmp_path / "half.png").write_bytes(saved(Image.fromarray(STYLES[0]), "PNG")[:1000])
    with pytest.raises(ConvatlasError, match=r"half\.png: damaged"):
        read_picture(tmp_path / "half.png")
    (tmp_path / "bomb.png").write_bytes(saved(Image.fromarray(STYLES[0]), "PNG"))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1300)
    with pytest.raises(ConvatlasError, match=r"bomb\.png: too many pixels"):
        read_picture(tmp_path / "bomb.png")


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


@pytest.mark.skipif("CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set")
def test_pictures_of_the_mirror_are_read():
    for path in sorted(Path(os.environ["CONVATLAS_MIRROR"], "pictures").iterdir()):
        picture = read_picture(path)
        assert picture.ndim == 3
        assert min(shrink_picture(picture, 256).shape[:2]) == 256
