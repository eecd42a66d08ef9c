"""The public surface of each package is a list."""

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["embedder", "indexer"]


@pytest.mark.parametrize("name", PACKAGES)
def test_public_names_are_sorted_and_exist(name: str) -> None:
    package = importlib.import_module(name)
    assert package.__all__ == sorted(set(package.__all__))
    assert [missing for missing in package.__all__ if not hasattr(package, missing)] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_that_a_package_defines_or_imports_from_itself_is_listed_or_private(name: str) -> None:
    package = importlib.import_module(name)
    tree = ast.parse((ROOT / name / "__init__.py").read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == name:
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    assert {one for one in found if not one.startswith("_")} == set(package.__all__)


@pytest.mark.parametrize("name", ["embedder", "indexer", "training", "ui"])
def test_every_room_says_that_it_is_typed(name: str) -> None:
    assert (ROOT / name / "py.typed").exists()
