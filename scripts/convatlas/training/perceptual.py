"""Training a transformer network for one style by perceptual loss.

Johnson, Alahi and Fei-Fei, *Perceptual losses for real-time style transfer and super-resolution*,
2016, equation 1 with the terms of :mod:`convatlas.training.perceptual_losses`.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from convatlas import optimizers
from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork
from convatlas.seeding import derive_seed, torch_generator
from convatlas.training.checkpoint import Checkpoint
from convatlas.training.perceptual_losses import PerceptualLoss, total_variation
from convatlas.training.perceptual_settings import PerceptualSettings

logger = logging.getLogger(__name__)

MEASURES = ("loss", "content", "style", "total_variation", "stability")
"""Columns of a step: the whole, and its terms before their weights."""
STRETCH = 100
"""Steps after which the measures are looked at, on a GPU with a wait for it."""


@torch.random.fork_rng(devices=[])
def train_stylizer(
    network: nn.Module,
    backbone: FeatureNetwork,
    *,
    images: np.ndarray,
    style: np.ndarray,
    settings: PerceptualSettings,
    seed: int,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> pd.DataFrame:
    """Train a network to give pictures one style.

    Parameters
    ----------
    network : torch.nn.Module
        From (n, 3, h, w) in [0, 1] to the same; trained in place, on its own device, and left in
        evaluation mode.
    backbone : FeatureNetwork
        Feature network, on the same device.
    images : numpy.ndarray
        (n, height, width, 3) uint8: photographs to learn on.
    style : numpy.ndarray
        (height, width, 3) uint8.
    settings : PerceptualSettings
        How.
    seed : int
        Of the choice of pictures, crops and noise; the caller's random state is left as it was.
    checkpoint : Checkpoint, optional
        Where to save and resume. A resumed run gives the same weights, bit for bit on a CPU, as
        one that was never stopped.
    progress : callable, optional
        Called as ``progress(done, total, "step 20/300")`` with counts of pictures.

    Returns
    -------
    pandas.DataFrame
        A row per step: step, :data:`MEASURES`, and seconds since the start (of all runs together,
        known at the end of each :data:`STRETCH` steps).

    Raises
    ------
    ConvatlasError
        If pictures are not uint8, fewer than one, or smaller than the crop; if a loss or a weight
        stops being a finite number (the step is named, the last checkpoint is of before it).
    """
    _check(images, "images", 4, settings.crop_pixels)
    _check(style, "the style picture", 3, 1)
    torch.manual_seed(derive_seed(seed, "network"))
    run = _Run(network, backbone, style, settings, seed)
    pictures = torch.from_numpy(images)
    if checkpoint and (state := checkpoint.load()):
        run.restore(state)
        logger.info("going on from step %d of %d", run.step_number, settings.steps)

    network.train()
    started, stretch = time.perf_counter(), []
    while run.step_number < settings.steps:
        stretch.append(run.step(pictures))
        done, size = run.step_number, settings.batch_size
        if progress:
            progress(done * size, settings.steps * size, f"step {done}/{settings.steps}")
        due = checkpoint is not None and checkpoint.due()
        if due or len(stretch) == STRETCH or done == settings.steps:
            run.keep(stretch, time.perf_counter() - started)
            started, stretch = time.perf_counter(), []
        if due:
            checkpoint.save(run.state())
    network.eval()
    history = pd.DataFrame(torch.cat(run.measured).numpy(), columns=[*MEASURES, "seconds"])
    history.insert(0, "step", np.arange(1, len(history) + 1))
    return history


def _check(images: np.ndarray, what: str, dimensions: int, least: int) -> None:
    if images.dtype != np.uint8 or images.ndim != dimensions or images.shape[-1] != 3:
        raise ConvatlasError(
            f"{what} of a stylizer's training are {images.dtype} of shape {images.shape}, "
            f"but uint8 of {dimensions} dimensions with RGB in the last is wanted"
        )
    height, width = images.shape[-3:-1]
    if not len(images) or min(height, width) < least:
        raise ConvatlasError(
            f"{what}: {len(images)} of {width}x{height} pixels cannot be cut to {least} "
            "(crop_pixels); give larger pictures or a smaller crop"
        )


class _Run:
    """Everything of a training run that changes, so that it can be saved and restored."""

    _PLAIN = ("step_number", "seconds", "measured")

    def __init__(
        self,
        network: nn.Module,
        backbone: FeatureNetwork,
        style: np.ndarray,
        settings: PerceptualSettings,
        seed: int,
    ) -> None:
        self.network, self.settings = network, settings
        self.device = next(network.parameters()).device
        self.loss = PerceptualLoss(
            backbone,
            _to_unit(torch.from_numpy(style)[None], self.device),
            content_layers=settings.content_layers,
            style_layers=settings.style_layers,
        )
        # fused: one pass over the weights, bit-identical from run to run
        self.optimizer = optimizers.Adam(network.parameters(), settings.learning_rate, fused=True)
        self.streams = {name: torch_generator(seed, name) for name in ("pictures", "noise")}
        self.step_number, self.seconds = 0, 0.0
        self.measured: list[Tensor] = []  # (steps, measures and seconds) of each stretch

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on, and what was measured, for a checkpoint."""
        return {
            **{name: getattr(self, name) for name in self._PLAIN},
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "streams": {name: stream.get_state() for name, stream in self.streams.items()},
            "default_stream": torch.get_rng_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what :meth:`state` gave."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name, stream in self.streams.items():
            stream.set_state(state["streams"][name])
        torch.set_rng_state(state["default_stream"])
        for name in self._PLAIN:
            setattr(self, name, state[name])

    def step(self, pictures: Tensor) -> Tensor:
        """Take one step on crops of pictures (n, h, w, 3) uint8; return the measures."""
        settings = self.settings
        contents = _to_unit(self._crop(pictures), self.device)
        made = self.network(contents)
        content, style = self.loss(made, contents)
        rough = total_variation(made)
        stability = torch.zeros((), device=self.device)
        if settings.stability_weight:
            noise = torch.randn(contents.shape, generator=self.streams["noise"]).to(self.device)
            disturbed = self.network((contents + settings.noise * noise).clamp(0, 1))
            stability = (disturbed - made).square().mean() / settings.noise**2
        loss = (
            settings.content_weight * content
            + settings.style_weight * style
            + settings.total_variation_weight * rough
            + settings.stability_weight * stability
        )
        for group in self.optimizer.param_groups:
            group["lr"] = settings.rate(self.step_number)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.step_number += 1
        return torch.stack([each.detach() for each in (loss, content, style, rough, stability)])

    def _crop(self, pictures: Tensor) -> Tensor:
        """Draw pictures, a square of each, and whether it is seen in a mirror."""
        count, height, width, _ = pictures.shape
        side, crops = self.settings.crop_pixels, []
        highs = (count, height - side + 1, width - side + 1, 2)
        for _ in range(self.settings.batch_size):
            which, top, left, mirrored = (
                int(torch.randint(high, (), generator=self.streams["pictures"])) for high in highs
            )
            crop = pictures[which, top : top + side, left : left + side]
            crops.append(crop.flip(1) if mirrored else crop)
        return torch.stack(crops)

    def keep(self, stretch: list[Tensor], seconds: float) -> None:
        """Bring the measures of some steps to the CPU, and stop if one is no number."""
        measured = torch.stack(stretch).double().cpu()
        before = self.step_number - len(stretch)
        bad = (~torch.isfinite(measured)).nonzero()
        if len(bad):
            raise _diverged(MEASURES[int(bad[0, 1])], before + int(bad[0, 0]) + 1)
        # a step whose losses are numbers can leave weights that are none
        if not all(torch.isfinite(weights).all() for weights in self.network.parameters()):
            raise _diverged("a part of the weights", self.step_number)
        times = self.seconds + seconds * torch.arange(1, len(stretch) + 1) / len(stretch)
        self.seconds += seconds
        self.measured.append(torch.cat([measured, times.double()[:, None]], 1))
        means = dict(zip(MEASURES, measured.mean(0).tolist(), strict=True))
        logger.info(
            "step %d of %d: content %.3f, style %.4f, %.2f s a step", self.step_number,
            self.settings.steps, means["content"], means["style"], seconds / len(stretch),
        )  # fmt: skip


def _to_unit(pictures: Tensor, device: torch.device) -> Tensor:
    """Map levels (n, h, w, 3) uint8 to (n, 3, h, w) in [0, 1]."""
    return pictures.permute(0, 3, 1, 2).to(device).float().div_(255)


def _diverged(what: str, step: int) -> ConvatlasError:
    return ConvatlasError(
        f"{what} is not a finite number at step {step}. Lower the learning_rate of this stylizer's "
        "training in config/videos.yaml; the last checkpoint was left as it was."
    )
