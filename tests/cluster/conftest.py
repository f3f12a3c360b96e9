"""A Slurm of one node for the session, and copies of the project that run on it."""

import importlib.util

import one_node
import pytest
import yaml
from filelock import FileLock
from slurm_project import SlurmProject
from snakemake.utils import update_config

from toy_project import TOY, copy_project


@pytest.fixture(scope="session")
def slurm():
    """The cluster: what it recorded of finished jobs, by id."""
    if reason := one_node.why_not():
        pytest.skip(reason)
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("snakemake-executor-plugin-slurm is not installed")
    with FileLock(one_node.HOME.with_suffix(".lock")):  # workers of one test run take turns
        one_node.start()
        try:
            yield lambda: {job["JobId"]: job for job in one_node.finished_jobs()}
        finally:
            one_node.stop()


@pytest.fixture(scope="module")
def make_project(tmp_path_factory):
    """Make a copy of the project with changes to the toy configuration."""

    def make(changes):
        folder = copy_project(tmp_path_factory.mktemp("cluster") / "project").folder
        config = folder.parent / "toy.yaml"
        toy = yaml.safe_load(TOY.read_text())
        update_config(toy, changes)
        config.write_text(yaml.safe_dump(toy))
        return SlurmProject(folder, config)

    return make
