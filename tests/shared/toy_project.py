"""A copy of the project, so that tests may edit it, with commands to run it."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "rules", "scripts", "config", "profiles", "envs")
TOY = ROOT / "tests" / "toy" / "toy.yaml"
LIMIT = 2700
"""Seconds that a run may take: the whole toy run takes up to half an hour of two busy cores."""


@dataclass
class Project:
    """A copy of the project in a folder of its own."""

    folder: Path
    config: Path = TOY

    def start(self, *arguments: str, config: Path | None = None, **options) -> subprocess.Popen:
        environment = {**os.environ, "CONVATLAS_CACHE": str(self.folder / "cache"), "NO_COLOR": "1"}
        # hundreds of processes would each compile the package
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "snakemake", *arguments]
        if not {"--cores", "--workflow-profile"} & {*arguments}:
            # jobs so small gain nothing from a second thread, and would keep another from a core
            command[3:3] = ["--cores", "2", "--max-threads", "1"]
        if "--configfile" not in arguments:
            # with =, or it would take the targets behind it for config files, too
            command[3:3] = [f"--configfile={config or self.config}"]
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
        output, _ = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, output
        return output

    def fails(self, *arguments: str, **options) -> str:
        process = self.start(*arguments, **options)
        output, _ = process.communicate(timeout=LIMIT)
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
