"""Training a denoiser: pictures per second against a straightforward loop, and what it reaches.

Throughput: the same network, batch, noise level and optimizer, once by `train_denoiser` with
checkpoints as in the pipeline, once by a plain PyTorch loop (DataLoader over a TensorDataset of
floats, noise by `torch.randn_like`), and once the bare network: forward and backward on one batch
that never changes, the optimizer's step. Each in turn within a round, in one process; ratios are
medians over rounds of the ratio within a round. Time is from the end of the first step to that of
the last: a checkpoint is within it, while measuring pictures at the start and at the end is not.

`--train`: the gated denoiser and DnCNN of config/denoisers.yaml, trained as it says on CIFAR-10 at
64 pixels, and measured on held-out pictures beside the noisy input, a blur, non-local means and
BM3D.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from record import ROOT, mirror, write_record

ENTRIES = ("gated", "dncnn")
HELD_OUT, SIDE, FILTER = 500, 64, "bilinear"
SIGMAS = (25.0, 15.0, 50.0)
CHECKPOINT_SECONDS = 30.0


def entries() -> dict:
    import yaml

    text = (ROOT / "config" / "denoisers.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["denoisers"]


def pictures():
    from convatlas.data.denoising_pictures import divide_pictures, read_pictures, scale_pictures

    files = [mirror() / "cifar10" / f"cifar10_batch_{number}.png" for number in range(4)]
    found = read_pictures("picture_rows", files, wanted=4000)
    return tuple(scale_pictures(p, SIDE, FILTER) for p in divide_pictures(found, HELD_OUT))


def build(entry):
    from convatlas.models.registry import build_model

    return build_model(entry["network"], seed=0, options=entry["options"])


def pipeline_loop(entry, train, held_out, steps: int) -> float:
    """Return seconds from the first step to the last by `train_denoiser`, with a checkpoint."""
    from convatlas.training.checkpoint import Checkpoint
    from convatlas.training.denoising import train_denoiser
    from convatlas.training.denoising_settings import DenoisingSettings

    network = build(entry)
    asked = {**entry["training"], "steps": steps, "records": 1, "flips": False}
    settings = DenoisingSettings.of(asked, 25.0)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "c.pt", "f", CHECKPOINT_SECONDS)
        # due at once, so that a short round pays for at least one
        checkpoint._last -= CHECKPOINT_SECONDS
        ends = []
        train_denoiser(
            network,
            pictures=train,
            held_out=held_out,
            settings=settings,
            seed=0,
            checkpoint=checkpoint,
            progress=lambda *_: ends.append(time.perf_counter()),
        )
    return ends[-1] - ends[0]


def plain_loop(entry, train, steps: int) -> float:
    """Return the same of a straightforward loop."""
    import torch
    from torch.nn import functional
    from torch.utils.data import DataLoader, TensorDataset

    network, training = build(entry), entry["training"]
    optimizer = torch.optim.Adam(network.parameters(), training["learning_rate"])
    clean = torch.from_numpy(train).permute(0, 3, 1, 2).contiguous().float() / 255
    loader = DataLoader(TensorDataset(clean), batch_size=training["batch_size"], shuffle=True)
    ends = []
    while len(ends) < steps:
        for (batch,) in loader:
            noisy = batch + 25 / 255 * torch.randn_like(batch)
            loss = functional.mse_loss(network(noisy), batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
            ends.append(time.perf_counter())
            if len(ends) == steps:
                break
    return ends[-1] - ends[0]


def bare_network(entry, train, steps: int) -> float:
    """Return the same of the network alone, laid out as in the pipeline."""
    import torch
    from torch.nn import functional

    from convatlas.training.denoising_batches import to_unit

    training = entry["training"]
    network = build(entry).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), training["learning_rate"], fused=True)
    batch = to_unit(torch.from_numpy(train[: training["batch_size"]]))
    ends = []
    for _ in range(steps):
        loss = functional.mse_loss(network(batch), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ends.append(time.perf_counter())
    return ends[-1] - ends[0]


def throughput(entry, train, held_out, *, steps: int, rounds: int) -> dict:
    ways = {
        "pipeline": lambda count: pipeline_loop(entry, train, held_out, count),
        "plain": lambda count: plain_loop(entry, train, count),
        "bare": lambda count: bare_network(entry, train, count),
    }
    for way in ways.values():
        way(2)
    seconds = [{name: way(steps) for name, way in ways.items()} for _ in range(rounds)]
    per_round = (steps - 1) * entry["training"]["batch_size"]
    return {
        "steps_a_round": steps,
        "rounds": rounds,
        "pictures_per_second": {
            name: round(per_round / statistics.median(one[name] for one in seconds), 1)
            for name in ways
        },
        "pipeline_over_plain": round(
            statistics.median(one["plain"] / one["pipeline"] for one in seconds), 3
        ),
        "share_of_a_step_that_is_the_network": round(
            statistics.median(one["bare"] / one["pipeline"] for one in seconds), 3
        ),
        "seconds_by_round": [{k: round(v, 2) for k, v in one.items()} for one in seconds],
    }


def reach(names, train, held_out, *, measured: int, scale: float) -> dict:
    """Train denoisers as the config says, and measure them beside what needs no training."""
    import pandas as pd

    from convatlas.evaluation.denoising import count_weights, score_networks
    from convatlas.evaluation.denoising_references import score_references
    from convatlas.evaluation.denoising_summary import summarise_denoisers
    from convatlas.training.denoising import train_denoiser
    from convatlas.training.denoising_settings import DenoisingSettings

    networks, histories, told = {}, {}, {}
    for name in names:
        entry = entries()[name]
        asked = dict(entry["training"])
        asked["steps"] = max(1, round(asked["steps"] * scale))
        networks[name] = build(entry)
        histories[name] = train_denoiser(
            networks[name], pictures=train[: entry["pictures"]], held_out=held_out,
            settings=DenoisingSettings.of(asked, entry["sigma"]), seed=0,
        )  # fmt: skip
        told[name] = {
            "weights": count_weights(networks[name]),
            "pictures": min(entry["pictures"], len(train)),
            "sigma": entry["sigma"],
            **asked,
            "minutes": round(histories[name]["seconds"].iloc[-1] / 60, 2),
        }
    clean = held_out[:measured]
    own, _ = score_networks(networks, clean, sigmas=SIGMAS, seed=0, shown=1)
    references = ["gaussian_blur", "non_local_means", "bm3d"]
    others, _, about = score_references(references, train, clean, sigmas=SIGMAS, seed=0, shown=1)
    metrics = summarise_denoisers(
        pd.concat([others, own]), histories, left_out=about["left_out"], dataset="cifar10"
    )
    keys = ("psnr", "ssim", "psnr_over_noisy", "psnr_over_bm3d")
    return {
        "held_out_pictures": measured,
        "trainings": told,
        "chosen": about["chosen"],
        "results": {
            name: {
                f"{key}_sigma_{sigma:g}": {
                    k: None if v is None else round(v, 4)
                    for k, v in found[f"{key}_sigma_{sigma:g}"].items()
                    if k in ("mean", "low", "high")
                }
                for sigma in SIGMAS
                for key in keys
            }
            for name, found in metrics.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", action="store_true", help="also train, some forty minutes")
    parser.add_argument("--scale", type=float, default=1.0, help="of the steps of --train")
    parser.add_argument("--names", nargs="+", default=list(ENTRIES))
    parser.add_argument("--measured", type=int, default=100)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    import torch

    torch.set_num_threads(options.threads)
    train, held_out = pictures()
    numbers = {"threads": options.threads, "pictures": len(train), "side_pixels": SIDE}
    numbers["throughput"] = throughput(
        entries()["gated"], train, held_out, steps=options.steps, rounds=options.rounds
    )
    if options.train:
        numbers["training"] = reach(
            options.names, train, held_out, measured=options.measured, scale=options.scale
        )
    write_record("denoiser", " ".join(["python", *sys.argv]), numbers)


if __name__ == "__main__":
    main()
