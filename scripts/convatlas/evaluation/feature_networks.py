"""Networks by whose features generated pictures are compared with real ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from convatlas.errors import ConvatlasError
from convatlas.models.registry import build_model, load_weights

AS_THEY_ARE = "28x28 in [0, 1], not resized"
KNOWN = {
    "lenet.LeNet5": {"sees": AS_THEY_ARE, "classifier": "fc3"},
    "lenet.LeNet5ReLU": {"sees": AS_THEY_ARE, "classifier": "fc2"},
    # 500 pictures of 299x299 are 2 GB in its first layers
    "inception.Inception": {
        "sees": "resized bilinearly to 299x299, scaled to [-1, 1]",
        "batch": 50,
    },
}
"""How networks are read. They stand here and not in the networks, whose code their weights hang on;
one that is not here is given pictures as they are, and reads digits if it has ``classify``."""


class Extractor(nn.Module):
    """A network that is read once for features and, if it reads digits, for class scores.

    Parameters
    ----------
    network : torch.nn.Module
        Its ``features`` maps pictures (n, 1, 28, 28) in [0, 1] to (n, d).
    sees : str
        What it makes of such pictures before it looks: distances that differ in this cannot be
        compared.
    batch : int
        Pictures per pass; changes speed and memory, and results by rounding alone.
    classifier : str, optional
        What of the network maps its features to scores (n, 10); none, if it reads no digits.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        sees: str = AS_THEY_ARE,
        batch: int = 500,
        classifier: str | None = None,
    ) -> None:
        super().__init__()
        self.network, self.sees, self.batch = network, sees, batch
        self._classifier = classifier or ("classify" if hasattr(network, "classify") else None)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """Map pictures (n, 1, 28, 28) in [0, 1] to features (n, d), and scores (n, 10) or none."""
        features = self.network.features(pictures)
        if self._classifier is None:
            return features, None
        return features, getattr(self.network, self._classifier)(features)


def load_extractor(features: Mapping[str, Any], path: str | Path) -> Extractor:
    """Build a network of features and read its weights.

    Parameters
    ----------
    features : mapping
        An entry of ``features`` in ``config/gans.yaml``.
    path : str or Path
        Weights that this pipeline trained, or a published file: a state dict as torch saves it.

    Returns
    -------
    Extractor
        On the CPU, in evaluation mode.

    Raises
    ------
    ConvatlasError
        If the file is of another network.
    """
    network = build_model(features["network"], seed=0)
    if "model" in features:
        load_weights(network, path, network=features["network"])
    else:
        _load_published(network, features["network"], path)
    return Extractor(network, **KNOWN.get(features["network"], {})).eval()


def _load_published(network: nn.Module, name: str, path: str | Path) -> None:
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ConvatlasError(
            f"{path}: not the weights of {name} ({type(error).__name__}: "
            f"{str(error).splitlines()[0]}); check the file that config/gans.yaml names"
        ) from None
