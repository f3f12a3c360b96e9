"""SqueezeNet: its file against the same decoded by others, its classes, and damaged files."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.models.squeezenet import SIDE, SqueezeNet
from convatlas.models.squeezenet_file import _convolutions, read_squeezenet

needs_mirror = pytest.mark.skipif(
    "CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set"
)


def compressed(network, codebooks, kept):
    """Write a network's file in the way that its paper says, weight by weight."""
    layers = list(_convolutions(network))
    head, body = [], b""
    for number, (_, layer) in enumerate(layers):
        size, codebook, random = layer.weight.numel(), codebooks[number], np.random.default_rng(7)
        places = np.flatnonzero(random.random(size) < kept)
        codes = random.integers(1, 256, len(places))
        weights = np.zeros(size, np.float32)
        weights[places] = codebook[codes]
        gaps, written, before = [], [], -1
        for place, code in zip(places.tolist(), codes.tolist(), strict=True):
            zeros = place - before - 1
            while zeros > 15:  # a filler: a weight that is 0
                gaps.append(15)
                written.append(0)
                zeros -= 16
            gaps.append(zeros)
            written.append(code)
            before = place
        pairs = [*gaps, 0] if len(gaps) % 2 else gaps
        packed = bytes(a | b << 4 for a, b in zip(pairs[::2], pairs[1::2], strict=True))
        bias = random.standard_normal(len(layer.bias)).astype("<f4")
        head.append(len(gaps))
        body += codebook.astype("<f4").tobytes() + bias.tobytes() + bytes(written) + packed
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights).view_as(layer.weight))
            layer.bias.copy_(torch.from_numpy(bias))
    return np.array(head, "<u4").tobytes() + body


@pytest.fixture(scope="module")
def written():
    random, network = np.random.default_rng(0), SqueezeNet()
    codebooks = random.standard_normal((26, 256)).astype(np.float32) / 30
    codebooks[:, 0] = 0
    return network.eval(), compressed(network, codebooks, kept=0.05)


def test_what_was_written_is_read(written, tmp_path):
    network, content = written
    (tmp_path / "x.net").write_bytes(content)
    found = read_squeezenet(tmp_path / "x.net")
    for name, weights in network.state_dict().items():
        assert torch.equal(found.state_dict()[name], weights), name
    assert found.pretrained
    assert not found.training


def test_layers_by_name_and_nothing_past_the_last(written):
    network = written[0]
    pictures = torch.rand(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    calls = []
    handle = network.fire5.register_forward_hook(lambda *_: calls.append(1))
    with torch.inference_mode():
        found = network(pictures, ["fire4", "conv1"])
        assert torch.equal(network(pictures, ["relu1"])["relu1"], found["conv1"].clamp(min=0))
        every = network(pictures, network.layers)
    handle.remove()
    assert len(calls) == 1
    assert found["conv1"].min() < 0  # not what the ReLU left of it
    assert list(found) == ["fire4", "conv1"]
    assert torch.equal(found["fire4"], every["fire4"])
    # table 1 of the paper: sizes of maps, with pooling that counts the last window
    sides = {name: tuple(map_.shape[1:]) for name, map_ in every.items()}
    assert sides["conv1"] == (96, 111, 111)
    assert sides["fire2"] == (128, 55, 55)
    assert sides["fire5"] == (256, 27, 27)
    assert sides["fire9"] == (512, 13, 13)
    assert sides["conv10"] == (1000, 15, 15)
    assert sum(p.numel() for p in network.parameters()) == 1_248_424


@pytest.mark.parametrize("cut", [10, 5000, -1])
def test_a_file_that_is_cut_is_told(written, tmp_path, cut):
    (tmp_path / "x.net").write_bytes(written[1][:cut])
    with pytest.raises(ConvatlasError, match="not all of it"):
        read_squeezenet(tmp_path / "x.net")


def test_other_damage_is_told(written, tmp_path):
    with pytest.raises(ConvatlasError, match="is missing"):
        read_squeezenet(tmp_path / "none.net")
    (tmp_path / "x.net").write_bytes(written[1] + b"more")
    with pytest.raises(ConvatlasError, match="4 bytes are left over"):
        read_squeezenet(tmp_path / "x.net")
    content = bytearray(written[1])
    count = int(np.frombuffer(content, "<u4", 1)[0])
    start = 26 * 4 + 256 * 4 + 96 * 4 + count
    content[start : start + (count + 1) // 2] = b"\xff" * ((count + 1) // 2)
    (tmp_path / "y.net").write_bytes(content)
    with pytest.raises(ConvatlasError, match="the weights of conv1 are damaged"):
        read_squeezenet(tmp_path / "y.net")
    content = bytearray(written[1])
    content[26 * 4 + 4 : 26 * 4 + 8] = np.array([np.nan], "<f4").tobytes()
    content[26 * 4 + 256 * 4 : 26 * 4 + 256 * 4 + 4] = np.array([np.inf], "<f4").tobytes()
    (tmp_path / "z.net").write_bytes(content)
    with pytest.raises(ConvatlasError, match="the weights of conv1 are damaged"):
        read_squeezenet(tmp_path / "z.net")


def test_small_pictures_and_unknown_layers_are_told(written):
    with pytest.raises(ConvatlasError, match=r"20x40 pixels is too small .* needs 21"):
        written[0](torch.rand(1, 3, 40, 20), ["conv10"])
    with pytest.raises(ConvatlasError, match="no layer 'fire1'"):
        written[0](torch.rand(1, 3, 64, 64), ["fire1"])


@needs_mirror
def test_published_weights_are_those_decoded_by_others():
    folder = Path(os.environ["CONVATLAS_MIRROR"]) / "backbones" / "squeezenet"
    network = read_squeezenet(folder / "compressed_SqueezeNet.net")
    names = {"squeeze": "conv1x1_1", "expand1x1": "conv1x1_2", "expand3x3": "conv3x3_2"}
    with np.load(folder / "squeezenet_v10_decoded_float32.npz") as decoded:
        for name, layer in _convolutions(network):
            block, _, part = name.partition("/")
            theirs = (
                "conv_final" if block == "conv10" else f"{block}/{names[part]}" if part else block
            )
            np.testing.assert_array_equal(layer.weight.numpy(), decoded[f"{theirs}.weight"])
            np.testing.assert_array_equal(layer.bias.numpy(), decoded[f"{theirs}.bias"])


@needs_mirror
def test_the_golden_gate_is_a_bridge():
    mirror = Path(os.environ["CONVATLAS_MIRROR"])
    network = read_squeezenet(mirror / "backbones" / "squeezenet" / "compressed_SqueezeNet.net")
    opened = Image.open(mirror / "pictures" / "neuralstylept_golden_gate.jpg").convert("RGB")
    photograph = np.asarray(opened.resize((SIDE, SIDE), Image.Resampling.LANCZOS))
    with torch.inference_mode():
        picture = torch.from_numpy(photograph.copy()).permute(2, 0, 1)[None].float() / 255
        probabilities = network.classify(picture)[0]
    assert probabilities.sum().item() == pytest.approx(1, abs=1e-5)
    # pier and suspension bridge
    assert set(probabilities.topk(2).indices.tolist()) == {718, 839}
