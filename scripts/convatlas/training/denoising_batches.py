"""Batches of pictures with noise: in which order, cut and mirrored how, with which noise."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from convatlas.seeding import torch_generator
from convatlas.training.denoising_settings import DenoisingSettings

LEVELS = 255
"""Of white; errors are told in squares of levels, as the documents tell them."""


class NoisyBatches:
    """Draws batches from pictures in memory, each from the seed's own streams.

    Parameters
    ----------
    pictures : numpy.ndarray
        (n, height, width, 3) uint8.
    settings : DenoisingSettings
        How many at once, crops, flips, and the noise.
    seed : int
        Of all that is drawn.
    """

    def __init__(self, pictures: np.ndarray, settings: DenoisingSettings, seed: int) -> None:
        self.pictures, self.settings = torch.from_numpy(pictures), settings
        self.streams = {name: torch_generator(seed, name) for name in ("order", "squares", "noise")}
        self.order = torch.empty(0, dtype=torch.int64)  # what is left of the epoch

    def state(self) -> dict[str, Any]:
        """Return all that the next batch depends on, for a checkpoint."""
        streams = {name: stream.get_state() for name, stream in self.streams.items()}
        return {"order": self.order, "streams": streams}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` gave."""
        self.order = state["order"]
        for name, stream in self.streams.items():
            stream.set_state(state["streams"][name])

    def draw(self) -> tuple[Tensor, Tensor]:
        """Return the next pictures without and with noise, (n, 3, h, w) in [0, 1].

        Noise is neither rounded nor clipped. The last batch of an epoch may be smaller.
        """
        clean = to_unit(self._choose())
        stream = self.streams["noise"]
        low, high = (sigma / LEVELS for sigma in self.settings.sigmas)
        sigma: float | Tensor = low
        if high > low:
            sigma = low + (high - low) * torch.rand((len(clean), 1, 1, 1), generator=stream)
        return clean, clean + sigma * draw_noise(clean, stream)

    def _choose(self) -> Tensor:
        """Return the next pictures, cut and mirrored as is asked, (n, h, w, 3) uint8."""
        if not len(self.order):
            self.order = torch.randperm(len(self.pictures), generator=self.streams["order"])
        size, stream = self.settings.batch_size, self.streams["squares"]
        chosen, self.order = self.order[:size], self.order[size:].clone()
        batch = self.pictures[chosen]
        if side := self.settings.crop_pixels:
            tops, lefts = (
                torch.randint(length - side + 1, (len(batch),), generator=stream).tolist()
                for length in batch.shape[1:3]
            )
            squares = [
                picture[top : top + side, left : left + side]
                for picture, top, left in zip(batch, tops, lefts, strict=True)
            ]
            batch = torch.stack(squares)
        if self.settings.flips:
            turns = torch.randint(2, (2, len(batch), 1, 1, 1), generator=stream).bool()
            for axis, turned in enumerate(turns, start=1):
                batch = torch.where(turned, batch.flip(axis), batch)
        return batch


def draw_noise(pictures: Tensor, stream: torch.Generator) -> Tensor:
    """Draw standard Gaussian noise for pictures (n, c, h, w), pixel by pixel as they lie."""
    count, channels, height, width = pictures.shape
    drawn = torch.randn((count, height, width, channels), generator=stream)
    return drawn.permute(0, 3, 1, 2)


def to_unit(pictures: Tensor) -> Tensor:
    """Map levels (n, h, w, 3) uint8 to (n, 3, h, w) in [0, 1], whose channels lie together."""
    return pictures.permute(0, 3, 1, 2).float().div_(LEVELS)
