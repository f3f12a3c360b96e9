"""Pictures out of a generator, and features out of pictures."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from convatlas.evaluation.feature_networks import Extractor
from convatlas.evaluation.samples import Samples
from convatlas.models.gan_files import Snapshots
from convatlas.seeding import torch_generator

BATCH = 500
"""Pictures that are generated per pass; changes results by rounding alone."""
FIXED = 64
"""Pictures of the same latent vectors after every epoch that was kept, as the documents show."""


def sample_snapshots(
    snapshots: Snapshots, *, count: int, seed: int, device: torch.device
) -> Samples:
    """Generate pictures with the generator of every epoch that was kept.

    Parameters
    ----------
    snapshots : Snapshots
        Of a training.
    count : int
        Pictures to measure, per epoch.
    seed : int
        Of the latent vectors.
    device : torch.device
        Where to compute.
    """
    dimension = snapshots.latent_dim
    fixed = draw_latent(FIXED, dimension, seed=seed, purpose="fixed latent")
    latent = draw_latent(count, dimension, seed=seed, purpose="sampled latent")
    made = {}
    for epoch in snapshots.epochs:
        generator = snapshots.load(epoch, "generator").to(device)
        made[epoch] = [generate_pictures(generator, vectors) for vectors in (fixed, latent)]
    return Samples(*({epoch: both[n] for epoch, both in made.items()} for n in (0, 1)))


def draw_latent(count: int, latent_dim: int, *, seed: int, purpose: str) -> Tensor:
    """Draw latent vectors (count, latent_dim), standard normal, on the CPU."""
    return torch.randn(count, latent_dim, generator=torch_generator(seed, purpose))


@torch.inference_mode()
def generate_pictures(generator: nn.Module, latent: Tensor) -> np.ndarray:
    """Return pictures (n, 28, 28) uint8 of latent vectors, by a generator in evaluation mode.

    Quantised as a saved picture is: distances are those of the pictures that people see.
    """
    device = next(generator.parameters()).device
    generator.eval()
    batches = [
        generator(latent[start : start + BATCH].to(device))
        .add(1)
        .mul(127.5)
        .round()
        .clamp(0, 255)
        .to(torch.uint8)
        .cpu()
        for start in range(0, len(latent), BATCH)
    ]
    return torch.cat(batches).squeeze(1).numpy()


@torch.inference_mode()
def extract_features(
    extractor: Extractor, images: np.ndarray
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Give features and class scores of pictures, a batch at a time, each picture seen once.

    Parameters
    ----------
    extractor : Extractor
        Also says how many pictures go into a batch.
    images : numpy.ndarray
        (n, 28, 28) uint8.

    Yields
    ------
    tuple of torch.Tensor
        Features (b, d), and class scores (b, 10) or None of a network that reads no digits;
        float32 on the CPU.
    """
    device = next(extractor.parameters()).device
    extractor.eval()
    for start in range(0, len(images), extractor.batch):
        batch = torch.from_numpy(images[start : start + extractor.batch]).unsqueeze(1).to(device)
        features, scores = extractor(batch.float().div_(255))
        yield features.float().cpu(), None if scores is None else scores.float().cpu()
