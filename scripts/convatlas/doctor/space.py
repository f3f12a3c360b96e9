"""Whether the disks have room for a run, and can be written."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from convatlas.doctor.findings import Finding, say_size

RESULTS = 4_000_000_000
"""Of results and checkpoints, without downloads. Measured: 0.9 GB of GANs at their documents'
epochs with one seed, 0.4 GB of the demo, 0.2 GB of clips and denoisers; checkpoints of painters
take hundreds of MB. Several seeds and a margin make more than twice the sum."""
TEMPORARY = 500_000_000
"""What single jobs put into the folder for temporary files."""


def check_space(results: Path, cache: Path, *, copied: int, fetched: int) -> Iterator[Finding]:
    """Compare free space with an estimate, a disk at a time.

    Parameters
    ----------
    results, cache : Path
        Folders; they need not exist.
    copied : int
        Bytes of files from outside, of which results hold a copy each.
    fetched : int
        Bytes that have to be downloaded into the cache.
    """
    temporary = Path(tempfile.gettempdir())
    needs = [
        ("results", results, RESULTS + copied),
        ("cache", cache, fetched),
        ("temporary files", temporary, TEMPORARY),
    ]
    disks: dict[int, list[tuple[str, Path, int]]] = {}
    for name, folder, need in needs:
        place = _nearest(folder)
        if not _can_write(place):
            remedy = "choose another folder, or let it be written"
            yield Finding("fault", "disk", f"{name} cannot be written", str(place), remedy)
            continue
        disks.setdefault(place.stat().st_dev, []).append((name, place, need))
    for parts in disks.values():
        yield _compare(parts)


def _compare(parts: list[tuple[str, Path, int]]) -> Finding:
    free = shutil.disk_usage(parts[0][1]).free
    need = sum(part[2] for part in parts)
    estimates = ", ".join(f"{name} {say_size(size)}" for name, _, size in parts)
    told = f"{say_size(free)} free; a run takes some {say_size(need)} by estimate: {estimates}"
    where = ", ".join(dict.fromkeys(str(place) for _, place, _ in parts))
    if free < need:
        remedy = "free some, or put results and CONVATLAS_CACHE on another disk"
        return Finding("fault" if free < need / 4 else "warning", "disk", told, where, remedy)
    return Finding("ok", "disk", told, where)


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return place


def _can_write(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
