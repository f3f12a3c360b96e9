"""The Inception network whose features the Fréchet inception distance is defined by.

Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, *Rethinking the Inception architecture for computer
vision*, 2016, in the form of the graph that TensorFlow published on 2015-12-05 and Heusel et al.
(2017) used. Layers bear the names of the weights as ported for PyTorch, the file that
``config/gans.yaml`` names.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDE = 299
"""Pixels that pictures are resized to."""


class _Unit(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel_size: int | tuple = 1, **how: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel_size, bias=False, **how)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.bn(self.conv(x)), inplace=True)


def _average(x: Tensor) -> Tensor:
    """Average 3x3 pixels; on the edge, those that there are."""
    return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def _through(x: Tensor, *units: nn.Module) -> Tensor:
    for unit in units:
        x = unit(x)
    return x


class _BlockA(nn.Module):
    """35x35: 1x1, 5x5, and two 3x3."""

    def __init__(self, inputs: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = _Unit(inputs, 64)
        self.branch5x5_1 = _Unit(inputs, 48)
        self.branch5x5_2 = _Unit(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = _Unit(inputs, 64)
        self.branch3x3dbl_2 = _Unit(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = _Unit(96, 96, 3, padding=1)
        self.branch_pool = _Unit(inputs, pooled)

    def forward(self, x: Tensor) -> Tensor:
        branches = [
            self.branch1x1(x),
            _through(x, self.branch5x5_1, self.branch5x5_2),
            _through(x, self.branch3x3dbl_1, self.branch3x3dbl_2, self.branch3x3dbl_3),
            self.branch_pool(_average(x)),
        ]
        return torch.cat(branches, 1)


class _BlockB(nn.Module):
    """From 35x35 to 17x17."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3 = _Unit(inputs, 384, 3, stride=2)
        self.branch3x3dbl_1 = _Unit(inputs, 64)
        self.branch3x3dbl_2 = _Unit(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = _Unit(96, 96, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        branches = [
            self.branch3x3(x),
            _through(x, self.branch3x3dbl_1, self.branch3x3dbl_2, self.branch3x3dbl_3),
            functional.max_pool2d(x, 3, stride=2),
        ]
        return torch.cat(branches, 1)


class _BlockC(nn.Module):
    """17x17: a 7x7 in two strips, once and twice."""

    def __init__(self, width: int) -> None:
        super().__init__()
        row, column = {"padding": (0, 3)}, {"padding": (3, 0)}
        self.branch1x1 = _Unit(768, 192)
        self.branch7x7_1 = _Unit(768, width)
        self.branch7x7_2 = _Unit(width, width, (1, 7), **row)
        self.branch7x7_3 = _Unit(width, 192, (7, 1), **column)
        self.branch7x7dbl_1 = _Unit(768, width)
        self.branch7x7dbl_2 = _Unit(width, width, (7, 1), **column)
        self.branch7x7dbl_3 = _Unit(width, width, (1, 7), **row)
        self.branch7x7dbl_4 = _Unit(width, width, (7, 1), **column)
        self.branch7x7dbl_5 = _Unit(width, 192, (1, 7), **row)
        self.branch_pool = _Unit(768, 192)

    def forward(self, x: Tensor) -> Tensor:
        twice = [getattr(self, f"branch7x7dbl_{n}") for n in range(1, 6)]
        branches = [
            self.branch1x1(x),
            _through(x, self.branch7x7_1, self.branch7x7_2, self.branch7x7_3),
            _through(x, *twice),
            self.branch_pool(_average(x)),
        ]
        return torch.cat(branches, 1)


class _BlockD(nn.Module):
    """From 17x17 to 8x8."""

    def __init__(self) -> None:
        super().__init__()
        self.branch3x3_1 = _Unit(768, 192)
        self.branch3x3_2 = _Unit(192, 320, 3, stride=2)
        self.branch7x7x3_1 = _Unit(768, 192)
        self.branch7x7x3_2 = _Unit(192, 192, (1, 7), padding=(0, 3))
        self.branch7x7x3_3 = _Unit(192, 192, (7, 1), padding=(3, 0))
        self.branch7x7x3_4 = _Unit(192, 192, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        strips = [getattr(self, f"branch7x7x3_{n}") for n in range(1, 5)]
        branches = [
            _through(x, self.branch3x3_1, self.branch3x3_2),
            _through(x, *strips),
            functional.max_pool2d(x, 3, stride=2),
        ]
        return torch.cat(branches, 1)


class _BlockE(nn.Module):
    """8x8; the last one pools by the maximum, a slip of the published graph that FID rests on."""

    def __init__(self, inputs: int, *, maximum: bool) -> None:
        super().__init__()
        row, column = ((1, 3), {"padding": (0, 1)}), ((3, 1), {"padding": (1, 0)})
        self.maximum = maximum
        self.branch1x1 = _Unit(inputs, 320)
        self.branch3x3_1 = _Unit(inputs, 384)
        self.branch3x3_2a = _Unit(384, 384, row[0], **row[1])
        self.branch3x3_2b = _Unit(384, 384, column[0], **column[1])
        self.branch3x3dbl_1 = _Unit(inputs, 448)
        self.branch3x3dbl_2 = _Unit(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = _Unit(384, 384, row[0], **row[1])
        self.branch3x3dbl_3b = _Unit(384, 384, column[0], **column[1])
        self.branch_pool = _Unit(inputs, 192)

    def forward(self, x: Tensor) -> Tensor:
        once = self.branch3x3_1(x)
        twice = _through(x, self.branch3x3dbl_1, self.branch3x3dbl_2)
        pooled = functional.max_pool2d(x, 3, stride=1, padding=1) if self.maximum else _average(x)
        branches = [
            self.branch1x1(x),
            self.branch3x3_2a(once),
            self.branch3x3_2b(once),
            self.branch3x3dbl_3a(twice),
            self.branch3x3dbl_3b(twice),
            self.branch_pool(pooled),
        ]
        return torch.cat(branches, 1)


class Inception(nn.Module):
    """The Inception network up to its last pooling, and the 1,008 classes of its graph."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = _Unit(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = _Unit(32, 32, 3)
        self.Conv2d_2b_3x3 = _Unit(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = _Unit(64, 80)
        self.Conv2d_4a_3x3 = _Unit(80, 192, 3)
        self.Mixed_5b = _BlockA(192, pooled=32)
        self.Mixed_5c = _BlockA(256, pooled=64)
        self.Mixed_5d = _BlockA(288, pooled=64)
        self.Mixed_6a = _BlockB(288)
        self.Mixed_6b = _BlockC(128)
        self.Mixed_6c = _BlockC(160)
        self.Mixed_6d = _BlockC(160)
        self.Mixed_6e = _BlockC(192)
        self.Mixed_7a = _BlockD()
        self.Mixed_7b = _BlockE(1280, maximum=False)
        self.Mixed_7c = _BlockE(2048, maximum=True)
        self.fc = nn.Linear(2048, 1008)

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures (n, 1 or 3, h, w) in [0, 1] to class scores (n, 1008)."""
        return self.fc(self.features(pictures))

    def features(self, pictures: Tensor) -> Tensor:
        """Map pictures (n, 1 or 3, h, w) in [0, 1] to the last pooling (n, 2048).

        Grey pictures become three equal channels; all are resized to 299x299 (bilinear, half-pixel
        centres, no antialiasing) and scaled to [-1, 1], as pytorch-fid does.
        """
        x = pictures.expand(-1, 3, -1, -1)
        x = functional.interpolate(x, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        x = 2 * x - 1
        x = _through(x, self.Conv2d_1a_3x3, self.Conv2d_2a_3x3, self.Conv2d_2b_3x3)
        x = functional.max_pool2d(x, 3, stride=2)  # (n, 64, 73, 73)
        x = _through(x, self.Conv2d_3b_1x1, self.Conv2d_4a_3x3)
        x = functional.max_pool2d(x, 3, stride=2)  # (n, 192, 35, 35)
        x = _through(x, self.Mixed_5b, self.Mixed_5c, self.Mixed_5d, self.Mixed_6a)
        x = _through(x, self.Mixed_6b, self.Mixed_6c, self.Mixed_6d, self.Mixed_6e)
        x = _through(x, self.Mixed_7a, self.Mixed_7b, self.Mixed_7c)  # (n, 2048, 8, 8)
        return x.mean((2, 3))
