"""Snapshots of a pair over its training, in one file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.models.registry import build_model


def save_snapshots(
    path: str | Path, snapshots: Mapping[int, Mapping[str, Any]], *, network: str
) -> None:
    """Write snapshots by epoch, atomically: ``generator``, and ``discriminators`` by step."""
    with atomic_path(path) as part, part.open("wb") as file:
        torch.save({"network": network, "snapshots": dict(snapshots)}, file)


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
