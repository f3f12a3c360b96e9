"""Checking the config before anything is planned: every fault with file, key, value and remedy."""

import difflib
import functools
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from convatlas.catalog import TABLE_KINDS, Catalog
from convatlas.errors import ConvatlasError
from convatlas.gan_settings import gan_faults

SECTIONS = {"datasets": "datasets", "documents": "documents"}
"""Keys of the config whose values have a schema file of their own."""
KEYS_OF_FILES = {
    "models": ("targets", "augmentations", "models"),
    "perceptrons": ("autoencoders", "grids", "origins"),
    "gans": ("gans", "judged", "gan_samples", "features", "distances", "recipes"),
}
"""Schema files that describe several keys of the config."""
READY_MADE = ("mnist", "embedded_digits")
"""Kinds of dataset that are published in MNIST form, without a picture behind it."""
MAXIMUM_SHOWN = 12


def check_config(
    config: Mapping[str, Any],
    *,
    schemas: Path,
    networks: Sequence[str],
    pairs: Sequence[str] = (),
    files: Iterable[Path] = (),
    given: Mapping[str, Any] | None = None,
) -> None:
    """Check a merged config by its schemas, and what schemas cannot say.

    Parameters
    ----------
    config : mapping
        The merged config.
    schemas : Path
        Folder of ``*.schema.yaml``.
    networks : sequence of str
        Names that ``network:`` of a model may take.
    pairs : sequence of str
        Names that ``network:`` of a GAN may take.
    files : iterable of Path
        The config files in the order in which they were merged, to name the one at fault.
    given : mapping, optional
        What ``--config`` said, merged after the files.

    Raises
    ------
    ConvatlasError
        With every fault found, one a line.
    """
    origin = _Origin(files, given or {})
    faults = list(_schema_faults(config, schemas, origin))
    if not faults:
        faults = list(_cross_faults(config, networks, pairs, origin))
    if faults:
        shown = faults[:MAXIMUM_SHOWN]
        more = len(faults) - len(shown)
        raise ConvatlasError("\n".join([*shown, *([f"... and {more} more"] if more else [])]))


def read_texts(value: Any) -> Any:  # noqa: ANN401
    """Read the texts in a value as YAML reads them.

    Snakemake leaves what is inside ``--config 'key={inner: 2}'`` as texts; here 2 is a number.
    """
    if isinstance(value, Mapping):
        return {key: read_texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [read_texts(inner) for inner in value]
    if isinstance(value, str):
        try:
            return yaml.safe_load(value)
        except yaml.YAMLError:
            return value
    return value


class _Origin:
    """Finds what a key of the merged config came from: ``--config``, or the last file with it."""

    def __init__(self, files: Iterable[Path], given: Mapping[str, Any]) -> None:
        self._files = list(files)
        self._given = given

    @functools.cached_property
    def _contents(self) -> list[tuple[str, Any]]:
        texts = [(str(file), file.read_text(encoding="utf-8")) for file in reversed(self._files)]
        read = [(file, yaml.safe_load(text) or {}) for file, text in texts]
        return [("--config", self._given), *read]

    def __call__(self, path: Sequence[str | int]) -> str:
        keys = [part for part in path if isinstance(part, str)]
        for length in range(len(keys), 0, -1):
            for file, content in self._contents:
                value = content
                try:
                    for key in keys[:length]:
                        value = value[key]
                except (KeyError, TypeError, IndexError):
                    continue
                return file
        return "config"


def _place(path: Sequence[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text or "(top level)"


def _guess(word: str, known: Iterable[str]) -> str:
    known = sorted(known)
    near = difflib.get_close_matches(str(word), known, n=1, cutoff=0.5)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known: {', '.join(known)}"


def _schema_faults(config: Mapping[str, Any], schemas: Path, origin: _Origin) -> Iterator[str]:
    def validate(name: str, value: Any, prefix: list[str]) -> Iterator[str]:  # noqa: ANN401
        schema = yaml.safe_load((schemas / f"{name}.schema.yaml").read_text(encoding="utf-8"))
        validator = Draft202012Validator(schema)
        for error in sorted(validator.iter_errors(value), key=lambda e: [*map(str, e.path)]):
            yield from _explain(error, [*prefix, *error.absolute_path], origin)

    yield from validate("config", config, [])
    for key, name in SECTIONS.items():
        yield from validate(name, config.get(key, {}), [key])
    for name, keys in KEYS_OF_FILES.items():
        yield from validate(name, {key: config.get(key, {}) for key in keys}, [])


def _explain(error: ValidationError, path: Sequence[str | int], origin: _Origin) -> Iterator[str]:
    value = error.instance
    match error.validator:
        case "additionalProperties" if isinstance(error.validator_value, bool):
            known = error.schema["properties"]
            for key in sorted(set(value) - set(known), key=str):
                place = [*path, key]
                yield f"{origin(place)}: unknown key '{_place(place)}'; {_guess(key, known)}"
        case "required":
            # one error per key, and each lists all that are required: the message has which
            key = next(key for key in error.validator_value if error.message.startswith(repr(key)))
            yield f"{origin(path)}: '{_place([*path, key])}' is missing; add it"
        case "enum":
            allowed = ", ".join(map(str, error.validator_value))
            yield f"{origin(path)}: '{_place(path)}' is {value!r}; it may be {allowed}"
        case _:
            yield f"{origin(path)}: '{_place(path)}' is {_short(value)}: {_reason(error)}"


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


def _cross_faults(
    config: Mapping[str, Any], networks: Sequence[str], pairs: Sequence[str], origin: _Origin
) -> Iterator[str]:
    def known(path: list[str | int], value: str, names: Iterable[str], what: str) -> Iterator[str]:
        names = list(names)
        if value not in names:
            place = f"'{_place(path)}' is '{value}'"
            yield f"{origin(path)}: {place}, but there is no such {what}; {_guess(value, names)}"

    def measured(path: list[str | int], model: str, target: str) -> Iterator[str]:
        if names := catalog.targets_of(model):
            yield from known([*path, "target"], target, names, f"target of model '{model}'")

    # which of several tables a run takes is not known yet: what holds for the first is checked
    first = {
        part: names if isinstance(names, str) else next(iter(names))
        for part, names in config["tables"].items()
    }
    catalog = Catalog({**config, "tables": first})
    models, targets = config["models"], config["targets"]
    for index, study in enumerate(config["studies"]):
        yield from known(["studies", index], study, config["documents"], "study")
    for role, dataset in config["digits"].items():
        yield from known(["digits", role], dataset, config["datasets"], "dataset")
    if abs(sum(config["split_shares"]) - 1) > 1e-9:
        total = sum(config["split_shares"])
        yield f"{origin(['split_shares'])}: 'split_shares' sum to {total:g}; they have to sum to 1"
    for index, model in enumerate(config["sweep"]):
        yield from known(["sweep", index], model, models, "model")
        if models.get(model, {}).get("split") == "holdout":
            yield (
                f"{origin(['sweep'])}: 'sweep[{index}]' is '{model}', whose split 'holdout' has no "
                "validation part to choose by; give the model split 'uniform'"
            )
    for index, row in enumerate(config["repair"]):
        for network in ("tanh", "relu"):
            yield from known(["repair", index, network], row[network], models, "model")
            yield from measured(["repair", index], row[network], row["target"])
    for name, model in models.items():
        at: list[str | int] = ["models", name]
        yield from known([*at, "network"], model["network"], networks, "network")
        names = config["augmentations"]
        yield from known([*at, "augmentation"], model["augmentation"], names, "augmentation")
        for index, target in enumerate(model["targets"]):
            yield from known([*at, "targets", index], target, targets, "target")
        if "initial" in model:
            yield from known([*at, "initial"], model["initial"], models, "model")
    yield from _sheet_faults(config, origin)
    yield from _table_faults(config, origin, known)
    yield from gan_faults(config, pairs, origin, known)
    sheets = [
        sheet for dataset in config["datasets"].values() for sheet in dataset.get("sheets", [])
    ]
    writers = {sheet["writer"] for sheet in sheets}
    for study in filter(config["documents"].__contains__, config["studies"]):
        for index, claim in enumerate(config["documents"][study]["claims"]):
            at = ["documents", study, "claims", index]
            yield from known([*at, "model"], claim["model"], catalog.measurable(), "model")
            yield from measured(at, claim["model"], claim["target"])
        for item in catalog.items(study):
            at = ["documents", study, item["artefact"]]
            for model in catalog.models_of(item):
                yield from known(at, model, models, "model")
            options = item.get("options", {})
            if "writer" in options:
                yield from known([*at, "writer"], options["writer"], writers, "writer of a sheet")
            for kind in ("autoencoders", "grids", "gans"):
                for name in options.get(kind, []):
                    yield from known(at, name, config[kind], f"entry of {kind}")
            looked_at = [*options.get("targets", {}), *filter(None, [options.get("target")])]
            for target in looked_at:
                for model in options["models"]:
                    yield from measured([*at, "options"], model, target)
            for index, row in enumerate(options.get("rows", [])):
                where = [*at, "rows", index]
                if "model" in row:
                    yield from measured(where, row["model"], row["target"])
                else:
                    name, listed = row["autoencoder"], options.get("autoencoders", [])
                    yield from known(where, name, listed, "name in the item's autoencoders")
    yield from _model_faults(config, origin)
    yield from _form_faults(config, origin)


def _table_faults(
    config: Mapping[str, Any], origin: _Origin, known: Callable[..., Iterator[str]]
) -> Iterator[str]:
    """Give tables that do not exist, are no tables, or lack what is predicted."""
    for part, names in config["tables"].items():
        for name in [names] if isinstance(names, str) else names:
            at: list[str | int] = ["tables", part]
            yield from known(at, name, config["datasets"], "dataset")
            dataset = config["datasets"].get(name, {})
            if dataset and dataset["kind"] not in TABLE_KINDS:
                yield (
                    f"{origin(at)}: 'tables.{part}' is '{name}', a dataset of kind "
                    f"{dataset['kind']}; a table is of kind {', '.join(TABLE_KINDS)}"
                )
            elif dataset and part == "music" and len(dataset.get("outputs", [])) == 0:
                yield (
                    f"{origin(at)}: 'tables.music' is '{name}', which has no outputs to predict; "
                    f"name its last columns in 'datasets.{name}.outputs'"
                )
            yield from _path_faults(config, name, origin)
    for name, grid in config["grids"].items():
        for rate in grid["shown_rates"]:
            if rate not in grid["learning_rates"]:
                yield (
                    f"{origin(['grids', name, 'shown_rates'])}: 'grids.{name}.shown_rates' has "
                    f"{rate}, which is not among its learning_rates; take it out, or add it there"
                )
    for role, grid in config["origins"]["grids"].items():
        yield from known(["origins", "grids", role], grid, config["grids"], "grid")
    named = [name for key in ("models", "autoencoders", "grids", "gans") for name in config[key]]
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield (
            f"{origin(['autoencoders', name])}: '{name}' names two of models, autoencoders, "
            "grids and GANs, whose results would lie in one place; rename one"
        )


def _path_faults(config: Mapping[str, Any], dataset: str, origin: _Origin) -> Iterator[str]:
    path = config["datasets"].get(dataset, {}).get("path")
    if path and not Path(path).exists():
        yield (
            f"{origin(['datasets', dataset, 'path'])}: 'datasets.{dataset}.path' is '{path}', and "
            f"there is no such file or folder in {Path.cwd()}; see config/README.md, Data"
        )


def _form_faults(config: Mapping[str, Any], origin: _Origin) -> Iterator[str]:
    """Give models and targets that ask for a form in which their digits are not kept."""
    for section in ("models", "targets"):
        for name, entry in config[section].items():
            dataset = config["digits"][entry["data"]]
            kind = config["datasets"].get(dataset, {}).get("kind")
            if kind in READY_MADE and entry["form"] != "mnist_form":
                yield (
                    f"{origin([section, name, 'form'])}: '{section}.{name}.form' is "
                    f"'{entry['form']}', but the digits of '{dataset}' come in MNIST form only; "
                    "use mnist_form"
                )


def _sheet_faults(config: Mapping[str, Any], origin: _Origin) -> Iterator[str]:
    for name, dataset in config["datasets"].items():
        files = dataset.get("files", {})
        for index, sheet in enumerate(dataset.get("sheets", [])):
            at = ["datasets", name, "sheets", index]
            wanted = {"file": sheet["file"], "labels": sheet["labels"]}
            if sheet["labels"] in ("by_row", "by_column"):
                del wanted["labels"]
            for key, value in wanted.items():
                if value not in files:
                    place = f"'{_place([*at, key])}' is '{value}'"
                    yield f"{origin(at)}: {place}, but the dataset has no such file; " + _guess(
                        value, files
                    )
    for name in set(config["digits"].values()):
        yield from _path_faults(config, name, origin)
    own = config["datasets"].get(config["digits"]["own"], {})
    writers = {sheet["writer"] for sheet in own.get("sheets", [])}
    for writer in config["left_out_writers"]:
        if own and (writer not in writers or len(writers) < 2):
            yield (
                f"{origin(['left_out_writers'])}: 'left_out_writers' has '{writer}', who did not "
                f"write for dataset '{config['digits']['own']}' (writers on its sheets: "
                f"{', '.join(sorted(writers)) or 'none'}); "
                "leave none out with --config 'left_out_writers=[]'"
            )


def _model_faults(config: Mapping[str, Any], origin: _Origin) -> Iterator[str]:
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
                "but split 'holdout' has no validation part to choose by; use split 'uniform', "
                "or keep 'last'"
            )
        for ancestor in chain:
            yield from _leaks(config, name, ancestor, origin)


def _leaks(config: Mapping[str, Any], name: str, ancestor: str, origin: _Origin) -> Iterator[str]:
    """Give targets that share digits with what the model, or what it started from, learnt."""
    trained, digits = config["models"][ancestor], config["digits"]
    dataset = digits[trained["data"]]
    for target_name in config["models"][name]["targets"]:
        target = config["targets"].get(target_name)
        if target is None or digits[target["data"]] != dataset or target["part"] == "train":
            continue  # reported elsewhere, other digits, or a training figure by its name
        # where no test set is published, the two schemes have the same test part
        published = config["datasets"].get(dataset, {}).get("kind") == "mnist"
        same_test = {target["split"], trained["split"]} <= {"uniform", "holdout"} and not published
        safe = target["part"] == "test" and (target["split"] == trained["split"] or same_test)
        if not safe:
            yield (
                f"{origin(['models', name, 'targets'])}: 'models.{name}.targets' has "
                f"'{target_name}', digits that '{ancestor}' is trained on; "
                f"take the test part of split '{trained['split']}'"
            )


def check_results_folder(folder: str) -> None:
    """Make sure that results can be written, before hours go into them.

    Raises
    ------
    ConvatlasError
        If the folder, or the nearest one above it that exists, is a file or may not be written.
    """
    place = Path(folder).resolve()
    while not place.exists():
        place = place.parent
    remedy = "give another with --config 'pathvars={results: FOLDER}' or free this one"
    if not place.is_dir():
        raise ConvatlasError(f"results folder '{folder}': {place} is a file; {remedy}")
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise ConvatlasError(
            f"results folder '{folder}': {place} cannot be written ({error.strerror}); {remedy}"
        ) from None
