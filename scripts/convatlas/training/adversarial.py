"""Training a generator against a discriminator: the one loop of all GANs here.

Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville and Bengio, *Generative
adversarial nets*, 2014: algorithm 1 with one step of each network in turn, and the generator's loss
of its section 3, -log D(G(z)) (later called non-saturating), which all the documents use.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from convatlas.errors import ConvatlasError
from convatlas.models.adversarial_pair import AdversarialPair
from convatlas.seeding import derive_seed
from convatlas.training.adversarial_settings import AdversarialSettings
from convatlas.training.adversarial_steps import AdversarialRun, to_unit_range
from convatlas.training.checkpoint import Checkpoint

logger = logging.getLogger(__name__)

SURE, UNSURE = 0.01, 0.02
"""A discriminator is saturated within SURE of 1 and 0; one whose mean answers differ by less than
UNSURE tells nothing apart."""


@dataclass(frozen=True)
class Trained:
    """What a training leaves beside the pair's own weights.

    Attributes
    ----------
    averaged : torch.nn.Module or None
        The generator with averaged weights, if there is an average.
    steps : pandas.DataFrame
        A row per step: epoch, step, and the run's ``MEASURES``.
    epochs : pandas.DataFrame
        A row per epoch: the means, seconds, images_per_second, what the run's ``about_epoch`` adds,
        and ``warning``.
    snapshots : dict
        By epoch: the state dict of ``generator`` (the averaged one if there is one), and under
        ``discriminators`` those of the discriminator at some of the epoch's last steps, by step.
    """

    averaged: nn.Module | None
    steps: pd.DataFrame
    epochs: pd.DataFrame
    snapshots: dict[int, dict[str, Any]]


def train_pair(
    pair: AdversarialPair,
    *,
    images: np.ndarray,
    settings: AdversarialSettings,
    snapshots: Sequence[int],
    seed: int,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    kind: Callable[[AdversarialPair, AdversarialSettings, int], AdversarialRun] = AdversarialRun,
) -> Trained:
    """Train a generator and its discriminator in turn.

    Parameters
    ----------
    pair : AdversarialPair
        Trained in place, on its own device.
    images : numpy.ndarray
        (n, h, w) or (n, h, w, 3) uint8: the training part, of the pair's ``resolution`` if it has
        one.
    settings : AdversarialSettings
        How.
    snapshots : sequence of int
        Epochs after which the networks are kept; the last one always is.
    seed : int
        Of shuffling, latent vectors, shifts and dropout; the caller's random state is left as it
        was, on the pair's device too.
    checkpoint : Checkpoint, optional
        Where to save and resume. A resumed run gives the same weights, bit for bit on a CPU, as
        one that was never stopped.
    progress : callable, optional
        Called as ``progress(done, total, "epoch 2/5")`` with counts of pictures.
    kind : callable
        Makes the run from pair, settings and seed: its steps are what a pair learns by.

    Returns
    -------
    Trained
        Histories, snapshots, and the averaged generator.

    Raises
    ------
    ConvatlasError
        If a loss or a weight is found not to be a finite number, which is looked for when a
        checkpoint is due and at the end of an epoch (the step is named, and the last checkpoint is
        of before it), there are no pictures or they are of another size than the pair's, or the
        time of this stretch is over.

    Notes
    -----
    Every step takes a full batch: an epoch ends with the last one, and the order of the next is
    drawn from all pictures again. A step on a small remainder would move the networks as far as
    any other, by what a few pictures say, and would be the one that every snapshot is taken after.
    """
    if len(images) < 2:
        raise ConvatlasError(f"a GAN cannot be trained on {len(images)} pictures")
    side, (height, width) = getattr(pair, "resolution", None), images.shape[1:3]
    if side and (height, width) != (side, side):
        raise ConvatlasError(
            f"pictures of {width}x{height} pixels, but networks of {side}x{side} (resolution): "
            "prepare the pictures at that size, or build the networks for this one"
        )
    device = next(pair.parameters()).device
    pictures = torch.from_numpy(images)
    pictures = (pictures.unsqueeze(1) if images.ndim == 3 else pictures.movedim(3, 1)).to(device)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(derive_seed(seed, "network"))
        run = kind(pair, settings, seed)
        if checkpoint and (state := checkpoint.load()):
            run.restore(state)
            logger.info("going on from epoch %d, picture %d", run.epoch + 1, run.position)
        _train(run, pictures, {*snapshots, settings.epochs}, checkpoint, progress)
    steps = pd.DataFrame(torch.cat(run.measured).numpy(), columns=run.MEASURES)
    numbers = np.arange(len(steps))
    steps.insert(0, "epoch", numbers // run.steps_per_epoch + 1)
    steps.insert(1, "step", numbers + 1)
    averaged = run.averaged.module if run.averaged is not None else None
    return Trained(averaged, steps, pd.DataFrame(run.epochs), run.snapshots)


def _train(
    run: AdversarialRun,
    pictures: Tensor,
    wanted: set[int],
    checkpoint: Checkpoint | None,
    progress: Callable[[int, int, str], None] | None,
) -> None:
    """Take the steps that are left, of pictures (n, c, h, w) uint8."""
    pair, settings = run.pair, run.settings
    while run.epoch < settings.epochs:
        if run.position == 0:
            run.order = run.draw_order(len(pictures))
        used = run.steps_per_epoch * run.batch_size
        order, stretch = run.order.to(pictures.device), []
        pair.train()
        started = time.perf_counter()
        while run.position < used:
            batch = order[run.position : run.position + run.batch_size]
            stretch.append(run.step(to_unit_range(pictures[batch])))
            run.position += len(batch)
            if run.epoch + 1 in wanted:
                run.look()
            if progress:
                where = f"epoch {run.epoch + 1}/{settings.epochs}"
                progress(run.epoch * used + run.position, settings.epochs * used, where)
            if checkpoint and checkpoint.is_over():
                run.seconds += time.perf_counter() - started
                _keep(run, stretch)
                where = f"in epoch {run.epoch + 1} of {settings.epochs}"
                raise checkpoint.pause(run.state(), where)
            # after the last batch, the epoch is finished first
            if checkpoint and checkpoint.due() and run.position < used:
                run.seconds += time.perf_counter() - started
                _keep(run, stretch)
                checkpoint.save(run.state())
                started, stretch = time.perf_counter(), []
        run.seconds += time.perf_counter() - started
        _keep(run, stretch)
        _finish_epoch(run, wanted)
        if checkpoint and checkpoint.due():
            checkpoint.save(run.state())


def _keep(run: AdversarialRun, stretch: list[Tensor]) -> None:
    """Bring the measures of some steps to the CPU, and stop if one is no number."""
    if not stretch:
        return
    measured = torch.stack(stretch).double().cpu()
    bad = (~torch.isfinite(measured)).nonzero()
    done = sum(map(len, run.measured))
    if len(bad):
        raise _diverged(run, run.MEASURES[int(bad[0, 1])], done + int(bad[0, 0]) + 1)
    # a step whose losses are numbers can leave weights that are none
    for name, network in (
        ("generator", run.pair.generator),
        ("discriminator", run.pair.discriminator),
    ):
        if not all(torch.isfinite(weights).all() for weights in network.parameters()):
            raise _diverged(run, f"a part of the weights of the {name}", done + len(measured))
    run.measured.append(measured)


def _diverged(run: AdversarialRun, what: str, step: int) -> ConvatlasError:
    return ConvatlasError(
        f"{what} is not a finite number at step {step} (epoch {run.epoch + 1}). Lower the "
        "learning_rate of generator or discriminator of this entry in the config. The last "
        "checkpoint, of before that step, was left as it was; it is taken up again only with the "
        "settings that made it."
    )


def _finish_epoch(run: AdversarialRun, wanted: set[int]) -> None:
    means = torch.cat(run.measured)[-run.steps_per_epoch :].mean(0)
    row = dict(zip(run.MEASURES, means.tolist(), strict=True))
    row = {"epoch": run.epoch + 1, **row, "seconds": run.seconds}
    row["images_per_second"] = run.steps_per_epoch * run.batch_size / run.seconds
    more = run.about_epoch(row)
    row |= more
    # answers that are no probabilities say nothing by the same bounds
    row["warning"] = warn_of_discriminator(row["d_real"], row["d_fake"]) if run.PROBABLE else ""
    run.epochs.append(row)
    run.epoch, run.position, run.seconds = run.epoch + 1, 0, 0.0
    if run.epoch in wanted:
        run.take_snapshot()
    logger.info(
        "epoch %d: D loss %.3f, G loss %.3f, D(x) %.3f, D(G(z)) %.3f, %.0f images/s%s",
        row["epoch"], row["loss_real"] + row["loss_fake"], row["loss_generator"],
        row["d_real"], row["d_fake"], row["images_per_second"],
        "".join(f", {name} {value:.4g}" for name, value in more.items()),
    )  # fmt: skip
    if row["warning"]:
        logger.warning("epoch %d: the discriminator is %s", row["epoch"], row["warning"])


def warn_of_discriminator(d_real: float, d_fake: float) -> str:
    """Say what is wrong with a discriminator, from its mean answers in an epoch.

    Parameters
    ----------
    d_real, d_fake : float
        Mean probabilities that real and generated pictures are real.

    Returns
    -------
    str
        Empty if nothing is.
    """
    if d_real > 1 - SURE and d_fake < SURE:
        return "saturated: it is sure of every picture, and the generator learns little from it"
    if abs(d_real - d_fake) < UNSURE:
        return (
            "collapsed, or at the equilibrium: its mean answers to real and to generated pictures "
            "are the same, which is so where it learnt nothing, and where nothing tells them apart"
        )
    return ""
