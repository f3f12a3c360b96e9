"""What scale costs: time to a plan for many clips and grid points, and to see that all is done.

    python tests/benchmarks/scale.py [--sizes 10 1000 10000] [--give-up 1800]

Plans are dry runs of the full config in a folder of their own, with nothing made yet. Clips x
styles are so many clips that this pipeline makes, in ten styles (the first size: five clips in
two). Grid points are a grid split into a job for each point, which nobody needs (a job fits
thousands of them) but which is how many jobs a grid can be. For what is done, empty files stand in
for all results, and Snakemake's own --touch records them. Seconds are on the wall and of the
processor, of one process.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import ROOT, write_record

SIZES = (10, 1_000, 10_000)
STYLES = 10
ROUNDS = 3
CLIP = {
    "container": "mov,mp4,m4a,3gp,3g2,mj2",
    "path": "clip.mp4",
    "codec": "h264",
    "pixel_format": "yuv420p",
}
"""What of a clip the plan asks for: whether browsers play it."""


def snakemake(folder: Path, *arguments: str, give_up: float) -> dict:
    """Run it in a folder; return seconds, number of jobs, and what it said."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"),
               "--directory", str(folder), "--cores", "2", *arguments]  # fmt: skip
    with (folder / "output.txt").open("w+") as output:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        signal.signal(signal.SIGALRM, lambda *_: process.kill())
        signal.alarm(round(give_up))
        _, status, usage = os.wait4(process.pid, 0)
        signal.alarm(0)
        wall = time.perf_counter() - began
        output.seek(0)
        said = output.read()
    if os.WIFSIGNALED(status):
        return {"gave_up_after_seconds": round(wall)}
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)}\n{said[-6000:]}")
    total = re.search(r"^total\s+(\d+)$", said, re.MULTILINE)
    return {
        "jobs": int(total[1]) if total else 0,
        "wall_seconds": round(wall, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "mebibytes": round(usage.ru_maxrss / 1024),
        "said": said,
    }


def measure(folder: Path, *arguments: str, rounds: int = 1, give_up: float = 1800) -> dict:
    """Return the quickest of some rounds: what else runs on the machine only ever adds."""
    runs = [snakemake(folder, *arguments, give_up=give_up) for _ in range(rounds)]
    best = min(runs, key=lambda run: run.get("wall_seconds", float("inf")))
    return {key: value for key, value in best.items() if key != "said"}


def plan_clips(size: int, give_up: float) -> dict:
    """Plan so many restyled clips, before any of them was looked at."""
    styles = STYLES if size > STYLES else 2
    clip = {"title": "a pan", "nature": "simulated", "licence": "CC BY 2.0", "made": "pan"}
    style = {"title": "a style", "stylizer": "published_wave", "strength": 1.0, "color": "style",
             "stabilise": False}  # fmt: skip
    clips = {f"made{number}": clip for number in range(size // styles)}
    named = {f"style{number}": style for number in range(styles)}
    asked = {"clips": [*clips], "styles": [*named], "side_by_side": False}
    return plan({"clips": clips, "styles": named, "videos": asked}, "videos", give_up)


def plan_grid(size: int, give_up: float) -> dict:
    """Plan a grid of so many networks with a job for each."""
    rates = [round(0.0001 * number, 4) for number in range(1, size + 1)]
    grid = {"depths": [1], "widths": [1], "learning_rates": rates, "shown_rates": rates[:1],
            "repeats": 1, "jobs": size}  # fmt: skip
    target = "results/grids/autoencoders_low/results.csv"
    return plan({"grids": {"autoencoders_low": grid}}, target, give_up)


def plan(changes: dict, target: str, give_up: float) -> dict:
    with tempfile.TemporaryDirectory() as name:
        config = Path(name) / "changes.yaml"
        config.write_text(json.dumps(changes))
        told = ("--dry-run", "--quiet", "all", "--configfile", str(config), "--", target)
        return measure(Path(name), *told, give_up=give_up)


def make_done(folder: Path, give_up: float) -> None:
    """Let stand-ins of all results lie there, and Snakemake believe that it made them."""
    # twice: of clips that were looked at, the second time more is known
    for _ in range(2):
        told = snakemake(folder, "--summary", "--", "all", give_up=give_up)["said"]
        lines = told[told.index("output_file\t") :].splitlines()[1:]
        for file in (folder / line.split("\t")[0] for line in lines if "\t" in line):
            if not file.suffix:  # what a rule makes is a folder, then
                file.mkdir(parents=True, exist_ok=True)
            elif not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(stand_in(file.name))
    snakemake(folder, "--touch", "--", "all", give_up=give_up)


def stand_in(name: str) -> str:
    return {"segments.json": "[[0, 1]]", "clip.json": json.dumps(CLIP)}.get(name, "")


def size_of(folder: Path) -> dict:
    """Count files and what they hold."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    sizes = [path.stat().st_size for path in files]
    return {"files": len(files), "mebibytes": round(sum(sizes) / 2**20, 2)}


def measure_done(give_up: float) -> dict:
    """Plan the full config with nothing made; then with everything made, dry and for real."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dry = ("--dry-run", "--quiet", "all")
        first = measure(folder, *dry, "--", "all", rounds=ROUNDS, give_up=give_up)
        one = measure(folder, *dry, "--", "results/clips/pan.mp4", rounds=ROUNDS, give_up=give_up)
        make_done(folder, give_up)
        done = measure(folder, *dry, "--", "all", rounds=ROUNDS, give_up=give_up)
        again = measure(folder, "--", "all", rounds=ROUNDS, give_up=give_up)
        if done["jobs"] or again["jobs"]:
            sys.exit("not everything is done: see make_done")
        return {
            "nothing_made": first,
            "a_single_job": one,
            "all_made": done,
            "all_made_for_real": again,
            "state": size_of(folder / ".snakemake"),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--give-up", type=float, default=1800, help="seconds for one plan")
    asked = parser.parse_args()
    numbers = {"full_config": measure_done(asked.give_up), "clips_x_styles": {}, "grid_points": {}}
    for size in asked.sizes:
        numbers["clips_x_styles"][size] = plan_clips(size, asked.give_up)
        numbers["grid_points"][size] = plan_grid(size, asked.give_up)
    write_record("scale", "python tests/benchmarks/scale.py", numbers)


if __name__ == "__main__":
    main()
