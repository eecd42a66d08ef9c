"""Every example of the documentation runs, and finds something."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An index of `examples/` of its own, made with the encoder that needs no weights."""
    folder = tmp_path_factory.mktemp("examples")
    settings = {"GTE_SEARCH_INDEX": str(folder / "index"), "GTE_SEARCH_MODEL": "fake", "HOME": str(folder)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ready = {**os.environ, **settings, "PATH": path, "PYTHONPATH": str(ROOT)}
    run(["-m", "indexer.cli", "index", "examples"], ready)
    return ready


def run(arguments: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_a_python_example_runs(example: Path, environment: dict[str, str]) -> None:
    assert run([str(example)], environment).strip()


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.sh")), ids=lambda path: path.name)
def test_a_shell_example_runs(example: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-eu", str(example)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_python_example_of_the_examples_folder_finds_the_alarm(environment: dict[str, str]) -> None:
    assert "station/alerts.py" in run(["examples/search_api.py", "alarm raised when level crossed"], environment)
