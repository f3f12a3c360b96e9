"""What a checked config asks for in the way of painters: networks that learn from few pictures."""

from typing import Any

from convatlas.catalog import Catalog
from convatlas.networks import options_of
from convatlas.video_catalog import files_of

GALLERY_KINDS = ("picture_folder", "picture_archive", "painted_squares", "plain_squares")
"""Kinds of dataset that are pictures to paint from."""
TRANSLATOR = "cyclegan.CycleGAN"
"""The network that learns from photographs too, and makes paintings of them."""
RULES = (
    "plot_painters",
    "plot_paintings",
    "plot_neighbours",
    "plot_inversions",
    "show_walk",
    "tabulate_painters",
    "tabulate_manners",
)
"""Rules whose items show painters."""
STYLED = "stylegan2.StyleGAN2"
"""The network that has a space of styles."""
NETWORKS = (STYLED, "fastgan.FastGAN", TRANSLATOR)
"""Pairs of networks that learn from paintings, and not from digits."""


SHOWN = 256
"""Pixels of a painting's side, where it serves as the picture of a style."""


class PainterCatalog:
    """Answers the rules' questions about painters.

    Parameters
    ----------
    catalog : Catalog
        Of the same config, in which each of ``galleries`` names one dataset.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self.config = catalog, catalog.config

    # ---- pictures
    def files(self, dataset: str) -> dict[str, Any]:
        """Return what a gallery is read from: a folder's files, or a downloaded archive."""
        return self._catalog.raw_files(dataset)

    def preparing(self, dataset: str) -> dict[str, Any]:
        """Return what a gallery depends on beside its files: no titles or licences."""
        entry = self.config["datasets"][dataset]
        return {k: entry[k] for k in ("kind", "pictures", "fit", "below", "sha256") if k in entry}

    def paintings(self, painter: str) -> str:
        """Name the file of the paintings that a painter learns from."""
        return self._gallery("paintings", painter)

    def finest(self) -> str:
        """Name the file of the paintings at the highest resolution that this run's painters have.

        Where the run has none, of all that the config knows: for who asks for the rule by itself.
        """
        painters = self.config["painters"]
        asked = self.trained() or painters
        return self.paintings(max(asked, key=lambda name: painters[name]["resolution"]))

    def shown_gallery(self) -> str:
        """Name the file of the paintings out of which a style's picture is taken."""
        return f"<results>/data/{self.config['galleries']['paintings']}/pictures_{SHOWN}.npz"

    def galleries(self, painter: str) -> dict[str, str]:
        """Name the files of all pictures that a painter learns from, by their part."""
        parts = ["paintings", *(["photographs"] if self.translates(painter) else [])]
        return {part: self._gallery(part, painter) for part in parts}

    def _gallery(self, part: str, painter: str) -> str:
        dataset = self.config["galleries"][part]
        side = self.config["painters"][painter]["resolution"]
        return f"<results>/data/{dataset}/pictures_{side}.npz"

    def given(self, painter: str) -> dict[str, str]:
        """Name the file of the photographs that a translator paints."""
        return {k: v for k, v in self.galleries(painter).items() if k == "photographs"}

    def sought(self, painter: str) -> dict[str, str]:
        """Name the files of pictures that are looked for in a painter's space of styles."""
        return {part: self._gallery(part, painter) for part in ("paintings", "photographs")}

    # ---- features
    def proof(self) -> dict[str, Any]:
        """Return how pictures are looked for, with the kind of network whose features serve."""
        asked = dict(self.config["painting"]["proof"])
        backbone = self.config["backbones"][asked.pop("features")]["network"]
        return {key: asked[key] for key in asked if key != "count"} | {"backbone": backbone}

    def looks(self) -> dict[str, Any]:
        """Return the network by whose features two pictures look alike or not."""
        backbone = self.config["backbones"][self.config["painting"]["proof"]["features"]]
        return {"network": backbone["network"]}

    def proof_file(self) -> list[str]:
        """Name its downloaded weights, if it has any."""
        backbone = self.config["backbones"][self.config["painting"]["proof"]["features"]]
        return [f"<results>/downloads/{file['name']}" for file in files_of(backbone).values()]

    def features(self) -> dict[str, Any]:
        """Return the network that distances are measured by."""
        name = self.config["painting"]["features"]
        entry = self.config["features"].get(name) or self.config["backbones"][name]
        return {key: entry[key] for key in ("network", "title", "file") if key in entry}

    def is_comparable(self) -> bool:
        """Tell whether distances are by Inception, as the document's are."""
        return self.features()["network"] == "inception.Inception"

    def features_file(self) -> list[str]:
        """Name its downloaded weights, if it has any."""
        name = self.config["painting"]["features"]
        if name in self.config["features"]:
            files = [self.config["features"][name]["file"]]
        else:
            files = [*files_of(self.config["backbones"][name]).values()]
        return [f"<results>/downloads/{file['name']}" for file in files]

    # ---- networks
    def translates(self, painter: str) -> bool:
        """Tell whether a painter makes paintings of photographs, and none of its own."""
        return self.config["painters"][painter]["network"] == TRANSLATOR

    def walkable(self) -> list[str]:
        """Name the painters that have a space of styles to walk through."""
        entries = self.config["painters"].items()
        return [name for name, entry in entries if entry["network"] == STYLED]

    def networks(self, painter: str) -> dict[str, Any]:
        """Return what the networks of a painter are built with."""
        entry = self.config["painters"][painter]
        options = dict(entry["options"])
        if "resolution" in options_of(entry["network"]):
            options["resolution"] = entry["resolution"]
        return {"network": entry["network"], "options": options}

    def making(self, painter: str) -> dict[str, Any]:
        """Return what the training of a painter depends on: no title."""
        entry = self.config["painters"][painter]
        kept = {key: entry[key] for key in ("training", "snapshots")}
        return {**self.networks(painter), **kept}

    def titles(self) -> dict[str, str]:
        """Return what people call each painter."""
        return {name: entry["title"] for name, entry in self.config["painters"].items()}

    # ---- a run
    def trained(self) -> list[str]:
        """Name the painters that an item of a selected study shows."""
        asked = [
            item.get("options", {}).get("painters", [])
            for study in self.config["studies"]
            for item in self._catalog.items(study)
        ]
        return sorted({painter for painters in asked for painter in painters})

    def witnesses(self) -> list[str]:
        """Name what says which pictures they learn from."""
        files = {f for painter in self.trained() for f in self.galleries(painter).values()}
        return sorted(file.replace(".npz", ".json") for file in files)

    def histories(self) -> list[str]:
        """Name the histories of this run's painters."""
        return [f"<results>/painters/{painter}/history.csv" for painter in self.trained()]

    def stand_ins(self) -> dict[str, str]:
        """Return titles of pictures and features that are not those the document speaks of."""
        paintings = self.config["galleries"]["paintings"]
        entry, features = self.config["datasets"][paintings], self.config["painting"]["features"]
        other = {} if entry.get("of_documents") else {paintings: entry["title"]}
        if not self.is_comparable():
            other[features] = f"distances by {self.features()['title']}, not by Inception"
        return other

    def measuring(self) -> dict[str, str]:
        """Return what the painters' numbers rest on."""
        paintings = self.config["galleries"]["paintings"]
        return {"dataset": paintings, "features": self.config["painting"]["features"]}

    # ---- videos
    def of_stylizer(self, stylizer: str) -> dict[str, str]:
        """Name the painter whose generator restyles."""
        return {"painter": self.config["stylizers"][stylizer]["painter"]}

    def networks_of_stylizer(self, stylizer: str) -> dict[str, Any]:
        """Return what its networks are built with."""
        return self.networks(self.of_stylizer(stylizer)["painter"])

    # ---- items of studies
    def behind(self, study: str, artefact: str) -> dict[str, list[str]]:
        """Return the painters that an artefact is drawn from, for their files."""
        return {"painter": self._catalog.options(study, artefact)["painters"]}

    def paintings_behind(self, study: str, artefact: str) -> dict[str, str]:
        """Return the file of the paintings that the first of them learnt from."""
        return {"file": self.paintings(self.behind(study, artefact)["painter"][0])}

    def walked(self, study: str, artefact: str) -> dict[str, Any]:
        """Return what the networks are built with whose space of styles an item walks through."""
        return self.networks(self.behind(study, artefact)["painter"][0])

    def title_walked(self, study: str, artefact: str) -> str:
        """Return what people call that painter."""
        return self.titles()[self.behind(study, artefact)["painter"][0]]
