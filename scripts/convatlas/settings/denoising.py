"""Faults that schemas cannot find in denoisers: names, options, more pictures than there are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convatlas.catalog import Catalog
from convatlas.denoising_catalog import PICTURE_KINDS, TITLES
from convatlas.networks import options_of
from convatlas.settings.origin import Known, Origin, guess


def denoising_faults(
    config: Mapping[str, Any],
    catalog: Catalog,
    networks: Sequence[str],
    origin: Origin,
    known: Known,
) -> Iterator[str]:
    """Give faults of ``config/denoisers.yaml``.

    Parameters
    ----------
    config : mapping
        The merged config, valid by its schemas.
    catalog : Catalog
        Of the same config.
    networks : sequence of str
        Networks there are.
    origin : Origin
        Names the file that a key came from.
    known : callable
        Gives a fault if a value is not among the names that it may take.
    """
    asked, entries = config["denoising"], config["denoisers"]
    taken = [name for name in networks if name.startswith("denoiser.")]
    for key in ("denoisers", "sizes"):
        for index, name in enumerate(asked[key]):
            yield from known(["denoising", key, index], name, entries, "denoiser")
    for name, entry in entries.items():
        yield from known(
            ["denoisers", name, "network"], entry["network"], taken, "denoiser network"
        )
        if entry["network"] in taken:
            yield from _option_faults(name, entry, origin)
        yield from _training_faults(name, entry, asked["side_pixels"], origin)
        if name in TITLES:
            yield (
                f"{origin(['denoisers', name])}: 'denoisers.{name}' has the name of what denoisers "
                "are compared with; rename it"
            )
    yield from known(["denoising", "pictures"], asked["pictures"], config["datasets"], "dataset")
    if asked["pictures"] in config["datasets"]:
        yield from _count_faults(config, catalog, origin)
    for study in filter(config["documents"].__contains__, config["studies"]):
        for item in catalog.items(study):
            for name in item.get("options", {}).get("denoisers", []):
                at = ["documents", study, item["artefact"], "options", "denoisers"]
                yield from known(at, name, catalog.denoisers(), "denoiser of 'denoising'")


def _option_faults(name: str, entry: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    options = options_of(entry["network"])
    at = f"'denoisers.{name}.options'"
    for option in entry["options"]:
        if option not in options:
            yield (
                f"{origin(['denoisers', name, 'options', option])}: {at} has '{option}', which "
                f"{entry['network']} does not take; {guess(option, options)}"
            )
    gate = entry["options"].get("gate", 0.5)
    if entry["options"].get("learn_gate") and {0, 1} & set(
        gate if isinstance(gate, list) else [gate]
    ):
        yield (
            f"{origin(['denoisers', name, 'options', 'gate'])}: {at} has a gate of 0 or 1 that is "
            "to be learnt, which stays where it is; give a share between them"
        )


def _training_faults(
    name: str, entry: Mapping[str, Any], side: int, origin: Origin
) -> Iterator[str]:
    training, sigma = entry["training"], entry["sigma"]
    at: list[str | int] = ["denoisers", name, "training"]
    place = f"{origin(at)}: '{'.'.join(map(str, at))}'"
    if ("epochs" in training) == ("steps" in training):
        yield f"{place} needs one of 'epochs' and 'steps'; give the one, take the other out"
    if training["optimizer"] == "adam" and training.get("momentum"):
        yield f"{place} has 'momentum', which is sgd's and not adam's; leave it out, or take sgd"
    if training.get("crop_pixels", 0) > side:
        yield (
            f"{place} cuts {training['crop_pixels']} pixels (crop_pixels) out of pictures of "
            f"{side} (denoising.side_pixels); cut less"
        )
    if isinstance(sigma, list) and sigma[0] > sigma[1]:
        yield (
            f"{origin(['denoisers', name, 'sigma'])}: 'denoisers.{name}.sigma' is {sigma}; give "
            "the lower one first"
        )


def _count_faults(config: Mapping[str, Any], catalog: Catalog, origin: Origin) -> Iterator[str]:
    """Give requests for more pictures than the dataset has."""
    asked = config["denoising"]
    dataset = config["datasets"][asked["pictures"]]
    if dataset["kind"] not in PICTURE_KINDS:
        yield (
            f"{origin(['denoising', 'pictures'])}: 'denoising.pictures' is '{asked['pictures']}', "
            f"a dataset of kind {dataset['kind']}; wanted is one of {', '.join(PICTURE_KINDS)}"
        )
        return
    held_out, there = dataset["held_out"], dataset["pictures"] - dataset["held_out"]
    if there < 1:
        yield (
            f"{origin(['datasets', asked['pictures'], 'held_out'])}: '{asked['pictures']}' "
            f"holds {held_out} of its {dataset['pictures']} pictures out, and none is left to "
            "learn from; hold fewer out"
        )
        return
    for key, limit, what in (
        ("measured_pictures", held_out, "are held out"),
        ("shown_pictures", asked["measured_pictures"], "are measured"),
    ):
        if asked[key] > limit:
            yield (
                f"{origin(['denoising', key])}: 'denoising.{key}' is {asked[key]}, but only "
                f"{limit} pictures {what}; ask for fewer"
            )
    for name in filter(config["denoisers"].__contains__, catalog.denoisers()):
        count = config["denoisers"][name]["pictures"]
        if count > there:
            yield (
                f"{origin(['denoisers', name, 'pictures'])}: 'denoisers.{name}.pictures' is "
                f"{count}, but dataset '{asked['pictures']}' has {there} to learn from "
                f"({dataset['pictures']}, of which {held_out} are held out); ask for fewer"
            )
