"""What painters learnt from in a run, and how, in words for the report."""

from collections.abc import Mapping
from typing import Any

from convatlas.painter_catalog import TRANSLATOR


def describe_painting(item: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, str]:
    """Say which pictures an item of painters rests on, and how they were trained.

    Parameters
    ----------
    item : mapping
        Of a study, with one of :data:`convatlas.painter_catalog.RULES`.
    config : mapping
        The run's config.

    Returns
    -------
    dict of str to str
        ``data`` and ``made``.
    """
    names = item["options"]["painters"]
    painters = [config["painters"][name] for name in names]
    translating = any(painter["network"] == TRANSLATOR for painter in painters)
    parts = ["paintings", *(["photographs"] if translating else [])]
    data = [config["datasets"][config["galleries"][part]]["title"] for part in parts]
    features = config["painting"]["features"]
    entry = config["features"].get(features) or config["backbones"][features]
    made = [*map(_describe_training, painters), f"distances by {entry['title']}"]
    if item["rule"] == "tabulate_manners":
        clips = [config["clips"][clip]["title"] for clip in config["videos"]["clips"]]
        data = [*clips, data[0]]
    return {"data": "; ".join(data), "made": "; ".join([*made, f"seed {config['seed']}"])}


def _describe_training(painter: Mapping[str, Any]) -> str:
    """Say how a painter was trained in this run, which a preset may have changed."""
    training, side = painter["training"], painter["resolution"]
    if "images_per_tick" in training:
        length = f"{training['epochs']} ticks of {training['images_per_tick']:,} pictures"
    else:
        length = f"{training['epochs']} epochs"
    return (
        f"{painter['title']} ({side}x{side} pixels, {length}, batches of {training['batch_size']})"
    )
