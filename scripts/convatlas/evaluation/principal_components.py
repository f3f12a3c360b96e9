"""What principal components leave of the testing part, which an ablation shows.

Apart from :mod:`convatlas.evaluation.reconstruction`, which stands behind the fits too: a change
there fits every autoencoder anew.
"""

from collections.abc import Mapping
from typing import Any

from convatlas.data.partition import Table
from convatlas.evaluation.intervals import summarise_values
from convatlas.evaluation.reconstruction import principal_components_error

TESTING_FLOOR = "principal_components_testing_error"


def add_testing_floor(
    measured: Mapping[str, Mapping[str, Any]], table: Table
) -> dict[str, dict[str, Any]]:
    """Add to each width the testing error of as many principal components of the training part.

    Parameters
    ----------
    measured : mapping
        As of :func:`convatlas.evaluation.reconstruction.measure_autoencoders`.
    table : Table
        What it was measured on.
    """
    train, test = table.part("train"), table.part("test")
    return {
        name: entry
        | {
            TESTING_FLOOR: summarise_values(
                [principal_components_error(train, test, entry["hidden"])]
            )
        }
        for name, entry in measured.items()
    }
