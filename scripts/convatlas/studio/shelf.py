"""What the studio finds on this machine: config, trained networks, published weights, pictures."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from convatlas.data.fetch import choose_mirror, default_cache, fetch_file
from convatlas.data.made_pictures import make_picture
from convatlas.data.remote import RemoteFile, is_url
from convatlas.errors import ConvatlasError
from convatlas.models.published import read_published
from convatlas.models.registry import save_weights
from convatlas.stylization.pictures import read_picture
from convatlas.video_catalog import VideoCatalog, files_of

READERS_FIRST = (
    "lenet5_relu_finetuned", "lenet5_finetuned", "lenet5_relu_augmented", "lenet5_augmented",
    "lenet5_relu", "lenet5",
)  # fmt: skip
"""Networks that read digits of people's own best come first; others follow."""
BACKBONES_FIRST = ("small_vgg19", "vgg19", "vgg16", "squeezenet", "alexnet")


class MissingError(ConvatlasError):
    """Weights are not on this machine; the message says which command brings them."""


@dataclass(frozen=True)
class Trained:
    """A network of a run that has come to its end.

    Attributes
    ----------
    title : str
        For people.
    network : str
        ``file.Class``.
    options : mapping
        That it is built with.
    path : Path
        Of its weights or snapshots.
    """

    title: str
    network: str
    options: Mapping[str, Any]
    path: Path


class Shelf:
    """Knows what can be used at once, and what would have to be made or fetched.

    Parameters
    ----------
    project : Path
        Folder of the Snakefile.
    results : Path
        Folder of a run's results; it may not be there yet.
    work : Path
        A private folder, for weights that are made from published files.
    """

    def __init__(self, project: Path, results: Path, work: Path) -> None:
        self.results, self.work = results, work
        self.config = _read_config(project / "config", results / "config.yaml")
        self.videos = VideoCatalog(self.config)
        self.mirror = choose_mirror(self.config.get("mirror"))

    # ---- trained here
    def readers(self) -> dict[str, Trained]:
        """Return trained networks that read digits, by title, the best for own digits first."""
        names = [*READERS_FIRST, *sorted(set(self.config["models"]) - set(READERS_FIRST))]
        found = {}
        for name in names:
            entry = self.config["models"].get(name)
            if entry is None or not entry["network"].startswith("lenet."):
                continue
            for path in sorted((self.results / "models" / name).glob("*/weights.pt")):
                title = f"{name}, seed {path.parent.name}"
                found[title] = Trained(title, entry["network"], {}, path)
        return found

    def gans(self) -> dict[str, Trained]:
        """Return trained GANs of digits, by title."""
        found = {}
        for name, entry in self.config["gans"].items():
            for path in sorted((self.results / "gans" / name).glob("*/snapshots.pt")):
                title = f"{entry.get('title', name)}, seed {path.parent.name}"
                title = f"{title} ({name})" if title in found else title
                found[title] = Trained(title, entry["network"], entry["options"], path)
        return found

    def denoisers(self) -> dict[str, Trained]:
        """Return trained denoisers, by title."""
        found = {}
        for name, entry in self.config["denoisers"].items():
            paths = (self.results / "denoisers" / name).glob("*/weights.pt")
            if path := min(paths, key=lambda path: int(path.parent.name), default=None):
                found[entry["title"]] = Trained(
                    entry["title"], entry["network"], entry["options"], path
                )
        return found

    # ---- stylizers
    def painters(self) -> dict[str, str]:
        """Return styles whose network knows one style or paints, and is here: title to name."""
        found = {}
        for name, style in self.config["styles"].items():
            stylizer = self.config["stylizers"][style["stylizer"]]
            if stylizer["network"] in ("stylizer", "optimisation") or style.get("mask"):
                continue
            if self._has_stylizer(style["stylizer"]) and not name.endswith("_per_frame"):
                searched = stylizer.get("inversion", {}).get("features")
                if searched is None or self.has_files(self.config["backbones"][searched]):
                    found[style["title"]] = name
        return found

    def arbitrary(self) -> str | None:
        """Name the stylizer that takes any style and is here, if there is one."""
        names = [n for n, e in self.config["stylizers"].items() if e["network"] == "stylizer"]
        return next((name for name in names if self._has_stylizer(name)), None)

    def _has_stylizer(self, name: str) -> bool:
        entry = self.config["stylizers"][name]
        if "weights" in entry:
            return Path(entry["weights"]).is_file()
        if (self.results / "stylizers" / name / "weights.pt").is_file():
            return True
        return bool(files_of(entry)) and self.has_files(entry)

    def stylizer_weights(self, name: str) -> Path:
        """Return a stylizer's weights: of a run, or made from published files that are here."""
        entry = self.config["stylizers"][name]
        if "weights" in entry:
            return Path(entry["weights"])
        of_run = self.results / "stylizers" / name / "weights.pt"
        if of_run.is_file():
            return of_run
        made = self.work / "stylizers" / name / "weights.pt"
        if not made.is_file():
            files: dict[str, Any] = self.files(entry)
            given = {"folder": list(files.values())} if "folder" in entry else files
            model = read_published(entry["network"], given)
            save_weights(model, made, network=entry["network"])
        return made

    def style_file(self, kind: str, name: str) -> Path | None:
        """Return the encoder of a style's search, or weights of its features, if it has any."""
        stylizer = self.config["stylizers"][self.config["styles"][name]["stylizer"]]
        asked = stylizer.get("inversion", {})
        if kind == "encoder":
            path = self.results / "painters" / stylizer.get("painter", "") / "encoder.pt"
            return path if asked.get("encoder") else None
        return self.backbone_file(asked["features"]) if "features" in asked else None

    # ---- feature networks
    def backbones(self) -> list[str]:
        """Name feature networks that are here, the best first, a drawn one last."""
        names = [*BACKBONES_FIRST, *self.config["backbones"]]
        known = [name for name in dict.fromkeys(names) if name in self.config["backbones"]]
        here = [name for name in known if self.has_files(self.config["backbones"][name])]
        return sorted(here, key=lambda name: self.config["backbones"][name]["network"] == "drawn")

    def backbone_file(self, name: str) -> Path | None:
        """Return a feature network's weights; None of a drawn one."""
        return next(iter(self.files(self.config["backbones"][name]).values()), None)

    # ---- pictures of styles
    def style_pictures(self) -> dict[str, str]:
        """Return pictures to take a style from that are here: title to name."""
        return {
            entry["title"]: name
            for name, entry in self.config["pictures"].items()
            if entry.get("made") in ("pattern", "mandelbrot")
            or (_is_painting(entry) and self.has_files(entry))
        }

    @functools.lru_cache(maxsize=16)  # noqa: B019 - a shelf lives as long as its process
    def picture(self, name: str) -> np.ndarray:
        """Return one of the config's pictures, (height, width, 3) uint8."""
        entry = self.config["pictures"][name]
        if "made" in entry:
            return make_picture(entry["made"], seed=self.config["seed"])
        return read_picture(self.files(entry)["file"])

    # ---- files from outside
    def has_files(self, entry: Mapping[str, Any]) -> bool:
        """Tell whether all files of an entry seem to be here; their digests are not looked at."""
        return all(
            any(place.is_file() for place in self._places(file["name"]))
            for file in files_of(entry).values()
        )

    def _places(self, name: str) -> list[Path]:
        on_disk = self.mirror and not is_url(self.mirror)
        mirror = [Path(self.mirror).expanduser() / name] if on_disk else []
        downloads = self.results / "downloads" / name
        return [self.work / "files" / name, downloads, default_cache() / name, *mirror]

    def files(self, entry: Mapping[str, Any], *, fetch: bool = False) -> dict[str, Path]:
        """Return the files of an entry, their digests checked.

        Parameters
        ----------
        entry : mapping
            Of the config.
        fetch : bool
            Download those that are not here; else that is an error.

        Raises
        ------
        MissingError
            If one is not here.
        FetchError
            If one cannot be downloaded.
        """
        found = {}
        for key, file in files_of(entry).items():
            remote = RemoteFile.from_config(file)
            place = self.work / "files" / remote.name
            found[key] = place
            if place.is_file():
                continue
            if not fetch and not any(one.is_file() for one in self._places(remote.name)):
                raise MissingError(
                    f"{entry['title']}: {remote.name} is not on this machine "
                    f"({remote.size / 1e6:.1f} MB). Bring it by the page's button, or by: "
                    "snakemake --cores 2 datasets"
                )
            of_run = self.results / "downloads" / remote.name
            given = remote if fetch else replace(remote, urls=())
            cache = self.results / "downloads" if of_run.is_file() and not fetch else None
            fetch_file(given, place, mirror=self.mirror, cache=cache)
        return found

    def lacking(self) -> list[Mapping[str, Any]]:
        """Return the published entries that pages want and that are not here."""
        stylizers, pictures = self.config["stylizers"].values(), self.config["pictures"].values()
        wanted = [entry for entry in stylizers if entry["network"] == "stylizer"]
        wanted += [
            self.config["backbones"][n]
            for n in BACKBONES_FIRST[:1]
            if n in self.config["backbones"]
        ]
        wanted += [entry for entry in pictures if _is_painting(entry)]
        return [entry for entry in wanted if not self.has_files(entry)]

    def report(self) -> Path | None:
        """Return the folder of the report, if there is one."""
        folder = self.results / "report"
        return folder if (folder / "index.html").is_file() else None


def _is_painting(entry: Mapping[str, Any]) -> bool:
    return "file" in entry and "photograph" not in entry["title"]


def _read_config(folder: Path, of_run: Path) -> dict[str, Any]:
    """Read the config of the last run, which fits its results, or the project's."""
    try:
        if of_run.is_file():
            return yaml.safe_load(of_run.read_text(encoding="utf-8"))
        read = [
            yaml.safe_load(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.yaml"))
        ]
    except (OSError, yaml.YAMLError) as error:
        raise ConvatlasError(f"The config cannot be read: {error}") from None
    return {key: value for part in read for key, value in part.items()}
