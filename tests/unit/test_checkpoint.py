"""States of training on disk."""

import logging
import pickle

import numpy as np
import pytest
import torch

from convatlas.errors import ConvatlasError
from convatlas.training import checkpoint as module
from convatlas.training.checkpoint import Checkpoint, Pieces

STATE = {"epoch": 3, "history": [{"loss": 0.5, "part": "train"}], "best": None}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "state.pt"


def test_a_state_comes_back_as_it_was(path):
    state = {**STATE, "weights": {"a": torch.randn(3)}, "generator": torch.get_rng_state()}
    Checkpoint(path, "f").save(state)
    again = Checkpoint(str(path), "f").load()
    assert {k: again[k] for k in STATE} == STATE
    assert torch.equal(again["weights"]["a"], state["weights"]["a"])
    assert torch.equal(again["generator"], state["generator"])


def test_without_a_file_there_is_no_state(path):
    assert Checkpoint(path, "f").load() is None


def test_a_state_of_another_training_is_left_alone(path, caplog):
    Checkpoint(path, "one").save(STATE)
    with caplog.at_level(logging.INFO):
        assert Checkpoint(path, "two").load() is None
    assert "other code, settings or data: starting afresh" in caplog.text
    assert path.exists()


def cut(whole):
    return whole[: len(whole) // 2]


@pytest.mark.parametrize("spoil", [cut, lambda _: b"", lambda _: b"x" * 999])
def test_a_state_that_cannot_be_read_is_warned_of(path, caplog, spoil):
    Checkpoint(path, "f").save(STATE)
    path.write_bytes(spoil(path.read_bytes()))
    assert Checkpoint(path, "f").load() is None
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "cannot be read" in record.message
    assert "starting afresh" in record.message


def test_a_torch_file_of_something_else_is_warned_of(path, caplog):
    path.parent.mkdir()
    torch.save({"weights": torch.zeros(2)}, path)
    assert Checkpoint(path, "f").load() is None
    assert "cannot be read" in caplog.text


class Malice:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (eval, (f"open({str(self.trace)!r}, 'w').close()",))


def test_code_in_a_state_is_not_executed(path, tmp_path):
    path.parent.mkdir()
    trace = tmp_path / "ran"
    content = {"fingerprint": "f", "state": Malice(trace)}
    path.write_bytes(pickle.dumps(content, protocol=2))
    assert Checkpoint(path, "f").load() is None
    assert not trace.exists()


def test_a_save_that_fails_leaves_the_last_state(path):
    checkpoint = Checkpoint(path, "f")
    checkpoint.save(STATE)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        checkpoint.save({"epoch": 4, "bad": lambda: None})
    assert checkpoint.load()["epoch"] == 3
    assert [p.name for p in path.parent.iterdir()] == ["state.pt"]


def test_it_is_due_when_its_seconds_have_passed_since_the_last_save(path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    checkpoint = Checkpoint(path, "f", every_seconds=30)
    assert not checkpoint.due()
    now[0] = 129.9
    assert not checkpoint.due()
    now[0] = 130
    assert checkpoint.due()
    checkpoint.save(STATE)
    assert not checkpoint.due()
    now[0] = 160
    assert checkpoint.due()
    assert Checkpoint(path, "f", every_seconds=0).due()


def test_it_is_due_seldomer_if_saving_takes_long(path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])

    def save_slowly(*_):
        now[0] += 3

    monkeypatch.setattr(module.torch, "save", save_slowly)
    checkpoint = Checkpoint(path, "f", every_seconds=30)
    now[0] = 130
    assert checkpoint.due()
    checkpoint.save(STATE)  # until 133, and may cost 3 % of the time
    now[0] = 232
    assert not checkpoint.due()
    now[0] = 233
    assert checkpoint.due()
    always = Checkpoint(path, "f", every_seconds=0)
    always.save(STATE)
    assert always.due()


def test_removing_takes_what_a_killed_process_left_and_nothing_else(path):
    checkpoint = Checkpoint(path, "f")
    checkpoint.save(STATE)
    left = path.with_name(".state.pt.0123abcd.part.pt")
    other = path.with_name("other.pt")
    for file in (left, other):
        file.touch()
    checkpoint.remove()
    assert [p.name for p in path.parent.iterdir()] == ["other.pt"]
    checkpoint.remove()  # nothing is there: no error


def test_pieces_are_computed_once_and_kept_over_a_stop(tmp_path):
    calls = []

    def compute():
        calls.append(1)
        return np.arange(6, dtype=float).reshape(2, 3).T  # not contiguous

    path = tmp_path / "pieces.pt"
    pieces = Pieces(Checkpoint(path, "same", every_seconds=0))
    first = pieces("a", compute)
    assert len(calls) == 1
    for again in (pieces, Pieces(Checkpoint(path, "same"))):
        np.testing.assert_array_equal(again("a", compute), first)
    assert len(calls) == 1
    Pieces(Checkpoint(path, "other"))("a", compute)
    assert len(calls) == 2


def test_a_state_that_was_made_otherwise_is_an_error_that_names_both_sides(path):
    before = {"painter.options.resolution": "64", "seed": "0", "gone": "1"}
    Checkpoint(path, "one", made_with=before).save(STATE)
    now = {"painter.options.resolution": "32", "seed": "0", "new": "2"}
    with pytest.raises(ConvatlasError) as told:
        Checkpoint(path, "two", made_with=now).load()
    message = str(told.value)
    assert str(path) in message
    assert "painter.options.resolution: 64 there, 32 here" in message
    assert "gone: 1 there, nothing here" in message
    assert "new: nothing there, 2 here" in message
    assert "seed" not in message
    assert path.exists()
    assert Checkpoint(path, "one", made_with=before).load()["epoch"] == 3


def test_a_state_of_the_same_training_elsewhere_is_gone_on_from_with_a_warning(path, caplog):
    before = {"device": "cuda", "seed": "0", "threads": "4"}
    Checkpoint(path, "one", made_with=before).save(STATE)
    assert Checkpoint(path, "one", made_with=before).load()["epoch"] == 3
    assert not caplog.records
    now = {"device": "cpu", "seed": "0", "threads": "2"}
    assert Checkpoint(path, "one", made_with=now).load()["epoch"] == 3
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "device: cuda there, cpu here; threads: 4 there, 2 here" in record.message
    assert "seed" not in record.message


def test_a_stretch_is_over_after_its_minutes(path, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(module.time, "time", lambda: now)
    endless, short = Checkpoint(path, "f"), Checkpoint(path, "f", minutes=2)
    late = Checkpoint(path, "f", minutes=2, begun=900.0)
    now = 1119.0
    assert not short.is_over()
    assert late.is_over(), "a second job has what the first one left"
    now = 1121.0
    assert short.is_over()
    assert not endless.is_over()
