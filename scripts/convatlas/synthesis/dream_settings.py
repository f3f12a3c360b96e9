"""How a network dreams."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from convatlas.errors import ConvatlasError

LAST = ("conv5_4",)
"""The document's: VGG-19's last convolution."""


@dataclass(frozen=True)
class DreamSettings:
    """How to dream.

    Attributes
    ----------
    layers : tuple of str
        Whose mean squared answer is to grow; the document's is VGG-19's last convolution. A dream
        of a class needs none: it has the one layer that tells classes apart.
    channel : int, optional
        Of the one layer: its mean answer grows, instead.
    class_index : int, optional
        Of a network that tells classes apart: the mean over places of that class's score, before
        any softmax, grows instead; in a softmax the others would only have to fall.
    octaves : int
        Sizes, the last of which is the photograph's own.
    octave_scale : float
        From one to the next.
    steps : int
        In each octave.
    step_size : float
        How far a pixel goes on average, of 1 from black to white.
    jitter_pixels : int
        The picture is rolled by up to so many pixels each way before each step: the document's
        shift, which also hides where tiles meet.
    tile_pixels : int
        Side of the parts that go through the network; larger pictures are cut, so that memory does
        not grow with them.
    """

    layers: tuple[str, ...] | None = None
    channel: int | None = None
    class_index: int | None = None
    octaves: int = 4
    octave_scale: float = 1.4
    steps: int = 20
    step_size: float = 0.006
    jitter_pixels: int = 32
    tile_pixels: int = 512

    def __post_init__(self) -> None:
        if self.layers is None:
            of_class = self.class_index is not None
            object.__setattr__(self, "layers", () if of_class else LAST)
        elif not self.layers or (self.channel is not None and len(self.layers) > 1):
            raise ConvatlasError("a dream has layers, and a channel is of one layer alone")
        if self.class_index is not None and self.channel is not None:
            raise ConvatlasError("a dream is of a class or of a channel: take one of the two out")
        for name in ("channel", "class_index"):
            if (getattr(self, name) or 0) < 0:
                raise ConvatlasError(f"{name} of a dream is {getattr(self, name)}; 0 is the first")
        for name in ("octaves", "steps", "tile_pixels"):
            if getattr(self, name) < 1:
                raise ConvatlasError(f"{name} of a dream is {getattr(self, name)}; 1 is the least")
        if not self.octave_scale > 1:
            raise ConvatlasError(f"octave_scale is {self.octave_scale}; it has to be above 1")

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Make them of a mapping, such as the config's."""
        layers = settings.get("layers")
        return cls(**{**settings, "layers": None if layers is None else tuple(layers)})
