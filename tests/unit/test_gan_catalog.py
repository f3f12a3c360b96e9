"""What a config asks for in the way of GANs."""

import copy

import pytest
from test_settings import REAL

from convatlas.catalog import Catalog
from convatlas.gan_catalog import GanCatalog
from convatlas.networks import networks_available, options_of
from convatlas.painter_catalog import NETWORKS


@pytest.fixture
def config():
    return copy.deepcopy(REAL) | {"seeds": [3, 4, 5]}


def gans(config):
    return GanCatalog(Catalog(config))


def test_pairs_are_found_without_an_import_and_are_no_classifiers():
    pairs = networks_available("AdversarialPair")
    assert [name for name in pairs if name not in NETWORKS] == ["dcgan.DCGAN", "mlp_gan.MLPGAN"]
    assert not {"dcgan.DCGAN", "adversarial_pair.AdversarialPair"} & {
        name for name in networks_available() if "DCGAN" in name
    }


def test_what_a_pair_is_built_with_is_read_without_an_import():
    assert options_of("dcgan.DCGAN") == ["latent_dim", "channels", "spectral_norm"]
    assert options_of("mlp_gan.MLPGAN") == ["latent_dim", "spectral_norm"]
    assert options_of("inception.Inception") == []


def test_recipes_have_validation_digits_and_the_others_test_digits(config):
    splits = {name: gans(config).part(name)["scheme"] for name in config["gans"]}
    assert {splits.pop(recipe) for recipe in config["recipes"]} == {"holdout_validated"}
    assert set(splits.values()) == {"holdout"}


def test_gans_in_use_are_those_of_items_and_claims(config):
    config["recipes"] = ["mlp_gan_plain"]
    assert set(gans(config).trained()) == {
        "dcgan", "dcgan_improved", "dcgan_long", "dcgan_sepulveda", "mlp_gan", "mlp_gan_improved",
        "mlp_gan_plain",
    }  # fmt: skip
    config["studies"] = ["sepulveda"]
    assert set(gans(config).trained()) == {"dcgan_long", "dcgan_sepulveda"}


def test_a_gan_is_trained_with_the_first_seeds(config):
    config["gans"]["dcgan"]["repeats"] = 2
    runs = {"gan": "dcgan", "seed": [3, 4], "features": config["distances"]}
    assert gans(config).runs("dcgan") == runs


def test_neither_title_nor_repeats_change_a_training(config):
    before = copy.deepcopy(gans(config).making("dcgan"))
    config["gans"]["dcgan"] |= {"title": "another", "repeats": 9}
    assert gans(config).making("dcgan") == before
    config["gans"]["dcgan"]["options"]["channels"] = 3
    assert gans(config).making("dcgan") != before


def test_weights_of_features_are_trained_here_or_downloaded(config):
    assert gans(config).weights("lenet") == {"weights": "models/lenet5/3/weights.pt"}
    published = config["features"]["inception"]["file"]["name"]
    assert gans(config).weights("inception") == {"weights": f"downloads/{published}"}
    assert published in Catalog(config).contents()


def test_what_an_artefact_is_drawn_from(config):
    config["gans"]["dcgan"]["repeats"] = 2
    asked = gans(config)
    runs = {"gan": ["dcgan"], "seed": [3, 4], "features": "lenet"}
    assert asked.runs_behind("alvarez", "table01_discriminator.csv") == runs
    assert asked.first_runs_behind("alvarez", "fig04_losses.svg") == {**runs, "seed": [3]}
    # of several GANs, the seeds that all have
    assert asked.runs_behind("alvarez", "beyond_distances.svg")["seed"] == [3, 4]
    assert asked.part_of_item("alvarez", "fig05_generated.png") == {
        "scheme": "holdout",
        "form": "mnist_form",
    }
    assert asked.dataset_of_item("alvarez", "fig05_generated.png") == config["digits"]["benchmark"]
    assert asked.datasets_of("dcgan") == {
        "generated": "mnist",
        "benchmark_test": "mnist",
        "own_plain": "own_digits",
        "own_mnist_form": "own_digits",
    }
