"""Whether results can be written where the config wants them."""

import tempfile
from pathlib import Path

from convatlas.errors import ConvatlasError


def check_results_folder(folder: str) -> None:
    """Make sure that results can be written, before hours go into them.

    Raises
    ------
    ConvatlasError
        If the folder, or the nearest one above it that exists, is a file or may not be written.
    """
    place = Path(folder).resolve()
    while not place.exists():
        place = place.parent
    remedy = "give another with --config 'pathvars={results: FOLDER}' or free this one"
    if not place.is_dir():
        raise ConvatlasError(f"results folder '{folder}': {place} is a file; {remedy}")
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise ConvatlasError(
            f"results folder '{folder}': {place} cannot be written ({error.strerror}); {remedy}"
        ) from None
