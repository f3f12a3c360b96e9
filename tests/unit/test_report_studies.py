"""What the report says of an item's data, training and seeds."""

import copy

import pytest
from test_settings import REAL

from convatlas.report.studies import describe_studies


@pytest.fixture
def items():
    config = copy.deepcopy(REAL)
    config["gans"]["dcgan"] |= {"repeats": 2}
    config["galleries"] = {"paintings": "monet", "photographs": "landscapes"}
    roles = {**config["digits"], **config["tables"]}
    data = [{"title": f"title of {role}", "roles": [role]} for role in roles]
    run = {"config": config, "data": data, "seeds": {"trainings": [7, 8, 9]}}
    studies = describe_studies(config["documents"], config["studies"], run)
    return {
        (study["study"], item["artefact"]): item
        for study in studies
        for section in study["sections"]
        for item in section["items"]
        if item["kind"] != "omitted"
    }


def test_every_item_of_a_gan_says_what_it_was_trained_on_and_how(items):
    table = items["alvarez", "table01_discriminator.csv"]
    assert table["data"] == "title of benchmark; title of own"
    assert table["made"] == "dcgan (20 epochs, batches of 128); seeds 7, 8"
    assert items["banoy", "fig14_generated.png"]["data"] == "title of benchmark"
    recipes = items["alvarez", "beyond_recipes.csv"]
    assert "dcgan_average (5 epochs" in recipes["made"]
    assert recipes["made"].endswith("seeds 7")
    assert items["banoy", "fig19_leaky_relu.svg"]["made"] == ""


def test_an_item_of_clips_says_which_and_how_they_were_restyled(items):
    still = items["sepulveda", "fig24_frames.png"]
    assert still["data"] == REAL["clips"][REAL["videos"]["clips"][0]]["title"]
    assert still["made"].startswith("The Starry Night (any style, ")
    assert "style of Vincent van Gogh, The Starry Night, 1889; strength 1; " in still["made"]
    assert still["made"].endswith("; stabilised)")
    table = items["alvarez", "table02_videos.csv"]
    assert table["data"].count(";") == len(REAL["videos"]["clips"]) - 1
    assert "every frame by itself" in table["made"]


def test_the_seeds_that_an_item_shows_are_told(items):
    assert items["alvarez", "fig04_losses.svg"]["made"].endswith("; seed 7")
    assert items["banoy", "fig14_generated.png"]["made"].endswith("; seed 7")
    # of several GANs, those that all have; a table of metrics has each GAN's own
    assert items["alvarez", "beyond_distances.svg"]["made"].endswith("; seeds 7, 8")
    assert items["alvarez", "beyond_gans.csv"]["made"].endswith("; seeds 7, 8, 9")


def test_pictures_out_of_networks_say_which_network_and_how(items):
    network = REAL["backbones"][REAL["images"]["features"]]["title"]
    sought = items["pitie", "activations.png"]
    assert sought["data"] == "scikit-learn's sample photographs"
    assert sought["made"].startswith(f"features of {network}; 128 pixels; plain 200 steps, ")
    assert sought["made"].endswith("; seed 0")
    assert items["pitie", "feature_maps.png"]["made"] == f"features of {network}"
    assert items["pitie", "alexnet.svg"]["data"] == "the layers of Krizhevsky et al. 2012"
    assert items["pitie", "cases.csv"]["data"] == "the slides' own numbers"


def test_every_item_but_a_function_and_a_network_says_its_data(items):
    without = [key for key, item in items.items() if not item["data"]]
    drawn = [key for key, item in items.items() if item["rule"] == "plot_architecture"]
    assert len(drawn) == 10
    assert set(without) == {("banoy", "fig19_leaky_relu.svg"), *drawn}


def test_an_item_of_painters_says_which_pictures_and_how_long(items):
    fid = items["alvarez", "fig07_fid.svg"]
    assert fid["data"] == "300 paintings by Monet"
    assert "StyleGAN2 (256x256 pixels, 500 ticks of 4,000 pictures, batches of 32)" in fid["made"]
    assert "distances by FID's Inception" in fid["made"]
    assert fid["made"].endswith("seed 0")
    both = items["alvarez", "beyond_painters.csv"]
    assert both["data"] == "300 paintings by Monet; 300 photographs of landscapes"
    assert "CycleGAN (256x256 pixels, 200 epochs, batches of 1)" in both["made"]
    manners = items["alvarez", "beyond_manners.csv"]
    assert manners["data"].endswith("300 paintings by Monet")
