"""Training a denoiser: pictures per second against a straightforward loop, and what it reaches.

Throughput: the same network, batch, crops, flips, noise level and optimizer, once by
`train_denoiser` with checkpoints as in the pipeline, once by a plain PyTorch loop (DataLoader over
floats, torchvision's random crop and flip of each picture, noise by `torch.randn_like`), and once
the bare network: forward and backward on one batch that never changes, the optimizer's step.
Each in turn within a round, in one process; ratios are medians over rounds of the ratio within a
round. Time is from the end of the first step to that of the last: a checkpoint is within it, while
measuring pictures at the start and at the end is not.

What denoisers reach on held-out pictures, beside the noisy input, a blur, non-local means and BM3D,
and how long their trainings took, is read from what the pipeline made with presets/cpu.yaml:
`snakemake --cores 2 --configfile config/presets/cpu.yaml -- denoisers`.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from presets import make_sure_of_code, read_json
from record import ROOT, mirror, write_record

ENTRIES = ("gated", "dncnn")
HELD_OUT, SIDE, FILTER = 500, 64, "bilinear"
SIGMAS = (25.0, 15.0, 50.0)
CHECKPOINT_SECONDS = 30.0
OF_PICTURES = ("psnr", "ssim", "psnr_over_noisy", "psnr_over_bm3d")
OF_TRAINING = ("training_minutes", "train_psnr", "held_out_psnr")


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
    asked = {**entry["training"], "steps": steps, "records": 1}
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
    from torch.utils.data import DataLoader, Dataset
    from torchvision.transforms import v2

    network, training = build(entry), entry["training"]
    optimizer = torch.optim.Adam(network.parameters(), training["learning_rate"])
    clean = torch.from_numpy(train).permute(0, 3, 1, 2).contiguous().float() / 255
    change = v2.Compose([v2.RandomCrop(training["crop_pixels"]), v2.RandomHorizontalFlip()])

    class Pictures(Dataset):
        def __len__(self):
            return len(clean)

        def __getitem__(self, index):
            return change(clean[index])

    loader = DataLoader(Pictures(), batch_size=training["batch_size"], shuffle=True)
    ends = []
    while len(ends) < steps:
        for batch in loader:
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
    side = training["crop_pixels"]
    batch = to_unit(torch.from_numpy(train[: training["batch_size"], :side, :side]))
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


def read_reached(results: Path) -> dict:
    """Read what the pipeline's denoisers reached, beside what needs no training."""
    make_sure_of_code(results, ["results/evaluation/denoising/metrics.json"], ["cpu"])
    folder = results / "evaluation" / "denoising"
    metrics, chosen = (read_json(folder / f"{name}.json") for name in ("metrics", "references"))
    return {
        "chosen": chosen["chosen"],
        "results": {
            name: {
                **{key: found["network"][key] for key in ("weights",) if "network" in found},
                **{key: found[key]["mean"] for key in OF_TRAINING if key in found},
                **{
                    f"{key}_sigma_{sigma:g}": {
                        side: None if (value := found[f"{key}_sigma_{sigma:g}"][side]) is None
                        else round(value, 4)
                        for side in ("mean", "low", "high")
                    }
                    for sigma in SIGMAS
                    for key in OF_PICTURES
                },
            }
            for name, found in metrics.items()
        },
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    import torch

    torch.set_num_threads(options.threads)
    reached = read_reached(options.results)  # first: what may be wrong with it is told at once
    train, held_out = pictures()
    numbers = {
        "threads": options.threads,
        "pictures": len(train),
        "side_pixels": SIDE,
        "throughput": {
            name: throughput(
                entries()[name], train, held_out, steps=options.steps, rounds=options.rounds
            )
            for name in ENTRIES
        },
        "reached": reached,
    }
    write_record(
        "denoiser", "python tests/benchmarks/denoiser.py --results FOLDER/results", numbers
    )


if __name__ == "__main__":
    main()
