"""Every example of the documentation runs, and finds something."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
SECONDS = 60  # for a server to start, on a busy machine


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


@pytest.fixture(scope="module")
def served(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """The same with a server of that index, which wants a token."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    ready = {**environment, "GTE_SEARCH_PORT": str(port), "GTE_SEARCH_TOKEN": "a-token-of-this-test"}
    with subprocess.Popen([sys.executable, "-m", "indexer.cli", "serve"], cwd=ROOT, env=ready) as server:
        deadline = time.monotonic() + SECONDS
        while not answers(port):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield ready
        server.terminate()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("example", sorted((EXAMPLES / "http").iterdir()), ids=lambda path: path.name)
def test_an_example_that_asks_a_server_runs(example: Path, served: dict[str, str]) -> None:
    line = ["bash", "-eu", str(example)] if example.suffix == ".sh" else [sys.executable, str(example)]
    done = subprocess.run(line, cwd=ROOT, env=served, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


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
