"""Two frames at once on a processor, each with all of torch's threads.

A network that is alone on the cores waits after each layer for the slowest of its threads, and
whatever else wants a core (decoding, encoding) holds up all of them. With two frames under way, one
computes while the other waits: more frames (`tests/benchmarks/stylizer.py`, ``one_by_one``), and
the same bits, as each frame is still cut into as many threads.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np

AT_ONCE = 2


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
