"""What a script needs from its rule: log, device, threads, seed, checkpoint, progress.

The only module that knows Snakemake, and only by the attributes of the object that it gives to a
script; it imports nothing of it.
"""

import contextlib
import fcntl
import hashlib
import itertools
import json
import logging
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import psutil
from tqdm import tqdm

from convatlas.devices import claim_gpu, visible_gpus
from convatlas.errors import ConvatlasError
from convatlas.files import sha256_of

logger = logging.getLogger("convatlas")

LOG_SECONDS, DRAW_SECONDS = 10.0, 0.5
"""Between two lines of progress in the log, and between two looks of the bar."""
STATE = Path(".snakemake") / "convatlas"
"""Beside Snakemake's own state, in the working directory: checkpoints and the terminal's lock."""


class Terminal:
    """Tells whether this job is the only one running, and so may draw on the terminal.

    Every job holds a shared lock on one file; whoever can turn its own into an exclusive one is
    alone. The operating system drops the lock of a killed job.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("a")
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def is_ours(self) -> bool:
        """Return True when no other job is running."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._file, fcntl.LOCK_SH)
        return True

    def close(self) -> None:
        """Let the others know that this job is over."""
        self._file.close()


class Progress:
    """A bar on the terminal for a job that runs alone; lines in the log for every job."""

    def __init__(self, name: str, terminal: Terminal, stream: TextIO) -> None:
        self._terminal, self._stream, self._name = terminal, stream, name
        self._bar: tqdm | None = None
        self._first: int | None = None
        self._begun = self._drawn = self._logged = time.monotonic()

    def __call__(self, done: int, total: int | None, where: str = "") -> None:
        """Tell how many of how many (None: unknown) pictures or bytes are done, and where it is."""
        now = time.monotonic()
        if self._first is None:  # what came before, reading data, is not part of the pace
            self._first, self._begun, self._logged = done, now, now
        if now - self._drawn > DRAW_SECONDS and self._stream.isatty():
            self._drawn = now
            self._draw(done, total, where)
        if now - self._logged > LOG_SECONDS:
            self._logged = now
            logger.info("%s", self._describe(done, total, now - self._begun, where))

    def _describe(self, done: int, total: int | None, seconds: float, where: str) -> str:
        rate = (done - (self._first or 0)) / seconds
        text = f"{done} done, {rate:.0f} a second"
        if total and rate > 0:
            left = tqdm.format_interval((total - done) / rate)
            text += f", {100 * done / total:.1f} % of {total}, {left} left"
        return f"{where}: {text}" if where else text

    def _draw(self, done: int, total: int | None, where: str) -> None:
        if not self._terminal.is_ours():  # another job's lines and ours would be mixed
            if self._bar is not None:
                self._bar.clear()
            return
        if self._bar is None:  # tqdm draws at once
            self._bar = tqdm(
                desc=self._name,
                total=total,
                initial=done,
                file=self._stream,
                leave=False,
                unit="",
                unit_scale=True,
                dynamic_ncols=True,
            )
        self._bar.n = done
        self._bar.set_postfix_str(where, refresh=False)
        self._bar.refresh()

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._bar is not None:
            self._bar.close()


def _begin_of_run() -> float:
    """Return since when the Snakemake is there that this job is of, seconds since the epoch.

    A machine that is lent for half an hour is lent to all jobs together, also to the second one. On
    a cluster each job has a Snakemake of its own.
    """
    begun = time.time()
    for process in psutil.Process().parents():
        with contextlib.suppress(psutil.Error):
            if _is_snakemake(process.cmdline()):
                begun = process.create_time()
    return begun


def _is_snakemake(words: list[str]) -> bool:
    """Tell Snakemake's command from a script or a terminal that is named after it."""
    names = [Path(word).name for word in words[:4]]
    return "snakemake" in names[:2] or ("-m", "snakemake") in itertools.pairwise(names)


class Job:
    """One run of a script under Snakemake.

    Attributes
    ----------
    name : str
        The rule and its wildcards, as its log file is named.
    progress : Progress
        Callback for the package's loops.
    """

    def __init__(self, snakemake: Any, progress: Progress, stack: contextlib.ExitStack) -> None:  # noqa: ANN401
        self._snakemake, self._stack = snakemake, stack
        self._device = None
        self.name = describe_job(snakemake)
        self.progress = progress

    @property
    def device(self) -> Any:  # noqa: ANN401 - importing torch for the annotation would cost 2 s
        """The torch device: a GPU of its own if the rule asked for one and there is one."""
        if self._device is None:
            self._device = self._choose_device()
        return self._device

    @property
    def device_name(self) -> str:
        """What the job computes on, for its records: the GPU's name, or CPU."""
        import torch

        return "CPU" if self.device.type == "cpu" else torch.cuda.get_device_name(0)

    def _choose_device(self) -> Any:  # noqa: ANN401
        import torch

        torch.set_num_threads(self._snakemake.threads)
        wanted = int(self._snakemake.resources.get("gpu", 0))
        tokens = visible_gpus() if wanted else []
        if not tokens:
            reason = "no GPU here" if wanted else "not asked for (--resources gpu=1)"
            logger.info("computing on the CPU: %s", reason)
            return torch.device("cpu")
        token = self._stack.enter_context(claim_gpu(tokens))
        if not torch.cuda.is_available():
            logger.warning("GPU %s is there, but torch cannot use it: computing on the CPU", token)
            return torch.device("cpu")
        logger.info("computing on GPU %s (%s)", token, torch.cuda.get_device_name(0))
        return torch.device("cuda")

    def checkpoint(
        self, every_seconds: float, *, strict: bool = False, minutes: float = 0.0
    ) -> Any:  # noqa: ANN401
        """Return this job's checkpoint, bound to its settings, inputs, device and threads.

        ``strict``: a state of other settings or inputs is an error, and one of another device or
        other threads, which change bits and no more, is gone on from with a warning. ``minutes``:
        how long a stretch is, counted from the start of the run that this job is of. See
        :class:`convatlas.training.checkpoint.Checkpoint`.
        """
        from convatlas.training.checkpoint import Checkpoint

        parts = {
            "params": {key: repr(value) for key, value in self._snakemake.params.items()},
            "inputs": [sha256_of(path) for path in self._snakemake.input],
        }
        machine = {"device": self.device.type, "threads": self._snakemake.threads}
        if not strict:
            parts |= machine
        fingerprint = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
        path = STATE / "checkpoints" / f"{self.name.replace(' ', '/')}.pt"
        made_with = self._tell(parts["inputs"], machine) if strict else None
        checkpoint = Checkpoint(
            path,
            fingerprint,
            every_seconds,
            made_with=made_with,
            minutes=minutes,
            begun=_begin_of_run(),
        )
        self._stack.push(lambda error, *_: checkpoint.remove() if error is None else None)
        return checkpoint

    def _tell(self, digests: list[str], machine: Mapping[str, Any]) -> dict[str, str]:
        """Lay out what a checkpoint was made with, a line each."""
        told = {f"input {path}": digest[:12] for path, digest in
                zip(self._snakemake.input, digests, strict=True)}  # fmt: skip
        told |= {key: str(value) for key, value in machine.items()}
        for key, value in self._snakemake.params.items():
            told |= dict(_flatten(key, value))
        return told

    def pieces(self, every_seconds: float) -> Any:  # noqa: ANN401
        """Return what keeps this job's finished pieces: a checkpoint of a job of many fits."""
        from convatlas.training.checkpoint import Pieces

        return Pieces(self.checkpoint(every_seconds))


def _flatten(key: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Give the leaves of nested mappings with their dotted keys."""
    if not isinstance(value, Mapping):
        yield key, repr(value)
        return
    for name, below in value.items():
        yield from _flatten(f"{key}.{name}", below)


def describe_job(snakemake: Any) -> str:  # noqa: ANN401
    """Return rule and wildcards in one line, e.g. ``train_classifier lenet5 0``."""
    return " ".join([snakemake.rule, *map(str, snakemake.wildcards)])


@contextlib.contextmanager
def start_job(snakemake: Any) -> Iterator[Job]:  # noqa: ANN401
    """Set up a script's log, device and progress, and clean up after it.

    Parameters
    ----------
    snakemake : snakemake.script.Snakemake
        What Snakemake gives to a script.

    Yields
    ------
    Job
        The job. An error meant for people ends the script with its message alone; the log has
        the traceback of any error.
    """
    handler = logging.FileHandler(snakemake.log[0], mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.addHandler(handler)
    logging.getLogger("convatlas").setLevel(logging.INFO)
    warnings.simplefilter("default")
    stream = sys.stderr
    terminal = Terminal(STATE / "terminal.lock")
    progress = Progress(describe_job(snakemake), terminal, stream)
    started = time.monotonic()
    try:
        with contextlib.ExitStack() as stack:
            stack.callback(progress.close)
            yield Job(snakemake, progress, stack)
        logger.info("done in %.1f s", time.monotonic() - started)
    except ConvatlasError as error:
        logger.exception("stopped")
        stream.write(f"\n{describe_job(snakemake)}: {error}\n")
        raise SystemExit(1) from None
    except Exception:
        logger.exception("failed")
        raise
    finally:
        terminal.close()
        root.removeHandler(handler)
        handler.close()
