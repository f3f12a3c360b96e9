"""How a picture takes the style of others, by optimisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from convatlas.errors import ConvatlasError

STARTS, OPTIMIZERS = ("content", "style", "noise"), ("lbfgs", "adam")
COLORS = ("style", "luminance", "histogram")


@dataclass(frozen=True)
class GatysSettings:
    """How to optimise a picture.

    Attributes
    ----------
    content_weight, style_weight, total_variation_weight : float
        Of the terms of :class:`convatlas.synthesis.gatys_loss.GatysLoss`.
    content_layers, style_layers : tuple of str
        Layers of the feature network; the defaults are the paper's.
    start : {"content", "style", "noise"}
        What the first picture is, at the coarsest scale.
    optimizer : {"lbfgs", "adam"}
        L-BFGS (Liu and Nocedal 1989), as the paper, or Adam.
    learning_rate : float
        Of Adam.
    steps : int
        Evaluations of the loss and its gradient, at most, at each scale.
    scales : int
        The picture is made at 1/2^(scales - 1) of its size first, then at twice that size, and so
        on: strokes become as large as a small picture's, and fewer steps are needed where they cost
        most (Gatys, Bethge, Hertzmann and Shechtman, *Controlling perceptual factors in neural
        style transfer*, 2017, section 6).
    tolerance_levels : float
        A scale ends once the picture changes by less in :data:`convatlas.synthesis.gatys.STRETCH`
        steps, on the mean over pixels, in levels of 255; 0 for never.
    color : {"style", "luminance", "histogram"}
        Of the style, or the photograph's own (see :mod:`convatlas.stylization.colors`).
    history : int
        Steps that L-BFGS looks back on.
    """

    content_weight: float = 1.0
    style_weight: float = 100.0
    total_variation_weight: float = 0.0
    content_layers: tuple[str, ...] = ("conv4_2",)
    style_layers: tuple[str, ...] = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
    start: str = "content"
    optimizer: str = "lbfgs"
    learning_rate: float = 0.02
    steps: int = 300
    scales: int = 1
    tolerance_levels: float = 0.05
    color: str = "style"
    history: int = 10

    def __post_init__(self) -> None:
        for name, known in (("start", STARTS), ("optimizer", OPTIMIZERS), ("color", COLORS)):
            if getattr(self, name) not in known:
                raise ConvatlasError(
                    f"{name} '{getattr(self, name)}' is none of {', '.join(known)}"
                )
        weights = (self.content_weight, self.style_weight, self.total_variation_weight)
        if not any(weights):
            raise ConvatlasError("all weights of a picture are 0: there is nothing to optimise")
        for name in ("steps", "scales", "history"):
            if getattr(self, name) < 1:
                raise ConvatlasError(
                    f"{name} of a picture is {getattr(self, name)}; 1 is the least"
                )

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Make them of a mapping, such as the config's."""
        lists = {
            name: tuple(settings[name])
            for name in ("content_layers", "style_layers")
            if name in settings
        }
        return cls(**{**settings, **lists})
