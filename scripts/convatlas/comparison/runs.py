"""What a results folder holds that can be compared with another's."""

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convatlas.comparison.judging import Measurement
from convatlas.errors import ConvatlasError
from convatlas.files import read_json, sha256_of
from convatlas.report.tables import read_rows

PICTURES = (".svg", ".png", ".jpg")


@dataclasses.dataclass(frozen=True)
class Run:
    """One run's results.

    Attributes
    ----------
    folder : Path
        Where they lie.
    metrics : dict
        Measurements by ``(group, target, metric)``: group is what was measured, a folder of
        ``evaluation/``.
    claims : dict
        Rows of ``claims.csv`` by ``(study, claim)``.
    tables : dict
        Header and rows by ``(study, file)``.
    figures : dict
        Digests by ``(study, file)``.
    provenance : dict
        ``provenance.json``; empty for a run that did not end.
    """

    folder: Path
    metrics: dict[tuple[str, str, str], Measurement]
    claims: dict[tuple[str, str], dict[str, str]]
    tables: dict[tuple[str, str], list[dict[str, str]]]
    figures: dict[tuple[str, str], str]
    provenance: dict[str, Any]


def read_run(folder: str | Path) -> Run:
    """Read a results folder.

    Raises
    ------
    ConvatlasError
        If it is none, or a file in it cannot be read; the message says which.
    """
    place = Path(folder)
    if not place.is_dir():
        raise ConvatlasError(f"there is no folder {place.absolute()}: name a results folder")
    if (place / "results").is_dir() and not (place / "studies").is_dir():
        place = place / "results"
    studies, evaluation = place / "studies", place / "evaluation"
    if not studies.is_dir() and not evaluation.is_dir():
        raise ConvatlasError(
            f"{place} is no results folder: it has neither studies/ nor evaluation/. Name what a "
            "run wrote, such as results, or a copy of it"
        )
    files = [path for path in sorted(studies.glob("*/*")) if path.is_file()]
    tables = [path for path in files if path.suffix == ".csv" and path.name != "claims.csv"]
    record = place / "provenance.json"
    return Run(
        folder=place,
        metrics=dict(_read_metrics(evaluation)),
        claims=dict(_read_claims(studies)),
        tables={(path.parent.name, path.name): read_rows(path) for path in tables},
        figures={(p.parent.name, p.name): sha256_of(p) for p in files if p.suffix in PICTURES},
        provenance=_read_mapping(record) if record.is_file() else {},
    )


def _read_metrics(evaluation: Path) -> Iterator[tuple[tuple[str, str, str], Measurement]]:
    for path in sorted(evaluation.glob("*/metrics.json")):
        for target, content in _read_mapping(path).items():
            for place, measured in _find_measurements(content, ""):
                yield (path.parent.name, target, place), measured


def _find_measurements(content: Any, above: str) -> Iterator[tuple[str, Measurement]]:  # noqa: ANN401
    """Give the summaries in nested mappings and lists, with their dotted places."""
    if isinstance(content, Mapping) and "mean" in content and "values" in content:
        values = tuple(float(v) for v in content["values"] if isinstance(v, int | float))
        values = tuple(value for value in values if math.isfinite(value))
        if values:
            yield above, Measurement(values, str(content.get("unit", "seeds")))
    elif isinstance(content, Mapping | list):
        named = content.items() if isinstance(content, Mapping) else enumerate(content)
        for key, inner in named:
            yield from _find_measurements(inner, f"{above}.{key}" if above else str(key))


def _read_claims(studies: Path) -> Iterator[tuple[tuple[str, str], dict[str, str]]]:
    for path in sorted(studies.glob("*/claims.csv")):
        for row in read_rows(path):
            if "claim" not in row or "measured_value" not in row:
                raise ConvatlasError(f"{path} has no columns claim and measured_value")
            yield (path.parent.name, row["claim"]), row


def _read_mapping(path: Path) -> dict[str, Any]:
    try:
        content = read_json(path)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ConvatlasError(
            f"{path} is no JSON: {error}; the run that wrote it broke off"
        ) from error
    if not isinstance(content, dict):
        raise ConvatlasError(f"{path} holds no mapping")
    return content
