"""Sheets of digits: as they came, as they were read, and before and after preparation."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from convatlas.figures.sheet import SCALE, SIDE, paste_pictures, show_sheet, spread_evenly
from convatlas.figures.style import (
    INK,
    SOFT,
    WRONG,
    empty_figure,
    house_style,
    percent,
    require_columns,
    save_figure,
)

NOTHING = "No digits to show"


@house_style()
def draw_digits(images: np.ndarray, labels: np.ndarray, *, per_class: int = 10) -> Figure:
    """Draw what :func:`plot_digits` saves."""
    if len(images) == 0:
        return empty_figure(NOTHING)
    pitch = SIDE + 2
    chosen = [spread_evenly(np.flatnonzero(labels == digit), per_class) for digit in range(10)]
    tops = np.repeat(np.arange(10) * pitch, [len(rows) for rows in chosen])
    lefts = np.concatenate([np.arange(len(rows)) for rows in chosen]) * pitch
    sheet = paste_pictures(images[np.concatenate(chosen)], tops, lefts)
    # a sheet is as large as if no class lacked a digit
    full = np.full((10 * pitch - 2, max(map(len, chosen)) * pitch - 2), 255, np.uint8)
    full[: sheet.shape[0], : sheet.shape[1]] = sheet
    figure, axes = show_sheet(full, margins=(0.4, 0.15, 1.1, 0.15))
    for digit in range(10):
        middle, count = digit * pitch + SIDE / 2, int((labels == digit).sum())
        shown = len(chosen[digit])
        said = f"{shown} of {count:,}" if shown < count else f"all {count}" if count else "none"
        axes.text(-5, middle, str(digit), ha="right", va="center", size=13, weight="bold")
        axes.text(full.shape[1] + 3, middle, said, va="center", size=9.5, color=SOFT)
    return figure


def plot_digits(
    images: np.ndarray, labels: np.ndarray, path: str | Path, *, per_class: int = 10
) -> None:
    """Plot a sheet of digits, a row per class.

    Parameters
    ----------
    images : numpy.ndarray
        (n, 28, 28) uint8, white on black; shown as given.
    labels : numpy.ndarray
        (n,) 0 to 9.
    path : str or Path
        ``.png`` or ``.svg``.
    per_class : int
        How many of a class, taken evenly from its first to its last. Where there are fewer, places
        stay blank. Beside the row stands how many there are.
    """
    save_figure(draw_digits(images, labels, per_class=per_class), path)


@house_style()
def draw_predictions(images: np.ndarray, table: pd.DataFrame, *, columns: int = 10) -> Figure:
    """Draw what :func:`plot_predictions` saves."""
    require_columns(table, ["label", "predicted", "confidence"], "the table of predictions")
    if len(images) == 0:
        return empty_figure(NOTHING)
    places = np.arange(len(images))
    tops, lefts = places // columns * (SIDE + 17), places % columns * (SIDE + 7)
    sheet = paste_pictures(images, tops, lefts)
    # the captions need their room whatever the number of columns
    figure, axes = show_sheet(sheet, margins=(0.2, 0.12, 0.2, 0.45), scale=SCALE)
    for row, top, left in zip(table.itertuples(), tops, lefts, strict=True):
        wrong = row.predicted != row.label
        said = f"{row.predicted} ({percent(row.confidence, 0)} %)"
        below = {"ha": "center", "va": "top", "size": 8.5}
        middle, foot = left + SIDE / 2 - 0.5, top + SIDE + 0.8
        if not wrong:
            axes.text(middle, foot, said, color=INK, **below)
            continue
        axes.text(middle, foot, f"✗ {said}", color=WRONG, **below)
        axes.text(middle, foot + 6, f"true: {row.label}", color=WRONG, weight="bold", **below)
        frame = Rectangle((left - 0.5, top - 0.5), SIDE, SIDE, fill=False, ec=WRONG, lw=2.5)
        axes.add_patch(frame).set_clip_on(False)
    return figure


def plot_predictions(
    images: np.ndarray, table: pd.DataFrame, path: str | Path, *, columns: int = 10
) -> None:
    """Plot digits with what a network read in them.

    Parameters
    ----------
    images : numpy.ndarray
        (n, 28, 28) uint8, white on black.
    table : pandas.DataFrame
        A row per picture: label, predicted, confidence (0 to 1). Below each picture stands the
        prediction with its confidence; a wrong one has a frame, a cross and the true label.
    path : str or Path
        ``.png`` or ``.svg``.
    columns : int
        Pictures per row; more than 10 make a figure wider than its page.
    """
    save_figure(draw_predictions(images, table, columns=columns), path)


@house_style()
def draw_forms(
    plain: np.ndarray,
    mnist_form: np.ndarray,
    labels: np.ndarray,
    *,
    source: np.ndarray | None = None,
    per_source: int = 10,
) -> Figure:
    """Draw what :func:`plot_forms` saves."""
    if len(plain) == 0:
        return empty_figure(NOTHING)
    source = np.full(len(plain), "") if source is None else np.asarray(source)
    names = list(dict.fromkeys(source.tolist()))
    chosen = [spread_evenly(np.flatnonzero(source == name), per_source) for name in names]
    heading, group = (18, 2 * SIDE + 2 + 28) if any(names) else (8, 2 * SIDE + 2 + 18)
    starts = heading + np.arange(len(names)) * group
    tops = np.concatenate([[top] * len(rows) for top, rows in zip(starts, chosen, strict=True)])
    lefts = np.concatenate([np.arange(len(rows)) for rows in chosen]) * (SIDE + 3)
    rows = np.concatenate(chosen)
    sheet = paste_pictures(
        [*plain[rows], *mnist_form[rows]],
        np.concatenate([tops, tops + SIDE + 2]),
        np.concatenate([lefts, lefts]),
    )
    figure, axes = show_sheet(sheet, margins=(1.05, 0.1, 0.2, 0.15))
    for name, top in zip(names, starts, strict=True):
        axes.text(0, top - 9, name, va="bottom", weight="bold")
        for row, form in enumerate(("resized\nonly", "MNIST\nform")):
            middle = top + row * (SIDE + 2) + SIDE / 2
            axes.text(-4, middle, form, ha="right", va="center", size=9.5)
    for label, top, left in zip(labels[rows], tops, lefts, strict=True):
        axes.text(
            left + SIDE / 2, top - 1, str(label), ha="center", va="bottom", size=9, color=SOFT
        )
    return figure


def plot_forms(
    plain: np.ndarray,
    mnist_form: np.ndarray,
    labels: np.ndarray,
    path: str | Path,
    *,
    source: np.ndarray | None = None,
    per_source: int = 10,
) -> None:
    """Plot what the preparation does: each digit resized only, and below it in MNIST's form.

    Parameters
    ----------
    plain, mnist_form : numpy.ndarray
        (n, 28, 28) uint8, white on black: the same digits in the two forms.
    labels : numpy.ndarray
        (n,) 0 to 9, written above each pair.
    path : str or Path
        ``.png`` or ``.svg``.
    source : numpy.ndarray, optional
        (n,) text: the sheet or file of each digit; a band of the figure each.
    per_source : int
        How many digits of a source, taken evenly from its first to its last.
    """
    figure = draw_forms(plain, mnist_form, labels, source=source, per_source=per_source)
    save_figure(figure, path)
