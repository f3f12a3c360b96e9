r"""Draw the README's picture from what runs have left: a clip's frame, digits, paintings, a dream.

    python tools/readme_picture.py docs/made_here.jpg \
        --original results/downloads/videos/adain_cutBunny.mp4 --results results

With several --results each piece is taken from the first of them that has it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from convatlas.errors import ConvatlasError  # noqa: E402
from convatlas.figures.style import house_style, save_figure  # noqa: E402
from convatlas.video.probe import probe_clip  # noqa: E402
from convatlas.video.stills import extract_frames  # noqa: E402

WIDTH, HEIGHT = 10.0, 2.3
ROWS = 6


def find(results: Sequence[Path], name: str) -> Path:
    """Return the first of the files of that name."""
    for folder in results:
        if (folder / name).exists():
            return folder / name
    raise ConvatlasError(f"none of {', '.join(map(str, results))} has {name}")


def wall(pictures: np.ndarray) -> np.ndarray:
    """Put (ROWS * ROWS, side, side, ...) pictures side by side, without gaps."""
    side = pictures.shape[1]
    rows = pictures[: ROWS * ROWS].reshape(ROWS, ROWS, side, side, *pictures.shape[3:])
    return rows.swapaxes(1, 2).reshape(ROWS * side, ROWS * side, *pictures.shape[3:])


def split(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Show the left half of one picture and the right half of the other, a line between them."""
    middle = first.shape[1] // 2
    both = np.concatenate([first[:, :middle], second[:, middle:]], axis=1)
    both[:, middle - 1 : middle + 1] = 255
    return both


@house_style()
def draw(panels: Sequence[tuple[str, np.ndarray]]) -> Figure:
    """Draw pictures of one height in a row, each under its title."""
    widths = [picture.shape[1] / picture.shape[0] for _, picture in panels]
    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.subplots(1, len(panels), width_ratios=widths)
    for axis, (title, picture) in zip(axes, panels, strict=True):
        axis.imshow(picture, cmap="gray_r" if picture.ndim == 2 else None, interpolation="nearest")
        axis.set_title(title, fontsize=9)
        axis.set_axis_off()
    return figure


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path)
    parser.add_argument("--results", type=Path, nargs="+", default=[ROOT / "results"])
    parser.add_argument("--original", type=Path, required=True, help="the clip as it was filmed")
    parser.add_argument("--clip", default="bunny")
    parser.add_argument("--style", default="starry_night")
    parser.add_argument("--frame", type=int, default=40)
    parser.add_argument("--gan", default="mlp_gan_improved")
    parser.add_argument("--painter", default="stylegan2")
    parser.add_argument("--dream", default="guided")
    asked = parser.parse_args()
    try:
        restyled = find(asked.results, f"videos/{asked.clip}/{asked.style}.mp4")
        frames = [
            extract_frames(path, probe_clip(path), [asked.frame])[0]
            for path in (asked.original, restyled)
        ]
        samples = {
            name: np.load(find(asked.results, name))["fixed"][-1]
            for name in (f"gans/{asked.gan}/0/samples.npz", f"painters/{asked.painter}/samples.npz")
        }
        dream = Image.open(find(asked.results, f"images/dreams/{asked.dream}/picture.png"))
    except ConvatlasError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    digits, paintings = (wall(pictures) for pictures in samples.values())
    panels = [
        ("a clip, as it is | restyled", split(*frames)),
        ("digits that a GAN has drawn", digits),
        ("paintings by StyleGAN2", paintings),
        ("a photograph, dreamt into", np.asarray(dream.convert("RGB"))),
    ]
    save_figure(draw(panels), asked.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
