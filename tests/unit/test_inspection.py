"""Networks as a hook sees them, against what is known of them; and the drawings made of it."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from convatlas.evaluation.architectures import metrics_of_architectures, tabulate_architectures
from convatlas.figures.architecture import draw_architecture, plot_architecture
from convatlas.models.inspection import inspect_network, inspect_perceptron
from convatlas.models.perceptron import Activation, Perceptron
from convatlas.models.perceptron_file import save_perceptrons
from convatlas.models.registry import build_model

DIGIT = {"picture": [1, 28, 28]}
NETWORKS = {
    "models.lenet5": {"network": "lenet.LeNet5", **DIGIT},
    "models.lenet5_relu": {"network": "lenet.LeNet5ReLU", **DIGIT},
    "gans.dcgan": {"network": "dcgan.DCGAN", "options": {"channels": 4}},
    "gans.mlp_gan": {"network": "mlp_gan.MLPGAN", "options": {"latent_dim": 128}},
    "denoisers.document": {
        "network": "denoiser.GatedDenoiser", "options": {"channels": 4}, "picture": [3, 16, 16],
    },
    "painters.stylegan2": {
        "network": "stylegan2.StyleGAN2",
        "options": {"resolution": 16, "latent_dim": 8, "channel_base": 64, "mapping_layers": 2},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("fitted") / "fitted.npz"
    small = Perceptron(3, (2,), 3, Activation("linear"))
    large = Perceptron(3, (40,), 3, Activation("linear"))
    random = np.random.default_rng(0)
    fitted = {
        f"{seed}/{n.hidden[0]}": (n, n.draw(random)) for seed in (5, 6) for n in (small, large)
    }
    save_perceptrons(path, fitted)
    return tabulate_architectures(NETWORKS, {"autoencoders.own": path})


def rows_of(table, name, part=""):
    return table[(table["network"] == name) & (table["part"] == part)].set_index("layer")


def test_lenet_is_seen_with_its_frame_pooling_and_activations(table):
    rows = rows_of(table, "models.lenet5")
    sizes = rows[["height", "width", "channels"]].apply(tuple, axis=1).tolist()
    assert sizes == [
        (28, 28, 1), (32, 32, 1), (28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16),
        (1, 1, 120), (1, 1, 84), (1, 1, 10),
    ]  # fmt: skip
    assert rows["kind"].tolist()[1:6] == [
        "enlarging", "convolution", "pooling", "convolution", "pooling",
    ]  # fmt: skip
    assert rows["activation"].tolist() == ["", "", "tanh", "", "tanh", "", "tanh", "tanh", ""]
    assert rows["window"].tolist()[2:4] == ["5x5", "2x2/2"]


def test_maximum_pooling_is_told_from_other_pooling(table):
    assert "maximum pooling 1" in rows_of(table, "models.lenet5_relu").index
    assert "pooling 1" in rows_of(table, "models.lenet5").index


def test_skips_come_from_the_graph(table):
    follows = rows_of(table, "denoisers.document")["follows"].str.split(";")
    assert [len(names) for names in follows] == [1] * 7 + [2] * 4
    for number in range(1, 5):
        opposite = f"convolutions.{4 - number}"
        assert opposite in follows[f"deconvolutions.{number}"]
    closed = build_model("denoiser.GatedDenoiser", seed=0, options={"channels": 4})
    rows = inspect_network(nn.Sequential(*closed.convolutions), torch.zeros(1, 3, 16, 16))
    assert all(len(row.follows) == 1 for row in rows[1:])


def test_a_generator_is_seen_from_numbers_to_a_picture_and_back(table):
    generator = rows_of(table, "gans.mlp_gan", "generator")
    assert generator["channels"].tolist() == [128, 256, 512, 1024, 784, 1]
    assert generator["activation"].tolist()[1:5] == ["leaky ReLU"] * 3 + ["tanh"]
    discriminator = rows_of(table, "gans.mlp_gan", "discriminator")
    assert discriminator["channels"].tolist()[1:] == [1024, 512, 256, 1]


def test_a_style_goes_into_the_first_convolution_and_leaves_no_mark_on_colours(table):
    rows = rows_of(table, "painters.stylegan2", "generator")
    assert rows["follows"]["synthesis.layers.0"] == "mapping.layers.1"
    assert rows["activation"]["synthesis.to_colours.0"] == ""
    assert rows["activation"]["mapping.layers.1"] == "leaky ReLU"


@pytest.mark.parametrize("name", NETWORKS)
def test_no_parameter_is_lost(table, name):
    entry = NETWORKS[name]
    network = build_model(entry["network"], seed=0, options=entry.get("options"))
    rows = table[table["network"] == name]
    assert rows["parameters"].sum() == sum(p.numel() for p in network.parameters())


def test_a_network_is_left_as_it_was():
    network = build_model("lenet.LeNet5", seed=0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    inspect_network(network, torch.zeros(1, 1, 28, 28))
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_perceptron_is_as_large_as_its_weights():
    network = Perceptron(3, (5,), 2, Activation("linear"))
    rows = inspect_perceptron(network, network.draw(np.random.default_rng(0)))
    assert [row.channels for row in rows] == [3, 5, 2]
    assert sum(row.parameters for row in rows) == network.parameters
    assert [row.activation for row in rows] == ["", "", "sigmoid"]


def test_claims_find_their_metrics(table):
    metrics = metrics_of_architectures(table)
    means = {
        name: {key: value["mean"] for key, value in found.items() if key != "dataset"}
        for name, found in metrics.items()
    }
    lenet = means["models.lenet5"]
    assert (lenet["layers"], lenet["side"], lenet["parameters"]) == (7, 32, 61_706)
    document = means["denoisers.document"]
    assert (document["layers"], document["convolutions"], document["skips"]) == (10, 5, 4)
    assert means["gans.mlp_gan"]["generator_inputs"] == 128
    assert means["gans.mlp_gan"]["discriminator_units_1"] == 1024
    assert means["autoencoders.own"]["2_parameters"] == 3 * 3 + 2 * 4 - 0


@pytest.mark.parametrize("name", [*NETWORKS, "autoencoders.own"])
def test_every_layer_is_drawn_with_its_size(table, name, tmp_path):
    rows = table[table["network"] == name]
    hidden = 40 if name == "autoencoders.own" else None
    figure = draw_architecture(rows, hidden=hidden)
    told = " ".join(text.get_text() for text in figure.axes[0].texts)
    for row in rows[rows["kind"] == "convolution"].to_dict("records"):
        assert f"{row['height']}x{row['width']}x{row['channels']}" in told
    if hidden:
        assert "40 units" in told
        assert "⋮" in told
    plot_architecture(rows, tmp_path / "network.svg", hidden=hidden)
    assert (tmp_path / "network.svg").stat().st_size < 200_000


def test_a_csv_of_layers_is_drawn_as_the_table_is(table, tmp_path):
    table.to_csv(tmp_path / "layers.csv", index=False)
    read = pd.read_csv(tmp_path / "layers.csv", dtype={"part": str, "layer": str})
    for kind, source in (("table", table), ("file", read)):
        chosen = source[source["network"] == "denoisers.document"]
        plot_architecture(chosen, tmp_path / f"{kind}.svg")
    assert (tmp_path / "table.svg").read_bytes() == (tmp_path / "file.svg").read_bytes()
