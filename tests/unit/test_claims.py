"""Verdicts on what documents state."""

import math

import pandas as pd
import pytest

from convatlas.errors import ConvatlasError
from convatlas.evaluation.claims import COLUMNS, FAR_BETTER, is_far, judge, judge_claims


@pytest.mark.parametrize(
    ("document", "mean", "low", "high", "better", "verdict"),
    [
        # within the interval, or within it widened by the tolerance of 0.01
        (0.90, 0.90, 0.88, 0.92, "higher", "reproduced"),
        (0.92, 0.90, 0.88, 0.92, "higher", "reproduced"),
        (0.929, 0.90, 0.88, 0.92, "lower", "reproduced"),
        (0.871, 0.90, 0.88, 0.92, "neither", "reproduced"),
        # beyond it, for better or worse
        (0.86, 0.90, 0.88, 0.92, "higher", "better"),
        (0.86, 0.90, 0.88, 0.92, "lower", "differs"),
        (0.86, 0.90, 0.88, 0.92, "neither", "differs"),
        (0.94, 0.90, 0.88, 0.92, "higher", "differs"),
        (0.94, 0.90, 0.88, 0.92, "lower", "better"),
        (0.94, 0.90, 0.88, 0.92, "neither", "differs"),
        # one seed: the tolerance alone
        (0.905, 0.90, None, None, "higher", "reproduced"),
        (0.88, 0.90, None, None, "higher", "better"),
        (0.92, 0.90, None, None, "higher", "differs"),
    ],
)
def test_verdicts(document, mean, low, high, better, verdict):
    measured = {"mean": mean, "low": low, "high": high}
    assert judge(document, measured, better=better, tolerance=0.01) == verdict


CLAIM = {
    "id": "a_claim",
    "text": "A text",
    "source": "Table 1",
    "document_value": 0.98,
    "model": "lenet5",
    "target": "test",
    "metric": "accuracy",
    "better": "higher",
    "comment": "A comment.",
}


def metrics_of(mean, low, high, seeds=3):
    summary = {"mean": mean, "low": low, "high": high, "seeds": seeds}
    return {"lenet5": {"test": {"dataset": "mnist", "accuracy": summary}}}


def test_a_row_has_what_was_stated_and_what_was_measured():
    table = judge_claims([CLAIM], metrics_of(0.987654, 0.98123, 0.99311), stand_ins={})
    assert table.columns.tolist() == COLUMNS
    assert table.iloc[0].to_dict() == {
        "claim": "a_claim",
        "source": "Table 1",
        "document_value": 0.98,
        "measured_value": 0.9877,
        "low": 0.9812,
        "high": 0.9931,
        "seeds": 3,
        "verdict": "reproduced",
        "comment": "A comment.",
    }


def test_half_a_point_is_the_same_unless_the_claim_says_otherwise():
    measured = metrics_of(0.988, 0.986, 0.99)
    claims = [CLAIM, {**CLAIM, "document_value": 0.9815}, {**CLAIM, "tolerance": 0.01}]
    verdicts = judge_claims(claims, measured, stand_ins={})["verdict"].tolist()
    assert verdicts == ["better", "reproduced", "reproduced"]


def test_one_seed_leaves_the_limits_empty():
    row = judge_claims([CLAIM], metrics_of(0.98, None, None, 1), stand_ins={}).iloc[0]
    assert math.isnan(row["low"])
    assert math.isnan(row["high"])


def test_limits_are_cut_to_what_a_share_can_be():
    row = judge_claims([CLAIM], metrics_of(0.98, -0.1, 1.2), stand_ins={}).iloc[0]
    assert (row["low"], row["high"]) == (0, 1)


@pytest.mark.parametrize(
    ("metric", "low", "high", "verdict"),
    [
        ("share_real_eval", 0.82, 1.1, "reproduced"),  # cut to what a share can be
        ("share_fake_train", 0.6, 0.99, "cannot tell"),
        ("share_fake_train", 0.2, 0.6, "differs"),
        ("error", 0.6, 0.99, "reproduced"),  # no share
    ],
)
def test_an_interval_that_holds_nearly_everything_tells_nothing(metric, low, high, verdict):
    summary = {"mean": (low + high) / 2, "low": low, "high": high, "seeds": 3}
    measured = {"lenet5": {"test": {"dataset": "mnist", metric: summary}}}
    row = judge_claims([CLAIM | {"metric": metric}], measured, stand_ins={}).iloc[0]
    assert row["verdict"] == verdict
    assert ("too wide" in row["comment"]) == (verdict == "cannot tell")
    assert row["high"] == min(high, 1)


def test_a_claim_measured_on_a_stand_in_is_not_judged():
    measured = metrics_of(0.98, 0.97, 0.99)
    row = judge_claims([CLAIM], measured, stand_ins={"mnist": "small digits"}).iloc[0]
    assert row["verdict"] == "cannot be had"
    assert "small digits" in row["comment"]
    row = judge_claims([CLAIM], measured, stand_ins={"other": "small digits"}).iloc[0]
    assert row["verdict"] == "reproduced"


def test_what_rests_in_part_on_a_stand_in_is_not_judged_either():
    summary = {"mean": 0.98, "low": 0.97, "high": 0.99, "seeds": 3}
    target = {"dataset": "mnist+pan", "behind": ["pattern"], "accuracy": summary}
    for name in ("pan", "pattern"):
        metrics = {"lenet5": {"test": target}}
        row = judge_claims([CLAIM], metrics, stand_ins={name: f"a {name}"}).iloc[0]
        assert (row["verdict"], f"a {name}." in row["comment"]) == ("cannot be had", True)
    metrics = {"lenet5": {"test": target | {"accuracy": summary | {"behind": ["features"]}}}}
    row = judge_claims([CLAIM], metrics, stand_ins={"features": "none learnt"}).iloc[0]
    assert row["verdict"] == "cannot be had"


@pytest.mark.parametrize(
    ("values", "verdict", "words"),
    [
        ([0.5, 0.9], "reproduced", "limit: at most 0.9."),
        ([0.5, 0.95], "cannot tell", "Some clips keep to it"),
        ([0.8, 1.1], "differs", "limit: at most 0.9."),
        ([1.0, 1.0], "differs", "limit: at most 0.9."),  # a network that does nothing
        ([], "cannot be had", "nothing to measure"),
    ],
)
def test_without_a_number_in_the_document_a_limit_judges(values, verdict, words):
    mean = sum(values) / len(values) if values else None
    summary = {"mean": mean, "low": None, "high": None, "seeds": len(values), "values": values}
    metrics = {"lenet5": {"test": {"dataset": "a+b", "accuracy": summary | {"unit": "clips"}}}}
    claim = CLAIM | {"document_value": None, "better": "lower", "at_most": 0.9}
    table = judge_claims([claim], metrics, stand_ins={})
    row = table.iloc[0]
    assert row["verdict"] == verdict
    assert words in row["comment"]
    assert row["seeds"] == f"{len(values)} clips"
    assert table.to_csv(index=False).splitlines()[1].startswith("a_claim,Table 1,,")


def test_one_clip_of_four_that_falls_short_is_not_hidden_by_a_wide_interval():
    summary = {"mean": 0.75, "low": -0.05, "high": 1.55, "seeds": 4, "values": [1, 1, 1, 0]}
    metrics = {"lenet5": {"test": {"dataset": "a", "frames_equal": summary}}}
    claim = CLAIM | {"metric": "frames_equal", "document_value": 1.0, "at_least": 1}
    assert judge_claims([claim], metrics, stand_ins={}).iloc[0]["verdict"] == "differs"


def test_no_claims_give_an_empty_table_with_its_columns():
    table = judge_claims([], {}, stand_ins={})
    assert isinstance(table, pd.DataFrame)
    assert table.columns.tolist() == COLUMNS


@pytest.mark.parametrize(
    ("values", "verdict"),
    [([3, 3, 5], "reproduced"), ([5, 2, 5], "differs"), ([3, 5, 2], "reproduced")],
)
def test_a_choice_is_what_most_seeds_choose(values, verdict):
    claim = CLAIM | {"document_value": 3, "choice": True, "metric": "neurons"}
    claim |= {"tolerance": 0, "better": "neither"}
    summary = {"mean": 4.0, "low": -0.3, "high": 8.3, "seeds": 3, "values": values}
    metrics = {"lenet5": {"test": {"dataset": "mnist", "neurons": summary}}}
    row = judge_claims([claim], metrics, stand_ins={}).iloc[0]
    assert row["verdict"] == verdict
    assert (row["measured_value"], row["low"], row["high"]) == (
        max(values, key=values.count),
        min(values),
        max(values),
    )
    tied = len(set(values)) == len(values)
    assert row["comment"].endswith("the first seed's is given.") == tied


def test_counts_stay_whole_and_small_errors_keep_their_digits():
    claims = [CLAIM | {"metric": metric} for metric in ("parameters", "error")]
    summaries = {
        "parameters": {"mean": 31.0, "low": 31.0, "high": 31.0, "seeds": 3},
        "error": {"mean": 0.00012345, "low": -0.0001, "high": 0.0003, "seeds": 3},
    }
    table = judge_claims(
        claims, {"lenet5": {"test": {"dataset": "mnist", **summaries}}}, stand_ins={}
    )
    text = table.to_csv(index=False)
    assert "0.98,31,31,31" in text
    assert "0.98,0.0001234,-0.0001,0.0003" in text or "0.98,0.0001235,-0.0001,0.0003" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"target": "tset"}, "no target 'tset', but test"), ({"metric": "acuracy"}, "but accuracy")],
)
def test_a_claim_about_what_was_not_measured_is_named(changes, words):
    with pytest.raises(ConvatlasError, match=words) as caught:
        judge_claims([CLAIM | changes], metrics_of(0.9, 0.8, 1.0), stand_ins={})
    assert "a_claim" in str(caught.value)


@pytest.mark.parametrize(
    ("document", "measured", "is_share", "far"),
    [
        (82, 41, False, True),
        (82, 42, False, False),
        (14.15, 28.3, False, True),
        # of a share what is wrong counts
        (0.52, 0.77, True, True),
        (0.52, 0.75, True, False),
        (0.9, 0.96, True, True),
        (0.97, 1.0, True, True),
        # no multiple of nothing is better; an error of 0 is
        (0, 0.3, False, False),
        (0.3, 0, False, True),
    ],
)
def test_what_is_twice_as_good_is_far_better(document, measured, is_share, far):
    assert is_far(document, measured, is_share=is_share) is far


def test_what_is_far_better_than_stated_is_a_finding_to_explain():
    improved = judge_claims(
        [CLAIM | {"document_value": 0.52}], metrics_of(0.9, 0.88, 0.92), stand_ins={}
    )
    assert improved["verdict"].tolist() == ["better"]
    assert improved["comment"].tolist()[0].endswith(FAR_BETTER)
    near = judge_claims(
        [CLAIM | {"document_value": 0.85}], metrics_of(0.9, 0.88, 0.92), stand_ins={}
    )
    assert near["verdict"].tolist() == ["better"]
    assert FAR_BETTER not in near["comment"].tolist()[0]
