"""What a checked config asks for in the way of denoisers."""

from typing import Any

from convatlas.catalog import DENOISING, Catalog

PICTURE_KINDS = ("picture_rows", "photograph_squares")
"""Kinds of dataset that are pictures to take noise out of."""
TITLES = {
    "noisy": "noisy input",
    "gaussian_blur": "Gaussian blur",
    "non_local_means": "non-local means",
    "bm3d": "BM3D",
}
"""What people call the pictures with their noise, and what networks are compared with."""
RULES = (
    "plot_denoising_curves",
    "plot_denoised",
    "plot_training_sizes",
    "tabulate_denoisers",
)
"""Rules whose items show denoisers."""


class DenoisingCatalog:
    """Answers the rules' questions about denoisers.

    Parameters
    ----------
    catalog : Catalog
        Of the same config.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self.config = catalog, catalog.config
        self.asked = self.config["denoising"]

    # ---- pictures
    def dataset(self) -> str:
        """Name the dataset that denoisers learn from and are measured on."""
        return self.asked["pictures"]

    def pictures(self) -> str:
        """Name the file of its pictures."""
        return f"<results>/data/{self.dataset()}/pictures.npz"

    def witness(self) -> str:
        """Name the file that says how many of them are held out."""
        return f"<results>/data/{self.dataset()}/pictures.json"

    def raw_files(self) -> list[str]:
        """Name the downloaded files that they are read from, in order."""
        return list(self._catalog.raw_files(self.dataset()).values())

    def preparing(self) -> dict[str, Any]:
        """Return what the pictures depend on beside their files."""
        entry = self.config["datasets"][self.dataset()]
        kept = {key: entry[key] for key in ("kind", "pictures", "held_out")}
        return {**kept, **{key: self.asked[key] for key in ("side_pixels", "filter")}}

    # ---- networks
    def trained(self) -> list[str]:
        """Name the denoisers of this run: those shown, and those of the curve over sizes."""
        return self._catalog.denoisers()

    def training(self, denoiser: str) -> dict[str, Any]:
        """Return what a training depends on: no title, nor how often it is repeated."""
        entry = self.config["denoisers"][denoiser]
        return {key: entry[key] for key in entry if key not in ("title", "repeats")}

    def seeds(self, denoiser: str) -> list[int]:
        """Return the seeds that a denoiser is trained with: the first few."""
        return self.config["seeds"][: self.config["denoisers"][denoiser]["repeats"]]

    def all_seeds(self) -> dict[str, list[int]]:
        """Return the seeds of every denoiser of this run."""
        return {name: self.seeds(name) for name in self.trained()}

    def files(self, file: str) -> list[str]:
        """Name a file of every training, denoiser by denoiser and seed by seed."""
        return [path for name in self.trained() for path in self._files_of(name, file)]

    def _files_of(self, denoiser: str, file: str) -> list[str]:
        return [f"<results>/denoisers/{denoiser}/{seed}/{file}" for seed in self.seeds(denoiser)]

    def networks(self) -> dict[str, dict[str, Any]]:
        """Return what the network of each denoiser of this run is built with."""
        entries = {name: self.config["denoisers"][name] for name in self.trained()}
        return {n: {k: e[k] for k in ("network", "options")} for n, e in entries.items()}

    def titles(self) -> dict[str, str]:
        """Return what people call each denoiser of this run, and what it is compared with."""
        trained = {name: self.config["denoisers"][name]["title"] for name in self.trained()}
        return {**TITLES, **trained}

    def counts(self) -> dict[str, int]:
        """Return how many pictures each denoiser of this run learns from."""
        return {name: self.config["denoisers"][name]["pictures"] for name in self.trained()}

    def measuring(self) -> dict[str, Any]:
        """Return how denoisers are measured: no titles, nor which networks."""
        keys = ("measured_pictures", "shown_pictures", "sigmas", "references")
        return {"dataset": self.dataset(), **{key: self.asked[key] for key in keys}}

    def shown(self) -> list[str]:
        """Name what figures of pictures show, in order: references, then networks."""
        return [*self.asked["references"], *self.asked["denoisers"]]

    def sizes(self) -> dict[str, int]:
        """Return how many pictures each denoiser of the curve over sizes learns from."""
        return {name: self.config["denoisers"][name]["pictures"] for name in self.asked["sizes"]}

    def levels(self) -> dict[str, str]:
        """Return titles of what that curve is set against."""
        return {name: TITLES[name] for name in self.asked["references"]}

    def drawn_sigma(self) -> float:
        """Return the noise that figures show: the first."""
        return self.asked["sigmas"][0]

    def noisy_mse(self) -> dict[str, float]:
        """Return the error of the noisy pictures that each denoiser is measured on in training."""
        means = {}
        for name in self.trained():
            sigma = self.config["denoisers"][name]["sigma"]
            means[name] = (sum(sigma) / 2 if isinstance(sigma, list) else sigma) ** 2
        return means

    # ---- a run
    def is_in_use(self) -> bool:
        """Tell whether a selected study shows denoisers, or is judged by them."""
        studies = self.config["studies"]
        rules = {item["rule"] for study in studies for item in self._catalog.items(study)}
        judged = {name for study in studies for name in self._catalog.models_of_claims(study)}
        return DENOISING in judged or bool(rules & set(RULES))

    def histories(self) -> list[str]:
        """Name the histories of this run's denoisers, if it has any."""
        return self.files("history.csv") if self.is_in_use() else []

    def witnesses(self) -> list[str]:
        """Name the witness of which pictures are held out, if this run has any."""
        return [self.witness()] if self.is_in_use() else []

    def stand_ins(self) -> dict[str, str]:
        """Return the title of the pictures, if they are not those which the document speaks of."""
        entry = self.config["datasets"][self.dataset()]
        return {} if entry.get("of_documents") else {self.dataset(): entry["title"]}

    def histories_shown(self, study: str, artefact: str) -> list[str]:
        """Name the histories of the denoisers that an artefact shows."""
        names = self._catalog.options(study, artefact)["denoisers"]
        return [path for name in names for path in self._files_of(name, "history.csv")]
