"""Painters on disk: plain tensors with a name, and the options that networks are built with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from convatlas.models.registry import save_weights


class _Holder(nn.Module):
    """A module with another's weights, under a name within it."""

    def __init__(self, translator: nn.Module) -> None:
        super().__init__()
        self.translator = translator


def save_painter(
    path: str | Path,
    pair: nn.Module,
    *,
    averaged: nn.Module | None,
    network: str,
    options: Mapping[str, Any],
) -> None:
    """Write a trained pair, for ``load_generator``, which names options that do not fit.

    Parameters
    ----------
    path : str or Path
        Where to.
    pair : torch.nn.Module
        The weights that training ended with.
    averaged : torch.nn.Module or None
        The generator with averaged weights, if there is an average: the one that paints.
    network : str
        ``file.Class`` of the pair.
    options : mapping
        What it was built with: numbers by name.
    """
    about: dict[str, Any] = {"options": dict(options)}
    if averaged is not None:
        state = averaged.state_dict()
        about["averaged_generator"] = {k: v.detach().cpu() for k, v in state.items()}
    save_weights(pair, path, network=network, **about)


def as_stylizer(generator: nn.Module) -> nn.Module:
    """Return what of a painter's generator restyles frames.

    Parameters
    ----------
    generator : torch.nn.Module
        Of a StyleGAN2, as it is; of a CycleGAN, both, of which the one that paints is taken.
    """
    if isinstance(generator, nn.ModuleDict):
        return _Holder(generator["to_painting"])
    return generator
