"""A stylizer trained by perceptual loss, beside two that were published.

Trained on landscapes with the Great Wave as its style, as the published ``wave`` was (on 80,000
pictures of COCO, on a GPU); measured on landscapes that none of them has seen: how far from the
style and from the content, in the features of a compressed VGG-19. Ours learnt from the features
of that network's shorter sibling, the published ones from those of VGG-19 itself, which both
imitate: the distances favour ours, so the pictures have to be looked at, too (``--pictures``).
"""

import argparse
import time
from pathlib import Path

from record import mirror, write_record

LAYERS = tuple(f"relu{block}_1" for block in range(1, 6))
CONTENT = ("relu4_1",)
HELD_OUT, SIDE = 30, 650
"""Last photographs of the folder; pixels of the style picture's longer side."""
OPTIONS = {"channels": 16, "residual_blocks": 3}
SETTINGS = {
    "steps": 1200,
    "batch_size": 2,
    "crop_pixels": 160,
    "learning_rate": 0.004,
    "style_weight": 10.0,
    "style_layers": LAYERS[:4],
    "content_layers": ("relu3_1",),
}


def read(path: Path, side: int = 0):
    import numpy as np
    from PIL import Image

    picture = Image.open(path).convert("RGB")
    if side:
        picture.thumbnail((side, side))
    return np.array(picture)


def unit(images):
    import torch

    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


def distances(loss, network, photographs) -> dict[str, float]:
    """Return means over photographs, under a root as distances, and milliseconds a picture."""
    import torch

    content, style, started = [], [], time.perf_counter()
    with torch.inference_mode():
        made = [network(one[None]) for one in photographs]
        seconds = time.perf_counter() - started
        for one, original in zip(made, photographs, strict=True):
            terms = loss(one, original[None])
            content.append(terms[0].sqrt().item())
            style.append(terms[1].sqrt().item())
    return {
        "style_distance": round(sum(style) / len(style), 3),
        "content_distance": round(sum(content) / len(content), 3),
        "milliseconds_a_picture": round(1000 * seconds / len(made)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=SETTINGS["steps"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pictures", type=Path, help="a folder for what they make of two")
    options = parser.parse_args()

    import numpy as np
    import torch
    from PIL import Image

    from convatlas.models.backbone_files import read_small_vgg
    from convatlas.models.registry import build_model
    from convatlas.models.single_style import read_single_style
    from convatlas.training.perceptual import train_stylizer
    from convatlas.training.perceptual_losses import PerceptualLoss
    from convatlas.training.perceptual_settings import PerceptualSettings

    torch.set_num_threads(options.threads)
    files = sorted((mirror() / "photos" / "photo_jpg").glob("*.jpg"))
    images = np.stack([read(path) for path in files])
    style = read(mirror() / "pictures" / "faststyle_wave.jpg", SIDE)
    encoders = mirror() / "backbones" / "small_vgg19" / "encoders"
    ours = build_model("single_style.SingleStyle", seed=0, options=OPTIONS)
    settings = PerceptualSettings.of({**SETTINGS, "steps": options.steps})
    started = time.perf_counter()
    history = train_stylizer(
        ours,
        read_small_vgg(encoders / "4SE.pth"),
        images=images[:-HELD_OUT],
        style=style,
        settings=settings,
        seed=0,
    )
    seconds = time.perf_counter() - started
    published = mirror() / "stylization" / "single_style"
    networks = {
        "photographs": torch.nn.Identity(),
        "ours": ours,
        "published_wave": read_single_style(published / "wave"),
        "published_la_muse": read_single_style(published / "la_muse"),
    }
    loss = PerceptualLoss(
        read_small_vgg(encoders / "5SE.pth"),
        unit(style[None]),
        content_layers=CONTENT,
        style_layers=LAYERS,
    )
    held_out = unit(images[-HELD_OUT:])
    numbers = {
        name: {
            "parameters": sum(p.numel() for p in network.parameters()),
            **distances(loss, network, held_out),
        }
        for name, network in networks.items()
    }
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        with torch.inference_mode():
            rows = [
                torch.cat([net(one[None])[0] for net in networks.values()], 2)
                for one in held_out[:: HELD_OUT // 4]
            ]
        sheet = torch.cat(rows, 1).permute(1, 2, 0).mul(255).round().byte().numpy()
        Image.fromarray(sheet).save(options.pictures / "perceptual.png")
    write_record(
        "perceptual",
        "python tests/benchmarks/perceptual.py",
        {
            "threads": options.threads,
            "training": {**OPTIONS, **SETTINGS, "steps": options.steps},
            "seconds": round(seconds),
            "pictures_per_second": round(options.steps * settings.batch_size / seconds, 2),
            "style_loss_first_20_steps": round(history["style"][:20].mean(), 3),
            "style_loss_last_20_steps": round(history["style"][-20:].mean(), 3),
            "held_out": HELD_OUT,
            "networks": numbers,
        },
    )


if __name__ == "__main__":
    main()
