"""The whole pipeline on toy settings: what it makes, and what it does and does not make again."""

import json
import os
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import yaml

pytestmark = pytest.mark.workflow
ROOT = Path(__file__).parents[2]
STUDIES = ("alvarez", "sepulveda", "banoy", "pitie", "palacios")


def items(study):
    document = yaml.safe_load((ROOT / "config" / "studies" / f"{study}.yaml").read_text())
    return [item for s in document["documents"][study]["sections"] for item in s["items"]]


def test_the_report_has_a_page_a_study_and_every_item(toy_run):
    report = toy_run.folder / "results" / "report"
    for study in STUDIES:
        page = (report / f"{study}.html").read_text()
        made = [item for item in items(study) if item["kind"] != "omitted"]
        left_out = [item for item in made if item["rule"] == "tabulate_writers"]
        assert page.count("Not made in this run") == len(left_out)
        assert "https://" not in page.replace("https://www.w3.org", "")
        for item in made:
            if item not in left_out:
                assert (
                    (toy_run.folder / "results/studies" / study / item["artefact"]).stat().st_size
                )
    assert "degraded" in (report / "index.html").read_text()


def test_the_provenance_says_what_ran_on_what(toy_run):
    run = json.loads((toy_run.folder / "results/provenance.json").read_text())
    assert run["seeds"] == {"once": 0, "trainings": [0]}
    assert {data["kind"] for data in run["data"]} == {"embedded", "simulated"}
    trained = [step for step in run["steps"] if step["rule"] == "train_classifier"]
    assert len(trained) == 9
    assert all(step["wall_seconds"] > 0 for step in trained)
    assert run["config"]["models"]["lenet5"]["training"]["epochs"] == 2


def test_every_claim_has_a_verdict(toy_run):
    for study in STUDIES:
        claims = pd.read_csv(toy_run.folder / "results/studies" / study / "claims.csv")
        assert len(claims)
        verdicts = ["reproduced", "better", "differs", "cannot tell", "cannot be had"]
        assert claims["verdict"].isin(verdicts).all()


def test_painters_restyle_clips_and_are_set_beside_other_ways(toy_run):
    toy = yaml.safe_load((ROOT / "tests/toy/toy.yaml").read_text())
    results = toy_run.folder / "results"
    manners = pd.read_csv(results / "evaluation/videos/manners.csv")
    assert manners["style"].tolist() == ["as filmed", *toy["videos"]["styles"]]
    table = pd.read_csv(results / "studies/alvarez/beyond_manners.csv")
    assert len(table) == 1 + len(toy["videos"]["styles"])
    for style in toy["videos"]["styles"]:
        facts = json.loads((results / "videos/pan" / style / "facts.json").read_text())
        assert facts["frames"] == facts["frames_original"] == 48


def test_no_half_written_file_and_no_checkpoint_is_left(toy_run):
    assert not list((toy_run.folder / "results").rglob("*.part*"))
    assert not list((toy_run.folder / ".snakemake" / "convatlas").rglob("*.pt"))


def test_a_second_run_has_nothing_to_do(toy_run):
    assert not toy_run.plan()


def test_touched_files_and_comments_rerun_nothing(project):
    later = time.time() + 10
    for folder in ("scripts", "rules", "config", "results"):
        for path in (project.folder / folder).rglob("*"):
            os.utime(path, (later, later))
    for path in (project.folder / "scripts").rglob("*.py"):
        text = path.read_text()
        head, docstring, body = text.partition('"""')
        path.write_text(
            f"# a comment\n{head}{docstring}Another docstring. {body}\n\n# and one more\n"
        )
    assert not project.plan()


def test_a_changed_plot_redraws_itself_and_retrains_nothing(project):
    project.edit(
        "scripts/convatlas/figures/confusion.py",
        "\nimport numpy as np\n",
        "\nimport numpy as np\n\nX = 1\n",
    )
    assert set(project.plan()) == {"plot_confusion", "record_provenance", "build_report"}


def test_a_changed_network_retrains_exactly_itself(project):
    project.edit(
        "scripts/convatlas/models/lenet.py",
        "self.fc1 = nn.Linear(16 * 5 * 5, 128)",
        "self.fc1 = nn.Linear(16 * 5 * 5, 64 * 2)",
    )
    output = project.run("-n", "--until", "train_classifier")
    rerun = {
        line.split("model=")[1].split(",")[0]
        for line in output.splitlines()
        if "wildcards: model" in line
    }
    networks = yaml.safe_load((ROOT / "config/models.yaml").read_text())["models"]
    assert rerun == {"lenet5_relu", "lenet5_relu_augmented", "lenet5_relu_distorted"}
    assert {networks[name]["network"] for name in rerun} == {"lenet.LeNet5ReLU"}


def test_changed_perceptrons_refit_grids_and_autoencoders_and_no_classifier(project):
    project.edit(
        "scripts/convatlas/training/online.py",
        "count = len(inputs)",
        "count = 1 * len(inputs)",
    )
    plan = project.plan()
    grids = {"train_grid", "rank_grid", "train_mixed_models", "cross_validate_origins"}
    assert {*grids, "train_autoencoders", "evaluate_autoencoders"} <= set(plan)
    assert not {"train_classifier", "evaluate_classifier", "plot_observations"} & set(plan)


def test_a_changed_gan_retrains_exactly_those_of_its_networks(project):
    project.edit("scripts/convatlas/models/dcgan.py", "c = channels", "c = 1 * channels")
    output = project.run("-n", "--until", "train_gan")
    lines = [line for line in output.splitlines() if "wildcards: gan" in line]
    rerun = {line.split("gan=")[1].split(",")[0] for line in lines}
    assert rerun == {"dcgan", "dcgan_improved", "dcgan_sepulveda", "dcgan_long", "dcgan_plain"}
    assert not {"train_classifier", "train_grid", "train_autoencoders"} & set(project.plan())


def test_changed_steps_of_a_painter_retrain_it_alone(project):
    path = "scripts/convatlas/training/cyclegan.py"
    project.edit(path, "if swap < 0.5 and remembered", "if remembered and swap < 0.5")
    output = project.run("-n", "--until", "train_painter")
    lines = [line for line in output.splitlines() if "wildcards: painter" in line]
    assert {line.split("painter=")[1].split(",")[0] for line in lines} == {"cyclegan"}


def test_a_changed_title_of_a_grid_refits_nothing(project):
    project.edit("config/perceptrons.yaml", "title: Perceptrons", "title: Networks")
    assert set(project.plan()) == {"tabulate_grids", "record_provenance", "build_report"}


def test_a_changed_epoch_count_retrains_one_model_and_what_starts_from_it(project, tmp_path):
    toy = yaml.safe_load((ROOT / "tests/toy/toy.yaml").read_text())
    toy["models"]["lenet5_augmented"]["training"]["epochs"] = 2
    changed = tmp_path / "changed.yaml"
    changed.write_text(yaml.safe_dump(toy))
    plan = project.plan("--until", "train_classifier", config=changed)
    assert plan["train_classifier"] == 2  # the augmented network, and the one fine-tuned from it
    assert plan["normalize_dataset"] == 0


def test_a_changed_template_rewrites_the_report_alone(project):
    project.edit("scripts/convatlas/report/templates/style.css", "{", "{ --changed: 1;")
    assert set(project.plan()) == {"build_report"}


def test_one_stage_can_be_run_again_alone(project):
    plan = project.plan("--forcerun", "tabulate_metrics", "--until", "tabulate_metrics")
    assert set(plan) == {"tabulate_metrics"}


def test_snakemakes_own_report_holds_the_artefacts(toy_run, tmp_path):
    path = tmp_path / "report.html"
    toy_run.run("--report", str(path))
    text = path.read_text()
    assert "fig14_test_confusion.svg" in text
    assert path.stat().st_size < 25e6


def test_snakemakes_own_report_as_an_archive_holds_every_item_by_study(toy_run, tmp_path):
    path = tmp_path / "results.zip"
    toy_run.run("--report", str(path))
    assert path.stat().st_size < 25e6
    with zipfile.ZipFile(path) as archive:
        held = {Path(name).name for name in archive.namelist()}
        text = "".join(
            archive.read(name).decode()
            for name in archive.namelist()
            if name.endswith((".html", ".js"))
        )
    for study in STUDIES:
        made = [item for item in items(study) if item["kind"] != "omitted"]
        left_out = [item for item in made if item["rule"] == "tabulate_writers"]
        assert {item["artefact"] for item in made if item not in left_out} <= held
        assert f'"{study}"' in text
