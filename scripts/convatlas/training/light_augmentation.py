"""DiffAugment: every picture that a discriminator sees is coloured, shifted and cut into.

Zhao, Liu, Lin, Zhu and Han, *Differentiable augmentation for data-efficient GAN training*, 2020:
section 3.2 and its appendix, policy "color, translation, cutout". Written from the paper.
"""

import torch
from torch import Tensor

SHIFT = 1 / 8
"""Of a side, by how much at most a picture is shifted; black comes in."""
CUT = 1 / 2
"""Of a side, how large a square is cut out."""


class LightAugmentation:
    """Transforms all pictures, each otherwise.

    Parameters
    ----------
    generator : torch.Generator
        On the CPU, of everything that is drawn.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def __call__(self, pictures: Tensor) -> Tensor:
        """Map pictures (n, c, h, w) in about [-1, 1] to transformed ones, differentiably."""
        drawn = [self._uniform(pictures) for _ in range(3)]
        pictures = pictures + (drawn[0] - 0.5)  # brightness
        grey = pictures.mean(1, keepdim=True)
        pictures = grey + (pictures - grey) * (drawn[1] * 2)  # saturation
        mean = pictures.mean((1, 2, 3), keepdim=True)
        pictures = mean + (pictures - mean) * (drawn[2] + 0.5)  # contrast
        return self._cut(self._shift(pictures))

    def _shift(self, pictures: Tensor) -> Tensor:
        rows, columns = (
            self._places(len(pictures), side, -self._most(side), self._most(side))
            for side in pictures.shape[2:]
        )
        mask = [(places >= 0) & (places < side) for places, side in
                zip((rows, columns), pictures.shape[2:], strict=True)]  # fmt: skip
        inside = (mask[0][:, :, None] & mask[1][:, None, :]).to(pictures.device)
        rows, columns = (
            places.clamp(0, side - 1).to(pictures.device)
            for places, side in zip((rows, columns), pictures.shape[2:], strict=True)
        )
        picture = torch.arange(len(pictures), device=pictures.device)
        moved = pictures.permute(0, 2, 3, 1)[
            picture[:, None, None], rows[:, :, None], columns[:, None, :]
        ]
        return moved.permute(0, 3, 1, 2) * inside[:, None]

    def _cut(self, pictures: Tensor) -> Tensor:
        inside = []
        for side in pictures.shape[2:]:
            cut = round(side * CUT)
            # the middle of the square is anywhere in the picture
            places = self._places(len(pictures), side, -(cut // 2), side - 1 - cut // 2)
            first = places[:, :1]
            along = torch.arange(side)
            inside.append((along >= first) & (along < first + cut))
        kept = ~(inside[0][:, :, None] & inside[1][:, None, :])
        return pictures * kept[:, None].to(pictures.device)

    @staticmethod
    def _most(side: int) -> int:
        return round(side * SHIFT)

    def _places(self, count: int, side: int, least: int, most: int) -> Tensor:
        """Return the places (n, side) of a row that begins anywhere from ``least`` to ``most``."""
        start = torch.randint(least, most + 1, (count, 1), generator=self._generator)
        return start + torch.arange(side)

    def _uniform(self, pictures: Tensor) -> Tensor:
        drawn = torch.rand(len(pictures), 1, 1, 1, generator=self._generator)
        return drawn.to(pictures.device, pictures.dtype)
