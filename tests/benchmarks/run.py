"""Run every benchmark in turn; each writes its record to tests/benchmarks/results/."""

import subprocess
import sys
from pathlib import Path

for benchmark in (
    "throughput",
    "normaliser",
    "distortions",
    "accuracy",
    "grids",
    "perceptrons",
    "fid",
    "gan_throughput",
    "stylegan_throughput",
    "stylizer",
    "video",
    "stabiliser",
    "perceptual",
    "gatys",
    "dream",
    "denoiser",
):
    subprocess.run([sys.executable, str(Path(__file__).parent / f"{benchmark}.py")], check=True)
