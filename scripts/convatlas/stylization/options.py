"""What can be asked of a stylizer, checked before anything is computed."""

from collections.abc import Sequence
from dataclasses import dataclass

from convatlas.errors import ConvatlasError

COLORS = ("style", "luminance", "histogram")
NUMBER_FORMATS = ("float32", "bfloat16")
LEAST_TILE = 64


@dataclass(frozen=True)
class StylizationOptions:
    """How frames are restyled.

    Parameters
    ----------
    strength : float
        0 to 1. For a network with style embeddings, between that of the frame itself (0) and that
        of the style (1), after Ghiasi et al. 2017; 0 is not the frame unchanged but the frame in
        its own style. For a network of one style, between frame and result.
    weights : sequence of float, optional
        One for each style, not negative; they are divided by their sum. By default all alike.
    color : {"style", "luminance", "histogram"}
        Whose colours: the style's; the frame's, with the result's luminance; or the result's
        brought to the mean and covariance of the frame's (Gatys, Bethge, Hertzmann and Shechtman,
        *Preserving color in neural artistic style transfer*, 2016, sections 2 and 3).
    style_pixels : int
        Shorter side that style pictures are brought to. Published for 256; a larger one makes
        finer strokes, a smaller one coarser ones.
    number_format : {"float32", "bfloat16"}
        Of the convolutions; normalisation stays in float32. bfloat16 pays on processors that
        multiply it, as GPUs do.
    compile : bool
        Let torch compile the network: a minute at first, then up to 1.4 times as fast on a CPU. A
        machine without a C++ compiler goes on without it, and says so in the log.
    tile_pixels : int, optional
        Side of tiles; by default frames are cut only if memory asks for it.
    memory_mib : int, optional
        Of memory that may be used, for choosing tiles; by default most of what is free.
    """

    strength: float = 1.0
    weights: Sequence[float] | None = None
    color: str = "style"
    style_pixels: int = 256
    number_format: str = "float32"
    compile: bool = False
    tile_pixels: int | None = None
    memory_mib: int | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        ConvatlasError
            Names the option, its value and what it may be.
        """
        wrong = [
            (not 0 <= self.strength <= 1, "strength", "between 0 and 1"),
            (self.color not in COLORS, "color", f"one of {', '.join(COLORS)}"),
            (not 32 <= self.style_pixels <= 4096, "style_pixels", "between 32 and 4096"),
            (
                self.number_format not in NUMBER_FORMATS,
                "number_format",
                f"one of {', '.join(NUMBER_FORMATS)}",
            ),
            (
                self.tile_pixels is not None and self.tile_pixels < LEAST_TILE,
                "tile_pixels",
                f"at least {LEAST_TILE}, or null",
            ),
            (
                self.memory_mib is not None and self.memory_mib < 1,
                "memory_mib",
                "a number of MiB, or null",
            ),
            (
                self.weights is not None
                and (min(self.weights, default=0) < 0 or sum(self.weights) <= 0),
                "weights",
                "numbers that are not negative, one of them above 0",
            ),
        ]
        for bad, name, wanted in wrong:
            if bad:
                raise ConvatlasError(f"{name}: {getattr(self, name)!r}, but it has to be {wanted}")

    def shares(self, styles: int) -> list[float]:
        """Return the weight of each of so many styles; they add to 1.

        Raises
        ------
        ConvatlasError
            If there are more or fewer weights than styles.
        """
        weights = [1.0] * styles if self.weights is None else list(self.weights)
        if len(weights) != styles:
            raise ConvatlasError(
                f"weights: {len(weights)} of them for {styles} style pictures; give one for each"
            )
        return [weight / sum(weights) for weight in weights]
