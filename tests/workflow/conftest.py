"""One toy run that tests share, and copies of the project to edit."""

import shutil

import pytest

from toy_project import Project, copy_project


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
