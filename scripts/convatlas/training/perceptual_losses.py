"""Perceptual losses: how far a picture is from another's content and from another's style.

Johnson, Alahi and Fei-Fei, *Perceptual losses for real-time style transfer and super-resolution*,
2016, section 3.2; the terms are those of Gatys, Ecker and Bethge, *Image style transfer using
convolutional neural networks*, 2016.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx

from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork


def gram_matrix(features: Tensor) -> Tensor:
    """Return how the channels of features (n, c, h, w) go together: (n, c, c).

    Johnson et al. (2016), equation 3: the sum over places of the products of two channels, over
    c h w.
    """
    return gram_sum(features) / features[0].numel()


def gram_sum(features: Tensor) -> Tensor:
    """Return the products of two channels of features (n, c, h, w), summed over places: (n, c, c).

    Sums of parts of a picture add up to the picture's.
    """
    return _GramSum.apply(features)


class _GramSum(torch.autograd.Function):
    """The sum, and its gradient laid out in memory as the features are.

    Autograd's own takes two products where one does, since it cannot know that the matrix is
    symmetric; and where channels are last, it gives a gradient with channels first, which then
    slows whatever meets it: at 512 pixels half of the time of a whole evaluation.
    """

    @staticmethod
    def forward(ctx: FunctionCtx, features: Tensor) -> Tensor:
        ctx.save_for_backward(features)
        places, channels_last = _as_places(features)
        if channels_last:
            return places.transpose(1, 2) @ places
        return places @ places.transpose(1, 2)

    @staticmethod
    def backward(ctx: FunctionCtx, gradient: Tensor) -> Tensor:
        (features,) = ctx.saved_tensors
        both = gradient + gradient.transpose(1, 2)
        places, channels_last = _as_places(features)
        count, channels, height, width = features.shape
        if channels_last:
            return (places @ both).view(count, height, width, channels).permute(0, 3, 1, 2)
        return (both @ places).view(features.shape)


def _as_places(features: Tensor) -> tuple[Tensor, bool]:
    """Return (n, h w, c) and True where channels are last in memory, else (n, c, h w) and False."""
    if features.is_contiguous(memory_format=torch.channels_last):
        return features.permute(0, 2, 3, 1).flatten(1, 2), True
    return features.flatten(2), False


def total_variation(pictures: Tensor) -> Tensor:
    """Return the mean squared step from a pixel to its neighbours of pictures (n, c, h, w).

    The rows' mean plus the columns' mean; Mahendran and Vedaldi (2015), equation 6 with beta 2,
    over the number of steps.
    """
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).square().mean()
    right = (pictures[..., 1:] - pictures[..., :-1]).square().mean()
    return down + right


class PerceptualLoss(nn.Module):
    """Content, style and roughness of pictures, each as a number without a unit.

    Content is equation 2 and style equation 4 of Johnson et al. (2016), with each layer's term
    over what the style picture has there: the mean square of its features, the squared norm of its
    Gram matrix. These are constants, weights of layers in the paper's terms; they make the same
    settings serve feature networks whose activations differ a thousandfold, as a VGG's from block
    to block, and give a style of 1 to an empty picture whatever the layer.

    Parameters
    ----------
    backbone : FeatureNetwork
        Feature network; not changed.
    style : torch.Tensor
        (1, 3, height, width), RGB in [0, 1].
    content_layers, style_layers : sequence of str
        Names of layers. Johnson et al. take relu3_3 of VGG-16 for content, and the last ReLU of
        blocks 1 to 4 for style.

    Raises
    ------
    ConvatlasError
        If the feature network finds nothing in the style picture.
    """

    def __init__(
        self,
        backbone: FeatureNetwork,
        style: Tensor,
        *,
        content_layers: Sequence[str],
        style_layers: Sequence[str],
    ) -> None:
        super().__init__()
        self.backbone = backbone.requires_grad_(requires_grad=False)
        self.content_layers, self.style_layers = tuple(content_layers), tuple(style_layers)
        with torch.no_grad():
            found = backbone(style, [*self.content_layers, *self.style_layers])
            self.grams = {name: gram_matrix(found[name]) for name in self.style_layers}
            self.sizes = {name: gram.square().sum() for name, gram in self.grams.items()}
            self.powers = {name: found[name].square().mean() for name in self.content_layers}
        for name, size in [*self.sizes.items(), *self.powers.items()]:
            if not (size > 0 and torch.isfinite(size)):
                raise ConvatlasError(
                    f"the feature network finds nothing in the style picture at {name} "
                    f"(its size there is {size.item()}): use another picture, or other layers"
                )

    def forward(self, pictures: Tensor, contents: Tensor) -> tuple[Tensor, Tensor]:
        """Return the content and style terms of pictures (n, 3, h, w) against contents."""
        with torch.no_grad():
            kept = self.backbone(contents, self.content_layers)
        # each layer once, though it may serve both
        found = self.backbone(
            pictures, list(dict.fromkeys(self.content_layers + self.style_layers))
        )
        content = [
            (found[name] - kept[name]).square().mean() / self.powers[name]
            for name in self.content_layers
        ]
        style = [
            (gram_matrix(found[name]) - self.grams[name]).square().sum((1, 2)).mean()
            / self.sizes[name]
            for name in self.style_layers
        ]
        return torch.stack(content).mean(), torch.stack(style).mean()
