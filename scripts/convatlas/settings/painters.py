"""Faults that schemas cannot find in painters, and in the pictures that they learn from."""

from collections.abc import Iterator, Mapping
from typing import Any

from convatlas.networks import options_of
from convatlas.painter_catalog import GALLERY_KINDS, TRANSLATOR
from convatlas.settings.data import path_faults
from convatlas.settings.origin import Known, Origin

HALVINGS = 3
"""Of a discriminator of patches of which nothing else is said: the network's own default."""
PLACES = 3
"""A side that a discriminator of patches has to keep after its halvings: two more convolutions take
a pixel each, and instances are normalised between them, over more than one place."""


def painter_faults(config: Mapping[str, Any], origin: Origin, known: Known) -> Iterator[str]:
    """Give faults of ``config/painters.yaml``.

    Parameters
    ----------
    config : mapping
        The merged config, valid by its schemas.
    origin : Origin
        Names the file that a key came from.
    known : callable
        Gives a fault if a value is not among the names that it may take.
    """
    for part, names in config["galleries"].items():
        at: list[str | int] = ["galleries", part]
        for name in [names] if isinstance(names, str) else names:
            yield from known(at, name, config["datasets"], "dataset")
            kind = config["datasets"].get(name, {}).get("kind", GALLERY_KINDS[0])
            if kind not in GALLERY_KINDS:
                yield (
                    f"{origin(at)}: 'galleries.{part}' is '{name}', a dataset of kind {kind}; "
                    f"pictures to paint from are of kind {', '.join(GALLERY_KINDS)}"
                )
            yield from path_faults(config, name, origin)
    asked = config["painting"]
    for name, painter in config["painters"].items():
        training = painter["training"]
        at = ["painters", name, "training"]
        if training.get("chunk_size", 0) > training["batch_size"]:
            yield (
                f"{origin([*at, 'chunk_size'])}: 'painters.{name}.training.chunk_size' is "
                f"{training['chunk_size']}, more than a batch of {training['batch_size']}; take "
                "less, or 0 for whole batches"
            )
        per_tick = training.get("images_per_tick")
        if per_tick is not None and per_tick < training["batch_size"]:
            yield (
                f"{origin([*at, 'images_per_tick'])}: 'painters.{name}.training.images_per_tick' "
                f"is {per_tick}, less than a batch of {training['batch_size']} (batch_size); a "
                "tick is a step at least"
            )
        halvings, side = painter["options"].get("halvings", HALVINGS), painter["resolution"]
        if painter["network"] == TRANSLATOR and side // 2**halvings < PLACES:
            yield (
                f"{origin(['painters', name, 'options', 'halvings'])}: "
                f"'painters.{name}.options.halvings' is {halvings}, for which {side} pixels "
                f"(resolution) are too few; take fewer halvings, or {PLACES * 2**halvings} pixels "
                "or more"
            )
        base = painter["options"].get("channel_base")
        if base is not None and base < painter["resolution"]:
            yield (
                f"{origin(['painters', name, 'options', 'channel_base'])}: "
                f"'painters.{name}.options.channel_base' is {base}, which leaves no channel at "
                f"{painter['resolution']} pixels (resolution); take as much at least"
            )
        taken = options_of(painter["network"])
        for option in painter["options"]:
            yield from known(["painters", name, "options"], option, taken, "option of the network")
    features = {n for n, e in config["features"].items() if "file" in e} | set(config["backbones"])
    yield from known(["painting", "features"], asked["features"], features, "network of features")
    at = ["painting", "proof", "features"]
    yield from known(at, asked["proof"]["features"], config["backbones"], "backbone")
    if asked["shown"] > asked["samples"]:
        yield (
            f"{origin(['painting', 'shown'])}: 'painting.shown' is {asked['shown']}, but only "
            f"{asked['samples']} (painting.samples) are painted; show fewer"
        )
