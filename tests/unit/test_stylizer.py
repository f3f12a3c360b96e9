"""The networks of arbitrary stylization: by hand, of any size, and faster."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from convatlas.models.registry import build_model, load_weights, save_weights
from convatlas.models.stylizer import (
    Reflected,
    StyleNorm,
    StylePrediction,
    Stylizer,
    Transformer,
    same_padding,
)
from convatlas.models.stylizer_fused import FusedTransformer, enlarging_kernels, side_by_side


def random_transformer(channels=8, blocks=5):
    torch.manual_seed(0)
    return Transformer(channels, blocks).eval()


# by hand


@pytest.mark.parametrize(
    ("sides", "stride", "expected"),
    [
        ((256, 256), 2, (0, 1, 0, 1)),
        ((5, 8), 2, (0, 1, 1, 1)),
        ((7, 7), 1, (1, 1, 1, 1)),
    ],
)
def test_same_padding_is_tensorflows(sides, stride, expected):
    assert same_padding(sides, nn.Conv2d(1, 1, 3, stride)) == expected


def test_first_convolution_begins_at_pixel_zero():
    network = StylePrediction()
    network.first.weight.data.fill_(1)
    network.first.bias.data.fill_(0)
    picture = torch.arange(16.0).reshape(1, 1, 4, 4).repeat(1, 3, 1, 1)
    sums = [[0 + 1 + 2 + 4 + 5 + 6 + 8 + 9 + 10, 2 + 3 + 6 + 7 + 10 + 11]]
    sums += [[8 + 9 + 10 + 12 + 13 + 14, 10 + 11 + 14 + 15]]
    assert (network.first(picture)[0, 0] / 3).tolist() == sums


@pytest.mark.parametrize(("stride", "kernel"), [(1, 3), (2, 3), (0.5, 3), (1, 9)])
def test_reflected_convolution_by_hand(stride, kernel):
    generator = np.random.default_rng(0)
    layer = Reflected(2, 3, kernel, stride=stride, bias=True)
    x = generator.normal(size=(2, 8, 10)).astype(np.float32)
    large = x.repeat(2, 1).repeat(2, 2) if stride < 1 else x
    half, step = kernel // 2, max(1, int(stride))
    padded = np.pad(large, ((0, 0), (half, half), (half, half)), "reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), (1, 2))
    windows = windows[:, ::step, ::step]
    weight, bias = layer.conv.weight.detach().numpy(), layer.conv.bias.detach().numpy()
    expected = np.einsum("ihwkl,oikl->ohw", windows, weight) + bias[:, None, None]
    with torch.inference_mode():
        np.testing.assert_allclose(layer(torch.from_numpy(x)[None])[0], expected, atol=1e-5)


def test_style_norm_by_hand():
    generator = np.random.default_rng(0)
    norm = StyleNorm(2)
    x = generator.normal(3, 2, size=(2, 2, 5, 4)).astype(np.float32)
    style = generator.normal(size=(2, 100)).astype(np.float32)
    scale, shift = (
        style @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        for layer in (norm.scale, norm.shift)
    )
    mean, variance = (f((2, 3), keepdims=True) for f in (x.mean, x.var))
    expected = (x - mean) / np.sqrt(variance + 1e-5) * scale[..., None, None]
    expected += shift[..., None, None]
    with torch.inference_mode():
        found = norm(torch.from_numpy(x), torch.from_numpy(style))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (1, 1), (37, 22), (16, 41)])
def test_any_size_as_continued_by_its_last_row_and_column(height, width):
    network, style = random_transformer(2, 1), torch.randn(1, 100)
    content = torch.rand(2, 3, height, width)
    below, right = (max(8, -(-side // 4) * 4) - side for side in (height, width))
    with torch.inference_mode():
        found = network(content, style)
        whole = network(functional.pad(content, (0, right, 0, below), "replicate"), style)
    assert found.shape == content.shape
    assert found.min() > 0
    assert found.max() < 1
    assert torch.equal(found, whole[..., :height, :width])


def test_networks_are_as_large_as_published_and_come_back_from_a_file(tmp_path):
    network = build_model("stylizer.Stylizer", seed=1)
    parts = (network.prediction, network.transformer)
    counts = [sum(p.numel() for p in part.parameters()) for part in parts]
    assert counts == [2_334_916, 177_718]
    save_weights(network, tmp_path / "weights.pt", network="stylizer.Stylizer")
    again = load_weights(Stylizer(), tmp_path / "weights.pt", network="stylizer.Stylizer")
    content, style = torch.rand(1, 3, 12, 16), torch.rand(1, 3, 40, 40)
    with torch.inference_mode():
        assert torch.equal(network.eval()(content, style), again.eval()(content, style))


# faster


def test_columns_side_by_side_are_the_convolution():
    x, kernel = torch.randn(1, 2, 6, 15), torch.randn(3, 2, 3, 4)
    together = functional.conv2d(x, side_by_side(kernel, 3), stride=(1, 3))
    apart = functional.conv2d(x, kernel)
    for column in range(3):
        part = together[:, 3 * column : 3 * column + 3]
        torch.testing.assert_close(part, apart[..., column::3], atol=1e-4, rtol=0)


def test_enlarging_kernels_are_enlarging_and_convolving():
    x, kernel = torch.randn(1, 2, 5, 6), torch.randn(3, 2, 3, 3)
    large = functional.interpolate(x, scale_factor=2.0, mode="nearest")
    expected = functional.conv2d(functional.pad(large, (1,) * 4, "reflect"), kernel)
    padded = functional.pad(x, (1,) * 4, "replicate")
    for row, weight in enumerate(enlarging_kernels(kernel)):
        both = functional.conv2d(padded[:, :, row : row + 6], weight)
        for column in range(2):
            part = both[:, 3 * column : 3 * column + 3]
            torch.testing.assert_close(part, expected[..., row::2, column::2], atol=1e-4, rtol=0)


@pytest.mark.parametrize(("height", "width", "batch"), [(40, 52, 1), (33, 47, 1), (24, 30, 3)])
def test_fused_network_is_the_plain_one(height, width, batch):
    network = random_transformer()
    fused, content = FusedTransformer(network), torch.rand(batch, 3, height, width)
    styles = torch.randn(batch, 100)
    with torch.inference_mode():
        expected = network(content, styles)
        found = fused(content, fused.coefficients(styles))
    assert (found - expected).abs().max() < 0.02 / 255
