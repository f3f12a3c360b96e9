"""Faults that schemas cannot find: names that mean nothing, and things that do not fit together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from convatlas.catalog import Catalog
from convatlas.painter_catalog import NETWORKS
from convatlas.settings.data import form_faults, sheet_faults, table_faults
from convatlas.settings.denoising import denoising_faults
from convatlas.settings.features import feature_faults
from convatlas.settings.gans import gan_faults, gan_item_faults
from convatlas.settings.images import image_faults
from convatlas.settings.models import model_faults
from convatlas.settings.origin import Origin, guess, place_of
from convatlas.settings.painters import painter_faults
from convatlas.settings.studies import study_faults
from convatlas.settings.videos import video_faults


def cross_faults(
    config: Mapping[str, Any], networks: Sequence[str], pairs: Sequence[str], origin: Origin
) -> Iterator[str]:
    """Give every fault of a config that is valid by its schemas."""

    def known(path: list[str | int], value: str, names: Iterable[str], what: str) -> Iterator[str]:
        names = list(names)
        if value not in names:
            place = f"'{place_of(path)}' is '{value}'"
            yield f"{origin(path)}: {place}, but there is no such {what}; {guess(value, names)}"

    def measured(path: list[str | int], model: str, target: str) -> Iterator[str]:
        if names := catalog.targets_of(model):
            yield from known([*path, "target"], target, names, f"target of model '{model}'")

    # which of several tables a run takes is not known yet: what holds for the first is checked
    first = {
        part: names if isinstance(names, str) else next(iter(names))
        for part, names in config["tables"].items()
    }
    catalog = Catalog({**config, "tables": first})
    models, targets = config["models"], config["targets"]
    for index, study in enumerate(config["studies"]):
        yield from known(["studies", index], study, config["documents"], "study")
    for role, dataset in config["digits"].items():
        yield from known(["digits", role], dataset, config["datasets"], "dataset")
    if abs(sum(config["split_shares"]) - 1) > 1e-9:
        total = sum(config["split_shares"])
        yield f"{origin(['split_shares'])}: 'split_shares' sum to {total:g}; they have to sum to 1"
    for index, model in enumerate(config["sweep"]):
        yield from known(["sweep", index], model, models, "model")
        if models.get(model, {}).get("split") == "holdout":
            yield (
                f"{origin(['sweep'])}: 'sweep[{index}]' is '{model}', whose split 'holdout' has no "
                "validation part to choose by; give the model split 'uniform'"
            )
    for index, row in enumerate(config["repair"]):
        for network in ("tanh", "relu"):
            yield from known(["repair", index, network], row[network], models, "model")
            yield from measured(["repair", index], row[network], row["target"])
    for name, model in models.items():
        at: list[str | int] = ["models", name]
        yield from known([*at, "network"], model["network"], networks, "network")
        names = config["augmentations"]
        yield from known([*at, "augmentation"], model["augmentation"], names, "augmentation")
        for index, target in enumerate(model["targets"]):
            yield from known([*at, "targets", index], target, targets, "target")
        if "initial" in model:
            yield from known([*at, "initial"], model["initial"], models, "model")
    yield from sheet_faults(config, origin)
    yield from table_faults(config, origin, known)
    of_digits = [pair for pair in pairs if pair not in NETWORKS]
    yield from gan_faults(config, networks, of_digits, origin, known)
    yield from gan_item_faults(config, catalog, origin, known)
    yield from video_faults(config, origin, known)
    yield from image_faults(config, origin, known)
    yield from feature_faults(config, origin)
    yield from denoising_faults(config, catalog, networks, origin, known)
    yield from painter_faults(config, origin, known)
    yield from study_faults(config, catalog, measured, known)
    yield from model_faults(config, origin)
    yield from form_faults(config, origin)
