"""Two runs side by side: what counts as moved, and what people are shown of it."""

import copy
import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from convatlas.comparison.compare import compare_runs, judge_texts
from convatlas.comparison.judging import Measurement, judge_all
from convatlas.comparison.origins import compare_origins
from convatlas.comparison.pages import say_comparison, write_csv, write_page
from convatlas.comparison.runs import read_run
from convatlas.errors import ConvatlasError
from convatlas.evaluation.claims import judge_claims
from convatlas.evaluation.intervals import number, summarise_values
from convatlas.files import write_json

ROOT = Path(__file__).parents[2]
STEADY = (0.98, 0.981, 0.979, 0.98, 0.982)
CLAIM = {
    "source": "Table I", "document_value": 0.98, "model": "lenet5", "target": "test",
    "better": "higher", "tolerance": 0.01, "comment": "",
}  # fmt: skip
CLAIMS = [{**CLAIM, "id": name, "metric": name} for name in ("accuracy", "loss")]


def judge(one, other, unit="seeds"):
    pair = [None if values is None else Measurement(tuple(values), unit) for values in (one, other)]
    return judge_all([tuple(pair)])[0].verdict


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (STEADY, STEADY, "same"),
        (STEADY, tuple(reversed(STEADY)), "same"),
        (STEADY, [v + 0.0001 for v in STEADY], "within spread"),
        (STEADY, [v - 0.1 for v in STEADY], "moved"),
        ([0.98], [0.5], "cannot be told"),
        (STEADY, [0.5], "cannot be told"),
        ([0.98], [0.98], "same"),
        ([3, 3, 3], [4, 4, 4], "moved"),
        ([1, 3], [2, 2], "within spread"),  # the same mean of other values
        (None, STEADY, "only in B"),
        (STEADY, None, "only in A"),
    ],
)
def test_what_counts_as_moved(one, other, verdict):
    assert judge(one, other) == verdict


def test_without_chance_any_difference_is_a_move():
    assert judge([35.0], [36.0], "computation") == "moved"
    assert judge([35.0], [35.0 * (1 + 1e-12)], "computation") == "same"


def test_the_p_value_is_that_of_welchs_test():
    one, other = (0.9, 0.8, 0.85), (0.7, 0.81, 0.6, 0.65)
    (judged,) = judge_all([(Measurement(one), Measurement(other))])
    low, high = (np.var(values, ddof=1) / len(values) for values in (one, other))
    t = (np.mean(one) - np.mean(other)) / np.sqrt(low + high)
    freedom = (low + high) ** 2 / (low**2 / 2 + high**2 / 3)
    assert judged.p_value == pytest.approx(2 * stats.t.sf(abs(t), freedom))


def test_of_many_numbers_that_did_not_move_hardly_any_is_called_moved():
    random = np.random.default_rng(0)
    still = [tuple(Measurement(tuple(random.normal(size=5))) for _ in "ab") for _ in range(1000)]
    alone = sum(judge_all([pair])[0].verdict == "moved" for pair in still)
    together = [judged.verdict for judged in judge_all(still)]
    assert alone > 20  # one by one, one in twenty would be
    assert together.count("moved") <= 2
    shifted = [
        (Measurement(tuple(random.normal(size=5))), Measurement(tuple(random.normal(8, size=5))))
        for _ in range(100)
    ]
    verdicts = [judged.verdict for judged in judge_all([*still, *shifted])]
    assert verdicts[1000:].count("moved") >= 95
    assert verdicts[:1000].count("moved") <= 0.05 * verdicts.count("moved") + 10


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("LeNet-5", "LeNet-5", "same"),
        ("0.98 (0.97 to 0.99)", "0.95 (0.94 to 0.96)", "moved"),
        ("98.0 % (97.1 to 99.0)", "97.0 % (96.0 to 97.5)", "within spread"),
        ("3,994 (3,900 to 4,100)", "5,000 (4,900 to 5,100)", "moved"),
        ("6e-10 (5e-10 to 7e-10)", "-1e-9 (-2e-9 to 5.5e-10)", "within spread"),
        ("0.98", "0.97", "cannot be told"),
        ("a text (e to e)", "another (, to -)", "cannot be told"),
    ],
)
def test_cells_are_judged_by_the_intervals_that_they_show(one, other, verdict):
    assert judge_texts(one, other) == verdict


# ---- runs
def write_run(folder, accuracy, loss, **changed):
    """Write what a run leaves behind of one study, with the package's own functions."""
    metrics = {
        "test": {
            "dataset": "digits",
            "accuracy": summarise_values(accuracy),
            "loss": summarise_values(loss),
            "per_class": [{"f1": summarise_values(accuracy)}],
        }
    }
    write_json(folder / "evaluation" / "lenet5" / "metrics.json", metrics)
    study = folder / "studies" / "alvarez"
    study.mkdir(parents=True)
    judged = judge_claims(CLAIMS, {"lenet5": metrics}, stand_ins={})
    judged.to_csv(study / "claims.csv", index=False)
    cells = [number(metrics["test"][name]) for name in ("accuracy", "loss")]
    (study / "table01.csv").write_text(f"network,accuracy,loss\nLeNet-5,{','.join(cells)}\n")
    (study / "fig01.svg").write_text(f"<svg>{accuracy}</svg>")
    (study / "fig02.svg").write_text("<svg/>")
    items = [{"artefact": "fig01.svg", "options": {"models": ["lenet5"]}}]
    record = {
        "commit": "a" * 40,
        "versions": {"numpy": "2.4"},
        "data": [{"dataset": "digits", "sha256": "0" * 64, "count": 9}],
        "config": {
            "seed": 0,
            "models": {"lenet5": {"training": {"epochs": 5}}},
            "documents": {"alvarez": {"sections": [{"items": items}], "claims": CLAIMS}},
        },
    }
    write_json(folder / "provenance.json", {**record, **changed})
    return folder


@pytest.fixture
def runs(tmp_path):
    lower = [value - 0.1 for value in STEADY]
    other = {"commit": "b" * 40, "versions": {"numpy": "2.5"}}
    return (
        write_run(tmp_path / "old" / "results", STEADY, (0.1, 0.12, 0.11)),
        write_run(tmp_path / "new", lower, (0.1, 0.12, 0.112), **other),
    )


def verdicts(comparison, kind):
    return {item.name: item.verdict for item in comparison.items if item.kind == kind}


def test_every_kind_of_item_is_judged(runs):
    compared = compare_runs(*map(read_run, runs))
    assert verdicts(compared, "metric") == {
        "test accuracy": "moved", "test loss": "within spread", "test per_class.0.f1": "moved",
    }  # fmt: skip
    assert verdicts(compared, "claim") == {"accuracy": "moved", "loss": "within spread"}
    assert verdicts(compared, "table") == {"table01.csv": "moved"}
    assert verdicts(compared, "figure") == {"fig01.svg": "moved", "fig02.svg": "same"}
    told = {item.name: item for item in compared.items if item.kind != "metric"}
    assert "reproduced in A, differs in B" in told["accuracy"].comment
    assert told["accuracy"].first == "0.9804 (0.979 to 0.9818), 5"
    assert "of 3 cells 2 differ: 1 beyond their intervals" in told["table01.csv"].comment
    assert told["fig01.svg"].comment == "numbers of lenet5: 2 moved, 1 within spread"
    assert next(i.verdict for i in compared.items if i.kind == "metric") == "moved"
    assert {what: (a, b) for what, a, b in compared.origins} == {
        "commit": ("a" * 40, "b" * 40), "versions: numpy": ("2.4", "2.5"),
    }  # fmt: skip


def test_a_run_beside_itself_differs_in_nothing(runs):
    compared = compare_runs(read_run(runs[0]), read_run(runs[0].parent))  # found in a folder above
    assert compared.origins == []
    assert {item.verdict for item in compared.items} == {"same"}
    assert "the same commit, packages, machine, data and config" in say_comparison(compared)


def test_what_only_one_run_has_is_said(runs):
    (runs[1] / "studies" / "alvarez" / "fig02.svg").unlink()
    (runs[0] / "studies" / "alvarez" / "table01.csv").unlink()
    (runs[0] / "evaluation" / "lenet5" / "metrics.json").unlink()
    compared = compare_runs(*map(read_run, runs))
    assert verdicts(compared, "figure")["fig02.svg"] == "only in A"
    assert verdicts(compared, "table")["table01.csv"] == "only in B"
    assert set(verdicts(compared, "metric").values()) == {"only in B"}
    assert "only in B: lenet5 (3)" in say_comparison(compared)


def test_a_claim_is_judged_by_its_interval_where_its_measurement_is_not_known(runs):
    for folder in runs:
        (folder / "provenance.json").unlink()
    compared = compare_runs(*map(read_run, runs))
    assert verdicts(compared, "claim") == {"accuracy": "moved", "loss": "within spread"}
    assert compared.origins[0][1] == "not there: the run did not end"


def test_a_picture_that_differs_while_its_numbers_do_not_was_drawn_otherwise(runs):
    figure = runs[0] / "studies" / "alvarez" / "fig01.svg"
    before = read_run(runs[0])
    figure.write_text("<svg>another colour</svg>")
    compared = compare_runs(before, read_run(runs[0]))
    (item,) = [item for item in compared.items if item.verdict != "same"]
    assert "though all numbers of lenet5 are the same" in item.comment


def test_keys_of_the_config_and_digests_of_data_are_compared():
    one = {
        "config": {"seed": 0, "about": "a", "documents": {}}, "device": "CPU",
        "data": [{"dataset": "x", "sha256": "0" * 64, "count": 1}],
    }  # fmt: skip
    other = copy.deepcopy(one)
    other["config"] |= {"seed": 1, "about": "b", "gans": {}}
    other["device"] = "GPU"
    other["data"] = [{"dataset": "y", "sha256": "1" * 64, "count": 2}]
    assert compare_origins(one, other) == [
        ("device", "CPU", "GPU"),
        ("config: seed", "0", "1"),
        ("config: gans", "nothing", "{}"),
        ("data: x", "000000000000, 1", "not used"),
        ("data: y", "not used", "111111111111, 2"),
    ]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: None, "there is no folder"),
        (lambda folder: folder.mkdir(), "neither studies/ nor evaluation/"),
        (
            lambda folder: (
                write_run(folder, STEADY, STEADY)
                and (folder / "evaluation/lenet5/metrics.json").write_text("{")
            ),
            "metrics.json is no JSON",
        ),
        (
            lambda folder: (
                write_run(folder, STEADY, STEADY)
                and (folder / "studies/alvarez/claims.csv").write_text("a,b\n1,2\n")
            ),
            "claims.csv has no columns claim and measured_value",
        ),
    ],
)
def test_what_is_no_results_folder_is_told(tmp_path, make, words):
    make(tmp_path / "run")
    with pytest.raises(ConvatlasError, match=words):
        read_run(tmp_path / "run")


def test_page_and_table_hold_every_item(runs, tmp_path):
    compared = compare_runs(*map(read_run, runs))
    write_csv(compared, tmp_path / "c.csv")
    write_page(compared, tmp_path / "c.html")
    with (tmp_path / "c.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == [item.verdict for item in compared.items]
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert page.count("<tr>") == len(compared.items) + len(compared.origins) + page.count("<thead>")
    assert "http" not in page.replace("http-equiv", "")  # nothing to fetch
    assert "A number has moved if Welch" in page


def test_lines_keep_to_the_width(runs):
    text = say_comparison(compare_runs(*map(read_run, runs)), 60)
    long = [line for line in text.splitlines() if len(line) > 60]
    assert [line for line in long if line[:3] not in ("A  ", "B  ")] == []


def test_the_door(runs, tmp_path):
    door = [sys.executable, str(ROOT / "tools" / "compare.py"), str(runs[0]), str(runs[1])]
    done = subprocess.run(
        [*door, "--output", str(tmp_path / "c")], capture_output=True, text=True, check=True
    )
    assert "Claims: 1 moved, 1 within spread" in done.stdout
    assert (tmp_path / "c.html").is_file()
    assert (tmp_path / "c.csv").is_file()
    done = subprocess.run(
        [*door[:3], str(tmp_path / "no")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("there is no folder")
    assert json.loads((runs[0] / "provenance.json").read_text())["commit"] == "a" * 40
