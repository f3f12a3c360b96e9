"""Painters on disk: what comes back, its options, and weights that do not fit."""

import copy

import pytest
import torch

from convatlas.errors import ConvatlasError
from convatlas.models.gan_files import load_generator, save_pair
from convatlas.models.registry import build_model, load_weights, save_weights

NETWORK = "stylegan2.StyleGAN2"
OPTIONS = {"resolution": 16, "latent_dim": 5, "channel_base": 64, "channel_max": 6}


def build(**changed):
    return build_model(NETWORK, seed=0, options={**OPTIONS, **changed})


@pytest.fixture
def path(tmp_path):
    pair = build()
    averaged = copy.deepcopy(pair.generator)
    torch.nn.init.constant_(averaged.synthesis.constant, 0.25)
    save_pair(tmp_path / "w.pt", pair, averaged=averaged, network=NETWORK, options=pair.options)
    return tmp_path / "w.pt"


def test_the_averaged_generator_comes_back_and_options_are_plain(path):
    generator = load_generator(path, network=NETWORK, options=OPTIONS)
    assert (generator.synthesis.constant == 0.25).all()
    constant = load_weights(build(), path, network=NETWORK).generator.synthesis.constant
    assert not (constant == 0.25).any()
    assert torch.load(path, weights_only=True)["options"] == OPTIONS


def test_the_same_weights_give_the_same_bytes(path, tmp_path):
    pair = load_weights(build(), path, network=NETWORK)
    averaged = load_generator(path, network=NETWORK, options=OPTIONS)
    again = tmp_path / "again.pt"
    save_pair(again, pair, averaged=averaged, network=NETWORK, options=OPTIONS)
    assert again.read_bytes() == path.read_bytes()


def test_weights_of_another_resolution_name_both_sides_in_a_line(path):
    with pytest.raises(ConvatlasError) as told:
        load_generator(path, network=NETWORK, options={**OPTIONS, "resolution": 32})
    assert "with other options (resolution: 16 there, 32 here); give it" in str(told.value)
    assert "\n" not in str(told.value)


def test_weights_whose_options_nobody_wrote_down_are_counted(tmp_path):
    """Generators alone, as stylizers keep them."""
    save_weights(build().generator, tmp_path / "g.pt", network="inversion")
    for changed, words in (
        ({"resolution": 32}, "only here, such as "),
        ({"resolution": 8}, "only there, such as "),
        ({"latent_dim": 7}, "mapping.mean: 5 there, 7 here"),
    ):
        with pytest.raises(ConvatlasError) as told:
            load_weights(build(**changed).generator, tmp_path / "g.pt", network="inversion")
        assert words in str(told.value)
        assert len(str(told.value)) < 400
        assert "\n" not in str(told.value)
