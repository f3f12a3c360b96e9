"""Which files came to mean something else since a job was done, found in the history of git.

A job's ``code`` parameter is one digest over all files behind it. The files are not recorded; but a
commit at which they give the same digest had the same files, as far as they mean anything.
"""

import ast
import io
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from convatlas.digest import digest_of_code, files_behind
from convatlas.training.painters import STEPS

MOST_COMMITS = 40
"""How far back is looked: each costs about half a second."""
Recipe = Callable[[Path], tuple[list[Path], dict[str, Any]]]


def read_recipe(
    rule: str, text: str, wildcards: Mapping[str, str], config: Mapping[str, Any]
) -> Recipe:
    """Find out what a rule's digest is of, as ``digest_of`` and ``digest_with_network`` make it.

    Parameters
    ----------
    rule : str
        Its name.
    text : str
        Its text in ``rules/``.
    wildcards : mapping of str to str
        The job's.
    config : mapping
        The merged config.

    Returns
    -------
    callable
        From a ``scripts/`` folder to what ``digest_of_code`` is given: paths, and keywords.
    """
    call = re.search(r"code=(digest_\w+)\(([^)]*)\)", text)
    name, words = (call[1], [w.strip() for w in call[2].split(",")]) if call else ("", [])
    given = [ast.literal_eval(word) for word in words if word[:1] in "\"'"]
    script = given[0] if given else rule

    def recipe(scripts: Path) -> tuple[list[Path], dict[str, Any]]:
        package = scripts / "convatlas"
        paths, options = [scripts / f"{script}.py"], {"package": package}
        if name == "digest_with_network":
            section, wildcard = given[1:3] if len(given) > 2 else ("models", "model")
            file, network = config[section][wildcards[wildcard]]["network"].split(".")
            paths += [package / "training" / f"{STEPS[file][0]}.py"] if "STEPS" in words else []
            options["chosen"] = (package / "models" / f"{file}.py", network)
        elif len(given) > 1:
            folders = [sorted((package / folder).glob("*")) for folder in given[1:]]
            options["assets"] = tuple(file for files in folders for file in files)
        return paths, options

    return recipe


def find_changes(
    repository: Path, scripts: Path, recipe: Recipe, before: str
) -> tuple[str, list[str]] | None:
    """Find the newest commit whose code gives a digest, and what means something else since.

    Parameters
    ----------
    repository : Path
        The checkout.
    scripts : Path
        Its ``scripts`` folder, as it lies here now.
    recipe : callable
        As of :func:`read_recipe`.
    before : str
        The digest that the job was done with.

    Returns
    -------
    tuple of str and list of str, or None
        The commit, and the files by their paths in ``scripts/``, each with what became of it;
        None if none of the last :data:`MOST_COMMITS` has it.
    """
    now = _digests(scripts, recipe)
    for commit in _commits(repository):
        with tempfile.TemporaryDirectory() as folder:
            if not _unpack(repository, commit, Path(folder)):
                continue
            there = Path(folder) / "scripts"
            try:
                paths, options = recipe(there)
                if digest_of_code(*paths, **options) != before:
                    continue
                then = _digests(there, recipe)
            except (OSError, KeyError, SyntaxError):  # it had no such script or network yet
                continue
        return commit, list(_compare(then, now))
    return None


def newer_files(scripts: Path, recipe: Recipe, since: float) -> list[str]:
    """Name the files behind a job that were written after a time: a hint where git knows none."""
    paths, options = recipe(scripts)
    return sorted(
        str(file.relative_to(scripts))
        for file in _files(paths, options)
        if file.stat().st_mtime > since
    )


def _files(paths: Sequence[Path], options: Mapping[str, Any]) -> set[Path]:
    starts = [*paths, *([options["chosen"][0]] if "chosen" in options else [])]
    found = {file for path in starts for file in files_behind(path, options["package"])}
    return found | set(options.get("assets", ()))


def _digests(scripts: Path, recipe: Recipe) -> dict[str, str]:
    """Digest every file behind a job by itself."""
    paths, options = recipe(scripts)
    package, chosen = options["package"], options.get("chosen")
    alone = scripts / "no package"  # so that no import is followed
    digests = {}
    for file in _files(paths, options):
        key = str(file.relative_to(scripts))
        if file in options.get("assets", ()):
            digests[key] = digest_of_code(package=package, assets=(file,))
        else:
            network = chosen if chosen and file == chosen[0] else None
            starts = () if network else (file,)
            digests[key] = digest_of_code(*starts, package=alone, chosen=network)
    return digests


def _compare(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for file in sorted({*then, *now}):
        if file not in now:
            yield f"{file} (no longer imported)"
        elif file not in then:
            yield f"{file} (not imported then)"
        elif then[file] != now[file]:
            yield file


def _commits(repository: Path) -> list[str]:
    command = ["log", f"-{MOST_COMMITS}", "--format=%H", "--", "scripts"]
    done = _git(repository, *command)
    return [] if done is None else done.decode("ascii").split()


def _unpack(repository: Path, commit: str, folder: Path) -> bool:
    packed = _git(repository, "archive", "--format=tar", commit, "scripts")
    if packed is None:
        return False
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return True


def _git(repository: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed words and a commit's digits, no shell
            ["git", "-C", str(repository), *arguments],  # noqa: S607
            capture_output=True,
            check=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
