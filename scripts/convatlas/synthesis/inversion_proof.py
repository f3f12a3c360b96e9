"""How well pictures are found again: those that a generator made, those it learnt from, others.

A search that does not find what was generated finds nothing. Whether pictures are found the worse
the farther they are from what was learnt is measured here: generated ones, those of the training,
and others, one beside the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from convatlas.evaluation.painting import to_levels
from convatlas.models.feature_network import FeatureNetwork
from convatlas.models.stylegan2 import Generator
from convatlas.seeding import torch_generator
from convatlas.synthesis.invert import InversionSettings, invert_pictures
from convatlas.synthesis.picture_files import Row


@dataclass(frozen=True)
class Proof:
    """What was found.

    Attributes
    ----------
    rows : list of Row
        By kind: pictures, each beside what was found of it.
    table : pandas.DataFrame
        A row per picture: kind, picture, psnr (decibels, of levels), distance (what was minimised).
    """

    rows: list[Row]
    table: pd.DataFrame


def prove_inversion(
    generator: Generator,
    network: FeatureNetwork,
    others: Mapping[str, np.ndarray],
    settings: InversionSettings,
    *,
    count: int,
    seed: int,
) -> Proof:
    """Look for pictures of several kinds.

    Parameters
    ----------
    generator : Generator
        In evaluation mode.
    network : FeatureNetwork
        By whose features they are looked for.
    others : mapping of str to numpy.ndarray
        By kind: pictures (n, side, side, 3) uint8 of the generator's size; the first are taken.
    settings : InversionSettings
        How.
    count : int
        Pictures of each kind.
    seed : int
        Of the generated ones.
    """
    device = generator.mapping.mean.device
    z = torch.randn(count, len(generator.mapping.mean), generator=torch_generator(seed, "proof"))
    with torch.no_grad():
        generated = generator(z.to(device), noise="fixed")
    kinds: dict[str, Tensor] = {"generated": generated.clamp(-1, 1)}
    for kind, pictures in others.items():
        some = torch.from_numpy(pictures[:count].copy()).movedim(3, 1)
        kinds[kind] = (some.float() / 127.5 - 1).to(device)
    rows, table = [], []
    for kind, wanted in kinds.items():
        found = invert_pictures(generator, network, wanted, settings)
        with torch.no_grad():
            made = to_levels(generator.synthesis(found.styles, "fixed"))
        levels, pairs = to_levels(wanted), []
        for number, (one, other) in enumerate(zip(levels, made, strict=True)):
            squared = np.square(one.astype(float) - other).mean()
            psnr = float(10 * np.log10(255**2 / max(squared, 1e-9)))
            distance = found.losses[-1, number].item()
            table.append({"kind": kind, "picture": number, "psnr": psnr, "distance": distance})
            pairs += [("", one), (f"{psnr:.1f} dB", other)]
        rows.append((kind, pairs))
    return Proof(rows, pd.DataFrame(table))
