"""Benchmarks take hours and are not run here; what they import has to be there all the same."""

import ast
import importlib
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_benchmark_imports_of_the_package_is_there(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("convatlas"):
            module = importlib.import_module(node.module)
            for wanted in node.names:
                if not hasattr(module, wanted.name):
                    importlib.import_module(f"{node.module}.{wanted.name}")
