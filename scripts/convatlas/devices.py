"""Which device a job computes on: a GPU of its own when it asked for one, else the CPU."""

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)


def visible_gpus() -> list[str]:
    """List the GPUs this process may use, as tokens of CUDA_VISIBLE_DEVICES.

    An existing CUDA_VISIBLE_DEVICES (of Slurm, of a colleague) is honoured: only what it lists
    may be used. Without one, NVIDIA's management library counts them; this does not start CUDA,
    which would fix the visible devices before one is chosen.
    """
    if (listed := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [token.strip() for token in listed.split(",") if token.strip() not in ("", "-1")]
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [str(index) for index in range(pynvml.nvmlDeviceGetCount())]
    finally:
        pynvml.nvmlShutdown()


@contextlib.contextmanager
def claim_gpu(
    tokens: list[str],
    *,
    folder: Path | None = None,
    poll_seconds: float = 2.0,
    on_wait: Callable[[], None] | None = None,
) -> Iterator[str]:
    """Hold one of several GPUs for the length of the block.

    Parameters
    ----------
    tokens : list of str
        Tokens of CUDA_VISIBLE_DEVICES, at least one.
    folder : Path, optional
        Where the locks lie; all jobs of one machine and user share it.
    poll_seconds : float
        Between two looks, when all are taken.
    on_wait : callable, optional
        Called at each look at which all are taken; what it raises ends the waiting.

    Yields
    ------
    str
        The token. CUDA_VISIBLE_DEVICES is set to it within the block, so that ``cuda`` means it.

    Notes
    -----
    The operating system drops the lock of a killed process. A GPU that another program uses is
    not seen: the scheduler has to keep those apart.
    """
    folder = folder or Path(tempfile.gettempdir()) / f"convatlas-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Slurm keeps its jobs' GPUs apart, and may call the first one 0 in each of them
    job = f"slurm-{slurm}-" if (slurm := os.environ.get("SLURM_JOB_ID")) else ""
    waited = False
    while True:
        for token in tokens:
            lock = FileLock(folder / f"{job}{token.replace('/', '_')}.lock")
            try:
                lock.acquire(blocking=False)
            except Timeout:
                continue
            before = os.environ.get("CUDA_VISIBLE_DEVICES")
            os.environ["CUDA_VISIBLE_DEVICES"] = token
            try:
                yield token
            finally:
                if before is None:
                    del os.environ["CUDA_VISIBLE_DEVICES"]
                else:
                    os.environ["CUDA_VISIBLE_DEVICES"] = before
                lock.release()
            return
        if not waited:
            logger.info("all of %s are taken by other jobs: waiting", ", ".join(tokens))
            waited = True
        if on_wait is not None:
            on_wait()
        time.sleep(poll_seconds)
