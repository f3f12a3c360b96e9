"""Which of the networks that a config trains here have their weights."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convatlas.catalog import Catalog
from convatlas.denoising_catalog import DenoisingCatalog
from convatlas.doctor.findings import Finding, join_some
from convatlas.gan_catalog import GanCatalog
from convatlas.painter_catalog import PainterCatalog
from convatlas.video_catalog import VideoCatalog


def trained_files(config: Mapping[str, Any]) -> dict[str, list[str]]:
    """List the weights that a run with a config trains, by kind, as paths in the results folder."""
    catalog = Catalog(config)
    histories = {
        "denoisers": DenoisingCatalog(catalog).histories(),
        "painters": PainterCatalog(catalog).histories(),
    }
    beside = {
        kind: [
            path.removeprefix("<results>/").replace("history.csv", "weights.pt") for path in paths
        ]
        for kind, paths in histories.items()
    }
    styles = [config["styles"][style]["stylizer"] for style in config["videos"]["styles"]]
    return {
        "classifiers": [
            f"models/{model}/{seed}/weights.pt"
            for model in catalog.trained_models()
            for seed in config["seeds"]
        ],
        "GANs": [f"gans/{gan}/{seed}/weights.pt" for gan, seed in GanCatalog(catalog).all_runs()],
        **beside,
        "stylizers": [
            f"stylizers/{name}/weights.pt"
            for name in VideoCatalog(config).trained()
            if name in styles
        ],
    }


def check_trained(config: Mapping[str, Any], results: Path) -> Iterator[Finding]:
    """Say of each kind of network how many are trained, and which are not.

    Parameters
    ----------
    config : mapping
        The checked config, its parts chosen.
    results : Path
        The results folder.
    """
    finished = (results / "provenance.json").is_file()
    for kind, names in trained_files(config).items():
        missing = [name for name in names if not (results / name).is_file()]
        told = f"{len(names) - len(missing)} of {len(names)} {kind} are trained"
        if not names:
            continue
        if missing and finished:
            remedy = "the next run trains them; after another config, that is what it is for"
            told += f", though a run was finished here; not {join_some(missing)}"
            yield Finding("warning", "own weights", told, str(results), remedy)
        else:
            yield Finding("ok", "own weights", told, str(results))
