"""Parts of a dataset: disjoint, complete, seeded, and true to their witness."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convatlas.data.digits import Digits, save_digits
from convatlas.data.shares import PARTS, split_uniformly
from convatlas.data.splits import (
    PUBLISHED_TEST,
    load_part,
    make_schemes,
    monitored_part,
    write_splits,
)
from convatlas.errors import ConvatlasError
from convatlas.files import read_json
from convatlas.seeding import numpy_generator

SHARES = (0.6, 0.2, 0.2)


def make_digits(writers, *, published=0):
    count = len(writers)
    pictures = np.arange(count, dtype=np.uint8)[:, None, None] * np.ones((28, 28), np.uint8)
    source = np.full(count, "published_train", dtype="<U20")
    source[count - published :] = PUBLISHED_TEST
    return Digits(
        forms={"mnist_form": pictures},
        labels=(np.arange(count) % 10).astype(np.uint8),
        source=source,
        writer=np.asarray(writers),
        position=np.arange(count).astype(str),
    )


def all_shares(parts):
    a, b, c = parts
    return (a / (a + b + c), b / (a + b + c), c / (a + b + c))


@given(
    count=st.integers(20, 300),
    shares=st.tuples(*[st.integers(1, 9)] * 3).map(all_shares),
    seed=st.integers(0, 2**32),
)
def test_parts_are_disjoint_complete_and_of_the_sizes_asked_for(count, shares, seed):
    sizes = [round(count * shares[0]), round(count * shares[1])]
    assume(min(sizes) > 0 and sum(sizes) < count)
    parts = split_uniformly(count, shares, np.random.default_rng(seed))
    assert list(parts) == list(PARTS)
    np.testing.assert_array_equal(np.sort(np.concatenate([*parts.values()])), np.arange(count))
    assert [len(parts["train"]), len(parts["validation"])] == sizes
    assert all((np.diff(indices) > 0).all() for indices in parts.values())


def test_parts_are_drawn_at_random():
    train = split_uniformly(1000, SHARES, np.random.default_rng(0))["train"]
    assert abs(train.mean() - 499.5) < 40
    assert train.max() > 900  # and are no prefix


@pytest.mark.parametrize("shares", [(0.6, 0.2, 0.3), (0.5, 0.2, 0.2), (1.2, -0.4, 0.2)])
def test_shares_that_do_not_sum_to_one_or_are_negative_are_refused(shares):
    with pytest.raises(ConvatlasError, match="sum to 1"):
        split_uniformly(100, shares, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("shares", "part"), [((0.8, 0.1, 0.1), "validation"), ((0, 0.5, 0.5), "train")]
)
def test_a_part_that_would_be_empty_is_named(shares, part):
    with pytest.raises(ConvatlasError, match=f"3 digits are too few.*{part}"):
        split_uniformly(3, shares, np.random.default_rng(0))


writers_of_digits = st.lists(st.sampled_from(["ana", "bo", "cy"]), min_size=30, max_size=90)


@settings(max_examples=30, deadline=None)
@given(writers_of_digits, st.integers(0, 1000))
def test_schemes_keep_their_promises(writers, seed):
    digits = make_digits(writers)
    schemes = make_schemes(digits, SHARES, seed)
    several = sorted(set(writers)) if len(set(writers)) > 1 else []
    assert list(schemes) == [
        "uniform", "holdout", "holdout_validated", *(f"without_{w}" for w in several)
    ]  # fmt: skip
    for parts in schemes.values():
        together = np.sort(np.concatenate([*parts.values()]))
        np.testing.assert_array_equal(together, np.arange(len(digits)))
    np.testing.assert_array_equal(schemes["holdout"]["test"], schemes["uniform"]["test"])
    assert set(schemes["holdout"]) == {"train", "test"}
    validated, learnt = schemes["holdout_validated"], schemes["holdout"]["train"]
    np.testing.assert_array_equal(validated["test"], schemes["holdout"]["test"])
    assert abs(len(validated["validation"]) - SHARES[1] * len(learnt)) <= 0.5
    assert set(validated["train"]) | set(validated["validation"]) == set(learnt)
    for writer in several:
        parts = schemes[f"without_{writer}"]
        assert set(digits.writer[parts["test"]]) == {writer}
        learnt = np.concatenate([parts["train"], parts["validation"]])
        assert writer not in digits.writer[learnt]
        # 0.6 to 0.2 of what is left
        assert abs(len(parts["train"]) - 0.75 * len(learnt)) <= 0.5


def test_holdout_honours_a_published_test_set():
    schemes = make_schemes(make_digits(["x"] * 50, published=10), SHARES, 0)
    assert schemes["holdout"]["test"].tolist() == [*range(40, 50)]
    assert schemes["holdout"]["train"].tolist() == [*range(40)]
    assert len(schemes["uniform"]["test"]) == 10


def test_validation_digits_of_the_holdout_are_drawn_at_random():
    digits = make_digits(["x"] * 250, published=50)
    parts = make_schemes(digits, SHARES, 0)["holdout_validated"]
    assert [len(parts[part]) for part in ("train", "validation", "test")] == [160, 40, 50]
    assert 70 < parts["validation"].mean() < 130
    # drawn by itself: the schemes that results rest on are as they were before it
    before = split_uniformly(250, SHARES, numpy_generator(0, "split uniform"))
    np.testing.assert_array_equal(
        make_schemes(digits, SHARES, 0)["uniform"]["test"], before["test"]
    )


def test_the_seed_decides():
    digits = make_digits(["ana", "bo"] * 30)

    def as_lists(seed):
        schemes = make_schemes(digits, SHARES, seed)
        return {s: {p: i.tolist() for p, i in parts.items()} for s, parts in schemes.items()}

    one, again, other = as_lists(1), as_lists(1), as_lists(2)
    assert one == again
    for scheme in one:
        assert one[scheme]["train"] != other[scheme]["train"]


@pytest.fixture
def splits(tmp_path):
    digits = make_digits(["ana", "bo", "cy"] * 10)
    save_digits(tmp_path / "digits.npz", digits)
    write_splits(tmp_path / "splits.json", digits, SHARES, 3)
    return tmp_path / "splits.json"


def test_the_witness_says_what_it_was_made_of(splits):
    witness = read_json(splits)
    digits = make_digits(["ana", "bo", "cy"] * 10)
    assert (witness["seed"], witness["shares"], witness["digits"]) == (3, [0.6, 0.2, 0.2], 30)
    assert witness["digits_sha256"] == digits.sha256
    expected = make_schemes(digits, SHARES, 3)
    assert witness["schemes"]["without_bo"]["train"] == expected["without_bo"]["train"].tolist()


def test_a_part_has_the_pictures_at_its_indices(splits):
    part = load_part(splits, scheme="uniform", part="validation", form="mnist_form")
    assert len(part) == 6
    assert part.indices.tolist() == read_json(splits)["schemes"]["uniform"]["validation"]
    np.testing.assert_array_equal(part.images[:, 5, 7], part.indices)
    np.testing.assert_array_equal(part.labels, part.indices % 10)
    everything = load_part(splits, scheme="uniform", part="all", form="mnist_form")
    assert everything.indices.tolist() == [*range(30)]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"scheme": "without_zoe"}, "no scheme 'without_zoe'; there are uniform, holdout, ho"),
        ({"scheme": "holdout", "part": "validation"}, "has train, test, and no 'validation'"),
        ({"form": "plain"}, "form 'plain'"),
    ],
)
def test_what_is_not_there_is_named(splits, wanted, message):
    with pytest.raises(ConvatlasError, match=message):
        load_part(splits, **{"scheme": "uniform", "part": "test", "form": "mnist_form", **wanted})


def test_digits_other_than_the_witness_saw_are_refused(splits):
    other = make_digits(["ana", "bo", "cy"] * 10)
    other.images("mnist_form")[7, 3, 3] ^= 1
    save_digits(splits.with_name("digits.npz"), other)
    with pytest.raises(ConvatlasError, match=r"not the ones it was made for.*split_dataset"):
        load_part(splits, scheme="uniform", part="test", form="mnist_form")


def test_training_is_watched_on_validation_where_there_is_one(splits):
    assert monitored_part(splits, "uniform") == "validation"
    assert monitored_part(splits, "without_ana") == "validation"
    assert monitored_part(splits, "holdout_validated") == "validation"
    assert monitored_part(splits, "holdout") == "test"
