"""Checking the config before anything is planned: every fault with file, key, value and remedy."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from convatlas.errors import ConvatlasError
from convatlas.settings.faults import cross_faults
from convatlas.settings.folders import check_results_folder
from convatlas.settings.origin import Origin
from convatlas.settings.schemas import schema_faults
from convatlas.settings.texts import read_texts

__all__ = ["check_config", "check_results_folder", "read_texts"]

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
    origin = Origin(files, given or {})
    faults = list(schema_faults(config, schemas, origin))
    if not faults:
        faults = list(cross_faults(config, networks, pairs, origin))
    if faults:
        shown = faults[:MAXIMUM_SHOWN]
        more = len(faults) - len(shown)
        raise ConvatlasError("\n".join([*shown, *([f"... and {more} more"] if more else [])]))
