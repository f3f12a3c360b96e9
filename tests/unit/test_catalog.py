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
    "tables": {"music": "tracks"},
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
        "tracks": {
            "title": "tracks",
            "nature": "embedded",
            "kind": "text_table",
            "files": {"table": {"name": "t.zip", "urls": ["https://x/t"], "member": "t.txt"}},
            "features": 2,
            "outputs": ["up", "down"],
        },
    },
    "targets": {
        "t": {"data": "own", "form": "plain", "split": "uniform", "part": "test"},
        "u": {"data": "benchmark", "form": "mnist_form", "split": "holdout", "part": "test"},
    },
    "augmentations": {"none": {}, "strong": {"shear": 0.5}},
    "models": {
        name: {"augmentation": "strong", "targets": ["t"], "training": {"batch_size": size}}
        for name, size in [("a", 5), ("b", 6), ("c", 7), ("d", 8), ("e", 8), ("a_without_x", 9)]
    },
    "autoencoders": {"small": {"title": "Small", "table": "music", "widths": [1, 3]}},
    "grids": {
        name: {"title": name, "table": "music", "repeats": repeats, "jobs": 2, "shown_rates": [1]}
        for name, repeats in [("nets", 1), ("low", 1), ("high", 3)]
    },
    "gans": {},
    "features": {},
    "clips": {},
    "pictures": {},
    "stylizers": {},
    "backbones": {},
    "images": {"features": "none"},
    "style_features": "none",
    "transfers": {},
    "dreams": {},
    "zooms": {},
    "painting": {"features": "none", "proof": {"features": "none"}},
    "recipes": [],
    "origins": {"grids": {"networks": "nets", "low": "low", "high": "high"}, "folds": 7},
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
        "three": {
            "sections": [
                {"items": [item("plot_errors", "1.svg", autoencoders=["small"])]},
                {"items": [item("plot_grid_map", "2.svg", grids=["low"])]},
            ],
            "claims": [{"model": "nets"}],
        },
        "four": {
            "sections": [
                {
                    "items": [
                        item("plot_outputs", "1.svg", output=1),
                        item("plot_outputs", "2.svg", output=2),
                    ]
                }
            ],
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
    assert list(catalog.remote_files()) == ["m/a.gz", "t.zip"]
    # an added url fetches nothing again
    assert catalog.contents() == {"m/a.gz": {}, "t.zip": {"member": "t.txt"}}


def test_tables_are_read_by_what_their_entry_says():
    catalog = make()
    assert catalog.reading("tracks") == {
        "kind": "text_table",
        "features": 2,
        "outputs": ["up", "down"],
        "member": "t.txt",
    }
    told = {"outputs": ["up", "down"], "places": False}
    assert catalog.predicted("tracks") == {**told, "rows_needed": 7, "features_needed": 2}
    assert catalog.predicted("mine") == {"outputs": [], "places": False}
    assert make(studies=["three"]).stand_ins() == {"mine": "stand-in", "tracks": "tracks"}


def test_autoencoders_and_grids_behind_items_and_claims():
    catalog = make(studies=["three"])
    assert catalog.fitted_autoencoders() == ["small"]
    assert catalog.fitted_grids() == ["low", "nets"]
    assert catalog.tables_in_use() == ["tracks"]
    assert catalog.behind("three", "1.svg")["autoencoder"] == ["small"]
    assert catalog.behind("three", "2.svg")["grid"] == ["low"]
    assert make().fitted_grids() == make().tables_in_use() == []
    assert make(studies=["three"]).comparisons() == []
    assert make(studies=["four"]).comparisons() == ["origins"]
    # whoever shows mixed models needs all three grids, and so does a claim about origins
    assert make(studies=["four"]).fitted_grids() == ["high", "low", "nets"]
    documents = {"five": {"sections": [], "claims": [{"model": "origins"}]}}
    assert make(studies=["five"], documents=documents).fitted_grids() == ["high", "low", "nets"]


def test_a_grid_is_fitted_with_the_first_seeds_and_no_title_changes_a_fit():
    catalog = make()
    assert catalog.grid_seeds("nets") == [0]
    assert catalog.grid_seeds("high") == [0, 1]  # three are wanted, two there are
    assert catalog.parts_of_grid("nets") == {"grid": ["nets"], "seed": [0], "part": [0, 1]}
    assert catalog.grid_fitting("nets") == {"table": "music", "jobs": 2}
    assert catalog.fitting("small") == {"table": "music", "widths": [1, 3]}
    assert catalog.targets_of("small") == ["hidden_1", "hidden_3"]


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


def test_an_output_that_the_table_does_not_have_is_not_drawn():
    assert [i["artefact"] for i in make(studies=["four"]).items("four")] == ["1.svg"]
