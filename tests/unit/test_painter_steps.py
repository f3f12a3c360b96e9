"""Which steps a painter learns by, and that those of one are nothing to another."""

import inspect
from pathlib import Path

import numpy as np
import pytest
import torch

from convatlas.digest import files_behind
from convatlas.models.cyclegan import CycleGAN
from convatlas.models.stylegan_layers import append_deviation
from convatlas.painter_catalog import NETWORKS
from convatlas.settings import painters as faults
from convatlas.training.cyclegan import CycleSettings
from convatlas.training.painters import STEPS, choose_steps

SCRIPTS = Path(__file__).parents[2] / "scripts"
GALLERIES = {"paintings": np.zeros((3, 8, 8, 3), np.uint8)}


def test_every_painter_has_steps_of_its_own():
    assert set(STEPS) == {network.split(".")[0] for network in NETWORKS}
    for network in NETWORKS:
        both = {**GALLERIES, "photographs": GALLERIES["paintings"]}
        given = both if network.startswith("cyclegan") else GALLERIES
        settings, kind = choose_steps(network, {"epochs": 3, "batch_size": 2}, given)
        run = getattr(kind, "func", kind)
        assert settings.epochs == 3
        assert (run.__module__.rsplit(".", 1)[-1], run.__name__) == STEPS[network.split(".")[0]]
        assert type(settings) is run.SETTINGS


def test_the_script_imports_the_steps_of_no_painter():
    behind = files_behind(SCRIPTS / "train_painter.py", SCRIPTS / "convatlas")
    steps = {SCRIPTS / "convatlas" / "training" / f"{file}.py" for file, _ in STEPS.values()}
    assert not steps & set(behind)
    assert all(path.is_file() for path in steps)
    for path in steps:
        assert not (steps - {path}) & set(files_behind(path, SCRIPTS / "convatlas"))


def test_halvings_of_which_nothing_is_said_are_the_networks():
    assert inspect.signature(CycleGAN).parameters["halvings"].default == faults.HALVINGS


def test_what_is_said_of_no_translator_is_what_its_training_takes():
    assert CycleSettings(epochs=200, batch_size=1).constant_epochs == faults.CONSTANT_EPOCHS


def test_groups_are_those_that_the_discriminator_makes():
    assert inspect.signature(append_deviation).parameters["group"].default == faults.GROUP


def group_faults(**training):
    return list(faults._group_faults("stylegan2", training, lambda path: "painters.yaml"))


@pytest.mark.parametrize("count", range(1, 14))
def test_batches_at_fault_are_those_in_which_no_pictures_are_compared(count):
    """What the deviation says of pictures far apart, beside what the fault does."""
    pictures = torch.randn(count, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    deaf = append_deviation(pictures)[:, -1].max().item() < 0.01
    assert bool(group_faults(batch_size=count)) == deaf


@pytest.mark.parametrize(("chunk", "count"), [(0, 25), (1, 1), (5, 5), (8, 1), (9, 7), (15, 0)])
def test_of_a_batch_in_chunks_each_is_looked_at_and_the_whole_is_not(chunk, count):
    """25 pictures; 0 is for what is right."""
    told = group_faults(batch_size=25, chunk_size=chunk)
    assert [f"; {count} cannot be cut" in fault for fault in told] == [True] * bool(count)


@pytest.mark.parametrize("halvings", [1, 2, 3])
def test_fewer_places_than_the_fault_says_do_not_work(halvings):
    judge = CycleGAN(2, 1, halvings).discriminator["painting"]
    least = faults.PLACES * 2**halvings
    assert judge(torch.zeros(1, 3, least, least)).shape[2:] == (1, 1)
    with pytest.raises((ValueError, RuntimeError)):
        judge(torch.zeros(1, 3, least - 1, least - 1))
