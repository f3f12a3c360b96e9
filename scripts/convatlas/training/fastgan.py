"""The steps that FastGAN learns by, for the adversarial loop.

Liu, Zhu, Song and Elgammal, *Towards faster and stabilized GAN training for high-fidelity few-shot
image synthesis*, 2021: hinge loss (equations 3 and 4) and drawing again what the discriminator saw
(equation 2), there by a perceptual distance, here by the mean absolute one, which needs no other
network. With the light augmentation of Zhao et al. 2020, as in the paper. Labels are smoothed as in
the code that was published with it, of which the paper says nothing.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from convatlas.models.fastgan import FastGAN
from convatlas.training.adversarial_settings import OptimizerSettings
from convatlas.training.adversarial_steps import MEASURES
from convatlas.training.few_pictures import FewPicturesRun, FewPicturesSettings
from convatlas.training.light_augmentation import LightAugmentation


@dataclass(frozen=True)
class FastSettings(FewPicturesSettings):
    """How to train a FastGAN; the defaults are the paper's.

    Attributes
    ----------
    drawn_again : float
        Weight of drawing again what the discriminator saw.
    """

    generator: OptimizerSettings = field(default_factory=OptimizerSettings)
    discriminator: OptimizerSettings = field(default_factory=OptimizerSettings)
    ema_decay: float = 0.999
    drawn_again: float = 1.0


class FastRun(FewPicturesRun):
    """Everything of the training of a FastGAN that changes.

    Its mean answers are the sigmoid of what the hinge loss keeps apart at -1 and 1: of a
    discriminator that tells all apart they are 0.73 and 0.27 or beyond, of one at a loss the same.

    Parameters
    ----------
    pair : FastGAN
        Trained in place.
    settings : FastSettings
        How.
    seed : int
        Of everything that is drawn.
    """

    SETTINGS = FastSettings
    MEASURES = (*MEASURES, "drawn_again")
    STREAMS = (*FewPicturesRun.STREAMS, "quarter", "smoothing", "augmentation")

    def __init__(self, pair: FastGAN, settings: FastSettings, seed: int) -> None:
        super().__init__(pair, settings, seed)
        self.augment = LightAugmentation(self.streams["augmentation"])

    def step(self, real: Tensor) -> Tensor:
        """Take one step of each network on real pictures (n, 3, h, w); return the measures."""
        pair = self.pair
        latent = torch.randn(len(real), pair.latent_dim, generator=self.streams["latent"])
        fake = self._pass(pair.generator, latent.to(real.device))
        seen = self.augment(self.mirror(real)), self.augment(fake)

        pair.discriminator.requires_grad_(requires_grad=True)
        self.optimizers["discriminator"].zero_grad()
        quarters = torch.randint(4, (len(real),), generator=self.streams["quarter"])
        answers_real, error = self._draw_again(seen[0], quarters)
        answers_fake = self._pass(pair.discriminator, seen[1].detach())
        loss_real = self._hinge(-answers_real)
        loss_fake = self._hinge(answers_fake)
        (loss_real + loss_fake + self.settings.drawn_again * error).backward()
        self.optimizers["discriminator"].step()

        pair.discriminator.requires_grad_(requires_grad=False)
        self.optimizers["generator"].zero_grad()
        answers = self._pass(pair.discriminator, seen[1])
        loss_generator = -answers.mean()
        loss_generator.backward()
        self.optimizers["generator"].step()
        self._update_average()
        losses = [x.detach() for x in (loss_real, loss_fake, loss_generator)]
        told = [torch.sigmoid(x.detach()).mean() for x in (answers_real, answers_fake, answers)]
        return torch.stack([*losses, *told, error.detach()])

    def _update_average(self) -> None:
        """Average the generator, and keep directions directions.

        Spectral normalisation keeps the singular vectors that it divides by as buffers; the mean of
        two of length 1 is shorter, and the averaged weights would be divided by too little.
        """
        if self.averaged is None:
            return
        self.averaged.update_parameters(self.pair.generator)
        vectors = [v for k, v in self.averaged.named_buffers() if k.endswith(("._u", "._v"))]
        torch._foreach_div_(vectors, torch._foreach_norm(vectors))

    def _draw_again(self, real: Tensor, quarters: Tensor) -> tuple[Tensor, Tensor]:
        if not self._rounds(real.device):
            return self.pair.discriminator.draw_again(real, quarters)
        with torch.autocast(real.device.type, torch.bfloat16):
            answers, error = self.pair.discriminator.draw_again(real, quarters)
            return answers.float(), error.float()

    def _hinge(self, answers: Tensor) -> Tensor:
        """Return the mean of what lies above -1, or somewhat less far: labels are smoothed.

        By 0.8 to 1 as in the published code; the paper's equations 3 and 4 have 1.
        """
        margin = 0.8 + 0.2 * torch.rand(answers.shape, generator=self.streams["smoothing"])
        return functional.relu(margin.to(answers.device) + answers).mean()
