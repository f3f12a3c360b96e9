"""The one path from a seed in the config to every random number."""

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive_seed(seed: int, purpose: str) -> int:
    """Derive an independent 63-bit seed for one purpose from the run's seed.

    Parameters
    ----------
    seed : int
        The seed of the run (config ``seed`` or one of ``seeds``), not negative.
    purpose : str
        What the numbers are for, e.g. ``"shuffle"``. Two purposes never share a stream.

    Returns
    -------
    int
        A seed for any generator; the same on every machine.

    Notes
    -----
    NumPy's ``SeedSequence`` hashes the pair (O'Neill's seed_seq), so near seeds give far streams.
    """
    sequence = np.random.SeedSequence([seed, zlib.crc32(purpose.encode())])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def numpy_generator(seed: int, purpose: str) -> np.random.Generator:
    """Return NumPy's generator for one purpose of a run."""
    return np.random.default_rng(derive_seed(seed, purpose))


def torch_generator(seed: int, purpose: str) -> "torch.Generator":
    """Return a CPU generator of torch for one purpose of a run."""
    import torch  # here: tables and figures need seeds, and not the two seconds that torch takes

    return torch.Generator().manual_seed(derive_seed(seed, purpose))
