"""Faults that schemas cannot find in painters, and in the pictures that they learn from."""

from collections.abc import Iterator, Mapping
from typing import Any

from convatlas.networks import options_of
from convatlas.painter_catalog import GALLERY_KINDS, STYLED, TRANSLATOR
from convatlas.settings.data import path_faults
from convatlas.settings.origin import Known, Origin

HALVINGS = 3
"""Of a discriminator of patches of which nothing else is said: the network's own default."""
PLACES = 3
"""A side that a discriminator of patches has to keep after its halvings: two more convolutions take
a pixel each, and instances are normalised between them, over more than one place."""
GROUP = 4
"""Pictures that StyleGAN2's discriminator compares with one another, or fewer where these do not
go through it in fours: the layer's own default."""
CONSTANT_EPOCHS = 100
"""Of a translator of which nothing else is said: the training's own default."""


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
        yield from _training_faults(name, painter, origin)
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


def _training_faults(name: str, painter: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    training = painter["training"]
    at: list[str | int] = ["painters", name, "training"]
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
    constant = training.get("constant_epochs", CONSTANT_EPOCHS)
    if painter["network"] == TRANSLATOR and constant > training["epochs"]:
        yield (
            f"{origin([*at, 'constant_epochs'])}: 'painters.{name}.training.constant_epochs' is "
            f"{constant}, but there are only {training['epochs']} (epochs), so that the learning "
            f"rate would never fall; take fewer, or {training['epochs']} if it is not to fall"
        )
    if painter["network"] == STYLED:
        yield from _group_faults(name, training, origin)


def _group_faults(name: str, training: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Give batches and chunks of which each picture would be a group by itself."""
    batch, chunk = training["batch_size"], training.get("chunk_size", 0)
    if 0 < chunk < batch:
        rest = batch % chunk
        at_once = [("chunk_size", chunk, "")]
        if rest:
            told = f", which of a batch of {batch} (batch_size) leaves {rest} for the last chunk"
            at_once.append(("chunk_size", rest, told))
    else:
        at_once = [("batch_size", batch, "")]
    for key, count, told in at_once:
        if any(count % size == 0 for size in range(2, GROUP + 1)):
            continue
        yield (
            f"{origin(['painters', name, 'training', key])}: 'painters.{name}.training.{key}' is "
            f"{training[key]}{told}; {count} cannot be cut into groups of 2, 3 or {GROUP}, and "
            "the discriminator would compare no pictures with one another; take a multiple of 2 "
            f"or 3{', which leaves one or nothing' if told else ''}"
        )
