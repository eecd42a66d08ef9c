"""Both servers as people start them: the API alone, and beside the page."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import Client
from indexer.cli import FAILED, main
from indexer.jobs import FOLDER
from indexer.serving import servers
from indexer.types import JobState
from tests.conftest import GUIDE, UPLOAD
from tests.indexer.trees import write

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 90  # to start, on a busy machine
TOKEN = "a-token-of-this-test"
COMMANDS = {"alone": ["indexer.cli", "serve", "--port"], "page": ["streamlit", "run", "ui", "--server.port"]}


@pytest.fixture(params=COMMANDS)
def process(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """A server of an index that is not made yet, with a token; and its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    ours = {"GTE_SEARCH_INDEX": str(tmp_path / "index"), "GTE_SEARCH_MODEL": "fake", "GTE_SEARCH_TOKEN": TOKEN}
    environment = os.environ | ours | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *COMMANDS[request.param], str(port)]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as running,
    ):
        deadline = time.monotonic() + SECONDS
        while not servers(tmp_path / "index") or not healthy(port):
            assert running.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield running, f"http://127.0.0.1:{port}"
        running.kill()


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_server_indexes_answers_and_takes_its_runs_with_it(
    process: tuple["subprocess.Popen[bytes]", str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    running, url = process
    tree = write(tmp_path / "project", {"src/upload.py": UPLOAD, "docs/guide.md": GUIDE})
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{url}/api/v1/repos", timeout=SECONDS)
    with Client(url, TOKEN, timeout=SECONDS) as client:
        *_, ended = client.follow(client.index(tree).id)
        assert ended.state is JobState.DONE, ended.log
        assert client.search("retry_failed").hits[0].symbol == "Uploader.retry_failed"
        assert client.update("project").path == tree

    monkeypatch.setenv("GTE_SEARCH_INDEX", str(tmp_path / "index"))
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    assert main(["search", "retry_failed"]) == 0  # shows the server what it announced
    assert "upload.py" in capsys.readouterr().out

    running.terminate()
    running.wait(SECONDS)
    assert list((tmp_path / "index" / FOLDER).iterdir()) == []
    assert servers(tmp_path / "index") == []


def test_without_a_token_nobody_else_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GTE_SEARCH_TOKEN", raising=False)
    for command in ("serve", "ui"):
        assert main([command, "--host", "0.0.0.0", "--index", str(tmp_path), "--model", "fake"]) == FAILED
        assert "GTE_SEARCH_TOKEN" in capsys.readouterr().err
    line = [sys.executable, "-m", "streamlit", "run", "ui", "--server.address", "0.0.0.0", "--server.port", "0"]
    environment = os.environ | {"GTE_SEARCH_INDEX": str(tmp_path), "PYTHONPATH": str(ROOT)}
    page = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert page.returncode != 0
    assert "GTE_SEARCH_TOKEN" in page.stdout + page.stderr
