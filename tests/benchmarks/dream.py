"""DeepDream: seconds and memory at 1024 pixels, what the bare network takes of them, equal bits.

Four octaves of twenty steps on the compressed VGG-19's last convolution. Each round is a process
of its own; the bare network is forward and backward through the same layers, on tiles of the same
sizes, in the same process.
"""

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

from record import mirror, write_record


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Dream once, in this process."""
    import torch
    from PIL import Image

    from convatlas.models.backbone_files import read_small_vgg
    from convatlas.synthesis import dream

    torch.set_num_threads(options.threads)
    network = read_small_vgg(mirror() / "backbones" / "small_vgg19" / "encoders" / "5SE.pth")
    opened = Image.open(mirror() / "pictures" / "neuralstylept_tubingen.jpg").convert("RGB")
    size = (options.pixels, round(options.pixels * opened.height / opened.width))
    photograph = np.asarray(opened.resize(size, Image.Resampling.LANCZOS))
    settings = dream.DreamSettings(layers=(options.layer,), octaves=4, steps=options.steps)
    began = time.perf_counter()
    made = dream.dream_picture(network, photograph, settings, seed=0)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": seconds,
        "network_seconds": bare(network, photograph, settings),
        "peak_mib": peak,
        "sha256": hashlib.sha256(made.tobytes()).hexdigest(),
    }


def bare(network, photograph: np.ndarray, settings) -> float:
    """Return the seconds of forward and backward alone, over the same tiles."""
    import torch

    from convatlas.synthesis.dream import _octave_sizes, _spans

    taken = 0.0
    for size in _octave_sizes(photograph.shape[:2], settings):
        parts = [_spans(side, settings.tile_pixels) for side in size]
        for rows in parts[0]:
            for columns in parts[1]:
                shape = (1, 3, rows.stop - rows.start, columns.stop - columns.start)
                tile = torch.rand(shape).contiguous(memory_format=torch.channels_last)
                tile.requires_grad_()
                began = time.perf_counter()
                for _ in range(settings.steps):
                    (found,) = network(tile, settings.layers).values()
                    torch.autograd.grad(found.square().mean(), tile)
                taken += time.perf_counter() - began
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="measure in this process, print it")
    parser.add_argument("--pixels", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--layer", default="conv5_1")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if options.once:
        sys.stdout.write(json.dumps(measure(options)))
        return
    how = ["pixels", "steps", "layer", "threads"]
    command = [sys.executable, __file__, "--once"]
    command += [f"--{name}={getattr(options, name)}" for name in how]
    rounds = [
        json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        for _ in range(options.rounds)
    ]
    numbers = {
        **{name: getattr(options, name) for name in how},
        "seconds": statistics.median(one["seconds"] for one in rounds),
        "network_share": statistics.median(
            one["network_seconds"] / one["seconds"] for one in rounds
        ),
        "same_bits": len({one["sha256"] for one in rounds}) == 1,
        "rounds": rounds,
    }
    write_record("dream", " ".join(["python", *sys.argv]), numbers)


if __name__ == "__main__":
    main()
