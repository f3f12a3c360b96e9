"""From a name in the config to a network, and from a network to a file and back."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.seeding import derive_seed


def build_model(network: str, *, seed: int, options: Mapping[str, Any] | None = None) -> nn.Module:
    """Build a network with weights drawn from a seed.

    Parameters
    ----------
    network : str
        ``file.Class`` in this folder, e.g. ``lenet.LeNet5``.
    seed : int
        The run's seed.
    options : mapping, optional
        What the network is built with, such as ``latent_dim``.

    Returns
    -------
    torch.nn.Module
        On the CPU, in training mode; the caller's random state is left as it was.
    """
    module, name = network.split(".")
    factory = getattr(importlib.import_module(f"convatlas.models.{module}"), name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "weights"))
        return factory(**(options or {}))


def save_weights(model: nn.Module, path: str | Path, *, network: str) -> None:
    """Write a network's weights with its name, atomically, for :func:`load_weights`."""
    state = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    # given a path, torch writes its name into the file: the same weights would differ in bytes
    with atomic_path(path) as part, part.open("wb") as file:
        torch.save({"network": network, "weights": state}, file)


def load_weights(model: nn.Module, path: str | Path, *, network: str) -> nn.Module:
    """Read weights into a network; nothing in the file is executed.

    Parameters
    ----------
    model : torch.nn.Module
        Filled in place.
    path : str or Path
        What :func:`save_weights` wrote.
    network : str
        The network that is expected.

    Returns
    -------
    torch.nn.Module
        ``model``.

    Raises
    ------
    ConvatlasError
        If the file is no weights file, or is of another network; both are named.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        found, weights = content["network"], content["weights"]
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ConvatlasError(
            f"{path}: not a weights file of this project ({type(error).__name__}: {error})"
        ) from None
    if found != network:
        raise ConvatlasError(
            f"{path}: weights of network '{found}', but '{network}' is wanted; "
            "check 'network' and 'initial' in config/models.yaml"
        )
    try:
        model.load_state_dict(weights)
    except (RuntimeError, TypeError) as error:
        raise ConvatlasError(
            f"{path}: these weights were made by another version of '{network}' ({error}); "
            "train it anew by deleting the file"
        ) from None
    return model
