"""What is read of a dry run's output, and of the history of code. The texts are Snakemake's own."""

import subprocess
from pathlib import Path

import pytest

from convatlas.digest import digest_of_code
from convatlas.doctor.code_changes import find_changes, newer_files, read_recipe
from convatlas.doctor.plan import count_reasons, read_change, read_plan
from convatlas.doctor.why import explain_reruns, rules_in
from convatlas.errors import ConvatlasError

ROOT = Path(__file__).parents[2]
PARAMS = (
    "Params have changed since last execution: Union of exclusive params before and now across all "
    "output: before: {'training': {'epochs': 2, 'keep': 'last; best'}, 'network': 'lenet.LeNet5'},"
    "'14e50f5cf9dc' now: '02fe210317d6',{'training': {'epochs': 3, 'keep': 'last; best'}, "
    "'network': 'lenet.LeNet5'} "
)
OUTPUT = f"""Building DAG of jobs...

[Sun Nov 22 16:54:01 2026]
rule train_classifier:
    input: results/data/embedded_digits/splits.json
    output: results/models/lenet5/0/weights.pt, results/models/lenet5/0/history.csv
    log: results/logs/train_classifier/lenet5/0.log
    reason: {PARAMS}
    wildcards: model=lenet5, seed=0
    resources: tmpdir=/tmp, gpu=0
[Sun Nov 22 16:54:01 2026]
rule evaluate_classifier:
    output: results/evaluation/lenet5/metrics.json
    reason: Input files updated by another job: results/models/lenet5/0/weights.pt
    wildcards: model=lenet5
[Sun Nov 22 16:54:01 2026]
rule plot_confusion:
    input: results/evaluation/lenet5/metrics.json
    output: results/studies/sepulveda/fig16.svg
    reason: Missing output files: results/studies/sepulveda/fig16.svg; Input files updated by another job: results/evaluation/lenet5/metrics.json
    wildcards: study=sepulveda, artefact=fig16.svg
[Sun Nov 22 16:54:01 2026]
rule all:
    input: results/report/index.html
    reason: Input files updated by another job: results/report/index.html
"""  # noqa: E501


def test_jobs_are_read_with_their_reasons():
    train, evaluate, plot, everything = read_plan(OUTPUT)
    assert train.name == "train_classifier lenet5 0"
    assert train.outputs == (
        "results/models/lenet5/0/weights.pt", "results/models/lenet5/0/history.csv",
    )  # fmt: skip
    assert list(train.reasons) == ["Params have changed since last execution"]
    assert plot.wildcards == {"study": "sepulveda", "artefact": "fig16.svg"}
    assert list(plot.reasons) == ["Missing output files", "Input files updated by another job"]
    assert [job.is_derived for job in (train, evaluate, plot, everything)] == [
        False, True, False, True,
    ]  # fmt: skip
    assert read_plan("Nothing to be done (all requested files are present and up to date).") == []


def test_reasons_are_counted_those_that_start_others_first():
    assert count_reasons(read_plan(OUTPUT)[:3]) == [
        ("plot_confusion", "output is missing", 1),
        ("train_classifier", "its parameters are others", 1),
        ("evaluate_classifier", "input is made anew by another job", 1),
    ]


@pytest.mark.parametrize(
    ("detail", "code", "others"),
    [
        (PARAMS, ("14e50f5cf9dc", "02fe210317d6"), ("training.epochs: 2 then, 3 now",)),
        (
            "before: <nothing exclusive> now: [0.5, 0.5] ", None, ("[0.5, 0.5] now, not then",),
        ),
        ("before: 'a' now: 'b' ", None, ("a then, not now", "b now, not then")),
        (
            "before: {'a': 1, 'b.c': 2} now: {'a': 1, 'b.c': 3, 'd': 4} ",
            None,
            ("b.c: 2 then, 3 now", "d: nothing then, 4 now"),
        ),
        ("before: Odd(1) now: Odd(2) ", None, ("Odd(1) then, not now", "Odd(2) now, not then")),
    ],
)  # fmt: skip
def test_parameters_that_changed_are_told(detail, code, others):
    change = read_change(detail)
    assert (change.code, change.others) == (code, others)


def ask(target, output, status=0, config=None, root=ROOT, folder=ROOT):
    return list(
        explain_reruns(
            target, root=root, folder=folder, config=config or {},
            dry_run=lambda targets: (status, output),
        )
    )  # fmt: skip


def test_what_follows_others_is_told_with_what_starts_it():
    (finding,) = ask("evaluate_classifier", OUTPUT)
    assert "by train_classifier lenet5 0" in finding.told
    summary, *rules = ask("all", OUTPUT)
    assert summary.told == "3 jobs will run, of which 1 only follow others"
    assert len(rules) == 3
    assert "nothing will run" in ask("all", "Nothing to be done")[0].told


def test_a_rule_that_nothing_asks_for_is_told_as_such(tmp_path):
    (finding,) = ask("pack", "Nothing to be done", folder=tmp_path)
    assert "this config asks for nothing that it makes" in finding.told


def test_a_dry_run_that_failed_is_told():
    with pytest.raises(ConvatlasError, match="did you mean 'plot_confusion'"):
        ask("plot_confusions", "MissingRuleException:\nNo rule to produce plot_confusions", 1)
    with pytest.raises(ConvatlasError, match="WorkflowError in file x:\nno such key"):
        ask("pack", "a\nWorkflowError in file x:\n  no such key", 1)


# ---- the history of code
@pytest.fixture
def history(tmp_path):
    """Three commits: a module changes its meaning, then its words; and then it is edited."""
    scripts = tmp_path / "scripts"
    for folder in ("data", "models"):
        (scripts / "convatlas" / folder).mkdir(parents=True)
    (scripts / "convatlas" / "__init__.py").touch()
    (scripts / "train_it.py").write_text("from convatlas.data.one import f\nf()\n")
    one, net = scripts / "convatlas/data/one.py", scripts / "convatlas/models/net.py"
    net.write_text("class A:\n    x = 1\n\n\nclass B:\n    x = 1\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "init", "-q"], check=True)
    commits = []
    for text in (
        "def f():\n    return 1\n",
        "def f():\n    return 2\n",
        "def f():  # words\n    return 2\n",
    ):
        one.write_text(text)
        subprocess.run([*git, "add", "scripts"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "a step"], check=True)
        done = subprocess.run(
            [*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
        )
        commits.append(done.stdout.strip())
    return tmp_path, commits


def test_the_file_whose_meaning_changed_is_found_in_an_older_commit(history, tmp_path_factory):
    root, commits = history
    scripts = root / "scripts"
    recipe = read_recipe("train_it", '        code=digest_of("train_it"),\n', {}, {})
    there = tmp_path_factory.mktemp("then") / "scripts"
    subprocess.run(["cp", "-r", str(scripts), str(there)], check=True)
    (there / "convatlas/data/one.py").write_text("def f():\n    return 1\n")
    before = digest_of_code(there / "train_it.py", package=there / "convatlas")
    assert find_changes(root, scripts, recipe, before) == (commits[0], ["convatlas/data/one.py"])
    assert find_changes(root, scripts, recipe, "0" * 12) is None
    assert newer_files(scripts, recipe, 0.0) == [
        "convatlas/__init__.py", "convatlas/data/one.py", "train_it.py",
    ]  # fmt: skip
    assert newer_files(scripts, recipe, 1e12) == []


def test_of_a_file_of_networks_only_the_chosen_one_counts(history):
    root, commits = history
    scripts = root / "scripts"
    config = {"models": {"a": {"network": "net.A"}, "b": {"network": "net.B"}}}
    text = '        code=digest_with_network("train_it"),\n'
    recipes = {name: read_recipe("train_it", text, {"model": name}, config) for name in "ab"}
    before = {}
    for name, recipe in recipes.items():
        paths, options = recipe(scripts)
        before[name] = digest_of_code(*paths, **options)
    # the working tree is edited: in a copy, since a process reads each file once
    edited = root / "edited" / "scripts"
    edited.parent.mkdir()
    subprocess.run(["cp", "-r", str(scripts), str(edited)], check=True)
    net = edited / "convatlas/models/net.py"
    net.write_text(net.read_text().replace("class A:\n    x = 1", "class A:\n    x = 2"))
    found = {name: find_changes(root, edited, recipes[name], before[name]) for name in "ab"}
    assert found == {"a": (commits[2], ["convatlas/models/net.py"]), "b": (commits[2], [])}


def test_every_rule_of_the_project_has_a_digest_that_is_understood():
    """What Snakemake is given and what the doctor computes from the rule's text are the same."""
    rules, scripts = rules_in(ROOT), ROOT / "scripts"
    with_code = {name: text for name, text in rules.items() if "code=digest" in text}
    assert len(with_code) > 60
    for name, text in with_code.items():
        if "digest_with_network" not in text:
            paths, options = read_recipe(name, text, {}, {})(scripts)
            assert paths[0].is_file()
            assert all(file.is_file() for file in options.get("assets", ()))
    (templates,) = [
        read_recipe(n, t, {}, {})(scripts) for n, t in rules.items() if n == "build_report"
    ]
    assert any(file.suffix == ".j2" for file in templates[1]["assets"])
