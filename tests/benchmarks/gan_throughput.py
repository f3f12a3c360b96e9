"""Pictures per second of training GANs: the tutorial's way, ours, and the bare step.

The tutorial's way is that of PyTorch's DCGAN example: torchvision's MNIST dataset, ToTensor and
Normalize, a DataLoader with two workers, sigmoid and BCELoss, all gradients in both steps,
torch's own dropout and memory format; each time a process of its own. Ours and the bare step take
turns in one process, on the same real batches in the same order: bare is our step on batches that
lie in memory as float, without shuffling, bringing to floats, history or progress. Beside them the
forward and backward passes alone, without optimizers, latent vectors and measures: what fraction of
our step the networks are. Same networks, batch and number of threads everywhere; a ratio is the
median over rounds of the ratio within a round.
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

WAYS = ("tutorial", "alternating")
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


def pass_through(pair, real) -> None:
    """Run the forward and backward passes of a step, and nothing else."""
    import torch
    from torch.nn import functional

    def loss(logits, label):
        return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))

    fake = pair.generator(torch.randn(len(real), pair.latent_dim))
    pair.discriminator.requires_grad_(requires_grad=True)
    logits = pair.discriminator(real), pair.discriminator(fake.detach())
    (loss(logits[0], 1.0) + loss(logits[1], 0.0)).backward()
    pair.discriminator.requires_grad_(requires_grad=False)
    loss(pair.discriminator(fake), 1.0).backward()


def seconds(step, batches) -> float:
    """Return what a step takes on all but the first few batches."""
    for batch in batches[:WARM]:
        step(batch)
    started = time.perf_counter()
    for batch in batches[WARM:]:
        step(batch)
    return time.perf_counter() - started


def alternate(gan: str, rounds: int) -> list[dict[str, float]]:
    """Return pictures per second of ours, bare and the passes alone, which take turns."""
    import torch

    from convatlas.data.idx import read_idx
    from convatlas.training.adversarial import train_pair
    from convatlas.training.adversarial_settings import AdversarialSettings, OptimizerSettings
    from convatlas.training.adversarial_steps import AdversarialRun, to_unit_range

    pairs = [build(gan) for _ in range(3)]
    (pair, batch, beta), (bare, *_), (passed, *_) = pairs
    adam = OptimizerSettings(beta1=beta)
    settings = AdversarialSettings(1, batch, adam, adam)
    images = read_idx(mirror() / "mnist" / "train-images-idx3-ubyte.gz")
    images = images[: batch * (WARM + TIMED)]
    run = AdversarialRun(bare, settings, seed=0)
    # the order in which ours takes them, too
    run.order = torch.randperm(len(images), generator=run.streams["shuffle"])
    pictures = to_unit_range(torch.from_numpy(images)[run.order]).unsqueeze(1)
    batches = list(pictures.split(batch))
    measured = []
    for _ in range(rounds):
        stamps: list[float] = []
        train_pair(
            pair,
            images=images,
            settings=settings,
            snapshots=[],
            seed=0,
            progress=lambda *_, stamps=stamps: stamps.append(time.perf_counter()),
        )
        taken = {
            "ours": stamps[-1] - stamps[WARM - 1],
            "bare": seconds(run.step, batches),
            "passes": seconds(lambda real: pass_through(passed, real), batches),
        }
        measured.append({way: TIMED * batch / spent for way, spent in taken.items()})
    return measured


def measure_tutorial(gan: str) -> float:
    """Return pictures per second of the tutorial's way, in this process."""
    steps = tutorial(gan)
    for _ in range(WARM):
        next(steps)
    started = time.perf_counter()
    for _ in range(TIMED):
        next(steps)
    return TIMED * GANS[gan][1] / (time.perf_counter() - started)


def measure(way: str, gan: str, threads: int):
    """Measure in this process: a number, or of ways that take turns, a round of them."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    return measure_tutorial(gan) if way == "tutorial" else alternate(gan, 3)


def ratio(rounds: list[dict[str, float]], one: str, other: str) -> float:
    return round(statistics.median(speeds[one] / speeds[other] for speeds in rounds), 3)


def spread(rounds: list[dict[str, float]], one: str, other: str) -> list[float]:
    ratios = [speeds[one] / speeds[other] for speeds in rounds]
    return [round(min(ratios), 3), round(max(ratios), 3)]


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
            tutorials, turns = (
                json.loads(
                    subprocess.run([*command, "--way", way], capture_output=True, check=True).stdout
                )
                for way in WAYS
            )
            rounds += [{"tutorial": tutorials, **turn} for turn in turns]
        numbers[gan] = {
            "batch": GANS[gan][1],
            "images_per_second": {
                way: round(statistics.median(one[way] for one in rounds)) for way in rounds[0]
            },
            **{f"ours_over_{way}": ratio(rounds, "ours", way) for way in ("tutorial", "bare")},
            "ours_over_bare_from_to": spread(rounds, "ours", "bare"),
            "network_share_of_a_step": ratio(rounds, "ours", "passes"),
        }
    command = "python tests/benchmarks/gan_throughput.py"
    write_record("gan_throughput", command, {"threads": options.threads, **numbers})


if __name__ == "__main__":
    main()
