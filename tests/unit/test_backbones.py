"""Feature networks: what they give by name, from which files, and how a drawn one is made."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from convatlas.errors import ConvatlasError
from convatlas.models.backbone_files import build_backbone, read_small_vgg, read_torchvision_vgg
from convatlas.models.backbones import VGG, draw_backbone, standardize_channels, uniform_widths
from convatlas.models.vgg_configurations import VGG16, VGG19

NARROW = (4, 6, 8, 10, 12)
needs_mirror = pytest.mark.skipif(
    "CONVATLAS_MIRROR" not in os.environ, reason="CONVATLAS_MIRROR is not set"
)


def pictures(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def small(**options):
    torch.manual_seed(0)
    return VGG(VGG19, uniform_widths(VGG19, NARROW), **options).eval()


def encoder(name):
    return Path(
        os.environ["CONVATLAS_MIRROR"], "backbones", "small_vgg19", "encoders", f"{name}.pth"
    )


def golden_gate():
    path = Path(os.environ["CONVATLAS_MIRROR"], "pictures", "neuralstylept_golden_gate.jpg")
    picture = Image.open(path).convert("RGB").resize((256, 192), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255


def test_layers_have_the_fields_names():
    layers = small().layers
    assert layers[:6] == ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1", "conv2_1"]
    assert layers[-3:] == ["conv5_4", "relu5_4", "pool5"]
    assert len(layers) == 16 * 2 + 5
    assert len(VGG(VGG16, uniform_widths(VGG16, NARROW)).layers) == 13 * 2 + 5


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_features_are_those_of_the_layers_one_by_one(pooling):
    network, x = small(pooling=pooling), pictures(2, 3, 33, 40)
    layers = ["relu2_1", "conv1_1", "relu1_1", "pool2", "conv3_1"]
    found = network(x, layers)
    assert list(found) == layers
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    pool = functional.max_pool2d if pooling == "max" else functional.avg_pool2d
    y, wanted = (x - mean.view(3, 1, 1)) / deviation.view(3, 1, 1), {}
    for name in ("conv1_1", "conv1_2", "pool1", "conv2_1", "conv2_2", "pool2", "conv3_1"):
        if name.startswith("pool"):
            wanted[name] = y = pool(y, 2)
        else:
            layer = network.convolutions[name]
            wanted[name] = functional.conv2d(y, layer.weight, layer.bias, padding=1)
            wanted[name.replace("conv", "relu")] = y = wanted[name].clamp(min=0)
    for name in layers:
        torch.testing.assert_close(found[name], wanted[name])
    assert found["conv1_1"].min() < 0  # not what the ReLU left of it


def test_nothing_past_the_last_layer_is_computed():
    network, called = small(), []
    for name, layer in network.convolutions.items():
        layer.register_forward_hook(lambda *_, name=name: called.append(name))
    network(pictures(1, 3, 32, 32), ["relu2_1", "relu1_2"])
    assert called == ["conv1_1", "conv1_2", "conv2_1"]


def test_gradients_are_those_of_differences():
    network, x = small().double(), pictures(1, 3, 16, 16).double().requires_grad_()

    def total(x):
        found = network(x, ["conv1_2", "relu1_2", "conv3_1"])
        return sum(features.square().mean() for features in found.values())

    total(x).backward()
    direction = pictures(1, 3, 16, 16, seed=1).double()
    with torch.no_grad():
        slope = (total(x + 1e-8 * direction) - total(x - 1e-8 * direction)) / 2e-8
    assert (x.grad * direction).sum().item() == pytest.approx(slope.item(), rel=1e-4)


def test_unknown_layers_and_small_pictures_are_told():
    with pytest.raises(ConvatlasError, match="no layer 'relu6_1'"):
        small()(pictures(1, 3, 32, 32), ["relu1_1", "relu6_1"])
    with pytest.raises(ConvatlasError, match=r"20x15 .* too small for .* relu4_1: .* needs 16"):
        small()(pictures(1, 3, 15, 20), ["relu4_1"])
    for layer, side in (("relu4_1", 16), ("pool5", 32)):
        for mode in ("zeros", "reflect"):
            assert small(padding_mode=mode)(pictures(1, 3, side, side), [layer])[layer].numel()
    with pytest.raises(ConvatlasError, match="'median'"):
        small(pooling="median")


def test_a_drawn_networks_channels_have_mean_0_and_variance_1_on_its_pictures():
    x = pictures(2, 3, 40, 48)
    x = functional.avg_pool2d(x, 5, 1, 2)  # channels that go together, as in a photograph
    network = draw_backbone(x, seed=3, widths=NARROW)
    assert not network.pretrained
    for name, found in network(x, list(network.convolutions)).items():
        values = found.transpose(0, 1).flatten(1).double()
        assert values.mean(1).abs().max() < 1e-4, name
        assert (values.std(1, correction=0) - 1).abs().max() < 1e-3, name
    same, other = (draw_backbone(x, seed=seed, widths=NARROW) for seed in (3, 4))
    weights = [n.convolutions["conv5_4"].weight for n in (network, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not weights[0].requires_grad


def test_standardising_changes_no_more_than_scale_and_shift():
    network, x = small(), pictures(1, 3, 32, 32)
    before = network(x, ["conv1_1"])["conv1_1"]
    standardize_channels(network, x)
    after = network(x, ["conv1_1"])["conv1_1"]
    whitened = (before - before.mean((0, 2, 3), keepdim=True)) / before.std(
        (0, 2, 3), keepdim=True, correction=0
    )
    torch.testing.assert_close(after, whitened, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("name", "convolutions"), [("vgg16", VGG16), ("vgg19", VGG19)])
def test_torchvisions_files_give_torchvisions_features(tmp_path, name, convolutions):
    """Weights at random, a sixteenth of the channels; the layout is torchvision's own."""
    vgg = pytest.importorskip("torchvision.models.vgg")
    plan = vgg.cfgs["D" if name == "vgg16" else "E"]
    plan = [each if each == "M" else each // 16 for each in plan]
    torch.manual_seed(0)
    features = vgg.make_layers(plan).eval()
    other = torch.nn.ModuleDict({"features": features, "classifier": torch.nn.Linear(2, 2)})
    torch.save(other.state_dict(), tmp_path / "w.pth")
    network = read_torchvision_vgg(tmp_path / "w.pth", widths=(4, 8, 16, 32, 32))
    assert network.pretrained
    x = pictures(1, 3, 64, 48)
    standard = (x - network.mean) / network.deviation
    with torch.inference_mode():
        torch.testing.assert_close(network(x, ["pool5"])["pool5"], features(standard))
        torch.testing.assert_close(network(x, ["relu3_1"])["relu3_1"], features[:12](standard))


def test_files_that_do_not_serve_are_named(tmp_path):
    path = tmp_path / "weights.pth"
    for read in (read_small_vgg, read_torchvision_vgg):
        with pytest.raises(ConvatlasError, match=r"weights.pth is missing"):
            read(path)
    path.write_bytes(b"no weights")
    for read in (read_small_vgg, read_torchvision_vgg):
        with pytest.raises(ConvatlasError, match=r"weights.pth: not a file of weights"):
            read(path)
    torch.save({"model": {"conv11.weight": torch.zeros(4, 3, 3, 3)}}, path)
    with pytest.raises(ConvatlasError, match=r"weights.pth: not an encoder .*conv0"):
        read_small_vgg(path)
    with pytest.raises(ConvatlasError, match=r"weights.pth: 0 layers"):
        read_torchvision_vgg(path)
    torch.save([1, 2], path)
    with pytest.raises(ConvatlasError, match=r"weights.pth: not a file of weights"):
        read_small_vgg(path)


def test_a_backbone_is_made_as_the_config_names_it():
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 36, 3)).astype(np.uint8)
    one, same, other = (build_backbone("drawn", images=images, seed=seed) for seed in (0, 0, 1))
    x = pictures(1, 3, 32, 32)
    found = [network(x, ["relu4_1"])["relu4_1"] for network in (one, same, other)]
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    averaging = build_backbone("drawn", images=images, seed=0, pooling="average")
    assert torch.equal(averaging(x, ["relu1_2"])["relu1_2"], one(x, ["relu1_2"])["relu1_2"])
    assert not torch.equal(averaging(x, ["pool1"])["pool1"], one(x, ["pool1"])["pool1"])
    with pytest.raises(ConvatlasError, match="'resnet' is none of small_vgg19, torchvision_vgg16"):
        build_backbone("resnet")
    with pytest.raises(ConvatlasError, match="'small_vgg19' needs the file"):
        build_backbone("small_vgg19")
    with pytest.raises(ConvatlasError, match="needs pictures"):
        build_backbone("drawn")
    with pytest.raises(ConvatlasError, match="'median'"):
        build_backbone("drawn", images=images, pooling="median")


@pytest.mark.mirror
@needs_mirror
def test_the_small_vgg_encodes_what_its_decoder_gives_back():
    """26.5 dB from relu3_1, as measured when the mirror was made."""
    network, picture = read_small_vgg(encoder("3SE")), golden_gate()
    network.auxiliary.clear()  # the decoder takes the narrow channels
    state = torch.load(
        encoder("3SE").parents[1] / "decoders" / "3SD.pth", weights_only=True, map_location="cpu"
    )["model"]
    with torch.inference_mode():
        x = network(picture, ["relu3_1"])["relu3_1"]
        assert x.shape == (1, 64, 48, 64)
        for name in ("conv31", "conv22", "conv21", "conv12", "conv11"):
            x = functional.pad(x, (1,) * 4, "reflect")
            x = functional.relu(
                functional.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"])
            )
            if name in ("conv31", "conv21"):
                x = functional.interpolate(x, scale_factor=2)
    error = (x.clamp(0, 1) - picture).square().mean()
    assert -10 * torch.log10(error).item() == pytest.approx(26.5, abs=0.1)


@pytest.mark.mirror
@needs_mirror
def test_the_small_vgg_has_vgg19s_channels():
    network = read_small_vgg(encoder("5SE"))
    layers = [f"relu{block}_1" for block in range(1, 6)]
    with torch.inference_mode():
        found = network(golden_gate(), layers)
    assert [f.shape[1] for f in found.values()] == [64, 128, 256, 512, 512]
    assert [f.shape[3] for f in found.values()] == [256, 128, 64, 32, 16]
    assert all(f.min() == 0 and f.max() > 0 for f in found.values())
    assert network.pretrained
    assert network.layers[-2:] == ["relu5_1", "pool5"]
    # the narrow ones, where there is no mapping
    with torch.inference_mode():
        assert network(golden_gate(), ["relu3_4"])["relu3_4"].shape == (1, 64, 48, 64)
