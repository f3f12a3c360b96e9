"""Features of large pictures, strip by strip: as of the whole, forwards and backwards."""

import pytest
import torch

from convatlas.errors import ConvatlasError
from convatlas.models import strips
from convatlas.models.backbones import VGG, draw_backbone, uniform_widths
from convatlas.synthesis.gatys_loss import GatysLoss

LAYERS = {
    "content_layers": ("relu2_2", "pool1", "conv1_1"),
    "style_layers": ("conv1_1", "relu1_2", "pool2", "relu3_1"),
}


@pytest.fixture(scope="module", params=["max", "average"])
def network(request):
    drawn = draw_backbone(
        torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)),
        seed=0, convolutions=(2, 2, 1), widths=(4, 6, 8),
    )  # fmt: skip
    drawn.set_pooling(request.param)
    # a layer that is shown mapped, as those of a compressed network
    drawn.auxiliary["relu1_2"] = torch.nn.Conv2d(4, 7, 1)
    return drawn.double().requires_grad_(requires_grad=False)


def losses(network, content, style, picture):
    measured = GatysLoss(network, content, [style, style.flip(3)], [0.3, 0.7], **LAYERS)
    picture = picture.clone().requires_grad_()
    terms = measured(picture)
    (gradient,) = torch.autograd.grad(terms @ torch.tensor([1.0, 30.0, 0.5]).double(), picture)
    return terms.detach(), gradient


@pytest.mark.parametrize("size", [(64, 48), (49, 31), (51, 60), (57, 40)])
@pytest.mark.parametrize("pixels", [1, 300, 1000])
def test_strips_add_up_to_the_whole(network, monkeypatch, size, pixels):
    generator = torch.Generator().manual_seed(1)
    content, style, picture = (
        torch.rand(1, 3, *shape, generator=generator).double() for shape in (size, (40, 33), size)
    )
    whole = losses(network, content, style, picture)
    monkeypatch.setattr(strips, "WHOLE_PIXELS", 0)
    monkeypatch.setattr(strips, "STRIP_PIXELS", pixels)
    in_strips = losses(network, content, style, picture)
    for found, wanted in zip(in_strips, whole, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-15)


def test_only_what_goes_into_a_block_is_kept(network, monkeypatch):
    picture = torch.rand(1, 3, 64, 64).double()
    kept = []

    def remember(tensor):
        kept.append(tensor.numel())
        return tensor

    def measure():
        kept.clear()
        given = picture.clone().requires_grad_()
        with torch.autograd.graph.saved_tensors_hooks(remember, lambda tensor: tensor):
            strips.mean_over_places(
                network, given, ["relu1_2", "relu2_2"], lambda _n, f, _r: f.sum()
            )
        return sum(kept)

    whole = measure()
    monkeypatch.setattr(strips, "WHOLE_PIXELS", 0)
    # what goes in, three channels, and half of it, four; some numbers of the standardisation
    assert measure() <= 2 * 3 * 64 * 64 + 4 * 32 * 32 + 16 < whole / 4


def test_a_picture_that_is_too_small_is_refused(network, monkeypatch):
    monkeypatch.setattr(strips, "WHOLE_PIXELS", 0)
    with pytest.raises(ConvatlasError, match="too small"):
        strips.mean_over_places(network, torch.rand(1, 3, 3, 3).double(), ["relu3_1"], None)


def test_zeros_around_a_picture_are_around_the_whole(monkeypatch):
    torch.manual_seed(0)
    plain = VGG((1, 2), uniform_widths((1, 2), (3, 4))).double().requires_grad_(requires_grad=False)
    picture = torch.rand(1, 3, 37, 22).double()
    take = lambda _name, found, _rows: found.square().sum((0, 2, 3))  # noqa: E731
    whole = strips.mean_over_places(plain, picture, ["relu1_1", "relu2_2"], take)
    monkeypatch.setattr(strips, "WHOLE_PIXELS", 0)
    monkeypatch.setattr(strips, "STRIP_PIXELS", 100)
    for name, wanted in whole.items():
        found = strips.mean_over_places(plain, picture, [name], take)[name]
        torch.testing.assert_close(found, wanted)
