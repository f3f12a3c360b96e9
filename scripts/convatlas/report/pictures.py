"""What worked cases, landmark networks and pictures out of networks rest on, in words."""

from collections.abc import Mapping
from typing import Any

from convatlas.models.landmarks import LANDMARKS

CASES = ("plot_convolution", "plot_strides", "tabulate_cases")
"""Rules whose items show the lecture's own numbers."""
NETWORKS = ("plot_landmark", "tabulate_landmark", "tabulate_configurations")
PICTURES = ("plot_filters", "plot_feature_maps", "plot_activations")
"""Rules whose items show what became of scikit-learn's photographs, or was sought by them."""
MADE = ("plot_transfers", "plot_transfer_losses", "plot_dreams")
"""Rules whose items show what networks made of pictures by name."""
PHOTOGRAPHS = "scikit-learn's sample photographs"


def describe_pictures(item: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, str]:
    """Say what an item of such a rule is made from and how.

    Returns
    -------
    dict of str to str
        ``data`` and ``made``.
    """
    if item["rule"] in CASES:
        return {"data": "the slides' own numbers", "made": ""}
    if item["rule"] in NETWORKS:
        options = item["options"]
        names = options["landmarks"].values() if "landmarks" in options else [options["landmark"]]
        papers = dict.fromkeys(LANDMARKS[name].paper for name in names)
        return {"data": f"the layers of {', '.join(papers)}", "made": ""}
    if item["rule"] == "plot_filters":
        return {"data": PHOTOGRAPHS, "made": "weights set by hand"}
    if item["rule"] in MADE:
        return _describe_made(item["options"], config)
    network = config["backbones"][config["images"]["features"]]["title"]
    made = f"features of {network}"
    if item["rule"] == "plot_activations":
        asked = config["activations"]
        ways = (f"{name} {way['steps']} steps" for name, way in asked["ways"].items())
        made += f"; {asked['pixels']} pixels; {', '.join(ways)}; seed {config['seed']}"
    return {"data": PHOTOGRAPHS, "made": made}


def _describe_made(options: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, str]:
    """Name the pictures behind transfers or dreams, and say how those were made."""
    section = "transfers" if "transfers" in options else "dreams"
    entries = {name: config[section][name] for name in options[section]}
    pictures = [
        config["pictures"][name]["title"]
        for entry in entries.values()
        for name in (entry["photograph"], *entry.get("styles", []), entry.get("guide"))
        if name
    ]
    networks = [entry.get("features", config["images"]["features"]) for entry in entries.values()]
    titles = [config["backbones"][name]["title"] for name in networks]
    sizes = sorted({entry["pixels"] for entry in entries.values()})
    made = [
        f"features of {', '.join(dict.fromkeys(titles))}",
        f"{' and '.join(map(str, sizes))} pixels of the longer side",
        f"seed {config['seed']}",
    ]
    return {"data": "; ".join(dict.fromkeys(pictures)), "made": "; ".join(made)}
