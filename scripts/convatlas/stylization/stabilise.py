"""Frames restyled one by one flicker; here each is averaged with those before it, along the motion.

A style transfer network is chaotic in small things: noise of one level in 255 moves its strokes.
What is new in a frame's strokes is mostly such noise, what stays is what the scene asks for, and
the mean over a few frames, each warped by the optical flow of the **originals** to where its things
are now, keeps the second. Ruder, Dosovitskiy and Brox, *Artistic style transfer for videos*, 2016,
hold a frame to the one before by the same flow and the same mask (their equations 4 to 7), in an
optimisation; Lai et al., *Learning blind video temporal consistency*, 2018, train a network for it.

What differs here from blending with the last output, which is the usual way: a frame of the past is
fetched by **one** warp, however old it is (flows are chained, pictures are not), so that nothing
blurs by being warped again and again; what is older than ``memory_frames`` is forgotten altogether,
so that a clip cut into segments is the same to the bit if each is given so many frames more at its
beginning; and the contrast that a mean takes away is given back
(:mod:`convatlas.stylization.contrast`).

Only strokes are averaged, that is what a network makes. Whatever holds a frame to its original
(its colours, a mask) is applied afterwards, or the past would show where the original has to be.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from convatlas.errors import ConvatlasError
from convatlas.stylization.contrast import restore_contrast
from convatlas.video.flow import (
    PRESETS,
    Preset,
    dense_flow,
    is_motion_boundary,
    is_occluded,
    luminance,
    resize_flow,
    shrink,
    warp,
)
from convatlas.video.shots import is_cut

Stylizer = Callable[[np.ndarray], np.ndarray]
Finish = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class StabiliserOptions:
    """What a stabiliser does.

    Attributes
    ----------
    strength : float
        0 to 1: what a frame of the past weighs against the present one, where it can be trusted.
    memory_frames : int
        Frames of the past that count; also those that a segment must see before its first.
    tolerance_levels : float
        Difference, in levels of 255 of the channel that differs most, between an original and one
        of the past warped onto it, at which the past one weighs 1/e.
    flow_long_side : int
        Flow is sought in frames made so small, pixels.
    flow_preset : {"ultrafast", "fast", "medium"}
        Of :func:`convatlas.video.flow.dense_flow`.
    contrast_bands : int
        Bands of the picture whose contrast is given back; 0 for a plain mean.
    """

    strength: float = 1.0
    memory_frames: int = 2
    tolerance_levels: float = 25.0
    flow_long_side: int = 320
    flow_preset: Preset = "fast"
    contrast_bands: int = 3

    def __post_init__(self) -> None:
        wrong = [
            ("strength", self.strength, "0 to 1", 0 <= self.strength <= 1),
            ("memory_frames", self.memory_frames, "0 or more", self.memory_frames >= 0),
            ("tolerance_levels", self.tolerance_levels, "over 0", self.tolerance_levels > 0),
            ("flow_long_side", self.flow_long_side, "16 or more", self.flow_long_side >= 16),
            ("flow_preset", self.flow_preset, ", ".join(PRESETS), self.flow_preset in PRESETS),
            ("contrast_bands", self.contrast_bands, "0 or more", self.contrast_bands >= 0),
        ]
        for name, value, wanted, fine in wrong:
            if not fine:
                raise ConvatlasError(f"stabiliser: {name} is {value!r}; {wanted} is wanted")


@dataclass
class _Past:
    """A frame of the past: as it was restyled, its small original, and where it is found now."""

    restyled: np.ndarray
    small: np.ndarray
    flow: np.ndarray
    trust: np.ndarray


class Stabilised:
    r"""A stylizer whose frames flicker less.

    Frames have to come in order; how they are cut into batches does not matter.

    Parameters
    ----------
    stylizer : callable
        (n, h, w, 3) uint8 to the same; if it has a ``reset``, that is called too.
    options : StabiliserOptions, optional
        Strength, memory and flow.
    finish : callable, optional
        From stabilised and original frames to those that are returned: for colours, a mask and
        whatever else holds a frame to its original, which an average over the past would undo. It
        takes each frame by itself.
    threads : int
        Flows are sought in so many threads, while the stylizer works.

    Notes
    -----
    Output of frame t, with restyled frames P, :math:`W_j` the warp from frame t - j and
    :math:`c_j` its weight, a number for each pixel:

    .. math:: O_t = C\Big(\frac{P_t + \sum_{j=1}^{k} c_j W_j P_{t-j}}{1 + \sum_j c_j}, P_t\\Big)

    with C of :func:`convatlas.stylization.contrast.restore_contrast`. It depends on the originals
    and restyled frames t - k to t and on nothing else.
    """

    def __init__(
        self,
        stylizer: Stylizer,
        options: StabiliserOptions | None = None,
        *,
        finish: Finish | None = None,
        threads: int = 1,
    ) -> None:
        self.stylizer, self.finish = stylizer, finish
        self.options = options or StabiliserOptions()
        self.threads = threads
        self._past: deque[_Past] = deque(maxlen=self.options.memory_frames)
        self._before: np.ndarray | None = None

    @property
    def lead(self) -> int:
        """Frames to be given before a segment's first, for the result to be as if uncut."""
        return self.options.memory_frames if self.options.strength else 0

    def reset(self) -> None:
        """Forget all frames: the next one does not follow those before."""
        self._past.clear()
        self._before = None
        if hasattr(self.stylizer, "reset"):
            self.stylizer.reset()

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Restyle frames (n, h, w, 3) uint8 that follow those of the last call.

        Raises
        ------
        ConvatlasError
            If the frames' size is not that of those before, or the stylizer changes it.
        """
        stable = self._stabilise(frames) if self.lead and len(frames) else self.stylizer(frames)
        return stable if self.finish is None else self.finish(stable, frames)

    def _stabilise(self, frames: np.ndarray) -> np.ndarray:
        frames = np.ascontiguousarray(frames)
        befores = [self._before, *frames[:-1]]
        with ThreadPoolExecutor(self.threads) as pool:
            steps = [pool.submit(self._step, *pair) for pair in zip(befores, frames, strict=True)]
            restyled = np.ascontiguousarray(self.stylizer(frames))  # as OpenCV wants it
            steps = [step.result() for step in steps]
        if restyled.shape != frames.shape:
            raise ConvatlasError(
                f"the stylizer made frames of shape {restyled.shape} of {frames.shape}: "
                "a stabiliser needs them as large as they were"
            )
        self._before = frames[-1].copy()
        return np.stack([self._blend(*one) for one in zip(restyled, steps, strict=True)])

    def _step(
        self, before: np.ndarray | None, frame: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
        """Return a small frame; the flow to the one before; how it can be trusted."""
        small = shrink(frame, self.options.flow_long_side)
        if before is None or is_cut(before, frame):
            return small.copy(), None, None
        last = luminance(shrink(before, self.options.flow_long_side))
        flow = dense_flow(luminance(small), last, self.options.flow_preset)
        reverse = dense_flow(last, luminance(small), self.options.flow_preset)
        lost = is_occluded(flow, reverse) | is_motion_boundary(flow)
        return small.copy(), flow, (~lost).astype(np.float32)

    def _blend(
        self,
        restyled: np.ndarray,
        step: tuple[np.ndarray, np.ndarray | None, np.ndarray | None],
    ) -> np.ndarray:
        small, flow, trust = step
        if flow is None:
            self._past.clear()
        for past in self._past:
            past.flow = flow + warp(past.flow, flow)
            past.trust = trust * warp(past.trust, flow)
        blended = self._average(restyled, small) if self._past else restyled
        size = small.shape[:2]
        still, sure = np.zeros((*size, 2), np.float32), np.ones(size, np.float32)
        self._past.append(_Past(restyled.copy(), small, still, sure))
        return blended

    def _average(self, restyled: np.ndarray, small: np.ndarray) -> np.ndarray:
        height, width = restyled.shape[:2]
        total = restyled.astype(np.float32)
        weight = np.ones((height, width), np.float32)
        for past in self._past:
            red, green, blue = cv2.split(cv2.absdiff(warp(past.small, past.flow), small))
            apart = cv2.max(cv2.max(red, green), blue).astype(np.float32)
            apart = cv2.blur(apart, (5, 5))
            share = past.trust * np.exp(-((apart / self.options.tolerance_levels) ** 2))
            share = cv2.resize(self.options.strength * share, (width, height))
            fetched = warp(past.restyled, resize_flow(past.flow, height, width))
            # OpenCV's sums: NumPy is slow where one weight goes with three channels
            cv2.accumulateProduct(fetched.astype(np.float32), cv2.merge([share] * 3), total)
            weight += share
        total = cv2.divide(total, cv2.merge([weight] * 3))
        bands = self.options.contrast_bands
        if bands:
            # as much as the mean of so many unlike textures lost, and no more
            most = float(np.sqrt(1 + self.options.strength * len(self._past)))
            total = restore_contrast(total, restyled, levels=bands, most=most)
        return np.clip(total + 0.5, 0, 255).astype(np.uint8)
