"""What denoisers learnt from in a run, and how, in words for the report."""

from collections.abc import Mapping, Sequence
from typing import Any


def describe_denoising(item: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, str]:
    """Say which pictures an item of denoisers rests on, and how its networks were trained.

    Parameters
    ----------
    item : mapping
        Of a study, with one of :data:`convatlas.denoising_catalog.RULES`.
    config : mapping
        The run's config.

    Returns
    -------
    dict of str to str
        ``data`` and ``made``.
    """
    asked = config["denoising"]
    dataset = config["datasets"][asked["pictures"]]
    side = asked["side_pixels"]
    data = [
        dataset["title"],
        f"{side}x{side} pixels ({asked['filter']})",
        f"the last {dataset['held_out']} held out, of which {asked['measured_pictures']} measured",
    ]
    by_rule = {
        "plot_denoising_curves": item.get("options", {}).get("denoisers", []),
        "plot_training_sizes": asked["sizes"],
        "tabulate_denoisers": list(dict.fromkeys([*asked["denoisers"], *asked["sizes"]])),
    }
    names = by_rule.get(item["rule"], asked["denoisers"])
    made = [_describe_training(config["denoisers"][name], config["seeds"]) for name in names]
    noise = f"noise of measured pictures: seed {config['seed']}"
    return {"data": "; ".join(data), "made": "; ".join([*made, noise])}


def _describe_training(entry: Mapping[str, Any], seeds: Sequence[int]) -> str:
    """Say how a denoiser was trained in this run, which a preset may have changed."""
    training, sigma = entry["training"], entry["sigma"]
    used = seeds[: entry["repeats"]]
    length = f"{training['steps']} steps" if "steps" in training else f"{training['epochs']} epochs"
    noise = f"{sigma[0]:g} to {sigma[1]:g}" if isinstance(sigma, list) else f"{sigma:g}"
    told = [
        f"{entry['options']['channels']} channels" if "channels" in entry["options"] else "",
        f"{entry['pictures']:,} pictures",
        f"{length} of {training['batch_size']} by {training['optimizer']}",
        f"noise of {noise} levels",
        f"{'seeds' if len(used) > 1 else 'seed'} {', '.join(map(str, used))}",
    ]
    return f"{entry['title']} ({', '.join(filter(None, told))})"
