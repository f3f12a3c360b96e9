"""A zoom into a dream: a clip whose every frame is the last one, enlarged and dreamt on.

What Mordvintsev, Olah and Tyka, *Inceptionism*, 2015, end with: a network fed with its own dream,
zoomed into a little each time, makes an endless stream of new impressions.
"""

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from PIL import Image

from convatlas.errors import ConvatlasError
from convatlas.files import atomic_path
from convatlas.models.feature_network import FeatureNetwork
from convatlas.seeding import derive_seed
from convatlas.synthesis.dream import dream_picture
from convatlas.synthesis.dream_settings import DreamSettings
from convatlas.training.checkpoint import Checkpoint
from convatlas.video.make import make_clip

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ZoomSettings:
    """How to zoom into a dream.

    Attributes
    ----------
    dream : DreamSettings
        What is dreamt into each frame.
    frames : int
        Of the clip; the first is the picture itself.
    frames_per_second : int
        How fast they are shown.
    zoom : float
        By how much each frame is enlarged to make the next; 1 for none.
    """

    dream: DreamSettings
    frames: int = 240
    frames_per_second: int = 24
    zoom: float = 1.02

    def __post_init__(self) -> None:
        for name in ("frames", "frames_per_second", "zoom"):
            if getattr(self, name) < 1:
                raise ConvatlasError(f"{name} of a zoom is {getattr(self, name)}; 1 is the least")

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Make them of a mapping, such as the config's: a dream has one octave, unless it says."""
        own = ("frames", "frames_per_second", "zoom")
        dream = {"octaves": 1} | {k: v for k, v in settings.items() if k not in own}
        return cls(DreamSettings.of(dream), **{k: v for k, v in settings.items() if k in own})


def enlarge(frame: np.ndarray, factor: float) -> np.ndarray:
    """Enlarge a frame about its centre and cut it to its own size (bicubic).

    Parameters
    ----------
    frame : numpy.ndarray
        (height, width, 3) uint8.
    factor : float
        1 or more, by parts of a pixel.

    Returns
    -------
    numpy.ndarray
        The same shape.
    """
    height, width = frame.shape[:2]
    seen = width / factor, height / factor
    left, top = (width - seen[0]) / 2, (height - seen[1]) / 2
    box = (left, top, left + seen[0], top + seen[1])
    view = Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC, box=box)
    return np.asarray(view)


def zoom_frames(
    network: FeatureNetwork,
    picture: np.ndarray,
    settings: ZoomSettings,
    *,
    seed: int = 0,
    folder: Path | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    preview: Callable[[np.ndarray], None] | None = None,
) -> Iterator[np.ndarray]:
    """Make the frames of a zoom, one after another.

    Parameters
    ----------
    network : FeatureNetwork
        In evaluation mode, on the device to compute on.
    picture : numpy.ndarray
        (height, width, 3) uint8; an odd row or column at the end is left out, for the clip to have
        even sides.
    settings : ZoomSettings
        How.
    seed : int
        Of the jitter. Each frame has a stream of its own, so that one which is made after a stop
        is the same.
    folder : Path, optional
        Where finished frames are kept (PNG), and taken from.
    progress : callable, optional
        Called as ``progress(done, total, "640x426")`` after each frame.
    preview : callable, optional
        Called with each frame that is made.

    Yields
    ------
    numpy.ndarray
        (height, width, 3) uint8: the next is made of exactly what is shown.
    """
    height, width = (side - side % 2 for side in picture.shape[:2])
    frame, kept_so_far = np.ascontiguousarray(picture[:height, :width]), True
    for number in range(settings.frames):
        kept = folder / f"{number:06d}.png" if folder else None
        kept_so_far = kept_so_far and kept is not None and kept.exists()
        if kept_so_far:
            with Image.open(kept) as opened:
                frame = np.asarray(opened)
        elif number:
            frame = dream_picture(
                network,
                enlarge(frame, settings.zoom),
                settings.dream,
                seed=derive_seed(seed, f"zoom frame {number}"),
            )
        if kept and not kept_so_far:
            with atomic_path(kept) as part:
                Image.fromarray(frame).save(part, format="PNG", compress_level=1)
        if preview and not kept_so_far:
            preview(frame)
        yield frame
        if progress:
            progress(number + 1, settings.frames, f"{width}x{height}")


def dream_zoom(
    network: FeatureNetwork,
    picture: np.ndarray,
    settings: ZoomSettings,
    path: str | Path,
    *,
    seed: int = 0,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    preview: Callable[[np.ndarray], None] | None = None,
    **encoding: Any,  # noqa: ANN401
) -> None:
    """Write a zoom as a silent clip.

    Parameters
    ----------
    network, picture, settings, seed, progress, preview
        See :func:`zoom_frames`.
    path : str or Path
        An ``.mp4``. It appears complete or not at all.
    checkpoint : Checkpoint, optional
        Whose folder keeps finished frames, each under its name once it is whole: a stopped zoom
        loses the frame that was being made. The clip is the same, since all of it is encoded at the
        end of the way, as one.
    **encoding
        Of :func:`convatlas.video.make.make_clip`.

    Raises
    ------
    ConvatlasError
        As :func:`convatlas.synthesis.dream.dream_picture`, and if the clip cannot be made.
    """
    folder = None
    if checkpoint:
        folder = checkpoint.path.with_suffix(".frames")
        if checkpoint.load() is None:  # frames may be of other settings
            shutil.rmtree(folder, ignore_errors=True)
            checkpoint.save({"begun": True})
        elif folder.is_dir():
            logger.info("going on after %d frames", len(list(folder.glob("[0-9]*.png"))))
        logger.info("finished frames can be seen in %s until the clip is made", folder.absolute())
    frames = zoom_frames(
        network, picture, settings, seed=seed, folder=folder, progress=progress, preview=preview
    )
    make_clip(frames, settings.frames_per_second, None, path, **encoding)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
