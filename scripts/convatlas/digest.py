"""A digest of what code means: of syntax trees, without comments and docstrings.

Snakemake reruns a job when a parameter of it changes. Given this digest as a parameter, a job
reruns when its script, or a package module that the script imports however indirectly, comes to
mean something else; and neither for a comment, nor for a touched file.
"""

import ast
import atexit
import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from convatlas.kept import KeptAnswers, content_of

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""What holds statements; all else is expressions, which hold neither docstrings nor imports."""

# to parse all of the package takes longer than all else that these questions need
_answers = KeptAnswers(Path(__file__))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Give every statement in a node, however deep, and drop those that do nothing."""
    for name in _BLOCKS:
        block = getattr(node, name, None)
        if isinstance(block, list):
            # a constant that stands alone does nothing: a docstring, also one below an assignment
            block[:] = [line for line in block if not _is_constant(line)]
            for line in block:
                yield line
                yield from _statements(line)


def _is_constant(line: ast.AST) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


@functools.cache
def _parse(path: Path) -> tuple[ast.Module, list[ast.AST]]:
    """Return a file's tree without docstrings, and all of its statements."""
    tree = ast.parse(content_of(path), filename=str(path))
    return tree, list(_statements(tree))


def _module_files(package: Path, dotted: str) -> Iterator[Path]:
    """Give the files that ``import convatlas.a.b`` runs: a's and b's, and each ``__init__``."""
    folder = package.parent
    for name in dotted.split("."):
        folder = folder / name
        if (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
        elif folder.with_suffix(".py").is_file():
            yield folder.with_suffix(".py")


def _absolute(level: int, module: str, path: Path, package: Path) -> str:
    """Name the module that ``from x import y`` or ``from ..x import y`` means."""
    parts = [module] if module else []
    if level:
        folder = path.parents[level - 1]
        if not folder.is_relative_to(package):
            return module  # Python refuses it, too
        parts = [*folder.relative_to(package.parent).parts, *parts]
    return ".".join(parts)


def _named_imports(path: Path) -> list[tuple[int, str, list[str]]]:
    """List what a file's imports say: level, module, and the names that it takes from there."""
    found = []
    for node in _parse(path)[1]:
        if isinstance(node, ast.Import):
            found += [(0, alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            found.append((node.level, node.module or "", names))
    return found


@functools.cache
def _imported(path: Path, package: Path) -> frozenset[Path]:
    """Give the package's files that a file imports itself."""
    found = set()
    imports = _answers.find("imports", path, lambda: _named_imports(path))
    for level, module, names in imports:
        # `from convatlas.data import splits` may name a module or a thing in one: try both
        absolute = _absolute(level, module, path, package)
        for name in (absolute, *(f"{absolute}.{name}" for name in names)):
            if name.split(".")[0] == package.name:
                found.update(_module_files(package, name))
    return frozenset(found)


@functools.cache
def files_behind(path: Path, package: Path) -> tuple[Path, ...]:
    """List a script and every module of the package that it imports, however indirectly.

    Parameters
    ----------
    path : Path
        A script or module.
    package : Path
        The package's folder; imports of anything else are not followed.

    Returns
    -------
    tuple of Path
        Sorted, each once.

    Raises
    ------
    SyntaxError
        If one of them is not Python; file and line are in the message.
    """
    found, waiting = set(), [path]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(_imported(current, package))
    return tuple(sorted(found, key=str))


def _names(tree: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _without_other_classes(tree: ast.Module, name: str) -> ast.Module:
    """Drop the classes of a module that the one of that name has nothing to do with."""
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    # what stays anyway (functions) may use classes, too
    waiting = [
        name,
        *(n for node in tree.body if node not in classes.values() for n in _names(node)),
    ]
    kept = set()
    while waiting:
        current = waiting.pop()
        if current in classes and current not in kept:
            kept.add(current)
            waiting.extend(_names(classes[current]))
    body = [n for n in tree.body if not isinstance(n, ast.ClassDef) or n.name in kept]
    return ast.Module(body=body, type_ignores=[])


@functools.cache
def _meaning(path: Path, name: str | None = None) -> str:
    """Digest what a file means; with a name, without classes that this one does not use."""

    def work_out() -> str:
        tree, _ = _parse(path)
        written = ast.dump(tree if name is None else _without_other_classes(tree, name))
        return hashlib.sha256(written.encode()).hexdigest()

    return _answers.find(f"meaning {name}" if name else "meaning", path, work_out)


@functools.cache  # a rule's jobs ask for the same, thousands of them
def digest_of_code(
    *paths: Path,
    package: Path,
    assets: tuple[Path, ...] = (),
    chosen: tuple[Path, str] | None = None,
) -> str:
    """Digest the meaning of scripts, with all of the package that stands behind them.

    Parameters
    ----------
    *paths : Path
        Scripts and modules to start from.
    package : Path
        The package's folder.
    assets : tuple of Path
        Files that are not Python (templates), digested by content.
    chosen : tuple of Path and str, optional
        A module and the class in it that the config chose (a network by its name): digested as
        well, without the module's other classes that this one does not use.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    starts = (*paths, chosen[0]) if chosen else paths
    files = sorted({file for path in starts for file in files_behind(path, package)}, key=str)
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        digest.update(_meaning(file, chosen[1] if chosen and file == chosen[0] else None).encode())
    for asset in sorted(assets):
        digest.update(asset.name.encode())
        digest.update(asset.read_bytes())
    return digest.hexdigest()[:12]


class RuleDigests:
    """Gives rules functions that digest their code, each once a job asks and not before.

    A process of its own for a job, and Snakemake starts many, so reads one script, not all of them.

    Parameters
    ----------
    scripts : Path
        The folder of the rules' scripts; the package lies in it.
    config : mapping
        What names networks.
    kept_in : Path, optional
        A JSON file where what is found of the code is kept for the next process.
    """

    def __init__(
        self, scripts: Path, config: Mapping[str, Any], kept_in: Path | None = None
    ) -> None:
        self._scripts, self._config = scripts, config
        self._package = scripts / "convatlas"
        if kept_in:
            _answers.keep_in(kept_in)
            atexit.register(_answers.save)

    def of(self, rule: str, *assets: str) -> Callable[[Any], str]:
        """Digest what a rule's script means, all of the package behind it, folders of assets."""

        def digest(_wildcards: Any) -> str:  # noqa: ANN401
            folders = (self._package / folder for folder in assets)
            files = tuple(path for folder in folders for path in sorted(folder.glob("*")))
            script = self._scripts / f"{rule}.py"
            return digest_of_code(script, package=self._package, assets=files)

        return digest

    def with_modules(self, rule: str, modules: Iterable[str]) -> Callable[[Any], str]:
        """Digest the same, and modules of the package that no import names."""

        def digest(_wildcards: Any) -> str:  # noqa: ANN401
            paths = [self._package / module for module in modules]
            return digest_of_code(self._scripts / f"{rule}.py", *paths, package=self._package)

        return digest

    def with_network(
        self,
        rule: str,
        section: str = "models",
        wildcard: str = "model",
        steps: Mapping[str, Any] | None = None,
    ) -> Callable[[Any], str]:
        """Digest the same, and the network that an entry of the config names, and its steps."""

        def digest(wildcards: Any) -> str:  # noqa: ANN401
            entry = self._config[section][getattr(wildcards, wildcard)]
            file, name = entry["network"].split(".")
            paths = [self._package / "training" / f"{steps[file][0]}.py"] if steps else []
            chosen = (self._package / "models" / f"{file}.py", name)
            script = self._scripts / f"{rule}.py"
            return digest_of_code(script, *paths, package=self._package, chosen=chosen)

        return digest
