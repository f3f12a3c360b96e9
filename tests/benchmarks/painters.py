"""Painters on the real Monets with preset cpu.yaml: distances, copies, inversion, videos.

First make them: `snakemake --configfile config/presets/cpu.yaml -- TARGETS`, those below. This
makes sure that all of it is of the code as it stands, and reads what was measured.
"""

import argparse
from pathlib import Path

import pandas as pd

from presets import make_sure_of_code
from record import ROOT, write_record

PAINTERS = ("stylegan2", "fastgan", "cyclegan")
TARGETS = (
    "results/evaluation/painters/metrics.json",
    "results/painters/stylegan2/inversion.csv",
    "results/evaluation/videos/manners.csv",
    "results/evaluation/videos/scores.csv",
)
COLUMNS = [
    "epoch", "fid", "kid", "kid_low", "kid_high", "precision", "recall", "nearest", "nearest_real",
    "copies_1_percent", "copies_5_percent", "look_alikes_1_percent", "look_alikes_5_percent",
]  # fmt: skip
MANNERS = ["style", "frames", "fid", "kid", "floor_halves", "content_distance"]


def read_painter(results: Path, painter: str) -> dict[str, object]:
    """What a painter reached at every tick that was kept, and what its training cost."""
    folder = results / "painters" / painter
    scores = pd.read_csv(folder / "scores.csv")
    history = pd.read_csv(folder / "history.csv")
    job = pd.read_csv(results / "benchmarks" / "train_painter" / f"{painter}.tsv", sep="\t")
    return {
        "ticks": scores[COLUMNS].round(5).to_dict("records"),
        "floor_halves": float(scores["floor_halves"].iloc[0]),
        "sees": scores["sees"].iloc[0],
        "falls": float(scores["fid"].iloc[-1] / scores["fid"].iloc[0]),
        "minutes": round(float(history["seconds"].sum()) / 60, 1),  # of all stretches
        "peak_memory_mib": float(pd.to_numeric(job["max_rss"], errors="coerce").max()),
        "images_per_second": round(float(history["images_per_second"].median()), 2),
        "device": history["device"].iloc[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    parser.add_argument("--presets", nargs="+", default=["cpu"])
    options = parser.parse_args()
    make_sure_of_code(options.results, TARGETS, options.presets)
    inversion = pd.read_csv(options.results / "painters" / "stylegan2" / "inversion.csv")
    manners = pd.read_csv(options.results / "evaluation" / "videos" / "manners.csv")
    videos = pd.read_csv(options.results / "evaluation" / "videos" / "scores.csv")
    measured = videos.groupby("style")[["edge_similarity", "warping_error_ratio"]].mean()
    numbers = {
        "painters": {name: read_painter(options.results, name) for name in PAINTERS},
        "inversion": inversion.groupby("kind")[["psnr", "distance"]].mean().to_dict("index"),
        "manners": manners[MANNERS].to_dict("records"),
        "videos": measured.to_dict("index"),
    }
    write_record(
        "painters", "python tests/benchmarks/painters.py --results FOLDER/results", numbers
    )


if __name__ == "__main__":
    main()
