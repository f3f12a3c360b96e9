"""How StyleGAN2 is trained."""

from dataclasses import dataclass, field

from convatlas.training.adversarial_settings import OptimizerSettings
from convatlas.training.few_pictures import FewPicturesSettings


def _adam() -> OptimizerSettings:
    return OptimizerSettings(learning_rate=0.0025, beta1=0.0, beta2=0.99)


@dataclass(frozen=True)
class StyleSettings(FewPicturesSettings):
    """How to train a style-based pair; the defaults are those of the papers for few pictures.

    Attributes
    ----------
    chunk_size : int
        Pictures that go through the networks at once, where memory is short: gradients of losses
        and penalties are those of the batch, the sum over its chunks. Only what a layer sees beside
        a picture is of its chunk, the groups of the discriminator's deviation. 0 takes whole
        batches.
    mixing : float
        Share of generated pictures whose later layers take the style of another latent vector
        (Karras et al. 2019, section 3.1).
    path_weight : float
        Of path length regularisation (Karras et al. 2020, section 3.2), of half as many pictures as
        a batch; 0 for none.
    path_every : int
        Steps between two such penalties, which are weighted up accordingly (section 3.1).
    average_images : float
        Pictures after which the generator's average has forgotten half (appendix B: 10,000), at
        most ``average_share`` of those seen so far; 0 for no average.
    average_share : float
        See ``average_images``.
    augmentation : str
        ``adaptive`` (Karras et al. 2020b), ``light`` (Zhao et al. 2020), or ``none``.
    real_signs : float
        Of adaptive augmentation: the mean sign of D's answers to real pictures that is aimed at.
    augmentation_images : int
        Of adaptive augmentation: pictures in which its probability can go from 0 to 1.
    """

    generator: OptimizerSettings = field(default_factory=_adam)
    discriminator: OptimizerSettings = field(default_factory=_adam)
    chunk_size: int = 0
    mixing: float = 0.9
    path_weight: float = 2.0
    path_every: int = 4
    average_images: float = 10_000
    average_share: float = 0.05
    augmentation: str = "adaptive"
    real_signs: float = 0.6
    augmentation_images: int = 500_000

    @property
    def averages(self) -> bool:
        """Whether there is a moving average of the generator's weights."""
        return self.average_images > 0
