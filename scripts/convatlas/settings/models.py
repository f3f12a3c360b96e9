"""Faults that schemas cannot find in models: what they start from and are measured on."""

from collections.abc import Iterator, Mapping
from typing import Any

from convatlas.settings.origin import Origin


def model_faults(config: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Give models that start from one another, cannot choose, or are tested on what they learnt."""
    models = config["models"]
    for name, model in models.items():
        at = ["models", name]
        chain, current = [name], model
        while (following := current.get("initial")) in models:
            if following in chain:
                loop = " -> ".join([*chain, following])
                yield f"{origin([*at, 'initial'])}: 'models.{name}.initial' goes round: {loop}"
                break
            chain.append(following)
            current = models[following]
            if current["network"] != model["network"]:
                yield (
                    f"{origin([*at, 'initial'])}: 'models.{name}.initial' is '{following}', whose "
                    f"network is {current['network']}, not {model['network']}"
                )
        if model["training"]["keep"] == "best" and model["split"] == "holdout":
            yield (
                f"{origin([*at, 'training', 'keep'])}: 'models.{name}.training.keep' is 'best', "
                "but split 'holdout' has no validation part to choose by; use split 'uniform' or "
                "'holdout_validated', or keep 'last'"
            )
        for ancestor in chain:
            yield from _leaks(config, name, ancestor, origin)


def _leaks(config: Mapping[str, Any], name: str, ancestor: str, origin: Origin) -> Iterator[str]:
    """Give targets that share digits with what the model, or what it started from, learnt."""
    trained, digits = config["models"][ancestor], config["digits"]
    dataset = digits[trained["data"]]
    for target_name in config["models"][name]["targets"]:
        target = config["targets"].get(target_name)
        if target is None or digits[target["data"]] != dataset or target["part"] == "train":
            continue  # reported elsewhere, other digits, or a training figure by its name
        alike = {"holdout", "holdout_validated"}  # schemes of one and the same test part
        if config["datasets"].get(dataset, {}).get("kind") != "mnist":  # no test set is published
            alike.add("uniform")
        same_test = {target["split"], trained["split"]} <= alike
        safe = target["part"] == "test" and (target["split"] == trained["split"] or same_test)
        if not safe:
            yield (
                f"{origin(['models', name, 'targets'])}: 'models.{name}.targets' has "
                f"'{target_name}', digits that '{ancestor}' is trained on; "
                f"take the test part of split '{trained['split']}'"
            )
