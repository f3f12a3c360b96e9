"""Faults that schemas cannot find in the items and claims of studies."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from convatlas.catalog import Catalog
from convatlas.settings.origin import Known


def study_faults(
    config: Mapping[str, Any],
    catalog: Catalog,
    measured: Callable[[list[str | int], str, str], Iterator[str]],
    known: Known,
) -> Iterator[str]:
    """Give items and claims of the selected studies that ask for what nothing makes.

    Parameters
    ----------
    config : mapping
        The merged config, valid by its schemas.
    catalog : Catalog
        Of the same config.
    measured : callable
        Gives a fault if a model is not measured on a target.
    known : callable
        Gives a fault if a value is not among the names that it may take.
    """
    models = config["models"]
    sheets = [
        sheet for dataset in config["datasets"].values() for sheet in dataset.get("sheets", [])
    ]
    writers = {sheet["writer"] for sheet in sheets}
    for study in filter(config["documents"].__contains__, config["studies"]):
        for index, claim in enumerate(config["documents"][study]["claims"]):
            at = ["documents", study, "claims", index]
            yield from known([*at, "model"], claim["model"], catalog.measurable(), "model")
            yield from measured(at, claim["model"], claim["target"])
        for item in catalog.items(study):
            at = ["documents", study, item["artefact"]]
            for model in catalog.models_of(item):
                yield from known(at, model, models, "model")
            options = item.get("options", {})
            if "writer" in options:
                yield from known([*at, "writer"], options["writer"], writers, "writer of a sheet")
            for kind in ("autoencoders", "grids", "gans", "transfers", "dreams"):
                for name in options.get(kind, []):
                    yield from known(at, name, config[kind], f"entry of {kind}")
            for name in options.get("cases", []):
                yield from known(at, name, config["convolutions"], "worked case")
            if "landmark" in options:
                names = config["landmarks"]
                yield from known([*at, "landmark"], options["landmark"], names, "landmark network")
            for name in options.get("landmarks", {}).values():
                yield from known([*at, "landmarks"], name, config["landmarks"], "landmark network")
            if "architecture" in options:
                section, name = options["architecture"].split(".")
                where = [*at, "options", "architecture"]
                yield from known(where, name, config[section], f"entry of {section}")
            looked_at = [*options.get("targets", {}), *filter(None, [options.get("target")])]
            for target in looked_at:
                for model in options["models"]:
                    yield from measured([*at, "options"], model, target)
            for index, row in enumerate(options.get("rows", [])):
                where = [*at, "rows", index]
                if "model" in row:
                    yield from measured(where, row["model"], row["target"])
                else:
                    name, listed = row["autoencoder"], options.get("autoencoders", [])
                    yield from known(where, name, listed, "name in the item's autoencoders")
