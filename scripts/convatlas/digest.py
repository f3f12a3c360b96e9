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


class _WithoutDocstrings(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        # a constant that stands alone does nothing: a docstring, also one below an assignment
        return None if isinstance(node.value, ast.Constant) else node


@functools.cache
def _parse(path: Path) -> ast.Module:
    return _WithoutDocstrings().visit(ast.parse(path.read_bytes(), filename=str(path)))


def _module_files(package: Path, dotted: str) -> Iterator[Path]:
    """Give the files that ``import convatlas.a.b`` runs: a's and b's, and each ``__init__``."""
    folder = package.parent
    for name in dotted.split("."):
        folder = folder / name
        if (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
        elif folder.with_suffix(".py").is_file():
            yield folder.with_suffix(".py")


def _absolute(node: ast.ImportFrom, path: Path, package: Path) -> str:
    """Name the module that ``from x import y`` or ``from ..x import y`` means."""
    module = [node.module] if node.module else []
    if node.level:
        folder = path.parents[node.level - 1]
        if not folder.is_relative_to(package):
            return ".".join(module)  # Python refuses it, too
        module = [*folder.relative_to(package.parent).parts, *module]
    return ".".join(module)


def _imported(path: Path, package: Path) -> Iterator[Path]:
    for node in ast.walk(_parse(path)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            # `from convatlas.data import splits` may name a module or a thing in one: try both
            module = _absolute(node, path, package)
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
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
    files = sorted({file for path in starts for file in files_behind(path, package)})
    digest = hashlib.sha256()
    for file in files:
        tree = _parse(file)
        if chosen and file == chosen[0]:
            tree = _without_other_classes(tree, chosen[1])
        digest.update(file.name.encode())
        digest.update(ast.dump(tree).encode())
    for asset in sorted(assets):
        digest.update(asset.name.encode())
        digest.update(asset.read_bytes())
    return digest.hexdigest()[:12]
