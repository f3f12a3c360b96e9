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
LENET = ("layers", "convolutions", "pooling", "dense")
WEIGHTS = ("mixed", "heavy")
CLAIMS = {
    "alvarez": {
        *(f"alvarez_lenet_{what}" for what in (*LENET, "pixels")),
        "alvarez_own_accuracy",
        *(f"alvarez_stylegan_{what}" for what in ("fid", "paintings", "pixels")),
        *(f"alvarez_{of}_{said}" for of in ("generated", "test", "human") for said in SAID),
    },
    "sepulveda": {
        *(f"sepulveda_lenet_{what}" for what in LENET),
        "sepulveda_variables",
        *(f"sepulveda_course_{said}" for said in SAID),
        "sepulveda_test_accuracy",
        "sepulveda_test_precision",
        "sepulveda_own_accuracy",
        "sepulveda_observations",
        "sepulveda_patterns",
        *read_errors(),
    },
    "banoy": {
        *(f"banoy_lenet_{what}" for what in LENET),
        *(f"banoy_generator_{what}" for what in ("layers", 1, 2, 3, 4)),
        *(f"banoy_discriminator_{what}" for what in ("layers", "inputs", 1, 2, 3, 4)),
        "banoy_latent",
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
        *(f"pitie_vgg_channels{block}" for block in range(1, 5)),
        *(f"pitie_activation_{way}" for way in ("plain", "regularised")),
    },
    "palacios": {
        *(f"palacios_vgg_{name}_{what}" for name in "abcde" for what in ("millions", "layers")),
        "palacios_vgg19_convolutions",
        *(f"palacios_denoiser_{what}" for what in ("layers", "convolutions", "deconvolutions")),
        *(f"palacios_denoiser_{what}" for what in ("skips", "pixels")),
        *(f"palacios_{loss}_stable" for loss in ("style_mixed", "content_heavy")),
        "palacios_stable",
        *(f"palacios_{loss}_{weight}" for loss in ("content", "style") for weight in WEIGHTS),
        "palacios_style_left",
        *(f"palacios_denoiser_{what}" for what in ("first", "lowest", "noisy", "fall", "minutes")),
        *(f"palacios_denoiser_{what}" for what in ("overfitted", "gain", "bm3d")),
        *(f"palacios_dream_{what}" for what in ("answer", "layers")),
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
    "banoy": {*(f"Fig. {n}" for n in range(1, 20)), "Table 1", "Table 2"},
    # slides have headings, no numbers
    "pitie": {
        "Convolution Filters",
        "Example: Laplacian",
        "Padding",
        "Example: colour picture",
        "Stride",
        "Max Pooling",
        "Architecture Design",
        "LeNet-5",
        "AlexNet",
        "VGG",
        "Keras code for VGG16",
        "VGG-16 feature maps",
        "Visualisation",
    },
    # its table 1 is in figure 2, without a caption
    "palacios": {*(f"Figure {n}" for n in range(1, 17)), "Table 2"},
}
LEFT_OUT = {
    ("banoy", "Table 1"),
    ("banoy", "Table 2"),
    ("pitie", "Convolution Filters"),
    ("pitie", "Architecture Design"),
    ("palacios", "Figure 1"),
    ("palacios", "Figure 13"),
}
"""Illustrations, other people's pictures, machines and links: all else is made."""
ARCHITECTURES = {
    ("alvarez", "Fig. 1"): "models.lenet5",
    ("alvarez", "Fig. 2"): "gans.dcgan",
    ("sepulveda", "Fig. 1"): "autoencoders.own",
    ("sepulveda", "Fig. 4"): "models.lenet5_relu",
    ("sepulveda", "Fig. 7"): "gans.dcgan_sepulveda",
    ("banoy", "Fig. 1"): "grids.autoencoders_low",
    ("banoy", "Fig. 2"): "models.lenet5_banoy50",
    ("banoy", "Fig. 5"): "gans.mlp_gan",
    ("banoy", "Fig. 6"): "painters.stylegan2",
    ("palacios", "Figure 10"): "denoisers.document",
}
"""Which of this project's networks stands for which drawing of a document."""


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
def test_every_figure_and_table_of_a_document_is_made_or_has_a_reason(study):
    items = [item for section in read(study)["sections"] for item in section["items"]]
    made = {item["number"] for item in items if item["kind"] != "omitted"}
    reasons = {item["number"]: item["reason"] for item in items if item["kind"] == "omitted"}
    left_out = {number for where, number in LEFT_OUT if where == study}
    assert not NUMBERS[study] - made - set(reasons)
    assert set(reasons) == left_out
    assert not left_out & made
    # a reason is a sentence, not a word
    assert all(len(reason.split()) > 3 for reason in reasons.values())


def test_every_drawing_of_a_network_is_drawn_from_a_network():
    drawn = {
        (study, item["number"]): item["options"]["architecture"]
        for study in NUMBERS
        for section in read(study)["sections"]
        for item in section["items"]
        if item.get("rule") == "plot_architecture"
    }
    assert drawn == ARCHITECTURES


@pytest.mark.parametrize("study", NUMBERS)
def test_no_artefact_is_made_twice(study):
    items = [item for section in read(study)["sections"] for item in section["items"]]
    artefacts = [item["artefact"] for item in items if "artefact" in item]
    assert len(artefacts) == len(set(artefacts))


ONCE = {
    # computed, or counted: no seed changes it
    "architectures", "convolutions",
    # one picture, one clip or one long training a claim
    "activations", "denoising", "dreams", "painters", "transfers", "videos",
    # the predictors of a table, over folds and the seeds of its grid
    "origins",
}  # fmt: skip
"""What claims are judged by that is not trained with several seeds."""


def test_every_trained_network_that_is_judged_has_its_seeds():
    config = {}
    for name in ("config", "models", "perceptrons", "gans"):
        config |= yaml.safe_load((HOME.parent / f"{name}.yaml").read_text(encoding="utf-8"))
    repeats = dict.fromkeys([*config["models"], *config["autoencoders"]], len(config["seeds"]))
    judged = {claim["model"] for study in NUMBERS for claim in read(study)["claims"]} - ONCE
    assert len(config["seeds"]) >= 10
    for name in judged:
        entry = config["gans"].get(name) or config["grids"].get(name) or {}
        assert entry.get("repeats", repeats.get(name, 0)) >= 5, name
