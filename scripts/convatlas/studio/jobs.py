"""Long work for one visitor at a time, which tells how far it is and can be stopped."""

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from convatlas.devices import claim_gpu, visible_gpus
from convatlas.errors import ConvatlasError

logger = logging.getLogger(__name__)

LEAST_SECONDS = 0.2
"""Between two messages about progress."""


class StoppedError(Exception):
    """The visitor does not want it any more."""


@dataclass(frozen=True)
class Update:
    """What is new of a job.

    Attributes
    ----------
    kind : {"waiting", "progress", "picture", "done", "stopped", "failed"}
        Of what the rest tells.
    done, total : int
        How far it is.
    words : str
        For people.
    value : object
        A picture on its way, or what came of it all.
    """

    kind: str
    done: int = 0
    total: int = 0
    words: str = ""
    value: Any = None


class Job:
    """What work is given: whom to tell, and whether to go on."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.news: queue.Queue[Update] = queue.Queue()
        self._told = 0.0

    def progress(self, done: int, total: int, words: str = "") -> None:
        """Tell how far it is; this is where a stopped job ends."""
        if self.stop.is_set():
            raise StoppedError
        now = time.monotonic()
        if now - self._told >= LEAST_SECONDS or done == total:
            self._told = now
            self.news.put(Update("progress", done, total, words))

    def preview(self, picture: np.ndarray) -> None:
        """Show a picture on its way."""
        self.news.put(Update("picture", value=picture))


class Desk:
    """One device, on which one job runs at a time; the others wait in their order.

    Parameters
    ----------
    device : torch.device, optional
        A GPU if there is one, unless given.
    """

    def __init__(self, device: torch.device | None = None) -> None:
        self._gpus = visible_gpus()[:1] if device is None else []
        self.device = device or torch.device("cuda" if self._gpus else "cpu")
        self._turn = threading.Lock()
        self._running: dict[str, Job] = {}

    def run(self, tab: str, work: Callable[[Job], Any]) -> Iterator[Update]:
        """Run work in a thread of its own, and give what is new of it.

        Parameters
        ----------
        tab : str
            Whose it is: each page has one job; a new one stops it.
        work : callable
            Takes the job; what it returns is the value of the last update.

        Yields
        ------
        Update
            The last is of kind done, stopped or failed. Where nobody asks for the next any more,
            the job is stopped.
        """
        self.stop(tab)
        job = Job()
        self._running[tab] = job
        thread = threading.Thread(target=self._do, args=(job, work), name="studio", daemon=True)
        thread.start()
        try:
            while True:
                update = job.news.get()
                yield update
                if update.kind in ("done", "stopped", "failed"):
                    return
        finally:
            job.stop.set()
            if self._running.get(tab) is job:
                del self._running[tab]

    def stop(self, tab: str) -> bool:
        """Stop the job of a page, if it has one."""
        job = self._running.get(tab)
        if job is not None:
            job.stop.set()
        return job is not None

    def _do(self, job: Job, work: Callable[[Job], Any]) -> None:
        try:
            with self._my_turn(job):
                value = work(job)
            job.news.put(Update("done", value=value))
        except StoppedError:
            job.news.put(Update("stopped", words="Stopped."))
        except ConvatlasError as error:
            job.news.put(Update("failed", words=str(error)))
        except MemoryError:
            job.news.put(Update("failed", words="Memory does not do for this; take it smaller."))
        except Exception:
            logger.exception("a job of the studio failed")
            words = "This failed; the terminal in which the studio runs says why."
            job.news.put(Update("failed", words=words))

    @contextlib.contextmanager
    def _my_turn(self, job: Job) -> Iterator[None]:
        told = False
        while not self._turn.acquire(timeout=0.1):
            if job.stop.is_set():
                raise StoppedError
            if not told:
                job.news.put(Update("waiting", words="Waiting for the job before to end."))
                told = True
        try:
            if job.stop.is_set():
                raise StoppedError
            with self._device_of_its_own(job):
                yield
        finally:
            self._turn.release()

    @contextlib.contextmanager
    def _device_of_its_own(self, job: Job) -> Iterator[None]:
        """Hold the GPU, for which a run of the pipeline on this machine asks by the same lock."""
        told = False

        def wait() -> None:
            nonlocal told
            if job.stop.is_set():
                raise StoppedError
            if not told:
                words = "Waiting for the GPU, which a run of the pipeline has."
                job.news.put(Update("waiting", words=words))
                told = True

        if self._gpus:
            with claim_gpu(self._gpus, poll_seconds=0.5, on_wait=wait):
                yield
        else:
            yield
