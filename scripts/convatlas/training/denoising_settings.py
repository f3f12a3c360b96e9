"""How a denoiser is trained."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from convatlas.errors import ConvatlasError


@dataclass(frozen=True)
class DenoisingSettings:
    """How to train a network to take Gaussian noise out of pictures.

    Attributes
    ----------
    epochs, steps : int, optional
        Passes over the pictures, or batches: one of the two.
    sigma : float or (float, float)
        Standard deviation of the noise, in levels of 255; of two, drawn for each picture evenly
        between them, so that one network serves all of these.
    batch_size : int
        Pictures a step.
    optimizer : {"sgd", "adam"}
        The documents' is plain gradient descent; Adam is that of Kingma and Ba 2015.
    learning_rate, momentum : float
        Of it, pictures being from 0 to 1; `momentum` is of "sgd" alone.
    schedule : {"constant", "cosine"}
        Of the learning rate; "cosine" lets it fall to 0 (Loshchilov and Hutter 2017).
    crop_pixels : int, optional
        Side of the squares that are cut out of pictures at random; whole pictures, unless given.
    flips : bool
        Whether pictures are mirrored at random, left to right and top to bottom.
    records : int
        How often, evenly over the training, training and held-out pictures are measured.
    """

    epochs: int | None = None
    steps: int | None = None
    sigma: float | tuple[float, float] = 25.0
    batch_size: int = 16
    optimizer: str = "adam"
    learning_rate: float = 0.001
    momentum: float = 0.0
    schedule: str = "constant"
    crop_pixels: int | None = None
    flips: bool = False
    records: int = 20

    def __post_init__(self) -> None:
        if (self.epochs is None) == (self.steps is None):
            raise ConvatlasError("a denoiser's training needs either 'epochs' or 'steps'")
        if min(self.epochs or 1, self.steps or 1, self.batch_size, self.records) < 1:
            raise ConvatlasError(
                "epochs, steps, batch_size and records of a denoiser's training are at least 1"
            )
        if self.optimizer not in ("sgd", "adam") or self.schedule not in ("constant", "cosine"):
            raise ConvatlasError(
                f"a denoiser's training has optimizer '{self.optimizer}' and schedule "
                f"'{self.schedule}'; known: sgd, adam; constant, cosine"
            )
        low, high = self.sigmas
        if not 0 < low <= high:
            raise ConvatlasError(
                f"sigma of a denoiser's training is {self.sigma}; give a number above 0, or two of "
                "which the first is the lower"
            )

    @classmethod
    def of(cls, training: Mapping[str, Any], sigma: float | list[float]) -> "DenoisingSettings":
        """Make settings from the config's ``training`` and ``sigma``."""
        return cls(**training, sigma=tuple(sigma) if isinstance(sigma, list) else sigma)

    @property
    def sigmas(self) -> tuple[float, float]:
        """The least and the greatest standard deviation."""
        return self.sigma if isinstance(self.sigma, tuple) else (self.sigma, self.sigma)

    def batches(self, count: int) -> int:
        """Return how many batches a pass over so many pictures has."""
        return math.ceil(count / self.batch_size)

    def total(self, count: int) -> int:
        """Return how many steps there are with so many pictures."""
        return self.steps or self.epochs * self.batches(count)

    def rate(self, step: int, total: int) -> float:
        """Return the learning rate of a step, counted from 0, of so many."""
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * (1 + math.cos(math.pi * step / total)) / 2
