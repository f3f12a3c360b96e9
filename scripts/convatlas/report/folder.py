"""Write a folder of pages as a whole: all of the new ones, or the old ones as they were."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from convatlas.errors import ConvatlasError
from convatlas.report.videos import FOLDER


def replace_folder(
    destination: Path, pages: Mapping[str, str], files: Mapping[str, Path] | None = None
) -> int:
    """Put pages where an earlier report may stand.

    The new folder is written beside the old one and takes its place by renaming. A page that is no
    longer made is gone with the old folder, and a failure at any point leaves the old report there.

    Parameters
    ----------
    destination : Path
        The folder. Its parents are made where they lack.
    pages : mapping of str to str
        File name to text.
    files : mapping of str to Path, optional
        Place within the folder to a file that is copied there: videos beside the pages.

    Returns
    -------
    int
        The bytes of the pages.

    Raises
    ------
    ConvatlasError
        If `destination` holds anything that is not a page or a video: it is then somebody's folder.
    """
    _refuse_foreign(destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    # In the same parent, hence on the same file system, where a rename cannot be half done.
    staging = Path(tempfile.mkdtemp(prefix=f".{destination.name}-", dir=destination.parent))
    try:
        fresh = staging / "fresh"
        fresh.mkdir()
        written = 0
        for name, text in sorted(pages.items()):
            content = text.encode("utf-8")
            (fresh / name).write_bytes(content)
            written += len(content)
        for name, source in (files or {}).items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, fresh / name)
        _swap(fresh, destination, staging / "old")
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return written


def _refuse_foreign(destination: Path) -> None:
    if not destination.exists():
        return
    if not destination.is_dir():
        raise ConvatlasError(f"{destination} is a file: the report is a folder")
    # Hidden files are the workflow's own marks in a folder that it made.
    foreign = sorted(
        entry.name
        for entry in destination.iterdir()
        if not entry.name.startswith(".") and entry.suffix != ".html" and entry.name != FOLDER
    )
    if foreign:
        raise ConvatlasError(
            f"{destination} holds {foreign[0]}, which no report has: name an empty folder for it"
        )


def _swap(fresh: Path, destination: Path, aside: Path) -> None:
    had_old = destination.exists()
    if had_old:
        destination.rename(aside)
    try:
        fresh.rename(destination)
    except OSError:
        if had_old:
            aside.rename(destination)
        raise
