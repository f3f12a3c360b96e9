"""What trained denoisers are compared with: a blur, non-local means, BM3D."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter
from skimage.restoration import denoise_nl_means

from convatlas.evaluation.denoising import (
    LEVELS,
    add_noise,
    clip_levels,
    compare_pictures,
    noisy_held_out,
    to_bytes,
)

WIDTHS = tuple(np.round(np.arange(0.4, 3.01, 0.1), 1).tolist())
"""Standard deviations of the blur that are tried, in pixels."""
STRENGTHS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Filter strengths of non-local means that are tried, in standard deviations of the noise."""
CHOSEN_ON = 24
"""Training pictures that the two are chosen on: the first."""

Denoiser = Callable[[np.ndarray, float], np.ndarray]
"""From a picture (height, width, 3) and the noise's standard deviation, levels, to a picture."""


def blur(picture: np.ndarray, sigma: float, *, width: float) -> np.ndarray:
    """Blur by a Gaussian of a width in pixels."""
    return gaussian_filter(picture, (width, width, 0), mode="mirror")


def average_alike(picture: np.ndarray, sigma: float, *, strength: float) -> np.ndarray:
    """Average patches that are alike: non-local means (Buades, Coll and Morel 2005).

    Patches of 5x5 within 13x13, scikit-image's fast variant, told the noise's strength.
    """
    return LEVELS * denoise_nl_means(
        picture / LEVELS, patch_size=5, patch_distance=6, h=strength * sigma / LEVELS,
        sigma=sigma / LEVELS, fast_mode=True, channel_axis=2,
    )  # fmt: skip


def filter_together(picture: np.ndarray, sigma: float) -> np.ndarray:
    """Filter groups of alike blocks: colour BM3D (Dabov, Foi, Katkovnik and Egiazarian 2007).

    By its authors' package, told the noise's strength.
    """
    from bm3d import bm3d_rgb  # may not be there: its licence is for non-commercial use

    return LEVELS * bm3d_rgb(picture / LEVELS, sigma / LEVELS)


def is_there(name: str) -> bool:
    """Tell whether a reference can be computed here: of BM3D, whether its package is there."""
    if name != "bm3d":
        return True
    try:
        import bm3d  # noqa: F401
    except Exception:
        return False
    return True


def choose_option(
    denoiser: Callable[..., np.ndarray],
    name: str,
    options: Sequence[float],
    pictures: np.ndarray,
    sigma: float,
    seed: int,
) -> float:
    """Choose an option of a denoiser by the mean PSNR of training pictures.

    Parameters
    ----------
    denoiser : callable
        Takes a picture, sigma, and the option by its name.
    name, options : str, sequence of float
        The option's, and what is tried.
    pictures : numpy.ndarray
        (n, height, width, 3) uint8; none of them is held out.
    sigma : float
        Of the noise.
    seed : int
        Of the noise.

    Returns
    -------
    float
        The best; of equal ones the first.
    """
    noisy = add_noise(pictures, sigma, seed=seed, purpose="noise of choosing")

    def quality(option: float) -> float:
        found = [denoiser(picture, sigma, **{name: option}) for picture in noisy]
        return float(compare_pictures(pictures, clip_levels(np.stack(found)))["psnr"].mean())

    return max(options, key=quality)


def prepare_reference(
    name: str, pictures: np.ndarray, sigma: float, seed: int
) -> tuple[Denoiser, dict[str, float]]:
    """Return a denoiser for one sigma, and the options that were chosen for it on `pictures`."""
    tried = {
        "gaussian_blur": (blur, "width", WIDTHS),
        "non_local_means": (average_alike, "strength", STRENGTHS),
    }
    if name not in tried:
        return filter_together, {}
    denoiser, option, options = tried[name]
    best = choose_option(denoiser, option, options, pictures[:CHOSEN_ON], sigma, seed)
    return functools.partial(denoiser, **{option: best}), {option: best}


def score_references(
    names: Sequence[str],
    train: np.ndarray,
    clean: np.ndarray,
    *,
    sigmas: Sequence[float],
    seed: int,
    shown: int,
    progress: Callable[[int, int, str], None] | None = None,
) -> tuple[pd.DataFrame, dict[str, np.ndarray], dict[str, Any]]:
    """Measure the noisy input and each reference at every sigma.

    Parameters
    ----------
    names : sequence of str
        ``gaussian_blur``, ``non_local_means``, ``bm3d``; the last is left out where its package is
        not there.
    train : numpy.ndarray
        (n, height, width, 3) uint8: what options are chosen on.
    clean : numpy.ndarray
        (m, height, width, 3) uint8, held out: what is measured.
    sigmas : sequence of float
        Standard deviations; pictures are kept at the first.
    seed : int
        Of the noise.
    shown : int
        How many pictures are kept.
    progress : callable, optional
        Called as ``progress(done, total, "bm3d, sigma 25")`` with counts of pictures.

    Returns
    -------
    pandas.DataFrame, dict of str to numpy.ndarray, dict
        denoiser, sigma, picture, psnr, ssim, with ``noisy`` among the denoisers; by denoiser the
        first pictures, uint8, with ``clean``; and ``left_out`` names, ``chosen`` options by
        denoiser and sigma.
    """
    present = [name for name in names if is_there(name)]
    tables, pictures, chosen = [], {"clean": clean[:shown]}, {}
    total, done = len(present) * len(sigmas) * len(clean), 0
    for sigma in sigmas:
        noisy = noisy_held_out(clean, sigma, seed)
        tables.append(compare_pictures(clean, noisy).assign(denoiser="noisy", sigma=sigma))
        if sigma == sigmas[0]:
            pictures["noisy"] = to_bytes(noisy[:shown])
        for name in present:
            denoiser, options = prepare_reference(name, train, sigma, seed)
            if options:
                chosen.setdefault(name, {})[f"{sigma:g}"] = options
            found = []
            for picture in noisy:
                found.append(denoiser(picture, sigma))
                done += 1
                if progress:
                    progress(done, total, f"{name}, sigma {sigma:g}")
            cleaned = clip_levels(np.stack(found))
            tables.append(compare_pictures(clean, cleaned).assign(denoiser=name, sigma=sigma))
            if sigma == sigmas[0]:
                pictures[name] = to_bytes(cleaned[:shown])
    about = {"left_out": [name for name in names if name not in present], "chosen": chosen}
    return pd.concat(tables, ignore_index=True), pictures, about
