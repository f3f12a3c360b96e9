"""What a config asks for in the way of painters, where their pictures come from, and faults."""

import copy
import os
from pathlib import Path

import pytest
from test_settings import REAL, check, faults_of

from convatlas.catalog import Catalog
from convatlas.data.availability import choose_datasets, choose_galleries
from convatlas.data.gallery import cut_squares
from convatlas.errors import ConvatlasError
from convatlas.evaluation.painting_features import load_features
from convatlas.networks import networks_available
from convatlas.painter_catalog import NETWORKS, PainterCatalog
from convatlas.video_catalog import VideoCatalog

CHOSEN = {"paintings": "monet", "photographs": "landscapes"}


@pytest.fixture
def config():
    return copy.deepcopy(REAL)


def painters(config):
    return PainterCatalog(Catalog({**config, "galleries": CHOSEN}))


def test_every_painter_has_a_pair_of_networks_of_its_own_kind(config):
    assert set(NETWORKS) <= set(networks_available("AdversarialPair"))
    assert {painter["network"] for painter in config["painters"].values()} == set(NETWORKS)


def test_a_painter_learns_from_pictures_of_its_own_size(config):
    config["painters"]["stylegan2"]["resolution"] = 64
    assert painters(config).galleries("stylegan2") == {
        "paintings": "<results>/data/monet/pictures_64.npz"
    }
    assert painters(config).galleries("cyclegan") == {
        "paintings": "<results>/data/monet/pictures_256.npz",
        "photographs": "<results>/data/landscapes/pictures_256.npz",
    }
    assert painters(config).given("stylegan2") == {}
    assert list(painters(config).given("cyclegan")) == ["photographs"]


def test_the_finest_gallery_is_of_the_painters_that_a_run_trains(config):
    asked = config["painters"]
    asked["stylegan2"]["resolution"] = asked["fastgan"]["resolution"] = 32
    asked["cyclegan"]["resolution"] = 64
    assert asked["stylegan2_light"]["resolution"] == 256, "which no item of a study shows"
    assert painters(config).finest() == "<results>/data/monet/pictures_64.npz"
    config["studies"] = ["pitie"]
    assert painters(config).trained() == []
    assert painters(config).finest() == "<results>/data/monet/pictures_256.npz"


def test_how_pictures_become_squares_is_part_of_what_a_gallery_is(config):
    before = painters(config).preparing("monet")
    config["datasets"]["monet"]["title"] = "another"
    assert painters(config).preparing("monet") == before
    config["datasets"]["monet"]["fit"] = "resize"
    assert painters(config).preparing("monet") == {**before, "fit": "resize"}


def test_paintings_that_are_not_kaggles_are_said_to_be_in_their_place(config):
    assert painters(config).stand_ins() == {}
    chosen = {"paintings": "monet_archive", "photographs": "landscapes_archive"}
    other = PainterCatalog(Catalog({**config, "galleries": chosen})).stand_ins()
    assert other["monet_archive"].endswith("of CycleGAN's archive, in place of Kaggle's 300")


def test_networks_that_have_a_resolution_are_built_with_it(config):
    assert painters(config).networks("stylegan2")["options"]["resolution"] == 256
    assert "resolution" not in painters(config).networks("cyclegan")["options"]


def test_a_title_changes_nothing_that_is_trained(config):
    before = copy.deepcopy(painters(config).making("stylegan2"))
    config["painters"]["stylegan2"]["title"] = "another"
    assert painters(config).making("stylegan2") == before
    config["painters"]["stylegan2"]["training"]["batch_size"] = 3
    assert painters(config).making("stylegan2") != before


def test_only_inceptions_distances_are_set_beside_the_documents(config):
    assert painters(config).is_comparable()
    assert painters(config).features_file()[0].startswith("<results>/downloads/inception/")
    config["painting"]["features"] = "squeezenet"
    assert not painters(config).is_comparable()
    assert "squeezenet" in painters(config).features_file()[0]
    config["painting"]["features"] = "untrained_vgg19"
    assert painters(config).features_file() == []


@pytest.mark.mirror
@pytest.mark.parametrize("name", ["squeezenet", "small_vgg19"])
def test_published_features_describe_paintings_as_the_config_names_them(config, name):
    """The way of every preset that is not Inception's, from entry and file to numbers."""
    if "CONVATLAS_MIRROR" not in os.environ:
        pytest.skip("CONVATLAS_MIRROR is not set")
    config["painting"]["features"] = name
    config["painting"]["proof"]["features"] = name
    catalog, paintings = painters(config), cut_squares(32, painted=True).pictures[:8]
    for entry, (file,) in (
        (catalog.features(), catalog.features_file()),
        (catalog.looks(), catalog.proof_file()),
    ):
        path = Path(os.environ["CONVATLAS_MIRROR"], file.removeprefix("<results>/downloads/"))
        features = load_features(entry, path, paintings, seed=0)
        described = features.describe(paintings)
        assert len(described) == 8
        assert described.std(0).mean() > 0
        assert (features.differences(paintings[:4], paintings[4:]) > 0).all()


def test_the_first_gallery_at_hand_is_taken_else_the_last_is_downloaded(config, tmp_path):
    cache, mirror = tmp_path / "cache", tmp_path / "mirror"
    found = choose_galleries(config, None, cache)
    assert found == {"paintings": "monet_archive", "photographs": "landscapes_archive"}
    (mirror / "monet" / "monet_jpg").mkdir(parents=True)
    assert choose_galleries(config, str(mirror), cache)["paintings"] == "monet"
    (cache / "photos" / "photo_jpg").mkdir(parents=True)
    chosen = {**config, "datasets": copy.deepcopy(config["datasets"])}
    choose_datasets(chosen, str(mirror), cache)
    assert chosen["galleries"] == CHOSEN
    assert chosen["datasets"]["monet"]["path"] == str(mirror / "monet" / "monet_jpg")
    assert chosen["datasets"]["landscapes"]["path"] == str(cache / "photos" / "photo_jpg")


def test_a_folder_that_is_nowhere_is_told_with_where_to_put_it(config, tmp_path):
    config["galleries"]["paintings"] = "monet"
    with pytest.raises(ConvatlasError, match=r"'galleries\.paintings' is 'monet'.* put it in"):
        choose_galleries(config, None, tmp_path)


def test_a_stylizer_has_its_painters_network(config):
    videos = VideoCatalog(config)
    assert videos.painted() == ["cyclegan", "stylegan_inversion", "stylegan_encoder"]
    assert not set(videos.painted()) & set(videos.published())
    inverted = videos.restyling("monet_inverted")
    assert inverted["options"]["resolution"] == 256
    assert inverted["backbone"] == "small_vgg19"
    assert "features" not in inverted["inversion"]
    assert videos.searching_backbone("monet_inverted")[0].endswith("5SE.pth")
    assert videos.searching_backbone("monet_translated") == []
    assert videos.encoder_of("monet_inverted") == []
    assert videos.encoder_of("monet_encoded") == ["<results>/painters/stylegan2/encoder.pt"]
    assert videos.restyling("monet_translated")["options"] == {"channels": 64, "blocks": 9}
    assert painters(config).of_stylizer("cyclegan") == {"painter": "cyclegan"}


PAINTER = ("painters", "stylegan2")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("galleries", "paintings"), "monets", ["galleries.paintings", "did you mean 'monet'"]),
        (("galleries", "paintings"), "mnist", ["of kind mnist", "picture_folder"]),
        (("galleries", "paintings"), "my_pictures", ["my_pictures", "no such file or folder"]),
        ((*PAINTER, "network"), "dcgan.DCGAN", ["it may be stylegan2.StyleGAN2"]),
        (("datasets", "monet", "fit"), "cut", ["datasets.monet.fit", "it may be crop, resize"]),
        ((*PAINTER, "resolution"), 100, ["resolution", "it may be 8, 16, 32"]),
        ((*PAINTER, "options", "channel_base"), 128, ["no channel at 256 pixels"]),
        ((*PAINTER, "options", "channels"), 8, ["unknown key", "channel_base"]),
        ((*PAINTER, "training", "chunk_size"), 64, ["more than a batch of 32"]),
        ((*PAINTER, "training", "images_per_tick"), 31, ["images_per_tick", "a batch of 32"]),
        (("painters", "cyclegan", "resolution"), 20, ["halvings' is 3", "20 pixels", "24 pixels"]),
        (("painters", "cyclegan", "options"), {"halvings": 7}, ["384 pixels or more"]),
        ((*PAINTER, "training", "batch_size"), 25, ["batch_size' is 25; 25 cannot", "2, 3 or 4"]),
        ((*PAINTER, "training", "chunk_size"), 1, ["chunk_size' is 1; 1 cannot", "of 2 or 3"]),
        (
            (*PAINTER, "training", "chunk_size"),
            27,
            [
                "chunk_size' is 27, which of a batch of 32 (batch_size) leaves 5 for the last",
                "which leaves one or nothing",
            ],
        ),
        (
            ("painters", "cyclegan", "training", "constant_epochs"),
            500,
            ["constant_epochs' is 500, but there are only 200 (epochs)", "or 200"],
        ),
        ((*PAINTER, "training", "augmentation"), "ada", ["adaptive, light, none"]),
        (("painting", "features"), "inceptoin", ["painting.features", "did you mean 'inception'"]),
        (("painting", "features"), "lenet", ["painting.features"]),
        (("painting", "shown"), 5000, ["only 1000 (painting.samples)"]),
        (("stylizers", "cyclegan", "painter"), "cycle", ["did you mean 'cyclegan'"]),
        (("stylizers", "cyclegan", "painter"), "fastgan", ["whose network is fastgan.FastGAN"]),
        (("styles", "monet_inverted", "stabilise"), True, ["say stabilise: false"]),
        (("gans", "dcgan", "network"), "stylegan2.StyleGAN2", ["pair of networks"]),
    ],
)
def test_a_fault_names_file_key_and_remedy(config, path, value, words):
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    found = "\n".join(faults_of(config))
    for word in words:
        assert word in found


def test_other_painters_compare_no_pictures(config):
    for name in ("fastgan", "cyclegan"):
        config["painters"][name]["training"]["batch_size"] = 1
    check(config)


def test_a_learning_rate_that_never_falls_has_to_be_asked_for(config):
    training = config["painters"]["cyclegan"]["training"]
    training |= {"epochs": 30, "constant_epochs": 30}
    check(config)
    del training["constant_epochs"]
    (fault,) = faults_of(config)
    assert "constant_epochs' is 100, but there are only 30 (epochs)" in fault


def test_a_shorter_training_needs_no_other_snapshots(config):
    """They are taken as far as epochs come, of GANs and painters alike."""
    for entry in (config["gans"]["dcgan"], config["painters"]["stylegan2"]):
        entry["training"]["epochs"] = 2
        assert max(entry["snapshots"]) > 2
    check(config)
