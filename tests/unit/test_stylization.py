"""Frames in, frames in another style out: options, colours, masks, tiles, memory."""

import io
import logging
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from convatlas.errors import ConvatlasError
from convatlas.models.stylizer import Stylizer, Transformer
from convatlas.stylization import frames as frames_module
from convatlas.stylization.colors import keep_luminance, match_colors
from convatlas.stylization.frames import make_stylizer
from convatlas.stylization.memory import Needs, choose_tile, free_memory, measure_needs
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.pictures import read_mask, read_picture, shrink_picture
from convatlas.stylization.tiles import plan_spans, restyle_in_tiles

RANDOM = np.random.default_rng(0)
FRAMES = np.repeat(np.repeat(RANDOM.integers(0, 256, (3, 11, 15, 3)), 4, 1), 4, 2).astype(np.uint8)
STYLES = [RANDOM.integers(0, most, (40, 60, 3)).astype(np.uint8) for most in (256, 100)]
CPU = torch.device("cpu")


def any_style(channels, blocks):
    """A network for any style, whose description of a style is the colours of its four corners."""
    torch.manual_seed(0)
    network = Stylizer()
    embed = nn.Linear(12, 100)
    network.prediction = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), embed)
    network.transformer = Transformer(channels, blocks)
    with torch.no_grad():
        embed.weight *= 30
    return network.eval()


@pytest.fixture(scope="module")
def arbitrary():
    return any_style(4, 1)


class OneStyle(nn.Module):
    """A network of one style: halves, normalises, enlarges; remembers what it was given."""

    def __init__(self, most_pixels=10**9):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.first = nn.Conv2d(3, 4, 3, 2, padding=1, padding_mode="reflect")
        self.norm = nn.InstanceNorm2d(4, affine=True)
        self.last = nn.Conv2d(4, 3, 3, padding=1, padding_mode="reflect")
        self.most_pixels, self.seen = most_pixels, []
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=generator)

    def forward(self, x):
        self.seen.append(tuple(x.shape))
        if x[:, 0].numel() > self.most_pixels:
            raise torch.OutOfMemoryError("nothing left")
        x = self.norm(self.first(x)).relu()
        return self.last(nn.functional.interpolate(x, scale_factor=2.0)).sigmoid()


def difference(a, b):
    return np.abs(a.astype(int) - b).max()


# options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"strength": 1.5}, "strength: 1.5.*between 0 and 1"),
        ({"strength": float("nan")}, "strength"),
        ({"color": "sepia"}, "color: 'sepia'.*style, luminance, histogram"),
        ({"style_pixels": 8}, "style_pixels"),
        ({"number_format": "float8"}, "number_format.*bfloat16"),
        ({"tile_pixels": 8}, "tile_pixels.*64"),
        ({"memory_mib": 0}, "memory_mib"),
        ({"weights": [1, -1]}, "weights"),
        ({"weights": [0, 0]}, "weights"),
        ({"weights": []}, "weights"),
    ],
)
def test_senseless_options_are_refused(options, words):
    with pytest.raises(ConvatlasError, match=words):
        StylizationOptions(**options)


def test_network_styles_and_weights_have_to_fit(arbitrary):
    with pytest.raises(ConvatlasError, match="at least one style"):
        make_stylizer(arbitrary)
    with pytest.raises(ConvatlasError, match="2 given, but OneStyle"):
        make_stylizer(OneStyle(), STYLES)
    with pytest.raises(ConvatlasError, match="weights"):
        make_stylizer(OneStyle(), options=StylizationOptions(weights=[1]))
    with pytest.raises(ConvatlasError, match="3 of them for 2 style pictures"):
        make_stylizer(arbitrary, STYLES, StylizationOptions(weights=[1, 1, 1]))
    for wrong in (FRAMES[0], FRAMES.astype(float), FRAMES[..., :1]):
        with pytest.raises(ConvatlasError, match="uint8"):
            make_stylizer(OneStyle())(wrong)


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


# what the options do


def test_strength_goes_from_the_frames_own_style_to_the_styles(arbitrary):
    made = {
        strength: make_stylizer(arbitrary, STYLES[:1], StylizationOptions(strength=strength))
        for strength in (0.0, 0.5, 1.0)
    }
    own = make_stylizer(arbitrary, [FRAMES[0]])
    found = {strength: stylizer(FRAMES[:1]) for strength, stylizer in made.items()}
    assert np.array_equal(found[0.0], own(FRAMES[:1]))
    assert difference(found[0.0], found[1.0]) > 20
    content = torch.from_numpy(FRAMES[:1]).permute(0, 3, 1, 2) / 255
    with torch.inference_mode():
        between = made[0.5].restyler.embedding_for(content)
    middle = (own.restyler.style + made[1.0].restyler.style) / 2
    torch.testing.assert_close(between, middle)


def test_styles_are_mixed_by_weight(arbitrary):
    one, other = (make_stylizer(arbitrary, [style]).restyler.style for style in STYLES)
    mixed = make_stylizer(arbitrary, STYLES, StylizationOptions(weights=[3, 1]))
    torch.testing.assert_close(mixed.restyler.style, 0.75 * one + 0.25 * other)
    assert (one - other).abs().max() > 0.1


def test_strength_of_a_network_of_one_style_is_between_pixels():
    full = make_stylizer(OneStyle())(FRAMES).astype(float)
    half = make_stylizer(OneStyle(), options=StylizationOptions(strength=0.5))(FRAMES)
    assert np.abs(half - (full + FRAMES) / 2).max() <= 1


def test_mask_leaves_what_is_black_to_the_bit(arbitrary):
    mask = np.zeros((44, 60), np.uint8)
    mask[:, 30:] = 255
    plain = make_stylizer(arbitrary, STYLES[:1])(FRAMES)
    found = make_stylizer(arbitrary, STYLES[:1], mask=mask)(FRAMES)
    assert np.array_equal(found[:, :, :30], FRAMES[:, :, :30])
    assert np.array_equal(found[:, :, 30:], plain[:, :, 30:])
    grey = make_stylizer(arbitrary, STYLES[:1], mask=np.full((2, 2), 51, np.uint8))(FRAMES)
    assert np.abs(grey - (0.8 * FRAMES + 0.2 * plain.astype(float))).max() <= 1


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


def test_colors_reach_the_frames(arbitrary):
    found = {
        color: make_stylizer(arbitrary, STYLES[:1], StylizationOptions(color=color))(FRAMES)
        for color in ("style", "luminance", "histogram")
    }
    assert difference(found["style"], found["luminance"]) > 20
    means = [np.abs(f.mean((1, 2)) - FRAMES.mean((1, 2))).max() for f in found.values()]
    assert means[2] < 8 < means[0]


# frame by frame


def test_a_frame_comes_out_the_same_in_any_batch_and_twice(arbitrary):
    for stylizer in (make_stylizer(arbitrary, STYLES), make_stylizer(OneStyle())):
        whole = stylizer(FRAMES)
        assert whole.shape == FRAMES.shape
        stylizer.reset()
        apart = np.concatenate([stylizer(FRAMES[n : n + 1]) for n in (0, 1, 2)])
        assert np.array_equal(whole, apart)
        assert stylizer(FRAMES[:0]).shape == (0, 44, 60, 3)


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (37, 22)])
def test_frames_of_any_size(arbitrary, size):
    frames = RANDOM.integers(0, 256, (2, *size, 3)).astype(np.uint8)
    assert make_stylizer(arbitrary, STYLES)(frames).shape == frames.shape


def test_bfloat16_stays_near(arbitrary):
    near = make_stylizer(arbitrary, STYLES, StylizationOptions(number_format="bfloat16"))(FRAMES)
    exact = make_stylizer(arbitrary, STYLES)(FRAMES)
    assert 0 < np.abs(near.astype(int) - exact).mean() < 2


def test_without_a_compiler_it_goes_on_and_says_so(arbitrary, monkeypatch, caplog):
    def compile_nothing(network, **_):
        def fail(*_):
            raise RuntimeError("no C++ compiler")

        return fail

    monkeypatch.setattr(torch, "compile", compile_nothing)
    stylizer = make_stylizer(arbitrary, STYLES, StylizationOptions(compile=True))
    with caplog.at_level(logging.WARNING):
        found = stylizer(FRAMES)
    assert np.array_equal(found, make_stylizer(arbitrary, STYLES)(FRAMES))
    assert [record.message for record in caplog.records if "no C++ compiler" in record.message]


def test_quick_normalisation_is_torchs_own():
    network, content = OneStyle(), torch.from_numpy(FRAMES[:1]).permute(0, 3, 1, 2) / 255
    stylizer = make_stylizer(network)
    assert type(network.norm) is nn.InstanceNorm2d
    assert type(stylizer.restyler.network.norm) is not nn.InstanceNorm2d
    with torch.inference_mode():
        expected, found = network(content), stylizer.restyler.network(content)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


# tiles and memory


def test_spans_cover_a_side_in_steps_of_four():
    for side, tile, halo in ((100, 32, 8), (96, 96, 10), (96, 95, 10), (8, 64, 60)):
        spans = plan_spans(side, tile, halo)
        assert [span.first for span in spans] == [0, *(span.last for span in spans[:-1])]
        assert spans[-1].last == side
        for span in spans:
            assert span.start % 4 == span.first % 4 == 0
            assert span.start == max(0, span.first - -(-halo // 4) * 4)
            assert span.stop == min(side, span.last + -(-halo // 4) * 4)


@pytest.mark.parametrize(("height", "width", "tile"), [(208, 272, 96), (149, 210, 64)])
def test_tiles_are_the_whole_frame_without_seams(height, width, tile):
    network = any_style(8, 5)
    content = RANDOM.integers(0, 256, (2, height // 8, width // 8 + 1, 3)).astype(np.uint8)
    frames = np.pad(content.repeat(8, 1).repeat(8, 2), ((0, 0), (0, 7), (0, 0), (0, 0)), "edge")
    frames = np.ascontiguousarray(frames[:, :height, :width])
    whole = make_stylizer(network, STYLES[:1])(frames)
    tiled = make_stylizer(network, STYLES[:1], StylizationOptions(tile_pixels=tile))(frames)
    assert difference(whole, tiled) <= 1
    assert whole.std() > 5


def test_statistics_of_tiles_alone_would_show():
    network = OneStyle()
    content = torch.rand(1, 3, 64, 96) * torch.linspace(0, 1, 96)
    with torch.inference_mode():
        whole = network(content)
        tiled = restyle_in_tiles(network, network, content, tile=32, halo=8)
        short = restyle_in_tiles(network, network, content, tile=32, halo=0)
        alone = torch.cat([network(part) for part in content.split(32, 3)], 3)
    assert (whole - tiled).abs().max() < 1e-5
    assert (whole - short).abs().max() > 0.01
    assert (whole - alone).abs().max() > 0.01
    torch.testing.assert_close(network(content), whole)  # the network is left as it was


def test_error_in_a_tile_is_raised_and_ends_all():
    network = OneStyle(most_pixels=900)
    with pytest.raises(torch.OutOfMemoryError):
        restyle_in_tiles(network, network, torch.rand(1, 3, 64, 96), tile=32, halo=8)
    assert "forward" not in vars(network.norm)


def test_memory_that_gives_out_is_met_with_smaller_tiles(caplog):
    frames = RANDOM.integers(0, 256, (2, 200, 300, 3)).astype(np.uint8)
    stylizer = make_stylizer(OneStyle(most_pixels=90 * 90))
    network = stylizer.restyler.network
    with caplog.at_level(logging.WARNING):
        found = stylizer(frames)
    assert difference(found, make_stylizer(OneStyle())(frames)) <= 1
    assert ["tiles of 148" in caplog.text, "tiles of 72" in caplog.text] == [True, True]
    network.seen.clear()
    stylizer(frames)  # the next batch does not try again what failed
    assert max(height * width for *_, height, width in network.seen) <= 90 * 90
    with pytest.raises(ConvatlasError, match="300x200 pixels do not fit"):
        make_stylizer(OneStyle(most_pixels=70 * 70))(frames)


def test_batches_shrink_before_frames_are_cut(monkeypatch):
    stylizer = make_stylizer(OneStyle(most_pixels=2 * 44 * 60))
    network = stylizer.restyler.network
    stylizer._cuts[44, 60] = frames_module._Cut(batch=16, tile=None)
    monkeypatch.setattr(network, "seen", seen := [])
    frames = np.concatenate((FRAMES, FRAMES))
    assert difference(stylizer(frames), make_stylizer(OneStyle())(frames)) <= 1
    assert [shape[0] for shape in seen] == [6, 3, 1, 1, 1, 1, 1, 1]


def test_other_errors_are_not_taken_for_memory():
    class Broken(OneStyle):
        def forward(self, x):
            if x.shape[-1] == 60:
                raise RuntimeError("shapes do not fit")
            return super().forward(x)

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        make_stylizer(Broken())(FRAMES)


def test_exhausted_memory_of_a_processor_is_met_too():
    class Full(OneStyle):
        def forward(self, x):
            if x.shape[-1] > 120:  # what torch 2.15 says on Linux
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")
            return super().forward(x)

    wide = np.concatenate((FRAMES, FRAMES, FRAMES), 2)
    found = make_stylizer(Full())(wide)
    assert difference(found, make_stylizer(OneStyle())(wide)) <= 1


def test_tiles_in_bfloat16_stay_near():
    frames = FRAMES.repeat(3, 1)
    options = StylizationOptions(number_format="bfloat16", tile_pixels=64)
    found = make_stylizer(OneStyle(), options=options)(frames)
    expected = make_stylizer(OneStyle())(frames)
    assert 0 < np.abs(found.astype(int) - expected).mean() < 2


def test_tiles_are_chosen_from_memory():
    needs = Needs(bytes_per_pixel=200, held_per_pixel=80, halo=58)
    assert choose_tile(needs, 720, 1280, 2**30) is None
    tile = choose_tile(needs, 2160, 3840, 2**30)
    spans = plan_spans(3840, tile, needs.halo)
    largest = max(span.stop - span.start for span in spans) ** 2 * 200
    assert 0.2 * 2**30 < largest + 2160 * 3840 * 80 < 2**30 * 0.75 + 2160 * 3840 * 80
    assert choose_tile(needs, 2160, 3840, 2**20) == 64


def test_needs_are_measured(arbitrary):
    transformer = Transformer().eval()
    style = torch.zeros(1, 100)
    needs = measure_needs(transformer, lambda x: transformer(x, style), CPU)
    assert needs.halo == 54 + 4  # 4 + 1 + 2 + 10 x 4 + 2 + 1 + 4, and the coarse pixel beside
    # the widest: 16 channels in, enlarged and padded, 8 out
    assert 2 * 4 * 24 <= needs.bytes_per_pixel <= 2.2 * 4 * 24
    assert 0 < free_memory(CPU) < 2**50


def test_memory_option_bounds_what_is_used():
    stylizer = make_stylizer(OneStyle(), options=StylizationOptions(memory_mib=1))
    network = stylizer.restyler.network
    network.seen.clear()
    stylizer(FRAMES.repeat(6, 1))
    assert max(width for *_, width in network.seen) <= 60
    assert max(height for _, _, height, _ in network.seen) < 264


@pytest.mark.skipif("CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set")
def test_pictures_of_the_mirror_are_read():
    for path in sorted(Path(os.environ["CONVATLAS_MIRROR"], "pictures").iterdir()):
        picture = read_picture(path)
        assert picture.ndim == 3
        assert min(shrink_picture(picture, 256).shape[:2]) == 256
