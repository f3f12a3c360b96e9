"""The real config and its presets, and what is said of faults in them."""

import copy
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from convatlas.errors import ConvatlasError
from convatlas.networks import networks_available
from convatlas.settings import (
    MAXIMUM_SHOWN,
    check_config,
    check_results_folder,
    read_texts,
)

HOME = Path(__file__).parents[2] / "config"
FILES = [
    HOME / "config.yaml",
    HOME / "datasets.yaml",
    HOME / "models.yaml",
    HOME / "perceptrons.yaml",
    HOME / "gans.yaml",
    HOME / "painters.yaml",
    HOME / "videos.yaml",
    HOME / "convolutions.yaml",
    HOME / "images.yaml",
    HOME / "denoisers.yaml",
    HOME / "zooms.yaml",
    *sorted((HOME / "studies").glob("*.yaml")),
]
PRESETS = sorted((HOME / "presets").glob("*.yaml"))


def merge(base, overlay):
    """Merge as Snakemake does: dicts are merged, anything else is replaced."""
    update_config(base, overlay)
    return base


def read(*files):
    config = {}
    for file in files:
        merge(config, yaml.safe_load(file.read_text(encoding="utf-8")))
    return config


REAL = read(*FILES)


@pytest.fixture
def config():
    return copy.deepcopy(REAL)


def check(config, files=FILES):
    pairs = networks_available("AdversarialPair")
    check_config(
        config, schemas=HOME / "schemas", networks=networks_available(), pairs=pairs, files=files
    )


def faults_of(config, files=FILES):
    with pytest.raises(ConvatlasError) as caught:
        check(config, files)
    return str(caught.value).split("\n")


def test_the_real_config_is_right(config):
    check(config)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda path: path.stem)
def test_each_preset_is_right_over_the_real_config(preset):
    check(read(*FILES, preset), [*FILES, preset])


# --- what a schema sees --------------------------------------------------------------------------


def test_a_misspelt_key_is_named_with_its_file_and_what_was_meant(tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("models: {lenet5: {training: {batchsize: 8}}}\n")
    (fault,) = faults_of(read(*FILES, overlay), [*FILES, overlay])
    assert fault == (
        f"{overlay}: unknown key 'models.lenet5.training.batchsize'; did you mean 'batch_size'?"
    )


def test_a_key_like_no_other_is_answered_with_those_there_are(config):
    config["digits"]["xyzzy"] = "mnist"
    (fault,) = faults_of(config)
    assert "unknown key 'digits.xyzzy'; known: benchmark, own" in fault


def test_a_key_that_is_no_text_is_named_too(config):
    config["digits"] |= {3: "mnist", "ownn": "mnist"}
    assert len(faults_of(config)) == 2


def test_a_value_out_of_range_is_shown_with_the_last_file_that_has_it(tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("models: {lenet5: {training: {batch_size: -5}}}\n")
    (fault,) = faults_of(read(*FILES, overlay), [*FILES, overlay])
    assert fault == (
        f"{overlay}: 'models.lenet5.training.batch_size' is -5: it has to be at least 1"
    )
    # what another file set is traced to that one
    overlay.write_text("models: {lenet5: {training: {epochs: 0}}}\n")
    other = read(*FILES, overlay)
    other["seed"] = -1
    faults = faults_of(other, [*FILES, overlay])
    assert any(f.startswith(f"{HOME / 'config.yaml'}: 'seed' is -1") for f in faults)
    assert any(f.startswith(f"{overlay}: 'models.lenet5.training.epochs' is 0") for f in faults)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("seeds", [], "'seeds' is []: at least 1 are needed"),
        ("seeds", [1, 1], "'seeds' is [1, 1]: one stands there twice"),
        ("seeds", [0, "a"], "'seeds[1]' is 'a': a value of type integer is wanted"),
        ("mirror", 3, "'mirror' is 3: a value of type string or null is wanted"),
        ("split_shares", [1.2, 0.3, 0.5], "'split_shares[0]' is 1.2: it has to be less than 1"),
        ("models.lenet5.training.learning_rate", 0, "is 0: it has to be more than 0"),
        ("augmentations.handwriting.shear", 2, "is 2: it has to be at most 1"),
        ("models.lenet5.training.keep", "first", "is 'first'; it may be last, best"),
        ("models.lenet5.split", "with_x", "is 'with_x': it has to match"),
        ("models.lenet5.targets", [], "'models.lenet5.targets' is []"),
    ],
)
def test_a_wrong_value_is_named_with_the_reason(config, path, value, message):
    *above, last = path.split(".")
    place = config
    for key in above:
        place = place[key]
    place[last] = value
    (fault,) = faults_of(config)
    assert message in fault
    assert path in fault


def test_missing_keys_are_named_once_each(config):
    del config["models"]["lenet5"]["training"]["keep"]
    del config["models"]["lenet5"]["training"]["epochs"]
    del config["about"]
    faults = faults_of(config)
    assert sorted(fault.split(": ")[1] for fault in faults) == [
        "'about' is missing; add it",
        "'models.lenet5.training.epochs' is missing; add it",
        "'models.lenet5.training.keep' is missing; add it",
    ]


def test_faults_of_all_files_are_told_together_up_to_a_limit(config):
    config["models"]["lenet5"]["training"]["batch_size"] = 0
    config["datasets"]["mnist"]["nature"] = "imagined"
    assert len(faults_of(config)) == 2
    config["seeds"] = [f"{n}" for n in range(20)]
    faults = faults_of(config)
    assert len(faults) == MAXIMUM_SHOWN + 1
    assert faults[-1] == f"... and {22 - MAXIMUM_SHOWN} more"


# --- what no schema sees -------------------------------------------------------------------------


def set_at(config, path, value):
    place = config
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("models", "lenet5_batch50", "network"), "lenet.LeNet6", "no such network; did you mean"),
        (("digits", "own"), "own_digit", "no such dataset; did you mean 'own_digits'?"),
        (("studies", 0), "alvares", "no such study; did you mean 'alvarez'?"),
        (
            ("models", "lenet5_scratch", "augmentation"),
            "handwritin",
            "no such augmentation; did you mean 'handwriting'?",
        ),
        (("models", "lenet5_batch50", "targets", 1), "own_plane", "such target; did you mean 'ow"),
        (("models", "lenet5_finetuned", "initial"), "lenet55", "no such model; did you mean"),
        (("sweep", 0), "lenet5_batch5", "no such model; did you mean 'lenet5_batch50'?"),
        (("repair", 1, "relu"), "lenet5_relo", "no such model; did you mean 'lenet5_relu'?"),
        (("repair", 1, "target"), "own_plain_text", "no such target of model 'lenet5'"),
    ],
)
def test_a_name_of_nothing_is_told_with_the_nearest_there_is(config, path, value, message):
    set_at(config, path, value)
    faults = faults_of(config)
    assert any(f"is '{value}'" in fault and message in fault for fault in faults), faults
    assert all(fault.startswith(str(HOME)) for fault in faults)


def test_claims_and_tables_of_what_is_not_measured_are_told_before_anything_runs(config):
    claim = config["documents"]["alvarez"]["claims"][0]
    claim["target"] = "own_plain_tests"
    (fault,) = faults_of(config)
    assert "'documents.alvarez.claims[0].target' is 'own_plain_tests'" in fault
    assert f"no such target of model '{claim['model']}'" in fault
    config["studies"] = ["banoy"]  # a study that is not made is not asked
    check(config)
    config["left_out_writers"] = ["jpossaz", "nobody"]
    faults = faults_of(config)
    assert any("'lenet5_without_nobody', but there is no such model" in f for f in faults)


def test_shares_have_to_sum_to_one(config):
    config["split_shares"] = [0.6, 0.2, 0.1]
    (fault,) = faults_of(config)
    assert fault == (f"{HOME / 'config.yaml'}: 'split_shares' sum to 0.9; they have to sum to 1")


def test_two_faults_are_both_told(config):
    config["split_shares"] = [0.6, 0.2, 0.1]
    config["models"]["lenet5_scratch"]["network"] = "lenet.LeNet"
    faults = faults_of(config)
    assert len(faults) == 2
    assert "split_shares" in faults[0]
    assert "'models.lenet5_scratch.network'" in faults[1]


def test_weights_that_go_round_are_told_with_the_round(config):
    config["models"]["lenet5_augmented"]["initial"] = "lenet5_finetuned"
    faults = faults_of(config)
    assert any("lenet5_augmented -> lenet5_finetuned -> lenet5_augmented" in f for f in faults)
    assert any("goes round" in f for f in faults)
    config["models"]["lenet5_augmented"]["initial"] = "lenet5_augmented"
    assert any("lenet5_augmented -> lenet5_augmented" in f for f in faults_of(config))


def test_weights_of_another_network_are_no_start(config):
    config["models"]["lenet5_finetuned"]["initial"] = "lenet5_relu_augmented"
    faults = faults_of(config)
    assert any("whose network is lenet.LeNet5ReLU, not lenet.LeNet5" in f for f in faults)


def test_nothing_is_chosen_on_a_split_without_validation(config):
    config["models"]["lenet5"]["training"]["keep"] = "best"
    (fault,) = faults_of(config)
    assert "'models.lenet5.training.keep' is 'best'" in fault
    assert "split 'holdout' has no validation part" in fault


@pytest.mark.parametrize(
    ("model", "target", "leaks"),
    [
        ("lenet5_scratch", "own_mnist_form", True),  # all of it
        ("lenet5_scratch", "own_plain", True),  # in another form
        ("lenet5_scratch", "own_mnist_form_test", False),
        ("lenet5_scratch", "without_cossio", True),  # another division
        ("lenet5_scratch", "benchmark_test", False),  # other digits
        ("lenet5_banoy50", "own_plain_test", False),  # holdout has uniform's test part
        ("lenet5_banoy50", "own_plain_train", False),  # a training figure by its name
        ("lenet5_batch50", "benchmark_test", True),  # MNIST's own test is another than uniform's
        ("lenet5", "benchmark_uniform_test", True),
        ("lenet5_finetuned", "benchmark_uniform_test", True),  # what it started from has seen
        ("lenet5_finetuned", "benchmark_test", False),
    ],
)
def test_digits_on_both_sides_are_told(config, model, target, leaks):
    config["models"][model]["targets"] = [target]
    config["studies"], config["sweep"], config["repair"] = ["sepulveda"], [], []
    config["documents"]["sepulveda"] |= {"claims": [], "sections": []}
    if not leaks:
        check(config)
        return
    faults = faults_of(config)
    assert len(faults) == 1
    assert f"'models.{model}.targets' has '{target}'" in faults[0]


@pytest.mark.parametrize(
    ("target", "leaks"), [("benchmark_test", False), ("benchmark_uniform_test", True)]
)
def test_the_holdout_with_validation_has_the_test_digits_of_the_holdout(config, target, leaks):
    model = config["models"]["lenet5"]
    model |= {"split": "holdout_validated", "targets": [target]}
    model["training"]["keep"] = "best"
    config["studies"], config["repair"] = ["banoy"], []
    config["documents"]["banoy"] |= {"claims": [], "sections": []}
    if not leaks:
        check(config)
        return
    (fault,) = faults_of(config)
    assert f"'models.lenet5.targets' has '{target}'" in fault


def test_validation_digits_are_no_target_either(config):
    config["targets"]["chosen_on"] = {**config["targets"]["own_plain_test"], "part": "validation"}
    config["models"]["lenet5_scratch"]["targets"] = ["own_mnist_form_test", "chosen_on"]
    (fault,) = faults_of(config)
    assert "has 'chosen_on', digits that 'lenet5_scratch' is trained on" in fault


def test_one_dataset_in_both_parts_leaks_between_them(config):
    config["digits"] = {"benchmark": "own_digits", "own": "own_digits"}
    assert any(
        "'lenet5.targets' has 'own_plain'" in f.replace("models.", "") for f in faults_of(config)
    )


# --- the results folder --------------------------------------------------------------------------


def test_a_folder_that_is_there_or_can_be_made_is_right_and_stays_as_it_was(tmp_path):
    check_results_folder(str(tmp_path))
    check_results_folder(str(tmp_path / "not" / "yet"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["", "results", "deep/results"])
def test_a_file_in_its_place_or_above_it_is_named(tmp_path, below):
    (tmp_path / "taken").write_text("mine")
    folder = str(tmp_path / "taken" / below)
    with pytest.raises(ConvatlasError, match=r"taken is a file; give another with --config"):
        check_results_folder(folder)


def test_a_folder_that_may_not_be_written_is_named(tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(ConvatlasError, match=r"cannot be written \(Permission denied\); give"):
        check_results_folder(str(tmp_path / "results"))


def test_a_writer_who_did_not_write_the_own_digits_cannot_be_left_out(config):
    config["digits"]["own"] = "embedded_own_digits"
    message, *others = faults_of(config)
    assert len(others) == len(config["left_out_writers"]) - 1
    for word in ("left_out_writers", "jpossaz", "embedded_own_digits", "left_out_writers=[]"):
        assert word in message


def test_a_sheet_of_no_declared_file_is_named(config):
    config["datasets"]["own_digits"]["sheets"][3]["labels"] = "cosio_labels"
    (message,) = faults_of(config)
    for word in ("datasets.own_digits.sheets[3].labels", "cosio_labels", "cossio_labels"):
        assert word in message


def test_numbers_inside_texts_of_the_command_line_are_read():
    given = {"seeds": ["0", "1"], "models": {"lenet5": {"training": {"epochs": "2"}}}, "seed": 3}
    assert read_texts(given) == {
        "seeds": [0, 1],
        "models": {"lenet5": {"training": {"epochs": 2}}},
        "seed": 3,
    }
    assert read_texts({"mirror": "null", "about": "a: b: c"}) == {
        "mirror": None,
        "about": "a: b: c",
    }


def test_a_fault_given_on_the_command_line_is_not_laid_at_a_file(config):
    given = {"models": {"lenet5": {"training": {"epochs": 0}}}}
    merge(config, given)
    with pytest.raises(ConvatlasError) as caught:
        check_config(
            config,
            schemas=HOME / "schemas",
            networks=networks_available(),
            files=FILES,
            given=given,
        )
    assert str(caught.value).startswith("--config: 'models.lenet5.training.epochs' is 0")


@pytest.mark.parametrize(("section", "name"), [("models", "lenet5"), ("targets", "benchmark_test")])
def test_a_form_that_the_digits_do_not_have_is_found_before_work(config, section, name):
    config[section][name]["form"] = "plain"
    (fault,) = [line for line in faults_of(config) if "form" in line]
    assert fault.startswith(str(HOME / "models.yaml"))
    assert f"'{section}.{name}.form' is 'plain'" in fault
    assert "use mnist_form" in fault


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"music": "musik"}, ["tables.music", "musik", "did you mean 'music'"]),
        ({"music": ["music", "diabtes"]}, ["tables.music", "diabtes", "diabetes"]),
        ({"fermentation": "mnist"}, ["tables.fermentation", "kind mnist", "matlab_table"]),
        ({"music": "fermentation"}, ["tables.music", "no outputs", "datasets.fermentation"]),
        ({"music": "my_observations"}, ["datasets.my_observations.path", "no such file"]),
    ],
)
def test_a_table_that_cannot_play_its_part_is_told(config, tables, words):
    merge(config, {"tables": tables})
    (fault,) = faults_of(config)
    for word in words:
        assert word in fault


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"grids": {"networks": {"tolerence": 0.1}}}, ["grids.networks.tolerence", "tolerance"]),
        ({"grids": {"networks": {"learning_rates": [0.1, -1]}}}, ["learning_rates[1]", "-1"]),
        ({"autoencoders": {"own": {"method": "onlin"}}}, ["method", "onlin", "online"]),
        ({"autoencoders": {"own": {"widths": [0]}}}, ["autoencoders.own.widths[0]", "at least 1"]),
        ({"origins": {"grids": {"low": "lower"}}}, ["origins.grids.low", "lower"]),
    ],
)
def test_faults_of_autoencoders_and_grids_are_named(config, changed, words):
    merge(config, changed)
    fault = faults_of(config)[0]
    assert fault.startswith(str(HOME / "perceptrons.yaml"))
    for word in words:
        assert word in fault


def test_two_things_measured_into_one_place_are_told(config):
    config["grids"]["own"] = config["grids"]["networks"]
    assert any(
        "'own' names two of models, autoencoders, grids and GANs" in f for f in faults_of(config)
    )


def test_a_claim_about_a_width_that_is_not_fitted_is_told(config):
    config["autoencoders"]["code"]["widths"] = [1, 2, 4]
    faults = faults_of(config)
    assert all("hidden_5" in fault for fault in faults)
    assert len(faults) == 3


def test_a_misspelt_writer_of_an_item_is_told(config):
    sections = config["documents"]["banoy"]["sections"]
    items = [item for section in sections for item in section["items"]]
    next(i for i in items if "writer" in i.get("options", {}))["options"]["writer"] = "rengifoo"
    (fault,) = faults_of(config)
    assert "'rengifoo'" in fault
    assert "did you mean 'rengifo'" in fault


# ---- GANs


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("gans", "dcgan", "network"), "dcgan.DCGANN", ["dcgan.DCGANN", "dcgan.DCGAN"]),
        (("gans", "dcgan", "network"), "lenet.LeNet5", ["lenet.LeNet5", "pair of networks"]),
        (
            ("gans", "dcgan", "options", "latent_dim"),
            0,
            ["gans.dcgan.options.latent_dim", "least 1"],
        ),
        (("gans", "dcgan", "options", "latent"), 5, ["gans.dcgan.options.latent", "latent_dim"]),
        (("gans", "dcgan", "training", "generator", "optimizer"), "adamw", ["adam, rmsprop"]),
        (("judged",), ["own_plane"], ["judged[0]", "own_plain"]),
        (("distances",), ["lenett"], ["distances[0]", "lenet"]),
        (("distances",), ["inception", "lenet"], ["distances[0]", "reads no digits"]),
        (("recipes",), ["dcgan"], ["recipes[0]", "holdout", "split 'holdout_validated'"]),
        (("gans", "mlp_gan", "options", "channels"), 64, ["channels", "mlp_gan.MLPGAN does not"]),
        (("gans", "dcgan", "split"), "without_nobody", ["gans.dcgan.split", "dataset 'mnist'"]),
        (("gans", "dcgan", "form"), "plain", ["gans.dcgan.form", "use mnist_form"]),
        (
            ("gans", "dcgan_sepulveda", "training", "discriminator", "beta1"),
            0.5,
            ["gans.dcgan_sepulveda.training.discriminator", "beta1", "rmsprop"],
        ),
        (("features", "inception", "network"), "inception.Incepton", ["did you mean 'inception.I"]),
        (("recipes",), ["dcgann"], ["recipes[0]", "dcgann"]),
        (("features", "lenet", "model"), "lenet5_relu", ["lenet.LeNet5ReLU", "not lenet.LeNet5"]),
        (("features", "lenet", "model"), "lenet6", ["features.lenet.model", "lenet5"]),
    ],
)
def test_a_fault_in_gans_names_file_key_and_remedy(config, path, value, words):
    *folders, last = path
    place = config
    for key in folders:
        place = place[key]
    place[last] = value
    (fault, *_) = faults_of(config)
    assert fault.startswith(str(HOME / "gans.yaml"))
    for word in words:
        assert word in fault


def test_a_writer_whose_digits_a_gan_is_to_do_without_has_to_be_one(config):
    config["gans"]["dcgan"] |= {"data": "own", "form": "mnist_form", "split": "without_cossio"}
    check(config)
    config["gans"]["dcgan"]["split"] = "without_cosio"
    (fault,) = faults_of(config)
    for word in ("gans.dcgan.split", "without_cosio", "own_digits", "cossio"):
        assert word in fault


def item_of(config, artefact):
    sections = config["documents"]["alvarez"]["sections"]
    items = [item for section in sections for item in section["items"]]
    return next(item for item in items if item.get("artefact") == artefact)


@pytest.mark.parametrize(("key", "value"), [("kinds", "own digits"), ("stated", 0.5)])
def test_a_kind_of_picture_that_no_discriminator_is_asked_about_is_told(config, key, value):
    item_of(config, "beyond_discriminator.svg")["options"][key] = {"own_plian": value}
    faults = [fault for fault in faults_of(config) if key in fault]
    assert len(faults) == 1
    for word in ("beyond_discriminator.svg", "own_plian", "judged", "did you mean 'own_plain'"):
        assert word in faults[0]


def test_a_gan_without_validation_digits_is_not_measured_against_them(config):
    options = item_of(config, "beyond_gans.csv")["options"]
    options |= {"against": "validation", "gans": ["dcgan_plain"]}
    check(config)
    options["gans"] = ["dcgan_plain", "dcgan"]
    (fault,) = faults_of(config)
    for word in ("beyond_gans.csv", "GAN 'dcgan'", "holdout_validated"):
        assert word in fault


def test_a_gan_may_not_have_the_name_of_a_model(config):
    config["gans"]["lenet5"] = config["gans"]["dcgan"]
    assert any("'lenet5' names two of" in fault for fault in faults_of(config))
