"""Perceptrons on disk: what is read is what was written."""

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convatlas.errors import ConvatlasError
from convatlas.models.perceptron import Activation, Perceptron
from convatlas.models.perceptron_file import (
    encode_features,
    load_best,
    load_perceptrons,
    save_perceptrons,
)

ACTIVATIONS = st.builds(
    Activation, st.sampled_from(["sigmoid", "tanh", "linear"]), st.floats(0.1, 3)
)
NETWORKS = st.builds(
    Perceptron,
    inputs=st.integers(1, 5),
    hidden=st.lists(st.integers(1, 4), max_size=3).map(tuple),
    outputs=st.integers(1, 3),
    hidden_activation=ACTIVATIONS,
    output_activation=ACTIVATIONS,
    bias=st.booleans(),
)


def with_weights(network, seed=0):
    return network, network.draw(np.random.default_rng(seed))


@settings(deadline=None, max_examples=30)
@given(networks=st.lists(NETWORKS, max_size=4))
def test_networks_and_bits_come_back_in_order(tmp_path_factory, networks):
    path = tmp_path_factory.mktemp("held") / "fitted.npz"
    fitted = {f"{seed}/{7 - seed}": with_weights(n, seed) for seed, n in enumerate(networks)}
    save_perceptrons(path, fitted)
    again = load_perceptrons(path)
    assert list(again) == list(fitted)
    for name, (network, weights) in fitted.items():
        assert again[name][0] == network
        for matrix, read in zip(weights, again[name][1], strict=True):
            np.testing.assert_array_equal(matrix, read)
            assert matrix.dtype == read.dtype


def test_the_same_networks_give_the_same_bytes(tmp_path):
    fitted = {"1x2@0.1": with_weights(Perceptron(3, (2,), 3))}
    save_perceptrons(tmp_path / "one.npz", fitted)
    save_perceptrons(tmp_path / "other.npz", load_perceptrons(tmp_path / "one.npz"))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.npz", "other.npz"]


def zipped(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def array():
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


def shapes(**changes):
    shape = {
        "inputs": 1, "hidden": [], "outputs": 1, "bias": True,
        "hidden_activation": {"function": "tanh"}, "output_activation": {"function": "tanh"},
    }  # fmt: skip
    return {"shapes": np.array(json.dumps({"a": shape | changes})), "a/0": np.zeros((2, 1))}


BROKEN = {
    "empty": b"",
    "text": b"nothing of the kind",
    "array": array(),
    "half": zipped(**shapes())[:200],
    "other arrays": zipped(a=np.zeros(2)),
    "no weights": zipped(shapes=shapes()["shapes"]),
    "unknown key": zipped(**shapes(momentum=0.9)),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named(tmp_path, content):
    (tmp_path / "fitted.npz").write_bytes(content)
    with pytest.raises(ConvatlasError, match=r"fitted\.npz does not hold perceptrons"):
        load_perceptrons(tmp_path / "fitted.npz")


def test_a_whole_file_is_not_broken(tmp_path):  # so that the test above breaks what it says
    (tmp_path / "fitted.npz").write_bytes(zipped(**shapes()))
    network, weights = load_perceptrons(tmp_path / "fitted.npz")["a"]
    assert (network.hidden, len(weights)) == ((), 1)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConvatlasError, match=r"none\.npz does not hold perceptrons"):
        load_perceptrons(tmp_path / "none.npz")


def test_of_no_network_none_is_the_best(tmp_path):
    save_perceptrons(tmp_path / "best.npz", {})
    with pytest.raises(ConvatlasError, match="all of the grid diverged"):
        load_best(tmp_path / "best.npz")
    network, weights = with_weights(Perceptron(3, (2,), 3))
    save_perceptrons(tmp_path / "best.npz", {"1x2@0.1": (network, weights)})
    (found, held), rate = load_best(tmp_path / "best.npz")
    assert (found, rate) == (network, 0.1)
    np.testing.assert_array_equal(held[1], weights[1])


def test_codes_are_the_first_hidden_layer_by_hand():
    features = np.array([[0.0, 1.0], [2.0, 3.0]])
    network = Perceptron(2, (1, 3), 2, Activation("linear", 2.0))
    weights = network.draw(np.random.default_rng(0))
    weights[0] = np.array([[10.0], [1.0], [100.0]])  # bias first
    codes = encode_features(features, {"low": (network, weights)})
    assert list(codes) == ["features", "low"]
    np.testing.assert_array_equal(codes["features"], features)
    np.testing.assert_allclose(codes["low"], [[220.0], [624.0]])
    np.testing.assert_array_equal(features, [[0, 1], [2, 3]])
