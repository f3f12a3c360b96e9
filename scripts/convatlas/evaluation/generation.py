"""How near generated pictures are to real ones, and how diverse, beside the Fréchet distance."""

from collections.abc import Iterator

import numpy as np

from convatlas.errors import ConvatlasError

BLOCK = 1000
"""Rows of distances held at a time."""


def kernel_distance(
    one: np.ndarray,
    other: np.ndarray,
    generator: np.random.Generator,
    *,
    subsets: int = 100,
    size: int = 1000,
) -> dict[str, float]:
    r"""Return the kernel inception distance (KID), unbiased whatever the number of pictures.

    Binkowski, Sutherland, Arbel and Gretton, *Demystifying MMD GANs*, 2018, section 4: the squared
    maximum mean discrepancy with the kernel :math:`(x \cdot y / d + 1)^3`, averaged over subsets.

    Parameters
    ----------
    one, other : numpy.ndarray
        Features (n, d) and (m, d).
    generator : numpy.random.Generator
        Draws the subsets.
    subsets, size : int
        How many, and how many pictures each: at most half of the smaller set, or the subsets would
        be nearly the same pictures and their spread would say nothing.

    Returns
    -------
    dict
        ``mean`` over the subsets, and ``low`` and ``high``: the middle 95 % of the subsets' own
        values. It can be below 0: an unbiased estimate of nothing is.

    Raises
    ------
    ConvatlasError
        If a set has fewer than four pictures, so that half of it is no two.
    """
    least = min(len(one), len(other))
    size = min(size, least // 2)
    if size < 2:
        raise ConvatlasError(f"a kernel distance of {least} pictures: four at least are needed")
    values = [
        _squared_discrepancy(
            np.asarray(one[generator.choice(len(one), size, replace=False)], np.float64),
            np.asarray(other[generator.choice(len(other), size, replace=False)], np.float64),
        )
        for _ in range(subsets)
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    return {"mean": float(np.mean(values)), "low": float(low), "high": float(high)}


def _squared_discrepancy(one: np.ndarray, other: np.ndarray) -> float:
    """Return the unbiased estimate of two sets of one size (Gretton et al. 2012, lemma 6)."""
    count, dimension = one.shape

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / dimension + 1) ** 3

    within = sum(k.sum() - np.trace(k) for k in (kernel(one, one), kernel(other, other)))
    return float(within / (count * (count - 1)) - 2 * kernel(one, other).mean())


def precision_and_recall(
    real: np.ndarray, generated: np.ndarray, *, neighbours: int = 3
) -> dict[str, float]:
    """Return how much of what is generated looks real, and how much of the real is generated.

    Kynkäänniemi, Karras, Laine, Lehtinen and Aila, *Improved precision and recall metric for
    assessing generative models*, 2019, equations 1 and 2: a picture lies in a set's manifold if it
    is as near to one of the set as that one's k-th nearest neighbour is.

    Parameters
    ----------
    real, generated : numpy.ndarray
        Features (n, d) and (m, d); the paper takes as many of the one as of the other.
    neighbours : int
        k.

    Returns
    -------
    dict
        ``precision`` and ``recall``, 0 to 1.

    Raises
    ------
    ConvatlasError
        If a set has no more pictures than ``neighbours``.
    """
    if min(len(real), len(generated)) <= neighbours:
        raise ConvatlasError(
            f"{len(real)} real and {len(generated)} generated pictures: "
            f"more than {neighbours} of each are needed"
        )
    return {
        "precision": _share_within(real, generated, neighbours),
        "recall": _share_within(generated, real, neighbours),
    }


def _share_within(manifold: np.ndarray, pictures: np.ndarray, neighbours: int) -> float:
    """Return the share of pictures (m, d) that lie in the manifold of others (n, d)."""
    manifold, pictures = np.asarray(manifold, np.float64), np.asarray(pictures, np.float64)
    radii = np.concatenate(
        [
            # each is its own nearest, at distance 0
            np.partition(squared, neighbours, axis=1)[:, neighbours]
            for squared in _squared_distances(manifold, manifold, itself=True)
        ]
    )
    inside = [(squared <= radii).any(1) for squared in _squared_distances(pictures, manifold)]
    return float(np.concatenate(inside).mean())


def _squared_distances(
    rows: np.ndarray, columns: np.ndarray, *, itself: bool = False
) -> Iterator[np.ndarray]:
    """Give squared distances of all pairs, some rows at a time."""
    middle = columns.mean(0)  # differences of near numbers lose digits far from 0
    rows, columns = rows - middle, columns - middle
    lengths = (columns**2).sum(1)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        squared = (block**2).sum(1)[:, None] + lengths - 2 * block @ columns.T
        if itself:
            squared[np.arange(len(block)), start + np.arange(len(block))] = 0
        yield np.clip(squared, 0, None)


def class_shares(labels: np.ndarray, classes: int = 10) -> np.ndarray:
    """Return the share of each class among predicted labels (n,), as (classes,)."""
    return np.bincount(labels, minlength=classes) / max(1, len(labels))
