"""Which steps each of the painters' networks learns by."""

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from convatlas.errors import ConvatlasError

STEPS = {
    "stylegan2": ("stylegan", "StyleRun"),
    "fastgan": ("fastgan", "FastRun"),
    "cyclegan": ("cyclegan", "CycleRun"),
}
"""By a network's file, the file in this folder and the class in it. Named and not imported, as
networks are: the steps of one change nothing that another learns by (``digest_with_network`` in
``rules/common.smk``)."""


def choose_steps(
    network: str, training: Mapping[str, Any], galleries: Mapping[str, np.ndarray]
) -> tuple[Any, Callable[..., Any]]:
    """Return settings, and what makes the run, for the adversarial loop.

    Parameters
    ----------
    network : str
        ``file.Class`` of the pair.
    training : mapping
        The config's.
    galleries : mapping of str to numpy.ndarray
        (n, h, w, 3) uint8: ``paintings``, and for a network that learns from them too
        ``photographs``.

    Returns
    -------
    FewPicturesSettings
        How to train.
    callable
        Makes a :class:`convatlas.training.few_pictures.FewPicturesRun`.

    Raises
    ------
    ConvatlasError
        If there are no photographs where they are needed, or they are of another size than the
        paintings.
    """
    module, name = STEPS[network.split(".")[0]]
    kind = getattr(importlib.import_module(f"convatlas.training.{module}"), name)
    settings = kind.SETTINGS.of(training)
    if "photographs" not in galleries:
        return settings, kind
    sizes = {}
    for part, pictures in galleries.items():
        if not len(pictures):
            raise ConvatlasError(f"there are no {part} to learn from")
        sizes[part] = "x".join(map(str, pictures.shape[2:0:-1]))
    if len({*sizes.values()}) > 1:
        told = ", ".join(f"{part} of {size} pixels" for part, size in sizes.items())
        raise ConvatlasError(f"{told}: a translator learns from pictures of one size")
    return settings, partial(kind, photographs=galleries["photographs"])
