"""What jobs ask a machine for."""

from collections.abc import Callable
from typing import Any


def growing(megabytes: int) -> Callable[[Any, int], int]:
    """Make a resource: so much memory, and twice as much at every try after one that failed."""

    def asked(_wildcards: Any, attempt: int) -> int:  # noqa: ANN401
        return megabytes * 2 ** (attempt - 1)

    return asked
