"""Faults that schemas cannot find in the GANs of a config."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convatlas.settings.origin import Known, Origin


def gan_faults(
    config: Mapping[str, Any], pairs: Sequence[str], origin: Origin, known: Known
) -> Iterator[str]:
    """Give faults of ``config/gans.yaml``: names that mean nothing.

    Parameters
    ----------
    config : mapping
        The merged config, valid by its schemas.
    pairs : sequence of str
        Names that a GAN's ``network`` may take.
    origin : Origin
        Names the file that a key came from.
    known : callable
        Gives a fault if a value is not among the names that it may take.
    """
    for name, gan in config["gans"].items():
        at: list[str | int] = ["gans", name]
        yield from known([*at, "network"], gan["network"], pairs, "pair of networks")
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
                "no validation part to choose by; give the GAN split 'uniform'"
            )
    for name, entry in config["features"].items():
        if "model" not in entry:
            continue
        at = ["features", name, "model"]
        yield from known(at, entry["model"], config["models"], "model")
        found = config["models"].get(entry["model"], {}).get("network", entry["network"])
        if found != entry["network"]:
            yield (
                f"{origin(at)}: 'features.{name}.model' is '{entry['model']}', whose network is "
                f"{found}, not {entry['network']}"
            )
