"""What a config asks for in the way of denoisers, what the report says, and faults in it."""

import copy

import pytest
from test_settings import HOME, REAL, check, faults_of, merge, read

from convatlas.catalog import DENOISING, Catalog
from convatlas.denoising_catalog import TITLES, DenoisingCatalog
from convatlas.report.denoising import describe_denoising

ITEM = {
    "number": "", "kind": "figure", "title": "t", "artefact": "only_here.svg", "caption": "c",
    "alt": "a", "rule": "plot_denoising_curves", "options": {"denoisers": ["document", "gated"]},
}  # fmt: skip
CLAIM = {
    "id": "only_here", "text": "t", "source": "s", "document_value": 1, "model": DENOISING,
    "target": "bm3d", "metric": "psnr_sigma_25", "better": "higher", "comment": "c",
}  # fmt: skip


@pytest.fixture
def config():
    return copy.deepcopy(REAL)


def with_item(config, item=None, claim=None):
    """Return a config whose one study has one item, or one claim, of denoisers."""
    study = config["documents"]["pitie"]
    study["sections"] = [{"heading": "h", "items": [item] if item else []}]
    study["claims"] = [claim] if claim else []
    config["studies"] = ["pitie"]
    return config


def catalog_of(config):
    return DenoisingCatalog(Catalog(config))


def test_the_documents_network_learns_from_150_pictures_for_2000_epochs(config):
    entry = config["denoisers"]["document"]
    assert entry["pictures"] == 150
    assert entry["training"]["epochs"] == 2000
    assert entry["training"]["optimizer"] == "sgd"
    assert entry["options"]["gate"] == 0.5
    assert not entry["options"].get("residual")
    learnt = config["denoisers"]["document_learnt"]
    assert learnt["options"] == {**entry["options"], "learn_gate": True}
    assert {**learnt, "options": 0, "title": 0} == {**entry, "options": 0, "title": 0}


def test_the_curve_over_sizes_changes_nothing_but_the_size(config):
    asked = catalog_of(config)
    entries = [asked.training(name) for name in config["denoising"]["sizes"]]
    assert len({str({**entry, "pictures": 0}) for entry in entries}) == 1
    assert list(asked.sizes().values()) == sorted({entry["pictures"] for entry in entries})


def test_files_and_what_trainings_depend_on(config):
    asked = catalog_of(config)
    assert asked.pictures() == "<results>/data/cifar10/pictures.npz"
    assert asked.raw_files() == [
        f"<results>/downloads/cifar10/cifar10_batch_{number}.png" for number in range(4)
    ]
    assert asked.preparing() == {
        "kind": "picture_rows", "pictures": 4000, "held_out": 500, "side_pixels": 64,
        "filter": "bilinear",
    }  # fmt: skip
    assert "title" not in asked.training("gated")
    assert list(asked.networks()["dncnn"]) == ["network", "options"]
    assert list(asked.titles())[:4] == list(TITLES)
    assert asked.shown() == [*config["denoising"]["references"], *config["denoising"]["denoisers"]]
    assert asked.noisy_mse()["document"] == 625
    assert asked.noisy_mse()["gated"] == 900  # from 5 to 55
    assert asked.levels() == {name: TITLES[name] for name in config["denoising"]["references"]}
    assert asked.stand_ins() == {}
    config["denoising"]["pictures"] = "embedded_pictures"
    asked = catalog_of(config)
    assert asked.raw_files() == []
    assert "in place of CIFAR-10" in asked.stand_ins()["embedded_pictures"]


@pytest.mark.parametrize("part", [{"item": ITEM}, {"claim": CLAIM}])
def test_denoisers_are_of_a_run_that_shows_them_or_is_judged_by_them(config, part):
    idle = catalog_of(with_item(copy.deepcopy(config)))
    assert (idle.is_in_use(), idle.histories(), idle.witnesses()) == (False, [], [])
    used = catalog_of(with_item(config, **part))
    assert used.is_in_use()
    assert used.witnesses() == ["<results>/data/cifar10/pictures.json"]
    assert len(used.histories()) == sum(len(used.seeds(name)) for name in used.trained())


def test_an_item_shows_its_denoisers_and_the_curve_needs_sizes(config):
    config["denoisers"]["gated"]["repeats"] = 2
    asked = catalog_of(with_item(config, ITEM))
    assert asked.histories_shown("pitie", "only_here.svg") == [
        *(f"<results>/denoisers/document/{seed}/history.csv" for seed in range(5)),
        *(f"<results>/denoisers/gated/{seed}/history.csv" for seed in range(2)),
    ]
    curve = {**ITEM, "rule": "plot_training_sizes", "options": {}}
    assert len(Catalog(with_item(config, curve)).items("pitie")) == 1
    config["denoising"]["sizes"] = []
    assert Catalog(config).items("pitie") == []


def test_claims_may_name_references_and_denoisers_of_the_run(config):
    assert DENOISING in Catalog(config).measurable()
    check(with_item(config, claim=CLAIM))
    config["documents"]["pitie"]["claims"][0]["target"] = "dnn"
    (fault,) = faults_of(config)
    assert "no such target of model 'denoising'; did you mean 'dncnn'?" in fault


def test_the_report_says_what_denoisers_rest_on(config):
    told = describe_denoising(ITEM, config)
    assert told["data"] == (
        "CIFAR-10, the first 4,000 pictures of its first batch; 64x64 pixels (bilinear); the last "
        "500 held out, of which 60 measured"
    )
    first, second, seed = told["made"].split("; ")
    assert (
        "150 pictures, 2000 epochs of 10 by sgd, noise of 25 levels, seeds 0, 1, 2, 3, 4)" in first
    )
    assert "3,500 pictures" in second
    assert "noise of 5 to 55 levels" in second
    assert seed == "noise of measured pictures: seed 0"
    sizes = describe_denoising({"rule": "plot_training_sizes"}, config)["made"]
    assert sizes.count(";") == len(config["denoising"]["sizes"])
    everything = describe_denoising({"rule": "tabulate_denoisers"}, config)["made"]
    assert everything.count(";") == len(Catalog(config).denoisers())


# --- faults ---------------------------------------------------------------------------------------
FAULTS = [
    ({"denoising": {"denoisers": ["gatd"]}}, "no such denoiser; did you mean 'gated'?"),
    ({"denoising": {"sizes": ["sized_51"]}}, "no such denoiser; did you mean 'sized_"),
    ({"denoising": {"pictures": "cifar"}}, "no such dataset; did you mean 'cifar10'?"),
    ({"denoising": {"pictures": "mnist"}}, "a dataset of kind mnist; wanted is one of picture_ro"),
    ({"denoising": {"measured_pictures": 501}}, "is 501, but only 500 pictures are held out"),
    ({"denoising": {"measured_pictures": 4}}, "is 8, but only 4 pictures are measured"),
    ({"denoising": {"filter": "nearest"}}, "is 'nearest'; it may be bilinear, bicubic, lanczos"),
    ({"denoisers": {"gated": {"pictures": 3501}}}, "is 3501, but dataset 'cifar10' has 3500 to"),
    ({"denoisers": {"gated": {"network": "lenet.LeNet5"}}}, "no such denoiser network"),
    (
        {"denoisers": {"gated": {"options": {"layers": 5}}}},
        "has 'layers', which denoiser.GatedDenoiser does not take",
    ),
    ({"denoisers": {"gated": {"options": {"gate": 1}}}}, "a gate of 0 or 1 that is to be learnt"),
    ({"denoisers": {"gated": {"sigma": [55, 5]}}}, "is [55, 5]; give the lower one first"),
    ({"denoisers": {"gated": {"training": {"epochs": 3}}}}, "needs one of 'epochs' and 'steps'"),
    ({"denoisers": {"gated": {"training": {"momentum": 0.5}}}}, "which is sgd's and not adam's"),
    (
        {"denoisers": {"gated": {"training": {"crop_pixels": 65}}}},
        "cuts 65 pixels (crop_pixels) out of pictures of 64",
    ),
    ({"datasets": {"cifar10": {"held_out": 4000}}}, "none is left to learn from; hold fewer out"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS, ids=[message for _, message in FAULTS])
def test_faults_are_told(config, change, message):
    faults = faults_of(merge(config, change))
    assert any(message in fault for fault in faults), faults


def test_a_denoiser_may_not_be_called_as_a_reference(config):
    config["denoisers"]["bm3d"] = config["denoisers"]["gated"]
    assert any("rename it" in fault for fault in faults_of(config))


def test_an_item_that_shows_no_denoiser_of_the_run_is_told(config):
    with_item(config, {**ITEM, "options": {"denoisers": ["documents"]}})
    (fault,) = faults_of(config)
    assert "did you mean 'document'?" in fault


def test_the_demo_needs_no_file_from_outside():
    files = [*(HOME.glob("*.yaml")), *(HOME / "studies").glob("*.yaml")]
    demo = read(*sorted(files), HOME / "presets" / "demo.yaml")
    asked = catalog_of(demo)
    assert asked.raw_files() == []
    entry = demo["datasets"][asked.dataset()]
    most = entry["pictures"] - entry["held_out"]
    assert all(count <= most for count in asked.counts().values())
