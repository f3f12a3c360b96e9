"""Frames in, frames in another style out: what the options do, frame by frame."""

import logging

import numpy as np
import pytest
import torch
from restyling import FRAMES, RANDOM, STYLES, OneStyle, any_style, difference
from torch import nn

from convatlas.errors import ConvatlasError
from convatlas.stylization.frames import make_stylizer
from convatlas.stylization.options import StylizationOptions


@pytest.fixture(scope="module")
def arbitrary():
    return any_style(4, 1)


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


def test_exhausted_memory_is_no_reason_not_to_compile(monkeypatch, caplog):
    def compile_narrow(network, **_):
        def forward(*arguments):
            if arguments[0].shape[-1] > 60:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")
            called.append(arguments[0].shape[-1])
            return network(*arguments)

        return forward

    called = []
    monkeypatch.setattr(torch, "compile", compile_narrow)
    stylizer = make_stylizer(OneStyle(), options=StylizationOptions(compile=True))
    wide = np.concatenate((FRAMES[:1], FRAMES[:1], FRAMES[:1]), 2)
    with caplog.at_level(logging.WARNING):
        found = stylizer(wide)
    assert "not compiled" not in caplog.text
    assert "tiles of" in caplog.text
    assert difference(found, make_stylizer(OneStyle())(wide)) <= 1
    stylizer(FRAMES[:1])
    assert called == [60]  # what fits is compiled still


def test_quick_normalisation_is_torchs_own():
    network, content = OneStyle(), torch.from_numpy(FRAMES[:1]).permute(0, 3, 1, 2) / 255
    stylizer = make_stylizer(network)
    assert type(network.norm) is nn.InstanceNorm2d
    assert type(stylizer.restyler.network.norm) is not nn.InstanceNorm2d
    with torch.inference_mode():
        expected, found = network(content), stylizer.restyler.network(content)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
