"""How a transformer network is trained."""

import math
from dataclasses import dataclass
from typing import Any

from convatlas.errors import ConvatlasError


@dataclass(frozen=True)
class PerceptualSettings:
    """How to train a transformer network of one style.

    Attributes
    ----------
    steps, batch_size, crop_pixels : int
        Steps, pictures a step, and the side of the square that is cut out of each at random.
    learning_rate : float
        Of Adam (Kingma and Ba 2015) at the start; Johnson et al. (2016) take 0.001.
    cosine : bool
        Whether it falls to 0 along half a cosine (Loshchilov and Hutter 2017).
    content_layers, style_layers : tuple of str
        Layers of the feature network.
    content_weight, style_weight, total_variation_weight : float
        Of the terms of the loss, which :class:`PerceptualLoss` makes free of units.
    stability_weight : float
        Of the mean squared difference between what becomes of a picture and of the same picture
        with noise, over the square of the noise (Zheng, Song, Leung and Goodfellow, *Improving the
        robustness of deep neural networks via stability training*, 2016): against flicker; 0 for
        none, else a step costs half as much again.
    noise : float
        Standard deviation of that noise, in [0, 1] as pictures are.
    """

    steps: int
    batch_size: int = 2
    crop_pixels: int = 96
    learning_rate: float = 0.005
    cosine: bool = True
    content_layers: tuple[str, ...] = ("relu3_1",)
    style_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    content_weight: float = 1.0
    style_weight: float = 10.0
    total_variation_weight: float = 1.0
    stability_weight: float = 0.0
    noise: float = 0.02

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "crop_pixels"):
            if getattr(self, name) < 1:
                raise ConvatlasError(f"{name} of a stylizer's training is {getattr(self, name)}")
        if not (self.content_layers and self.style_layers):
            raise ConvatlasError("a stylizer's training needs content_layers and style_layers")

    @classmethod
    def of(cls, training: dict[str, Any]) -> "PerceptualSettings":
        """Make settings from the config's ``training``."""
        lists = {
            name: tuple(training[name])
            for name in ("content_layers", "style_layers")
            if name in training
        }
        return cls(**{**training, **lists})

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        if not self.cosine:
            return self.learning_rate
        return self.learning_rate * (1 + math.cos(math.pi * step / self.steps)) / 2
