"""The config of a run, read as Snakemake reads it, without Snakemake."""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from convatlas.doctor.findings import Finding
from convatlas.errors import ConvatlasError
from convatlas.networks import networks_available
from convatlas.settings import check_config

# libyaml's where it is there: ten times as fast, and as safe
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def files_of_config(root: Path) -> list[Path]:
    """List the files that a Snakefile names as ``configfile:``, in their order."""
    text = (root / "Snakefile").read_text(encoding="utf-8")
    return [
        root / name for name in re.findall(r'^configfile: f"{workflow.basedir}/(.+)"', text, re.M)
    ]


def read_config(files: Iterable[Path]) -> dict[str, Any]:
    """Merge files as Snakemake does: dicts are merged, anything else is replaced.

    Parameters
    ----------
    files : iterable of Path
        YAML files, a later one over those before it.

    Raises
    ------
    ConvatlasError
        If one cannot be read, or holds no mapping.
    """
    config: dict[str, Any] = {}
    for file in files:
        try:
            content = yaml.load(file.read_text(encoding="utf-8"), Loader) or {}  # noqa: S506
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise ConvatlasError(f"{file} cannot be read as YAML: {error}") from error
        if not isinstance(content, Mapping):
            raise ConvatlasError(f"{file} holds no mapping of keys, but {type(content).__name__}")
        _merge(config, content)
    return config


def check_configuration(root: Path, files: list[Path]) -> Iterator[Finding]:
    """Check a config as every run does before it plans anything.

    Parameters
    ----------
    root : Path
        The checkout.
    files : list of Path
        What the config is merged from.
    """
    config = read_config(files)
    check_config(
        config,
        schemas=root / "config" / "schemas",
        networks=networks_available(),
        pairs=networks_available("AdversarialPair"),
        files=files,
    )
    over = [file for file in files if file not in files_of_config(root)]
    named = f" with {' and '.join(map(str, over))} over them" if over else ""
    yield Finding("ok", "config", f"the files of config/{named}: no fault")


def _merge(base: dict[str, Any], overlay: Mapping[str, Any]) -> None:
    for key, value in overlay.items():
        if isinstance(value, Mapping):
            # a new dict for each, or what YAML names twice would be changed in both places by one
            below = base.get(key)
            base[key] = below if isinstance(below, dict) else {}
            _merge(base[key], value)
        else:
            base[key] = copy.deepcopy(value)
