"""How near to the clean pictures denoisers come: PSNR and SSIM of held-out pictures.

Noise is Gaussian, added to levels of 255 and neither rounded nor clipped, so that its strength is
what is stated and the noisy input's PSNR is 20 log10(255 / sigma). What a denoiser gives is clipped
to 0 to 255, of all denoisers alike, and not rounded.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import nn

from convatlas.models.registry import build_model, load_weights
from convatlas.seeding import numpy_generator

LEVELS = 255.0
BATCH = 16
"""Pictures at once through a network."""


def add_noise(pictures: np.ndarray, sigma: float, *, seed: int, purpose: str) -> np.ndarray:
    """Add Gaussian noise.

    Parameters
    ----------
    pictures : numpy.ndarray
        (n, height, width, 3) uint8.
    sigma : float
        Standard deviation, in levels of 255.
    seed, purpose : int, str
        Of the noise; the same at every sigma but for its size.

    Returns
    -------
    numpy.ndarray
        (n, height, width, 3) float64, neither rounded nor clipped.
    """
    drawn = numpy_generator(seed, purpose).standard_normal(pictures.shape)
    return pictures + sigma * drawn


def noisy_held_out(pictures: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """Add to held-out pictures the noise that every denoiser is measured with."""
    return add_noise(pictures, sigma, seed=seed, purpose="noise of measured pictures")


def compare_pictures(clean: np.ndarray, found: np.ndarray) -> pd.DataFrame:
    """Measure how near pictures are to the clean ones.

    Parameters
    ----------
    clean : numpy.ndarray
        (n, height, width, 3) uint8.
    found : numpy.ndarray
        The same shape, levels of 255.

    Returns
    -------
    pandas.DataFrame
        picture (a number); ``psnr``, in dB with a peak of 255, over all three channels; ``ssim``
        (Wang, Bovik, Sheikh and Simoncelli 2004: Gaussian window of 1.5 pixels, K1 0.01 and K2
        0.03), the mean of the channels.
    """
    rows = [
        {
            "picture": number,
            "psnr": peak_signal_noise_ratio(wanted, given, data_range=LEVELS),
            "ssim": structural_similarity(
                wanted, given, data_range=LEVELS, channel_axis=2, gaussian_weights=True,
                sigma=1.5, use_sample_covariance=False,
            ),
        }
        for number, (wanted, given) in enumerate(
            zip(clean.astype(np.float64), found.astype(np.float64), strict=True)
        )
    ]  # fmt: skip
    return pd.DataFrame(rows)


@torch.inference_mode()
def denoise(network: nn.Module, noisy: np.ndarray) -> np.ndarray:
    """Take noise out of pictures by a network.

    Parameters
    ----------
    network : torch.nn.Module
        From (n, 3, h, w) in [0, 1] to the same, in evaluation mode, on any device.
    noisy : numpy.ndarray
        (n, height, width, 3), levels of 255.

    Returns
    -------
    numpy.ndarray
        (n, height, width, 3) float64, clipped to 0 to 255.
    """
    device = next(network.parameters()).device
    given = torch.from_numpy(noisy).permute(0, 3, 1, 2).float() / LEVELS
    found = torch.cat([network(part.to(device)).cpu() for part in given.split(BATCH)])
    return clip_levels(found.permute(0, 2, 3, 1).double().numpy() * LEVELS)


def clip_levels(pictures: np.ndarray) -> np.ndarray:
    """Clip levels to 0 to 255, as is done with what every denoiser gives."""
    return pictures.clip(0, LEVELS)


def to_bytes(pictures: np.ndarray) -> np.ndarray:
    """Round levels for showing, uint8."""
    return clip_levels(pictures).round().astype(np.uint8)


def score_networks(
    networks: Mapping[str, Sequence[nn.Module]],
    clean: np.ndarray,
    *,
    sigmas: Sequence[float],
    seed: int,
    shown: int,
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Measure trained networks at every sigma.

    Parameters
    ----------
    networks : mapping of str to sequence of torch.nn.Module
        By denoiser, one of each training, in evaluation mode.
    clean : numpy.ndarray
        (n, height, width, 3) uint8, held out.
    sigmas : sequence of float
        Standard deviations; pictures are kept at the first.
    seed : int
        Of the noise.
    shown : int
        How many pictures of the first training are kept.

    Returns
    -------
    pandas.DataFrame, dict of str to numpy.ndarray
        denoiser, training (a number), sigma, picture, psnr, ssim; and by denoiser the first
        pictures, uint8.
    """
    tables, pictures = [], {}
    for sigma in sigmas:
        noisy = noisy_held_out(clean, sigma, seed)
        for name, training, network in _each(networks):
            found = denoise(network, noisy)
            scores = compare_pictures(clean, found)
            tables.append(scores.assign(denoiser=name, training=training, sigma=sigma))
            if sigma == sigmas[0] and training == 0:
                pictures[name] = to_bytes(found[:shown])
    return pd.concat(tables, ignore_index=True), pictures


def _each(
    networks: Mapping[str, Sequence[nn.Module]],
) -> Iterator[tuple[str, int, nn.Module]]:
    for name, trained in networks.items():
        for training, network in enumerate(trained):
            yield name, training, network


def score_learnt(
    networks: Mapping[str, Sequence[nn.Module]],
    pictures: np.ndarray,
    counts: Mapping[str, int],
    *,
    sigma: float,
    seed: int,
) -> pd.DataFrame:
    """Measure networks on pictures that they learnt from, as held-out ones are measured.

    Parameters
    ----------
    networks : mapping of str to sequence of torch.nn.Module
        By denoiser, one of each training, in evaluation mode.
    pictures : numpy.ndarray
        (n, height, width, 3) uint8, of which each learnt from the first so many of ``counts``.
    counts : mapping of str to int
        By network.
    sigma, seed : float, int
        Of the noise.

    Returns
    -------
    pandas.DataFrame
        denoiser, training (a number), sigma, picture, psnr, ssim.
    """
    noisy = add_noise(pictures, sigma, seed=seed, purpose="noise of learnt pictures")
    tables = []
    for name, training, network in _each(networks):
        own = slice(counts[name])
        scores = compare_pictures(pictures[own], denoise(network, noisy[own]))
        tables.append(scores.assign(denoiser=name, training=training, sigma=sigma))
    return pd.concat(tables, ignore_index=True)


def load_denoiser(entry: Mapping[str, Any], path: str | Path, device: torch.device) -> nn.Module:
    """Build a trained denoiser from its file.

    Parameters
    ----------
    entry : mapping
        ``network`` and the ``options`` that it is built with.
    path : str or Path
        Its weights.
    device : torch.device
        Where it is wanted.

    Returns
    -------
    torch.nn.Module
        In evaluation mode.
    """
    # what is drawn here is replaced by the file's
    network = build_model(entry["network"], seed=0, options=entry["options"])
    return load_weights(network, path, network=entry["network"]).to(device).eval()


def count_weights(network: nn.Module) -> int:
    """Count the numbers that a network learns."""
    return sum(weights.numel() for weights in network.parameters() if weights.requires_grad)


def describe_network(network: nn.Module) -> dict[str, Any]:
    """Return the number of weights, and the gates of a network that has any."""
    gates = getattr(network, "gates", None)
    return {
        "weights": count_weights(network),
        "gates": None if gates is None else [float(gate) for gate in gates.detach()],
        "learnt_gates": bool(getattr(network, "learn_gate", False)),
    }
