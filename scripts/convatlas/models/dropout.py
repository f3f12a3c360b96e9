"""Dropout that does not wait for random numbers."""

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 2**16


class Dropout(nn.Dropout):
    """Dropout (Srivastava et al. 2014), on a CPU with four decisions per random number.

    Torch draws one number per decision; in `banoy`'s GAN that is 28 % of a step
    (tests/benchmarks/gan_throughput.py has what is left of it). Here a number of 64 bits makes four
    decisions, each by 16 bits: the probability is right to 1 / 131,072. The numbers come from
    torch's default generator, as those of torch's own dropout.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, ...) to the same shape: a share p of numbers becomes 0, the others grow."""
        if not self.training or x.device.type != "cpu":
            return functional.dropout(x, self.p, self.training, self.inplace)
        numbers = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
        sixteenths = numbers.view(torch.int16)[: x.numel()].view(x.shape)  # -32,768 to 32,767
        kept = sixteenths >= round(self.p * LEVELS) - LEVELS // 2
        return x * (kept.to(x.dtype) / (1 - self.p))
