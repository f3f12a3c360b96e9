"""Accuracies, wall time and memory of the laptop preset on the real data, through Snakemake.

Runs what is missing of `--configfile config/presets/cpu.yaml`, reads the accuracies that the
pipeline measured, and times one LeNet-5 (5 epochs, with evaluation) as one call on prepared data.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import ROOT, mirror, write_record

SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "2", "--quiet", "all"]
PRESET = ["--configfile", str(ROOT / "config" / "presets" / "cpu.yaml")]


def run(*arguments: str, folder: Path = ROOT) -> float:
    """Run Snakemake and return seconds."""
    command = [*SNAKEMAKE, "--snakefile", str(ROOT / "Snakefile"), *arguments, *PRESET]
    started = time.perf_counter()
    subprocess.run(
        command, cwd=folder, check=True, env={**os.environ, "CONVATLAS_MIRROR": str(mirror())}
    )
    return time.perf_counter() - started


def time_one_call() -> dict[str, float]:
    """Time training and evaluating one LeNet-5 in a folder where only the data are prepared."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = ["results/data/mnist/splits.json", "results/data/own_digits/splits.json"]
        prepared = run(*data, folder=folder)
        overlay = folder / "one_seed.json"
        overlay.write_text(json.dumps({"seeds": [0]}))
        command = [*SNAKEMAKE, "--snakefile", str(ROOT / "Snakefile"), *PRESET, str(overlay)]
        started = time.perf_counter()
        target = "results/evaluation/lenet5/metrics.json"
        subprocess.run([*command, "--", target], cwd=folder, check=True)
        seconds = time.perf_counter() - started
        accuracy = json.loads((folder / target).read_text())["benchmark_test"]["accuracy"]["mean"]
    return {
        "prepare_seconds": prepared,
        "train_and_evaluate_seconds": seconds,
        "accuracy": accuracy,
    }


def peak_memory() -> dict[str, float]:
    """Return the greatest peak memory in MiB over the jobs of each rule."""
    peaks: dict[str, float] = {}
    for path in (ROOT / "results" / "benchmarks").rglob("*.tsv"):
        with path.open(newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                rule = path.relative_to(ROOT / "results" / "benchmarks").parts[0]
                if row["max_rss"] not in ("NA", "-"):
                    peaks[rule] = max(peaks.get(rule, 0.0), float(row["max_rss"]))
    return dict(sorted(peaks.items()))


def main() -> None:
    whole = run()
    accuracies = {}
    for path in sorted((ROOT / "results" / "evaluation").glob("*/metrics.json")):
        for target, measured in json.loads(path.read_text()).items():
            summary = measured["accuracy"]
            accuracies[f"{path.parent.name} {target}"] = {
                **{key: summary[key] for key in ("mean", "low", "high", "values")},
                "digits": measured["digits"],
            }
    write_record(
        "accuracy",
        "python tests/benchmarks/accuracy.py",
        {
            "whole_run_seconds": whole,
            "one_call": time_one_call(),
            "peak_memory_mib": peak_memory(),
            "accuracies": accuracies,
        },
    )


if __name__ == "__main__":
    main()
