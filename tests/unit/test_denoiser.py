"""The gated denoiser by its formula written out, and DnCNN."""

import numpy as np
import pytest
import torch
from scipy.signal import convolve2d, correlate2d
from torch import nn

from convatlas.errors import ConvatlasError
from convatlas.evaluation.denoising import count_weights
from convatlas.models.denoiser import LAYERS, DnCNN, GatedDenoiser
from convatlas.models.registry import build_model, load_weights, save_weights

GATES = [0.9, 0.2, 0.5, 0.35, 0.75]


def pictures(count=2, side=9):
    stream = torch.Generator().manual_seed(0)
    return torch.rand((count, 3, side, side), dtype=torch.float64, generator=stream)


def drawn(**options):
    network = build_model("denoiser.GatedDenoiser", seed=3, options={"channels": 4, **options})
    with torch.no_grad():  # biases and a last layer that are something
        for layer in (*network.convolutions, *network.deconvolutions):
            layer.bias.normal_(0, 0.1, generator=torch.Generator().manual_seed(1))
        last = network.deconvolutions[-1].weight
        last.normal_(0, 0.2, generator=torch.Generator().manual_seed(2))
    return network.double().eval()


def convolved(maps, layer):
    """Correlate as the formula of a convolution says, or, of a transposed one, convolve."""
    weight, bias = (x.detach().numpy() for x in (layer.weight, layer.bias))
    transposed = isinstance(layer, nn.ConvTranspose2d)
    way = convolve2d if transposed else correlate2d
    found = []
    for out, offset in enumerate(bias):
        windows = weight[:, out] if transposed else weight[out]
        sums = [way(one, window, "same") for one, window in zip(maps, windows, strict=True)]
        found.append(sum(sums) + offset)
    return np.stack(found)


def by_hand(network, picture, gates, *, residual=False):
    """X_i = ReLU(Conv(d X_i-1)); X'_i = ReLU(Deconv(X'_i-1 + (1 - d) X_6-i)), of one picture."""
    x = {0: picture.numpy()}
    for i in range(1, 6):
        x[i] = np.maximum(convolved(gates[i - 1] * x[i - 1], network.convolutions[i - 1]), 0)
    back = {0: x[5]}
    for i in range(1, 6):
        given = back[i - 1]
        if i > 1:  # the gate that lets part of X_6-i on is that of layer 7-i
            given = given + (1 - gates[6 - i]) * x[6 - i]
        back[i] = convolved(given, network.deconvolutions[i - 1])
        if i < 5 or not residual:
            back[i] = np.maximum(back[i], 0)
    return back[5] + x[0] if residual else back[5]


@pytest.mark.parametrize("residual", [False, True])
def test_it_is_the_formula_written_out(residual):
    network = drawn(gate=GATES, residual=residual)
    given = pictures()
    with torch.no_grad():
        found = network(given).numpy()
    for picture, one in zip(given, found, strict=True):
        # gates are kept as float32
        gates = np.float32(GATES).astype(np.float64)
        wanted = by_hand(network, picture, gates, residual=residual)
        np.testing.assert_allclose(one, wanted, rtol=1e-10, atol=1e-12)
    assert found.std() > 0.01


def test_a_gate_of_1_closes_the_skips_and_of_a_half_halves():
    closed, half = drawn(gate=1.0), drawn(gate=0.5)
    given = pictures()[:1]
    with torch.no_grad():
        x = given
        for layer in closed.convolutions:
            x = layer(x).relu()
        for layer in closed.deconvolutions:
            x = layer(x).relu()
        torch.testing.assert_close(closed(given), x, rtol=0, atol=0)
        # with a half, a first layer sees half a picture
        kept = []
        half.convolutions[0].register_forward_hook(lambda _, given, __: kept.append(given[0]))
        half(given)
    torch.testing.assert_close(kept[0], given / 2, rtol=0, atol=0)


def test_a_gate_of_0_leaves_nothing_but_the_first_layers_skip_of_what_biases_make():
    network = drawn(gate=0.0)
    with torch.no_grad():
        one, other = (network(given[None]) for given in pictures())
    torch.testing.assert_close(one, other, rtol=0, atol=0)  # no picture comes through


def test_learnt_gates_begin_as_stated_stay_shares_and_are_learnt():
    network = build_model(
        "denoiser.GatedDenoiser", seed=0, options={"channels": 4, "gate": GATES, "learn_gate": True}
    )
    torch.testing.assert_close(network.gates, torch.tensor(GATES))
    optimizer = torch.optim.SGD([network.logits], 50.0)
    given = pictures().float()
    for _ in range(20):
        optimizer.zero_grad()
        (network(given) - given).square().mean().backward()
        optimizer.step()
    assert (network.gates - torch.tensor(GATES)).abs().max() > 1e-3
    assert ((network.gates > 0) & (network.gates < 1)).all()


def test_stated_gates_are_no_weights_and_are_kept_with_them(tmp_path):
    network = drawn(gate=GATES).float()
    learnt = build_model(
        "denoiser.GatedDenoiser", seed=3, options={"channels": 4, "learn_gate": True}
    )
    assert count_weights(learnt) == count_weights(network) + LAYERS
    save_weights(network, tmp_path / "w.pt", network="denoiser.GatedDenoiser")
    other = build_model("denoiser.GatedDenoiser", seed=9, options={"channels": 4})
    load_weights(other, tmp_path / "w.pt", network="denoiser.GatedDenoiser")
    given = pictures().float()
    with torch.no_grad():
        torch.testing.assert_close(other.eval()(given), network(given), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gate": 1.5}, "'gate' of a denoiser is 1.5; give a share"),
        ({"gate": [0.5, 0.5]}, "give a share from 0 to 1, or 5 of them"),
        ({"gate": 1.0, "learn_gate": True}, "a gate of 0 or 1 learns nothing"),
    ],
)
def test_gates_that_are_none_are_told(options, message):
    with pytest.raises(ConvatlasError, match=message):
        GatedDenoiser(4, **options)


def test_residual_ones_begin_with_the_picture_as_it_is():
    given = pictures().float()
    for network in (GatedDenoiser(4, residual=True), DnCNN(4)):
        with torch.no_grad():
            torch.testing.assert_close(network.eval()(given), given, rtol=0, atol=0)


def test_dncnn_takes_away_what_its_layers_find():
    network = DnCNN(4, layers=3).double().eval()
    with torch.no_grad():
        network.noise[-1].weight.normal_(generator=torch.Generator().manual_seed(0))
        network.noise[3].running_mean.fill_(0.1)
        given = pictures()
        first, _, middle, normal, _, last = network.noise
        x = first(given).clamp(min=0)
        x = (middle(x) - 0.1) / (1 + normal.eps) ** 0.5
        wanted = given - last(x.clamp(min=0))
        torch.testing.assert_close(network(given), wanted)
    with pytest.raises(ConvatlasError, match="'layers' of a DnCNN is 1"):
        DnCNN(4, layers=1)


def test_dncnn_has_as_many_convolution_weights():
    def convolutions(network):
        return sum(weight.numel() for weight in network.parameters() if weight.ndim == 4)

    for channels in (8, 24):
        assert convolutions(GatedDenoiser(channels)) == convolutions(DnCNN(channels))
        assert convolutions(DnCNN(channels)) == 2 * 27 * channels + 8 * 9 * channels**2


def test_what_layers_give_keeps_its_size_at_the_start():
    # drawn by what goes into a weight, also of transposed ones
    network = build_model("denoiser.GatedDenoiser", seed=0, options={"channels": 32, "gate": 1.0})
    x = torch.randn((4, 32, 24, 24), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for layer in (*network.convolutions[1:], *network.deconvolutions):
            ratio = (layer(x).square().mean() / x.square().mean()).item()
            assert 1.3 < ratio < 2.7  # 2, which ReLU halves
