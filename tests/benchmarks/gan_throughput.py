"""Pictures per second of training GANs: the tutorial's way, ours, and the bare networks.

The tutorial's way is that of PyTorch's DCGAN example: torchvision's MNIST dataset, ToTensor and
Normalize, a DataLoader with two workers, sigmoid and BCELoss, all gradients in both steps,
torch's own dropout and memory format. Bare:
our step on one batch that lies in memory as float, over and over. Each is a process of its own, in
turn, several rounds, with the same networks, batch and number of threads; a ratio is the median
over rounds of the ratio within a round.
"""

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import mirror, write_record

WAYS = ("tutorial", "ours", "bare")
GANS = {"mlp_gan": ("mlp_gan.MLPGAN", 512, 0.9), "dcgan": ("dcgan.DCGAN", 128, 0.5)}
"""Pair of networks, pictures per step, Adam's first beta."""
WARM, TIMED = 4, 24


def build(gan: str):
    from convatlas.models.registry import build_model

    network, batch, beta = GANS[gan]
    return build_model(network, seed=0), batch, beta


def as_usual(pair):
    """Give the networks torch's own dropout and memory format, as anybody would write them."""
    import torch
    from torch import nn

    for parent in list(pair.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, nn.Dropout):
                setattr(parent, name, nn.Dropout(layer.p))
    return pair.to(memory_format=torch.contiguous_format)


def tutorial(gan: str):
    import torch
    from torch import nn
    from torchvision import datasets, transforms

    raw = Path(tempfile.mkdtemp()) / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file in (mirror() / "mnist").glob("*.gz"):
        (raw / file.name).symlink_to(file)
        (raw / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
    scale = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    data = datasets.MNIST(str(raw.parents[1]), train=True, transform=scale)
    pair, batch, beta = build(gan)
    pair = as_usual(pair)
    loader = torch.utils.data.DataLoader(data, batch_size=batch, shuffle=True, num_workers=2)
    d, g, criterion = nn.Sequential(pair.discriminator, nn.Sigmoid()), pair.generator, nn.BCELoss()
    d_step = torch.optim.Adam(d.parameters(), lr=0.0002, betas=(beta, 0.999))
    g_step = torch.optim.Adam(g.parameters(), lr=0.0002, betas=(beta, 0.999))
    while True:
        for real, _ in loader:
            ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
            d.zero_grad()
            loss_real = criterion(d(real), ones)
            loss_real.backward()
            fake = g(torch.randn(len(real), pair.latent_dim))
            loss_fake = criterion(d(fake.detach()), zeros)
            loss_fake.backward()
            d_step.step()
            g.zero_grad()
            loss = criterion(d(fake), ones)
            loss.backward()
            g_step.step()
            _ = loss_real.item() + loss_fake.item() + loss.item()
            yield


def bare(gan: str):
    import torch

    from convatlas.training.adversarial_settings import AdversarialSettings, OptimizerSettings
    from convatlas.training.adversarial_steps import AdversarialRun

    pair, batch, beta = build(gan)
    adam = OptimizerSettings(beta1=beta)
    run = AdversarialRun(pair, AdversarialSettings(1, batch, adam, adam), seed=0)
    real = torch.rand(batch, 1, 28, 28) * 2 - 1
    run.order = torch.arange(batch)
    while True:
        run.step(real)
        yield


def ours(gan: str) -> float:
    from convatlas.data.idx import read_idx
    from convatlas.training.adversarial import train_pair
    from convatlas.training.adversarial_settings import AdversarialSettings, OptimizerSettings

    pair, batch, beta = build(gan)
    adam, stamps = OptimizerSettings(beta1=beta), []
    images = read_idx(mirror() / "mnist" / "train-images-idx3-ubyte.gz")
    train_pair(
        pair,
        images=images[: batch * (WARM + TIMED)],
        settings=AdversarialSettings(1, batch, adam, adam),
        snapshots=[],
        seed=0,
        progress=lambda *_: stamps.append(time.perf_counter()),
    )
    return TIMED * batch / (stamps[WARM + TIMED - 1] - stamps[WARM - 1])


def measure(way: str, gan: str, threads: int) -> float:
    """Return pictures per second of one way, in this process."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    if way == "ours":
        return ours(gan)
    steps = (tutorial if way == "tutorial" else bare)(gan)
    for _ in range(WARM):
        next(steps)
    started = time.perf_counter()
    for _ in range(TIMED):
        next(steps)
    return TIMED * GANS[gan][1] / (time.perf_counter() - started)


def ratio(rounds: list[dict[str, float]], way: str) -> float:
    return round(statistics.median(one["ours"] / one[way] for one in rounds), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--gan", choices=GANS, default="mlp_gan")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if options.way:
        sys.stdout.write(json.dumps(measure(options.way, options.gan, options.threads)))
        return
    numbers = {}
    for gan in GANS:
        rounds = []
        for _ in range(options.rounds):
            command = [sys.executable, __file__, "--gan", gan, "--threads", str(options.threads)]
            speeds = [
                json.loads(
                    subprocess.run([*command, "--way", way], capture_output=True, check=True).stdout
                )
                for way in WAYS
            ]
            rounds.append(dict(zip(WAYS, speeds, strict=True)))
        numbers[gan] = {
            "batch": GANS[gan][1],
            "images_per_second": {
                way: round(statistics.median(one[way] for one in rounds)) for way in WAYS
            },
            **{f"ours_over_{way}": ratio(rounds, way) for way in ("tutorial", "bare")},
        }
    command = "python tests/benchmarks/gan_throughput.py"
    write_record("gan_throughput", command, {"threads": options.threads, **numbers})


if __name__ == "__main__":
    main()
