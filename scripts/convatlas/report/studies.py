"""From the config's documents and a run's provenance to what the report builder is given."""

from collections.abc import Mapping, Sequence
from typing import Any

STANDS_FOR = {
    "benchmark": "MNIST",
    "own": "the digits that the documents' authors collected",
}


def _data_of_item(item: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Name the parts (benchmark, own) whose digits an item shows or is measured on."""
    options, targets = item.get("options", {}), config["targets"]
    names = [options["target"]] if "target" in options else []
    names += list(options.get("targets", {}))
    names += [row["target"] for row in options.get("rows", [])]
    parts = {targets[name]["data"] for name in names}
    if "data" in options:
        parts.add(options["data"])
    if item.get("rule") == "plot_learning_curves":
        parts |= {config["models"][model]["data"] for model in options["models"]}
    if item.get("rule") in ("tabulate_repair", "plot_repair", "tabulate_writers"):
        parts.add("own")
    if item.get("rule") == "tabulate_sweep":
        parts.add("benchmark")
    return sorted(parts)


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
    titles = {data["role"]: data["title"] for data in run["data"]}
    seeds = run["seeds"]["trainings"]
    described = []
    for name in studies:
        study = documents[name]
        sections = [
            {
                **section,
                "items": [
                    _describe_item(item, run["config"], titles, seeds) for item in section["items"]
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


def _describe_item(
    item: Mapping[str, Any],
    config: Mapping[str, Any],
    titles: Mapping[str, str],
    seeds: Sequence[int],
) -> dict[str, Any]:
    shown = {key: value for key, value in item.items() if key != "options"}
    if item["kind"] == "omitted":
        return shown
    shown["data"] = "; ".join(titles[part] for part in _data_of_item(item, config))
    made = [
        _describe_training(name, config["models"][name]["training"])
        for name in item.get("options", {}).get("models", [])
    ]
    if item["rule"] not in ("plot_digits", "plot_forms"):
        made.append(f"seeds {', '.join(map(str, seeds))}")
    shown["made"] = "; ".join(made)
    return shown


def _describe_training(name: str, training: Mapping[str, Any]) -> str:
    """Say how a model was trained in this run, which a preset may have changed."""
    return f"{name} ({training['epochs']} epochs, batches of {training['batch_size']})"


def data_notice(run: Mapping[str, Any]) -> list[dict[str, str]]:
    """Say which data stand in for what, where they are not the real ones."""
    return [
        {"title": data["title"], "kind": "real", "notice": f"for {STANDS_FOR[data['role']]}"}
        if data["of_documents"]
        else {
            "title": data["title"].split(", in place of")[0],
            "kind": data["kind"] if data["kind"] != "real" else "real, and other digits",
            "stands_in_for": STANDS_FOR[data["role"]],
        }
        for data in run["data"]
    ]
