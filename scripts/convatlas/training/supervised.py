"""Fitting a classifier: the loop, its history, its choice of epoch, its resumption."""

import copy
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from convatlas import optimizers
from convatlas.data.splits import Part
from convatlas.errors import ConvatlasError
from convatlas.seeding import derive_seed, torch_generator
from convatlas.training.augmentation import Augmentation
from convatlas.training.checkpoint import Checkpoint

logger = logging.getLogger(__name__)

EVALUATION_BATCH = 1000
"""Pictures per forward pass where no gradient is needed; changes speed and memory alone."""


@dataclass(frozen=True)
class FitSettings:
    """How to fit a classifier.

    Attributes
    ----------
    epochs, batch_size : int
        Passes over the training part, pictures per step (the last batch may be smaller).
    learning_rate : float
        Adam's step size (Kingma and Ba 2015), with betas 0.9 and 0.999.
    schedule : str
        ``constant``, or ``cosine`` decay to 0 over all steps (Loshchilov and Hutter 2017).
    weight_decay : float
        Decoupled (AdamW, Loshchilov and Hutter 2019); 0 is plain Adam.
    keep : str
        ``last`` epoch's weights, or those of the ``best`` epoch by validation loss.
    mixed_precision : bool
        bfloat16 autocast on a GPU; never on a CPU, and never in evaluation.
    augmentation : dict
        Fields of :class:`~convatlas.training.augmentation.Augmentation`; empty for none.
    """

    epochs: int
    batch_size: int
    learning_rate: float = 0.001
    schedule: str = "constant"
    weight_decay: float = 0.0
    keep: str = "last"
    mixed_precision: bool = False
    augmentation: dict[str, float] = field(default_factory=dict)


class Tally:
    """Loss and confusion counts, summed on the device so that no step waits for the host."""

    def __init__(self, device: torch.device) -> None:
        self.loss = torch.zeros((), dtype=torch.float64, device=device)
        self.confusion = torch.zeros(100, dtype=torch.int64, device=device)

    def add(self, scores: Tensor, labels: Tensor, loss: Tensor) -> None:
        """Count a batch: scores (n, 10), labels (n,), mean loss of the batch."""
        self.loss += loss.detach().double() * len(labels)
        pairs = labels * 10 + scores.detach().argmax(1)
        self.confusion += torch.bincount(pairs, minlength=100)

    def row(self) -> dict[str, float]:
        """Return mean loss, accuracy, and precision averaged over classes.

        A class that was never predicted counts with precision 0, as in scikit-learn.
        """
        counts = self.confusion.reshape(10, 10).double().cpu()
        precision = counts.diagonal() / counts.sum(0).clamp(min=1)
        present = (counts.sum(0) + counts.sum(1)) > 0
        return {
            "loss": self.loss.item() / counts.sum().item(),
            "accuracy": (counts.diagonal().sum() / counts.sum()).item(),
            "precision": precision[present].mean().item(),
        }


class Pictures:
    """A part of a dataset as tensors on the device: uint8, for a quarter of float's memory."""

    def __init__(self, part: Part, device: torch.device) -> None:
        self.images = torch.from_numpy(part.images).unsqueeze(1).to(device)
        self.labels = torch.from_numpy(part.labels).long().to(device)

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, indices: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Return pictures (n, 1, 28, 28) in [0, 1] and labels (n,)."""
        return self.images[indices].float().div_(255), self.labels[indices]


@torch.inference_mode()
def score_pictures(model: nn.Module, pictures: Pictures) -> Tensor:
    """Return class scores (n, 10), on the CPU, of every picture."""
    model.eval()
    starts = range(0, len(pictures), EVALUATION_BATCH)
    batches = (pictures.batch(slice(s, s + EVALUATION_BATCH))[0] for s in starts)
    return torch.cat([model(images).float().cpu() for images in batches])


def _tally(model: nn.Module, pictures: Pictures) -> dict[str, float]:
    scores, labels = score_pictures(model, pictures), pictures.labels.cpu()
    tally = Tally(torch.device("cpu"))
    tally.add(scores, labels, functional.cross_entropy(scores, labels))
    return tally.row()


def _check_losses(losses: list[Tensor], first_step: int, settings: FitSettings) -> None:
    """Stop at a loss that is no number; checked now and then, since looking waits for a GPU."""
    bad = (~torch.isfinite(torch.stack(losses))).nonzero()
    if len(bad):
        raise _diverged(f"at step {first_step + int(bad[0])}", settings)


def _diverged(when: str, settings: FitSettings) -> ConvatlasError:
    return ConvatlasError(
        f"the loss is not a finite number {when} "
        f"(learning_rate {settings.learning_rate}, batch_size {settings.batch_size}). "
        "Lower training.learning_rate of this model in config/models.yaml; "
        "the last checkpoint was left as it was."
    )


class _Run:
    """Everything of a training run that changes, so that it can be saved and restored."""

    def __init__(self, model: nn.Module, settings: FitSettings, count: int, seed: int) -> None:
        self.model = model
        self.optimizer = optimizers.AdamW(
            model.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,  # one pass over the weights; bit-identical from run to run
        )
        self.steps_per_epoch = math.ceil(count / settings.batch_size)
        self.shuffle = torch_generator(seed, "shuffle")
        self.augment = torch_generator(seed, "augment")
        self.epoch, self.position, self.seconds = 0, 0, 0.0
        self.order = torch.empty(0, dtype=torch.int64)
        self.history: list[dict[str, Any]] = []
        self.best_loss, self.best_state = math.inf, None

    def state(self, tally: Tally) -> dict[str, Any]:
        plain = ("epoch", "position", "seconds", "order", "history", "best_loss", "best_state")
        return {
            **{name: getattr(self, name) for name in plain},
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generators": [
                self.shuffle.get_state(),
                self.augment.get_state(),
                torch.get_rng_state(),
            ],
            "tally": [tally.loss, tally.confusion],
        }

    def restore(self, state: dict[str, Any], tally: Tally) -> None:
        self.model.load_state_dict(state.pop("model"))
        self.optimizer.load_state_dict(state.pop("optimizer"))
        shuffle, augment, default = state.pop("generators")
        self.shuffle.set_state(shuffle)
        self.augment.set_state(augment)
        torch.set_rng_state(default)
        loss, confusion = state.pop("tally")
        tally.loss.copy_(loss)
        tally.confusion.copy_(confusion)
        for name, value in state.items():
            setattr(self, name, value)


def _learning_rate(settings: FitSettings, step: int, steps: int) -> float:
    if settings.schedule == "constant":
        return settings.learning_rate
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * step / steps))


@torch.random.fork_rng(devices=[])
def fit_classifier(
    model: nn.Module,
    *,
    train: Part,
    monitor: Part,
    settings: FitSettings,
    seed: int,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> pd.DataFrame:
    """Fit a classifier of digits by cross-entropy.

    Parameters
    ----------
    model : torch.nn.Module
        Maps (n, 1, 28, 28) in [0, 1] to scores (n, 10); trained in place, on its own device.
    train : Part
        What it learns from.
    monitor : Part
        What it is measured on after every epoch. With ``keep="best"`` it selects, and has to be
        a validation part; with ``keep="last"`` it decides nothing.
    settings : FitSettings
        How.
    seed : int
        Of shuffling, augmentation, and what the network itself draws (dropout); the caller's
        random state is left as it was.
    checkpoint : Checkpoint, optional
        Where to save and resume. A resumed run gives the same weights, bit for bit on a CPU, as
        one that was never stopped.
    progress : callable, optional
        Called as ``progress(done, total, "epoch 2/5")`` with counts of pictures.

    Returns
    -------
    pandas.DataFrame
        A row per epoch and part: epoch, part (``train`` measured while learning, or
        ``monitor``), loss, accuracy, precision, seconds, images_per_second.

    Raises
    ------
    ConvatlasError
        If the loss stops being a finite number; the step or epoch is named.
    """
    torch.manual_seed(derive_seed(seed, "network"))
    device = next(model.parameters()).device
    pictures, monitored = Pictures(train, device), Pictures(monitor, device)
    augmentation = Augmentation(**settings.augmentation) if settings.augmentation else None
    run, tally = _Run(model, settings, len(train), seed), Tally(device)
    steps = run.steps_per_epoch * settings.epochs
    mixed = settings.mixed_precision and device.type != "cpu"
    if checkpoint and (state := checkpoint.load()):
        run.restore(state, tally)
        logger.info("going on from epoch %d, picture %d", run.epoch + 1, run.position)

    while run.epoch < settings.epochs:
        if run.position == 0:
            run.order = torch.randperm(len(train), generator=run.shuffle)
            tally = Tally(device)
        order, losses = run.order.to(device), []
        first_step = run.epoch * run.steps_per_epoch + run.position // settings.batch_size
        model.train()
        started = time.perf_counter()
        while run.position < len(train):
            step = run.epoch * run.steps_per_epoch + run.position // settings.batch_size
            for group in run.optimizer.param_groups:
                group["lr"] = _learning_rate(settings, step, steps)
            batch = order[run.position : run.position + settings.batch_size]
            images, labels = pictures.batch(batch)
            if augmentation:
                images = augmentation(images, labels, run.augment)
            with torch.autocast(device.type, torch.bfloat16, enabled=mixed):
                scores = model(images)
                loss = functional.cross_entropy(scores, labels)
            run.optimizer.zero_grad()
            loss.backward()
            run.optimizer.step()
            losses.append(loss.detach())
            tally.add(scores, labels, loss)
            run.position += len(batch)
            if progress:
                where = f"epoch {run.epoch + 1}/{settings.epochs}"
                progress(run.epoch * len(train) + run.position, settings.epochs * len(train), where)
            # after the last batch, the epoch is finished first
            if checkpoint and checkpoint.due() and run.position < len(train):
                _check_losses(losses, first_step, settings)
                run.seconds += time.perf_counter() - started
                checkpoint.save(run.state(tally))
                started = time.perf_counter()
        _check_losses(losses, first_step, settings)
        seconds = run.seconds + time.perf_counter() - started
        _finish_epoch(run, tally, monitored, seconds, settings)
        logger.info("%s", _describe(run.history[-2:]))
        if checkpoint and checkpoint.due():
            checkpoint.save(run.state(tally))

    if settings.keep == "best" and run.best_state is not None:
        model.load_state_dict(run.best_state)
    return pd.DataFrame(run.history)


def _finish_epoch(
    run: _Run, tally: Tally, monitored: Pictures, seconds: float, settings: FitSettings
) -> None:
    run.epoch, run.position, run.seconds = run.epoch + 1, 0, 0.0
    speed = {"seconds": seconds, "images_per_second": len(run.order) / seconds}
    row = _tally(run.model, monitored)
    if not math.isfinite(row["loss"]):  # the last step of the epoch can be the one that went wrong
        raise _diverged(f"on the monitored part after epoch {run.epoch}", settings)
    run.history.append({"epoch": run.epoch, "part": "train", **tally.row(), **speed})
    run.history.append({"epoch": run.epoch, "part": "monitor", **row, **speed})
    if settings.keep == "best" and row["loss"] < run.best_loss:
        run.best_loss = row["loss"]
        run.best_state = copy.deepcopy(run.model.state_dict())


def _describe(rows: list[dict[str, Any]]) -> str:
    parts = [f"{row['part']} loss {row['loss']:.4f} accuracy {row['accuracy']:.4f}" for row in rows]
    speed = f"{rows[0]['images_per_second']:.0f} images/s"
    return f"epoch {rows[0]['epoch']}: {', '.join(parts)}, {speed}"
