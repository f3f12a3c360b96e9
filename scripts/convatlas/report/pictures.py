"""What worked cases, landmark networks and pictures out of networks rest on, in words."""

from collections.abc import Mapping
from typing import Any

from convatlas.models.landmarks import LANDMARKS

CASES = ("plot_convolution", "plot_strides", "tabulate_cases")
"""Rules whose items show the lecture's own numbers."""
NETWORKS = ("plot_landmark", "tabulate_landmark")
PICTURES = ("plot_filters", "plot_feature_maps", "plot_activations")
"""Rules whose items show what became of scikit-learn's photographs, or was sought by them."""
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
        landmark = LANDMARKS[item["options"]["landmark"]]
        return {"data": f"the layers of {landmark.paper}", "made": ""}
    if item["rule"] == "plot_filters":
        return {"data": PHOTOGRAPHS, "made": "weights set by hand"}
    network = config["backbones"][config["images"]["features"]]["title"]
    made = f"features of {network}"
    if item["rule"] == "plot_activations":
        asked = config["activations"]
        ways = (f"{name} {way['steps']} steps" for name, way in asked["ways"].items())
        made += f"; {asked['pixels']} pixels; {', '.join(ways)}; seed {config['seed']}"
    return {"data": PHOTOGRAPHS, "made": made}
