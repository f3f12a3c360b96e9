"""A copy of the project, so that tests may edit it, and one toy run that they share."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "rules", "scripts", "config", "profiles", "envs")
TOY = ROOT / "tests" / "toy" / "toy.yaml"


@dataclass
class Project:
    """A copy of the project in a folder of its own."""

    folder: Path

    def start(self, *arguments: str, config: Path = TOY, **options) -> subprocess.Popen:
        environment = {**os.environ, "CONVATLAS_CACHE": str(self.folder / "cache"), "NO_COLOR": "1"}
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
        command += ["--configfile", str(config)] if "--configfile" not in arguments else []
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )

    def run(self, *arguments: str, **options) -> str:
        process = self.start(*arguments, **options)
        output, _ = process.communicate(timeout=1800)
        assert process.returncode == 0, output
        return output

    def fails(self, *arguments: str, **options) -> str:
        process = self.start(*arguments, **options)
        output, _ = process.communicate(timeout=1800)
        assert process.returncode != 0, output
        return output

    def plan(self, *arguments: str, **options) -> Counter:
        """Count the jobs by rule that a run would have, without the target `all`."""
        output = self.run("-n", "--quiet", "progress", *arguments, **options)
        rules = re.findall(r"^(?:local)?rule (\w+):", output, re.MULTILINE)
        assert rules or "Nothing to be done" in output, output
        return Counter(rule for rule in rules if rule != "all")

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{path} has no {old!r}: the test has to be brought up to date"
        file.write_text(text.replace(old, new, 1))


def copy_project(folder: Path) -> Project:
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / part, ignore=ignore)
        else:
            shutil.copy(source, folder / part)
    return Project(folder)


@pytest.fixture(scope="session")
def toy_run(tmp_path_factory) -> Project:
    """The toy run, finished; not to be edited."""
    project = copy_project(tmp_path_factory.mktemp("toy") / "project")
    project.run("--quiet", "all")
    return project


@pytest.fixture
def project(toy_run, tmp_path) -> Project:
    """A copy of the finished toy run, to edit."""
    folder = tmp_path / "project"
    shutil.copytree(toy_run.folder, folder)
    return Project(folder)


@pytest.fixture
def fresh(tmp_path) -> Project:
    """A copy of the project in which nothing has run."""
    return copy_project(tmp_path / "project")
