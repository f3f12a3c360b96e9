"""Mask, colours and strength together with the stabiliser: held to the very frame they are of."""

import numpy as np
import pytest
import torch
from restyling import FRAMES, STYLES, OneStyle, any_style, difference
from test_stabilise import panned

from convatlas.errors import ConvatlasError
from convatlas.stylization.frames import make_stylizer
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.pictures import shrink_picture
from convatlas.stylization.stabilise import Stabilised, StabiliserOptions

CLIP = panned(6)
LUMA = np.array([0.299, 0.587, 0.114])
YIQ = np.array([LUMA, [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def stabilised(stylizer, **options):
    return Stabilised(stylizer.restyle, StabiliserOptions(**options), finish=stylizer.finish)


def chroma(frames):
    return frames.astype(float) @ YIQ[1:].T


def soft_mask():
    """Left columns black, right ones white, grey between."""
    ramp = np.linspace(-1, 2, CLIP.shape[2]).clip(0, 1)
    return np.repeat((255 * ramp).astype(np.uint8)[None], CLIP.shape[1], 0)


def test_a_black_mask_and_no_strength_leave_every_pixel():
    black = make_stylizer(OneStyle(), mask=np.zeros((2, 2), np.uint8))
    weak = make_stylizer(OneStyle(), options=StylizationOptions(strength=0.0))
    for stylizer in (black, weak):
        np.testing.assert_array_equal(stabilised(stylizer)(CLIP), CLIP)
    assert difference(stabilised(make_stylizer(OneStyle()))(CLIP), CLIP) > 50


def test_half_a_mask_leaves_its_half():
    stylizer = make_stylizer(OneStyle(), mask=soft_mask())
    bare = stabilised(make_stylizer(OneStyle()))(CLIP)
    found, columns = stabilised(stylizer)(CLIP), soft_mask()[0]
    np.testing.assert_array_equal(found[:, :, columns == 0], CLIP[:, :, columns == 0])
    np.testing.assert_array_equal(found[:, :, columns == 255], bare[:, :, columns == 255])


def test_colours_of_the_frame_are_as_exact_as_frame_by_frame():
    network = OneStyle()
    network.last.weight.data *= 0.2  # light enough and dark enough for any colour
    network.last.bias.data[:] = 0
    stylizer = make_stylizer(network, options=StylizationOptions(color="luminance"))
    free = ((CLIP > 60) & (CLIP < 195)).all(-1)
    wrong, stable = {}, stabilised(stylizer)
    for name, made in (("apart", stylizer(CLIP)), ("stabilised", stable(CLIP))):
        within = free & ((made > 0) & (made < 255)).all(-1)
        assert within.mean() > 0.3
        wrong[name] = np.abs(chroma(made) - chroma(CLIP))[within]
        # bytes move by as much in every channel, but where one of them lies between two
        assert wrong[name].max() < 1
        assert wrong[name].mean() < 0.01


def expected_bare(kind, network, strength):
    """What the network itself makes of the clip, with styles mixed 3 to 1, in bytes."""
    content = torch.from_numpy(CLIP).permute(0, 3, 1, 2) / 255
    made = []
    with torch.inference_mode():
        for frame in content:
            if kind == "one":
                made.append(network(frame[None]))
                continue
            pictures = [*STYLES, (frame * 255).round().byte().permute(1, 2, 0).numpy()]
            described = [
                network.prediction(
                    torch.from_numpy(shrink_picture(p, 256).copy()).permute(2, 0, 1)[None] / 255
                )
                for p in pictures
            ]
            style = 0.75 * described[0] + 0.25 * described[1]
            steered = (1 - strength) * described[2] + strength * style
            made.append(network.transformer(frame[None], steered))
    return (torch.cat(made) * 255).round().byte().permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("kind", ["any", "one"])
@pytest.mark.parametrize("stable", [False, True])
def test_mask_colours_strength_and_mixed_styles_together(kind, stable):
    network = any_style(4, 1) if kind == "any" else OneStyle()
    styles, weights = (STYLES, [3, 1]) if kind == "any" else ([], None)
    options = StylizationOptions(strength=0.6, weights=weights, color="luminance")
    stylizer = make_stylizer(network, styles, options, mask=soft_mask())
    bare = expected_bare(kind, network, 0.6)
    if stable:
        made = bare
        bare = Stabilised(lambda _: made)(CLIP)
    yiq = CLIP / 255 @ YIQ.T
    yiq[..., 0] = bare / 255 @ LUMA
    expected = (yiq @ np.linalg.inv(YIQ).T).clip(0, 1)
    if kind == "one":
        expected = 0.4 * CLIP / 255 + 0.6 * expected
    share = soft_mask()[None, ..., None] / 255
    expected = 255 * ((1 - share) * CLIP / 255 + share * expected)
    found = (stabilised(stylizer) if stable else stylizer)(CLIP)
    apart = np.abs(found - expected)
    # a level of the network's own rounding, which the stabiliser may hand on
    assert apart.max() < (4 if stable else 2)
    assert apart.mean() < 0.5
    assert np.abs(found.astype(float) - CLIP).mean() > 5


def test_without_strength_of_its_own_the_stabiliser_finishes_too():
    stylizer = make_stylizer(
        OneStyle(), options=StylizationOptions(color="histogram"), mask=soft_mask()
    )
    apart = np.abs(stabilised(stylizer, strength=0.0)(CLIP).astype(int) - stylizer(CLIP))
    assert apart.max() <= 2  # bytes between the network and the colours
    assert apart.mean() < 0.5


def test_after_its_lead_a_segment_is_as_if_uncut_finished_too():
    options = StylizationOptions(color="luminance", strength=0.7)
    stable = stabilised(make_stylizer(OneStyle(), options=options, mask=soft_mask()))
    whole = stable(CLIP)
    stable.reset()
    segment = stable(CLIP[4 - stable.lead :])[stable.lead :]
    np.testing.assert_array_equal(segment, whole[4:])


def test_what_is_finished_has_to_be_of_the_frames():
    stylizer = make_stylizer(OneStyle())
    with pytest.raises(ConvatlasError, match=r"\(1, 44, 60, 3\) are not of frames of \(3, 44"):
        stylizer.finish(FRAMES[:1], FRAMES)
    np.testing.assert_array_equal(
        stylizer.finish(stylizer.restyle(FRAMES), FRAMES), stylizer(FRAMES)
    )
