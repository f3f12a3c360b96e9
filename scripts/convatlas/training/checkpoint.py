"""Checkpoints: how long training is stopped at any moment and goes on as if it had not been.

Every training loop uses this one class. The file lies outside the outputs that Snakemake knows,
since Snakemake deletes the outputs of a killed job.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from convatlas.files import atomic_path

logger = logging.getLogger(__name__)

SHARE = 0.03
"""Of a training's time, what saving its state may cost: some grow to hundreds of megabytes."""


class Checkpoint:
    """The state of a training loop on disk.

    Parameters
    ----------
    path : str or Path
        Where the state is kept.
    fingerprint : str
        Digest of everything that the result depends on (code, settings, data, seed). A state with
        another fingerprint belongs to another training and is not taken up.
    every_seconds : float
        How often :meth:`due` says yes; 0 means at every step. Seldomer if saving takes so long that
        it would cost more than :data:`SHARE` of the time.
    """

    def __init__(self, path: str | Path, fingerprint: str, every_seconds: float = 30.0) -> None:
        self.path = Path(path)
        self.fingerprint = fingerprint
        self.every_seconds = every_seconds
        self._last, self._took = time.monotonic(), 0.0

    def load(self) -> dict[str, Any] | None:
        """Return the state to go on from, or None to start afresh (the log says why)."""
        if not self.path.exists():
            return None
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            fingerprint, state = content["fingerprint"], content["state"]
        except Exception as error:  # whatever is wrong with it, training can start
            logger.warning("%s cannot be read (%s): starting afresh", self.path, error)
            return None
        if fingerprint != self.fingerprint:
            logger.info("%s is of other code, settings or data: starting afresh", self.path)
            return None
        return state

    def due(self) -> bool:
        """Tell whether it is time to save."""
        if self.every_seconds == 0:
            return True
        wait = max(self.every_seconds, self._took / SHARE)
        return time.monotonic() - self._last >= wait

    def save(self, state: dict[str, Any]) -> None:
        """Write the state; a reader finds the old one or the new one, never a half."""
        began = time.monotonic()
        with atomic_path(self.path) as part, part.open("wb") as file:
            torch.save({"fingerprint": self.fingerprint, "state": state}, file)
        self._last = time.monotonic()
        self._took = self._last - began

    def remove(self) -> None:
        """Delete the file once the results it leads to are written."""
        self.path.unlink(missing_ok=True)
        for part in self.path.parent.glob(f".{self.path.name}.*.part*"):  # of a killed process
            part.unlink(missing_ok=True)


class Pieces:
    """Arrays that a long job computes one after another, kept as they come.

    For jobs of many small fits, of which each is quickly done again: what is lost by a stop is the
    piece that was being computed, and those since the last save.

    Parameters
    ----------
    checkpoint : Checkpoint
        Where they are kept.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._kept: dict[str, torch.Tensor] = checkpoint.load() or {}
        if self._kept:
            logger.info("going on after %d pieces", len(self._kept))

    def __call__(self, key: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """Return the array of a key, from the checkpoint or computed now."""
        if key not in self._kept:
            self._kept[key] = torch.from_numpy(np.ascontiguousarray(compute()))
            if self._checkpoint.due():
                self._checkpoint.save(self._kept)
        return self._kept[key].numpy()
