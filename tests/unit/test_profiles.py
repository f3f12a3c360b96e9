"""What the profiles promise of the rules, and of one another."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
RULES = "\n".join(path.read_text() for path in sorted((ROOT / "rules").glob("*.smk")))
HOURS = {"m": 1 / 60, "h": 1, "d": 24}
OF_MACHINES = {"executor", "jobs", "resources", "retries", "latency-wait"}
"""Keys in which profiles differ on purpose; Slurm's own begin with its name."""


def profile(name, file="profile.yaml"):
    return yaml.safe_load((ROOT / "profiles" / name / file).read_text())


def hours(text):
    number, unit = re.fullmatch(r"(\d+)([mhd])", text).groups()
    return int(number) * HOURS[unit]


def workers():
    """Give name, GPUs, megabytes and hours of every rule that has a script."""
    for text in re.split(r"^(?=rule |checkpoint )", RULES, flags=re.MULTILINE)[1:]:
        if "    script:" in text:
            name = re.match(r"\w+ (\w+):", text)[1]
            gpu = re.search(r"gpu=(\d+),", text)
            megabytes = re.search(r"mem_mb=growing\((\d+)\),", text)
            runtime = re.search(r'runtime="(\w+)",', text)
            yield pytest.param(gpu, megabytes, runtime, id=name)


def test_beside_machines_both_profiles_say_the_same():
    here, there = profile("default"), profile("slurm")
    kept = {key for key in there if not key.startswith("slurm-")}
    assert kept - OF_MACHINES == set(here) - OF_MACHINES
    for key in kept - OF_MACHINES:
        assert here[key] == there[key], key


def test_only_a_cluster_retries():
    assert profile("default")["retries"] == 0
    assert profile("slurm")["retries"] > 0


@pytest.mark.parametrize(("gpu", "megabytes", "runtime"), [*workers()])
def test_every_rule_says_what_it_needs_and_fits_a_partition_at_its_last_try(
    gpu, megabytes, runtime
):
    assert gpu
    assert megabytes, "mem_mb=growing(...), so that a retry has more"
    assert runtime
    needed = int(megabytes[1]) * 2 ** profile("slurm")["retries"]
    fitting = [
        name
        for name, limits in profile("slurm", "partitions.yaml")["partitions"].items()
        if limits.get("max_gpu", 0) >= int(gpu[1])
        and needed <= limits["max_mem_mb"]
        and hours(runtime[1]) <= hours(limits["max_runtime"])
    ]
    assert fitting
