"""How far a picture is from a photograph's content and from the style of others.

Gatys, Ecker and Bethge, *Image style transfer using convolutional neural networks*, 2016, sections
2.1 and 2.2, equations 1 to 7. What differs:

- Each layer's term is over what the photograph, or the style picture, has there (the mean square of
  its features, the squared norm of its Gram matrix). In the paper a layer counts as much as its
  activations are large, which differ a thousandfold from layer to layer and from network to
  network; here layers count alike, whatever the network, and a picture of nothing has a content
  and a style of 1. The minimum is therefore another than the paper's with equal weights of layers,
  and the paper's halves and quarters are in the weights.
- Gram matrices are means over places, not sums: pictures of other sizes, of which style pictures
  usually are, can be compared.
- Features are those after the ReLU where the paper names convolutions: its network was Caffe's VGG,
  which overwrites one by the other.
- Several styles are mixed by the mean of their terms, and roughness may cost (total variation,
  Mahendran and Vedaldi 2015); the paper has neither.

In :mod:`convatlas.synthesis.gatys`: the picture begins as the photograph (the paper: as noise,
which is a setting), the network pools by maxima (the paper found averages a little better; a
setting too), a picture may be made at half its size first, and is clipped to what it can show
before every evaluation.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork
from convatlas.models.strips import mean_over_places
from convatlas.training.perceptual_losses import gram_sum, total_variation

TERMS = ("content", "style", "total_variation")


class GatysLoss(nn.Module):
    """Content, style and roughness of a picture, each without a unit.

    Parameters
    ----------
    network : FeatureNetwork
        Feature network; not changed.
    content : torch.Tensor
        (1, 3, height, width), RGB in [0, 1].
    styles : sequence of torch.Tensor
        Each of the same form and any size.
    shares : sequence of float
        Of each style; they sum to 1.
    content_layers, style_layers : sequence of str
        The paper: conv4_2; conv1_1, conv2_1, conv3_1, conv4_1, conv5_1.

    Raises
    ------
    ConvatlasError
        If the network finds nothing in one of the pictures at a layer.
    """

    def __init__(
        self,
        network: FeatureNetwork,
        content: Tensor,
        styles: Sequence[Tensor],
        shares: Sequence[float],
        *,
        content_layers: Sequence[str],
        style_layers: Sequence[str],
    ) -> None:
        super().__init__()
        self.network = network.requires_grad_(requires_grad=False)
        self.content_layers, self.style_layers = tuple(content_layers), tuple(style_layers)
        # each layer once, though it may serve both
        self.layers = list(dict.fromkeys(self.content_layers + self.style_layers))
        self.shares = list(shares)
        with torch.no_grad():
            self.contents, self.powers = self._keep(content)
            self.grams = [
                mean_over_places(network, style, self.style_layers, _products) for style in styles
            ]
        self.sizes = [
            {name: gram.square().sum() for name, gram in grams.items()} for grams in self.grams
        ]
        named = [("the photograph", self.powers), *(("a style picture", s) for s in self.sizes)]
        for what, sizes in named:
            for name, size in sizes.items():
                if not (size > 0 and torch.isfinite(size)):
                    raise ConvatlasError(
                        f"the feature network finds nothing in {what} at {name} (its size there is "
                        f"{size.item()}): use another picture, or other layers"
                    )

    def _keep(self, content: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Return the photograph's features and their mean square, summed over channels."""
        rows_of = {name: [] for name in self.content_layers}

        def keep(name: str, found: Tensor, _rows: slice) -> Tensor:
            rows_of[name].append(found)
            return found.square().sum()

        powers = mean_over_places(self.network, content, self.content_layers, keep)
        return {name: torch.cat(parts, dim=2) for name, parts in rows_of.items()}, powers

    def _compare(self, name: str, found: Tensor, rows: slice) -> Tensor:
        """Return how far from the photograph's, then the products of channels, in one row."""
        far = gram = found.new_zeros(0)
        if name in self.contents:
            far = (found - self.contents[name][:, :, rows]).square().sum().view(1)
        if name in self.style_layers:
            gram = _products(name, found, rows).flatten()
        return torch.cat([far, gram])

    def forward(self, picture: Tensor) -> Tensor:
        """Return (3,): :data:`TERMS` of a picture as large as the content."""
        found = mean_over_places(self.network, picture, self.layers, self._compare)
        content = [found[name][0] / self.powers[name] for name in self.content_layers]
        style = [
            share * (found[name][-gram.numel() :].view_as(gram) - gram).square().sum() / sizes[name]
            for share, grams, sizes in zip(self.shares, self.grams, self.sizes, strict=True)
            for name, gram in grams.items()
        ]
        mean_of_layers = torch.stack(style).sum() / len(self.style_layers)
        return torch.stack([torch.stack(content).mean(), mean_of_layers, total_variation(picture)])


def _products(_name: str, found: Tensor, _rows: slice) -> Tensor:
    return gram_sum(found)
