"""Transfers of style and dreams: pictures in rows, and losses over the steps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from convatlas.figures.style import PALETTE, WIDTH, house_style, require_columns, save_figure

TERMS = {"content": "content", "style": "style"}
DASHES = {"content": "-", "style": (0, (4, 1.5))}
PANEL = 2.9
"""Height of a panel with its labels, in inches."""
Pair = tuple[str, np.ndarray]


def arrange_transfers(
    originals: Sequence[np.ndarray],
    styles: Sequence[np.ndarray],
    pictures: Sequence[np.ndarray],
    captions: Sequence[Mapping[str, Any]],
) -> list[list[Pair]]:
    """Lay out transfers for :func:`convatlas.figures.stills.plot_stills`.

    Parameters
    ----------
    originals, pictures : sequence of numpy.ndarray
        Of each transfer: (height, width, 3) uint8.
    styles : sequence of numpy.ndarray
        All of the first transfer's, then the second's, and so on.
    captions : sequence of mapping
        Of each transfer: ``title``; ``styles``, how many it has; ``untrained``, whether its
        network never learnt.

    Returns
    -------
    list of list of (str, numpy.ndarray)
        A row each of photograph, styles and picture; if all have the same photograph and styles,
        these are shown once, and the pictures below.
    """
    rows, waiting = [], list(styles)
    for original, picture, caption in zip(originals, pictures, captions, strict=True):
        own, waiting = waiting[: caption["styles"]], waiting[caption["styles"] :]
        shown = [("photograph", original), *(("style", style) for style in own)]
        rows.append([*shown, (_title(caption), picture)])
    sources = [row[:-1] for row in rows]
    if len(rows) == 1 or any(not _same(sources[0], source) for source in sources):
        return rows
    made = [row[-1] for row in rows]
    return [sources[0], *_in_rows(made, 3)]


def arrange_dreams(
    originals: Sequence[np.ndarray],
    pictures: Sequence[np.ndarray],
    captions: Sequence[Mapping[str, Any]],
) -> list[list[Pair]]:
    """Lay out dreams for :func:`convatlas.figures.stills.plot_stills`.

    Returns
    -------
    list of list of (str, numpy.ndarray)
        A row each of photograph and dream; if all have the same photograph, it comes first.
    """
    made = [(_title(c), picture) for c, picture in zip(captions, pictures, strict=True)]
    if len(made) > 1 and all(_same([("", originals[0])], [("", other)]) for other in originals):
        return _in_rows([("photograph", originals[0]), *made], 3 if len(made) % 3 else 2)
    return [[("photograph", o), pair] for o, pair in zip(originals, made, strict=True)]


def _title(caption: Mapping[str, Any]) -> str:
    return caption["title"] + (" (untrained network)" if caption["untrained"] else "")


def _same(some: Sequence[Pair], others: Sequence[Pair]) -> bool:
    return len(some) == len(others) and all(
        np.array_equal(a, b) for (_, a), (_, b) in zip(some, others, strict=True)
    )


def _in_rows(pairs: Sequence[Pair], most: int) -> list[list[Pair]]:
    return [list(pairs[start : start + most]) for start in range(0, len(pairs), most)]


@house_style()
def draw_transfer_losses(histories: Sequence[tuple[str, pd.DataFrame]]) -> Figure:
    """Draw what :func:`plot_transfer_losses` saves."""
    for title, history in histories:
        require_columns(history, ["step", *TERMS], f"the history of {title}")
    count = len(histories)
    figure = Figure(figsize=(WIDTH if count > 1 else 0.62 * WIDTH, PANEL), layout="constrained")
    panels = figure.subplots(1, count, squeeze=False, sharey=True)[0]
    for axes, (title, history) in zip(panels, histories, strict=True):
        for color, (term, label) in zip(PALETTE, TERMS.items(), strict=False):
            # a picture that begins as the photograph has no content loss in its first step
            shown = history[history[term] > 0]
            axes.plot(shown["step"], shown[term], color=color, linestyle=DASHES[term], label=label)
        axes.set_yscale("log")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_xlabel("evaluations")
        axes.set_title(title)
    panels[0].set_ylabel("loss, without a unit (log scale)")
    panels[-1].legend(loc="best")
    return figure


def plot_transfer_losses(histories: Sequence[tuple[str, pd.DataFrame]], path: str | Path) -> None:
    """Plot the terms of content and of style over the steps.

    Parameters
    ----------
    histories : sequence of (str, pandas.DataFrame)
        Titles, and histories with the columns step, content and style.
    path : str or Path
        ``.svg`` or ``.png``.
    """
    save_figure(draw_transfer_losses(histories), path)
