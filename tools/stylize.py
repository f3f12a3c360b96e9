"""Restyle one clip: a door to the rules, for people who want nothing else of the pipeline.

    make stylize CLIP=holiday.mp4 STYLE=painting.jpg
    python tools/stylize.py holiday.mp4 painting.jpg --strength 0.7

STYLE is a picture, or a style of config/videos.yaml such as starry_night. What this writes is a
config of one clip and one style; Snakemake does the rest, and says where the result lies.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from convatlas.devices import visible_gpus  # noqa: E402

PREFIX = "file_"
"""Before names made from files', so that none is a name that the config has already."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", type=Path, help="a video or animated picture of yours")
    parser.add_argument("style", help="a picture of yours, or a style of config/videos.yaml")
    parser.add_argument("--strength", type=share, help="0 to 1 (default: the style's, mostly 1)")
    colors, whose = ["style", "luminance", "histogram"], "default: the style's own setting"
    parser.add_argument("--color", choices=colors, help=whose)
    parser.add_argument("--cores", default="all", help="for Snakemake (default: all)")
    parser.add_argument("--gpu", type=int, help="GPUs to use (default: all that are here)")
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
    gpus = len(visible_gpus()) if options.gpu is None else options.gpu
    command += ["--cores", options.cores, "--resources", f"gpu={gpus}"]
    command += ["--configfile", str(place), "--quiet", "rules", "--", result]
    status = subprocess.run(command, check=False).returncode
    if status == 0:
        facts = json.loads(
            (Path(result).with_suffix("") / "facts.json").read_text(encoding="utf-8")
        )
        sys.stdout.writelines(f"{note}\n" for note in (result, *facts["notes"]))
    return status


def share(text: str) -> float:
    """Return a number from 0 to 1."""
    if not 0 <= (number := float(text)) <= 1:
        raise ValueError(text)
    return number


def describe(
    options: argparse.Namespace, styles: dict[str, dict]
) -> tuple[str, str, dict[str, object]]:
    """Return names of clip and style, and a config of the two."""
    clip = name_of(options.clip)
    own = {"title": options.clip.name, "nature": "real", "licence": "yours"}
    overlay: dict[str, dict] = {"clips": {clip: {**own, "path": str(options.clip.absolute())}}}
    asked = {"strength": options.strength, "color": options.color}
    changes = {key: value for key, value in asked.items() if value is not None}
    if options.style in styles:
        style, base = options.style, styles[options.style]
        wanted = {**base, **changes}
    else:
        picture = Path(options.style)
        style, base = name_of(picture), styles["starry_night"]
        entry = {**own, "title": picture.name, "path": str(picture.absolute())}
        overlay["pictures"] = {style: entry}
        wanted = {**base, **changes, "title": picture.name, "pictures": {style: 1.0}}
    if any(wanted[key] != base[key] for key in changes):
        style += f"_{wanted['color']}_{wanted['strength']:g}".replace(".", "_")
    overlay["styles"] = {style: wanted}
    overlay["videos"] = {"clips": [clip], "styles": [style]}
    return clip, style, overlay


def name_of(path: Path) -> str:
    """Turn any file's name into a name for the config, another for each file."""
    readable = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_")[:40]
    digest = hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogateescape")).hexdigest()
    return "_".join(part for part in (PREFIX + readable, digest[:6]) if part)


if __name__ == "__main__":
    sys.exit(main())
