"""Answers about files that are kept from one process to the next."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from convatlas.digest import RuleDigests
from convatlas.kept import MOST, KeptAnswers

SCRIPTS = Path(__file__).parents[2] / "scripts"
ASKING = Path(__file__)


def refuse():
    raise AssertionError("this had to be known")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "code.py"
    path.write_text("a = 1\n")
    return path


@pytest.fixture
def kept(tmp_path, file):
    """A file of kept answers: of one question about one file."""
    answers = KeptAnswers(ASKING)
    answers.keep_in(tmp_path / "state" / "kept.json")
    assert answers.find("lines", file, lambda: 1) == 1
    answers.save()
    return tmp_path / "state" / "kept.json"


def read(kept, *asked_by):
    answers = KeptAnswers(*(asked_by or (ASKING,)))
    answers.keep_in(kept)
    return answers


def test_an_answer_is_worked_out_once_for_all_processes(kept, file):
    assert read(kept).find("lines", file, refuse) == 1


def test_it_is_found_by_content_not_by_name_or_date(kept, tmp_path):
    same, other = tmp_path / "same.py", tmp_path / "other.py"
    same.write_text("a = 1\n")
    other.write_text("a = 2\n")
    assert read(kept).find("lines", same, refuse) == 1
    assert read(kept).find("lines", other, lambda: "anew") == "anew"


def test_what_is_written_between_two_questions_is_not_taken_for_what_was_there(tmp_path):
    """An editor saves while a plan is made, and the edit is taken back later."""
    asking = (
        "import sys; from pathlib import Path; from convatlas import digest\n"
        "file, edit = Path('code.py'), sys.argv[1]\n"
        "digest._answers.keep_in(Path('kept.json')); digest._meaning(file, 'A')\n"
        "edit and file.write_text(edit)\n"
        "print(sys.argv[2:] and digest._meaning(file, 'B')); digest._answers.save()"
    )

    def ask(*arguments):
        done = subprocess.run(
            [sys.executable, "-c", asking, *arguments], cwd=tmp_path, check=True, text=True,
            capture_output=True, env={**os.environ, "PYTHONPATH": str(SCRIPTS)},
        )  # fmt: skip
        return done.stdout

    code = "class A:\n    x = 1\n\n\nclass B:\n    x = 2\n"
    (tmp_path / "code.py").write_text(code)
    ask("")  # so that the next need not read all of the file for A
    ask(code.replace("2", "3"), "and B")
    (tmp_path / "code.py").write_text(code)
    found = ask("", "and B")
    (tmp_path / "kept.json").unlink()
    assert found == ask("", "and B")


def test_another_question_is_another_answer(kept, file):
    assert read(kept).find("words", file, lambda: 3) == 3


def test_when_the_asking_code_changed_nothing_counts(kept, file, tmp_path):
    (tmp_path / "asking.py").write_text("")
    assert read(kept, tmp_path / "asking.py").find("lines", file, lambda: 5) == 5


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 3}', "\x00\x01"])
def test_a_spoilt_file_is_worked_out_anew_and_replaced(kept, file, text):
    kept.write_text(text)
    answers = read(kept)
    assert answers.find("lines", file, lambda: 1) == 1
    answers.save()
    assert read(kept).find("lines", file, refuse) == 1


def test_where_it_cannot_be_written_nothing_breaks(tmp_path, file):
    (tmp_path / "state").write_text("a file where a folder would have to be")
    answers = read(tmp_path / "state" / "kept.json")
    assert answers.find("lines", file, lambda: 1) == 1
    answers.save()


def test_it_is_written_where_it_was_opened(tmp_path, file, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    answers = read(Path("kept.json"))
    answers.find("lines", file, lambda: 1)
    monkeypatch.chdir("elsewhere")
    answers.save()
    assert (tmp_path / "kept.json").exists()


def test_nothing_new_writes_nothing(kept, file):
    before = kept.stat().st_mtime_ns
    answers = read(kept)
    answers.find("lines", file, refuse)
    answers.save()
    assert kept.stat().st_mtime_ns == before


def test_it_does_not_grow_for_ever(kept, file):
    answers = read(kept)
    for number in range(MOST):
        answers.find(f"{number}", file, lambda: 0)
    answers.save()
    again = read(kept)  # asks for one that is kept, and one that is not
    again.find("0", file, refuse)
    again.find("new", file, lambda: 1)
    again.save()
    assert len(json.loads(kept.read_text())["answers"]) == 2


def test_digests_are_the_same_from_what_is_kept(tmp_path):
    """In processes of their own, as rules ask for them."""
    ask = (
        "import sys; from pathlib import Path; from convatlas.digest import RuleDigests\n"
        "kept = Path(sys.argv[2]) if len(sys.argv) > 2 else None\n"
        "print(RuleDigests(Path(sys.argv[1]), {}, kept).of('train_classifier')(None))"
    )

    def digest(*kept):
        command = [sys.executable, "-c", ask, str(SCRIPTS), *map(str, kept)]
        env = {"PYTHONPATH": str(SCRIPTS)}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout

    file = tmp_path / "kept.json"
    alone = RuleDigests(SCRIPTS, {}).of("train_classifier")(None) + "\n"
    assert digest(file) == alone
    assert file.exists()
    kept = json.loads(file.read_text())
    assert digest(file) == alone
    # what is kept is what counts: a changed answer is another digest
    key = next(key for key in kept["answers"] if key.startswith("meaning"))
    kept["answers"][key] = "0" * 64
    file.write_text(json.dumps(kept))
    assert digest(file) != alone
