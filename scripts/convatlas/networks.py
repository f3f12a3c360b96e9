"""Which networks there are, found without importing any of them."""

import ast
from pathlib import Path

FOLDER = Path(__file__).parent / "models"


def networks_available(base: str = "Module") -> list[str]:
    """List the names that ``network:`` may take, without importing any of the files.

    Parameters
    ----------
    base : str
        What the class is made from: ``Module`` for classifiers, ``AdversarialPair`` for GANs.
    """
    return [
        f"{file.stem}.{node.name}"
        for file in sorted(FOLDER.glob("*.py"))
        for node in ast.parse(file.read_bytes()).body
        if isinstance(node, ast.ClassDef) and _is_network(node, base)
    ]


def options_of(network: str) -> list[str]:
    """List what a network is built with, without importing its file.

    Parameters
    ----------
    network : str
        ``file.Class``, one of :func:`networks_available`.
    """
    file, name = network.split(".")
    body = ast.parse((FOLDER / f"{file}.py").read_bytes()).body
    (made,) = (node for node in body if isinstance(node, ast.ClassDef) and node.name == name)
    methods = [node for node in made.body if isinstance(node, ast.FunctionDef)]
    taken = [m.args.args[1:] + m.args.kwonlyargs for m in methods if m.name == "__init__"]
    return [argument.arg for arguments in taken for argument in arguments]


def _is_network(node: ast.ClassDef, wanted: str) -> bool:
    if node.name.startswith("_"):  # a part of a network
        return False
    names = [base.attr if isinstance(base, ast.Attribute) else base.id for base in node.bases]
    return wanted in names
