"""Ratios of measurements, of which some cannot be had."""


def ratio(over: float | None, under: float | None) -> float | None:
    """Return a ratio, or None where one of the two is not known, or the second is 0."""
    return over / under if over is not None and under else None
