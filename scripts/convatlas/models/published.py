"""Published networks that restyle, read from their own files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from convatlas.models.single_style import read_single_style
from convatlas.models.stylization_files import read_stylizer


def read_published(network: str, files: Mapping[str, Any]) -> nn.Module:
    """Read a published network.

    Parameters
    ----------
    network : str
        ``stylizer``, from the two files ``prediction`` and ``transfer``; or ``single_style``, from
        a ``folder`` of bare arrays that its ``manifest.json`` describes.
    files : mapping of str to path
        What each file is, and where it lies; of a folder, its files.

    Raises
    ------
    ConvatlasError
        If a file is none of such a network.
    """
    if network == "stylizer":
        return read_stylizer(files["prediction"], files["transfer"])
    return read_single_style(Path(files["folder"][0]).parent)
