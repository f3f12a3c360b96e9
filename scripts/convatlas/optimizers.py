"""torch's optimizers, as they are, without torch's compiler.

The first optimizer of a process imports ``torch._dynamo``, only so that the compiler, should
anybody use it, leaves some methods alone; and that takes longer than to import torch itself: some
three seconds of each job that trains. Here those methods leave the compiler alone, too.
"""

from collections.abc import Callable

import torch
from torch import optim
from torch.optim import LBFGS, Optimizer

__all__ = ["LBFGS", "SGD", "Adam", "AdamW", "Optimizer", "RMSprop"]

# the attribute under which torch._compile keeps what it made of a method at its first call; should
# torch come to keep it elsewhere, optimizers are merely as slow to begin as they would be anyway
for _method in vars(Optimizer).values():
    if _bare := getattr(_method, "__wrapped__", None):
        vars(_bare).setdefault("__dynamo_disable", _bare)


def _step_of(optimizer: type[Optimizer]) -> Callable:
    """Take an optimizer's step out of what asks the compiler; what is left of that is no_grad."""
    return torch.no_grad()(getattr(optimizer.step, "__wrapped__", optimizer.step))


class SGD(optim.SGD):
    """Stochastic gradient descent, with momentum if asked for (Sutskever et al. 2013)."""

    step = _step_of(optim.SGD)


class Adam(optim.Adam):
    """Adam (Kingma & Ba 2015, algorithm 1)."""

    step = _step_of(optim.Adam)


class AdamW(optim.AdamW):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2)."""

    step = _step_of(optim.AdamW)


class RMSprop(optim.RMSprop):
    """RMSprop (Hinton et al. 2012, lecture 6)."""

    step = _step_of(optim.RMSprop)
