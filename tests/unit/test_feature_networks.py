"""AlexNet, VGG and SqueezeNet as feature networks of one form, against torchvision's own."""

import os
from pathlib import Path

import pytest
import torch

from convatlas.data.fetch import default_cache
from convatlas.errors import ConvatlasError
from convatlas.models.alexnet import AlexNet
from convatlas.models.backbone_files import (
    build_backbone,
    read_torchvision_alexnet,
    read_torchvision_vgg,
)
from convatlas.models.backbone_layers import CLASSES, KINDS, LAYERS, layers_of
from convatlas.models.backbones import VGG, uniform_widths
from convatlas.models.squeezenet import SqueezeNet
from convatlas.models.vgg_configurations import VGG16, VGG19

models = pytest.importorskip("torchvision.models")
PUBLISHED = {
    "vgg16": "vgg16-397923af.pth",
    "vgg19": "vgg19-dcbb9e9d.pth",
    "alexnet": "alexnet-owt-7be5be79.pth",
}


def pictures(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def standard(x):
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return (x - mean.view(3, 1, 1)) / deviation.view(3, 1, 1)


def theirs(name):
    """Return torchvision's features with weights at random, biases too."""
    torch.manual_seed(0)
    if name == "alexnet":
        features = models.AlexNet().features
    else:
        features = models.vgg.make_layers(models.vgg.cfgs["D" if name == "vgg16" else "E"])
    for layer in features:
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight)
            torch.nn.init.normal_(layer.bias)
    return features.eval()


def save(features, path):
    state = {f"features.{name}": value for name, value in features.state_dict().items()}
    torch.save(state | {"classifier.1.weight": torch.zeros(2, 2)}, path)
    return path


# numbers are those of torchvision's own lists of layers
PLACES = {
    "alexnet": {
        "conv1": 1, "relu1": 2, "pool1": 3, "conv2": 4, "relu2": 5, "pool2": 6, "conv3": 7,
        "relu3": 8, "conv4": 9, "relu4": 10, "conv5": 11, "relu5": 12, "pool5": 13,
    },
    "vgg16": {"relu1_2": 4, "pool1": 5, "relu3_3": 16, "conv4_3": 22, "relu5_3": 30, "pool5": 31},
    # the document hooks the layer of index 34
    "vgg19": {"relu1_2": 4, "conv4_2": 22, "relu4_4": 27, "conv5_4": 35, "pool5": 37},
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_features_are_torchvisions(tmp_path, name):
    features = theirs(name)
    network = build_backbone(f"torchvision_{name}", path=save(features, tmp_path / "w.pth"))
    assert network.pretrained
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    x, places = pictures(2, 3, 70, 83), PLACES[name]
    with torch.inference_mode():
        found = network(x, list(places))
        for layer, count in places.items():
            torch.testing.assert_close(found[layer], features[:count](standard(x)))
            torch.testing.assert_close(network(x, [layer])[layer], found[layer])


def test_alexnet_computes_nothing_past_the_last_layer():
    network, called = AlexNet().eval(), []
    for name, layer in network.convolutions.items():
        layer.register_forward_hook(lambda *_, name=name: called.append(name))
    network(pictures(1, 3, 64, 64), ["pool2", "conv1"])
    assert called == ["conv1", "conv2"]


def test_alexnets_gradients_are_those_of_differences():
    torch.manual_seed(0)
    network, x = AlexNet().double(), pictures(1, 3, 64, 64).double().requires_grad_()

    def total(x):
        found = network(x, ["conv1", "relu1", "pool5"])
        return sum(features.square().mean() for features in found.values())

    total(x).backward()
    direction = pictures(1, 3, 64, 64, seed=1).double()
    with torch.no_grad():
        slope = (total(x + 1e-7 * direction) - total(x - 1e-7 * direction)) / 2e-7
    assert (x.grad * direction).sum().item() == pytest.approx(slope.item(), rel=1e-4)


def made(kind):
    torch.manual_seed(0)
    if kind == "squeezenet":
        return SqueezeNet().eval()
    return AlexNet().eval()


@pytest.mark.parametrize("kind", ["torchvision_alexnet", "squeezenet"])
def test_the_least_side_is_enough_and_one_less_is_not(monkeypatch, kind):
    network = made(kind)
    sides = [network.least_side([layer]) for layer in network.layers]
    assert sides == sorted(sides)
    for layer, side in zip(network.layers, sides, strict=True):
        with torch.inference_mode():
            assert network(pictures(1, 3, side, side + 5), [layer])[layer].numel()
        with pytest.raises(ConvatlasError, match=rf"too small .*{layer}: each side needs {side}"):
            network(pictures(1, 3, side - 1, side + 5), [layer])
        with monkeypatch.context() as unchecked, torch.inference_mode():
            unchecked.setattr(network, "least_side", lambda _: 1)
            with pytest.raises(RuntimeError):
                network(pictures(1, 3, side - 1, side + 5), [layer])
    assert network.least_side([network.layers[0], network.layers[-1]]) == sides[-1]


@pytest.mark.parametrize("kind", ["torchvision_alexnet", "squeezenet"])
def test_pooling_is_chosen(kind):
    network, x = made(kind), pictures(1, 3, 64, 64)
    with torch.inference_mode():
        largest = network(x, ["relu1", "pool1"])
        network.set_pooling("average")
        means = network(x, ["relu1", "pool1"])
    torch.testing.assert_close(means["relu1"], largest["relu1"])
    window = largest["relu1"][..., :3, :3]
    torch.testing.assert_close(largest["pool1"][..., 0, 0], window.amax((2, 3)))
    torch.testing.assert_close(means["pool1"][..., 0, 0], window.mean((2, 3)))
    with pytest.raises(ConvatlasError, match="pooling 'median' is none of max, average"):
        network.set_pooling("median")


@pytest.mark.parametrize(
    "network", [AlexNet, SqueezeNet, lambda: VGG(VGG16, [(4,) * n for n in VGG16])]
)
def test_what_is_not_there_is_told(network):
    with pytest.raises(ConvatlasError, match=r"no layer 'relu11' in this network; it has conv1"):
        network()(pictures(1, 3, 64, 64), ["relu11"])
    with pytest.raises(ConvatlasError, match="no layer is asked for"):
        network()(pictures(1, 3, 64, 64), [])


def test_layers_by_kind_are_those_of_the_networks():
    """What the config is checked by, without torch, is what there is."""
    narrow = (4, 4, 4, 4, 4)
    networks = {
        "torchvision_alexnet": AlexNet(),
        "squeezenet": SqueezeNet(),
        "torchvision_vgg16": VGG(VGG16, uniform_widths(VGG16, narrow)),
        "torchvision_vgg19": VGG(VGG19, uniform_widths(VGG19, narrow)),
        "drawn": VGG(VGG19, uniform_widths(VGG19, narrow)),
        "small_vgg19": VGG((2, 2, 4, 4, 1), uniform_widths((2, 2, 4, 4, 1), narrow)),
    }
    assert set(networks) == set(KINDS) == set(LAYERS)
    for kind, network in networks.items():
        assert tuple(network.layers) == layers_of(kind)
        assert (network.class_layer is not None) == (kind in CLASSES)
    x = pictures(1, 3, 64, 64)
    with torch.inference_mode():
        for network in networks.values():
            assert list(network(x, list(network.layers))) == list(network.layers)
        count, layer = CLASSES["squeezenet"]
        assert networks["squeezenet"](x, [layer])[layer].shape[1] == count


def test_another_networks_file_is_refused(tmp_path):
    for name in PLACES:
        save(theirs(name), tmp_path / f"{name}.pth")
    with pytest.raises(ConvatlasError, match=r"vgg19\.pth: 16 convolutions, but 13 are wanted"):
        build_backbone("torchvision_vgg16", path=tmp_path / "vgg19.pth")
    with pytest.raises(ConvatlasError, match=r"alexnet\.pth: 5 layers .* VGG-16 has 13"):
        build_backbone("torchvision_vgg19", path=tmp_path / "alexnet.pth")
    with pytest.raises(ConvatlasError, match=r"vgg16\.pth: 13 layers .* AlexNet has 5"):
        build_backbone("torchvision_alexnet", path=tmp_path / "vgg16.pth")
    with pytest.raises(ConvatlasError, match=r"vgg16\.pth: not SqueezeNet's file|are damaged|left"):
        build_backbone("squeezenet", path=tmp_path / "vgg16.pth")
    # as many layers, but narrower
    state = theirs("alexnet").state_dict()
    state["0.weight"] = state["0.weight"][:32]
    torch.save({f"features.{n}": v for n, v in state.items()}, tmp_path / "narrow.pth")
    with pytest.raises(ConvatlasError, match=r"narrow\.pth: not torchvision's AlexNet"):
        read_torchvision_alexnet(tmp_path / "narrow.pth")
    state = theirs("alexnet").state_dict()
    state["3.bias"][5] = torch.nan
    torch.save({f"features.{n}": v for n, v in state.items()}, tmp_path / "nan.pth")
    with pytest.raises(ConvatlasError, match=r"nan\.pth: .*features\.3 holds values .* no numbers"):
        read_torchvision_alexnet(tmp_path / "nan.pth")


def published(name):
    """Return torchvision's file of weights, or skip."""
    folders = [Path(os.environ["CONVATLAS_MIRROR"])] if "CONVATLAS_MIRROR" in os.environ else []
    for folder in (*folders, default_cache()):
        path = folder / "backbones" / "torchvision" / PUBLISHED[name]
        if path.is_file():
            return path
    pytest.skip(f"{PUBLISHED[name]} is neither in CONVATLAS_MIRROR nor in the cache")
    return None


@pytest.mark.mirror
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_weights_give_torchvisions_features(name):
    path = published(name)
    state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    features = theirs(name)
    prefix = "features."
    features.load_state_dict(
        {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
    )
    network = build_backbone(f"torchvision_{name}", path=path)
    x, places = pictures(1, 3, 96, 96), PLACES[name]
    with torch.inference_mode():
        found = network(x, list(places))
        for layer, count in places.items():
            torch.testing.assert_close(found[layer], features[:count](standard(x)))


def test_which_vgg_it_is_is_told_by_its_file(tmp_path):
    features = theirs("vgg16")
    assert read_torchvision_vgg(save(features, tmp_path / "w.pth")).layers == list(
        layers_of("torchvision_vgg16")
    )
