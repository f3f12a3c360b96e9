"""A pair and its snapshots over the training, in a file each."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.models.registry import build_model, load_weights


def save_snapshots(
    path: str | Path, snapshots: Mapping[int, Mapping[str, Any]], *, network: str
) -> None:
    """Write snapshots by epoch, atomically: ``generator``, and ``discriminators`` by step.

    The same weights give the same bytes, also if some of them came out of a checkpoint.
    """
    content = {}
    for epoch, kept in snapshots.items():
        judges = {step: _plain(state) for step, state in kept["discriminators"].items()}
        content[epoch] = {"generator": _plain(kept["generator"]), "discriminators": judges}
    _write(path, {"network": network, "snapshots": content})


def save_pair(
    path: str | Path,
    pair: nn.Module,
    *,
    averaged: nn.Module | None,
    network: str,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Write a trained pair, for ``load_weights`` and :func:`load_generator`, atomically.

    Parameters
    ----------
    path : str or Path
        Where to.
    pair : torch.nn.Module
        The weights that training ended with.
    averaged : torch.nn.Module or None
        The generator with averaged weights, if there is an average: the one that is measured.
    network : str
        ``file.Class`` of the pair.
    options : mapping, optional
        What it was built with: named where weights do not fit.
    """
    about: dict[str, Any] = {} if options is None else {"options": dict(options)}
    if averaged is not None:
        about["averaged_generator"] = _plain(averaged.state_dict())
    _write(path, {"network": network, "weights": _plain(pair.state_dict()), **about})


def load_generator(path: str | Path, *, network: str, options: Mapping[str, Any]) -> nn.Module:
    """Return the generator that a training ended with, the averaged one if there is an average.

    Parameters
    ----------
    path : str or Path
        What :func:`save_pair` wrote.
    network : str
        The pair that is expected, ``file.Class``.
    options : mapping
        What it is built with.

    Raises
    ------
    ConvatlasError
        If the file is of another pair, or of other options.
    """
    pair = load_weights(build_model(network, seed=0, options=options), path, network=network)
    content = torch.load(path, map_location="cpu", weights_only=True)
    if "averaged_generator" in content:
        pair.generator.load_state_dict(content["averaged_generator"])
    return pair.generator.eval()


def _plain(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    # a name that is one object in one run, and two in another, would be written otherwise
    return {sys.intern(name): value.detach().cpu() for name, value in state.items()}


def _write(path: str | Path, content: Mapping[str, Any]) -> None:
    with atomic_path(path) as part, part.open("wb") as file:
        torch.save(content, file)


class Snapshots:
    """The networks of a pair at the epochs that were kept.

    Parameters
    ----------
    path : str or Path
        What :func:`save_snapshots` wrote.
    network : str
        The pair that is expected, ``file.Class``.
    options : mapping
        What it is built with.

    Raises
    ------
    ConvatlasError
        If the file is no file of snapshots, or of another pair.
    """

    def __init__(self, path: str | Path, *, network: str, options: Mapping[str, Any]) -> None:
        self._path = path
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            found, self._states = content["network"], content["snapshots"]
        except FileNotFoundError:
            raise
        except Exception as error:
            raise ConvatlasError(
                f"{path}: not a file of snapshots of this project ({type(error).__name__}: {error})"
            ) from None
        if found != network:
            raise ConvatlasError(f"{path}: snapshots of '{found}', but '{network}' is wanted")
        self._pair = build_model(network, seed=0, options=options)

    @property
    def epochs(self) -> list[int]:
        """The epochs that were kept, in order."""
        return sorted(self._states)

    @property
    def latent_dim(self) -> int:
        """Numbers that a picture is made from."""
        return self._pair.latent_dim

    def steps(self, epoch: int) -> list[int]:
        """Return which steps' discriminators an epoch has, counted from the training's first."""
        return sorted(self._states[epoch]["discriminators"])

    def load(self, epoch: int, part: str, step: int | None = None) -> nn.Module:
        """Return a network of an epoch; valid until the next call.

        Parameters
        ----------
        epoch : int
            One of :attr:`epochs`.
        part : str
            ``generator`` or ``discriminator``.
        step : int, optional
            Of a discriminator, one of :meth:`steps`; the last if not given.

        Raises
        ------
        ConvatlasError
            If the weights do not fit the network as the config has it, such as another
            ``latent_dim``.
        """
        network, states = getattr(self._pair, part), self._states[epoch]
        if part == "discriminator":
            state = states["discriminators"][step or self.steps(epoch)[-1]]
        else:
            state = states[part]
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            first = str(error).splitlines()[1:2] or [str(error)]
            raise ConvatlasError(
                f"{self._path}: the {part} of epoch {epoch} does not fit the network in the config "
                f"({first[0].strip()}); give it the options it was trained with (latent_dim, "
                "channels, ...), or train it anew"
            ) from None
        return network
