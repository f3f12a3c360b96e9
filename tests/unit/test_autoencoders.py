"""Autoencoders by every way: each learns, and each as the textbook's loop or the document's."""

import numpy as np
import pandas as pd
import pytest

from convatlas.data.observations import MinMax
from convatlas.data.partition import Table
from convatlas.errors import ConvatlasError
from convatlas.evaluation.reconstruction import broadcast_energy, mean_squared_error
from convatlas.seeding import derive_seed
from convatlas.training import autoencoders as module
from convatlas.training.autoencoders import fit_autoencoders, sum_broadcast_errors
from convatlas.training.checkpoint import Checkpoint

SIGMOID, LINEAR = {"function": "sigmoid", "slope": 1.0}, {"function": "linear", "slope": 1.0}
SETTINGS = {
    "widths": [1, 2],
    "layers_before": [],
    "hidden": {"function": "linear", "slope": 1.2},
    "outputs": [{"function": "sigmoid", "slope": 0.8}],
    "bias": True,
    "weights": [-1, 1],
    "method": "online",
    "error_signal": "errors",
    "loss": "squared_error",
    "learning_rate": 0.1,
    "epochs": 3,
    "batch_size": 5,
    "cosine": False,
}
METHODS = {
    "online": {},
    "batches": {"batch_size": 2, "learning_rate": 0.5},
    "adam": {"weights": "glorot", "learning_rate": 0.02},
    "torch_adam": {"weights": "glorot", "learning_rate": 0.02},
    "scikit_learn_adam": {"outputs": [LINEAR], "hidden": LINEAR, "learning_rate": 0.02},
}


def make_table(noise=0.05):
    """Variables near a line, so that one neuron can hold most of them."""
    generator = np.random.default_rng(0)
    along = generator.random((40, 1))
    values = along * [1, -0.6, 0.4] + [0, 0.8, 0.3] + noise * generator.normal(size=(40, 3))
    scaling = MinMax.of(values)
    rows = np.arange(40)
    parts = {"train": rows[:24], "validation": rows[24:32], "test": rows[32:]}
    return Table(("x", "od", "s"), (), scaling.scale(values), scaling, parts, False)


def fit(seeds=(3,), table=None, **changes):
    return fit_autoencoders(SETTINGS | changes, table or make_table(), seeds=seeds)


def same(one, other):
    pd.testing.assert_frame_equal(one.history, other.history, check_exact=True)
    assert list(one.fitted) == list(other.fitted)
    for name, (network, weights) in one.fitted.items():
        assert network == other.fitted[name][0]
        for a, b in zip(weights, other.fitted[name][1], strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("method", METHODS)
def test_the_training_error_falls(method):
    table = make_table()
    result = fit((3, 4), table, method=method, epochs=40, **METHODS[method])
    assert list(result.fitted) == ["3/1", "3/2", "4/1", "4/2"]
    for (seed, width), rows in result.history.groupby(["seed", "hidden"]):
        assert rows["epoch"].tolist() == [*range(1, 41)]
        assert rows["train_error"].iloc[-1] < 0.6 * rows["train_error"].iloc[0]
        network, weights = result.fitted[f"{seed}/{width}"]
        assert network.hidden == (width,)
        last = [
            measure(network, weights, table.part(part))
            for measure in (mean_squared_error, broadcast_energy)
            for part in ("train", "test")
        ]
        assert rows.iloc[-1, 3:].tolist() == pytest.approx(last, rel=1e-12)


def learn_alone(network, weights, train, seed, differentiate, epochs=3, rate=0.1):
    """Take a step after each observation, in the order of the seed."""
    for epoch in range(epochs):
        order = np.random.default_rng([derive_seed(seed, "order"), epoch]).permutation(len(train))
        for x in train[order]:
            for matrix, derivative in zip(weights, differentiate(network, weights, x), strict=True):
                matrix -= rate * derivative
    return weights


def by_textbook(network, weights, x):
    return network.differentiate(weights, x[None], x[None])[1]


def by_document(network, weights, x):
    """Subtract (3, 1) from (3,), which NumPy broadcasts, and give each output the sum of all."""
    *_, code, outputs = network.layers(weights, x[None])
    error = np.sum(x - outputs[0].reshape(3, 1))
    slope = network.output_activation.slope * outputs[0] * (1 - outputs[0])
    delta = np.array([error * slope[k] for k in range(3)])
    behind = network.hidden_activation.slope * (weights[1][1:] @ delta)  # of linear neurons
    bias = float(network.bias)
    gradients = [np.outer([bias, *x], behind), np.outer([bias, *code[0]], delta)]
    return [-gradient for gradient in gradients]


def starts(monkeypatch):
    """Collect what each network starts from."""
    drawn, draw = {}, module._draw

    def watch(how, network, generator):
        weights = draw(how, network, generator)
        drawn[network.hidden[-1]] = [matrix.copy() for matrix in weights]
        return weights

    monkeypatch.setattr(module, "_draw", watch)
    return drawn


@pytest.mark.parametrize("bias", [True, False], ids=["biases", "no biases"])
@pytest.mark.parametrize(
    ("signal", "differentiate"), [("errors", by_textbook), ("broadcast_sum", by_document)]
)
def test_online_is_the_loop_over_observations(monkeypatch, signal, differentiate, bias):
    drawn, table = starts(monkeypatch), make_table()
    result = fit(table=table, error_signal=signal, bias=bias, weights=[0, 1])
    for width in (1, 2):
        network, weights = result.fitted[f"3/{width}"]
        assert min(matrix.min() for matrix in drawn[width]) >= 0
        alone = learn_alone(network, drawn[width], table.part("train"), 3, differentiate)
        for ours, theirs in zip(weights, alone, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_the_broadcast_signal_is_the_sum_of_a_matrix_for_every_output():
    desired, outputs = np.random.default_rng(0).random((2, 3, 4))
    signal = sum_broadcast_errors(desired - outputs)
    for network in range(4):
        matrix = desired[:, network] - outputs[:, network].reshape(3, 1)
        assert matrix.shape == (3, 3)
        np.testing.assert_allclose(signal[:, network], [matrix.sum()] * 3, rtol=1e-12)


def test_layers_before_the_code_are_of_the_widths_given():
    result = fit(layers_before=[3, 4], epochs=2)
    network, weights = result.fitted["3/2"]
    assert network.hidden == (3, 4, 2)
    assert [matrix.shape for matrix in weights] == [(4, 3), (4, 4), (5, 2), (3, 3)]
    assert network.output_activation.slope == 0.8
    assert result.history["hidden"].tolist() == [1, 1, 2, 2]


def test_each_width_takes_the_output_that_suits_validation():
    table = make_table(noise=0.0)  # on a line: linear outputs can be perfect
    options = {"method": "adam", "weights": "glorot", "epochs": 150, "learning_rate": 0.02}
    options |= {"table": table, "hidden": LINEAR, "cosine": True}
    both = fit(**options, outputs=[SIGMOID, LINEAR])
    sigmoid, linear = fit(**options, outputs=[SIGMOID]), fit(**options, outputs=[LINEAR])
    same(both, linear)
    for name, (network, weights) in both.fitted.items():
        assert network.output_activation.function == "linear"
        errors = [
            mean_squared_error(*pair, table.part("validation"))
            for pair in ((network, weights), sigmoid.fitted[name])
        ]
        assert errors[0] < errors[1]
    same(fit(**options, outputs=[LINEAR, SIGMOID]), linear)  # and not because it is the last


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_an_output_that_diverges_is_not_kept():
    options = {"learning_rate": 5.0, "epochs": 8, "hidden": LINEAR}
    with pytest.raises(ConvatlasError, match="width 1, seed 3, has diverged at learning rate 5"):
        fit(**options, outputs=[LINEAR])
    both = fit(**options, outputs=[LINEAR, SIGMOID])
    assert both.fitted["3/2"][0].output_activation.function == "sigmoid"


def test_a_seed_does_not_depend_on_the_others_nor_a_width_on_the_other_widths():
    several, one = fit((3, 4), method="adam"), fit((4,), method="adam", widths=[2])
    for ours, alone in zip(several.fitted["4/2"][1], one.fitted["4/2"][1], strict=True):
        np.testing.assert_array_equal(ours, alone)
    assert not np.array_equal(several.fitted["3/2"][1][0], one.fitted["4/2"][1][0])


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("method", ["online", "torch_adam"])
def test_stopped_and_resumed_it_comes_to_the_same_bits(tmp_path, method):
    settings, path, seen = SETTINGS | {"method": method}, tmp_path / "state.pt", []

    def stop(done, total):
        assert total == 9
        if done == 5:  # within the second seed
            raise StoppedError

    def run(progress):
        checkpoint = Checkpoint(path, "f", every_seconds=0)
        return fit_autoencoders(
            settings, make_table(), seeds=(3, 4, 5), checkpoint=checkpoint, progress=progress
        )

    with pytest.raises(StoppedError):
        run(stop)
    resumed = run(lambda done, total: seen.append(done))
    assert seen == [4, 5, 6, 7, 8, 9]  # the first seed was not fitted again
    same(resumed, fit((3, 4, 5), method=method))
