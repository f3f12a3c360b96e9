"""A walk through a generator's style space, as a clip: pictures that turn into one another.

After Karras, Laine and Aila, *A style-based generator architecture for generative adversarial
networks*, 2019, whose styles w, unlike latent vectors z, can be walked between on straight lines;
here on a smooth closed curve, so that the clip can be played over and over. Noise stays the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from scipy.interpolate import CubicSpline
from torch import Tensor

from convatlas.evaluation.painting import to_levels
from convatlas.models.stylegan2 import Generator
from convatlas.seeding import torch_generator


@dataclass(frozen=True)
class WalkSettings:
    """How to walk.

    Attributes
    ----------
    stops : int
        Pictures of latent vectors drawn at random that a walk leads past, before it is back.
    frames_between : int
        Frames from one to the next.
    rows, columns : int
        Walks that are shown together.
    side_pixels : int
        Of each picture as it is shown.
    truncation : float
        How far from the mean style, 1 for as far as training goes.
    """

    stops: int = 6
    frames_between: int = 24
    rows: int = 2
    columns: int = 4
    side_pixels: int = 160
    truncation: float = 0.8


def closed_curve(stops: Tensor, frames_between: int) -> Tensor:
    """Return points on a smooth closed curve through stops (k, d): (k x frames_between, d)."""
    values = stops.double().cpu().numpy()
    spline = CubicSpline(range(len(values) + 1), [*values, values[0]], bc_type="periodic")
    places = np.arange(len(values) * frames_between) / frames_between
    return torch.from_numpy(spline(places)).to(stops.dtype)


@torch.inference_mode()
def walk_frames(
    generator: Generator,
    settings: WalkSettings,
    *,
    seed: int,
    progress: Callable[[int, int, str], None] | None = None,
) -> Iterator[np.ndarray]:
    """Give the frames of a walk, one by one.

    Parameters
    ----------
    generator : Generator
        Put into evaluation mode.
    settings : WalkSettings
        How.
    seed : int
        Of the latent vectors.
    progress : callable, optional
        Called as ``progress(done, total, "")`` after each frame.

    Yields
    ------
    numpy.ndarray
        (rows x side, columns x side, 3) uint8, both even.
    """
    generator.eval()
    device, walks = generator.mapping.mean.device, settings.rows * settings.columns
    dimension = len(generator.mapping.mean)
    stream = torch_generator(seed, "latent walk")
    z = torch.randn(settings.stops * walks, dimension, generator=stream)
    stops = generator.truncate(generator.mapping(z.to(device)), settings.truncation)
    paths = torch.stack(
        [closed_curve(own, settings.frames_between) for own in stops.unflatten(0, (walks, -1))], 1
    )  # (frames, walks, latent_dim)
    for number, w in enumerate(paths, 1):
        pictures = to_levels(generator.synthesis(generator.repeat(w.to(device)), "fixed"))
        yield _lay_out(pictures, settings)
        if progress:
            progress(number, len(paths), "")


def _lay_out(pictures: np.ndarray, settings: WalkSettings) -> np.ndarray:
    size = (settings.side_pixels, settings.side_pixels)
    larger = [
        np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))
        for picture in pictures
    ]
    rows = [
        np.concatenate(larger[start : start + settings.columns], 1)
        for start in range(0, len(larger), settings.columns)
    ]
    frame = np.concatenate(rows)
    return frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2]
