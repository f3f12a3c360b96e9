"""Grids of perceptrons: all at once against one by one, on the documents' table.

`banoy`'s 175 networks (635 rows, 68 features, 2 outputs) and 952 autoencoders, 100 epochs of online
descent. One by one is the same code with a stack of one network, for fewer epochs, and the
textbook's loop in plain NumPy (`Perceptron.differentiate` for each observation). The autoencoders
run in two processes of one thread each, as two jobs would.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy loads its BLAS

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from record import mirror, write_record

# isort: split
from convatlas.data.observations import MinMax, read_text
from convatlas.models.perceptron import Perceptron
from convatlas.training.grid import fit_grid

RATES = (0.0001, 0.001, 0.01, 0.1, 0.2, 0.5, 0.9)
MEMBER = "Geographical Original of Music/default_features_1059_tracks.txt"
FEW = 2  # epochs of the slow ways


def read_music() -> np.ndarray:
    names = [*(f"feature_{n}" for n in range(1, 69)), "latitude", "longitude"]
    path = mirror() / "gom" / "Geographical_Original_of_Music.zip"
    values = read_text(path, names, member=MEMBER).values
    scaled = MinMax.of(values).scale(values)
    return scaled[np.random.default_rng(0).permutation(len(scaled))]


def fit(shapes, epochs: int, *, encode: bool = False):
    """Fit networks (depth, width) with every rate; return seconds, the fit, and peak MiB."""
    values = read_music()
    inputs, desired = values[:, :68], values[:, :68] if encode else values[:, 68:]
    networks = [Perceptron(68, (w,) * d, desired.shape[1]) for d, w in shapes for _ in RATES]
    weights = [n.draw(np.random.default_rng([0, i])) for i, n in enumerate(networks)]
    started = time.perf_counter()
    fitted = fit_grid(
        networks,
        weights,
        RATES * len(shapes),
        train=(inputs[:635], desired[:635]),
        monitor=(inputs[635:847], desired[635:847]),
        epochs=epochs,
        tolerance=0.0,  # none stops: the same work for all
        seed=0,
    )
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return seconds, fitted.history["monitor_energy"].to_numpy(), peak


def time_textbook(shapes) -> float:
    """Seconds of one epoch of every network by the plain loop."""
    values = read_music()[:635]
    inputs, desired = values[:, :68], values[:, 68:]
    started = time.perf_counter()
    for index, (depth, width) in enumerate(shapes):
        network = Perceptron(68, (width,) * depth, 2)
        for rate in RATES:
            weights = network.draw(np.random.default_rng([0, index]))
            for x, d in zip(inputs, desired, strict=True):
                _, derivatives, _ = network.differentiate(weights, x[None], d[None])
                for matrix, derivative in zip(weights, derivatives, strict=True):
                    matrix -= rate * derivative
    return time.perf_counter() - started


def fit_autoencoders(widths: list[int]):
    seconds, _, peak = fit([(1, width) for width in widths], 100, encode=True)
    return seconds, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-autoencoders", action="store_true")
    options = parser.parse_args()
    shapes = [(depth, width) for depth in range(1, 6) for width in range(1, 6)]
    seconds, _, peak = fit(shapes, 100)
    few, together, _ = fit(shapes, FEW)
    alone = [fit_alone(shape) for shape in shapes]
    single = sum(time for time, _ in alone)
    difference = np.abs(np.concatenate([energies for _, energies in alone]) - together).max()
    textbook = time_textbook(shapes) * FEW
    numbers = {
        "networks_175_100_epochs": {
            "seconds": round(seconds, 1),
            "peak_mib": round(peak),
            "times_faster_than_one_by_one": round(single / few, 1),
            "times_faster_than_textbook_loop": round(textbook / few, 1),
            "one_by_one_seconds_at_this_pace": round(single / FEW * 100),
            "largest_difference_of_energy_to_one_by_one": float(difference),
        }
    }
    if not options.skip_autoencoders:
        # every other width, so that both have the same work
        widths = [*range(1, 68), *range(69, 137)]
        started = time.perf_counter()
        with ProcessPoolExecutor(2) as pool:
            halves = list(pool.map(fit_autoencoders, [widths[::2], widths[1::2]]))
        numbers["autoencoders_100_epochs_two_processes"] = {
            "networks": len(widths) * len(RATES),
            "seconds": round(time.perf_counter() - started, 1),
            "peak_mib_of_one": round(max(peak for _, peak in halves)),
        }
    write_record("grids", "python tests/benchmarks/grids.py", numbers)


def fit_alone(shape):
    """Fit the networks of one shape one after another, in stacks of one."""
    values = read_music()
    inputs, desired = values[:, :68], values[:, 68:]
    network, energies = Perceptron(68, (shape[1],) * shape[0], 2), []
    first = len(RATES) * (5 * (shape[0] - 1) + shape[1] - 1)
    weights = [network.draw(np.random.default_rng([0, first + i])) for i in range(len(RATES))]
    started = time.perf_counter()
    for own, rate in zip(weights, RATES, strict=True):
        fitted = fit_grid(
            [network],
            [own],
            [rate],
            train=(inputs[:635], desired[:635]),
            monitor=(inputs[635:847], desired[635:847]),
            epochs=FEW,
            tolerance=0.0,
            seed=0,
        )
        energies.append(fitted.history["monitor_energy"].to_numpy())
    return time.perf_counter() - started, np.concatenate(energies)


if __name__ == "__main__":
    main()
