"""StyleGAN2's layers and networks, against other ways of writing them and in float64."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional

from convatlas.models.registry import build_model
from convatlas.models.stylegan2 import StyleGAN2
from convatlas.models.stylegan_layers import (
    EqualizedConv2d,
    EqualizedLinear,
    append_deviation,
    blur,
    enlarge,
    modulated_convolution,
)

TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=torch.float64) / 8
SMALL = {"resolution": 16, "latent_dim": 6, "channel_base": 64, "channel_max": 8}


def drawn(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def filtered(x, *, stride=1, pad=0):
    """[1, 3, 3, 1] along both sides, written as a convolution of every channel."""
    kernel = (TAPS[:, None] * TAPS)[None, None].expand(x.shape[1], 1, 4, 4)
    return functional.conv2d(x, kernel, stride=stride, padding=pad, groups=x.shape[1])


def test_blurring_is_the_papers_filter():
    x = drawn(2, 3, 7, 9)
    torch.testing.assert_close(blur(x, 2), filtered(x, pad=2))
    x = drawn(2, 3, 12, 8)
    torch.testing.assert_close(blur(x, 1, stride=2), filtered(x, stride=2, pad=1))


def test_enlarging_is_the_papers_filter_but_for_the_border():
    x = drawn(2, 3, 5, 6)
    spread = torch.zeros(2, 3, 10, 12, dtype=torch.float64)
    spread[..., ::2, ::2] = x
    wanted = 4 * filtered(functional.pad(spread, (2, 1, 2, 1)))
    torch.testing.assert_close(enlarge(x)[..., 1:-1, 1:-1], wanted[..., 1:-1, 1:-1])


@pytest.mark.parametrize("change", [enlarge, lambda x: blur(x, 1, stride=2)])
def test_changes_of_size_have_the_derivatives_that_penalties_need(change):
    x = drawn(1, 2, 4, 4).requires_grad_()
    assert gradcheck(change, (x,))
    assert gradgradcheck(change, (x,))


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize("demodulate", [False, True])
def test_both_ways_of_modulating_are_one(up, demodulate):
    x, weight, styles = drawn(3, 4, 5, 6), drawn(7, 4, 3, 3, seed=1), drawn(3, 4, seed=2)
    one, other = (
        modulated_convolution(x, weight, styles, demodulate=demodulate, up=up, grouped=grouped)
        for grouped in (False, True)
    )
    assert one.shape == ((3, 7, 10, 12) if up else (3, 7, 5, 6))
    torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    one, other = (
        modulated_convolution(x.float(), weight.float(), styles.float(), up=up, grouped=grouped)
        for grouped in (False, True)
    )
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def test_modulation_is_equations_1_and_3_written_out():
    x, weight, styles = drawn(2, 3, 4, 4), drawn(5, 3, 3, 3, seed=1), drawn(2, 3, seed=2)
    found = modulated_convolution(x, weight, styles)
    for picture, style, result in zip(x, styles, found, strict=True):
        scaled = weight.numpy() * style.numpy()[None, :, None, None]
        scaled /= np.sqrt((scaled**2).sum((1, 2, 3), keepdims=True) + 1e-8)
        wanted = functional.conv2d(picture[None], torch.from_numpy(scaled), padding=1)[0]
        torch.testing.assert_close(result, wanted)


@pytest.mark.parametrize("up", [False, True])
def test_modulated_convolutions_have_the_derivatives_that_penalties_need(up):
    given = [drawn(2, 2, 3, 3), drawn(2, 2, 3, 3, seed=1), drawn(2, 2, seed=2)]
    given = tuple(value.requires_grad_() for value in given)
    assert gradcheck(lambda x, w, s: modulated_convolution(x, w, s, up=up), given)
    assert gradgradcheck(lambda x, w, s: modulated_convolution(x, w, s, up=up), given)


def test_layers_keep_the_deviation_of_what_goes_through_them():
    torch.manual_seed(0)
    x = torch.randn(4000, 200)
    for rate in (1.0, 0.01):
        assert EqualizedLinear(200, 100, rate=rate)(x).std().item() == pytest.approx(1, abs=0.05)
    pictures = torch.randn(8, 64, 32, 32)
    assert EqualizedConv2d(64, 32, 3)(pictures).std().item() == pytest.approx(1, abs=0.05)
    styled = modulated_convolution(pictures, torch.randn(32, 64, 3, 3), torch.rand(8, 64) + 0.5)
    assert styled.std().item() == pytest.approx(1, abs=0.05)


def test_the_deviation_of_a_group_is_its_own_and_of_no_other():
    x = drawn(6, 2, 3, 3)
    found = append_deviation(x, 3)
    assert found.shape == (6, 3, 3, 3)
    torch.testing.assert_close(found[:, :2], x)
    for group in (0, 1):  # pictures of a group are two apart
        values = x[group::2].numpy()
        wanted = np.sqrt(values.var(0) + 1e-8).mean()
        np.testing.assert_allclose(found[group::2, 2].numpy(), wanted)
    same = x[:1].repeat(4, 1, 1, 1)
    assert append_deviation(same)[:, 2].max() < 1e-3
    assert append_deviation(x[:5], 4).shape == (5, 3, 3, 3), "five is no multiple of four"


def test_networks_have_the_papers_sizes():
    """Configuration F at 1024x1024, as the paper's own code counts them."""
    with torch.device("meta"):
        pair = StyleGAN2(1024, 512, 32768, 512, 8)
    counts = [
        sum(p.numel() for p in part.parameters()) for part in (pair.generator, pair.discriminator)
    ]
    assert counts == [30_370_060, 29_012_513]


def test_pictures_have_the_resolution_asked_for_and_every_part_learns():
    pair = build_model("stylegan2.StyleGAN2", seed=0, options=SMALL)
    pictures = pair(torch.randn(4, 6))
    assert pictures.shape == (4, 3, 16, 16)
    answers = pair.discriminator(pictures)
    assert answers.shape == (4,)
    answers.sum().backward()
    for name, weights in pair.named_parameters():
        assert weights.grad is not None, name
        assert torch.isfinite(weights.grad).all(), name


def test_noise_is_drawn_or_fixed_or_none():
    pair = build_model("stylegan2.StyleGAN2", seed=0, options=SMALL)
    generator, z = pair.generator, torch.randn(2, 6)
    for layer in generator.synthesis.layers:
        layer.noise_strength.data.fill_(0.5)
    assert not torch.equal(generator(z), generator(z))
    assert torch.equal(generator(z, noise="fixed"), generator(z, noise="fixed"))
    assert not torch.equal(generator(z, noise="fixed"), generator(z, noise="none"))


def test_truncation_leads_to_the_mean_style():
    pair = build_model("stylegan2.StyleGAN2", seed=0, options=SMALL)
    generator, z = pair.generator, torch.randn(2, 6)
    for _ in range(2000):
        generator.mapping.watch(generator.mapping(torch.randn(16, 6)))
    one, other = generator(z, truncation=0.0, noise="none")
    torch.testing.assert_close(one, other)
    torch.testing.assert_close(
        generator(z, truncation=1.0, noise="none"),
        generator.synthesis(generator.repeat(generator.mapping(z)), "none"),
    )
    mean = generator.mapping(torch.randn(20000, 6)).mean(0)
    assert (generator.mapping.mean - mean).abs().max() < 0.1


def test_of_a_latent_vector_only_the_direction_counts():
    """It is brought to a root mean square of 1, as in the papers' code."""
    mapping = build_model("stylegan2.StyleGAN2", seed=0, options=SMALL).generator.mapping.double()
    z = drawn(3, 6)
    w = mapping(z)
    torch.testing.assert_close(mapping(7 * z), w, rtol=1e-6, atol=1e-6)
    wanted = z / z.square().mean(1, keepdim=True).sqrt()
    for layer in mapping.layers:
        wanted = functional.leaky_relu(layer(wanted), 0.2) * 2**0.5
    torch.testing.assert_close(w, wanted, rtol=1e-6, atol=1e-6)


def test_a_style_of_one_layer_changes_nothing_before_it():
    pair = build_model("stylegan2.StyleGAN2", seed=0, options=SMALL)
    generator = pair.generator
    styles = generator.repeat(generator.mapping(torch.randn(1, 6))).clone()
    seen = []
    for layer in generator.synthesis.layers:
        layer.register_forward_hook(lambda _, __, found: seen.append(found))
    generator.synthesis(styles, "none")
    styles[:, 3] += 1
    generator.synthesis(styles, "none")
    before, after = seen[:5], seen[5:]
    same = [torch.equal(one, other) for one, other in zip(before, after, strict=True)]
    assert same == [True, True, True, False, False]


@pytest.mark.parametrize("resolution", [4, 48, 100])
def test_a_resolution_that_is_no_power_of_two_is_refused(resolution):
    with pytest.raises(ValueError, match=f"resolution {resolution}"):
        StyleGAN2(resolution)
