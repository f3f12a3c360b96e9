"""What a config asks of feature networks and of zooms, and what is said of faults in it."""

import copy
import subprocess
import sys

import pytest
from test_settings import HOME, REAL, check, faults_of, merge

from convatlas.catalog import Catalog
from convatlas.models.backbone_layers import KINDS
from convatlas.settings.features import layer_faults
from convatlas.settings.origin import Origin
from convatlas.video_catalog import VideoCatalog, feature_networks
from convatlas.zoom_catalog import ZoomCatalog

LAST = {"small_vgg19": "relu5_1", "vgg16": "conv5_3", "vgg19": "conv5_4", "alexnet": "pool5",
        "squeezenet": "relu10", "untrained_vgg19": "conv5_4"}  # fmt: skip
IMAGES, VIDEOS, ZOOMS = (HOME / f"{name}.yaml" for name in ("images", "videos", "zooms"))


@pytest.fixture
def config():
    return copy.deepcopy(REAL)


def test_every_kind_of_network_is_one_that_the_config_may_name(config):
    kinds = {entry["network"] for entry in config["backbones"].values()}
    assert kinds == set(KINDS)


def test_layers_of_a_network_are_no_fault_and_others_are(config):
    origin = Origin([], {})
    for name, last in LAST.items():
        first = "conv1_1" if "vgg" in name else "conv1"
        told = list(layer_faults(config, origin, ["x"], [last, "relu9_9", first], name))
        assert len(told) == 1
        assert "needs 'relu9_9'" in told[0]
        assert first in told[0]
    assert not list(layer_faults(config, origin, ["x"], ["relu9_9"], "nothing"))


@pytest.mark.parametrize(
    ("changed", "file", "words"),
    [
        (
            {"feature_maps": {"layers": ["relu1_2", "relu5_3"]}},
            IMAGES,
            [
                "'feature_maps.layers[1]' is 'relu5_3'",
                "'small_vgg19' has no such",
                "relu5_1, pool5",
            ],
        ),
        (
            {"activations": {"layers": ["conv4"]}},
            IMAGES,
            ["'activations.layers[0]' is 'conv4'", "conv4_1"],
        ),
        (
            {"dreams": {"first_photograph": {"layers": ["conv5_4"]}}},
            IMAGES,
            ["'dreams.first_photograph.layers[0]' is 'conv5_4'", "'small_vgg19'"],
        ),
        (
            {"dreams": {"first_photograph": {"features": "alexnet"}}},
            IMAGES,
            ["'conv5_1'", "'alexnet' has no such layer; it has conv1, relu1, pool1"],
        ),
        (
            {"transfers": {"mixed": {"features": "squeezenet"}}},
            IMAGES,
            ["'transfers.mixed.content_layers[0]' is 'relu4_2'", "'squeezenet'", "fire9, conv10"],
        ),
        (
            {"transfers": {"mixed": {"content_weight": 0, "style_weight": 0}}},
            IMAGES,
            ["'transfers.mixed' has nothing to optimise", "style_weight", "above 0"],
        ),
        ({"style_features": "alexnet"}, VIDEOS, ["'style_features' needs 'relu1_1'", "'alexnet'"]),
        (
            {"stylizers": {"trained": {"training": {"features": "squeezenet"}}}},
            VIDEOS,
            ["'stylizers.trained.training.content_layers[0]' is 'relu3_1'", "'squeezenet'"],
        ),
        (
            {"zooms": {"fall": {"layers": ["relu5_2"]}}},
            ZOOMS,
            ["'zooms.fall.layers[0]' is 'relu5_2'", "relu5_1"],
        ),
        (
            {"zooms": {"fall": {"class_index": 3}}},
            ZOOMS,
            ["'zooms.fall.class_index' is 3", "'small_vgg19' tells no classes", "squeezenet"],
        ),
        (
            {"zooms": {"class_fall": {"class_index": 1000}}},
            ZOOMS,
            ["'zooms.class_fall.class_index' is 1000", "1000 classes, 0 to 999"],
        ),
        (
            {"zooms": {"class_fall": {"layers": ["fire9"]}}},
            ZOOMS,
            ["'zooms.class_fall.class_index' is 107", "take 'layers' out, or make it [conv10]"],
        ),
        (
            {"zooms": {"class_fall": {"channel": 3}}},
            ZOOMS,
            ["'zooms.class_fall.class_index' is 107", "a channel as well"],
        ),
        (
            {"zooms": {"fall": {"channel": 3, "layers": ["relu1_1", "relu2_1"]}}},
            ZOOMS,
            ["'zooms.fall.layers' names 2 layers", "'channel' is of one"],
        ),
        ({"zooms": {"fall": {"picture": "golden"}}}, ZOOMS, ["zooms.fall.picture", "golden_gate"]),
        ({"zooms": {"fall": {"features": "small"}}}, ZOOMS, ["zooms.fall.features", "small_vgg19"]),
        ({"zooms": {"fall": {"zoom": 0.9}}}, ZOOMS, ["zooms.fall.zoom", "at least 1"]),
        ({"zooms": {"fall": {"fps": 3}}}, ZOOMS, ["unknown key 'zooms.fall.fps'"]),
        ({"wanted_zooms": ["fal"]}, ZOOMS, ["wanted_zooms[0]", "did you mean 'fall'"]),
        ({"clips": {"dream": {"zoom": "fal"}}}, VIDEOS, ["clips.dream.zoom", "'fall'"]),
        ({"wanted_zooms": ["my_fall"]}, VIDEOS, ["pictures.my_photograph.path", "no such file"]),
        (
            {"backbones": {"vgg16": {"network": "torchvision_vgg"}}},
            VIDEOS,
            ["backbones.vgg16.network", "torchvision_vgg16, torchvision_vgg19"],
        ),
    ],
)
def test_a_fault_names_file_key_and_what_there_is(config, changed, file, words):
    merge(config, changed)
    (fault, *_) = faults_of(config)
    assert fault.startswith(f"{file}: ")
    for word in words:
        assert word in fault


def test_a_zoom_is_of_layers_or_of_a_class(config):
    del config["zooms"]["fall"]["layers"]
    (fault,) = faults_of(config)
    assert "'zooms.fall.layers' is missing; name layers, or a 'class_index'" in fault


def test_a_network_with_weights_needs_their_file(config):
    del config["backbones"]["alexnet"]["file"]
    (fault,) = faults_of(config)
    assert "'backbones.alexnet.file' is missing" in fault


def test_layers_that_a_default_needs_are_looked_at_too(config):
    del config["stylizers"]["trained"]["training"]["content_layers"]
    config["stylizers"]["trained"]["training"] |= {"features": "alexnet", "style_layers": ["relu1"]}
    (fault,) = faults_of(config)
    assert "'stylizers.trained.training.content_layers' needs 'relu3_1'" in fault


def test_weights_that_nothing_names_are_not_fetched(config):
    catalog = Catalog(config)
    assert feature_networks(config) == {"small_vgg19", "squeezenet", "untrained_vgg19"}
    weights = {n: config["backbones"][n]["file"]["name"] for n in ("vgg19", "small_vgg19")}
    assert set(weights.values()) <= set(catalog.remote_files())  # it may be asked for by name
    assert weights["vgg19"] not in catalog.files_to_fetch()
    assert weights["vgg19"] not in catalog.contents()
    assert weights["small_vgg19"] in catalog.files_to_fetch()
    apart = set(catalog.remote_files()) - set(catalog.files_to_fetch())
    assert all(name.startswith("backbones/torchvision/") for name in apart)
    assert len(apart) == 3
    config["dreams"]["first_photograph"]["features"] = "vgg19"
    assert weights["vgg19"] in Catalog(config).files_to_fetch()


def test_a_zoom_is_made_from_its_picture_and_the_weights_of_its_network(config):
    zooms = ZoomCatalog(VideoCatalog(config))
    assert zooms.wanted() == []
    inputs = zooms.inputs("fall")
    assert inputs["picture"].endswith("pictures/neuralstylept_golden_gate.jpg")
    assert inputs["backbone"] == ["<results>/downloads/backbones/small_vgg19/encoders/5SE.pth"]
    assert zooms.inputs("untrained_fall") == {
        "picture": "<results>/pictures/temple.png", "backbone": [],
    }  # fmt: skip
    config["wanted_zooms"] = ["fall"]
    assert zooms.wanted() == ["<results>/images/zooms/fall.mp4"]
    before = copy.deepcopy(zooms.zoom("fall"))
    assert "title" not in before
    config["zooms"]["fall"]["title"] = "another"
    assert zooms.zoom("fall") == before
    config["zooms"]["fall"]["steps"] = 9
    assert zooms.zoom("fall") != before


def test_a_zoom_is_a_clip_that_is_made_first(config):
    config["videos"]["clips"] = ["dream"]
    check(config)
    catalog = VideoCatalog(config)
    assert catalog.clip("dream") == "<results>/images/zooms/fall.mp4"
    assert "dream" not in catalog.made("clips")
    assert set(catalog.stand_ins()) == {"dream"}
    config["clips"]["dream"]["zoom"] = "untrained_fall"
    assert set(catalog.stand_ins()) == {"dream", "untrained_vgg19"}
    config["clips"]["dream"]["path"] = "x.mp4"
    (fault, *_) = faults_of(config)
    assert "clips.dream" in fault


def test_layers_are_known_without_torch():
    code = "import convatlas.settings, sys; assert 'torch' not in sys.modules"
    scripts = HOME.parent / "scripts"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=scripts)
