"""From a name in the config to a network, and from a network to a file and back."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

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
        On the CPU, in training mode; the caller's random state is left as it was. Its ``options``
        are those it was built with.
    """
    module, name = network.split(".")
    factory = getattr(importlib.import_module(f"convatlas.models.{module}"), name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "weights"))
        model = factory(**(options or {}))
    model.options = dict(options or {})
    return model


def save_weights(model: nn.Module, path: str | Path, *, network: str, **about: Any) -> None:  # noqa: ANN401
    """Write a network's weights with its name, atomically, for :func:`load_weights`.

    Parameters
    ----------
    model : torch.nn.Module
        Whose.
    path : str or Path
        Where to.
    network : str
        What it is called.
    **about
        Anything else to keep, numbers, text and tensors: ``options`` that it was built with are
        named if they are why the weights do not fit.
    """
    state = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    # given a path, torch writes its name into the file: the same weights would differ in bytes
    with atomic_path(path) as part, part.open("wb") as file:
        torch.save({"network": network, "weights": state, **about}, file)


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
        If the file is no weights file, or is of another network, or of one that was built with
        other options; both sides are named.
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
        if differ := _options_apart(content.get("options"), getattr(model, "options", None)):
            raise ConvatlasError(
                f"{path}: weights of '{network}' with other options ({differ}); give it these in "
                "the config, or train it anew by deleting the file"
            ) from None
        told = _tensors_apart(weights, model.state_dict()) or str(error)
        raise ConvatlasError(
            f"{path}: these weights were made by another version of '{network}', or with other "
            f"options ({told}); train it anew by deleting the file"
        ) from None
    return model


def _options_apart(there: object, here: object) -> str:
    """Name options that differ, those of a file first; nothing if one side is not known."""
    if not isinstance(there, Mapping) or not isinstance(here, Mapping):
        return ""
    return ", ".join(
        f"{key}: {there.get(key, 'nothing')} there, {here.get(key, 'nothing')} here"
        for key in sorted({*there, *here})
        if there.get(key) != here.get(key)
    )


def _tensors_apart(there: object, here: Mapping[str, Tensor]) -> str:
    """Count tensors that only one side has or that differ in shape, with an example of each."""
    if not isinstance(there, Mapping):
        return ""
    shapes = [
        {k: "x".join(map(str, getattr(v, "shape", ()))) or "1" for k, v in side.items()}
        for side in (there, here)
    ]
    both = [key for key in shapes[0] if key in shapes[1] and shapes[0][key] != shapes[1][key]]
    told = [
        f"{len(alone)} only {where}, such as {alone[0]}"
        for where, alone in (
            ("there", [key for key in shapes[0] if key not in shapes[1]]),
            ("here", [key for key in shapes[1] if key not in shapes[0]]),
        )
        if alone
    ]
    if both:
        sides = "{} there, {} here".format(*(shape[both[0]] for shape in shapes))
        told.append(f"{len(both)} of another shape, such as {both[0]}: {sides}")
    return ", ".join(told)
