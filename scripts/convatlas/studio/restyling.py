"""Networks that restyle, for one picture or for the frames of a clip."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from convatlas.models.registry import load_weights
from convatlas.studio.jobs import Job
from convatlas.studio.shelf import MissingError, Shelf
from convatlas.stylization.frames import FrameStylizer, make_stylizer
from convatlas.stylization.inversion import InvertingStylizer
from convatlas.stylization.loading import build_network, load_stylizer
from convatlas.stylization.options import StylizationOptions
from convatlas.stylization.pixels import frames_of, tensor_of
from convatlas.stylization.stabilise import Stabilised
from convatlas.synthesis.invert import invert_pictures, restyle

NO_STYLIZER = (
    "The network for any style is not on this machine. Bring it by the button below, or by: "
    "snakemake --cores 2 datasets"
)

Stylizer = Callable[[np.ndarray], np.ndarray]


def load_any_style(
    shelf: Shelf,
    styles: Sequence[np.ndarray],
    device: torch.device,
    *,
    stabilise: bool = False,
    **options: Any,  # noqa: ANN401
) -> FrameStylizer | Stabilised:
    """Load the network for any style.

    Parameters
    ----------
    shelf : Shelf
        Where it is.
    styles : sequence of numpy.ndarray
        (height, width, 3) uint8.
    device : torch.device
        Where to compute.
    stabilise : bool
        Average strokes along the motion, for clips.
    **options
        Of :class:`convatlas.stylization.options.StylizationOptions`.

    Raises
    ------
    MissingError
        If it is not on this machine.
    """
    name = shelf.arbitrary()
    if name is None:
        raise MissingError(NO_STYLIZER)
    entry = shelf.config["stylizers"][name]
    network = build_network(entry["network"], entry.get("options", {}))
    load_weights(network, shelf.stylizer_weights(name), network=entry["network"])
    made = make_stylizer(network, styles, StylizationOptions(**options), device)
    return Stabilised(made.restyle, finish=made.finish) if stabilise else made


def load_style(
    shelf: Shelf, name: str, device: torch.device, *, strength: float, stabilise: bool
) -> Stylizer:
    """Load a style of the config whose network knows one style, or paints.

    Parameters
    ----------
    shelf : Shelf
        Where its files are.
    name : str
        One of the values of :meth:`convatlas.studio.shelf.Shelf.painters`.
    device : torch.device
        Where to compute.
    strength : float
        0 to 1.
    stabilise : bool
        As the style says, for clips; or not at all.
    """
    style = dict(shelf.videos.restyling(name))
    style["strength"] = strength
    if not stabilise:
        style["stabilise"] = False
    return load_stylizer(
        style,
        weights=shelf.stylizer_weights(style["stylizer"]),
        pictures=[],
        mask=None,
        device=device,
        features=shelf.style_file("features", name),
        encoder=shelf.style_file("encoder", name),
    )


def paint(
    stylizer: Stylizer, photograph: np.ndarray, job: Job, *, strength: float = 1.0
) -> np.ndarray:
    """Restyle one picture.

    A search for the picture in a space of styles, which takes long, is made here step by step, so
    that it tells how far it is and can be stopped; all else is one call.

    Parameters
    ----------
    stylizer : callable
        From :func:`load_any_style` or :func:`load_style`.
    photograph : numpy.ndarray
        (height, width, 3) uint8.
    job : Job
        Told how far it is.
    strength : float
        That `stylizer` was loaded with.

    Returns
    -------
    numpy.ndarray
        The same shape.
    """
    job.progress(0, 1, "restyling")
    if not isinstance(stylizer, InvertingStylizer) or stylizer.encoder is not None:
        return stylizer(photograph[None])[0]
    generator = stylizer.generator
    frame = tensor_of(photograph[None], stylizer.device)
    side = 4 * 2 ** ((generator.synthesis.count - 2) // 2)
    square = functional.interpolate(frame, size=(side, side), mode="bilinear", antialias=True)
    found = invert_pictures(
        generator, stylizer.network, 2 * square - 1, stylizer.settings, progress=job.progress
    )
    styles = restyle(generator, found.styles, strength=stylizer.strength, first=stylizer.first)
    with torch.no_grad():
        painted = (generator.synthesis(styles, "fixed") + 1) / 2
    large = functional.interpolate(painted, size=frame.shape[2:], mode="bicubic").clamp(0, 1)
    return frames_of(torch.lerp(frame, large, strength))[0]
