"""Which networks there are, found without importing any of them."""

import ast
from pathlib import Path

FOLDER = Path(__file__).parent / "models"


def networks_available() -> list[str]:
    """List the names that ``network:`` may take, without importing any of the files."""
    return [
        f"{file.stem}.{node.name}"
        for file in sorted(FOLDER.glob("*.py"))
        for node in ast.parse(file.read_bytes()).body
        if isinstance(node, ast.ClassDef) and _is_network(node)
    ]


def _is_network(node: ast.ClassDef) -> bool:
    if node.name.startswith("_"):  # a part of a network
        return False
    return any(isinstance(base, ast.Attribute) and base.attr == "Module" for base in node.bases)
