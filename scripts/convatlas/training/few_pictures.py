"""What training on few pictures shares: ticks in the place of epochs, and mirrored pictures."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from convatlas.models.adversarial_pair import AdversarialPair
from convatlas.training.adversarial_settings import AdversarialSettings
from convatlas.training.adversarial_steps import AdversarialRun

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FewPicturesSettings(AdversarialSettings):
    """How to train on few pictures.

    Attributes
    ----------
    epochs : int
        Ticks: snapshots, histories and progress are told by them.
    images_per_tick : int
        Real pictures that the discriminator sees in a tick, all of them over and over; 0 makes a
        tick of every picture once.
    mirrored : bool
        Whether half of the real pictures are mirrored, left to right.
    precision : str
        ``bfloat16`` on a GPU only: a CPU computes in float32 whatever is asked, and the log says so
        once.
    """

    images_per_tick: int = 4000
    mirrored: bool = True


class FewPicturesRun(AdversarialRun):
    """Everything of a training on few pictures that changes.

    Attributes
    ----------
    SETTINGS : type
        The settings of each kind.
    """

    SETTINGS: type[FewPicturesSettings] = FewPicturesSettings
    STREAMS = ("shuffle", "latent", "mirror")

    def __init__(self, pair: AdversarialPair, settings: FewPicturesSettings, seed: int) -> None:
        super().__init__(pair, settings, seed)
        if settings.precision != "float32" and not self._rounds(self.device):
            logger.info("precision %s is for GPUs: computing in float32", settings.precision)
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)

    def draw_order(self, count: int) -> Tensor:
        """Draw the pictures of a tick: all of them, over and over, in a new order each time."""
        wanted = self.settings.images_per_tick or count
        orders = [super(FewPicturesRun, self).draw_order(count) for _ in range(-(-wanted // count))]
        return torch.cat(orders)[:wanted]

    def look(self) -> None:
        """Keep no discriminators: nobody asks them afterwards."""

    def about_epoch(self, row: Mapping[str, float]) -> dict[str, float]:
        """Return seconds that a thousand pictures took, and on a GPU the most memory held."""
        more = {"seconds_per_kimg": 1000 / row["images_per_second"]}
        if self.device.type == "cuda":
            more["gpu_peak_mb"] = torch.cuda.max_memory_allocated(self.device) / 1e6
            torch.cuda.reset_peak_memory_stats(self.device)
        return more

    def _rounds(self, device: torch.device) -> bool:
        return device.type == "cuda" and super()._rounds(device)

    def mirror(self, real: Tensor) -> Tensor:
        """Mirror about half of the pictures (n, c, h, w)."""
        if not self.settings.mirrored:
            return real
        turned = torch.rand(len(real), generator=self.streams["mirror"]) < 0.5
        return torch.where(turned.to(real.device)[:, None, None, None], real.flip(3), real)
