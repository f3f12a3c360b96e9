"""Training a network to take Gaussian noise out of pictures (`palacios` 2.2).

Pictures lie in memory; noise is drawn anew for every batch from the seed's own stream, so that no
picture is seen twice with the same. Zhao's training is stochastic gradient descent in minibatches
on the mean squared error.
"""

import logging
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from convatlas import optimizers
from convatlas.errors import ConvatlasError
from convatlas.seeding import torch_generator
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.denoising_batches import LEVELS, NoisyBatches, draw_noise, to_unit
from convatlas.training.denoising_settings import DenoisingSettings

logger = logging.getLogger(__name__)

MEASURED = 150
"""Training pictures, and held-out ones, that are measured on the way: the first of each."""
STRETCH = 50
"""Steps after which losses are looked at, on a GPU with a wait for it."""
COLUMNS = (
    "step", "epoch", "loss", "train_mse", "held_out_mse", "held_out_psnr", "learning_rate",
    "seconds",
)  # fmt: skip


def train_denoiser(
    network: nn.Module,
    *,
    pictures: np.ndarray,
    held_out: np.ndarray,
    settings: DenoisingSettings,
    seed: int,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> pd.DataFrame:
    """Train a network to take noise out of pictures.

    Parameters
    ----------
    network : torch.nn.Module
        From (n, 3, h, w) in [0, 1], with noise, to the same without; trained in place, on its own
        device, and left in evaluation mode.
    pictures : numpy.ndarray
        (n, height, width, 3) uint8: those that it learns from.
    held_out : numpy.ndarray
        (m, height, width, 3) uint8: the first :data:`MEASURED` are measured on the way. Nothing is
        chosen by them.
    settings : DenoisingSettings
        How.
    seed : int
        Of the order of pictures, crops, flips and noise.
    checkpoint : Checkpoint, optional
        Where to save and resume. A resumed run gives the same weights, bit for bit on a CPU, as
        one that was never stopped.
    progress : callable, optional
        Called as ``progress(done, total, "step 20/300")`` with counts of pictures.

    Returns
    -------
    pandas.DataFrame
        A row before the first step and after each of `records` stretches: ``step``; ``epoch``,
        passes over the pictures; ``loss``, the mean over the steps since the row before;
        ``train_mse`` and ``held_out_mse`` of the network as it then is, with the same noise each
        time, in squares of levels; ``held_out_psnr`` in dB, of ``held_out_mse``;
        ``learning_rate``; and ``seconds`` of training since the start, of all runs together, with
        what measuring took.

    Raises
    ------
    ConvatlasError
        If pictures are not uint8, none, or smaller than the crop; if the loss or a weight stops
        being a finite number (the step is named, the last checkpoint is of before it).
    """
    for name, given in (("pictures", pictures), ("held-out pictures", held_out)):
        _check(given, name, settings.crop_pixels or 1)
    run = _Run(network, pictures, held_out, settings, seed)
    if checkpoint and (state := checkpoint.load()):
        run.restore(state)
        logger.info("going on from step %d of %d", run.done, run.total)
    elif run.done == 0:
        run.record()

    network.train()
    size = min(settings.batch_size, len(pictures))
    while run.done < run.total:
        run.step()
        if progress:
            progress(run.done * size, run.total * size, f"step {run.done}/{run.total}")
        due = checkpoint is not None and checkpoint.due()
        at_record = run.done in run.recorded_steps
        if due or at_record or run.done % STRETCH == 0:
            run.check_numbers()
        if at_record:
            run.record()
        if due:
            checkpoint.save(run.state())
    network.eval()
    return pd.DataFrame(run.rows, columns=list(COLUMNS))


def _check(pictures: np.ndarray, what: str, least: int) -> None:
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[-1] != 3:
        raise ConvatlasError(
            f"{what} of a denoiser's training are {pictures.dtype} of shape {pictures.shape}; "
            "wanted is uint8 of (pictures, height, width, 3)"
        )
    height, width = pictures.shape[1:3]
    if not len(pictures) or min(height, width) < least:
        raise ConvatlasError(
            f"{what}: {len(pictures)} of {width}x{height} pixels cannot be cut to {least} "
            "(crop_pixels); give larger pictures or a smaller crop"
        )


class _Run:
    """Everything of a training run that changes, so that it can be saved and restored."""

    _PLAIN = ("done", "seconds", "losses", "rows")

    def __init__(
        self,
        network: nn.Module,
        pictures: np.ndarray,
        held_out: np.ndarray,
        settings: DenoisingSettings,
        seed: int,
    ) -> None:
        # pixels of a picture lie side by side as they come: oneDNN needs no other order
        self.network = network.to(memory_format=torch.channels_last)
        self.settings = settings
        self.device = next(network.parameters()).device
        self.batches = NoisyBatches(pictures, settings, seed)
        self.total, self.per_epoch = settings.total(len(pictures)), settings.batches(len(pictures))
        parts = settings.records
        self.recorded_steps = {-(-part * self.total // parts) for part in range(1, parts + 1)}
        self.measured = (
            self._fixed(pictures, "noise of training pictures", seed),
            self._fixed(held_out, "noise of held-out pictures", seed),
        )
        learnt = [weights for weights in network.parameters() if weights.requires_grad]
        if settings.optimizer == "sgd":
            self.optimizer = optimizers.SGD(
                learnt, settings.learning_rate, momentum=settings.momentum
            )
        else:
            # fused: one pass over the weights, bit-identical from run to run
            self.optimizer = optimizers.Adam(learnt, settings.learning_rate, fused=True)
        self.done, self.seconds = 0, 0.0
        self.losses: list[Tensor] = []  # of the steps since the last row, in squares of levels
        self.rows: list[dict[str, float]] = []
        self._looked, self._began = 0, time.perf_counter()

    def _fixed(self, pictures: np.ndarray, purpose: str, seed: int) -> tuple[Tensor, Tensor]:
        """Return pictures without and with noise that stays the same over the training."""
        clean = to_unit(torch.from_numpy(pictures[:MEASURED]))
        sigma = sum(self.settings.sigmas) / 2 / LEVELS
        noisy = clean + sigma * draw_noise(clean, torch_generator(seed, purpose))
        return clean.to(self.device), noisy.to(self.device)

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on, and what was measured, for a checkpoint."""
        self._count_time()
        return {
            **{name: getattr(self, name) for name in self._PLAIN},
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "batches": self.batches.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` gave."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.batches.restore(state["batches"])
        for name in self._PLAIN:
            setattr(self, name, state[name])
        self._looked = len(self.losses)

    def step(self) -> None:
        """Take one step on a batch with noise of its own."""
        clean, noisy = (pictures.to(self.device) for pictures in self.batches.draw())
        loss = functional.mse_loss(self.network(noisy), clean)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate(self.done, self.total)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.done += 1
        self.losses.append(loss.detach() * LEVELS**2)

    def check_numbers(self) -> None:
        """Stop if a loss since the last look, or a weight, is no number."""
        fresh = torch.stack(self.losses[self._looked :]).double()
        bad = (~torch.isfinite(fresh)).nonzero()
        if len(bad):
            raise _diverged("the loss", self.done - len(fresh) + int(bad[0, 0]) + 1)
        # a step whose loss is a number can leave weights that are none
        if not all(torch.isfinite(weights).all() for weights in self.network.parameters()):
            raise _diverged("a part of the weights", self.done)
        self._looked = len(self.losses)

    def record(self) -> None:
        """Measure the network as it is, and add a row."""
        train, held_out = (self._measure(*pair) for pair in self.measured)
        loss = float(torch.stack(self.losses).double().mean()) if self.losses else math.nan
        self._count_time()
        self.rows.append(
            {
                "step": self.done,
                "epoch": self.done / self.per_epoch,
                "loss": loss,
                "train_mse": train,
                "held_out_mse": held_out,
                "held_out_psnr": 10 * math.log10(LEVELS**2 / held_out),
                "learning_rate": self.settings.rate(max(self.done - 1, 0), self.total),
                "seconds": self.seconds,
            }
        )
        self.losses, self._looked = [], 0
        logger.info(
            "step %d of %d: mse %.1f in training, %.1f held out (%.2f dB), %.0f s",
            self.done, self.total, train, held_out, self.rows[-1]["held_out_psnr"], self.seconds,
        )  # fmt: skip

    @torch.inference_mode()
    def _measure(self, clean: Tensor, noisy: Tensor) -> float:
        self.network.eval()
        errors = [
            (self.network(given) - wanted).square().mean((1, 2, 3))
            for given, wanted in zip(noisy.split(16), clean.split(16), strict=True)
        ]
        self.network.train()
        return float(torch.cat(errors).double().mean()) * LEVELS**2

    def _count_time(self) -> None:
        now = time.perf_counter()
        self.seconds += now - self._began
        self._began = now


def _diverged(what: str, step: int) -> ConvatlasError:
    return ConvatlasError(
        f"{what} is not a finite number at step {step}. Lower the learning_rate of this denoiser's "
        "training in config/denoisers.yaml; the last checkpoint was left as it was."
    )
