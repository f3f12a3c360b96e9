"""GANs on the real MNIST at their documents' epochs: distances, classes, discriminators, time.

First make them: `snakemake gans`, with presets cpu.yaml, overnight.yaml and, where the processor
has AMX, bfloat16.yaml; name the same here. This makes sure that all of it is of the code as it
stands, and reads what was measured. With --gans, of those alone, and of the recipes those that are
there, or that --recipes names; what the record has of others stays, each with the commit and the
machine that it was measured with.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import yaml
from snakemake.utils import update_config

from presets import make_sure_of_code, read_json
from record import RESULTS, ROOT, describe_run, write_record

FEATURES = "lenet"
DISTANCES = ("fid", "floor_train", "floor_halves", "kid", "precision", "recall")
SIDES = ("mean", "lowest", "highest")
"""Of a share: over seeds and the last steps of the last epoch."""
GANS = ("dcgan", "dcgan_improved", "mlp_gan", "mlp_gan_improved", "dcgan_sepulveda", "dcgan_long")
RECIPES = (
    "dcgan_plain", "dcgan_average", "dcgan_penalty",
    "mlp_gan_plain", "mlp_gan_rounded", "mlp_gan_average",
    "mlp_gan_momentum", "mlp_gan_penalty", "mlp_gan_rate",
)  # fmt: skip


def read_gan(results: Path, gan: str) -> dict[str, object]:
    """What a GAN reached after its last epoch, mean over its seeds."""
    metrics = read_json(results / "evaluation" / gan / "metrics.json")
    measured = {
        part: {name: metrics[f"{FEATURES}_{part}"][name]["mean"] for name in DISTANCES}
        for part in ("validation", "test")
        if f"{FEATURES}_{part}" in metrics
    }
    return {
        **read_times(results, gan),
        **measured,
        "classes": {name: entry["mean"] for name, entry in metrics["classes"].items()
                    if isinstance(entry, dict)},
        "taken_for_real": {
            kind: {
                mode: {side: entry[f"share_real_{mode}"][side] for side in SIDES}
                for mode in ("eval", "train")
            }
            for kind, entry in metrics.items()
            if "share_real_eval" in entry
        },
    }  # fmt: skip


def read_times(results: Path, gan: str) -> dict[str, object]:
    """Epochs, minutes of each seed's whole job, and its highest memory."""
    jobs = sorted((results / "benchmarks" / "train_gan" / gan).glob("*.tsv"))
    measured = pd.concat([pd.read_csv(path, sep="\t") for path in jobs])
    history = pd.read_csv(next((results / "gans" / gan).glob("*/history.csv")))
    return {
        "epochs": len(history),
        "seeds": len(jobs),
        "minutes": [round(seconds / 60, 1) for seconds in measured["s"]],
        "images_per_second": round(history["images_per_second"].median()),
        "peak_memory_mib": float(pd.to_numeric(measured["max_rss"], errors="coerce").max()),
        "warnings": int(history["warning"].notna().sum()),
    }


def find_recipes(results: Path) -> list[str]:
    """Name the recipes that were measured."""
    return [name for name in RECIPES if (results / "evaluation" / name / "metrics.json").exists()]


def read_settings(presets: Sequence[str]) -> dict[str, dict[str, object]]:
    """Config of every GAN, with presets over it, as Snakemake lays them over one another."""
    config: dict[str, object] = {}
    for name in ("gans", *(f"presets/{preset}" for preset in presets)):
        update_config(config, yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text()))
    return config["gans"]


def add_measured(
    former: dict[str, object],
    results: Path,
    names: Sequence[str],
    order: Sequence[str],
    presets: Sequence[str],
) -> dict[str, object]:
    """What the record has, with GANs measured now in the place of what it has of them."""
    settings = read_settings(presets)
    now = {
        name: {
            **describe_run(),
            "presets": list(presets),
            "precision": settings[name]["training"].get("precision", "float32"),
            **read_gan(results, name),
        }
        for name in names
    }
    both = {**former, **now}
    return {name: both[name] for name in order if name in both}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    parser.add_argument("--gans", nargs="+", choices=GANS)
    parser.add_argument("--recipes", nargs="*", choices=RECIPES)
    parser.add_argument("--presets", nargs="+", default=["cpu", "overnight"])
    options = parser.parse_args()
    gans, recipes = options.gans or GANS, options.recipes
    if recipes is None:
        recipes = RECIPES if options.gans is None else find_recipes(options.results)
    targets = [f"results/evaluation/{gan}/metrics.json" for gan in (*gans, *recipes)]
    make_sure_of_code(options.results, targets, options.presets)
    former = RESULTS / "gans.json"
    record = read_json(former) if former.exists() else {}
    measured = add_measured(record.get("gans", {}), options.results, gans, GANS, options.presets)
    numbers = {
        "features": FEATURES,
        "gans": measured,
        "recipes": add_measured(
            record.get("recipes", {}), options.results, recipes, RECIPES, options.presets
        ),
        "improved_over_document": {
            gan: measured[f"{gan}_improved"]["test"]["fid"] / measured[gan]["test"]["fid"]
            for gan in ("dcgan", "mlp_gan")
            if {gan, f"{gan}_improved"} <= measured.keys()
        },
    }
    command = "python tests/benchmarks/gans.py --results FOLDER/results --presets "
    write_record("gans", command + " ".join(options.presets), numbers)


if __name__ == "__main__":
    main()
