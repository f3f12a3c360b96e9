"""How far to distort MNIST while training `lenet5_relu_distorted`: chosen without its test set.

Trains on 50,000 of MNIST's 60,000 training pictures for 15 epochs and measures the other 10,000,
with several seeds, for distortions of growing strength and two learning rates. What has the best
mean accuracy went into config/models.yaml. No picture of the test set and no own digit is read.
"""

import argparse
import statistics
from concurrent.futures import ProcessPoolExecutor
from itertools import product

import numpy as np
import torch

from record import mirror, write_record  # which makes convatlas importable

# isort: split
from convatlas.data.idx import read_idx
from convatlas.data.splits import Part
from convatlas.models.registry import build_model
from convatlas.training.supervised import FitSettings, fit_classifier

KEYS = (
    "rotation_degrees", "shear", "scale", "aspect", "translation_pixels", "elastic_pixels",
)  # fmt: skip
STRENGTHS = {
    "mild": (6, 0.08, 0.06, 0.05, 0.8, 0.45),
    "moderate": (8, 0.1, 0.08, 0.06, 1.0, 0.6),
    "strong": (12, 0.15, 0.1, 0.1, 1.5, 0.8),
}
RATES = (0.003, 0.006)


def validate(strength: str, rate: float, seed: int) -> float:
    """Return the accuracy on the 10,000 that were held out."""
    torch.set_num_threads(1)
    images = read_idx(mirror() / "mnist" / "train-images-idx3-ubyte.gz")
    labels = read_idx(mirror() / "mnist" / "train-labels-idx1-ubyte.gz")
    order = np.random.default_rng(7).permutation(len(labels))
    train, held_out = (Part(images[i], labels[i], i) for i in (order[:50_000], order[50_000:]))
    history = fit_classifier(
        build_model("lenet.LeNet5ReLU", seed=seed),
        train=train,
        monitor=held_out,
        settings=FitSettings(
            epochs=15,
            batch_size=100,
            learning_rate=rate,
            schedule="cosine",
            augmentation=dict(zip(KEYS, STRENGTHS[strength], strict=True)),
        ),
        seed=seed,
    )
    return history[history["part"] == "monitor"]["accuracy"].iloc[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    trials = list(product(STRENGTHS, RATES, range(options.seeds)))
    with ProcessPoolExecutor(options.processes) as pool:
        accuracies = dict(zip(trials, pool.map(validate, *zip(*trials, strict=True)), strict=True))
    rows = {
        f"{strength}, learning rate {rate}": [
            round(accuracies[strength, rate, seed], 4) for seed in range(options.seeds)
        ]
        for strength, rate in product(STRENGTHS, RATES)
    }
    means = {name: round(statistics.mean(values), 5) for name, values in rows.items()}
    numbers = {"held_out_accuracy": rows, "mean": means, "best": max(means, key=means.get)}
    command = f"python tests/benchmarks/distortions.py --seeds {options.seeds}"
    write_record("distortions", command, numbers)


if __name__ == "__main__":
    main()
