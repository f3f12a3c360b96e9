"""What becomes of a picture: each method calls what the pipeline's rule for it calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from convatlas.data.photographs import square_photographs
from convatlas.errors import ConvatlasError
from convatlas.evaluation.denoising import add_noise, denoise, load_denoiser, to_bytes
from convatlas.models.backbone_files import build_backbone
from convatlas.models.feature_network import FeatureNetwork
from convatlas.studio.jobs import Job
from convatlas.studio.restyling import load_any_style, load_style, paint
from convatlas.studio.shelf import MissingError, Shelf
from convatlas.synthesis.dream import DreamSettings, dream_picture
from convatlas.synthesis.gatys import transfer_style
from convatlas.synthesis.gatys_settings import GatysSettings
from convatlas.synthesis.sources import SQUARE
from convatlas.video.flow import shrink

NO_DENOISER = (
    "No denoiser has been trained here yet. make demo trains some in minutes, snakemake --cores 2 "
    "denoisers those of the documents; then start the studio again."
)
NO_PAINTER = (
    "No network of one style is here yet. make demo trains some on small pictures, snakemake "
    "--cores 2 videos those of the documents; then start the studio again."
)
BALANCES = {"more of the picture": 1.0, "balanced": 100.0, "more of the style": 5000.0}
"""Weight of the style, where the content's is 1: the document's three."""
DREAMS = {
    "edges and colours": ("conv1_1", "conv1_1", "conv1"),
    "patterns": ("conv3_1", "conv3", "conv3_1"),
    "shapes": ("relu4_1", "conv4", "conv4_1"),
    "eyes and creatures": ("conv5_1", "conv5", "conv5_4"),
}
"""Layers to dream of, from the first to the last; of each the first name that a network has."""
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


@dataclass(frozen=True)
class Made:
    """What came of a picture.

    Attributes
    ----------
    before, after : numpy.ndarray
        Of one shape, (height, width, 3) uint8.
    made_by : str
        The network, for people.
    """

    before: np.ndarray
    after: np.ndarray
    made_by: str


@dataclass(frozen=True)
class Asked:
    """What a visitor asks for.

    Attributes
    ----------
    photograph : numpy.ndarray
        (height, width, 3) uint8.
    pixels : int
        Of the longer side of what comes of it, at most.
    style : numpy.ndarray or None
        Picture that a style is taken from.
    choices : mapping
        Of the method's controls, by name.
    """

    photograph: np.ndarray
    pixels: int
    style: np.ndarray | None
    choices: Mapping[str, Any]


def restyle_picture(shelf: Shelf, device: torch.device, asked: Asked, job: Job) -> Made:
    """Give a picture any style, in one pass of the network of Ghiasi and others 2017."""
    before, chosen = shrink(asked.photograph, asked.pixels), asked.choices
    options = {name: chosen[name] for name in ("strength", "color", "style_pixels")}
    stylizer = load_any_style(shelf, [_style_of(asked)], device, **options)
    title = shelf.config["stylizers"][shelf.arbitrary()]["title"]
    return Made(before, paint(stylizer, before, job), title)


def transfer_picture(shelf: Shelf, device: torch.device, asked: Asked, job: Job) -> Made:
    """Give a picture a style by optimisation of its pixels (Gatys and others 2016)."""
    before, style = shrink(asked.photograph, asked.pixels), shrink(_style_of(asked), asked.pixels)
    network, title = _feature_network(shelf, device, [before, style])
    settings = GatysSettings(
        style_weight=BALANCES[asked.choices["balance"]],
        content_layers=("relu4_2",) if "relu4_2" in network.layers else ("relu4_1",),
        style_layers=tuple(layer for layer in STYLE_LAYERS if layer in network.layers),
        steps=asked.choices["steps"],
        color=asked.choices["color"],
    )
    after, _ = transfer_style(
        network, before, [style], settings, progress=job.progress, preview=job.preview
    )
    return Made(before, after, title)


def dream_of_picture(shelf: Shelf, device: torch.device, asked: Asked, job: Job) -> Made:
    """Let a network see more in a picture of what it sees already (DeepDream)."""
    before = shrink(asked.photograph, asked.pixels)
    network, title = _feature_network(shelf, device, [before])
    layers = [layer for layer in DREAMS[asked.choices["layer"]] if layer in network.layers]
    settings = DreamSettings(
        layers=tuple(layers[:1]),
        octaves=asked.choices["octaves"],
        steps=asked.choices["steps"],
    )
    after = dream_picture(network, before, settings, progress=job.progress, preview=job.preview)
    return Made(before, after, title)


def denoise_picture(shelf: Shelf, device: torch.device, asked: Asked, job: Job) -> Made:
    """Take noise out of a picture, after some was added if that is asked for."""
    before, chosen = shrink(asked.photograph, asked.pixels), shelf.denoisers()
    if not chosen:
        raise MissingError(NO_DENOISER)
    found = chosen.get(asked.choices["denoiser"]) or next(iter(chosen.values()))
    job.progress(0, 1, "taking noise away")
    entry = {"network": found.network, "options": found.options}
    network = load_denoiser(entry, found.path, device)
    noisy = before[None].astype(float)
    if asked.choices["sigma"]:
        noisy = add_noise(before[None], asked.choices["sigma"], seed=0, purpose="studio")
    # what is shown before is what the network was given
    return Made(to_bytes(noisy)[0], to_bytes(denoise(network, noisy))[0], found.title)


def paint_picture(shelf: Shelf, device: torch.device, asked: Asked, job: Job) -> Made:
    """Paint a picture by a network of one style, CycleGAN or StyleGAN2 among them."""
    painters = shelf.painters()
    if not painters:
        raise MissingError(NO_PAINTER)
    title = asked.choices["painter"]
    title = title if title in painters else next(iter(painters))
    before, strength = shrink(asked.photograph, asked.pixels), asked.choices["strength"]
    stylizer = load_style(shelf, painters[title], device, strength=strength, stabilise=False)
    return Made(before, paint(stylizer, before, job, strength=strength), title)


METHODS = {
    "Any style": restyle_picture,
    "Style by optimisation (Gatys)": transfer_picture,
    "DeepDream": dream_of_picture,
    "Denoise": denoise_picture,
    "Painters": paint_picture,
}
"""In the page's order."""


def _style_of(asked: Asked) -> np.ndarray:
    if asked.style is None:
        raise ConvatlasError(
            "There is no style yet: choose a painting, or drop a picture of yours."
        )
    return asked.style


def _feature_network(
    shelf: Shelf, device: torch.device, pictures: Sequence[np.ndarray]
) -> tuple[FeatureNetwork, str]:
    """Return the best feature network that is here, and what people call it."""
    name = next(iter(shelf.backbones()), None)
    if name is None:
        raise MissingError(
            "No network that tells content from style is on this machine. Bring it by the button "
            "below, or by: snakemake --cores 2 datasets"
        )
    entry = shelf.config["backbones"][name]
    network = build_backbone(
        entry["network"],
        path=shelf.backbone_file(name),
        images=square_photographs(pictures, SQUARE),
    )
    return network.to(device), entry["title"]
