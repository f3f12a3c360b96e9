"""Errors of autoencoders and predictors of the laptop preset on the real data.

First run the preset: `snakemake --cores 2 --configfile config/presets/cpu.yaml`, or the target
`perceptrons` of it. This makes sure that all of it is of the code as it stands, and reads what was
measured: errors by width against the library's and against PCA, the best networks of the grids,
distances of predicted places, and time and memory of the steps.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from presets import make_sure_of_code, read_json
from record import ROOT, write_record

RULES = ("train_autoencoders", "train_grid", "train_mixed_models", "score_origins",
         "cross_validate_origins")  # fmt: skip
PAIRS = {
    "3001 rows, as the text": ("own", "library"),
    "3001 rows, tuned": ("tuned", "library_tuned"),
    "3001 rows, tuned, sigmoid kept": ("tuned_sigmoid", "library_sigmoid"),
    "1251 rows": ("code_tuned", "library_code"),
}
"""An own network, and the library's that it is compared with."""
FLOORS = {
    "validation": "principal_components_error",
    "testing": "principal_components_testing_error",
}


def compare_autoencoders(evaluation: Path) -> dict[str, object]:
    """Errors of own networks beside the library's of the same kind, and beside PCA."""
    compared = {}
    for title, names in PAIRS.items():
        own, library = (read_json(evaluation / name / "metrics.json") for name in names)
        for width, entry in own.items():
            both = entry, library[width]
            compared[f"{title}, {width}"] = {
                "outputs": [one["outputs"] for one in both],
                **{part: compare_part(*both, part, floor) for part, floor in FLOORS.items()},
            }
    return compared


def compare_part(own: dict, library: dict, part: str, floor: str) -> dict[str, object]:
    """Mean errors over seeds on a part, and the own one's as multiples of the others'."""
    error, other = (entry[f"{part}_error"]["mean"] for entry in (own, library))
    least = own[floor]["mean"]
    return {
        "own": error,
        "library": other,
        "principal_components": least,
        "own_over_library": error / other,
        "own_over_principal_components": error / least if least > 1e-15 else None,
    }


def read_grids(evaluation: Path) -> dict[str, object]:
    """Best parameterization of each grid by seed."""
    return {
        grid: {
            key: read_json(evaluation / grid / "metrics.json")["all"][key]["values"]
            for key in ("layers", "neurons", "learning_rate", "validation_energy")
        }
        for grid in ("networks", "autoencoders_low", "autoencoders_high")
    }


def read_steps(benchmarks: Path) -> dict[str, object]:
    """Seconds of work and the highest memory of each rule."""
    measured = {}
    for rule in RULES:
        jobs = pd.concat(
            [pd.read_csv(path, sep="\t") for path in (benchmarks / rule).rglob("*.tsv")]
            or [pd.read_csv(benchmarks / f"{rule}.tsv", sep="\t")]
        )
        memory = pd.to_numeric(jobs["max_rss"], errors="coerce").max()
        measured[rule] = {
            "jobs": len(jobs),
            "seconds": round(float(jobs["s"].sum()), 1),
            "longest": round(float(jobs["s"].max()), 1),
            "peak_memory_mib": None if np.isnan(memory) else float(memory),
        }
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    results = parser.parse_args().results
    if not (results / "evaluation" / "origins" / "metrics.json").is_file():
        sys.exit("run `snakemake --cores 2 --configfile config/presets/cpu.yaml` first")
    make_sure_of_code(results, ["perceptrons"], ["cpu"])
    distances = pd.read_csv(results / "origins" / "distances.csv")
    folds = distances[distances["measure"] == "folds"]
    numbers = {
        "autoencoders": compare_autoencoders(results / "evaluation"),
        "grids": read_grids(results / "evaluation"),
        "ten_fold_km": {
            row["pipeline"]: [round(row[key]) for key in ("mean", "low", "high")]
            for row in folds.to_dict("records")
        },
        "steps": read_steps(results / "benchmarks"),
    }
    write_record(
        "perceptrons", "python tests/benchmarks/perceptrons.py --results FOLDER/results", numbers
    )


if __name__ == "__main__":
    main()
