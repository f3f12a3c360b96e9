"""Held-out pictures with their noise, and what each denoiser makes of them, in rows."""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from convatlas.synthesis.picture_files import Row

LABEL = 16
"""Letters of a line left of a row."""


def arrange_denoised(
    pictures: Mapping[str, np.ndarray],
    scores: pd.DataFrame,
    *,
    titles: Mapping[str, str],
    sigma: float,
    names: Sequence[str],
) -> list[Row]:
    """Lay pictures out: a row each for the clean ones, the noisy ones and every denoiser.

    Parameters
    ----------
    pictures : mapping of str to numpy.ndarray
        By denoiser, of its first training, with ``clean`` and ``noisy``: (n, height, width, 3)
        uint8.
    scores : pandas.DataFrame
        denoiser, training, sigma, picture, psnr.
    titles : mapping of str to str
        What people call each.
    sigma : float
        Of the noise in the pictures.
    names : sequence of str
        Denoisers in their order; one of which there are no pictures is left out.

    Returns
    -------
    list of Row
        As :func:`convatlas.figures.picture_rows.plot_picture_rows` takes them, with the PSNR above
        every picture but the clean ones.
    """
    at_sigma = scores[(scores["sigma"] == sigma) & (scores["training"] == 0)]
    known = {(row["denoiser"], row["picture"]): row["psnr"] for row in at_sigma.to_dict("records")}
    rows: list[Row] = [("clean", [("", picture) for picture in pictures["clean"]])]
    for name in ("noisy", *names):
        if name not in pictures:
            continue
        shown = [
            (f"{known[name, number]:.1f} dB", picture)
            for number, picture in enumerate(pictures[name])
        ]
        label = textwrap.fill(titles[name], LABEL)
        strength = f"\n\N{GREEK SMALL LETTER SIGMA} = {sigma:g}" if name == "noisy" else ""
        rows.append((label + strength, shown))
    return rows
