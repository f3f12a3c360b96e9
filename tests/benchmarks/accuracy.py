"""Accuracies of the laptop preset on the real data, and LeNet-5 as one call of Snakemake.

First run the preset: `snakemake --cores 2 --configfile config/presets/cpu.yaml`. This reads what it
measured, with the commit that its provenance names; then, in an empty folder with prepared data
only, it times one LeNet-5 (5 epochs, with evaluation) as one call, with one thread and with two,
and goes on to five seeds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import ROOT, mirror, write_record

PRESET = ROOT / "config" / "presets" / "cpu.yaml"
TARGET = "results/evaluation/lenet5/metrics.json"


def run(folder: Path, seeds: list[int], *targets: str) -> float:
    """Run Snakemake in a folder with some seeds of the preset, and return seconds."""
    overlay = folder / "seeds.json"
    overlay.write_text(json.dumps({"seeds": seeds}))
    command = [sys.executable, "-m", "snakemake", *targets, "--cores", "2", "--quiet", "all"]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--configfile", str(PRESET), str(overlay)]
    environment = {**os.environ, "CONVATLAS_MIRROR": str(mirror())}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, env=environment)
    return time.perf_counter() - started


def time_lenet5() -> dict[str, object]:
    """Train and evaluate LeNet-5 on prepared data: one seed as one call, then five."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = ["results/data/mnist/splits.json", "results/data/own_digits/splits.json"]
        prepared = run(folder, [0], *data)
        seconds = run(folder, [0], TARGET)
        two_threads = ("--forcerun", "train_classifier", "--set-threads", "train_classifier=2")
        seconds_two_threads = run(folder, [0], TARGET, *two_threads)
        run(folder, [0, 1, 2, 3, 4], TARGET, "--forcerun", "train_classifier")
        five = json.loads((folder / TARGET).read_text())["benchmark_test"]["accuracy"]
    return {
        "prepare_seconds": round(prepared, 1),
        "one_call_seconds": round(seconds, 1),
        "one_call_seconds_two_threads": round(seconds_two_threads, 1),
        "test_accuracy_five_seeds": five,
    }


def read_results(results: Path) -> dict[str, object]:
    """Read accuracies, commit, time and memory of a finished run."""
    run_of_results = json.loads((results / "provenance.json").read_text())
    accuracies = {}
    for path in sorted((results / "evaluation").glob("*/metrics.json")):
        for target, measured in json.loads(path.read_text()).items():
            if "accuracy" in measured:  # else it is no classifier's: see perceptrons.py
                accuracies[f"{path.parent.name} {target}"] = measured["accuracy"]
    peaks: dict[str, float] = {}
    for step in run_of_results["steps"]:
        peak = step["peak_memory_mib"] or 0.0
        peaks[step["rule"]] = max(peaks.get(step["rule"], 0.0), peak)
    return {
        "commit_of_results": run_of_results["commit"],
        "seconds_of_work": round(sum(step["wall_seconds"] for step in run_of_results["steps"])),
        "peak_memory_mib": peaks,
        "accuracies": accuracies,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args()
    if not (options.results / "provenance.json").is_file():
        sys.exit("run `snakemake --cores 2 --configfile config/presets/cpu.yaml` first")
    numbers = {**read_results(options.results), "lenet5": time_lenet5()}
    write_record("accuracy", "python tests/benchmarks/accuracy.py", numbers)


if __name__ == "__main__":
    main()
