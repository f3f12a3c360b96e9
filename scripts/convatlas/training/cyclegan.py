"""The steps that CycleGAN learns by, for the adversarial loop.

Zhu, Park, Isola and Efros, *Unpaired image-to-image translation using cycle-consistent adversarial
networks*, 2017: sections 3 and 4, identity loss of section 5.2, and the history of 50 generated
pictures that discriminators are shown (Shrivastava et al. 2017). Written from the papers.
"""

import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from convatlas.models.cyclegan import CycleGAN
from convatlas.training.adversarial_settings import OptimizerSettings
from convatlas.training.adversarial_steps import to_unit_range
from convatlas.training.few_pictures import FewPicturesRun, FewPicturesSettings

SIDES = (("painting", "to_painting"), ("photograph", "to_photograph"))
"""Each kind of picture, and the generator that makes it."""


@dataclass(frozen=True)
class CycleSettings(FewPicturesSettings):
    """How to train two generators and two discriminators; the defaults are the paper's.

    Attributes
    ----------
    cycle_weight : float
        Of coming back to where one began, lambda.
    identity_weight : float
        Of leaving a painting as it is when it is to become one, as a share of ``cycle_weight``; 0.5
        in the paper where paintings become photographs.
    constant_epochs : int
        Epochs with the learning rate as it is; after them it goes linearly to 0.
    history : int
        Generated pictures of each kind that are remembered.
    """

    generator: OptimizerSettings = field(default_factory=OptimizerSettings)
    discriminator: OptimizerSettings = field(default_factory=OptimizerSettings)
    cycle_weight: float = 10.0
    identity_weight: float = 0.5
    constant_epochs: int = 100
    history: int = 50
    images_per_tick: int = 0


class CycleRun(FewPicturesRun):
    """Everything of the training that changes.

    Its mean answers are those of patches as they are, which least squares draw towards 1 and 0: no
    probabilities, and nobody is warned by them.

    Parameters
    ----------
    pair : CycleGAN
        Trained in place.
    settings : CycleSettings
        How.
    seed : int
        Of everything that is drawn.
    photographs : numpy.ndarray
        (m, h, w, 3) uint8; the loop has the paintings. Of these too an epoch takes each about as
        often.
    """

    SETTINGS = CycleSettings
    PROBABLE = False
    MEASURES = (
        "loss_real", "loss_fake", "loss_generator", "d_real", "d_fake", "d_fake_after",
        "loss_cycle", "loss_identity",
    )  # fmt: skip
    STREAMS = (*FewPicturesRun.STREAMS, "photographs", "history")
    _PLAIN = (*FewPicturesRun._PLAIN, "waiting", "remembered")

    def __init__(
        self, pair: CycleGAN, settings: CycleSettings, seed: int, *, photographs: np.ndarray
    ) -> None:
        super().__init__(pair, settings, seed)
        self.photographs = torch.from_numpy(photographs).movedim(3, 1).to(self.device)
        self.waiting = torch.empty(0, dtype=torch.int64)  # photographs not taken yet
        self.remembered: dict[str, list[Tensor]] = {kind: [] for kind, _ in SIDES}

    def step(self, real: Tensor) -> Tensor:
        """Take one step of all four networks on paintings (n, 3, h, w); return the measures."""
        self._set_rates()
        reals = {
            "painting": self.mirror(real),
            "photograph": self.mirror(self._next_photographs(len(real))),
        }
        fakes, measures = self._learn_to_please(reals)
        told = self._learn_to_tell(reals, fakes)
        if self.averaged is not None:
            self.averaged.update_parameters(self.pair.generator)
        loss, after, cycle, identity = measures
        loss_real, loss_fake, d_real, d_fake = told
        return torch.stack([loss_real, loss_fake, loss, d_real, d_fake, after, cycle, identity])

    def _set_rates(self) -> None:
        """Let learning rates go linearly to 0 after the epochs with constant ones."""
        falling = self.settings.epochs - self.settings.constant_epochs
        past = max(0, self.epoch + 1 - self.settings.constant_epochs)
        share = 1.0 if falling <= 0 else 1 - past / (falling + 1)
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = getattr(self.settings, name).learning_rate * share

    def _next_photographs(self, count: int) -> Tensor:
        while len(self.waiting) < count:
            order = torch.randperm(len(self.photographs), generator=self.streams["photographs"])
            self.waiting = torch.cat([self.waiting, order])
        taken, self.waiting = self.waiting[:count], self.waiting[count:].clone()
        return to_unit_range(self.photographs[taken.to(self.photographs.device)])

    def _learn_to_please(self, reals: dict[str, Tensor]) -> tuple[dict[str, Tensor], list[Tensor]]:
        """Step both generators; return what they made, and the measures."""
        generator, settings = self.pair.generator, self.settings
        self.pair.discriminator.requires_grad_(requires_grad=False)
        self.optimizers["generator"].zero_grad()
        fakes, totals = {}, {"adversarial": 0.0, "after": 0.0, "cycle": 0.0, "identity": 0.0}
        for (kind, way), (other, back) in itertools.permutations(SIDES, 2):
            fakes[kind] = self._pass(generator[way], reals[other])
            answers = self._pass(self.pair.discriminator[kind], fakes[kind])
            totals["adversarial"] += _square(answers, 1.0)
            totals["after"] += answers.detach().mean() / 2
            returned = self._pass(generator[back], fakes[kind])
            totals["cycle"] += functional.l1_loss(returned, reals[other])
            if settings.identity_weight:
                same = self._pass(generator[way], reals[kind])
                totals["identity"] += functional.l1_loss(same, reals[kind])
        loss = totals["adversarial"] + settings.cycle_weight * (
            totals["cycle"] + settings.identity_weight * totals["identity"]
        )
        loss.backward()
        self.optimizers["generator"].step()
        told = [loss.detach()] + [
            torch.as_tensor(totals[name], device=loss.device).detach()
            for name in ("after", "cycle", "identity")
        ]
        return {kind: fake.detach() for kind, fake in fakes.items()}, told

    def _learn_to_tell(self, reals: dict[str, Tensor], fakes: dict[str, Tensor]) -> list[Tensor]:
        """Step both discriminators; return losses and answers, summed and meant over both."""
        networks: nn.ModuleDict = self.pair.discriminator
        networks.requires_grad_(requires_grad=True)
        self.optimizers["discriminator"].zero_grad()
        losses, answers = [], []
        for kind, _ in SIDES:
            shown = self._recall(kind, fakes[kind])
            of_real, of_fake = (self._pass(networks[kind], x) for x in (reals[kind], shown))
            # halved, as in section 7.1: discriminators learn more slowly than generators
            losses.append(torch.stack([_square(of_real, 1.0) / 2, _square(of_fake, 0.0) / 2]))
            answers.append(torch.stack([of_real.detach().mean(), of_fake.detach().mean()]))
        loss = torch.stack(losses).sum(0)
        loss.sum().backward()
        self.optimizers["discriminator"].step()
        return [*loss.detach(), *torch.stack(answers).mean(0)]

    def _recall(self, kind: str, pictures: Tensor) -> Tensor:
        """Show half of the time a picture that was generated before, and remember the new one."""
        remembered, shown = self.remembered[kind], []
        for picture in pictures:
            if len(remembered) < self.settings.history:
                remembered.append(picture)
                shown.append(picture)
                continue
            swap, place = torch.rand(2, generator=self.streams["history"]).tolist()
            if swap < 0.5 and remembered:
                index = int(place * len(remembered))
                shown.append(remembered[index])
                remembered[index] = picture
            else:
                shown.append(picture)
        return torch.stack(shown)

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` gave."""
        super().restore(state)
        self.remembered = {
            kind: [picture.to(self.device) for picture in pictures]
            for kind, pictures in self.remembered.items()
        }


def _square(answers: Tensor, wanted: float) -> Tensor:
    """Return the mean squared distance of answers to what is wanted (Mao et al. 2017)."""
    return (answers - wanted).square().mean()
