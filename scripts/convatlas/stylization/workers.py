"""Two frames at once on a processor, each with all of torch's threads.

A network that is alone on the cores waits after each layer for the slowest of its threads, and
whatever else wants a core (decoding, encoding) holds up all of them. With two frames under way, one
computes while the other waits: more frames (`tests/benchmarks/stylizer.py`, ``one_by_one``), and
the same bits, as each frame is still cut into as many threads.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
import psutil
import torch

from convatlas.stylization.memory import SHARE, Needs

LARGEST = 160 * 2**20
"""Bytes that a frame may take for two to be under way: memory is worth more than speed."""


def frames_at_once(needs: Needs, height: int, width: int, available: int) -> int:
    """Return how many frames are to be under way at once, 1 or 2.

    Two where the job has all cores that there are for its process (each frame takes as many threads
    as the job, and a job is not to take more cores than it asked for), and memory does.

    Parameters
    ----------
    needs : Needs
        Of the network.
    height, width : int
        Of a frame that goes through whole, in pixels.
    available : int
        Bytes.
    """
    threads = torch.get_num_threads()
    taken = height * width * needs.whole_per_pixel
    alone = cores_of_process() <= threads
    return 2 if threads > 1 and alone and taken <= LARGEST and 2 * taken <= SHARE * available else 1


def cores_of_process() -> int:
    """Return how many cores this process may run on; macOS does not say, and has all."""
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):
        return len(process.cpu_affinity())
    return psutil.cpu_count() or 1


class Workers:
    """Threads that run a network on a frame each.

    Parameters
    ----------
    count : int
        Frames at once.
    """

    def __init__(self, count: int) -> None:
        self._pool, self._fresh = ThreadPoolExecutor(count, "frame"), True

    def map(
        self, function: Callable[[np.ndarray], np.ndarray], frames: Iterable[np.ndarray]
    ) -> list[np.ndarray]:
        """Return what a function makes of each frame; if it fails, all have come to their end."""
        first, *rest = frames
        calls = [self._pool.submit(function, first)]
        if self._fresh:
            wait(calls)  # torch compiles in it, which is not for two threads at once
        calls += [self._pool.submit(function, frame) for frame in rest]
        wait(calls)
        results = [call.result() for call in calls]
        self._fresh = False
        return results
