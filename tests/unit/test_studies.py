"""The documents' items and claims are all there: the lists are fixed here, a lost one fails."""

from pathlib import Path

import pytest
import yaml

HOME = Path(__file__).parents[2] / "config" / "studies"
PARTS = ("training", "testing", "validation")
# sepulveda's Tables I and II as printed: l, parameters, errors of its own network, of the library's
ERRORS = {
    "Table I": """
        1   7  0.296 0.295 0.27   0.047 0.043 0.032
        2  10  0.251 0.248 0.275  0.013 0.01  0.004""",
    "Table II": """
        4  16  0.275 0.273 0.279  0.008 0.005 0.001
        5  19  0.296 0.296 0.263  0.007 0.005 0.001""",
}

MODELS = {"parameters": "own", "own": "code", "library": "library_code"}


def read_errors():
    """Return what the tables state, by claim: where, and which number."""
    stated = {}
    for source, printed in ERRORS.items():
        for line in printed.strip().splitlines():
            width, parameters, *errors = line.split()
            stated[f"sepulveda_parameters_{width}"] = source, float(parameters)
            names = [f"{whose}_{width}_{part}" for whose in ("own", "library") for part in PARTS]
            for name, error in zip(names, errors, strict=True):
                stated[f"sepulveda_{name}"] = source, float(error)
    return stated


SAID = ("fake", "real", "fake_train", "real_train")
"""In use, and with the networks as in training: the documents do not say which."""
CLAIMS = {
    "alvarez": {
        "alvarez_own_accuracy",
        *(f"alvarez_stylegan_{what}" for what in ("fid", "paintings", "pixels")),
        *(f"alvarez_{of}_{said}" for of in ("generated", "test", "human") for said in SAID),
    },
    "sepulveda": {
        *(f"sepulveda_course_{said}" for said in SAID),
        "sepulveda_test_accuracy",
        "sepulveda_test_precision",
        "sepulveda_own_accuracy",
        "sepulveda_observations",
        "sepulveda_patterns",
        *read_errors(),
    },
    "banoy": {
        *(f"banoy_{part}_{epochs}" for part in ("train", "held_out") for epochs in (10, 50)),
        *(f"banoy_{what}" for what in ("layers", "neurons", "rate", "networks")),
        *(f"banoy_{what}" for what in ("unsatisfactory_rates", "code_losses")),
        *(f"banoy_{what}" for what in ("own_learnt", "can_be_learnt")),
        *(f"banoy_{which}_neurons" for which in ("low", "high")),
        *(f"banoy_{what}" for what in ("tracks", "places", "features")),
        *(f"banoy_{what}" for what in ("frames", "sound", "in_time", "style", "flicker")),
    },
    "pitie": {
        *(f"pitie_{what}" for what in ("laplacian", "same_height", "max_pooling", "stride2")),
        *(f"pitie_colour_{what}" for what in ("height", "width", "channels", "weights")),
        *(f"pitie_many_{what}" for what in ("weights", "units", "units_as_written")),
        *(f"pitie_stride{step}_kept" for step in (2, 3, 4)),
        *(f"pitie_{what}" for what in ("convolved_side", "pooled_side", "pooled_channels")),
        *(f"pitie_transposed_{what}" for what in ("height", "width", "channels", "equal")),
        *(f"pitie_{what}" for what in ("lenet_levels", "vgg_layers", "vgg_channels5")),
        *(f"pitie_vgg_block{block}" for block in range(1, 6)),
        *(f"pitie_activation_{way}" for way in ("plain", "regularised")),
    },
}
NUMBERS = {
    "alvarez": {*(f"Fig. {n}" for n in range(1, 10)), "Table I", "Table II"},
    "sepulveda": {
        *(f"Fig. {n}" for n in (*range(1, 17), 23)),
        "Figs. 17 to 22",
        "Fig. 24 a to c",
        "Table I",
        "Table II",
        "Table III",
    },
    "banoy": {
        *(f"Fig. {n}" for n in range(1, 20)),
        "Tables 1 and 2",
    },
    # slides have headings, no numbers
    "pitie": {
        "Convolution Filters",
        "Example: Laplacian",
        "Example: colour picture",
        "Stride",
        "Max Pooling",
        "LeNet-5",
        "AlexNet",
        "VGG",
        "Keras code for VGG16",
        "VGG-16 feature maps",
        "Visualisation",
    },
}


def read(study):
    return yaml.safe_load((HOME / f"{study}.yaml").read_text(encoding="utf-8"))["documents"][study]


@pytest.mark.parametrize("study", CLAIMS)
def test_every_claim_of_a_document_has_its_row(study):
    assert {claim["id"] for claim in read(study)["claims"]} == CLAIMS[study]


def test_every_number_of_sepulvedas_tables_is_claimed_as_printed():
    claims = {claim["id"]: claim for claim in read("sepulveda")["claims"]}
    stated = read_errors()
    assert len(stated) == 4 * (1 + 2 * 3)  # widths, each with parameters and two networks' parts
    for name, (source, number) in stated.items():
        claim, (whose, width) = claims[name], name.split("_")[1:3]
        assert (claim["source"], claim["document_value"]) == (source, number)
        assert claim["target"] == f"hidden_{width}"
        assert claim["model"] == MODELS[whose]
        assert name.split("_")[-1] in claim["metric"] or whose == "parameters"


@pytest.mark.parametrize("study", ["alvarez", "sepulveda"])
def test_shares_are_claimed_of_both_modes_alike(study):
    claims = {claim["id"]: claim for claim in read(study)["claims"] if "share" in claim["metric"]}
    assert len(claims) == {"alvarez": 12, "sepulveda": 4}[study]
    for name in [name for name in claims if not name.endswith("_train")]:
        used, trained = claims[name], claims[f"{name}_train"]
        assert used["metric"] == f"share_{name.split('_')[-1]}_eval"
        assert trained["metric"] == used["metric"].replace("eval", "train")
        alike = ("target", "model", "document_value", "tolerance")
        assert [trained[key] for key in alike] == [used[key] for key in alike]


def test_the_documents_shares_are_of_batches_of_64():
    """98.44 % is 63 of 64 and 64.69 % is 207 of 320; no number of 300 pictures is."""
    assert round(100 * 63 / 64, 2) == 98.44
    assert round(100 * 207 / 320, 2) == 64.69
    assert 64.69 not in {round(100 * k / 300, 2) for k in range(301)}
    claims = {claim["id"]: claim for claim in read("alvarez")["claims"]}
    assert "63 of 64" in claims["alvarez_test_real"]["comment"]
    assert "207 of 320" in claims["alvarez_human_real"]["comment"]


@pytest.mark.parametrize("study", NUMBERS)
def test_every_figure_and_table_of_a_document_has_its_place(study):
    items = [item for section in read(study)["sections"] for item in section["items"]]
    numbers = {item["number"] for item in items}
    assert numbers >= NUMBERS[study]


@pytest.mark.parametrize("study", NUMBERS)
def test_no_artefact_is_made_twice(study):
    items = [item for section in read(study)["sections"] for item in section["items"]]
    artefacts = [item["artefact"] for item in items if "artefact" in item]
    assert len(artefacts) == len(set(artefacts))
