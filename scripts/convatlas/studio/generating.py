"""Digits out of a trained GAN: between two, along a number, and what the discriminator says."""

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from convatlas.evaluation.discriminator import judge_pictures
from convatlas.evaluation.sampling import draw_latent, generate_pictures
from convatlas.models.gan_files import Snapshots
from convatlas.studio.shelf import Trained

SLIDERS = 6
"""Numbers of the latent vector that have a slider."""
STEPS = 9
"""Pictures on the way from one seed to another."""
SHOWN = 40
"""Digits of the grid."""
_PROBES, _PUSH = 32, 2.0


@dataclass(frozen=True)
class Walk:
    """Digits between two.

    Attributes
    ----------
    digit : numpy.ndarray
        (28, 28) uint8, at the place that was asked for.
    strip : numpy.ndarray
        (STEPS, 28, 28) uint8, from the one to the other.
    """

    digit: np.ndarray
    strip: np.ndarray


class Pair:
    """A generator and its discriminator, after one epoch.

    Parameters
    ----------
    gan : Trained
        Which.
    epoch : int, optional
        One of :attr:`epochs`; the last, unless given.
    """

    def __init__(self, gan: Trained, epoch: int | None = None) -> None:
        snapshots = Snapshots(gan.path, network=gan.network, options=dict(gan.options))
        self.epochs, self.latent_dim = snapshots.epochs, snapshots.latent_dim
        self.epoch = epoch if epoch in self.epochs else self.epochs[-1]
        self.generator = snapshots.load(self.epoch, "generator").eval()
        self.discriminator = snapshots.load(self.epoch, "discriminator").eval()

    @functools.cached_property
    def strongest(self) -> list[int]:
        """Numbers of the latent vector by which digits change most, the strongest first.

        Each is pushed up and down for a few digits, and the mean change of pixels is compared.
        """
        latent = draw_latent(_PROBES, self.latent_dim, seed=0, purpose="studio probes")
        pushed = latent.repeat(self.latent_dim, 1, 1)
        for number in range(self.latent_dim):
            pushed[number, :, number] += _PUSH
        flat = generate_pictures(self.generator, pushed.flatten(0, 1))
        still = generate_pictures(self.generator, latent)
        shape = (self.latent_dim, _PROBES, 28, 28)
        change = np.abs(flat.reshape(shape).astype(int) - still.astype(int)).mean(axis=(1, 2, 3))
        return np.argsort(-change, kind="stable")[:SLIDERS].tolist()

    def walk(self, first: int, second: int, share: float, pushes: list[float]) -> Walk:
        """Go from one seed's digit to another's.

        Parameters
        ----------
        first, second : int
            Seeds.
        share : float
            0 to 1: how far.
        pushes : list of float
            What is added to the :attr:`strongest` numbers of all digits.
        """
        one, other = (
            draw_latent(1, self.latent_dim, seed=seed, purpose="studio")[0]
            for seed in (first, second)
        )
        places = [*np.linspace(0, 1, STEPS).tolist(), share]
        latent = torch.stack([between(one, other, place) for place in places])
        for number, push in zip(self.strongest, pushes, strict=False):
            latent[:, number] += push
        made = generate_pictures(self.generator, latent)
        return Walk(made[-1], made[:-1])

    def judge(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Generate digits, (n, 28, 28) uint8, and ask how probably each is real, (n,)."""
        latent = draw_latent(SHOWN, self.latent_dim, seed=seed, purpose="studio grid")
        made = generate_pictures(self.generator, latent)
        sure = judge_pictures(self.discriminator, made, mode="eval", batch_size=SHOWN, seed=seed)
        return made, sure


def between(one: Tensor, other: Tensor, share: float) -> Tensor:
    """Return a point on the great arc between two vectors, whose length goes over as well.

    A straight line would pass near the middle of a normal distribution, where it has hardly any
    points: White, *Sampling generative networks*, 2016.
    """
    lengths = one.norm(), other.norm()
    angle = torch.arccos((one @ other / (lengths[0] * lengths[1])).clamp(-1, 1))
    if angle < 1e-4:
        return torch.lerp(one, other, share)
    weights = torch.sin((1 - share) * angle), torch.sin(share * angle)
    along = (weights[0] * one / lengths[0] + weights[1] * other / lengths[1]) / torch.sin(angle)
    return along * torch.lerp(lengths[0], lengths[1], share)


def load_pair(gan: Trained, epoch: int | None = None) -> Pair:
    """Return a pair, kept in memory until its file is another."""
    options = json.dumps(dict(gan.options), sort_keys=True)
    return _load(gan.network, options, gan.path, gan.path.stat().st_mtime_ns, epoch)


@functools.lru_cache(maxsize=8)
def _load(network: str, options: str, path: Path, _written: int, epoch: int | None) -> Pair:
    return Pair(Trained("", network, json.loads(options), path), epoch)
