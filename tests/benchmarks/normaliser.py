"""What the MNIST procedure does to MNIST's own pictures: by how many pixels it moves them."""

import argparse

import numpy as np

from record import mirror, write_record


def displacement(before: np.ndarray, after: np.ndarray, reach: int = 4) -> tuple[int, float]:
    """Return the best whole-pixel shift (larger of the two axes), and how far the mass moved."""
    best, shift = -np.inf, (0, 0)
    a, b = before.astype(float), after.astype(float)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            match = (np.roll(a, (down, right), (0, 1)) * b).sum()
            if match > best:
                best, shift = match, (down, right)
    axis = np.arange(28.0)
    centre = [
        np.array([(p.sum(1) * axis).sum(), (p.sum(0) * axis).sum()]) / p.sum() for p in (a, b)
    ]
    return max(map(abs, shift)), float(np.abs(centre[1] - centre[0]).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=5000)
    options = parser.parse_args()
    folder = mirror()

    from convatlas.data.idx import read_idx
    from convatlas.data.mnist_form import to_mnist_form

    images = read_idx(folder / "mnist" / "train-images-idx3-ubyte.gz")[: options.pictures]
    moved = [displacement(image, to_mnist_form(image)) for image in images]
    shifts = np.array([shift for shift, _ in moved])
    centres = np.array([centre for _, centre in moved])
    write_record(
        "normaliser",
        f"python tests/benchmarks/normaliser.py --pictures {options.pictures}",
        {
            "pictures": len(images),
            "share_shifted_at_most_1_pixel": float((shifts <= 1).mean()),
            "share_mass_moved_at_most_1_pixel": float((centres <= 1).mean()),
            "share_both": float(((shifts <= 1) & (centres <= 1)).mean()),
        },
    )


if __name__ == "__main__":
    main()
