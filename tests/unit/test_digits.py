"""Digits in memory and on disk."""

import dataclasses
import time

import numpy as np
import pytest

from convatlas.data.digits import Digits, load_digits, save_digits
from convatlas.errors import ConvatlasError


def make_digits(count=6, **changes):
    pictures = np.random.default_rng(0).integers(0, 256, (count, 28, 28), np.uint8)
    columns = {
        "forms": {"mnist_form": pictures, "plain": 255 - pictures},
        "labels": (np.arange(count) % 10).astype(np.uint8),
        "source": np.array(["sheet"] * count),
        "writer": np.array(["ana", "bo"] * (count // 2)),
        "position": np.arange(count).astype(str),
    }
    return Digits(**{**columns, **changes})


def test_digits_survive_a_round_trip(tmp_path):
    digits = make_digits()
    save_digits(tmp_path / "digits.npz", digits)
    again = load_digits(tmp_path / "digits.npz")
    assert len(again) == 6
    assert again.sha256 == digits.sha256
    assert set(again.forms) == {"mnist_form", "plain"}
    for form in digits.forms:
        np.testing.assert_array_equal(again.images(form), digits.images(form))
    for name in ("labels", "source", "writer", "position"):
        np.testing.assert_array_equal(getattr(again, name), getattr(digits, name))


def test_the_same_digits_give_the_same_bytes(tmp_path, monkeypatch):
    digits = make_digits()
    save_digits(tmp_path / "one.npz", digits)
    monkeypatch.setattr(time, "localtime", lambda *_: time.gmtime(2e9))
    monkeypatch.setattr(time, "time", lambda: 2e9)
    turned = dataclasses.replace(digits, forms=dict(reversed(digits.forms.items())))
    save_digits(tmp_path / "two.npz", turned)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_the_digest_sees_pictures_labels_and_writers():
    digits = make_digits()
    picture, label, writer = (digits.images("plain").copy(), digits.labels.copy(), None)
    picture[3, 4, 5] ^= 1
    label[2] = 9
    writer = np.where(np.arange(6) == 1, "cy", digits.writer)
    others = [
        dataclasses.replace(digits, forms={**digits.forms, "plain": picture}),
        dataclasses.replace(digits, labels=label),
        dataclasses.replace(digits, writer=writer),
        dataclasses.replace(digits, forms={"plain": digits.forms["plain"]}),
    ]
    assert len({digits.sha256, *(other.sha256 for other in others)}) == 5
    assert make_digits().sha256 == digits.sha256


def test_columns_of_other_lengths_and_labels_above_nine_are_refused():
    with pytest.raises(ConvatlasError, match=r"6 labels, but {'writer': 2}"):
        make_digits(writer=np.array(["ana", "bo"]))
    with pytest.raises(ConvatlasError, match=r"6 labels, but {'plain': 5}"):
        make_digits(forms={"plain": np.zeros((5, 28, 28), np.uint8)})
    labels = np.array([0, 1, 12, 3, 4, 5], np.uint8)
    with pytest.raises(ConvatlasError, match="label 12 of digit 2"):
        make_digits(labels=labels)


def test_a_form_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(ConvatlasError, match=r"form 'round'.*mnist_form, plain"):
        make_digits().images("round")


def test_a_file_with_pickled_objects_is_not_read(tmp_path):
    with (tmp_path / "digits.npz").open("wb") as file:
        np.savez(file, labels=np.array([object()]))
    with pytest.raises(ValueError, match="allow_pickle"):
        load_digits(tmp_path / "digits.npz")
