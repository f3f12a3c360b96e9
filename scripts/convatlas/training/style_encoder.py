"""Training a style encoder on what a generator makes, of which the styles are known.

Zhu, Shen, Zhao and Zhou, *In-domain GAN inversion for real image editing*, 2020, section 3.1,
describe why an encoder that sees nothing but generated pictures is at home there and nowhere else;
so frames of a video, which are not, are looked for from where it leads.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from convatlas import optimizers
from convatlas.errors import ConvatlasError
from convatlas.models.style_encoder import StyleEncoder
from convatlas.models.stylegan2 import Generator
from convatlas.seeding import torch_generator
from convatlas.training.checkpoint import Checkpoint


@dataclass(frozen=True)
class EncoderSettings:
    """How to train an encoder.

    Attributes
    ----------
    steps, batch_size : int
        Of Adam; pictures of each, generated anew.
    learning_rate : float
        Falls to 0 along half a cosine.
    spread : float
        Deviation, in that of the styles themselves, by which each layer's style moves away from the
        others': frames are found with a style for each layer.
    pixel : float
        Weight of the squared difference of pictures, beside that of styles over their variance.
    """

    steps: int = 3000
    batch_size: int = 16
    learning_rate: float = 0.002
    spread: float = 0.3
    pixel: float = 1.0


@torch.random.fork_rng(devices=[])
def train_encoder(
    encoder: StyleEncoder,
    generator: Generator,
    settings: EncoderSettings,
    *,
    seed: int,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> pd.DataFrame:
    """Train an encoder in place.

    Parameters
    ----------
    encoder : StyleEncoder
        On the generator's device.
    generator : Generator
        Left as it is.
    settings : EncoderSettings
        How.
    seed : int
        Of the latent vectors.
    checkpoint : Checkpoint, optional
        Where to save and resume, to the same bits on a CPU.
    progress : callable, optional
        Called as ``progress(done, total, "")`` with counts of steps.

    Returns
    -------
    pandas.DataFrame
        A row per step: step, styles (mean squared difference over the variance), pixels (mean
        squared difference), seconds (spent so far, over all stretches).

    Raises
    ------
    ConvatlasError
        If a loss is not a finite number; if the time of this stretch is over.
    """
    generator.eval().requires_grad_(requires_grad=False)
    device, dimension = generator.mapping.mean.device, len(generator.mapping.mean)
    stream = torch_generator(seed, "encoder")
    encoder.mean.copy_(generator.mapping.mean)
    many = torch.randn(1000, dimension, generator=torch_generator(seed, "spread of styles"))
    variance = generator.mapping(many.to(device)).var(0).mean()
    optimizer = optimizers.Adam(encoder.parameters(), settings.learning_rate, (0.9, 0.99))
    done, measured, before = 0, [], 0.0
    if checkpoint and (state := checkpoint.load()):
        encoder.load_state_dict(state["encoder"])
        optimizer.load_state_dict(state["optimizer"])
        stream.set_state(state["stream"])
        done, measured = state["done"], state["measured"]
        before = measured[-1][-1]

    begun = time.perf_counter()
    while done < settings.steps:
        for group in optimizer.param_groups:
            share = (1 + math.cos(math.pi * done / settings.steps)) / 2
            group["lr"] = settings.learning_rate * share
        styles = _draw(generator, settings, variance, stream)
        with torch.no_grad():
            pictures = generator.synthesis(styles, "fixed")
        found = encoder(pictures)
        of_styles = (found - styles).square().mean() / variance
        of_pixels = (generator.synthesis(found, "fixed") - pictures).square().mean()
        optimizer.zero_grad()
        (of_styles + settings.pixel * of_pixels).backward()
        optimizer.step()
        done += 1
        losses = [of_styles.item(), of_pixels.item()]  # a GPU is waited for, and then timed
        measured.append([*losses, before + time.perf_counter() - begun])
        if not all(map(math.isfinite, measured[-1])):
            raise ConvatlasError(
                f"the encoder's loss is not a finite number at step {done}; lower its learning_rate"
            )
        if progress:
            progress(done, settings.steps, "")
        if checkpoint and checkpoint.is_over() and done < settings.steps:
            state = _state(encoder, optimizer, stream, done, measured)
            raise checkpoint.pause(state, f"after step {done} of {settings.steps}")
        if checkpoint and checkpoint.due():
            checkpoint.save(_state(encoder, optimizer, stream, done, measured))
    table = pd.DataFrame(measured, columns=["styles", "pixels", "seconds"])
    table.insert(0, "step", range(1, len(table) + 1))
    return table


def _draw(
    generator: Generator, settings: EncoderSettings, variance: Tensor, stream: torch.Generator
) -> Tensor:
    """Draw styles (n, layers, latent_dim), those of a picture near one another."""
    device, dimension = generator.mapping.mean.device, len(generator.mapping.mean)
    z = torch.randn(settings.batch_size, dimension, generator=stream).to(device)
    styles = generator.repeat(generator.mapping(z))
    apart = torch.randn(styles.shape, generator=stream).to(device)
    return styles + settings.spread * variance.sqrt() * apart


def _state(
    encoder: StyleEncoder,
    optimizer: optimizers.Optimizer,
    stream: torch.Generator,
    done: int,
    measured: list[list[float]],
) -> dict[str, Any]:
    return {
        "encoder": encoder.state_dict(),
        "optimizer": optimizer.state_dict(),
        "stream": stream.get_state(),
        "done": done,
        "measured": measured,
    }
