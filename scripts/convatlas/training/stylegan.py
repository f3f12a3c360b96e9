"""The steps that StyleGAN2 learns by, for the adversarial loop.

Karras, Laine, Aittala, Hellsten, Lehtinen and Aila, *Analyzing and improving the image quality of
StyleGAN*, 2020 (non-saturating loss, R1 and path length taken lazily, sections 3.1 and 3.2), and
Karras, Aittala, Hellsten, Laine, Lehtinen and Aila, *Training generative adversarial networks with
limited data*, 2020 (adaptive augmentation). Written from the papers. Unlike in their code a penalty
is added to the gradients of the step it falls on, where theirs takes a step of its own; so Adam's
settings need no correction for the number of steps.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from convatlas.models.stylegan2 import StyleGAN2
from convatlas.training.adaptive_augmentation import AdaptiveAugmentation, follow
from convatlas.training.adversarial_steps import MEASURES, slope_penalty
from convatlas.training.few_pictures import FewPicturesRun
from convatlas.training.light_augmentation import LightAugmentation
from convatlas.training.stylegan_settings import StyleSettings

EVERY = 4
"""Steps after which the probability of augmentation is set anew."""
FORGETS = 0.01
"""By how much the mean path length moves towards that of a step (section 3.2's decay, 0.99)."""


class StyleRun(FewPicturesRun):
    """Everything of the training of a style-based pair that changes.

    Parameters
    ----------
    pair : StyleGAN2
        Trained in place.
    settings : StyleSettings
        How.
    seed : int
        Of everything that is drawn.
    """

    SETTINGS = StyleSettings
    MEASURES = (*MEASURES, "real_signs", "augmentation", "penalty_slope", "penalty_path")
    STREAMS = (*FewPicturesRun.STREAMS, "mixing", "augmentation")
    _PLAIN = (*FewPicturesRun._PLAIN, "path_length", "signs", "penalties")

    def __init__(self, pair: StyleGAN2, settings: StyleSettings, seed: int) -> None:
        super().__init__(pair, settings, seed)
        self.path_length = 0.0  # moving mean
        self.signs: list[Tensor] = []  # since the probability was set
        self.penalties = [0.0, 0.0]  # the last of slope and path, for the history
        self.augment = {
            "adaptive": AdaptiveAugmentation,
            "light": LightAugmentation,
            "none": lambda _: lambda pictures: pictures,
        }[settings.augmentation](self.streams["augmentation"])

    def decay(self, updates: int) -> float:
        """Return how much of the average stays: half, once so many pictures were seen."""
        seen = (updates + 1) * self.batch_size
        half = min(self.settings.average_images, seen * self.settings.average_share)
        return 0.5 ** (self.batch_size / half)

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on, for a checkpoint."""
        probability = getattr(self.augment, "probability", 0.0)
        return {**super().state(), "augmentation_probability": probability}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` gave."""
        super().restore(state)
        self.signs = [signs.to(self.device) for signs in self.signs]
        if isinstance(self.augment, AdaptiveAugmentation):
            self.augment.probability = state["augmentation_probability"]

    def step(self, real: Tensor) -> Tensor:
        """Take one step of each network on real pictures (n, 3, h, w); return the measures."""
        settings, pair, number = self.settings, self.pair, self.steps_done
        real = self.mirror(real)
        chunks = real.split(settings.chunk_size or len(real))
        shares = [len(chunk) / len(real) for chunk in chunks]

        pair.discriminator.requires_grad_(requires_grad=True)
        pair.generator.requires_grad_(requires_grad=False)
        self.optimizers["discriminator"].zero_grad()
        penalise = settings.r1_gamma > 0 and number % settings.r1_every == 0
        if penalise:
            self.penalties[0] = 0.0
        told = []
        for chunk, share in zip(chunks, shares, strict=True):
            told.append(share * self._learn_to_tell(chunk, share, penalise=penalise))
        self.optimizers["discriminator"].step()
        loss_real, loss_fake, d_real, d_fake, signs = torch.stack(told).sum(0)

        pair.discriminator.requires_grad_(requires_grad=False)
        pair.generator.requires_grad_(requires_grad=True)
        self.optimizers["generator"].zero_grad()
        told = []
        for chunk, share in zip(chunks, shares, strict=True):
            told.append(share * self._learn_to_please(len(chunk), share))
        if settings.path_weight and number % settings.path_every == 0:
            self._penalise_path(max(1, len(real) // 2), at_once=max(1, len(chunks[0]) // 2))
        self.optimizers["generator"].step()
        if self.averaged is not None:
            self.averaged.update_parameters(pair.generator)
        loss_generator, d_fake_after = torch.stack(told).sum(0)

        self._follow(signs)
        probability = getattr(self.augment, "probability", 0.0)
        plain = real.new_tensor([probability, *self.penalties])
        measures = [loss_real, loss_fake, loss_generator, d_real, d_fake, d_fake_after, signs]
        return torch.cat([torch.stack(measures), plain])

    def styles(self, count: int) -> Tensor:
        """Draw styles (n, layers, latent_dim), some mixed of two latent vectors."""
        generator, settings = self.pair.generator, self.settings
        device = generator.mapping.mean.device
        z = torch.randn(2, count, self.pair.latent_dim, generator=self.streams["latent"])
        w = generator.mapping(z[0].to(device))
        generator.mapping.watch(w)
        layers = generator.synthesis.count
        begin = torch.randint(1, layers, (count, 1), generator=self.streams["mixing"])
        mixed = torch.rand(count, 1, generator=self.streams["mixing"]) < settings.mixing
        other = (mixed & (torch.arange(layers) >= begin)).to(device)  # (n, layers)
        if settings.mixing == 0:
            return generator.repeat(w)
        second = generator.mapping(z[1].to(device))
        return torch.where(other[:, :, None], second[:, None], w[:, None])

    def _generate(self, styles: Tensor) -> Tensor:
        return self._pass(self.pair.generator.synthesis, styles)

    def _answers(self, pictures: Tensor) -> Tensor:
        return self._pass(self.pair.discriminator, pictures)

    def _learn_to_tell(self, real: Tensor, share: float, *, penalise: bool) -> Tensor:
        """Add the discriminator's gradients of a chunk; return what it said."""
        with torch.no_grad():
            fake = self.augment(self._generate(self.styles(len(real))))
        real = real.detach().requires_grad_(penalise)
        # of the penalty no product is rounded
        answer = self.pair.discriminator if penalise else self._answers
        answers_real, answers_fake = answer(self.augment(real)), self._answers(fake)
        loss_real = functional.softplus(-answers_real).mean()
        loss_fake = functional.softplus(answers_fake).mean()
        loss = loss_real + loss_fake
        if penalise:
            # as in the papers' code the slope is that at the picture before it is augmented
            penalty = slope_penalty(answers_real, real)
            self.penalties[0] += share * penalty.item()
            loss = loss + 0.5 * self.settings.r1_gamma * self.settings.r1_every * penalty
        (share * loss).backward()
        probabilities = [torch.sigmoid(x.detach()).mean() for x in (answers_real, answers_fake)]
        signs = answers_real.detach().sign().mean()
        return torch.stack([loss_real.detach(), loss_fake.detach(), *probabilities, signs])

    def _learn_to_please(self, count: int, share: float) -> Tensor:
        """Add the generator's gradients of a chunk; return what the discriminator said."""
        answers = self._answers(self.augment(self._generate(self.styles(count))))
        loss = functional.softplus(-answers).mean()
        (share * loss).backward()
        return torch.stack([loss.detach(), torch.sigmoid(answers.detach()).mean()])

    def _penalise_path(self, count: int, *, at_once: int) -> None:
        """Add path length regularisation to the generator's gradients (section 3.2, equation 4).

        Parameters
        ----------
        count : int
            Pictures that it is the mean of: half a batch, as in the paper's code.
        at_once : int
            How many of them go through the generator together.
        """
        weight, found = self.settings.path_weight * self.settings.path_every, []
        for start in range(0, count, at_once):
            styles = self.styles(min(at_once, count - start))
            pictures = self.pair.generator.synthesis(styles)
            lengths = path_lengths(pictures, styles, torch.randn_like(pictures))
            # from the mean of before this step, which is one for all of it
            (weight * (lengths - self.path_length).square().sum() / count).backward()
            found.append(lengths.detach())
        lengths = torch.cat(found)
        self.penalties[1] = (lengths - self.path_length).square().mean().item()
        self.path_length += FORGETS * (lengths.mean().item() - self.path_length)

    def _follow(self, signs: Tensor) -> None:
        """Set the probability of augmentation, every few steps."""
        if not isinstance(self.augment, AdaptiveAugmentation):
            return
        self.signs.append(signs)
        if len(self.signs) < EVERY:
            return
        self.augment.probability = follow(
            self.augment.probability,
            torch.stack(self.signs).mean().item(),
            target=self.settings.real_signs,
            step=EVERY * self.batch_size / self.settings.augmentation_images,
        )
        self.signs = []


def path_lengths(pictures: Tensor, styles: Tensor, directions: Tensor) -> Tensor:
    r"""Return how far pictures move with their styles, :math:`|J^T y|_2` (section 3.2).

    Parameters
    ----------
    pictures : torch.Tensor
        (n, c, h, w), made from ``styles``.
    styles : torch.Tensor
        (n, layers, latent_dim).
    directions : torch.Tensor
        (n, c, h, w): y, of a normal distribution.

    Returns
    -------
    torch.Tensor
        (n,): root over layers of the mean squared length, as in the paper's code; y is scaled by
        one over the root of the number of pixels.
    """
    pixels = math.prod(pictures.shape[2:])
    moved = (pictures * directions).sum() / math.sqrt(pixels)
    (slope,) = torch.autograd.grad(moved, styles, create_graph=True)
    return slope.square().sum(2).mean(1).sqrt()
