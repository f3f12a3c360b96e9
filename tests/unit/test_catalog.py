"""What a config asks for; and which networks there are."""

import importlib

import pytest
from torch import nn

from convatlas import networks
from convatlas.catalog import Catalog
from convatlas.networks import networks_available


def item(rule, artefact, **options):
    return {"kind": "figure", "rule": rule, "artefact": artefact, "options": options}


CONFIG = {
    "seeds": [0, 1],
    "studies": ["one"],
    "digits": {"benchmark": "mnist", "own": "mine"},
    "datasets": {
        "mnist": {
            "title": "MNIST",
            "nature": "real",
            "of_documents": True,
            "files": {"images": {"name": "m/a.gz", "urls": ["https://x/a"]}},
        },
        "mine": {
            "title": "stand-in",
            "nature": "simulated",
            "files": {"sheet": {"name": "sheets/my.png"}},
        },
        "idle": {"title": "idle", "nature": "simulated"},
    },
    "targets": {
        "t": {"data": "own", "form": "plain", "split": "uniform", "part": "test"},
        "u": {"data": "benchmark", "form": "mnist_form", "split": "holdout", "part": "test"},
    },
    "augmentations": {"none": {}, "strong": {"shear": 0.5}},
    "models": {
        name: {"augmentation": "strong", "targets": ["t"], "training": {"batch_size": size}}
        for name, size in [("a", 5), ("b", 6), ("c", 7), ("d", 8), ("a_without_x", 9)]
    },
    "sweep": ["a", "b"],
    "repair": [
        {"row": "r", "target": "t", "tanh": "c", "relu": "b"},
        {"row": "s", "target": "t", "tanh": "c", "relu": "a"},
    ],
    "left_out_writers": ["x", "y"],
    "documents": {
        "one": {
            "sections": [
                {"items": [item("plot_curves", "1.svg", models=["d"]), {"kind": "omitted"}]},
                {"items": [item("tabulate_sweep", "2.csv"), item("plot_repair", "3.svg")]},
                {"items": [item("tabulate_writers", "4.csv", networks={"a": "A"})]},
                {"items": [item("plot_digits", "5.png")]},
            ],
            "claims": [{"model": "d"}, {"model": "e"}, {"model": "d"}],
        },
        "two": {
            "sections": [{"items": [item("plot_curves", "9.svg", models=["z"])]}],
            "claims": [],
        },
    },
}


def make(**changes):
    return Catalog({**CONFIG, **changes})


def test_datasets_by_the_part_they_play():
    catalog = make()
    assert catalog.dataset("own") == "mine"
    assert catalog.datasets_in_use() == ["mine", "mnist"]
    assert make(digits={"benchmark": "mine", "own": "mine"}).datasets_in_use() == ["mine"]
    assert catalog.stand_ins() == {"mine": "stand-in"}  # and not the idle one
    assert list(catalog.remote_files()) == ["m/a.gz"]
    assert catalog.contents() == {"m/a.gz": {}}  # an added url fetches nothing again


def test_a_model_comes_with_its_augmentation_and_the_config_is_left_alone():
    catalog = make()
    assert catalog.training("a")["augmentation"] == {"shear": 0.5}
    assert "targets" not in catalog.training("a")
    assert CONFIG["models"]["a"]["augmentation"] == "strong"
    assert catalog.targets("a") == {"t": {**CONFIG["targets"]["t"], "dataset": "mine"}}
    assert catalog.batch_sizes() == {"a": 5, "b": 6}


def test_models_of_each_kind_of_item():
    catalog = make()
    found = [catalog.models_of(item) for item in catalog.items("one")]
    assert found == [["d"], ["a", "b"], ["a", "b", "c"], ["a_without_x", "a_without_y"], []]
    assert catalog.models_of_claims("one") == ["d", "e"]


def test_only_models_of_selected_studies_are_trained():
    expected = ["a", "a_without_x", "a_without_y", "b", "c", "d", "e"]
    assert make().trained_models() == expected
    assert make(studies=["two"]).trained_models() == ["z"]
    assert make(studies=["two", "one"]).trained_models() == [*expected, "z"]


@pytest.mark.parametrize(
    ("empty", "gone"), [("sweep", "2.csv"), ("repair", "3.svg"), ("left_out_writers", "4.csv")]
)
def test_an_empty_list_takes_its_items_away(empty, gone):
    every = [name for _, name in make().artefacts()]
    assert every == ["1.svg", "2.csv", "3.svg", "4.csv", "5.png"]
    left = [name for _, name in make(**{empty: []}).artefacts()]
    assert left == [name for name in every if name != gone]


def test_artefacts_by_rule_and_items_by_artefact():
    catalog = make(studies=["one", "two"])
    assert catalog.artefacts("plot_curves") == [("one", "1.svg"), ("two", "9.svg")]
    assert catalog.artefacts("plot_nothing") == []
    assert catalog.item("one", "2.csv")["rule"] == "tabulate_sweep"


def test_the_networks_that_are_listed_are_those_that_there_are():
    found = networks_available()
    assert {"lenet.LeNet5", "lenet.LeNet5ReLU"} <= set(found)
    for name in found:
        module, network = name.split(".")
        loaded = importlib.import_module(f"convatlas.models.{module}")
        assert issubclass(getattr(loaded, network), nn.Module)


def test_networks_are_found_without_running_the_files(tmp_path, monkeypatch):
    (tmp_path / "b.py").write_text(
        "raise RuntimeError\n\n\nclass Net(nn.Module):\n    pass\n\n\n"
        "class _Block(nn.Module):\n    pass\n\n\nclass Other:\n    pass\n"
    )
    (tmp_path / "a.py").write_text("class First(torch.nn.Module):\n    pass\n")
    monkeypatch.setattr(networks, "FOLDER", tmp_path)
    assert networks_available() == ["a.First", "b.Net"]
