"""What a checked config asks for in the way of GANs."""

from collections.abc import Mapping
from typing import Any

from convatlas.catalog import Catalog


class GanCatalog:
    """Answers the rules' questions about GANs.

    Parameters
    ----------
    catalog : Catalog
        Of the same config.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self.config = catalog, catalog.config

    def trained(self) -> list[str]:
        """Name every GAN that a selected study is drawn from or judged by."""
        return self._catalog.trained_gans()

    def making(self, gan: str) -> dict[str, Any]:
        """Return what the training of a GAN depends on: no title, nor how often it is repeated."""
        entry = self.config["gans"][gan]
        return {key: entry[key] for key in entry if key not in ("title", "repeats")}

    def networks(self, gan: str) -> dict[str, Any]:
        """Return what the networks of a GAN are built with."""
        entry = self.config["gans"][gan]
        return {key: entry[key] for key in ("network", "options")}

    def part(self, gan: str) -> dict[str, Any]:
        """Return which digits of its dataset a GAN is trained on."""
        entry = self.config["gans"][gan]
        return {"scheme": entry["split"], "form": entry["form"]}

    def dataset(self, gan: str) -> str:
        """Name the dataset that a GAN is trained on."""
        return self._catalog.dataset(self.config["gans"][gan]["data"])

    def seeds(self, gan: str) -> list[int]:
        """Return the seeds that a GAN is trained with: the first few."""
        return self.config["seeds"][: self.config["gans"][gan]["repeats"]]

    def runs(self, gan: str) -> dict[str, Any]:
        """Return the trainings of a GAN, for their files."""
        return {"gan": gan, "seed": self.seeds(gan), "features": self.config["distances"]}

    def all_runs(self) -> list[tuple[str, int]]:
        """Return every training of every GAN in use."""
        return [(gan, seed) for gan in self.trained() for seed in self.seeds(gan)]

    def judged(self) -> dict[str, Mapping[str, Any]]:
        """Return the real pictures that discriminators are asked about, by name."""
        return {name: self.config["targets"][name] for name in self.config["judged"]}

    def judged_datasets(self) -> list[str]:
        """Name the dataset of each of them, in their order."""
        return [self._catalog.dataset(target["data"]) for target in self.judged().values()]

    def datasets_of(self, gan: str) -> dict[str, str]:
        """Name the dataset of each kind of picture that a GAN's numbers are about."""
        judged = zip(self.judged(), self.judged_datasets(), strict=True)
        return {"generated": self.dataset(gan), **dict(judged)}

    def weights(self, features: str) -> dict[str, str]:
        """Name the file of weights of a network that gives features, within the results."""
        entry = self.config["features"][features]
        if "model" in entry:
            return {"weights": f"models/{entry['model']}/{self.config['seeds'][0]}/weights.pt"}
        return {"weights": f"downloads/{entry['file']['name']}"}

    def titles(self) -> dict[str, str]:
        """Return what people call each GAN."""
        return {name: entry["title"] for name, entry in self.config["gans"].items()}

    def network_names(self) -> dict[str, str]:
        """Return the pair of networks of each GAN."""
        return {name: entry["network"] for name, entry in self.config["gans"].items()}

    def drawn_features(self) -> dict[str, str]:
        """Return name and title of the features that figures show distances by."""
        name = self.config["distances"][0]
        return {"name": name, "title": self.config["features"][name]["title"]}

    def measured_features(self) -> dict[str, str]:
        """Return titles of all features that distances are measured by, by name."""
        return {name: self.config["features"][name]["title"] for name in self.config["distances"]}

    # ---- items of studies
    def runs_behind(self, study: str, artefact: str) -> dict[str, Any]:
        """Return the trainings that an artefact is drawn from, for their files.

        Of several GANs, the seeds that all of them are trained with.
        """
        gans = self._catalog.gans_of(self._catalog.item(study, artefact))
        seeds = min((self.seeds(gan) for gan in gans), key=len)
        return {"gan": gans, "seed": seeds, "features": self.drawn_features()["name"]}

    def first_runs_behind(self, study: str, artefact: str) -> dict[str, Any]:
        """Return the same with the first seed alone."""
        runs = self.runs_behind(study, artefact)
        return {**runs, "seed": runs["seed"][:1]}

    def dataset_of_item(self, study: str, artefact: str) -> str:
        """Name the dataset that the first GAN of an artefact is trained on."""
        return self.dataset(self._first(study, artefact))

    def part_of_item(self, study: str, artefact: str) -> dict[str, Any]:
        """Return which digits the first GAN of an artefact is trained on."""
        return self.part(self._first(study, artefact))

    def _first(self, study: str, artefact: str) -> str:
        return self._catalog.gans_of(self._catalog.item(study, artefact))[0]
