"""Pictures out of networks: right by analytic truth, the same twice, and what cannot be is told."""

import numpy as np
import pytest
import torch

from convatlas.errors import ConvatlasError
from convatlas.figures.picture_rows import draw_picture_rows, plot_picture_rows
from convatlas.models.backbones import draw_backbone
from convatlas.synthesis.activation import ActivationSettings, maximize_activation
from convatlas.synthesis.activation_sheet import seek_sheet, summarise_sheet
from convatlas.synthesis.feature_maps import feature_maps, label_maps
from convatlas.synthesis.image_bases import FourierBasis, PixelBasis, color_mixing
from convatlas.synthesis.picture_files import load_rows, save_rows
from convatlas.training.checkpoint import Checkpoint, Pieces

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (2, 48, 48, 3)).astype(np.uint8)
FEW = {"steps": 12, "step_size": 0.02}
FOURIER = FEW | {
    "step_size": 0.05, "basis": "fourier", "jitter_pixels": 3, "total_variation": 0.1,
}  # fmt: skip


@pytest.fixture(scope="module")
def network():
    pictures = torch.from_numpy(IMAGES).permute(0, 3, 1, 2).float() / 255
    return draw_backbone(pictures, seed=0, widths=(4, 6, 8, 8, 8))


def generator():
    return torch.Generator().manual_seed(0)


def test_maps_are_what_the_network_gives(network):
    shown = feature_maps(network, IMAGES[0], layers=["conv1_2", "relu3_1"], count=3)
    assert [layer.layer for layer in shown] == ["conv1_2", "relu3_1"]
    assert [layer.shape for layer in shown] == [(48, 48, 4), (12, 12, 8)]
    with torch.inference_mode():
        pictures = torch.from_numpy(IMAGES[:1]).permute(0, 3, 1, 2).float() / 255
        (found,) = network(pictures, ["relu3_1"]).values()
    spread = found[0].flatten(1).var(1).numpy()
    assert set(shown[1].channels) == set(np.argsort(-spread)[:3])
    channel = found[0, shown[1].channels[0]].numpy()
    expected = np.round(255 * channel / channel.max())
    assert np.abs(shown[1].maps[0] - expected).max() <= 1
    assert shown[0].maps.dtype == np.uint8
    with pytest.raises(ConvatlasError, match="conv1_2 has 4 channels; 5 cannot be shown"):
        feature_maps(network, IMAGES[0], layers=["conv1_2"], count=5)


def test_unmixed_colours_have_the_covariance_of_the_pictures():
    mixing = color_mixing(IMAGES).double().numpy()
    colors = IMAGES.reshape(-1, 3) / 255
    covariance = np.cov(colors, rowvar=False)
    made = mixing @ mixing.T
    np.testing.assert_allclose(made / made[0, 0], covariance / covariance[0, 0], atol=1e-6)
    assert np.linalg.norm(mixing, axis=1).max() == pytest.approx(1)
    assert np.isfinite(color_mixing(np.full((1, 4, 4, 3), 7, np.uint8)).numpy()).all()


def test_grey_pictures_stay_grey():
    grey = np.repeat(RANDOM.integers(0, 256, (1, 20, 20, 1)), 3, axis=3).astype(np.uint8)
    basis = FourierBasis(1, 16, color_mixing(grey), generator())
    made = basis().detach()
    assert (made - made.mean(1, keepdim=True)).abs().max() < 1e-5


def test_the_fourier_basis_reaches_every_picture():
    """Its values are the whole spectrum: any picture has some, found by going backwards."""
    side, mixing = 17, color_mixing(IMAGES)
    basis = FourierBasis(1, side, mixing, generator())
    wanted = 0.05 + 0.9 * torch.rand(1, 3, side, side, generator=generator())
    unmixed = torch.einsum("nchw,rc->nrhw", wanted.logit(), torch.linalg.inv(mixing))
    spectrum = torch.fft.rfft2(unmixed * 4) / basis.scale
    with torch.no_grad():
        basis.values.copy_(torch.view_as_real(spectrum))
    torch.testing.assert_close(basis(), wanted, atol=1e-4, rtol=0)


def test_low_frequencies_come_first():
    """Of equal coefficients, the picture's own spectrum falls as one over frequency."""
    basis = FourierBasis(64, 32, torch.eye(3), generator())
    unmixed = basis().detach().logit()
    amplitude = torch.fft.rfft2(unmixed).abs().mean((0, 1))
    ratio = amplitude[0, 2] / amplitude[0, 8]
    assert ratio == pytest.approx(4, rel=0.2)


@pytest.mark.parametrize("settings", [FEW, FOURIER])
def test_activation_grows_and_is_the_same_twice(network, settings):
    asked = {"side": 32, "images": IMAGES, "seed": 0}
    few = ActivationSettings.of(settings | {"steps": 1, "step_size": 1e-6})
    _, before = maximize_activation(network, "conv3_1", [0, 3, 7], settings=few, **asked)
    settings = ActivationSettings.of(settings)
    made, after = maximize_activation(network, "conv3_1", [0, 3, 7], settings=settings, **asked)
    assert (after > before).all()
    assert made.shape == (3, 32, 32, 3)
    again, _ = maximize_activation(network, "conv3_1", [0, 3, 7], settings=settings, **asked)
    np.testing.assert_array_equal(made, again)
    asked["seed"] = 1
    other, _ = maximize_activation(network, "conv3_1", [0, 3, 7], settings=settings, **asked)
    assert (made != other).any()
    with torch.inference_mode():
        pictures = torch.from_numpy(made).permute(0, 3, 1, 2).float() / 255
        (found,) = network(pictures, ["conv3_1"]).values()
    expected = [found[number, channel].mean() for number, channel in enumerate((0, 3, 7))]
    np.testing.assert_allclose(after, expected, rtol=1e-4)


def test_filters_are_sought_each_by_itself(network):
    """A picture does not depend on which other filters are sought with it."""
    settings = ActivationSettings(steps=5)
    asked = {"side": 32, "settings": settings, "images": IMAGES, "seed": 0}
    both, _ = maximize_activation(network, "conv2_1", [1, 2], **asked)
    first, _ = maximize_activation(network, "conv2_1", [1, 5], **asked)
    np.testing.assert_array_equal(both[0], first[0])
    assert (both[1] != first[1]).any()


def test_a_linear_filter_is_answered_by_its_own_sign(network):
    """Of one layer the gradient is the same everywhere: pixels go to black or white by its sign."""
    settings = ActivationSettings(steps=200, step_size=0.05)
    made, _ = maximize_activation(
        network, "conv1_1", [0], side=32, settings=settings, images=IMAGES, seed=0
    )
    weight = network.convolutions["conv1_1"].weight[0].sum((1, 2)) / network.deviation[:, 0, 0]
    middle = made[0, 8:-8, 8:-8].reshape(-1, 3)
    for color, total in enumerate(weight.tolist()):
        assert (middle[:, color] == (255 if total > 0 else 0)).all()


def test_what_is_not_there_is_told(network):
    asked = {"side": 32, "images": IMAGES, "seed": 0}
    with pytest.raises(ConvatlasError, match=r"conv1_1 has 4 filters, the last of them 3; .* no 4"):
        maximize_activation(network, "conv1_1", [4], settings=ActivationSettings(), **asked)
    settings = ActivationSettings(basis="wavelets")
    with pytest.raises(ConvatlasError, match="basis 'wavelets' is none of pixels, fourier"):
        maximize_activation(network, "conv1_1", [0], settings=settings, **asked)
    with pytest.raises(ConvatlasError, match="no layer 'conv9_9'"):
        maximize_activation(network, "conv9_9", [0], settings=ActivationSettings(), **asked)


def test_a_stopped_sheet_goes_on_with_the_piece_it_was_at(network, tmp_path):
    asked = {
        "layers": ["conv1_1", "conv2_1"], "filters": 2, "pixels": 32,
        "ways": {"plain": {"steps": 3}, "regularised": FOURIER | {"steps": 2}},
    }  # fmt: skip
    shown = []
    expected, answers = seek_sheet(network, asked, images=IMAGES, seed=0, preview=shown.append)
    assert [picture.shape for picture in shown] == [(32, 64, 3)] * 4

    class Stop(Exception):  # noqa: N818 - no error
        pass

    def stop(done, *_):
        if done == 7:
            raise Stop

    checkpoint = Checkpoint(tmp_path / "pieces.pt", "same", every_seconds=0)
    with pytest.raises(Stop):
        seek_sheet(network, asked, images=IMAGES, seed=0, progress=stop, keep=Pieces(checkpoint))
    told = []
    rows, again = seek_sheet(
        network, asked, images=IMAGES, seed=0, progress=lambda *step: told.append(step[0]),
        keep=Pieces(checkpoint),
    )  # fmt: skip
    assert told == [6, 7, 8, 9, 10]
    assert again.equals(answers)
    for (_, pairs), (_, others) in zip(rows, expected, strict=True):
        assert [caption for caption, _ in pairs] == [caption for caption, _ in others]
        np.testing.assert_array_equal([p for _, p in pairs], [p for _, p in others])


def test_a_sheet_has_a_row_for_each_layer_and_way(network, tmp_path):
    asked = {
        "layers": ["conv1_1", "conv2_1"], "filters": 3, "pixels": 32,
        "ways": {"plain": {"steps": 3}, "regularised": FOURIER | {"steps": 2}},
    }  # fmt: skip
    told = []
    rows, answers = seek_sheet(
        network, asked, images=IMAGES, seed=0, progress=lambda *step: told.append(step)
    )
    labels = [label for label, _ in rows]
    ways = ("plain", "regularised")
    assert labels == [f"{layer}\n{way}" for layer in asked["layers"] for way in ways]
    assert [len(pairs) for _, pairs in rows] == [3] * 4
    assert [step[:2] for step in told] == [(n, 10) for n in range(1, 11)]
    assert answers["channel"].tolist()[:3] == [0, 2, 3]  # evenly from the first to the last of 4
    metrics = summarise_sheet(answers, "drawn")
    assert metrics["plain"]["positive"]["seeds"] == 6
    assert metrics["plain"]["dataset"] == "drawn"
    with torch.inference_mode():
        pictures = torch.from_numpy(IMAGES).permute(0, 3, 1, 2).float() / 255
        (found,) = network(pictures, ["conv2_1"]).values()
    usual = answers.query("layer == 'conv2_1' and way == 'plain'").set_index("channel")
    for channel, row in usual.iterrows():
        expected = found[:, channel].mean((1, 2)).max().item()
        assert row["photograph"] == pytest.approx(expected, rel=1e-5)
    above = answers.query("way == 'plain'").eval("activation > photograph").mean()
    assert metrics["plain"]["above_photograph"]["mean"] == pytest.approx(above)
    save_rows(tmp_path / "rows.npz", rows)
    for (label, pairs), (other, loaded) in zip(rows, load_rows(tmp_path / "rows.npz"), strict=True):
        assert label == other
        assert [c for c, _ in pairs] == [c for c, _ in loaded]
        np.testing.assert_array_equal([p for _, p in pairs], [p for _, p in loaded])
    figure = draw_picture_rows(rows)
    assert len(figure.axes) == 12
    plot_picture_rows(rows, tmp_path / "rows.png")


def test_rows_of_maps_begin_with_the_photograph(network):
    shown = feature_maps(network, IMAGES[0], layers=["relu1_1", "relu2_1"], count=2)
    rows = label_maps(IMAGES[0], shown, "a network")
    assert [label for label, _ in rows] == ["photograph", "relu1_1\n48x48x4", "relu2_1\n24x24x6"]
    assert rows[0][1][0][1].shape == (48, 48, 3)
    assert len(draw_picture_rows(rows).axes) == 5
    assert PixelBasis(1, 8, generator())().shape == (1, 3, 8, 8)
