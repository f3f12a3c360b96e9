"""How a GAN is trained."""

from dataclasses import dataclass, field
from typing import Any

from torch import nn

from convatlas import optimizers


@dataclass(frozen=True)
class OptimizerSettings:
    """How one of the two networks steps.

    Attributes
    ----------
    optimizer : str
        ``adam`` (Kingma and Ba 2015), or ``rmsprop`` with torch's smoothing of 0.99.
    learning_rate : float
        Step size.
    beta1, beta2 : float
        Of Adam; Radford et al. (2016) take 0.5 instead of 0.9 for the first.
    """

    optimizer: str = "adam"
    learning_rate: float = 0.0002
    beta1: float = 0.5
    beta2: float = 0.999

    def build(self, network: nn.Module) -> optimizers.Optimizer:
        """Make the optimizer of a network's parameters."""
        if self.optimizer == "rmsprop":
            return optimizers.RMSprop(network.parameters(), lr=self.learning_rate)
        return optimizers.Adam(
            network.parameters(),
            lr=self.learning_rate,
            betas=(self.beta1, self.beta2),
            fused=True,  # one pass over the weights; bit-identical from run to run
        )


@dataclass(frozen=True)
class AdversarialSettings:
    """How to train a pair.

    Attributes
    ----------
    epochs, batch_size : int
        Passes over the training part, and pictures of every step: what is left over at the end of
        a pass, less than a batch, is left out of it. A part smaller than a batch is one batch.
    generator, discriminator : OptimizerSettings
        Their steps.
    label_smoothing : float
        What real pictures lack to 1 in the discriminator's loss (one-sided; Salimans et al. 2016).
    r1_gamma : float
        Weight of the squared gradient of D at real pictures, over 2 (Mescheder et al. 2018). With
        batch normalisation it is taken through the statistics of the batch.
    r1_every : int
        Steps between two such penalties, which are weighted up accordingly (Karras et al. 2020).
    ema_decay : float
        Of the moving average of the generator's weights per step (Yazici et al. 2019); 0 for none.
        After t updates it is (1 + t) / (10 + t) if that is less, as in TensorFlow: an average of
        decay 0.999 would still hold a tenth of the first weights after 2,300 steps.
    translation_pixels : int
        Real and generated pictures alike are shifted by up to so many pixels before the
        discriminator sees them, and the generator learns through it (Zhao et al. 2020).
    precision : str
        ``float32``, or ``bfloat16``: the networks' products are taken of numbers with 8 significant
        bits, as torch's autocast does; weights, their averages and steps, losses and R1 stay
        float32. Faster where the processor multiplies such numbers (AMX, graphics cards), slower
        elsewhere.
    """

    epochs: int
    batch_size: int
    generator: OptimizerSettings = field(default_factory=OptimizerSettings)
    discriminator: OptimizerSettings = field(default_factory=OptimizerSettings)
    label_smoothing: float = 0.0
    r1_gamma: float = 0.0
    r1_every: int = 16
    ema_decay: float = 0.0
    translation_pixels: int = 0
    precision: str = "float32"

    @property
    def averages(self) -> bool:
        """Whether there is a moving average of the generator's weights."""
        return self.ema_decay > 0

    @classmethod
    def of(cls, training: dict[str, Any]) -> "AdversarialSettings":
        """Make settings from the config's ``training``."""
        networks = {
            name: OptimizerSettings(**training[name])
            for name in ("generator", "discriminator")
            if name in training
        }
        return cls(**{**training, **networks})
