"""What a checked config asks for: files, datasets, models, items of studies."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from convatlas.video_catalog import FROM_OUTSIDE, feature_networks, files_of

NEEDED_LIST = {
    "tabulate_sweep": "sweep",
    "tabulate_writers": "left_out_writers",
    "tabulate_repair": "repair",
    "plot_repair": "repair",
    "tabulate_recipes": "recipes",
}
"""Rules whose items are made only if a list of the config is not empty."""


NEEDED_GRIDS = ("plot_outputs", "plot_distances", "tabulate_distances")
"""Rules whose items show the mixed models, which come from all the grids of ``origins``."""
ORIGINS, VIDEOS = "origins", "videos"
"""What claims call the comparison of predictors of the grids' table, and all restyled clips."""
CONVOLUTIONS, ACTIVATIONS = "convolutions", "activations"
"""The same of the lecture's worked cases, and of pictures that filters answer to."""
DENOISING = "denoising"
"""The same of all denoisers."""
TRANSFERS, DREAMS = "transfers", "dreams"
"""The same of all transfers of style by optimisation, and of all dreams."""
PAINTERS = "painters"
"""The same of all networks that paint."""
ARCHITECTURES = "architectures"
"""The same of all networks that are drawn."""
DRAWN = ("models", "autoencoders", "grids", "gans", "painters", "denoisers")
"""Sections of networks that can be drawn."""
TABLE_KINDS = ("matlab_table", "text_table", "simulated_fermentation", "diabetes")
"""Kinds of dataset that are tables of observations, not digits."""


class Catalog:
    """Answers the rules' questions about a config.

    Parameters
    ----------
    config : mapping
        Checked by :func:`convatlas.settings.check_config`.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config

    # ---- data
    def dataset(self, data: str) -> str:
        """Name the dataset that plays a part: ``benchmark``, ``own``, or one of ``tables``."""
        return {**self.config["digits"], **self.config["tables"]}[data]

    def datasets_in_use(self) -> list[str]:
        """Name the datasets of digits that play a part in this run."""
        return sorted(set(self.config["digits"].values()))

    def tables_in_use(self) -> list[str]:
        """Name the tables that a selected study is drawn from."""
        fits = [self.config["autoencoders"][name] for name in self.fitted_autoencoders()]
        fits += [self.config["grids"][name] for name in self.fitted_grids()]
        return sorted({self.dataset(fit["table"]) for fit in fits})

    def stand_ins(self) -> dict[str, str]:
        """Return the titles of datasets in use that are not those which the documents speak of."""
        names = [*self.datasets_in_use(), *self.tables_in_use()]
        used = {name: self.config["datasets"][name] for name in names}
        return {name: d["title"] for name, d in used.items() if not d.get("of_documents")}

    def remote_files(self) -> dict[str, Mapping[str, Any]]:
        """Return every file from outside by its name; a user's own have no url."""
        datasets = self.config["datasets"].values()
        files = [file for dataset in datasets for file in dataset.get("files", {}).values()]
        files += [entry["file"] for entry in self.config["features"].values() if "file" in entry]
        for section in FROM_OUTSIDE:
            entries = self.config[section].values()
            files += [file for entry in entries for file in files_of(entry).values()]
        return {file["name"]: file for file in files if "urls" in file}

    def files_to_fetch(self) -> dict[str, Mapping[str, Any]]:
        """Return the same without weights of feature networks that nothing in the config names.

        Those of torchvision's are a gigabyte and a half.
        """
        idle = set(self.config["backbones"]) - feature_networks(self.config)
        weights = [files_of(self.config["backbones"][name]) for name in idle]
        unused = {file["name"] for files in weights for file in files.values()}
        return {n: file for n, file in self.remote_files().items() if n not in unused}

    def remote_file(self, name: str) -> Mapping[str, Any]:
        """Return the declaration of a file from outside."""
        return self.remote_files()[name]

    def content(self, name: str) -> dict[str, Any]:
        """Return what a file from outside has to be, without where it may come from."""
        file = self.remote_file(name)
        return {key: file[key] for key in ("size", "sha256", "content", "member") if key in file}

    def contents(self) -> dict[str, dict[str, Any]]:
        """Return the same of every file that is packed."""
        return {name: self.content(name) for name in self.files_to_fetch()}

    def raw_files(self, dataset: str) -> dict[str, Any]:
        """Return what a dataset is made from: downloaded files, or a user's own."""
        entry = self.config["datasets"][dataset]
        if "path" in entry:
            path = Path(entry["path"])
            # a new picture in a folder below changes no date of the folder above: each is an input
            return {"path": path, "pictures": sorted(p for p in path.rglob("*") if p.is_file())}
        files = entry.get("files", {})
        return {key: _place(file) for key, file in files.items()}

    def making(self, dataset: str) -> dict[str, Any]:
        """Return what the digits of a dataset depend on beside its files: no titles or licences."""
        entry = self.config["datasets"][dataset]
        return {key: entry[key] for key in ("kind", "sheets") if key in entry}

    def reading(self, dataset: str) -> dict[str, Any]:
        """Return what the observations of a table depend on beside its files."""
        entry = self.config["datasets"][dataset]
        kept = {k: entry[k] for k in ("kind", "columns", "features", "outputs") if k in entry}
        member = entry.get("files", {}).get("table", {}).get("member")
        return {**kept, "member": member} if member else kept

    def predicted(self, dataset: str) -> dict[str, Any]:
        """Return which columns of a table are predicted, whether they are places, what it needs."""
        entry = self.config["datasets"][dataset]
        told = {"outputs": entry.get("outputs", []), "places": entry.get("places", False)}
        if dataset != self.music():
            return told
        # a row for each fold; an autoencoder with fewer neurons than features
        return {**told, "rows_needed": self.config["origins"]["folds"], "features_needed": 2}

    # ---- models
    def training(self, model: str) -> dict[str, Any]:
        """Return what the training of a model depends on, with its augmentation spelt out."""
        entry = self.config["models"][model]
        kept = {key: value for key, value in entry.items() if key != "targets"}
        return {**kept, "augmentation": self.config["augmentations"][entry["augmentation"]]}

    def training_inputs(self, model: str, seed: str) -> dict[str, str]:
        """Return the splits that a model is trained on, and the weights that it starts from."""
        entry = self.config["models"][model]
        inputs = {"splits": f"<results>/data/{self.dataset(entry['data'])}/splits.json"}
        if "initial" in entry:
            inputs["initial"] = f"<results>/models/{entry['initial']}/{seed}/weights.pt"
        return inputs

    def targets(self, model: str) -> dict[str, dict[str, Any]]:
        """Return a model's targets by name, each with the dataset that it means in this run."""
        chosen = {
            name: self.config["targets"][name] for name in self.config["models"][model]["targets"]
        }
        return {name: {**t, "dataset": self.dataset(t["data"])} for name, t in chosen.items()}

    def datasets_of_model(self, model: str) -> list[str]:
        """Name the datasets that a model is measured on."""
        return sorted({target["dataset"] for target in self.targets(model).values()})

    def trained_models(self) -> list[str]:
        """Name every model that a selected study is drawn from or judged by."""
        return self._in_use("models", self.models_of)

    def fitted_autoencoders(self) -> list[str]:
        """Name every entry of ``autoencoders`` that a selected study is drawn from or judged by."""
        return self._in_use("autoencoders", lambda item: _options(item).get("autoencoders", []))

    def fitted_grids(self) -> list[str]:
        """Name every grid that a selected study is drawn from or judged by."""
        return self._in_use("grids", self.grids_of)

    def comparisons(self) -> list[str]:
        """Name the comparison of predictors, if its grids are in use: it has metrics as well."""
        needed = set(self.config["origins"]["grids"].values())
        return [ORIGINS] if needed <= set(self.fitted_grids()) else []

    def _in_use(self, kind: str, named_by: Callable[[Mapping[str, Any]], list[str]]) -> list[str]:
        studies = self.config["studies"]
        names = {name for s in studies for item in self.items(s) for name in named_by(item)}
        judged = {name for study in studies for name in self.models_of_claims(study)}
        if ORIGINS in judged:
            names |= set(self.config["origins"]["grids"].values()) if kind == "grids" else set()
        return sorted(names | (judged & set(self.config[kind])))

    def trained_gans(self) -> list[str]:
        """Name every GAN that a selected study is drawn from or judged by."""
        return self._in_use("gans", self.gans_of)

    def table_of_autoencoder(self, name: str) -> str:
        """Name the dataset that an entry of ``autoencoders`` is fitted to."""
        return self.dataset(self.config["autoencoders"][name]["table"])

    def table_of_grid(self, grid: str) -> str:
        """Name the dataset that a grid is fitted to."""
        return self.dataset(self.config["grids"][grid]["table"])

    def music(self) -> str:
        """Name the dataset whose outputs the mixed models predict."""
        return self.table_of_grid(self.config["origins"]["grids"]["networks"])

    def fitting(self, name: str) -> dict[str, Any]:
        """Return what the fit of an entry of ``autoencoders`` depends on: no title."""
        return {k: v for k, v in self.config["autoencoders"][name].items() if k != "title"}

    def grid_fitting(self, grid: str) -> dict[str, Any]:
        """Return what the fit of a grid depends on: no title, nor what is drawn of it."""
        idle = ("title", "shown_rates", "repeats")
        return {k: v for k, v in self.config["grids"][grid].items() if k not in idle}

    def autoencoder_titles(self) -> dict[str, str]:
        """Return what people call each entry of ``autoencoders``."""
        return {name: entry["title"] for name, entry in self.config["autoencoders"].items()}

    def grid_titles(self) -> dict[str, str]:
        """Return what people call each grid."""
        return {name: entry["title"] for name, entry in self.config["grids"].items()}

    def grid_seeds(self, grid: str) -> list[int]:
        """Return the seeds that a grid is fitted with: the first few."""
        return self.config["seeds"][: self.config["grids"][grid]["repeats"]]

    def batch_sizes(self) -> dict[str, int]:
        """Return the batch size of each model of the sweep."""
        models = self.config["models"]
        return {name: models[name]["training"]["batch_size"] for name in self.config["sweep"]}

    def parts_of_grid(self, grid: str) -> dict[str, list[Any]]:
        """Return the seeds of a grid and the parts that it is split into, for its files."""
        parts = list(range(self.config["grids"][grid]["jobs"]))
        return {"grid": [grid], "seed": self.grid_seeds(grid), "part": parts}

    # ---- studies
    def items(self, study: str) -> list[Mapping[str, Any]]:
        """Return the items of a study that this run makes, in the document's order."""
        sections = self.config["documents"][study]["sections"]
        made = [i for section in sections for i in section["items"] if i["kind"] != "omitted"]
        return [i for i in made if self._can_be_made(i)]

    def _can_be_made(self, item: Mapping[str, Any]) -> bool:
        """Tell whether this run has the list, or the output, that an item shows."""
        if item["rule"] == "plot_outputs":
            name = self.config["tables"]["music"]
            outputs = self.config["datasets"].get(name, {}).get("outputs", [])
            return _options(item).get("output", 0) < len(outputs)
        if item["rule"] == "plot_training_sizes":
            return bool(self.config["denoising"]["sizes"])
        return bool(self.config[NEEDED_LIST.get(item["rule"], "seeds")])

    def item(self, study: str, artefact: str) -> Mapping[str, Any]:
        """Return the item that an artefact belongs to."""
        return next(item for item in self.items(study) if item["artefact"] == artefact)

    def options(self, study: str, artefact: str) -> Mapping[str, Any]:
        """Return what an artefact's rule is told, as the study's file gives it."""
        return _options(self.item(study, artefact))

    def behind(self, study: str, artefact: str) -> dict[str, list[Any]]:
        """Return what an artefact is drawn from, by the wildcards of its files."""
        item = self.item(study, artefact)
        return {
            "model": self.models_of(item),
            "autoencoder": _options(item).get("autoencoders", []),
            "grid": self.grids_of(item),
            "gan": self.gans_of(item),
            "seed": self.config["seeds"],
        }

    def dataset_of_item(self, study: str, artefact: str) -> str:
        """Name the dataset that an artefact shows: its ``data``, or that of its target."""
        options = self.options(study, artefact)
        return self.dataset(
            options.get("data") or self.config["targets"][options["target"]]["data"]
        )

    def target(self, study: str, artefact: str) -> Mapping[str, Any]:
        """Return the target that an artefact looks at."""
        return self.config["targets"][self.options(study, artefact)["target"]]

    def cases(self, study: str, artefact: str) -> list[Mapping[str, Any]]:
        """Return the worked cases that an artefact shows."""
        return [self.config["convolutions"][n] for n in self.options(study, artefact)["cases"]]

    def labels(self, study: str, artefact: str) -> dict[str, str]:
        """Return what Snakemake's own report calls an artefact."""
        item = self.item(study, artefact)
        return {"artefact": item["number"] or "beyond", "title": item["title"]}

    def artefacts(self, rule: str | None = None) -> list[tuple[str, str]]:
        """Return pairs of study and artefact that a rule, or all of them, make."""
        pairs = [(study, item) for study in self.config["studies"] for item in self.items(study)]
        return [(study, i["artefact"]) for study, i in pairs if rule in (None, i["rule"])]

    def models_of(self, item: Mapping[str, Any]) -> list[str]:
        """Name the models that an item is drawn from."""
        options = _options(item)
        match item["rule"]:
            case "tabulate_sweep":
                return self.config["sweep"]
            case "tabulate_repair" | "plot_repair":
                rows = self.config["repair"]
                return sorted({row[network] for row in rows for network in ("tanh", "relu")})
            case "tabulate_writers":
                writers = self.config["left_out_writers"]
                return [f"{n}_without_{w}" for n in options["networks"] for w in writers]
        return options.get("models", [])

    def judged_by(self, study: str) -> dict[str, list[str]]:
        """Return what the claims of a study are judged by, for its files."""
        return {"model": self.models_of_claims(study)}

    def measurable(self) -> list[str]:
        """Name everything that has a ``metrics.json``, for claims to be judged by."""
        kinds = ("models", "autoencoders", "grids", "gans")
        named = [name for kind in kinds for name in self.config[kind]]
        kinds = (ORIGINS, VIDEOS, CONVOLUTIONS, ACTIVATIONS, TRANSFERS, DREAMS, DENOISING, PAINTERS)
        return [*named, *kinds, ARCHITECTURES]

    def targets_of(self, name: str) -> list[str]:
        """Name the targets in the ``metrics.json`` of something measurable, where known here."""
        if name in self.config["models"]:
            return self.config["models"][name]["targets"]
        if name in self.config["autoencoders"]:
            widths = self.config["autoencoders"][name]["widths"]
            return [f"hidden_{width}" for width in widths]
        if name in self.config["gans"]:
            parts = [
                f"{f}_{part}" for f in self.config["distances"] for part in ("validation", "test")
            ]
            return ["generated", *self.config["judged"], "classes", *parts]
        if name == VIDEOS:
            return ["main", *self.config["videos"]["styles"]]
        if name in (TRANSFERS, DREAMS, PAINTERS):
            return list(self.config[name])
        if name == ACTIVATIONS:
            return list(self.config["activations"]["ways"])
        if name == DENOISING:
            return ["noisy", *self.config["denoising"]["references"], *self.denoisers()]
        if name == ARCHITECTURES:
            return [f"{section}.{entry}" for section in DRAWN for entry in self.config[section]]
        if name == CONVOLUTIONS:
            return [*self.config["convolutions"], *self.config["landmarks"]]
        return ["all", "shown"] if name in self.config["grids"] else []

    def denoisers(self) -> list[str]:
        """Name the denoisers of this run: those shown, and those of the curve over sizes."""
        asked = self.config["denoising"]
        return list(dict.fromkeys([*asked["denoisers"], *asked["sizes"]]))

    def models_of_claims(self, study: str) -> list[str]:
        """Name the models that the claims of a study are judged by."""
        return sorted({claim["model"] for claim in self.config["documents"][study]["claims"]})

    def grids_of(self, item: Mapping[str, Any]) -> list[str]:
        """Name the grids that an item is drawn from."""
        if item["rule"] in NEEDED_GRIDS:
            return sorted(self.config["origins"]["grids"].values())
        return _options(item).get("grids", [])

    def gans_of(self, item: Mapping[str, Any]) -> list[str]:
        """Name the GANs that an item is drawn from."""
        if item["rule"] == "tabulate_recipes":
            return self.config["recipes"]
        return _options(item).get("gans", [])


def _place(file: Mapping[str, Any]) -> str:
    """Name where a declared file lies in a run: downloaded, or where its user has it."""
    return f"<results>/downloads/{file['name']}" if "urls" in file else file["name"]


def _options(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return item.get("options", {})
