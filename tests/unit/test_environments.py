"""The conda environments and the lock name the same versions."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))


def locked():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,-]+\])?==([^\s;\\]+)", text, re.MULTILINE))


def pins(path):
    packages = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"][-1]["pip"]
    return dict(package.split("==") for package in packages)


def test_there_are_environments():
    assert {path.stem for path in ENVIRONMENTS} >= {"analysis", "torch"}


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_an_environment_agrees_with_the_lock(path):
    versions = locked()
    different = {
        name: (version, versions.get(name))
        for name, version in pins(path).items()
        if version != versions.get(name)
    }
    assert not different, "version here, version in requirements.lock"
