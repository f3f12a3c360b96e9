"""Tables of landmark networks against what their papers and torch say."""

import dataclasses

import pytest
import torch
from torch import nn

from convatlas.errors import ConvatlasError
from convatlas.models.backbones import VGG, uniform_widths
from convatlas.models.landmarks import LANDMARKS, Landmark, Layer, tabulate
from convatlas.models.vgg_configurations import VGG16, VGG19


def rows_of(name):
    return {row.name: row for row in tabulate(LANDMARKS[name])}


def test_lenet_has_the_numbers_of_its_paper():
    """LeCun et al. 1998, section II.B: "C1 contains 156 trainable parameters" and so on."""
    rows = rows_of("lenet5")
    parameters = [row.parameters for row in rows.values()]
    assert parameters == [156, 12, 1516, 32, 48_120, 10_164, 840]
    assert sum(parameters[:-1]) == 60_000  # "60,000 trainable free parameters"
    # "122,304 connections", "5,880", "151,600", "2,000", biases counted
    assert rows["C1"].multiply_adds == 122_304 - 28 * 28 * 6
    assert rows["C3"].multiply_adds == 151_600 - 10 * 10 * 16
    assert [(r.height, r.channels) for r in rows.values()][:5] == [
        (28, 6), (14, 6), (10, 16), (5, 16), (1, 120),
    ]  # fmt: skip
    assert rows["C5"].receptive_field == 32


def test_alexnet_has_60_million_parameters():
    rows = rows_of("alexnet")
    assert sum(row.parameters for row in rows.values()) == 60_965_224
    sizes = [(r.height, r.width, r.channels) for r in rows.values() if r.kind != "dense"]
    assert sizes[0] == (55, 55, 96)
    assert sizes[-1] == (6, 6, 256)
    assert rows["conv1"].parameters == 34_944
    assert rows["conv2"].parameters == 307_456


@pytest.mark.parametrize(
    ("name", "convolutions", "parameters", "multiply_adds"),
    [
        ("vgg16", VGG16, 138_357_544, 15_470_264_320),
        ("vgg19", VGG19, 143_667_240, 19_632_062_464),
    ],
)
def test_vgg_has_the_parameters_of_its_paper(name, convolutions, parameters, multiply_adds):
    rows = tabulate(LANDMARKS[name])
    assert sum(row.parameters for row in rows) == parameters  # table 2: 138 and 144 million
    assert sum(row.multiply_adds for row in rows) == multiply_adds
    network = VGG(convolutions, uniform_widths(convolutions))
    ours = [sum(p.numel() for p in layer.parameters()) for layer in network.convolutions.values()]
    assert [row.parameters for row in rows if row.kind == "convolution"] == ours
    (field,) = [row.receptive_field for row in rows if row.name == "pool5"]
    assert field == {"vgg16": 212, "vgg19": 224}[name]  # 268, were the picture as large


@pytest.mark.parametrize("name", ["lenet5", "vgg16"])
def test_receptive_fields_are_where_gradients_reach(name):
    landmark = LANDMARKS[name]
    side = 128
    spread = dataclasses.replace(landmark, picture=(side, side, landmark.picture[2]))
    layers = [layer for layer in landmark.layers if layer.kind != "dense"][:7]
    rows = tabulate(dataclasses.replace(spread, layers=tuple(layers)))
    modules, channels = [], landmark.picture[2]
    for layer in layers:
        if layer.kind == "convolution":
            module = nn.Conv2d(channels, layer.outputs, layer.size, layer.stride, layer.padding)
            nn.init.ones_(module.weight)
            channels = layer.outputs
        else:
            module = nn.AvgPool2d(layer.size, layer.stride)
        modules.append(module)
    picture = torch.ones(1, landmark.picture[2], side, side, requires_grad=True)
    x = picture
    for module, row in zip(modules, rows, strict=True):
        x = module(x)
        assert x.shape[1:] == (row.channels, row.height, row.width)
        place = x[0, 0, row.height // 2, row.width // 2]
        (gradient,) = torch.autograd.grad(place, picture, retain_graph=True)
        reached = gradient[0, 0].abs().sum(0).count_nonzero()
        assert reached == row.receptive_field


def test_a_window_that_does_not_fit_is_told():
    small = Landmark("small", "nobody", (4, 4, 1), (Layer("c", "convolution", 1, 5),))
    with pytest.raises(ConvatlasError, match="small, c: a window of 5 does not fit into 4x4"):
        tabulate(small)
