"""Small networks and frames that the tests of restyling share."""

import numpy as np
import torch
from torch import nn

from convatlas.models.stylizer import Stylizer, Transformer

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
