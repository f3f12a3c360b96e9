"""What a checked config asks for in the way of clips, pictures and what restyles them."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FROM_OUTSIDE = ("clips", "pictures", "stylizers", "backbones")
"""Sections of the config whose entries may have files from outside."""
SEARCHES = ("inversion", "optimisation")
"""Ways to restyle that look for each frame by the features of a network."""


def files_of(entry: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the files from outside of an entry by what they are: one, several, or a folder's."""
    files = dict(entry.get("files", {}))
    if "file" in entry:
        files["file"] = entry["file"]
    folder = entry.get("folder", {"members": {}})
    for member, content in folder["members"].items():
        urls = [f"{url}/{member}" for url in folder["urls"]]
        files[member] = {"name": f"{folder['name']}/{member}", "urls": urls, **content}
    return files


def zoom_clip(zoom: str) -> str:
    """Name the clip of a zoom into a dream."""
    return f"<results>/images/zooms/{zoom}.mp4"


def feature_networks(config: Mapping[str, Any]) -> set[str]:
    """Name the entries of ``backbones`` that anything in a config is made or measured with."""
    painting = config["painting"]
    named = {config["images"]["features"], config["style_features"]}
    # features of paintings may be others than backbones
    named |= {painting["features"], painting["proof"]["features"]} & set(config["backbones"])
    kinds = ("training", *SEARCHES)
    entries = [
        stylizer.get(kind, {}) for stylizer in config["stylizers"].values() for kind in kinds
    ]
    for section in ("transfers", "dreams", "zooms"):
        entries += config[section].values()
    return named | {entry["features"] for entry in entries if "features" in entry}


class VideoCatalog:
    """Answers the rules' questions about videos.

    Parameters
    ----------
    config : mapping
        Checked by :func:`convatlas.settings.check_config`.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config

    # ---- what is asked for
    def videos(self) -> dict[str, list[str]]:
        """Return every clip and every style of this run, for their files."""
        asked = self.config["videos"]
        return {"clip": asked["clips"], "style": asked["styles"]}

    def side_by_side(self) -> list[str]:
        """Name the clips that show original and restyled beside one another, if they are wanted."""
        asked = self.config["videos"]
        return self.pairs(asked["clips"]) if asked["side_by_side"] else []

    def pairs(self, clips: Sequence[str]) -> list[str]:
        """Name, for some of the clips, those that show original and restyled in one."""
        pairs = itertools.product(clips, self.config["videos"]["styles"])
        return [f"<results>/videos/{clip}/{style}/side_by_side.mp4" for clip, style in pairs]

    def by_style(self) -> list[str]:
        """Name every restyled clip of this run, style by style."""
        asked = self.config["videos"]
        return [f"<results>/videos/{c}/{s}.mp4" for s in asked["styles"] for c in asked["clips"]]

    def trainings(self) -> list[tuple[str, str]]:
        """Name each style of this run with the histories of its networks that are trained here."""
        found = []
        for style in self.config["videos"]["styles"]:
            stylizer = self.config["styles"][style]["stylizer"]
            entry = self.config["stylizers"][stylizer]
            if "training" in entry:
                found.append((style, f"<results>/stylizers/{stylizer}/history.csv"))
            elif "painter" in entry and "weights" not in entry:
                found.append((style, f"<results>/painters/{entry['painter']}/history.csv"))
            if entry.get("inversion", {}).get("encoder"):
                found.append((style, f"<results>/painters/{entry['painter']}/encoder.csv"))
        return found

    def encoding(self) -> dict[str, Any]:
        """Return how frames are read and written."""
        asked = self.config["videos"]
        return {key: asked[key] for key in ("crf", "preset", "batch_size")}

    def titles(self) -> dict[str, dict[str, str]]:
        """Return what people call the clips and the styles of this run."""
        return {
            section: {name: self.config[section][name]["title"] for name in names}
            for section, names in zip(("clips", "styles"), self.videos().values(), strict=True)
        }

    def stand_ins(self) -> dict[str, str]:
        """Return titles of clips, pictures and networks of this run that were made here."""
        asked = self.config["videos"]
        pictures = {picture for style in asked["styles"] for picture in self._behind(style)}
        names = {"clips": asked["clips"], "pictures": sorted(pictures)}
        entries = {n: self.config[section][n] for section, ns in names.items() for n in ns}
        made = {
            n: entry["title"]
            for n, entry in entries.items()
            if {"made", "zoom"} & set(entry) or ("painting" in entry and not _is_real(entry))
        }
        sought = [self.config["zooms"][e["zoom"]] for e in entries.values() if "zoom" in e]
        for section in ("transfers", "dreams"):
            sought += self.config[section].values()
        backbones = {self.config["images"]["features"], *(z.get("features") for z in sought)}
        if asked["clips"]:
            learnt = map(self._learnt_features, asked["styles"])
            backbones |= {self.config["style_features"], *learnt}
        for name in sorted(backbones - {None}):
            if "file" not in self.config["backbones"][name]:
                made[name] = self.config["backbones"][name]["title"]
        return made

    def rests_on(self) -> dict[str, list[str]]:
        """Name, by style of this run, the pictures and networks it was learnt or taken from."""
        return {
            style: [*self._behind(style), *filter(None, [self._learnt_features(style)])]
            for style in self.config["videos"]["styles"]
        }

    def learnt_on(self) -> dict[str, list[str]]:
        """Name, by style of this run, the clips that its network was trained on, if it was."""
        found = {}
        for style in self.config["videos"]["styles"]:
            entry = self.config["stylizers"][self.config["styles"][style]["stylizer"]]
            found[style] = list(entry.get("training", {}).get("clips", []))
        return found

    def twins(self) -> dict[str, str]:
        """Name, by stabilised style of this run, the one that is the same without stabilising."""

        def alike(style: str) -> dict[str, Any]:
            return {k: v for k, v in self.restyling(style).items() if k != "stabilise"} | {
                "mask": self.mask_of(style)
            }

        asked = self.config["videos"]["styles"]
        held = {style: bool(self.config["styles"][style]["stabilise"]) for style in asked}
        return {
            style: other
            for style in asked
            for other in asked
            if held[style] and not held[other] and alike(style) == alike(other)
        }

    def behind(self, study: str, artefact: str) -> dict[str, list[str]]:
        """Return the clips and the style that an artefact shows: the first of this run, or all."""
        items = self.config["documents"][study]["sections"]
        item = next(i for s in items for i in s["items"] if i.get("artefact") == artefact)
        asked, options = self.videos(), item.get("options", {})
        clips = asked["clip"] if options.get("every_clip") else asked["clip"][:1]
        return {"clip": clips, "style": asked["style"][:1]}

    # ---- where things lie
    def place(self, section: str, name: str) -> str:
        """Name the file of a clip or a picture: downloaded, made here, or where its user has it."""
        entry = self.config[section][name]
        if "file" in entry:
            return f"<results>/downloads/{entry['file']['name']}"
        if {"made", "painting"} & set(entry):
            return f"<results>/{section}/{name}{'.mp4' if section == 'clips' else '.png'}"
        if "zoom" in entry:
            return zoom_clip(entry["zoom"])
        return entry["path"]

    def clip(self, clip: str) -> str:
        """Name the file of a clip."""
        return self.place("clips", clip)

    def clips(self) -> list[str]:
        """Name the file of every clip of this run."""
        return [self.clip(clip) for clip in self.config["videos"]["clips"]]

    def made(self, section: str) -> list[str]:
        """Name the entries of a section that this pipeline makes."""
        return [name for name, entry in self.config[section].items() if "made" in entry]

    def paintings(self) -> list[str]:
        """Name the pictures that are taken out of the painters' gallery."""
        return [name for name, entry in self.config["pictures"].items() if "painting" in entry]

    def pictures_of(self, style: str) -> list[str]:
        """Name the files of the pictures that a style is taken from, in their order."""
        entry = self.config["styles"][style]
        return [self.place("pictures", picture) for picture in entry.get("pictures", {})]

    def shown_pictures(self, style: str) -> list[str]:
        """Name the files of the pictures that people know a style by, if there are any."""
        return [self.place("pictures", picture) for picture in self._behind(style)]

    def shown_weights(self, style: str) -> list[float]:
        """Return how much each of them counts."""
        return list(self._behind(style).values())

    def mask_of(self, style: str) -> list[str]:
        """Name the file of a style's mask, if it has one."""
        mask = self.config["styles"][style].get("mask")
        return [mask] if mask else []

    def weights_of(self, style: str) -> list[str]:
        """Name the weights of the network that restyles, if there is one: a user's own, or ours."""
        stylizer = self.config["styles"][style]["stylizer"]
        if own := self.config["stylizers"][stylizer].get("weights"):
            return [own]
        return [f"<results>/stylizers/{stylizer}/weights.pt"] if self._has_weights(stylizer) else []

    def _has_weights(self, stylizer: str) -> bool:
        return "optimisation" not in self.config["stylizers"][stylizer]

    def published_files(self, stylizer: str) -> dict[str, Any]:
        """Name the downloaded files of a published stylizer, those of a folder together."""
        entry = self.config["stylizers"][stylizer]
        files = files_of(entry)
        places = {key: f"<results>/downloads/{file['name']}" for key, file in files.items()}
        return {"folder": list(places.values())} if "folder" in entry else places

    def backbone_file(self, name: str) -> list[str]:
        """Name the downloaded weights of a network that gives features, if it has any."""
        files = files_of(self.config["backbones"][name]).values()
        return [f"<results>/downloads/{file['name']}" for file in files]

    def style_backbone(self) -> list[str]:
        """Name the same of the network that style distances are measured by."""
        return self.backbone_file(self.config["style_features"])

    # ---- how things are made
    def trained(self) -> list[str]:
        """Name the stylizers that this pipeline trains."""
        return [n for n, entry in self.config["stylizers"].items() if "training" in entry]

    def published(self) -> list[str]:
        """Name the stylizers that are read from published files."""
        made = (*self.trained(), *self.painted())
        return [n for n in self.config["stylizers"] if n not in made and self._has_weights(n)]

    def painted(self) -> list[str]:
        """Name the stylizers that are painters' generators."""
        return [n for n, entry in self.config["stylizers"].items() if "painter" in entry]

    def exported(self) -> list[str]:
        """Name those of them whose generator is trained here, and not a user's own."""
        return [n for n in self.painted() if "weights" not in self.config["stylizers"][n]]

    def training_inputs(self, stylizer: str) -> dict[str, Any]:
        """Return what a stylizer is trained on: its picture, clips, and weights of features."""
        training = self.config["stylizers"][stylizer]["training"]
        return {
            "picture": self.place("pictures", training["picture"]),
            "clips": [self.clip(clip) for clip in training["clips"]],
            "backbone": self.backbone_file(training["features"]),
        }

    def training(self, stylizer: str) -> dict[str, Any]:
        """Return what the training of a stylizer depends on: no title or licence."""
        entry = self.config["stylizers"][stylizer]
        apart = ("picture", "clips", "features", "also_restyled")
        return {
            "options": entry.get("options", {}),
            "features": self.config["backbones"][entry["training"]["features"]]["network"],
            "settings": {k: v for k, v in sorted(entry["training"].items()) if k not in apart},
        }

    def restyling(self, style: str) -> dict[str, Any]:
        """Return what the frames of a style depend on: no title."""
        entry = self.config["styles"][style]
        kept = {k: v for k, v in sorted(entry.items()) if k not in ("title", "mask")}
        stylizer = self.config["stylizers"][entry["stylizer"]]
        made = {"network": stylizer["network"], "options": self._options(stylizer)}
        for kind in SEARCHES:
            if asked := dict(stylizer.get(kind, {})):
                made["backbone"] = self.config["backbones"][asked.pop("features")]["network"]
                made[kind] = {key: value for key, value in asked.items() if key != "encoder"}
        return {**kept, **made}

    def searching_backbone(self, style: str) -> list[str]:
        """Name the weights of the features by which a style looks for frames, if it does."""
        stylizer = self.config["stylizers"][self.config["styles"][style]["stylizer"]]
        asked = [stylizer[kind]["features"] for kind in SEARCHES if kind in stylizer]
        return [file for features in asked for file in self.backbone_file(features)]

    def encoder_of(self, style: str) -> list[str]:
        """Name the encoder by which a style begins its search for a frame, if it has one."""
        stylizer = self.config["stylizers"][self.config["styles"][style]["stylizer"]]
        if not stylizer.get("inversion", {}).get("encoder"):
            return []
        return [f"<results>/painters/{stylizer['painter']}/encoder.pt"]

    def _options(self, stylizer: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a stylizer's network is built with: a painter's as that was trained."""
        if "painter" not in stylizer:
            return stylizer.get("options", {})
        painter = self.config["painters"][stylizer["painter"]]
        if stylizer["network"] == "inversion":
            return {**painter["options"], "resolution": painter["resolution"]}
        return {k: v for k, v in painter["options"].items() if k in ("channels", "blocks")}

    def backbone(self, name: str | None = None) -> dict[str, str]:
        """Return kind and title of a network; unless named, that of style distances."""
        entry = self.config["backbones"][name or self.config["style_features"]]
        return {key: entry[key] for key in ("network", "title")}

    def _behind(self, style: str) -> dict[str, float]:
        """Return the pictures, with weights, that a style was taken from, also by training."""
        entry = self.config["styles"][style]
        if "pictures" in entry:
            return dict(entry["pictures"])
        stylizer = self.config["stylizers"][entry["stylizer"]]
        picture = stylizer.get("training", stylizer).get("picture")
        return {picture: 1.0} if picture else {}

    def _learnt_features(self, style: str) -> str | None:
        """Name the network by whose features a style was learnt, if it was."""
        stylizer = self.config["stylizers"][self.config["styles"][style]["stylizer"]]
        asked = [stylizer[kind] for kind in ("training", *SEARCHES) if kind in stylizer]
        return asked[0].get("features") if asked else None


def _is_real(entry: Mapping[str, Any]) -> bool:
    return entry["nature"] == "real"


def own_paths(config: Mapping[str, Any]) -> dict[tuple[str, str], Path]:
    """Return the files of users' own clips and pictures that a config asks for."""
    asked = config["videos"]
    wanted = {("clips", clip) for clip in asked["clips"]}
    for style in asked["styles"]:
        chosen = config["styles"][style]
        stylizer = config["stylizers"][chosen["stylizer"]]
        training = stylizer.get("training", {})
        pictures = [*chosen.get("pictures", {}), stylizer.get("picture"), training.get("picture")]
        wanted |= {("pictures", picture) for picture in pictures if picture}
        wanted |= {("clips", clip) for clip in training.get("clips", [])}
    clips = [config[section][name] for section, name in wanted if section == "clips"]
    zooms = {*config["wanted_zooms"], *(clip["zoom"] for clip in clips if "zoom" in clip)}
    wanted |= {("pictures", config["zooms"][zoom]["picture"]) for zoom in zooms}
    entries = {(s, n): config[s][n] for s, n in sorted(wanted)}
    return {key: Path(entry["path"]) for key, entry in entries.items() if "path" in entry}
