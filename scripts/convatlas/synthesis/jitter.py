"""Shifts by which a picture is rolled, for it to answer to no pixel's exact place."""

import torch


def draw_shifts(most: int, generator: torch.Generator) -> tuple[int, int]:
    """Draw how many rows and columns to roll by, from -most to most; nothing is drawn for 0."""
    if not most:
        return 0, 0
    rows, columns = torch.randint(-most, most + 1, (2,), generator=generator).tolist()
    return rows, columns
