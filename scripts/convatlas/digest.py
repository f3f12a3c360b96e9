"""A digest of what code means: of syntax trees, without comments and docstrings.

Snakemake reruns a job when a parameter of it changes. Given this digest as a parameter, a job
reruns when its script, or a package module that the script imports however indirectly, comes to
mean something else; and neither for a comment, nor for a touched file.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return tree


@functools.cache
def _parse(path: Path) -> ast.Module:
    return _without_docstrings(ast.parse(path.read_bytes(), filename=str(path)))


def _module_files(package: Path, dotted: str) -> Iterator[Path]:
    """Give the files that ``import convatlas.a.b`` runs: a's and b's, and each ``__init__``."""
    folder = package.parent
    for name in dotted.split("."):
        folder = folder / name
        if (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
        elif folder.with_suffix(".py").is_file():
            yield folder.with_suffix(".py")


def _imported(path: Path, package: Path) -> Iterator[Path]:
    for node in ast.walk(_parse(path)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from convatlas.data import splits` may name a module or a thing in one: try both
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] == package.name:
                yield from _module_files(package, name)


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
    return tuple(sorted(found))


def digest_of_code(*paths: Path, package: Path, assets: tuple[Path, ...] = ()) -> str:
    """Digest the meaning of scripts, with all of the package that stands behind them.

    Parameters
    ----------
    *paths : Path
        Scripts and modules to start from. A script whose choice of module comes from the config
        (a network by its name) is digested together with that module.
    package : Path
        The package's folder.
    assets : tuple of Path
        Files that are not Python (templates), digested by content.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    files = sorted({file for path in paths for file in files_behind(path, package)})
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode())
        digest.update(ast.dump(_parse(file)).encode())
    for asset in sorted(assets):
        digest.update(asset.name.encode())
        digest.update(asset.read_bytes())
    return digest.hexdigest()[:12]
