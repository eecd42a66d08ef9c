"""The public surface of each package is a list."""

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["embedder", "indexer"]


def order(name: str) -> tuple[bool, bool, str]:
    """CONSTANTS, then Classes, then functions, each by name: the order that ruff keeps."""
    return not name.isupper(), not name[0].isupper(), name


@pytest.mark.parametrize("name", PACKAGES)
def test_public_names_are_sorted_and_exist(name: str) -> None:
    package = importlib.import_module(name)
    assert package.__all__ == sorted(set(package.__all__), key=order)
    assert [missing for missing in package.__all__ if not hasattr(package, missing)] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_of_a_package_is_listed_private_or_there_for_its_own_functions(name: str) -> None:
    package = importlib.import_module(name)
    tree = ast.parse((ROOT / name / "__init__.py").read_text(encoding="utf-8"))
    found: set[str] = set()
    lazy = [node for block in tree.body if isinstance(block, ast.If) for node in block.body]  # for type checkers only
    for node in (*tree.body, *lazy):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == name:
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    used = {node.id for function in functions for node in ast.walk(function) if isinstance(node, ast.Name)}
    public = {one for one in found if not one.startswith("_")}
    assert public - used - set(package.__all__) == set()
    assert set(package.__all__) <= public


@pytest.mark.parametrize("name", ["embedder", "indexer", "training", "ui"])
def test_every_room_says_that_it_is_typed(name: str) -> None:
    assert (ROOT / name / "py.typed").exists()
