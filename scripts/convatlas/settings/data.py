"""Faults that schemas cannot find in datasets, and in what is asked of them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from convatlas.catalog import TABLE_KINDS
from convatlas.settings.origin import Origin, guess, place_of

READY_MADE = ("mnist", "embedded_digits")
"""Kinds of dataset that are published in MNIST form, without a picture behind it."""


def sheet_faults(config: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Give sheets whose files are not declared, and paths and writers that do not exist."""
    for name, dataset in config["datasets"].items():
        files = dataset.get("files", {})
        for index, sheet in enumerate(dataset.get("sheets", [])):
            at = ["datasets", name, "sheets", index]
            wanted = {"file": sheet["file"], "labels": sheet["labels"]}
            if sheet["labels"] in ("by_row", "by_column"):
                del wanted["labels"]
            for key, value in wanted.items():
                if value not in files:
                    place = f"'{place_of([*at, key])}' is '{value}'"
                    yield f"{origin(at)}: {place}, but the dataset has no such file; " + guess(
                        value, files
                    )
    for name in set(config["digits"].values()):
        yield from path_faults(config, name, origin)
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


def form_faults(config: Mapping[str, Any], origin: Origin) -> Iterator[str]:
    """Give models, GANs and targets that ask for a form in which their digits are not kept."""
    for section in ("models", "gans", "targets"):
        for name, entry in config[section].items():
            dataset = config["digits"][entry["data"]]
            kind = config["datasets"].get(dataset, {}).get("kind")
            if kind in READY_MADE and entry["form"] != "mnist_form":
                yield (
                    f"{origin([section, name, 'form'])}: '{section}.{name}.form' is "
                    f"'{entry['form']}', but the digits of '{dataset}' come in MNIST form only; "
                    "use mnist_form"
                )


def path_faults(config: Mapping[str, Any], dataset: str, origin: Origin) -> Iterator[str]:
    """Give a dataset of a user's own that is not there."""
    path = config["datasets"].get(dataset, {}).get("path")
    if path and not Path(path).exists():
        yield (
            f"{origin(['datasets', dataset, 'path'])}: 'datasets.{dataset}.path' is '{path}', and "
            f"there is no such file or folder in {Path.cwd()}; see config/README.md, Data"
        )


def table_faults(
    config: Mapping[str, Any], origin: Origin, known: Callable[..., Iterator[str]]
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
            yield from path_faults(config, name, origin)
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
