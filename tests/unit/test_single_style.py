"""Single-style transformer networks: against a second implementation, and in form."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import signal

from convatlas.errors import ConvatlasError
from convatlas.models.registry import build_model
from convatlas.models.single_style import SingleStyle, read_single_style

needs_mirror = pytest.mark.skipif(
    "CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set"
)


def published(style):
    return Path(os.environ["CONVATLAS_MIRROR"], "stylization", "single_style", style)


def arrays_of(folder):
    """Read the arrays as the manifest has them, in the order of the layers, in double precision."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for number in range(48):
        entry = manifest[f"Variable_{number}" if number else "Variable"]
        array = np.fromfile(folder / entry["filename"], "<f4")
        yield array.reshape(entry["shape"]).astype(np.float64)


def correlate(x, kernel, stride=1):
    """TensorFlow's SAME: (h, w, in) with (kh, kw, in, out), written out with scipy."""
    (height, width, _), (kh, kw, _, outputs) = x.shape, kernel.shape
    pads = []
    for side, size in ((height, kh), (width, kw)):
        total = max((-(-side // stride) - 1) * stride + size - side, 0)
        pads.append((total // 2, total - total // 2))
    x = np.pad(x, [*pads, (0, 0)])
    planes = [
        sum(
            signal.correlate(x[..., i], kernel[..., i, o], mode="valid", method="direct")
            for i in range(x.shape[-1])
        )
        for o in range(outputs)
    ]
    return np.stack(planes, -1)[::stride, ::stride]


def transpose(x, kernel):
    """The gradient of a convolution with stride 2 of a picture of twice the size, by scattering."""
    (height, width, _), (kh, kw, outputs, _) = x.shape, kernel.shape
    full = np.zeros((2 * height + kh, 2 * width + kw, outputs))
    for row in range(height):
        for column in range(width):
            place = full[2 * row : 2 * row + kh, 2 * column : 2 * column + kw]
            place += np.einsum("i,hwoi->hwo", x[row, column], kernel)
    return full[: 2 * height, : 2 * width]  # SAME puts its one pixel of padding last


def normalise(x, shift, scale):
    return (x - x.mean((0, 1))) / np.sqrt(x.var((0, 1)) + 1e-3) * scale + shift


def second_implementation(arrays, picture):
    """(h, w, 3) in 0 to 255 to the same."""
    arrays = iter(arrays)

    def layer(x, *, stride=1, up=False, relu=True):
        kernel, shift, scale = (next(arrays) for _ in range(3))
        x = transpose(x, kernel) if up else correlate(x, kernel, stride)
        x = normalise(x, shift, scale)
        return np.maximum(x, 0) if relu else x

    x = layer(layer(layer(picture), stride=2), stride=2)
    for _ in range(5):
        x = x + layer(layer(x), relu=False)
    x = layer(layer(x, up=True), up=True)
    return np.clip(150 * np.tanh(layer(x, relu=False)) + 127.5, 0, 255)


def drawn_network(folder, seed=0):
    """Write a folder of random arrays of the published shapes."""
    generator = np.random.default_rng(seed)
    folder.mkdir()
    kernels = [(9, 9, 3, 32), (3, 3, 32, 64), (3, 3, 64, 128)] + 10 * [(3, 3, 128, 128)]
    kernels += [(3, 3, 64, 128), (3, 3, 32, 64), (9, 9, 32, 3)]
    manifest, number = {}, 0
    for at, kernel in enumerate(kernels):
        channels = kernel[2] if at in (13, 14) else kernel[3]
        for shape in (kernel, (channels,), (channels,)):
            name = f"Variable_{number}" if number else "Variable"
            array = generator.normal(0, 0.1, shape) + (number % 3 == 2)
            array.astype("<f4").tofile(folder / name)
            manifest[name], number = {"filename": name, "shape": list(shape)}, number + 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_a_file_gives_what_numpy_makes_of_its_arrays(tmp_path):
    folder = drawn_network(tmp_path / "drawn")
    picture = np.random.default_rng(1).integers(0, 256, (12, 16, 3))
    wanted = second_implementation(arrays_of(folder), picture.astype(np.float64))
    network = read_single_style(folder).double()
    with torch.inference_mode():
        found = network(torch.from_numpy(picture / 255).permute(2, 0, 1)[None])
    np.testing.assert_allclose(255 * found[0].permute(1, 2, 0).numpy(), wanted, atol=1e-6)
    assert wanted.std() > 20


@pytest.mark.mirror
@needs_mirror
@pytest.mark.parametrize("style", ["wave", "la_muse"])
def test_published_networks_equal_a_second_implementation(style):
    path = Path(os.environ["CONVATLAS_MIRROR"], "pictures", "neuralstylept_tubingen.jpg")
    picture = np.asarray(Image.open(path).convert("RGB").resize((24, 16)))
    wanted = second_implementation(arrays_of(published(style)), picture.astype(np.float64))
    network = read_single_style(published(style))
    assert sum(p.numel() for p in network.parameters()) == 1_677_638
    with torch.inference_mode():
        found = network(torch.from_numpy(picture / np.float32(255)).permute(2, 0, 1)[None])
    apart = np.abs(255 * found[0].permute(1, 2, 0).numpy() - wanted)
    assert apart.max() < 0.02  # of 255, in single precision


@pytest.mark.parametrize("form", ["engstrom", "resize"])
@pytest.mark.parametrize("size", [(1, 1), (5, 9), (31, 18), (32, 20)])
def test_any_size_comes_out_as_it_went_in(form, size):
    network = SingleStyle(channels=2, residual_blocks=1, form=form).eval()
    with torch.inference_mode():
        found = network(torch.rand(2, 3, *size))
    assert found.shape == (2, 3, *size)
    assert 0 <= found.min() <= found.max() <= 1


@pytest.mark.parametrize("form", ["engstrom", "resize"])
def test_an_odd_size_is_the_larger_picture_cut(form):
    network = SingleStyle(channels=2, residual_blocks=1, form=form).eval()
    whole = torch.rand(1, 3, 32, 32)
    whole[..., 30:, :], whole[..., 29:] = whole[..., 29:30, :], whole[..., 28:29]
    with torch.inference_mode():
        torch.testing.assert_close(network(whole[..., :30, :29]), network(whole)[..., :30, :29])


def test_every_parameter_is_used_and_pictures_do_not_mix():
    network = SingleStyle(channels=3, residual_blocks=2)
    pictures = torch.rand(2, 3, 24, 24, requires_grad=True)
    network(pictures)[0].square().sum().backward()
    assert all(parameter.grad.any() for parameter in network.parameters())
    assert pictures.grad[0].any()
    assert not pictures.grad[1].any()


def test_options_reach_the_network_and_a_wrong_form_is_named():
    options = {"channels": 4, "residual_blocks": 2, "form": "engstrom"}
    network = build_model("single_style.SingleStyle", seed=0, options=options)
    assert network.units[2].conv.out_channels == 16
    with pytest.raises(ConvatlasError, match="'unet'"):
        SingleStyle(form="unet")


@pytest.fixture
def folder(tmp_path):
    return drawn_network(tmp_path / "drawn")


def test_what_is_wrong_with_a_file_is_named(folder, tmp_path):
    def broken(name):
        copy = tmp_path / name
        shutil.copytree(folder, copy)
        return copy

    cut = broken("cut")
    (cut / "Variable_7").write_bytes(b"abc")
    with pytest.raises(ConvatlasError, match=r"Variable_7: has 3 bytes.* has 512"):
        read_single_style(cut)
    gone = broken("gone")
    (gone / "Variable_9").unlink()
    with pytest.raises(ConvatlasError, match=r"Variable_9: cannot be read"):
        read_single_style(gone)
    nan = broken("nan")
    np.full(128, np.nan, "<f4").tofile(nan / "Variable_7")
    with pytest.raises(ConvatlasError, match=r"Variable_7: .*no numbers"):
        read_single_style(nan)
    other = broken("other")
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["Variable_3"]["shape"] = [3, 3, 64, 32]
    (other / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConvatlasError, match=r"Variable_3: its array does not fit"):
        read_single_style(other)
    del manifest["Variable_3"]
    (other / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConvatlasError, match=r"lists no array 'Variable_3'"):
        read_single_style(other)
    (other / "manifest.json").write_text("[]")
    with pytest.raises(ConvatlasError, match="not a manifest"):
        read_single_style(other)
    with pytest.raises(ConvatlasError, match="is missing"):
        read_single_style(tmp_path)
