"""Snakemake's own report: every item of a study goes into it, under its study, with its label."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RULES = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
STUDIES = sorted((ROOT / "config" / "studies").glob("*.yaml"))
SUBCATEGORIES = {"figure": "figures", "table": "tables", "clip": "figures"}


def kinds_of_rules():
    """Return which kinds of item each rule makes."""
    kinds = {}
    for path in STUDIES:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))["documents"][path.stem]
        for item in (item for section in document["sections"] for item in section["items"]):
            if item["kind"] != "omitted":
                kinds.setdefault(item["rule"], set()).add(item["kind"])
    return kinds


KINDS = kinds_of_rules()


def block_of(rule):
    """Return the text of a rule."""
    found = re.search(rf"^rule {rule}:\n(.*?)(?=^\S|\Z)", RULES, re.MULTILINE | re.DOTALL)
    assert found, f"there is no rule {rule}"
    return found[1]


@pytest.mark.parametrize("rule", KINDS)
def test_what_makes_an_item_gives_it_to_the_report_with_its_study_and_label(rule):
    text = block_of(rule)
    assert text.count("report(\n") == 1
    assert 'category="{study}"' in text
    assert 'labels=ask(catalog.labels, "study", "artefact")' in text
    (kind,) = {SUBCATEGORIES[kind] for kind in KINDS[rule]}
    assert f'subcategory="{kind}"' in text


@pytest.mark.parametrize("rule", [*KINDS, "judge_claims"])
def test_its_caption_is_there(rule):
    caption = re.search(r'caption="(report/\w+\.rst)"', block_of(rule))[1]
    assert (ROOT / "rules" / caption).read_text().strip()


def test_the_claims_are_in_it_too():
    text = block_of("judge_claims")
    assert 'category="{study}"' in text
    assert 'subcategory="claims"' in text
