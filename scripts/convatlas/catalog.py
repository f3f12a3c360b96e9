"""What a checked config asks for: files, datasets, models, items of studies."""

from collections.abc import Mapping
from typing import Any

NEEDED_LIST = {
    "tabulate_sweep": "sweep",
    "tabulate_writers": "left_out_writers",
    "tabulate_repair": "repair",
    "plot_repair": "repair",
}
"""Rules whose items are made only if a list of the config is not empty."""


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
        """Name the dataset that plays a part: ``benchmark`` or ``own``."""
        return self.config["digits"][data]

    def datasets_in_use(self) -> list[str]:
        """Name the datasets that play a part in this run."""
        return sorted(set(self.config["digits"].values()))

    def stand_ins(self) -> dict[str, str]:
        """Return the titles of datasets in use that are not those which the documents speak of."""
        used = {name: self.config["datasets"][name] for name in self.datasets_in_use()}
        return {name: d["title"] for name, d in used.items() if not d.get("of_documents")}

    def remote_files(self) -> dict[str, Mapping[str, Any]]:
        """Return every file from outside by its name; a user's own have no url."""
        datasets = self.config["datasets"].values()
        files = [file for dataset in datasets for file in dataset.get("files", {}).values()]
        return {file["name"]: file for file in files if "urls" in file}

    def remote_file(self, name: str) -> Mapping[str, Any]:
        """Return the declaration of a file from outside."""
        return self.remote_files()[name]

    def content(self, name: str) -> dict[str, Any]:
        """Return what a file from outside has to be, without where it may come from."""
        file = self.remote_file(name)
        return {key: file[key] for key in ("size", "sha256", "content") if key in file}

    def contents(self) -> dict[str, dict[str, Any]]:
        """Return the same of every file from outside."""
        return {name: self.content(name) for name in self.remote_files()}

    def making(self, dataset: str) -> dict[str, Any]:
        """Return what the digits of a dataset depend on beside its files: no titles or licences."""
        entry = self.config["datasets"][dataset]
        return {key: entry[key] for key in ("kind", "sheets") if key in entry}

    # ---- models
    def training(self, model: str) -> dict[str, Any]:
        """Return what the training of a model depends on, with its augmentation spelt out."""
        entry = self.config["models"][model]
        kept = {key: value for key, value in entry.items() if key != "targets"}
        return {**kept, "augmentation": self.config["augmentations"][entry["augmentation"]]}

    def targets(self, model: str) -> dict[str, dict[str, Any]]:
        """Return a model's targets by name, each with the dataset that it means in this run."""
        chosen = {
            name: self.config["targets"][name] for name in self.config["models"][model]["targets"]
        }
        return {name: {**t, "dataset": self.dataset(t["data"])} for name, t in chosen.items()}

    def trained_models(self) -> list[str]:
        """Name every model that a selected study is drawn from or judged by."""
        studies = self.config["studies"]
        models = {m for study in studies for i in self.items(study) for m in self.models_of(i)}
        return sorted(models | {m for study in studies for m in self.models_of_claims(study)})

    def batch_sizes(self) -> dict[str, int]:
        """Return the batch size of each model of the sweep."""
        models = self.config["models"]
        return {name: models[name]["training"]["batch_size"] for name in self.config["sweep"]}

    # ---- studies
    def items(self, study: str) -> list[Mapping[str, Any]]:
        """Return the items of a study that this run makes, in the document's order."""
        sections = self.config["documents"][study]["sections"]
        made = [i for section in sections for i in section["items"] if i["kind"] != "omitted"]
        return [i for i in made if self.config[NEEDED_LIST.get(i["rule"], "seeds")]]

    def item(self, study: str, artefact: str) -> Mapping[str, Any]:
        """Return the item that an artefact belongs to."""
        return next(item for item in self.items(study) if item["artefact"] == artefact)

    def options(self, study: str, artefact: str) -> Mapping[str, Any]:
        """Return what an artefact's rule is told, as the study's file gives it."""
        return self.item(study, artefact).get("options", {})

    def target(self, study: str, artefact: str) -> Mapping[str, Any]:
        """Return the target that an artefact looks at."""
        return self.config["targets"][self.options(study, artefact)["target"]]

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
        options = item.get("options", {})
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

    def models_of_claims(self, study: str) -> list[str]:
        """Name the models that the claims of a study are judged by."""
        return sorted({claim["model"] for claim in self.config["documents"][study]["claims"]})
