"""What a discriminator makes of pictures: generated, real, and of other hands."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from torch import nn

from convatlas.models.gan_files import Snapshots
from convatlas.seeding import derive_seed, torch_generator
from convatlas.training.adversarial_steps import to_unit_range

MODES = ("train", "eval")
"""As in training (dropout drawn, batches normalised by themselves), or as in use."""


@torch.random.fork_rng(devices=[])
@torch.inference_mode()
def judge_pictures(
    discriminator: nn.Module, images: np.ndarray, *, mode: str, batch_size: int, seed: int
) -> np.ndarray:
    """Return the probability that each picture is real, as a discriminator says.

    Parameters
    ----------
    discriminator : torch.nn.Module
        Maps pictures (n, 1, 28, 28) in [-1, 1] to logits (n,); left as it was.
    images : numpy.ndarray
        (n, 28, 28) uint8, all of one kind: in ``train`` mode a batch is normalised by itself, and
        batches are drawn in a random order, as in training: one after another they would be of a
        single hand, where pictures lie writer by writer.
    mode : str
        ``train`` or ``eval``. In neither are running means updated.
    batch_size : int
        Pictures per pass; in ``train`` mode that of the training, whose batches are all full: the
        last one here is filled up with the pictures before it.
    seed : int
        Of dropout, and of which pictures share a batch.

    Returns
    -------
    numpy.ndarray
        (n,) float64, in the order of ``images``.
    """
    device = next(discriminator.parameters()).device
    before, kept = discriminator.training, {k: v.clone() for k, v in _buffers(discriminator)}
    torch.manual_seed(seed)
    discriminator.train(mode == "train")
    order = torch.arange(len(images))
    if mode == "train":
        order = torch.randperm(len(images), generator=torch_generator(seed, "batches"))
    pictures = torch.from_numpy(images)[order].unsqueeze(1)
    logits = []
    for start in range(0, len(images), batch_size):
        first = max(0, min(start, len(images) - batch_size))
        batch = to_unit_range(pictures[first : first + batch_size].to(device))
        logits.append(discriminator(batch)[start - first :].cpu())
    discriminator.train(before)
    for name, value in _buffers(discriminator):
        value.copy_(kept[name])
    probabilities = torch.empty(len(images), dtype=torch.float64)
    probabilities[order] = torch.sigmoid(torch.cat(logits).double())
    return probabilities.numpy()


def _buffers(network: nn.Module) -> list[tuple[str, torch.Tensor]]:
    return list(network.named_buffers())


def tabulate_judgements(probabilities: dict[str, np.ndarray], **about: object) -> pd.DataFrame:
    """Count what was taken for real.

    Parameters
    ----------
    probabilities : dict
        By kind of picture: (n,) probabilities of being real.
    **about
        Columns to put before (epoch, mode).

    Returns
    -------
    pandas.DataFrame
        A row per kind: pictures, count, share_fake (under 0.5), share_real, mean_probability.
    """
    rows = [
        {
            **about,
            "pictures": kind,
            "count": len(values),
            "share_fake": float((values < 0.5).mean()),
            "share_real": float((values >= 0.5).mean()),
            "mean_probability": float(values.mean()),
        }
        for kind, values in probabilities.items()
    ]
    return pd.DataFrame(rows)


def judge_snapshots(
    snapshots: Snapshots,
    *,
    generated: Mapping[int, np.ndarray],
    real: Mapping[str, np.ndarray],
    batch_size: int,
    seed: int,
    device: torch.device,
) -> pd.DataFrame:
    """Ask the discriminators of every epoch that was kept, in both modes.

    What a discriminator answers moves from step to step: several of an epoch's last steps are
    asked, all about the same pictures, which the generator made after the last of these steps.

    Parameters
    ----------
    snapshots : Snapshots
        Of a training.
    generated : mapping of int to numpy.ndarray
        By epoch: pictures (n, 28, 28) of the generator of that epoch.
    real : mapping of str to numpy.ndarray
        Other pictures by name.
    batch_size : int
        Of the training; see :func:`judge_pictures`.
    seed : int
        Of dropout, and of which pictures share a batch.
    device : torch.device
        Where to compute.

    Returns
    -------
    pandas.DataFrame
        Columns epoch, step (of the discriminator), mode, and those of
        :func:`tabulate_judgements`; generated pictures are called ``generated``.
    """
    tables = []
    looks = [(epoch, step) for epoch in snapshots.epochs for step in snapshots.steps(epoch)]
    for epoch, step in looks:
        discriminator = snapshots.load(epoch, "discriminator", step).to(device)
        kinds = {"generated": generated[epoch], **real}
        for mode in MODES:
            judged = {
                name: judge_pictures(
                    discriminator,
                    images,
                    mode=mode,
                    batch_size=batch_size,
                    seed=derive_seed(seed, f"judge {name}"),
                )
                for name, images in kinds.items()
            }
            tables.append(tabulate_judgements(judged, epoch=epoch, step=step, mode=mode))
    return pd.concat(tables, ignore_index=True)
