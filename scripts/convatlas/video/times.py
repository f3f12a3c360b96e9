"""When frames are shown: which of a file's times to trust, and where some are missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

FEW = 0.05  # of a steady clip's intervals may be longer: more of them, and its rate varies


@dataclass(frozen=True)
class Times:
    """Times of frames, in the order of showing, strictly increasing.

    `repaired` of them were made up; `own` is false where a frame cannot be found by its time, as
    the times are not those that its packets carry.
    """

    values: list[int]
    repaired: int
    own: bool


def shown_times(shown: Sequence[int | None], decoded: Sequence[int | None], step: int) -> Times:
    """Settle when frames are shown.

    Parameters
    ----------
    shown, decoded : sequence of int or None
        Presentation and decoding timestamps, as frames come from the decoder. AVI keeps neither:
        what is computed for a clip with B-frames is then in disorder, and the times of decoding
        are those of showing (ffmpeg's own best effort decides the same way).
    step : int
        Ticks of a frame at the told rate.

    Returns
    -------
    Times
        Missing ones are filled in; a jump back shifts all that follows.
    """
    if all(time is None for time in (*shown, *decoded)):  # a bare stream keeps no times
        return Times([number * step for number in range(len(shown))], 0, own=False)
    if 10 * _disorder(shown) > len(shown) and not _disorder(decoded):
        held = decoded.index(None) if None in decoded else len(decoded)
        if held and not any(time is not None for time in decoded[held:]):
            rest = [decoded[held - 1] + step * n for n in range(1, len(decoded) - held + 1)]
            return Times([*decoded[:held], *rest], 0, own=False)
    values, repaired = _increasing(shown, step)
    return Times(values, repaired, own=not repaired)


def _disorder(times: Sequence[int | None]) -> int:
    known = [time for time in times if time is not None]
    return sum(after <= before for before, after in pairwise(known))


def _increasing(given: Sequence[int | None], step: int) -> tuple[list[int], int]:
    times: list[int] = []
    shift = repaired = 0
    for value in given:
        if value is None:
            time = times[-1] + step if times else 0
            repaired += 1
        else:
            time = value + shift
            if times and time <= times[-1]:
                repaired += 1
                if times[-1] - time > 10 * step:
                    shift += times[-1] + step - time
                    time = times[-1] + step
                else:
                    time = times[-1] + 1
        times.append(time)
    return times, repaired


def mean_rate(times: list[int], lengths: list[int], base: Fraction, told: Fraction) -> Fraction:
    """Return frames per second: the told rate where the times agree with it, else their mean."""
    measured = len(times) / ((times[-1] + lengths[-1] - times[0]) * base)
    if abs(measured / told - 1) < 0.01 or len(times) == 1:
        return Fraction(told)
    return measured.limit_denominator(100_000)


def missing_frames(times: Sequence[int]) -> int:
    """Count frames that seem to be missing in the middle of a clip of a steady rate.

    Parameters
    ----------
    times : sequence of int
        In order.

    Returns
    -------
    int
        0 where the rate varies: a long interval means nothing there.
    """
    steps = np.diff(times)
    if len(steps) < 8:
        return 0
    usual = np.median(steps)
    # times are rounded to ticks; where a tick is a whole frame nothing is rounded
    near = np.abs(steps - usual) <= min(max(1, 0.02 * usual), 0.4 * usual)
    long = steps > 1.5 * usual
    if not (near | long).all() or long.sum() > max(1, FEW * len(steps)):
        return 0
    return int(np.round(steps[long] / usual - 1).sum())
