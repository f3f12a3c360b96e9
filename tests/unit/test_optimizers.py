"""Optimizers are torch's own, bit for bit, and import no compiler."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from convatlas import optimizers

SCRIPTS = Path(__file__).parents[2] / "scripts"
KINDS = {
    "SGD": {"lr": 0.1, "momentum": 0.9},
    "Adam": {"lr": 0.1, "betas": (0.5, 0.9)},
    "AdamW": {"lr": 0.1, "weight_decay": 0.01},
    "RMSprop": {"lr": 0.1},
    "LBFGS": {"lr": 0.5},
}
STEPS = """
import sys, torch
from convatlas import optimizers
network = torch.nn.Linear(2, 1)
optimizer = getattr(optimizers, sys.argv[1])(network.parameters(), lr=0.1)
optimizer.load_state_dict(optimizer.state_dict())
def loss():
    optimizer.zero_grad()
    value = network(torch.ones(3, 2)).square().mean()
    value.backward()
    return value
optimizer.step(loss)
print("torch._dynamo" in sys.modules)
"""


def minimise(kind, options, steps=5):
    """Minimise a quartic from one start; return where it came to after each step."""
    x = torch.linspace(-2, 2, 6).requires_grad_()
    optimizer = kind([x], **options)
    path = []
    for _ in range(steps):

        def loss():
            optimizer.zero_grad()
            value = (x**4 - x).sum()
            value.backward()
            return value

        optimizer.step(loss)
        assert torch.is_grad_enabled()
        path.append(x.detach().clone())
    return torch.stack(path)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        *((name, {}) for name in KINDS),
        *((name, {"fused": True}) for name in ("SGD", "Adam", "AdamW")),
    ],
)
def test_every_step_is_that_of_torch(name, more):
    options = KINDS[name] | more
    ours = minimise(getattr(optimizers, name), options)
    theirs = minimise(getattr(torch.optim, name), options)
    assert not torch.equal(ours[0], ours[-1])
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", KINDS)
def test_no_compiler_is_imported(name):
    command = [sys.executable, "-c", STEPS, name]
    env = {"PYTHONPATH": str(SCRIPTS)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_they_save_and_load_each_others_state():
    x = torch.ones(3, requires_grad=True)
    ours, theirs = optimizers.Adam([x], lr=0.1), torch.optim.Adam([x], lr=0.2)
    x.sum().backward()
    ours.step()
    theirs.load_state_dict(ours.state_dict())
    assert theirs.param_groups[0]["lr"] == 0.1
    assert torch.equal(theirs.state[x]["exp_avg"], ours.state[x]["exp_avg"])
