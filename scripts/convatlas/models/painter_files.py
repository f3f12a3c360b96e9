"""What of a painter goes into a file of a stylizer."""

from torch import nn


class _Holder(nn.Module):
    """A module with another's weights, under a name within it."""

    def __init__(self, translator: nn.Module) -> None:
        super().__init__()
        self.translator = translator


def as_stylizer(generator: nn.Module) -> nn.Module:
    """Return what of a painter's generator restyles frames.

    Parameters
    ----------
    generator : torch.nn.Module
        Of a StyleGAN2, as it is; of a CycleGAN, both, of which the one that paints is taken.
    """
    if isinstance(generator, nn.ModuleDict):
        return _Holder(generator["to_painting"])
    return generator
