"""Pictures out of painters' generators."""

import numpy as np
import torch
from torch import Tensor, nn

from convatlas.evaluation.samples import Samples
from convatlas.evaluation.sampling import draw_latent
from convatlas.models.gan_files import Snapshots
from convatlas.seeding import derive_seed

BATCH = 25
"""Pictures per pass; changes results by rounding alone, but for noise, which is drawn by passes."""


@torch.inference_mode()
def paint(generator: nn.Module, given: Tensor, *, seed: int) -> np.ndarray:
    """Return pictures (n, side, side, 3) uint8 of latent vectors, or of photographs in [-1, 1].

    Parameters
    ----------
    generator : torch.nn.Module
        Put into evaluation mode.
    given : torch.Tensor
        (n, latent_dim), or (n, 3, side, side).
    seed : int
        Of noise within the generator; the caller's random state is left as it was.
    """
    device = next(generator.parameters()).device
    generator.eval()
    with torch.random.fork_rng():
        torch.manual_seed(derive_seed(seed, "noise of paintings"))
        batches = [to_levels(generator(batch.to(device))) for batch in given.split(BATCH)]
    return np.concatenate(batches)


def to_levels(pictures: Tensor) -> np.ndarray:
    """Map pictures (n, 3, h, w), about within [-1, 1], to (n, h, w, 3) uint8."""
    levels = pictures.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.movedim(1, 3).cpu().numpy()


def paint_snapshots(
    snapshots: Snapshots,
    *,
    count: int,
    shown: int,
    seed: int,
    device: torch.device,
    photographs: np.ndarray | None = None,
) -> Samples:
    """Paint with the generator of every epoch that was kept.

    Parameters
    ----------
    snapshots : Snapshots
        Of a training.
    count, shown : int
        Pictures to measure, and others to show, of the same latent vectors every time.
    seed : int
        Of the latent vectors.
    device : torch.device
        Where to compute.
    photographs : numpy.ndarray, optional
        (m, side, side, 3) uint8: what a translator paints, in the place of latent vectors. All of
        them are measured, and the first are shown.
    """
    if photographs is None:
        dimension = snapshots.latent_dim
        given = draw_latent(count, dimension, seed=seed, purpose="sampled latent")
        fixed = draw_latent(shown, dimension, seed=seed, purpose="fixed latent")
    else:
        given = torch.from_numpy(photographs).movedim(3, 1).float().div_(127.5).sub_(1)
        fixed = given[:shown]
    made: dict[int, list[np.ndarray]] = {}
    for epoch in snapshots.epochs:
        network = snapshots.load(epoch, "generator").to(device)
        generator = network["to_painting"] if isinstance(network, nn.ModuleDict) else network
        made[epoch] = [paint(generator, vectors, seed=seed) for vectors in (fixed, given)]
    return Samples(*({epoch: both[n] for epoch, both in made.items()} for n in (0, 1)))
