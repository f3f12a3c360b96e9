"""Networks by whose features generated pictures are compared with real ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from convatlas.errors import ConvatlasError
from convatlas.models.registry import build_model, load_weights


def load_extractor(features: Mapping[str, Any], path: str | Path) -> nn.Module:
    """Build a network of features and read its weights.

    Parameters
    ----------
    features : mapping
        An entry of ``features`` in ``config/gans.yaml``.
    path : str or Path
        Weights that this pipeline trained, or a published file: a state dict as torch saves it.

    Returns
    -------
    torch.nn.Module
        On the CPU, in evaluation mode.

    Raises
    ------
    ConvatlasError
        If the file is of another network.
    """
    network = build_model(features["network"], seed=0)
    if "model" in features:
        return load_weights(network, path, network=features["network"]).eval()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ConvatlasError(
            f"{path}: not the weights of {features['network']} ({type(error).__name__}: "
            f"{str(error).splitlines()[0]}); check the file that config/gans.yaml names"
        ) from None
    return network.eval()
