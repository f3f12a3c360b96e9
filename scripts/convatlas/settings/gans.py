"""Faults that schemas cannot find in the GANs of a config, and in what studies show of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convatlas.catalog import Catalog
from convatlas.networks import options_of
from convatlas.settings.origin import Known, Origin, guess


def gan_faults(
    config: Mapping[str, Any],
    networks: Sequence[str],
    pairs: Sequence[str],
    origin: Origin,
    known: Known,
) -> Iterator[str]:
    """Give faults of ``config/gans.yaml``: names that mean nothing, options that nothing takes.

    Parameters
    ----------
    config : mapping
        The merged config, valid by its schemas.
    networks, pairs : sequence of str
        Names that ``network`` may take, of features and of a GAN.
    origin : Origin
        Names the file that a key came from.
    known : callable
        Gives a fault if a value is not among the names that it may take.
    """
    for name, gan in config["gans"].items():
        at: list[str | int] = ["gans", name]
        yield from known([*at, "network"], gan["network"], pairs, "pair of networks")
        if gan["network"] in pairs:
            yield from _option_faults(name, gan, origin)
        yield from _split_faults(config, name, gan, origin)
        yield from _optimizer_faults(name, gan, origin)
    for index, target in enumerate(config["judged"]):
        yield from known(["judged", index], target, config["targets"], "target")
    for index, features in enumerate(config["distances"]):
        yield from known(["distances", index], features, config["features"], "entry of features")
    first = config["distances"][0]
    if "model" not in config["features"].get(first, {"model": ""}):
        yield (
            f"{origin(['distances'])}: 'distances[0]' is '{first}', which reads no digits; the "
            "first one also counts which digits are generated: put one with a 'model' first"
        )
    for index, gan in enumerate(config["recipes"]):
        yield from known(["recipes", index], gan, config["gans"], "GAN")
        if config["gans"].get(gan, {}).get("split") == "holdout":
            yield (
                f"{origin(['recipes'])}: 'recipes[{index}]' is '{gan}', whose split 'holdout' has "
                "no validation part to choose by; give the GAN split 'holdout_validated'"
            )
    for name, entry in config["features"].items():
        at = ["features", name]
        yield from known([*at, "network"], entry["network"], networks, "network")
        if "model" not in entry:
            continue
        at = [*at, "model"]
        yield from known(at, entry["model"], config["models"], "model")
        found = config["models"].get(entry["model"], {}).get("network", entry["network"])
        if found != entry["network"]:
            yield (
                f"{origin(at)}: 'features.{name}.model' is '{entry['model']}', whose network is "
                f"{found}, not {entry['network']}"
            )


def _option_faults(name: str, gan: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    taken = options_of(gan["network"])
    for option in gan["options"]:
        if option not in taken:
            yield (
                f"{origin(['gans', name, 'options', option])}: 'gans.{name}.options' has "
                f"'{option}', which {gan['network']} does not take; {guess(option, taken)}"
            )


def _split_faults(
    config: Mapping[str, Any], name: str, gan: Mapping[str, Any], origin: Origin
) -> Iterator[str]:
    if not gan["split"].startswith("without_"):
        return
    dataset = config["digits"][gan["data"]]
    sheets = config["datasets"].get(dataset, {}).get("sheets", [])
    writers = sorted({sheet["writer"] for sheet in sheets})
    if len(writers) < 2 or gan["split"].removeprefix("without_") not in writers:
        yield (
            f"{origin(['gans', name, 'split'])}: 'gans.{name}.split' is '{gan['split']}', but "
            f"no such writer is one of several of dataset '{dataset}' (writers on its sheets: "
            f"{', '.join(writers) or 'none'})"
        )


def _optimizer_faults(name: str, gan: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    for part in ("generator", "discriminator"):
        if gan["training"][part]["optimizer"] == "rmsprop" and "beta1" in gan["training"][part]:
            at = ["gans", name, "training", part, "beta1"]
            yield (
                f"{origin(at)}: 'gans.{name}.training.{part}' has 'beta1', which is adam's and "
                "not rmsprop's; leave it out, or take adam"
            )


def gan_item_faults(
    config: Mapping[str, Any], catalog: Catalog, origin: Origin, known: Known
) -> Iterator[str]:
    """Give items of the selected studies that ask for pictures or parts that GANs are not asked.

    Parameters
    ----------
    config : mapping
        The merged config, valid by its schemas.
    catalog : Catalog
        Of the same config.
    origin, known
        As of :func:`gan_faults`.
    """
    asked = ["generated", *config["judged"]]
    for study in filter(config["documents"].__contains__, config["studies"]):
        for item in catalog.items(study):
            at = ["documents", study, item["artefact"]]
            options = item.get("options", {})
            # levels that are stated of denoisers and painters are of no kind of picture
            for key in ("kinds", "stated") if not {"denoisers", "painters"} & set(options) else ():
                for kind in options.get(key, {}):
                    what = "kind of picture among 'judged'"
                    yield from known([*at, "options", key], kind, asked, what)
            if options.get("against") != "validation":
                continue
            for gan in options.get("gans", []):
                if config["gans"].get(gan, {}).get("split") == "holdout":
                    yield (
                        f"{origin(at)}: '{'.'.join(at)}' is measured against validation digits, "
                        f"but GAN '{gan}' has none on split 'holdout'; take 'against: test', or "
                        "give the GAN split 'holdout_validated'"
                    )
