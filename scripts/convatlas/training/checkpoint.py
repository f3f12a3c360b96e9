"""Checkpoints: how long training is stopped at any moment and goes on as if it had not been.

Every training loop uses this one class. The file lies outside the outputs that Snakemake knows,
since Snakemake deletes the outputs of a killed job.
"""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from convatlas.errors import ConvatlasError
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
    made_with : mapping of str to str, optional
        What the fingerprint is of, in words, and what else it is good to know: a state of another
        training is then no reason to start afresh, which may cost days, but an error that says what
        differs. Where nothing but what else is known differs, the log has a warning.
    minutes : float
        After which :meth:`is_over` says yes; 0 for never.
    begun : float, optional
        Since when they count, in seconds since the epoch; since now, unless given.
    """

    def __init__(
        self,
        path: str | Path,
        fingerprint: str,
        every_seconds: float = 30.0,
        *,
        made_with: Mapping[str, str] | None = None,
        minutes: float = 0.0,
        begun: float | None = None,
    ) -> None:
        self.path = Path(path)
        self.fingerprint = fingerprint
        self.every_seconds, self.made_with, self.minutes = every_seconds, made_with, minutes
        self._begun = time.time() if begun is None else begun
        self._last, self._took = time.monotonic(), 0.0

    def load(self) -> dict[str, Any] | None:
        """Return the state to go on from, or None to start afresh (the log says why).

        Raises
        ------
        ConvatlasError
            If it is of another training, and what that was made with is known; or if it cannot be
            read, and may have cost days.
        """
        if not self.path.exists():
            return None
        try:
            content = torch.load(self.path, map_location="cpu", weights_only=True)
            fingerprint, state = content["fingerprint"], content["state"]
        except Exception as error:  # whatever is wrong with it, training can start
            if self.made_with is not None:
                raise ConvatlasError(
                    f"{self.path}: a training waits here to go on, but its state cannot be read "
                    f"({type(error).__name__}: {error}). Copy it here again, whole, or delete the "
                    "file to start afresh."
                ) from None
            logger.warning("%s cannot be read (%s): starting afresh", self.path, error)
            return None
        if fingerprint != self.fingerprint:
            if self.made_with is not None:
                raise ConvatlasError(self._tell_apart(content.get("made_with", {})))
            logger.info("%s is of other code, settings or data: starting afresh", self.path)
            return None
        if self.made_with is not None and (differ := self._differing(content["made_with"])):
            logger.warning(
                "going on with what was begun otherwise (%s): the training is the same, its bits "
                "are not those of one that never moved",
                "; ".join(differ),
            )
        return state

    def _tell_apart(self, then: Mapping[str, str]) -> str:
        return (
            f"{self.path}: a training waits here to go on, and this is another. Go back to what it "
            "was made with, or delete the file to start afresh.\n  "
            + "\n  ".join(self._differing(then))
        )

    def _differing(self, then: Mapping[str, str]) -> list[str]:
        now = self.made_with or {}
        return [
            f"{key}: {then.get(key, 'nothing')} there, {now.get(key, 'nothing')} here"
            for key in sorted({*then, *now})
            if then.get(key) != now.get(key)
        ]

    def is_over(self) -> bool:
        """Tell whether the time of this stretch is spent."""
        return self.minutes > 0 and time.time() - self._begun >= 60 * self.minutes

    def pause(self, state: dict[str, Any], where: str) -> ConvatlasError:
        """Save the state at the end of a stretch; return what says so, to be raised."""
        self.save(state)
        size = self.path.stat().st_size / 1e6
        return ConvatlasError(
            f"the {self.minutes:g} minutes of this stretch are over, {where}. Nothing is lost: the "
            f"state is in {self.path} ({size:,.1f} MB; with the folder it lies in it can be taken "
            "to another machine); run the same again to go on."
        )

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
            about = {"fingerprint": self.fingerprint, "made_with": dict(self.made_with or {})}
            torch.save({**about, "state": state}, file)
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
