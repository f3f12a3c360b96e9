"""What ``--config`` gives on the command line."""

from collections.abc import Mapping
from typing import Any

import yaml


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
