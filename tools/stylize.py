"""Restyle one clip: a door to the rules, for people who want nothing else of the pipeline.

    make stylize CLIP=holiday.mp4 STYLE=painting.jpg
    python tools/stylize.py holiday.mp4 painting.jpg --strength 0.7

STYLE is a picture, or a style of config/videos.yaml such as starry_night. What this writes is a
config of one clip and one style; Snakemake does the rest, and says where the result lies.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path, help="a video or animated picture of yours")
    parser.add_argument("style", help="a picture of yours, or a style of config/videos.yaml")
    parser.add_argument("--strength", type=float, default=1.0, help="0 to 1 (default: 1)")
    parser.add_argument("--color", choices=["style", "luminance", "histogram"], default="style")
    parser.add_argument("--cores", default="all", help="for Snakemake (default: all)")
    parser.add_argument("--gpu", type=int, default=0, help="GPUs to use (default: 0)")
    options = parser.parse_args()
    if not options.clip.is_file():
        parser.error(f"there is no clip {options.clip} in {Path.cwd()}")
    known = yaml.safe_load((ROOT / "config" / "videos.yaml").read_text(encoding="utf-8"))
    if options.style not in known["styles"] and not Path(options.style).is_file():
        parser.error(
            f"there is no picture {options.style} in {Path.cwd()}, nor such a style; styles: "
            + ", ".join(known["styles"])
        )
    clip, style, overlay = describe(options, known["styles"])
    place = Path(".snakemake") / "convatlas" / f"{clip}-{style}.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(yaml.safe_dump(overlay, allow_unicode=True), encoding="utf-8")
    result = f"results/videos/{clip}/{style}.mp4"
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", options.cores, "--resources", f"gpu={options.gpu}"]
    command += ["--configfile", str(place), "--quiet", "rules", "--", result]
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        sys.stdout.write(f"{result}\n")
    return status


def describe(
    options: argparse.Namespace, styles: dict[str, dict]
) -> tuple[str, str, dict[str, object]]:
    """Return names of clip and style, and a config of the two."""
    clip = f"my_{slug(options.clip.stem)}"
    own = {"title": options.clip.name, "nature": "real", "licence": "yours"}
    overlay: dict[str, dict] = {"clips": {clip: {**own, "path": str(options.clip.absolute())}}}
    changes = {"strength": options.strength, "color": options.color}
    if options.style in styles:
        style, base = f"my_{options.style}", styles[options.style]
    else:
        picture = Path(options.style)
        style, base = f"my_{slug(picture.stem)}", styles["starry_night"]
        entry = {**own, "title": picture.name, "path": str(picture.absolute())}
        overlay["pictures"] = {style: entry}
        changes |= {"title": picture.name, "pictures": {style: 1.0}}
    if changes["strength"] != 1 or changes["color"] != "style":
        style += f"_{options.color}_{round(100 * options.strength)}"
    overlay["styles"] = {style: {**base, **changes}}
    overlay["videos"] = {"clips": [clip], "styles": [style]}
    return clip, style, overlay


def slug(text: str) -> str:
    """Turn any file's name into a name for the config."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "file"


if __name__ == "__main__":
    sys.exit(main())
