"""Heavy libraries stay behind their doors."""

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "transformers",
    "streamlit",
    "faiss",
    "ctranslate2",
    "fastapi",
    "mcp",
    "pypdfium2",
    "docx",
    "pptx",
    "lxml",
)


def loaded_by(code: str) -> set[str]:
    """Run code in a fresh interpreter; return the heavy libraries that it loaded."""
    report = f"import sys; print(*(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    run = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True)
    return set(run.stderr.split())


@pytest.mark.parametrize(
    "package", ["embedder", "indexer", "indexer.cli", "indexer.reading", "training.recipe", "training.export"]
)
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    assert loaded_by(f"import {package}") == set()


def test_the_help_of_the_command_line_loads_nothing_heavy() -> None:
    code = "from indexer.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert loaded_by(code) == set()


def test_the_check_sees_a_library_that_was_loaded() -> None:
    assert loaded_by("import lxml") == {"lxml"}
