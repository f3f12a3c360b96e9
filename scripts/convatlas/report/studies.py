"""From the config's documents and a run's provenance to what the report builder is given."""

from collections.abc import Mapping, Sequence
from typing import Any

from convatlas.catalog import NEEDED_GRIDS
from convatlas.denoising_catalog import RULES as DENOISING_RULES
from convatlas.painter_catalog import RULES as PAINTER_RULES
from convatlas.report.denoising import describe_denoising
from convatlas.report.origins import describe_origin
from convatlas.report.painters import describe_painting
from convatlas.report.pictures import CASES, MADE, NETWORKS, PICTURES, describe_pictures
from convatlas.report.restyling import describe_restyling

STANDS_FOR = {
    "benchmark": "MNIST",
    "own": "the digits that the documents' authors collected",
    "fermentation": "sepulveda's fermentation",
    "fermentation_code": "the table of sepulveda's published code",
    "music": "the origins of music",
    "clips": "the documents' own clips, which were not published",
    "denoising": "CIFAR-10",
    "paintings": "300 paintings by Monet",
    "photographs": "photographs, of which the document has none",
}
VIDEO_RULES = ("plot_stills", "tabulate_videos")
"""Rules whose items show restyled clips."""
UNSEEDED = ("plot_digits", "plot_forms", "plot_observations", "plot_activation")
"""Rules whose items show data, or a function, alone."""
DRAWINGS = "plot_architecture"
"""The rule whose items show networks, whatever they learn from."""
BY_METRICS = ("tabulate_gans", "tabulate_recipes")
"""Rules whose items have a row a GAN, each over all of its own seeds."""
FIRST_SEED = ("plot_generated", "plot_adversarial_losses")
"""Rules whose items show the training with the first seed alone."""


def _data_of_item(item: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Name the parts (benchmark, own, tables) whose data an item shows or is measured on."""
    options, targets = item.get("options", {}), config["targets"]
    names = [options["target"]] if "target" in options else []
    names += list(options.get("targets", {}))
    names += [row["target"] for row in options.get("rows", []) if "target" in row]
    names += [kind for kind in options.get("kinds", {}) if kind in targets]
    parts = {targets[name]["data"] for name in names}
    parts |= {config["gans"][name]["data"] for name in _gans_of(item, config)}
    if "data" in options:
        parts.add(options["data"])
    if item.get("rule") == "plot_learning_curves":
        parts |= {config["models"][model]["data"] for model in options["models"]}
    if item.get("rule") in ("tabulate_repair", "plot_repair", "tabulate_writers"):
        parts.add("own")
    if item.get("rule") == "tabulate_sweep":
        parts.add("benchmark")
    tables = [config["autoencoders"][name]["table"] for name in options.get("autoencoders", [])]
    tables += [config["grids"][name]["table"] for name in options.get("grids", [])]
    if item.get("rule") in NEEDED_GRIDS:
        tables.append(config["grids"][config["origins"]["grids"]["networks"]]["table"])
    return sorted(parts | set(tables))


def _gans_of(item: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Name the GANs that an item is drawn from."""
    if item.get("rule") == "tabulate_recipes":
        return config["recipes"]
    return item.get("options", {}).get("gans", [])


def describe_studies(
    documents: Mapping[str, Any], studies: Sequence[str], run: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Give each selected study with the data and the seeds behind each of its items.

    Parameters
    ----------
    documents : mapping
        The config's ``documents``.
    studies : sequence of str
        Which, in order.
    run : mapping
        ``provenance.json``.

    Returns
    -------
    list of dict
        As :func:`~convatlas.report.build.build_report` takes them.
    """
    titles = {role: data["title"] for data in run["data"] for role in data["roles"]}
    seeds = run["seeds"]["trainings"]
    described = []
    for name in studies:
        study = documents[name]
        sections = [
            {
                **section,
                "items": [
                    _with_origin(
                        _describe_item(item, run["config"], titles, seeds), item, name, run
                    )
                    for item in section["items"]
                ],
            }
            for section in study["sections"]
        ]
        claims = [
            {key: claim[key] for key in ("id", "text", "source", "document_value")}
            for claim in study["claims"]
        ]
        described.append({**study, "study": name, "sections": sections, "claims": claims})
    return described


def _with_origin(
    shown: Mapping[str, Any], item: Mapping[str, Any], study: str, run: Mapping[str, Any]
) -> dict[str, Any]:
    if item["kind"] == "omitted":
        return dict(shown)
    return {**shown, **describe_origin(item, study, shown["data"], run)}


def _describe_item(
    item: Mapping[str, Any],
    config: Mapping[str, Any],
    titles: Mapping[str, str],
    seeds: Sequence[int],
) -> dict[str, Any]:
    shown = {key: value for key, value in item.items() if key != "options"}
    if item["kind"] == "omitted":
        return shown
    if item["rule"] == DRAWINGS:
        return {**shown, "data": "", "made": item["options"]["architecture"]}
    if item["rule"] in VIDEO_RULES:
        return {**shown, **describe_restyling(item, config)}
    if item["rule"] in (*CASES, *NETWORKS, *PICTURES, *MADE):
        return {**shown, **describe_pictures(item, config)}
    if item["rule"] in DENOISING_RULES:
        return {**shown, **describe_denoising(item, config)}
    if item["rule"] in PAINTER_RULES:
        return {**shown, **describe_painting(item, config)}
    data = [titles[part] for part in _data_of_item(item, config)]
    shown["data"] = "; ".join(dict.fromkeys(data))
    options = item.get("options", {})
    made = [
        _describe_training(name, config["models"][name]["training"])
        for name in options.get("models", [])
    ]
    made += [
        _describe_training(name, config["gans"][name]["training"])
        for name in _gans_of(item, config)
    ]
    made += _describe_fits(options, config)
    if item["rule"] not in UNSEEDED:
        used = _seeds_of(item, config, seeds)
        told = f"seed {used[0]}" if item["rule"] in FIRST_SEED else None
        made.append(told or f"seeds {', '.join(map(str, used))}")
    shown["made"] = "; ".join(made)
    return shown


def _describe_fits(options: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Say how long autoencoders and grids were fitted in this run."""
    kinds = {"autoencoders": config["autoencoders"], "grids": config["grids"]}
    by_epochs: dict[int, list[str]] = {}
    for kind, known in kinds.items():
        for name in options.get(kind, []):
            by_epochs.setdefault(known[name]["epochs"], []).append(name)
    return [f"{', '.join(names)} ({epochs} epochs)" for epochs, names in by_epochs.items()]


def _seeds_of(
    item: Mapping[str, Any], config: Mapping[str, Any], seeds: Sequence[int]
) -> Sequence[int]:
    """Return the seeds behind an item: grids and GANs are fitted with the first few.

    Several GANs are shown over the seeds that all of them have, but in tables of their metrics.
    """
    grids = item.get("options", {}).get("grids", [])
    repeats = [config["grids"][grid]["repeats"] for grid in grids]
    gans = [config["gans"][gan]["repeats"] for gan in _gans_of(item, config)]
    if gans:
        repeats.append((max if item["rule"] in BY_METRICS else min)(gans))
    return seeds[: max(repeats)] if repeats else seeds


def _describe_training(name: str, training: Mapping[str, Any]) -> str:
    """Say how a model was trained in this run, which a preset may have changed."""
    return f"{name} ({training['epochs']} epochs, batches of {training['batch_size']})"


def data_notice(run: Mapping[str, Any]) -> list[dict[str, str]]:
    """Say which data stand in for what, where they are not the real ones."""
    return [
        {"title": data["title"], "kind": "real", "notice": f"for {_stands_for(data)}"}
        if data["of_documents"]
        else {
            "title": data["title"].split(", in place of")[0],
            "kind": data["kind"] if data["kind"] != "real" else "real, and other data",
            "stands_in_for": _stands_for(data),
        }
        for data in run["data"]
    ]


def _stands_for(data: Mapping[str, Any]) -> str:
    return " and ".join(STANDS_FOR[role] for role in data["roles"])
