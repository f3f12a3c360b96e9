"""Dividing rows at random by shares."""

import numpy as np

from convatlas.errors import ConvatlasError

PARTS = ("train", "validation", "test")


def split_uniformly(
    count: int,
    shares: tuple[float, float, float],
    generator: np.random.Generator,
    *,
    what: str = "digits",
) -> dict[str, np.ndarray]:
    """Divide ``range(count)`` at random into disjoint parts that together are complete.

    Parameters
    ----------
    count : int
        How many there are.
    shares : tuple of float
        Shares of training, validation and test; they sum to 1. Sizes are rounded to the nearest
        integer, what is left goes to the test part.
    generator : numpy.random.Generator
        Source of the permutation.
    what : str
        What there are so many of, for messages.

    Returns
    -------
    dict of str to numpy.ndarray
        Sorted int64 indices per part.

    Raises
    ------
    ConvatlasError
        If the shares do not sum to 1 or a part would be empty.
    """
    if abs(sum(shares) - 1) > 1e-9 or min(shares) < 0:
        raise ConvatlasError(f"shares {shares}: three numbers from 0 to 1 that sum to 1 are needed")
    order = generator.permutation(count)
    first = round(count * shares[0])
    second = first + round(count * shares[1])
    parts = dict(zip(PARTS, np.split(order, [first, second]), strict=True))
    empty = [part for part, indices in parts.items() if len(indices) == 0]
    if empty:
        raise ConvatlasError(
            f"{count} {what} are too few for shares {shares}: {empty[0]} is left empty"
        )
    return {part: np.sort(indices) for part, indices in parts.items()}
