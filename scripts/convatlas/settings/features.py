"""Faults that schemas cannot find in what is asked of feature networks: layers and classes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convatlas.models.backbone_layers import CLASSES, STYLE_LAYERS, layers_of
from convatlas.settings.origin import Origin, place_of
from convatlas.synthesis.gatys_settings import GatysSettings
from convatlas.training.perceptual_settings import PerceptualSettings


def feature_faults(config: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Give layers that the chosen feature networks do not have, and classes that they do not tell.

    A network that is not among ``backbones`` is told elsewhere.

    Parameters
    ----------
    config : mapping
        The merged config, valid by its schemas.
    origin : Origin
        Names the file that a key came from.
    """
    usual = config["images"]["features"]
    for section in ("feature_maps", "activations"):
        at: list[str | int] = [section, "layers"]
        yield from layer_faults(config, origin, at, config[section]["layers"], usual)
    at = ["style_features"]
    yield from layer_faults(config, origin, at, STYLE_LAYERS, config["style_features"])
    for name, stylizer in config["stylizers"].items():
        if training := stylizer.get("training"):
            at = ["stylizers", name, "training"]
            for key in ("content_layers", "style_layers"):
                layers = training.get(key, getattr(PerceptualSettings, key))
                yield from layer_faults(config, origin, [*at, key], layers, training["features"])
    for name, transfer in config["transfers"].items():
        features = transfer.get("features", usual)
        for key in ("content_layers", "style_layers"):
            layers = transfer.get(key, getattr(GatysSettings, key))
            yield from layer_faults(config, origin, ["transfers", name, key], layers, features)
    for section in ("dreams", "zooms"):
        for name, dream in config[section].items():
            features = dream.get("features", usual)
            at = [section, name]
            layers = dream.get("layers", [])
            yield from layer_faults(config, origin, [*at, "layers"], layers, features)
            yield from _class_faults(config, origin, at, dream, features)


def layer_faults(
    config: Mapping[str, Any],
    origin: Origin,
    at: Sequence[str | int],
    layers: Sequence[str],
    features: str,
) -> Iterator[str]:
    """Give layers that a feature network does not have.

    Parameters
    ----------
    config : mapping
        With ``backbones``.
    origin : Origin
        Names the file that a key came from.
    at : sequence of str or int
        Where the layers stand, or what needs them.
    layers : sequence of str
        Their names.
    features : str
        An entry of ``backbones``; of one that is not there nothing is said.
    """
    if features not in config["backbones"]:
        return
    known = layers_of(config["backbones"][features]["network"])
    for index, layer in enumerate(layers):
        if layer not in known:
            given = place_of(at)
            listed = _value_at(config, at) == list(layers)
            place = f"'{given}[{index}]' is '{layer}'" if listed else f"'{given}' needs '{layer}'"
            yield (
                f"{origin(at)}: {place}, but the feature network '{features}' has no such layer; "
                f"it has {', '.join(known)}"
            )


def _value_at(config: Mapping[str, Any], at: Sequence[str | int]) -> Any:  # noqa: ANN401
    """Return what stands in the config, or None where a default is meant."""
    value = config
    for key in at:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _class_faults(
    config: Mapping[str, Any],
    origin: Origin,
    at: Sequence[str | int],
    dream: Mapping[str, Any],
    features: str,
) -> Iterator[str]:
    """Give dreams of a class that their network does not tell apart."""
    if "class_index" not in dream or features not in config["backbones"]:
        return
    place, index = [*at, "class_index"], dream["class_index"]
    key = f"{origin(place)}: '{place_of(place)}' is {index}"
    kind = config["backbones"][features]["network"]
    if kind not in CLASSES:
        yield (
            f"{key}, but the feature network '{features}' tells no classes apart; set "
            f"'{place_of(at)}.features' to an entry of backbones of kind {', '.join(CLASSES)}"
        )
        return
    count, layer = CLASSES[kind]
    if index >= count:
        yield f"{key}, but '{features}' has {count} classes, 0 to {count - 1}"
    if dream.get("layers", [layer]) != [layer]:
        yield f"{key}, whose layer is {layer}; take 'layers' out, or make it [{layer}]"
    for other in ("channel", "guide"):
        if other in dream:
            yield f"{key}, and there is a {other} as well; take one of the two out"
