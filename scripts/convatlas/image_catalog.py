"""What a checked config asks for in the way of pictures out of networks."""

from collections.abc import Mapping
from typing import Any

from convatlas.video_catalog import VideoCatalog

SHOWN = ("title", "photograph", "styles", "mask", "guide", "features")
"""Keys of an entry that its script is not told: names, titles, and what becomes an input."""


class ImageCatalog:
    """Answers the rules' questions about transfers of style and dreams.

    Parameters
    ----------
    videos : VideoCatalog
        Of the same config: it knows where pictures and feature networks lie.
    """

    def __init__(self, videos: VideoCatalog) -> None:
        self.config, self._videos = videos.config, videos

    # ---- what a picture is made of
    def transfer_inputs(self, transfer: str) -> dict[str, Any]:
        """Return the files that a transfer is made from."""
        entry = self.config["transfers"][transfer]
        return {
            "photograph": self._videos.place("pictures", entry["photograph"]),
            "styles": [self._videos.place("pictures", style) for style in entry["styles"]],
            "mask": [entry["mask"]] if entry.get("mask") else [],
            "backbone": self._videos.backbone_file(self.features("transfers", transfer)),
        }

    def dream_inputs(self, dream: str) -> dict[str, Any]:
        """Return the files that a dream is made from."""
        entry = self.config["dreams"][dream]
        guide = entry.get("guide")
        return {
            "photograph": self._videos.place("pictures", entry["photograph"]),
            "guide": [self._videos.place("pictures", guide)] if guide else [],
            "backbone": self._videos.backbone_file(self.features("dreams", dream)),
        }

    def transfer(self, transfer: str) -> dict[str, Any]:
        """Return what a transfer depends on beside its files: no title."""
        return self._made("transfers", transfer)

    def dream(self, dream: str) -> dict[str, Any]:
        """Return what a dream depends on beside its files: no title."""
        return self._made("dreams", dream)

    def features(self, section: str, name: str) -> str:
        """Name the feature network of an entry: its own, or that of all pictures."""
        return self.config[section][name].get("features", self.config["images"]["features"])

    def _made(self, section: str, name: str) -> dict[str, Any]:
        entry = self.config[section][name]
        kept = {k: v for k, v in sorted(entry.items()) if k not in SHOWN}
        return {**kept, "backbone": self._videos.backbone(self.features(section, name))}

    def compared(self, section: str) -> dict[str, list[str]]:
        """Return what the numbers of all asked are made of: names, feature networks, an order."""
        names = self.asked(section)
        return {
            "names": names,
            "features": [self.features(section, name) for name in names],
            "compared": self.config[f"compared_{section}"],
        }

    # ---- what a study shows
    def asked(self, section: str) -> list[str]:
        """Name the transfers, or the dreams, that a selected study shows or compares."""
        documents = self.config["documents"]
        # of a config with faults, a study may not be there
        studies = [documents[study] for study in self.config["studies"] if study in documents]
        items = [item for study in studies for part in study["sections"] for item in part["items"]]
        named = [name for item in items for name in item.get("options", {}).get(section, [])]
        judged = {claim["model"] for study in studies for claim in study["claims"]}
        if section in judged:
            named += self.config[f"compared_{section}"]
        return list(dict.fromkeys(named))

    def shown(self, study: str, artefact: str) -> dict[str, list[str]]:
        """Name the transfers and the dreams that an artefact shows, by the files' wildcards."""
        options = self._options(study, artefact)
        return {"transfer": options.get("transfers", []), "dream": options.get("dreams", [])}

    def originals(self, study: str, artefact: str) -> list[str]:
        """Name the photographs behind the pictures that an artefact shows, one for each."""
        return [
            self._videos.place("pictures", e["photograph"]) for e in self._shown(study, artefact)
        ]

    def styles(self, study: str, artefact: str) -> list[str]:
        """Name the style pictures behind them, all of the first transfer's and so on."""
        places = [e.get("styles", []) for e in self._shown(study, artefact)]
        return [self._videos.place("pictures", name) for names in places for name in names]

    def captions(self, study: str, artefact: str) -> list[dict[str, Any]]:
        """Return title and number of styles of each, and whether its network never learnt."""
        options, told = self._options(study, artefact), []
        for section in ("transfers", "dreams"):
            for name in options.get(section, []):
                entry = self.config[section][name]
                network = self.config["backbones"][self.features(section, name)]
                told.append(
                    {
                        "title": entry["title"],
                        "styles": len(entry.get("styles", [])),
                        "untrained": "file" not in network,
                    }
                )
        return told

    def _shown(self, study: str, artefact: str) -> list[Mapping[str, Any]]:
        options = self._options(study, artefact)
        return [
            self.config[section][name]
            for section in ("transfers", "dreams")
            for name in options.get(section, [])
        ]

    def _options(self, study: str, artefact: str) -> Mapping[str, Any]:
        items = self.config["documents"][study]["sections"]
        item = next(i for s in items for i in s["items"] if i.get("artefact") == artefact)
        return item.get("options", {})
