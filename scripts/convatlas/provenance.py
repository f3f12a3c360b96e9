"""What a run was made of: config, versions, machine, commit, data, time and memory of each step."""

import csv
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import torch

from convatlas.files import read_json

PACKAGES = (
    "snakemake", "torch", "torchvision", "numpy", "scipy", "pandas", "scikit-learn",
    "scikit-image", "matplotlib", "pillow", "jinja2",
)  # fmt: skip


def _git(repository: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            ["git", "-C", str(repository), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def describe_commit(repository: str | Path) -> dict[str, Any]:
    """Return commit and whether files that git knows were changed; None outside a checkout."""
    commit = _git(Path(repository), "rev-parse", "HEAD")
    changed = _git(Path(repository), "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": None if changed is None else bool(changed)}


def describe_machine() -> dict[str, Any]:
    """Return processor, cores, memory in GiB, operating system and GPUs."""
    model = platform.processor()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        lines = information.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return {
        "processor": model or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "gpus": gpus,
    }


def read_steps(benchmarks: str | Path) -> Iterator[dict[str, Any]]:
    """Give wall time and peak memory of each job, from Snakemake's benchmark files.

    Yields
    ------
    dict
        rule, job, wall_seconds, peak_memory_mib (None where the job was too short to be seen).
    """
    folder = Path(benchmarks)
    for path in sorted(folder.rglob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                rule, *job = path.relative_to(folder).with_suffix("").parts
                memory = row.get("max_rss", "NA")
                yield {
                    "rule": rule,
                    "job": " ".join(job),
                    "wall_seconds": float(row["s"]),
                    "peak_memory_mib": None if memory in ("NA", "-", "") else float(memory),
                }


def _is_of_run(step: Mapping[str, Any], trained: set[tuple[str, ...]]) -> bool:
    """Tell whether a step belongs to the trainings of this run, not to those of an earlier one."""
    job = tuple(step["job"].split(" "))
    if step["rule"] == "train_classifier":
        return job in trained
    if step["rule"] == "evaluate_classifier":
        return job[0] in {model for model, _ in trained}
    return True


def describe_data(config: Mapping[str, Any], splits: Sequence[str | Path]) -> list[dict[str, Any]]:
    """Describe each dataset in use: what it stands for, its nature, digest, counts."""
    roles = {dataset: role for role, dataset in config["digits"].items()}
    described = []
    for path in map(Path, splits):
        name, witness = path.parent.name, read_json(path)
        dataset = config["datasets"][name]
        with path.with_name("rejected.csv").open(encoding="utf-8", newline="") as file:
            rejected = sum(1 for _ in csv.DictReader(file))
        described.append(
            {
                "dataset": name,
                "title": dataset["title"],
                "kind": dataset["nature"],
                "of_documents": dataset.get("of_documents", False),
                "role": roles[name],
                "licence": dataset["licence"],
                "source": dataset["source"],
                "sha256": witness["digits_sha256"],
                "digits": witness["digits"],
                "rejected": rejected,
            }
        )
    return described


def describe_run(
    config: Mapping[str, Any],
    *,
    repository: str | Path,
    splits: Sequence[str | Path],
    histories: Sequence[str | Path],
) -> dict[str, Any]:
    """Describe a run for ``provenance.json``.

    Parameters
    ----------
    config : mapping
        The resolved config.
    repository : path
        The checkout that ran.
    splits : sequence of path
        ``splits.json`` of every dataset in use.
    histories : sequence of path
        ``history.csv`` of every training; they say on which device it ran.
    """
    trained = {tuple(Path(path).parts[-3:-1]) for path in histories}
    devices = sorted({str(pd.read_csv(path)["device"].iloc[0]) for path in histories})
    return {
        "created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "about": config["about"],
        **describe_commit(repository),
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in PACKAGES},
        },
        "machine": {key: value for key, value in describe_machine().items() if value},
        "device": ", ".join(devices),
        "seeds": {"once": config["seed"], "trainings": config["seeds"]},
        "data": describe_data(config, splits),
        "steps": [
            step
            for step in read_steps(config["pathvars"]["benchmarks"])
            if _is_of_run(step, trained)
        ],
        # plain values: Snakemake's own mappings and shared nodes do not survive a round trip
        "config": json.loads(json.dumps(config)),
    }
