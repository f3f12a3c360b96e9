"""Whether what comes from outside is at hand: in the cache, or in a mirror."""

import copy
import re
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

from convatlas.catalog import Catalog
from convatlas.data.availability import choose_datasets
from convatlas.data.remote import FetchError, RemoteFile, is_url, verify_file
from convatlas.doctor.findings import Finding, join_some, say_size

WEIGHTS = ("features", "stylizers", "backbones")
"""Sections of the config whose files are weights that others trained."""


def check_sources(
    config: Mapping[str, Any],
    mirror: str | None,
    cache: Path,
    *,
    needed: Container[str] | None = None,
    verify: bool = False,
) -> Iterator[Finding]:
    """Look for the files from outside that a run takes.

    Parameters
    ----------
    config : mapping
        The checked config.
    mirror : str or None
        A folder or an url.
    cache : Path
        The cache folder.
    needed : container of str, optional
        Names of the files that a run takes; all that the config declares, if not given.
    verify : bool
        Also digest the files, which reads all of them; sizes alone are looked at otherwise.
    """
    declared = _declared(config, mirror, cache, needed)
    published = names_of_weights(config)
    kinds = {
        "data": {name: file for name, file in declared.items() if name not in published},
        "published weights": {name: file for name, file in declared.items() if name in published},
    }
    for what, files in kinds.items():
        remotes = [RemoteFile.from_config(file) for file in files.values()]
        yield from _check_files(what, remotes, mirror, cache, verify=verify)


def names_of_weights(config: Mapping[str, Any]) -> set[str]:
    """Name the files of networks that others trained."""
    sections = {key: {} for key in config} | {key: config[key] for key in WEIGHTS}
    only = {**sections, "datasets": {}, "clips": {}, "pictures": {}}
    return set(Catalog(only).remote_files())


def bytes_to_fetch(
    config: Mapping[str, Any],
    mirror: str | None,
    cache: Path,
    needed: Container[str] | None = None,
) -> tuple[int, int]:
    """Return how many bytes a run takes from outside, and how many of them go into the cache."""
    declared = _declared(config, mirror, cache, needed)
    files = [RemoteFile.from_config(file) for file in declared.values()]
    absent = [file for file in files if not _places(file, mirror, cache)]
    return sum(file.size for file in files), sum(file.size for file in absent)


def read_downloads(plan: str, folder: str) -> set[str]:
    """Name the files that a plan takes from outside.

    Parameters
    ----------
    plan : str
        What ``snakemake --dry-run`` has printed.
    folder : str
        Where downloads are put.
    """
    return set(re.findall(rf"^ *output: {re.escape(folder)}/(\S+)$", plan, re.M))


def _declared(
    config: Mapping[str, Any], mirror: str | None, cache: Path, needed: Container[str] | None
) -> dict[str, Mapping[str, Any]]:
    config = copy.deepcopy(dict(config))  # which is changed, and not ours
    choose_datasets(config, mirror, cache)  # which is an error where a table cannot be had
    files = Catalog(config).files_to_fetch()
    return {name: file for name, file in files.items() if needed is None or name in needed}


def _places(remote: RemoteFile, mirror: str | None, cache: Path) -> list[Path]:
    """Return where a file lies, in the order in which a run looks."""
    folders = [cache, *([Path(mirror).expanduser()] if mirror and not is_url(mirror) else [])]
    return [folder / remote.name for folder in folders if (folder / remote.name).is_file()]


def _check_files(
    what: str, remotes: list[RemoteFile], mirror: str | None, cache: Path, *, verify: bool
) -> Iterator[Finding]:
    absent, right = [], 0
    for remote in remotes:
        found = _places(remote, mirror, cache)
        wrong = {place: fault for place in found if (fault := _fault(place, remote, verify=verify))}
        for place, fault in wrong.items():
            remedy = "delete it: the next run fetches it again"
            if cache not in place.parents:
                remedy = "copy it again from where the mirror was made (make pack), or delete it"
            yield Finding("fault", what, f"{remote.name}: {fault}", str(place), remedy)
        if len(wrong) < len(found):
            right += 1
        elif not found:
            absent.append(remote)
    looked = "sizes and digests" if verify else "sizes"
    where = f"{cache}{f' and {mirror}' if mirror else ''}"
    if absent:
        yield _say_absent(what, absent, mirror, where)
    if right or not remotes:
        told = f"{right} of {len(remotes)} files are at hand, by {looked}"
        yield Finding("ok", what, told if remotes else "nothing is asked for", where)


def _say_absent(what: str, absent: list[RemoteFile], mirror: str | None, where: str) -> Finding:
    names = join_some([remote.name for remote in absent])
    size = say_size(sum(remote.size for remote in absent))
    by_hand = [remote.name for remote in absent if not remote.urls]
    if by_hand and not (mirror and is_url(mirror)):
        told = f"{len(by_hand)} have no url, and are not here: {join_some(by_hand)}"
        return Finding(
            "fault", what, told, where, "put them into the cache, or into a mirror, by hand"
        )
    if mirror and is_url(mirror):
        told = f"{len(absent)} ({size}) come from the mirror when they are needed: {names}"
        return Finding("ok", what, told, mirror)
    told = f"{len(absent)} ({size}) will be downloaded: {names}"
    remedy = "make datasets fetches them; without a network: make pack elsewhere, CONVATLAS_MIRROR"
    return Finding("warning", what, told, where, remedy)


def _fault(path: Path, remote: RemoteFile, *, verify: bool) -> str | None:
    """Say what is wrong with a file, or return None; what is packed has no size to go by."""
    if verify:
        try:
            verify_file(path, remote)
        except FetchError as error:
            return str(error.__cause__ or error)
        return None
    size = path.stat().st_size
    if size == 0 or (remote.content == "plain" and size != remote.size):
        return f"measures {size} bytes, and should {remote.size}"
    return None
