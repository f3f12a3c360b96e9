"""Our convolutions against torch's, over shapes, strides and paddings drawn at random."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from convatlas.errors import ConvatlasError
from convatlas.models.convolution_numpy import (
    conv2d,
    conv_transpose2d,
    conv_transpose2d_by_zeros,
    insert_zeros,
    max_pool2d,
    output_side,
)


def to_torch(array, order):
    return torch.from_numpy(np.ascontiguousarray(array.transpose(order)))


def drawn(seed):
    random = np.random.default_rng(seed)
    n, c, k, rows, columns, stride = random.integers(1, [4, 6, 6, 6, 6, 5])
    height, width = random.integers([rows, columns], 20)
    pictures = random.standard_normal((n, height, width, c))
    return pictures, random.standard_normal((rows, columns, c, k)), int(stride), random


@pytest.mark.parametrize("seed", range(40))
def test_convolution_is_that_of_torch(seed):
    pictures, kernels, stride, random = drawn(seed)
    bias, padding = random.standard_normal(kernels.shape[3]), int(random.integers(0, 4))
    found = conv2d(pictures, kernels, bias, stride=stride, padding=padding)
    expected = functional.conv2d(
        to_torch(pictures, (0, 3, 1, 2)),
        to_torch(kernels, (3, 2, 0, 1)),
        torch.from_numpy(bias),
        stride=stride,
        padding=padding,
    )
    np.testing.assert_allclose(found, expected.permute(0, 2, 3, 1).numpy(), atol=1e-12)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("seed", range(20))
def test_same_is_that_of_torch_and_keeps_the_size(seed):
    pictures, kernels, *_ = drawn(seed)
    found = conv2d(pictures, kernels, padding="same")
    assert found.shape[:3] == pictures.shape[:3]
    expected = functional.conv2d(
        to_torch(pictures, (0, 3, 1, 2)), to_torch(kernels, (3, 2, 0, 1)), padding="same"
    )
    np.testing.assert_allclose(found, expected.permute(0, 2, 3, 1).numpy(), atol=1e-12)


@pytest.mark.parametrize(("side", "stride", "expected"), [(16, 2, 8), (15, 2, 8), (16, 3, 6)])
def test_same_with_a_stride_has_the_size_of_keras(side, stride, expected):
    picture = np.ones((1, side, side, 1))
    found = conv2d(picture, np.ones((3, 3, 1, 1)), stride=stride, padding="same")
    assert found.shape == (1, expected, expected, 1)
    # Keras puts the odd row at the end: of an even side with stride 2 none is before the first
    assert found[0, 0, 0, 0] == (9 if (side, stride) == (16, 2) else 4)


@pytest.mark.parametrize("seed", range(40))
def test_transposed_convolution_is_that_of_torch_and_that_by_zeros(seed):
    pictures, kernels, stride, _ = drawn(seed)
    found = conv_transpose2d(pictures, kernels, stride=stride)
    expected = functional.conv_transpose2d(
        to_torch(pictures, (0, 3, 1, 2)), to_torch(kernels, (2, 3, 0, 1)), stride=stride
    )
    np.testing.assert_allclose(found, expected.permute(0, 2, 3, 1).numpy(), atol=1e-12)
    by_zeros = conv_transpose2d_by_zeros(pictures, kernels, stride=stride)
    np.testing.assert_allclose(found, by_zeros, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_transpose(seed):
    """<conv2d(x), y> = <x, conv_transpose2d(y)>, with channels in and out exchanged."""
    pictures, kernels, stride, random = drawn(seed)
    made = conv2d(pictures, kernels, stride=stride)
    other = random.standard_normal(made.shape)
    back = conv_transpose2d(other, kernels.swapaxes(2, 3), stride=stride)
    reached = pictures[:, : back.shape[1], : back.shape[2]]
    np.testing.assert_allclose((made * other).sum(), (reached * back).sum(), rtol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_pooling_is_that_of_torch(seed):
    pictures, kernels, stride, _ = drawn(seed)
    size = min(kernels.shape[0], *pictures.shape[1:3])
    for step in (None, stride):
        found = max_pool2d(pictures, size, stride=step)
        expected = functional.max_pool2d(to_torch(pictures, (0, 3, 1, 2)), size, step)
        np.testing.assert_array_equal(found, expected.permute(0, 2, 3, 1).numpy())


@pytest.mark.parametrize("seed", range(20))
def test_sides_are_known_beforehand(seed):
    pictures, kernels, stride, random = drawn(seed)
    for padding in ("valid", "same", int(random.integers(0, 4))):
        made = conv2d(pictures, kernels, stride=stride, padding=padding)
        sides = zip(pictures.shape[1:3], kernels.shape[:2], strict=True)
        expected = [output_side(s, w, stride=stride, padding=padding) for s, w in sides]
        assert list(made.shape[1:3]) == expected


def test_zeros_lie_between():
    picture = np.arange(1, 5).reshape(1, 2, 2, 1)
    found = insert_zeros(picture, 3)[0, :, :, 0]
    assert found.tolist() == [[1, 0, 0, 2], [0] * 4, [0] * 4, [3, 0, 0, 4]]


def test_what_does_not_fit_is_told():
    with pytest.raises(ConvatlasError, match="pictures of 3 channels, but kernels for 2"):
        conv2d(np.ones((1, 5, 5, 3)), np.ones((3, 3, 2, 1)))
    with pytest.raises(ConvatlasError, match="7x7 does not fit into a picture of 5x6"):
        conv2d(np.ones((1, 5, 6, 1)), np.ones((7, 7, 1, 1)))
