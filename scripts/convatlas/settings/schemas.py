"""Faults that the schemas of config/schemas/ find."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from convatlas.settings.origin import Origin, guess, place_of, read_yaml

SECTIONS = {"datasets": "datasets", "documents": "documents"}
"""Keys of the config whose values have a schema file of their own."""
KEYS_OF_FILES = {
    "models": ("targets", "augmentations", "models"),
    "convolutions": ("convolutions", "landmarks"),
    "denoisers": ("denoising", "denoisers"),
    "images": (
        "images",
        "feature_maps",
        "activations",
        "transfers",
        "compared_transfers",
        "dreams",
        "compared_dreams",
    ),
    "zooms": ("zooms", "wanted_zooms"),
    "perceptrons": ("autoencoders", "grids", "origins"),
    "videos": (
        "clips",
        "pictures",
        "stylizers",
        "backbones",
        "style_features",
        "styles",
        "videos",
    ),
    "painters": ("galleries", "painting", "painters"),
    "gans": ("gans", "judged", "gan_samples", "features", "distances", "recipes"),
}
"""Schema files that describe several keys of the config."""


def schema_faults(config: Mapping[str, Any], schemas: Path, origin: Origin) -> Iterator[str]:
    """Give what each schema in a folder finds, in people's words."""

    def validate(name: str, value: Any, prefix: list[str]) -> Iterator[str]:  # noqa: ANN401
        text = (schemas / f"{name}.schema.yaml").read_text(encoding="utf-8")
        schema = read_yaml(text)
        validator = Draft202012Validator(schema)
        for error in sorted(validator.iter_errors(value), key=lambda e: [*map(str, e.path)]):
            yield from _explain(error, [*prefix, *error.absolute_path], origin)

    yield from validate("config", config, [])
    for key, name in SECTIONS.items():
        yield from validate(name, config.get(key, {}), [key])
    for name, keys in KEYS_OF_FILES.items():
        yield from validate(name, {key: config.get(key, {}) for key in keys}, [])


def _explain(error: ValidationError, path: Sequence[str | int], origin: Origin) -> Iterator[str]:
    value = error.instance
    match error.validator:
        case "additionalProperties" if isinstance(error.validator_value, bool):
            known = error.schema["properties"]
            for key in sorted(set(value) - set(known), key=str):
                place = [*path, key]
                yield f"{origin(place)}: unknown key '{place_of(place)}'; {guess(key, known)}"
        case "required":
            # one error per key, and each lists all that are required: the message has which
            key = next(key for key in error.validator_value if error.message.startswith(repr(key)))
            yield f"{origin(path)}: '{place_of([*path, key])}' is missing; add it"
        case "enum":
            allowed = ", ".join(map(str, error.validator_value))
            yield f"{origin(path)}: '{place_of(path)}' is {value!r}; it may be {allowed}"
        case _:
            yield f"{origin(path)}: '{place_of(path)}' is {_short(value)}: {_reason(error)}"


def _short(value: Any) -> str:  # noqa: ANN401
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _reason(error: ValidationError) -> str:
    limit = error.validator_value
    if isinstance(limit, list):
        limit = " or ".join(map(str, limit))
    words = {
        "minimum": f"it has to be at least {limit}",
        "maximum": f"it has to be at most {limit}",
        "exclusiveMinimum": f"it has to be more than {limit}",
        "exclusiveMaximum": f"it has to be less than {limit}",
        "type": f"a value of type {limit} is wanted",
        "minItems": f"at least {limit} are needed",
        "uniqueItems": "one stands there twice",
        "pattern": f"it has to match {limit}",
    }
    return words.get(str(error.validator), error.message)
