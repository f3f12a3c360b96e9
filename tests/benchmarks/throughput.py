"""Images per second of training LeNet-5: the usual way, ours, and the bare network.

Usual way: torchvision's MNIST dataset, ToTensor and Normalize, DataLoader. Bare: the same network
and optimiser on one batch that lies in memory as float, over and over. Each is a process of its
own, in turn, several rounds, with the same network, batch and number of threads; the ratio is the
median over rounds of the ratio within a round. Last, the bare network with torch's avg_pool2d in
place of our product of matrices, which "bare" and the others have.
"""

import argparse
import functools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import mirror, write_record

WAYS = ("usual", "ours", "bare", "bare_avg_pool2d")
WARM, TIMED = 24, 216  # steps of one epoch of 240 at batch 250


def _usual(batch: int):
    import torch
    from torch.nn import functional
    from torchvision import datasets, transforms

    from convatlas.models.registry import build_model

    raw = Path(tempfile.mkdtemp()) / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (mirror() / "mnist").glob("*.gz"):
        (raw / file.name).symlink_to(file)
        (raw / file.stem).write_bytes(__import__("gzip").decompress(file.read_bytes()))
    scale = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.0,), (1.0,))])
    data = datasets.MNIST(str(raw.parents[1]), train=True, transform=scale)
    loader = torch.utils.data.DataLoader(data, batch_size=batch, shuffle=True)
    model = build_model("lenet.LeNet5", seed=0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    while True:
        for images, labels in loader:
            loss = functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield


def _bare(batch: int):
    import torch
    from torch.nn import functional

    from convatlas.models.registry import build_model

    images, labels = torch.rand(batch, 1, 28, 28), torch.randint(10, (batch,))
    model = build_model("lenet.LeNet5", seed=0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.001, weight_decay=0.0, fused=True)
    while True:
        loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield


def _ours(batch: int) -> float:
    from convatlas.data.idx import read_idx
    from convatlas.data.splits import Part
    from convatlas.models.registry import build_model
    from convatlas.training.supervised import FitSettings, fit_classifier

    images = read_idx(mirror() / "mnist" / "train-images-idx3-ubyte.gz")
    labels = read_idx(mirror() / "mnist" / "train-labels-idx1-ubyte.gz")
    stamps = []
    fit_classifier(
        build_model("lenet.LeNet5", seed=0),
        train=Part(images, labels, labels),
        monitor=Part(images[:1000], labels[:1000], labels[:1000]),
        settings=FitSettings(epochs=1, batch_size=batch),
        seed=0,
        progress=lambda *_: stamps.append(time.perf_counter()),
    )
    return TIMED * batch / (stamps[WARM + TIMED - 1] - stamps[WARM - 1])


def measure(way: str, batch: int, threads: int) -> float:
    """Return images per second of one way, in this process."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    if way == "ours":
        return _ours(batch)
    if way == "bare_avg_pool2d":
        from torch.nn import functional

        from convatlas.models import lenet

        lenet._average_pool = functools.partial(functional.avg_pool2d, kernel_size=2)
    steps = (_usual if way == "usual" else _bare)(batch)
    for _ in range(WARM):
        next(steps)
    started = time.perf_counter()
    for _ in range(TIMED):
        next(steps)
    return TIMED * batch / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.way:
        sys.stdout.write(json.dumps(measure(options.way, options.batch, options.threads)))
        return
    numbers: dict[str, dict] = {}
    for threads in (1, 2):
        speeds: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(options.rounds):
            for way in WAYS:
                command = [sys.executable, __file__, "--way", way, "--threads", str(threads)]
                command += ["--batch", str(options.batch)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                speeds[way].append(json.loads(done.stdout))
        medians = {way: statistics.median(values) for way, values in speeds.items()}
        pairs = list(zip(*speeds.values(), strict=True))
        numbers[f"{threads}_threads"] = {
            "images_per_second": {
                way: [round(v) for v in values] for way, values in speeds.items()
            },
            "median": {way: round(value) for way, value in medians.items()},
            "ours_over_usual": round(statistics.median(o / u for u, o, *_ in pairs), 3),
            "ours_over_bare": round(statistics.median(o / b for _, o, b, _ in pairs), 3),
            "bare_over_bare_avg_pool2d": round(statistics.median(b / p for *_, b, p in pairs), 3),
        }
    command = "python tests/benchmarks/throughput.py"
    command += f" --batch {options.batch} --rounds {options.rounds}"
    write_record("throughput", command, {"batch": options.batch, **numbers})


if __name__ == "__main__":
    main()
