"""Numbers of any size on axes and beside marks, and how many words a legend's line holds."""

import numpy as np
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def write_number(value: float, digits: int = 2) -> str:
    """Write a number of any size: ``0.012``, or with a power of ten where that is shorter."""
    if 1e-4 <= abs(value) < 1e5 or value == 0:
        text = f"{value:#.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}"
        return text.rstrip(".").replace("-", MINUS)
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}{TIMES}10{_raise(exponent)}".replace("-", MINUS)


def _raise(exponent: str) -> str:
    return str(int(exponent)).translate(SUPERSCRIPT)


def _write_power(value: float, _: int) -> str:
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{float(mantissa):g}{TIMES}10{_raise(exponent)}".removeprefix(f"1{TIMES}")


def set_log_axis(axis: Axis, low: float, high: float) -> None:
    """Make an axis logarithmic from low to high, with a handful of ticks that can be read."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log", f"{axis.axis_name}lim": (low, high)})
    decades, plain = np.log10(high / low), low >= 5e-5 and high < 1e5
    locator = LogLocator(subs=(1, 2, 5) if decades < 2.2 else (1,), numticks=8)
    axis.set_major_locator(locator if decades > 0.7 else MaxNLocator(4, steps=[1, 2, 5, 10]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(_write_plain if plain else _write_power))


def _write_plain(value: float, _: int) -> str:
    return f"{value:,.10g}"


def fit_columns(labels: list[str]) -> int:
    """Return how many columns of a legend fit on the page, whose line holds 118 letters."""
    for columns in range(len(labels), 1, -1):
        height = -(-len(labels) // columns)
        heads = [labels[i : i + height] for i in range(0, len(labels), height)]
        if sum(max(map(len, head)) + 9.5 for head in heads) <= 118:
            return columns
    return 1
