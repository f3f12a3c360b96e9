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

from convatlas.catalog import Catalog
from convatlas.denoising_catalog import DenoisingCatalog
from convatlas.files import read_json, sha256_of
from convatlas.painter_catalog import PainterCatalog

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


def _is_of_run(step: Mapping[str, Any], config: Mapping[str, Any], trained: set[str]) -> bool:
    """Tell whether a step is of this run, not of an earlier one in the same folder."""
    job = step["job"].split(" ")
    match step["rule"]:
        case "train_classifier" | "train_gan" | "sample_gan" | "judge_pictures" | "score_gan":
            return " ".join(job[:2]) in trained
        case "evaluate_classifier" | "evaluate_gan":
            return job[0] in {one.split(" ")[0] for one in trained}
        case "train_autoencoders" | "evaluate_autoencoders":
            return job[0] in Catalog(config).fitted_autoencoders()
        case "train_denoiser":
            return int(job[1]) in DenoisingCatalog(Catalog(config)).all_seeds().get(job[0], [])
        case "train_painter" | "sample_painter" | "score_painter":
            return job[0] in PainterCatalog(Catalog(config)).trained()
        case "train_grid":
            grid, seed, part = job[0], int(job[1]), int(job[2])
            known = grid in Catalog(config).fitted_grids()
            of_grid = known and seed in Catalog(config).grid_seeds(grid)
            return of_grid and part < config["grids"][grid]["jobs"]
    return True


def describe_data(
    config: Mapping[str, Any], witnesses: Sequence[str | Path]
) -> list[dict[str, Any]]:
    """Describe each dataset in use: what it stands for, its nature, digest, counts.

    Parameters
    ----------
    config : mapping
        The resolved config.
    witnesses : sequence of path
        ``splits.json`` of digits, ``partition.json`` of tables, ``pictures.json`` of pictures
        that denoisers learn from, ``clip.json`` of clips.
    """
    parts = {**config["digits"], **config["tables"]}
    described = []
    for path in map(Path, witnesses):
        name, witness = path.parent.name, read_json(path)
        if path.name == "clip.json":
            described.append(_describe_clip(name, config["clips"][name], witness))
            continue
        dataset = config["datasets"][name]
        played = [role for role, named in parts.items() if named == name]
        if path.name.startswith("pictures"):
            galleries = config["galleries"].items()
            of_painters = [role for role, named in galleries if named == name]
            played = ["denoising"] if path.name == "pictures.json" else of_painters
        described.append(
            {
                "dataset": name,
                "title": dataset["title"],
                "kind": dataset["nature"],
                "of_documents": dataset.get("of_documents", False),
                "roles": played,
                "licence": dataset["licence"],
                "source": dataset["source"],
                **_count(path, witness),
            }
        )
    return described


def _describe_clip(
    name: str, entry: Mapping[str, Any], probed: Mapping[str, Any]
) -> dict[str, Any]:
    """Describe a clip: the documents' own were not published, so that any real one is as good."""
    return {
        "dataset": name,
        "title": entry["title"],
        "kind": entry["nature"],
        "of_documents": entry["nature"] == "real",
        "roles": ["clips"],
        "licence": entry["licence"],
        "source": entry.get("file", {"urls": [""]})["urls"][0],
        "sha256": sha256_of(probed["path"]),
        "count": len(probed["timestamps"]),
        "rejected": 0,
    }


def _count(path: Path, witness: Mapping[str, Any]) -> dict[str, Any]:
    if "rows" in witness:  # a table is taken whole or not at all
        return {"sha256": witness["observations_sha256"], "count": witness["rows"], "rejected": 0}
    if "training" in witness:  # nor are any of the pictures left out
        digest, count = witness["pictures_sha256"], witness["pictures"]
        return {"sha256": digest, "count": count, "rejected": 0}
    if "left_out" in witness:  # of painters
        count, rejected = witness["pictures"], witness["left_out"]
        return {"sha256": witness["sha256"], "count": count, "rejected": rejected}
    with path.with_name("rejected.csv").open(encoding="utf-8", newline="") as file:
        rejected = sum(1 for _ in csv.DictReader(file))
    return {"sha256": witness["digits_sha256"], "count": witness["digits"], "rejected": rejected}


def describe_run(
    config: Mapping[str, Any],
    *,
    repository: str | Path,
    witnesses: Sequence[str | Path],
    histories: Sequence[str | Path],
) -> dict[str, Any]:
    """Describe a run for ``provenance.json``.

    Parameters
    ----------
    config : mapping
        The resolved config.
    repository : path
        The checkout that ran.
    witnesses : sequence of path
        ``splits.json`` or ``partition.json`` of every dataset in use.
    histories : sequence of path
        ``history.csv`` of every training; they say on which device it ran.
    """
    trained = {" ".join(Path(path).parts[-3:-1]) for path in histories}
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
        "device": ", ".join(devices) or "CPU",
        "seeds": {"once": config["seed"], "trainings": config["seeds"]},
        "data": describe_data(config, witnesses),
        "steps": [
            step
            for step in read_steps(config["pathvars"]["benchmarks"])
            if _is_of_run(step, config, trained)
        ],
        # plain values: Snakemake's own mappings and shared nodes do not survive a round trip
        "config": json.loads(json.dumps(config)),
    }
