"""A photograph in the style of other pictures, by optimisation of its pixels.

Gatys, Ecker and Bethge, *Image style transfer using convolutional neural networks*, 2016;
`palacios` 2.1. :mod:`convatlas.synthesis.gatys_loss` says where the loss differs from the paper's.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from convatlas import optimizers
from convatlas.errors import ConvatlasError
from convatlas.models.feature_network import FeatureNetwork
from convatlas.seeding import torch_generator
from convatlas.stylization.colors import keep_luminance, match_colors
from convatlas.stylization.pixels import frames_of, tensor_of
from convatlas.synthesis.gatys_loss import TERMS, GatysLoss
from convatlas.synthesis.gatys_settings import GatysSettings
from convatlas.training.checkpoint import Checkpoint

logger = logging.getLogger(__name__)

STRETCH = 20
"""Evaluations over which a picture has to change, or it is done."""
PREVIEW_SECONDS = 5.0
"""Between two previews, at least."""
_RECOLOR = {"luminance": keep_luminance, "histogram": match_colors}


def transfer_style(
    network: FeatureNetwork,
    content: np.ndarray,
    styles: Sequence[np.ndarray],
    settings: GatysSettings,
    *,
    shares: Sequence[float] | None = None,
    mask: np.ndarray | None = None,
    begin: np.ndarray | None = None,
    seed: int = 0,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    preview: Callable[[np.ndarray], None] | None = None,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Give a photograph the style of other pictures.

    Parameters
    ----------
    network : FeatureNetwork
        Feature network in evaluation mode, on the device to compute on.
    content : numpy.ndarray
        (height, width, 3) uint8, RGB.
    styles : sequence of numpy.ndarray
        The same, of any size: it is their own size that decides how large strokes become.
    settings : GatysSettings
        How.
    shares : sequence of float, optional
        Of each style; equal ones, unless given. They are brought to a sum of 1.
    mask : numpy.ndarray, optional
        (height, width) uint8: 255 where the picture changes, 0 where the photograph stays.
    begin : numpy.ndarray, optional
        A picture like ``content`` to start from, in the place of the settings' ``start``.
    seed : int
        Of noise to start from. The same gives the same picture, on a CPU bit for bit.
    checkpoint : Checkpoint, optional
        Where to save and resume, to the same picture.
    progress : callable, optional
        Called as ``progress(done, total, "640x427")`` after each evaluation.
    preview : callable, optional
        Called with the picture so far every :data:`PREVIEW_SECONDS`, and at the end.

    Returns
    -------
    numpy.ndarray, pandas.DataFrame
        The picture, (height, width, 3) uint8; and a row for each evaluation, of the picture that
        its step begins with: step, scale, width, loss, content, style, total_variation.

    Raises
    ------
    ConvatlasError
        If there is no style, or shapes do not fit; if the loss stops being a finite number.
    """
    shares = _check(content, styles, shares, mask)
    run = _Run(network, content, styles, shares, settings, mask, begin, seed)
    if checkpoint:
        run.resume(checkpoint)
    shown = time.monotonic()
    while not run.ended:
        run.step()
        if progress:
            total = settings.steps * settings.scales
            progress(settings.steps * run.scale + run.taken, total, run.named)
        if preview and (run.ended or time.monotonic() - shown > PREVIEW_SECONDS):
            preview(run.picture())
            shown = time.monotonic()
        if checkpoint and checkpoint.due():
            checkpoint.save(run.state())
    return run.picture(), pd.DataFrame(run.measured)


def _check(
    content: np.ndarray,
    styles: Sequence[np.ndarray],
    shares: Sequence[float] | None,
    mask: np.ndarray | None,
) -> list[float]:
    if not styles:
        raise ConvatlasError("there is no style picture; give one at least")
    for what, picture in [("the photograph", content), *(("a style picture", s) for s in styles)]:
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise ConvatlasError(
                f"{what} is {picture.dtype} of shape {picture.shape}; wanted is uint8 of "
                "(height, width, 3)"
            )
    if mask is not None and mask.shape != content.shape[:2]:
        raise ConvatlasError(
            f"the mask's shape {mask.shape} is not that of the photograph {content.shape[:2]}"
        )
    shares = [1.0] * len(styles) if shares is None else list(shares)
    if len(shares) != len(styles) or min(shares) < 0 or not sum(shares) > 0:
        raise ConvatlasError(
            f"{len(styles)} styles have shares {shares}; there is to be one for each, none below 0 "
            "and one above"
        )
    return [share / sum(shares) for share in shares]


class _Run:
    """A picture on its way, scale by scale."""

    _PLAIN = ("scale", "taken", "measured", "ended")

    def __init__(
        self,
        network: FeatureNetwork,
        content: np.ndarray,
        styles: Sequence[np.ndarray],
        shares: Sequence[float],
        settings: GatysSettings,
        mask: np.ndarray | None,
        begin: np.ndarray | None,
        seed: int,
    ) -> None:
        self.begin = begin
        self.network, self.shares, self.settings, self.seed = network, shares, settings, seed
        device = next(network.parameters()).device
        self.original = tensor_of(content[None], device)
        self.styles = [tensor_of(style[None], device) for style in styles]
        self.mask = None
        if mask is not None:
            self.mask = torch.from_numpy(mask.astype(np.float32) / 255).to(device)[None, None]
        self.measured: list[dict[str, Any]] = []
        self.scale, self.taken, self.ended = 0, 0, False
        self._enter(self._first())

    # ---- scales
    def _share_of_size(self, scale: int) -> float:
        return 0.5 ** (self.settings.scales - 1 - scale)

    def _enter(self, values: Tensor) -> None:
        """Begin a scale with a picture (1, 3, h, w) of its size."""
        share = self._share_of_size(self.scale)
        self.content = _resize(self.original, share)
        self.keep = None if self.mask is None else 1 - _resize(self.mask, share)
        self.loss = GatysLoss(
            self.network,
            self.content,
            [_resize(style, share) for style in self.styles],
            self.shares,
            content_layers=self.settings.content_layers,
            style_layers=self.settings.style_layers,
        )
        self.values = values.clone().contiguous().requires_grad_()
        self.before = self.values.detach().clone()
        self.optimizer = self._optimizer()

    def _first(self) -> Tensor:
        """Return the picture to start from, at the coarsest scale."""
        content = _resize(self.original, self._share_of_size(0))
        if self.begin is not None:
            return _resize(tensor_of(self.begin[None], content.device), self._share_of_size(0))
        if self.settings.start == "content":
            return content
        if self.settings.start == "style":
            size = content.shape[-2:]
            return functional.interpolate(self.styles[0], size=size, mode="bicubic").clamp(0, 1)
        noise = torch.rand(content.shape, generator=torch_generator(self.seed, "gatys noise"))
        return noise.to(content.device)

    def _optimizer(self) -> optimizers.Optimizer:
        if self.settings.optimizer == "adam":
            return optimizers.Adam([self.values], lr=self.settings.learning_rate)
        # one iteration a call: its memory lasts from call to call, so that the way is the same
        return optimizers.LBFGS(
            [self.values],
            max_iter=1,
            max_eval=1,
            history_size=self.settings.history,
            tolerance_grad=0,
            tolerance_change=0,
        )

    @property
    def named(self) -> str:
        """The size of the picture at this scale."""
        height, width = self.content.shape[-2:]
        return f"{width}x{height}"

    # ---- steps
    def step(self) -> None:
        """Take a step; end the scale where they are enough."""
        self.optimizer.step(self._evaluate)
        self.taken += 1
        if self.taken < self.settings.steps and not self._still():
            return
        if self.scale + 1 == self.settings.scales:
            self.ended = True
            return
        self.scale, self.taken = self.scale + 1, 0
        wanted = _resize(self.original, self._share_of_size(self.scale)).shape[-2:]
        finer = functional.interpolate(self.values.detach(), size=wanted, mode="bicubic")
        self._enter(finer.clamp(0, 1))

    def _still(self) -> bool:
        """Tell whether the last :data:`STRETCH` of steps, if one is over, changed too little."""
        if self.taken % STRETCH:
            return False
        now = self.values.detach().clamp(0, 1)  # beyond black and white nothing is seen to move
        moved = 255 * (now - self.before).abs().mean().item()
        self.before = now
        logger.info(
            "%s, step %d: loss %.5g, moved by %.2f levels",
            self.named, self.taken, self.measured[-1]["loss"], moved,
        )  # fmt: skip
        return moved < self.settings.tolerance_levels

    def _evaluate(self) -> Tensor:
        self.optimizer.zero_grad()
        # what cannot be shown is cut off before it is judged, not at the end: else the loss is not
        # that of the picture, which has more
        with torch.no_grad():
            self.values.clamp_(0, 1)
        # channels last: convolutions are quicker on a CPU
        picture = self._masked(self.values).contiguous(memory_format=torch.channels_last)
        terms = self.loss(picture)
        settings = self.settings
        weights = (
            settings.content_weight,
            settings.style_weight,
            settings.total_variation_weight,
        )
        loss = sum(weight * term for weight, term in zip(weights, terms, strict=True) if weight)
        loss.backward()
        numbers = terms.detach().tolist()
        if not np.isfinite(loss.item()):
            raise ConvatlasError(
                f"the loss is not a finite number at step {self.taken + 1} of {self.named}: lower "
                "the weights, or take 'adam' with a lower learning_rate"
            )
        self.measured.append(
            {
                "step": len(self.measured) + 1,
                "scale": self.scale,
                "width": self.content.shape[-1],
                "loss": loss.item(),
                **dict(zip(TERMS, numbers, strict=True)),
            }
        )
        return loss

    def _masked(self, values: Tensor) -> Tensor:
        return values if self.keep is None else torch.lerp(values, self.content, self.keep)

    def picture(self) -> np.ndarray:
        """Return the picture so far, (height, width, 3) uint8, at the size of this scale."""
        with torch.no_grad():
            made = self._masked(self.values).clamp(0, 1)
            if self.settings.color in _RECOLOR:
                made = _RECOLOR[self.settings.color](made, self.content)
                made = self._masked(made)
        return frames_of(made)[0]

    # ---- checkpoints
    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on."""
        plain = {name: getattr(self, name) for name in self._PLAIN}
        return {
            **plain,
            "values": self.values.detach(),
            "before": self.before,
            "optimizer": self.optimizer.state_dict(),
        }

    def resume(self, checkpoint: Checkpoint) -> None:
        """Take up what a checkpoint has of :meth:`state`, if it has anything."""
        # what was loaded ends with this call: of a large picture, its copies of pictures and
        # gradients take a gibibyte
        if not (state := checkpoint.load()):
            return
        for name in self._PLAIN:
            setattr(self, name, state[name])
        self._enter(state["values"].to(self.values.device))
        self.before = state["before"].to(self.values.device)
        self.optimizer.load_state_dict(state["optimizer"])
        logger.info("going on from step %d of scale %d", self.taken, self.scale + 1)


def _resize(picture: Tensor, share: float) -> Tensor:
    """Bring a picture (1, c, h, w) in [0, 1] to a share of its size, with antialiasing."""
    if share == 1:
        return picture
    size = [max(1, round(side * share)) for side in picture.shape[-2:]]
    return functional.interpolate(picture, size=size, mode="bicubic", antialias=True).clamp(0, 1)
