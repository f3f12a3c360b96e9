"""Style by optimisation: seconds and losses against the plain way, and memory at 2048 pixels.

The plain way is that of PyTorch's tutorial *Neural transfer using PyTorch*: the whole network in a
row of modules, losses as modules between them, L-BFGS as it comes. It minimises the same loss as
ours (:mod:`convatlas.synthesis.gatys_loss`), on the same network, from the same picture. Each way
is a process of its own, in turn, `--rounds` times; a ratio is the median of ratios within a round.

- 512: 300 evaluations each, on the compressed VGG-19. L-BFGS looks back on 10 steps, as in the
  pipeline; the plain way's on 100, as it comes.
- 256: 500 evaluations of the plain way on a network of VGG-16's size, drawn at random, and how long
  ours takes to the loss that it ends with, L-BFGS looking back on as many steps. (Half the size
  first, a Fourier basis, decorrelated colours, Adam and bfloat16 were tried: none gets there in
  much fewer evaluations, or at all.)
- 2048: peak memory of ours, a few evaluations on the compressed VGG-19, past where L-BFGS looks
  back on all it can.
"""

import argparse
import contextlib
import json
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

from record import mirror, write_record

LAYERS = {
    "small": {
        "content_layers": ("relu4_2",),
        "style_layers": ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
    },
    "vgg16": {
        "content_layers": ("relu4_2",),
        "style_layers": ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
    },
}
STYLE_WEIGHT = 100.0


def picture(name: str, side: int):
    from PIL import Image

    opened = Image.open(mirror() / "pictures" / name).convert("RGB")
    return np.asarray(opened.resize((side, side), Image.Resampling.LANCZOS))


def network_of(kind: str):
    import torch

    from convatlas.models.backbone_files import read_small_vgg
    from convatlas.models.backbones import draw_backbone
    from convatlas.models.vgg_configurations import VGG16, WIDTHS

    if kind == "small":
        return read_small_vgg(mirror() / "backbones" / "small_vgg19" / "encoders" / "5SE.pth")
    photo = torch.from_numpy(picture("neuralstylept_tubingen.jpg", 256).copy())
    unit = photo.permute(2, 0, 1)[None].float() / 255
    return draw_backbone(unit, seed=0, convolutions=VGG16, widths=WIDTHS)


def plain_way(network, content, style, layers, steps: int, until: float = 0.0) -> list[float]:
    """Do it as the tutorial does; return the loss of each evaluation."""
    import torch
    from torch import nn
    from torch.nn import functional

    def gram_matrix(features):
        count, channels, height, width = features.shape
        flat = features.reshape(count * channels, height * width)
        return flat @ flat.t() / features.numel()

    class ContentLoss(nn.Module):
        def __init__(self, target):
            super().__init__()
            self.target, self.size = target.detach(), target.detach().square().mean()

        def forward(self, x):
            self.loss = functional.mse_loss(x, self.target) / self.size
            return x

    class StyleLoss(nn.Module):
        def __init__(self, target):
            super().__init__()
            self.target = gram_matrix(target).detach()
            self.size = self.target.square().mean()

        def forward(self, x):
            self.loss = functional.mse_loss(gram_matrix(x), self.target) / self.size
            return x

    class Layer(nn.Module):
        """One layer of the same network, never in place."""

        def __init__(self, name):
            super().__init__()
            self.name = name

        def forward(self, x):
            if self.name == "entry":
                return network.entry(x) if network.entry else (x - network.mean) / network.deviation
            if self.name.startswith("conv"):
                return network.convolutions[self.name](x)
            if self.name.startswith("relu"):
                return functional.relu(x)
            return functional.max_pool2d(x, 2)

    class Mapped(nn.Module):
        """What the network shows of a layer: the compressed one widens it by a convolution."""

        def __init__(self, name, inner):
            super().__init__()
            self.name, self.inner = name, inner

        def forward(self, x):
            mapped = self.name in network.auxiliary
            self.inner(functional.relu(network.auxiliary[self.name](x)) if mapped else x)
            return x

    model, losses = nn.Sequential(), {"content": [], "style": []}
    for name in ("entry", *network.layers):
        model.append(Layer(name))
        for kind, made, source in (
            ("content", ContentLoss, content),
            ("style", StyleLoss, style),
        ):
            if name in layers[f"{kind}_layers"]:
                (target,) = network(source, [name]).values()
                losses[kind].append(made(target))
                model.append(Mapped(name, losses[kind][-1]))
    values = content.contiguous().clone().requires_grad_()
    optimizer, seen = torch.optim.LBFGS([values]), []
    best = [float("inf")]
    while len(seen) < steps and best[0] > until:

        def closure():
            optimizer.zero_grad()
            with torch.no_grad():
                values.clamp_(0, 1)
            model(values)
            terms = [sum(term.loss for term in losses[kind]) / len(losses[kind]) for kind in losses]
            loss = terms[0] + STYLE_WEIGHT * terms[1]
            loss.backward()
            seen.append(loss.item())
            return loss

        optimizer.step(closure)
        best[0] = min(seen)
    return seen


def measure(options: argparse.Namespace) -> dict[str, float]:
    """Go one way, in this process."""
    import torch

    from convatlas.synthesis import gatys
    from convatlas.synthesis.gatys_settings import GatysSettings

    torch.set_num_threads(options.threads)
    network, layers = network_of(options.network), LAYERS[options.network]
    content = picture("neuralstylept_tubingen.jpg", options.side)
    style = picture("neuralstylept_starry_night.jpg", options.side)
    started = time.perf_counter()
    if options.way == "plain":
        unit = [torch.tensor(p).permute(2, 0, 1)[None].float() / 255 for p in (content, style)]
        losses = plain_way(network, *unit, layers, options.steps)
        reached = losses[-1]
    else:
        settings = GatysSettings(
            style_weight=STYLE_WEIGHT, steps=options.steps, history=options.history,
            tolerance_levels=0, **layers,
        )  # fmt: skip

        class Reached(Exception):  # noqa: N818 - no error
            pass

        losses, step = [], gatys._Run.step

        def watched(run):
            step(run)
            losses[:] = [row["loss"] for row in run.measured]
            if run.measured[-1]["width"] == options.side and losses[-1] <= options.until:
                raise Reached

        gatys._Run.step = watched
        with contextlib.suppress(Reached):
            gatys.transfer_style(network, content, [style], settings)
        reached = losses[-1]
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "evaluations": len(losses),
        "loss": reached,
        "reached": reached <= options.until if options.until else None,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def run(options: argparse.Namespace, **how) -> dict[str, float]:
    command = [sys.executable, __file__, "--threads", str(options.threads)]
    for key, value in how.items():
        command += [f"--{key}", str(value)]
    done = subprocess.run(command, capture_output=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=("plain", "ours"))
    parser.add_argument("--network", choices=LAYERS, default="small")
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--history", type=int, default=10)
    parser.add_argument("--until", type=float, default=0.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if options.way:
        sys.stdout.write(json.dumps(measure(options)))
        return
    rounds = [
        {way: run(options, way=way, side=512, steps=300) for way in ("plain", "ours")}
        for _ in range(options.rounds)
    ]
    ratios = {
        key: statistics.median(one["ours"][key] / one["plain"][key] for one in rounds)
        for key in ("seconds", "loss")
    }
    plain = run(options, way="plain", network="vgg16", side=256, steps=500)
    ours = run(
        options, way="ours", network="vgg16", side=256, steps=500, history=100, until=plain["loss"]
    )
    large = run(options, way="ours", side=2048, steps=20)
    numbers = {
        "threads": options.threads,
        "512": {"ours_over_plain": ratios, "rounds": rounds},
        "256_vgg16": {"plain": plain, "ours": ours},
        "2048": large,
    }
    write_record("gatys", " ".join(["python", *sys.argv]), numbers)


if __name__ == "__main__":
    main()
