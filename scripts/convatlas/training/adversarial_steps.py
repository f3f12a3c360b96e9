"""One step of a generator and its discriminator, and the state that steps change."""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from convatlas.models.adversarial_pair import AdversarialPair
from convatlas.seeding import torch_generator
from convatlas.training.adversarial_settings import AdversarialSettings

MEASURES = ("loss_real", "loss_fake", "loss_generator", "d_real", "d_fake", "d_fake_after")
"""Columns of a step. The last three are mean answers, D(x), and D(G(z)) before and after the
discriminator's step: probabilities, the sigmoid of logits. Where a loss makes no logits of what D
says, they are not quite that: see :mod:`.fastgan` and :mod:`.cyclegan`."""
LOOKS, APART = 4, 5
"""Of an epoch that is kept, discriminators of so many steps, so many steps apart, the last of them
the epoch's last: what one answers moves from step to step, and a single look tells little."""


class AdversarialRun:
    """Everything of a training run that changes, so that it can be saved and restored.

    Others are made from it, for networks that learn by other steps: see :mod:`.stylegan`.
    """

    MEASURES = MEASURES
    PROBABLE = True
    """Whether mean answers are probabilities, by which a discriminator can be warned of."""
    STREAMS: tuple[str, ...] = ("shuffle", "latent", "shift")
    _PLAIN = ("epoch", "position", "seconds", "order", "measured", "epochs", "looks", "snapshots")

    def __init__(self, pair: AdversarialPair, settings: AdversarialSettings, seed: int) -> None:
        self.pair, self.settings = pair, settings
        self.averaged = (
            AveragedModel(
                pair.generator,
                multi_avg_fn=self._average,
                use_buffers=True,
            )
            if settings.averages
            else None
        )
        self.optimizers = {
            "generator": settings.generator.build(pair.generator),
            "discriminator": settings.discriminator.build(pair.discriminator),
        }
        self.streams = {purpose: torch_generator(seed, purpose) for purpose in self.STREAMS}
        self.epoch, self.position, self.seconds = 0, 0, 0.0
        self.order = torch.empty(0, dtype=torch.int64)
        self.measured: list[Tensor] = []  # (steps, measures) of each stretch, on the CPU
        self.epochs: list[dict[str, Any]] = []
        self.looks: dict[int, dict[str, Tensor]] = {}  # by step: discriminators of this epoch
        self.snapshots: dict[int, dict[str, Any]] = {}

    @property
    def device(self) -> torch.device:
        """Where the pair is."""
        return next(self.pair.parameters()).device

    @property
    def batch_size(self) -> int:
        """Pictures of every step: the batch size, or all there are if they are fewer."""
        return min(self.settings.batch_size, len(self.order))

    @property
    def steps_per_epoch(self) -> int:
        """Full batches of an epoch; what is left over waits for the next epoch's order."""
        return len(self.order) // self.batch_size

    @property
    def steps_done(self) -> int:
        """Steps since the training began."""
        return self.epoch * self.steps_per_epoch + self.position // self.batch_size

    def look(self) -> None:
        """Keep the discriminator, if this step is one of the epoch's at which it is looked at."""
        left = self.steps_per_epoch - self.position // self.batch_size
        if left % APART == 0 and left < LOOKS * APART:
            self.looks[self.steps_done] = copy.deepcopy(self.pair.discriminator.state_dict())

    def about_epoch(self, row: Mapping[str, float]) -> dict[str, float]:
        """Return what else the history says of an epoch, whose row has its pace so far."""
        del row
        return {}

    def take_snapshot(self) -> None:
        """Keep the generator, averaged if there is an average, with this epoch's discriminators."""
        generator = self.averaged.module if self.averaged is not None else self.pair.generator
        self.snapshots[self.epoch] = {
            "generator": copy.deepcopy(generator.state_dict()),
            "discriminators": self.looks,
        }
        self.looks = {}

    def _average(self, averaged: list[Tensor], current: list[Tensor], _: Tensor) -> None:
        """Move averages towards the weights of now; what is counted is taken over as it is."""
        # on the CPU, unlike the tensor that torch hands over; the first update is a copy
        decay = self.decay(int(self.averaged.n_averaged))
        if averaged[0].is_floating_point():
            torch._foreach_lerp_(averaged, current, 1 - decay)
        else:
            torch._foreach_copy_(averaged, current)

    def decay(self, updates: int) -> float:
        """Return how much of the average stays after so many updates."""
        return decay_after(updates, self.settings.ema_decay)

    def draw_order(self, count: int) -> Tensor:
        """Draw which of so many pictures an epoch takes, in which order."""
        return torch.randperm(count, generator=self.streams["shuffle"])

    def _parts(self) -> dict[str, Any]:
        parts = {"pair": self.pair, **self.optimizers}
        return {**parts, "averaged": self.averaged} if self.averaged else parts

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on, and what was measured, for a checkpoint."""
        drawn_there = {}
        if self.device.type == "cuda":  # noise of generators, directions of path lengths
            drawn_there["device_stream"] = torch.cuda.get_rng_state(self.device)
        return {
            **{name: getattr(self, name) for name in self._PLAIN},
            "parts": {name: part.state_dict() for name, part in self._parts().items()},
            "streams": {name: stream.get_state() for name, stream in self.streams.items()},
            "default_stream": torch.get_rng_state(),  # of dropout
            **drawn_there,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` gave."""
        for name, part in self._parts().items():
            part.load_state_dict(state["parts"][name])
        for name, stream in self.streams.items():
            stream.set_state(state["streams"][name])
        torch.set_rng_state(state["default_stream"])
        # a state of a CPU has none: on a GPU its noise then begins anew, from the seed
        if self.device.type == "cuda" and "device_stream" in state:
            torch.cuda.set_rng_state(state["device_stream"], self.device)
        for name in self._PLAIN:
            setattr(self, name, state[name])

    def step(self, real: Tensor) -> Tensor:
        """Take one step of each network on real pictures (n, 1, 28, 28); return the measures.

        The generator learns from the pictures that the discriminator has just learnt from, as in
        PyTorch's example; algorithm 1 draws others, which costs one more pass.
        """
        pair, settings = self.pair, self.settings
        latent = torch.randn(len(real), pair.latent_dim, generator=self.streams["latent"])
        fake = self._pass(pair.generator, latent.to(real.device))
        shifts = [self._draw_shifts(len(real)) for _ in range(2)]

        pair.discriminator.requires_grad_(requires_grad=True)
        self.optimizers["discriminator"].zero_grad()
        real_logits = self._pass(pair.discriminator, self._shift(real, shifts[0]))
        fake_logits = self._pass(pair.discriminator, self._shift(fake.detach(), shifts[1]))
        loss_real = _cross_entropy(real_logits, 1 - settings.label_smoothing)
        loss_fake = _cross_entropy(fake_logits, 0.0)
        (loss_real + loss_fake).backward()
        if settings.r1_gamma and self.steps_done % settings.r1_every == 0:
            self._penalise_slope(self._shift(real, shifts[0]))
        self.optimizers["discriminator"].step()

        pair.discriminator.requires_grad_(requires_grad=False)  # a third of its backward pass
        self.optimizers["generator"].zero_grad()
        logits = self._pass(pair.discriminator, self._shift(fake, shifts[1]))
        loss_generator = _cross_entropy(logits, 1.0)
        loss_generator.backward()
        self.optimizers["generator"].step()
        if self.averaged is not None:
            self.averaged.update_parameters(pair.generator)
        probabilities = [
            torch.sigmoid(x.detach()).mean() for x in (real_logits, fake_logits, logits)
        ]
        losses = [loss.detach() for loss in (loss_real, loss_fake, loss_generator)]
        return torch.stack([*losses, *probabilities])

    def _rounds(self, device: torch.device) -> bool:
        """Tell whether products on a device are taken of numbers that are rounded."""
        del device
        return self.settings.precision != "float32"

    def _pass(self, network: nn.Module, values: Tensor) -> Tensor:
        """Let values through a network in the precision asked for; what comes out is float32."""
        if not self._rounds(values.device):
            return network(values)
        with torch.autocast(values.device.type, torch.bfloat16):
            return network(values).float()

    def _penalise_slope(self, real: Tensor) -> None:
        """Add R1 to the discriminator's gradients."""
        real = real.detach().requires_grad_()
        penalty = slope_penalty(self.pair.discriminator(real), real)
        (0.5 * self.settings.r1_gamma * self.settings.r1_every * penalty).backward()

    def _draw_shifts(self, count: int) -> Tensor | None:
        most = self.settings.translation_pixels
        if not most:
            return None
        return torch.randint(-most, most + 1, (count, 2), generator=self.streams["shift"])

    def _shift(self, pictures: Tensor, shifts: Tensor | None) -> Tensor:
        """Shift pictures (n, 1, h, w) by whole pixels (n, 2); what comes in is black, -1."""
        if shifts is None:
            return pictures
        most, (height, width) = self.settings.translation_pixels, pictures.shape[2:]
        padded = functional.pad(pictures, (most,) * 4, value=-1.0)
        corner = (shifts + most).to(pictures.device)
        rows = corner[:, :1, None] + torch.arange(height, device=pictures.device)[:, None]
        columns = corner[:, 1:, None] + torch.arange(width, device=pictures.device)
        picture = torch.arange(len(pictures), device=pictures.device)[:, None, None]
        return padded[picture, 0, rows, columns].unsqueeze(1)


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    """Return the mean binary cross-entropy of logits (n,), all with one label."""
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def slope_penalty(answers: Tensor, pictures: Tensor) -> Tensor:
    """Return R1 but for its weight, gamma / 2 (Mescheder et al. 2018, equation 9).

    Where the answer to a picture depends on its whole batch (batch normalisation, deviations of
    groups), the gradient of the summed answers is no longer that of each picture alone: the penalty
    is then the paper's only nearly, as in other codes that take it so.

    Parameters
    ----------
    answers : torch.Tensor
        (n, ...), of the discriminator to ``pictures``.
    pictures : torch.Tensor
        (n, c, h, w), which a gradient is asked for.

    Returns
    -------
    torch.Tensor
        Mean over pictures of the squared length of the answer's gradient, differentiable.
    """
    (slope,) = torch.autograd.grad(answers.sum(), pictures, create_graph=True)
    return slope.square().flatten(1).sum(1).mean()


def decay_after(updates: int, decay: float) -> float:
    """Return how much of a moving average stays: less at first, so that it forgets its start.

    As TensorFlow's ExponentialMovingAverage with ``num_updates``: a short training would otherwise
    be judged by weights that still hold a share of those it began with.

    Parameters
    ----------
    updates : int
        Done before.
    decay : float
        In the long run.
    """
    return min(decay, (1 + updates) / (10 + updates))


def to_unit_range(images: Tensor) -> Tensor:
    """Map grey levels (uint8) to [-1, 1], the range of tanh."""
    return images.float().div_(127.5).sub_(1)
