"""From a seed to every random number."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convatlas.seeding import derive_seed, numpy_generator, torch_generator

SCRIPTS = Path(__file__).parents[2] / "scripts"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**63), st.text(max_size=20))
def test_a_derived_seed_suits_every_generator(seed, purpose):
    derived = derive_seed(seed, purpose)
    assert 0 <= derived < 2**63
    assert derived == derive_seed(seed, purpose)
    torch.Generator().manual_seed(derived)


def test_seeds_and_purposes_do_not_share_streams():
    purposes = ("shuffle", "augment", "weights", "network", "split uniform", "")
    derived = {derive_seed(seed, purpose) for seed in range(200) for purpose in purposes}
    assert len(derived) == 200 * len(purposes)


def test_it_is_the_same_on_every_machine_and_in_every_process():
    # a change of these numbers would change every result
    assert derive_seed(0, "shuffle") == 2832207294378337202
    assert derive_seed(7, "weights") == 2742793654008248148
    code = "from convatlas.seeding import derive_seed; print(derive_seed(0, 'shuffle'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == derive_seed(0, "shuffle")


def test_generators_follow_the_derived_seed():
    numbers = numpy_generator(3, "a").random(4)
    np.testing.assert_array_equal(numbers, np.random.default_rng(derive_seed(3, "a")).random(4))
    assert (numbers != numpy_generator(3, "b").random(4)).all()
    drawn = torch.rand(4, generator=torch_generator(3, "a"))
    expected = torch.rand(4, generator=torch.Generator().manual_seed(derive_seed(3, "a")))
    assert torch.equal(drawn, expected)
    assert torch_generator(3, "a").device.type == "cpu"
