"""The worked cases of the lecture on convolutions (``pitie``), computed, beside its slides."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from convatlas.models.convolution_numpy import (
    conv2d,
    conv_transpose2d,
    conv_transpose2d_by_zeros,
    max_pool2d,
    output_side,
)

WORKED = "worked"
"""What the cases are computed on, in ``metrics.json``: no data, but the slides' own tables."""


def work_table(case: Mapping[str, Any]) -> np.ndarray:
    """Compute a case whose picture is given number by number.

    Parameters
    ----------
    case : mapping
        ``operation``, ``picture`` (height, width) and what the operation needs.

    Returns
    -------
    numpy.ndarray
        (height', width').
    """
    picture = np.array(case["picture"])[None, :, :, None]
    if case["operation"] == "max_pooling":
        return max_pool2d(picture, case["size"], stride=case.get("stride"))[0, :, :, 0]
    kernel = np.array(case["kernel"])[:, :, None, None]
    stride = case.get("stride", 1)
    if case["operation"] == "transposed_convolution":
        return conv_transpose2d(picture, kernel, stride=stride)[0, :, :, 0]
    padding = case.get("padding", "valid")
    return conv2d(picture, kernel, stride=stride, padding=padding)[0, :, :, 0]


def measure_case(case: Mapping[str, Any], *, seed: int) -> dict[str, float]:
    """Measure a case: what comes out, and what it takes.

    Parameters
    ----------
    case : mapping
        An entry of ``convolutions`` in the config.
    seed : int
        Of the numbers on which a transposed convolution is compared with the slides' way of it.

    Returns
    -------
    dict of str to float
        ``height``, ``width``, ``channels``, ``units``; ``weights`` and ``biases`` of filters;
        ``one_in``, of all places that a window can stand at, how many there are to one that is
        kept; ``difference`` between both ways of a transposed convolution.
    """
    height, width, channels = case.get("picture_shape") or (*np.shape(case["picture"]), 1)
    stride = case.get("stride", 1)
    if case["operation"] == "max_pooling":
        step = case.get("stride") or case["size"]
        sides = [output_side(side, case["size"], stride=step) for side in (height, width)]
        return _counts(*sides, channels)
    shape = tuple(case.get("kernel_shape") or (*np.shape(case["kernel"]), 1, 1))
    filters = {"weights": float(np.prod(shape)), "biases": float(shape[3])}
    if case["operation"] == "transposed_convolution":
        random = np.random.default_rng(seed)
        picture = random.standard_normal((1, height, width, channels))
        kernels = random.standard_normal(shape)
        made = conv_transpose2d(picture, kernels, stride=stride)
        other = conv_transpose2d_by_zeros(picture, kernels, stride=stride)
        difference = {"difference": float(np.abs(made - other).max())}
        return _counts(*made.shape[1:]) | filters | difference
    padding = case.get("padding", "valid")
    windows = list(zip((height, width), shape, strict=False))
    every = [output_side(side, window, padding=padding) for side, window in windows]
    kept = [output_side(side, window, stride=stride, padding=padding) for side, window in windows]
    one_in = float(np.prod(every) / np.prod(kept))
    return _counts(*kept, shape[3]) | filters | {"one_in": one_in}


def _counts(height: int, width: int, channels: int) -> dict[str, float]:
    sides = {"height": height, "width": width, "channels": channels}
    return {**sides, "units": height * width * channels}


def compare_case(name: str, case: Mapping[str, Any], *, seed: int) -> list[dict[str, Any]]:
    """Set what a slide prints beside what comes out, a row for each quantity."""
    measured, rows = measure_case(case, seed=seed), []
    for quantity, printed in case["document"].items():
        if quantity == "values":
            found = work_table(case)
            same = found.shape == np.shape(printed) and np.array_equal(found, printed)
            told = [_tell(np.asarray(table)) for table in (printed, found)]
        else:
            same = bool(np.isclose(measured[quantity], printed, rtol=0, atol=1e-9))
            told = [printed, measured[quantity]]
        rows.append(
            {
                "case": name,
                "title": case["title"],
                "quantity": quantity,
                "document": told[0],
                "computed": told[1],
                "agrees": "yes" if same else "no",
            }
        )
    return rows


def _tell(table: np.ndarray) -> str:
    return " | ".join(" ".join(f"{value:g}" for value in row) for row in table)


def compare_cases(cases: Mapping[str, Mapping[str, Any]], *, seed: int) -> pd.DataFrame:
    """Set all cases beside their slides.

    Parameters
    ----------
    cases : mapping
        ``convolutions`` of the config.
    seed : int
        See :func:`measure_case`.

    Returns
    -------
    pandas.DataFrame
        case, title, quantity, document, computed, agrees (``yes`` or ``no``).
    """
    rows = [row for name, case in cases.items() for row in compare_case(name, case, seed=seed)]
    return pd.DataFrame(rows)


def metrics_of_cases(
    cases: Mapping[str, Mapping[str, Any]], *, seed: int
) -> dict[str, dict[str, Any]]:
    """Return what claims about the cases are judged by: quantities by case.

    Of printed tables, ``agreeing_values``: how many of their numbers come out.
    """
    metrics = {}
    for name, case in cases.items():
        found = measure_case(case, seed=seed)
        if "values" in case["document"]:
            printed, made = np.array(case["document"]["values"]), work_table(case)
            same = made == printed if made.shape == printed.shape else np.zeros(1)
            found["agreeing_values"] = float(np.sum(same))
        metrics[name] = {"dataset": WORKED} | {key: once(value) for key, value in found.items()}
    return metrics


def once(value: float) -> dict[str, Any]:
    """Return the summary of what is computed once, and has no spread."""
    value = float(value)
    return {
        "mean": value, "low": None, "high": None, "seeds": 1, "values": [value],
        "unit": "computation",
    }  # fmt: skip


def lay_out_cases(table: pd.DataFrame) -> pd.DataFrame:
    """Lay out what :func:`compare_cases` gives for people, all of it as text."""
    told = {
        "one_in": "places to one that is kept",
        "difference": "difference to zeros and a convolution",
    }
    shown = table.rename(columns={"document": "slide", "title": "worked case"})
    shown["quantity"] = shown["quantity"].replace(told)
    for column in ("slide", "computed"):
        shown[column] = [_shorten(text) for text in shown[column]]
    return shown[["worked case", "quantity", "slide", "computed", "agrees"]]


def _shorten(text: str) -> str:
    """Write a lone number with commas, or the power of ten of what is next to nothing."""
    try:
        number = float(text)
    except ValueError:
        return text
    if 0 < abs(number) < 1e-6:
        return f"{number:.0e}"
    return f"{number:,.0f}" if number == round(number) else f"{number:,.2f}"


def steps_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a figure of a case with numbers shows.

    Returns
    -------
    dict
        ``title``; ``picture`` (height, width), with zeros around where padding lays them;
        ``padding``, how wide; ``kernel`` or None; ``made``; ``stride``, and ``window``, its rows
        and columns.
    """
    picture, made = np.array(case["picture"]), work_table(case)
    kernel = np.array(case["kernel"]) if "kernel" in case else None
    window = kernel.shape if kernel is not None else (case["size"],) * 2
    around = window[0] // 2 if case.get("padding") == "same" else 0
    return {
        "title": case["title"],
        "picture": np.pad(picture, around),
        "padding": around,
        "kernel": kernel,
        "made": made,
        "window": window,
        "stride": case.get("stride") or (1 if kernel is not None else case["size"]),
    }
