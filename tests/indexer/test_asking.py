"""A search from the command line by a running server, and by itself where none is right."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from embedder.fake import FakeEncoder
from indexer import Index, open_index
from indexer.asking import Asked, NoAnswerError
from indexer.cli import FAILED, FOUND, NOTHING, main
from indexer.serving import PREFIX, Serving, servers

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60  # to start, on a busy machine


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tree: Path) -> None:
    monkeypatch.setenv("GTE_SEARCH_INDEX", str(tmp_path / "index"))
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tree)


@pytest.fixture
def process(filled: Index, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A server of the index, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "indexer.cli", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path) as started:
        deadline = time.monotonic() + SECONDS
        while not (servers(tmp_path / "index") and answers(port)):
            assert started.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield started
        started.terminate()
        started.wait(SECONDS)
    assert list((tmp_path / "index").glob(f"{PREFIX}*")) == []


@pytest.fixture
def server(process: "subprocess.Popen[bytes]", tmp_path: Path) -> Serving:
    """What that server announced."""
    (found,) = servers(tmp_path / "index")
    assert found.pid == process.pid
    return found


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def unannounced(server: Serving, folder: Path) -> Iterator[None]:
    file = folder / f"{PREFIX}{server.pid}.json"
    away = file.rename(folder / "away")
    yield
    away.rename(file)


def timeless(out: str) -> object:
    try:
        result = json.loads(out)
    except ValueError:
        return out
    return {name: value for name, value in result.items() if name != "timings"} if "timings" in result else result


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["upload", "again"], FOUND),
        (["--json", "-k", "3", "retry_faild"], FOUND),
        (["--jsonl", "--lang", "python", "upload"], FOUND),
        (["--explain", "-c", "why does retry_faild give up"], FOUND),
        (["--here", "-l", "upload"], FOUND),
        (["--offset", "2", "--path", "src/**", "--kind", "method", "send"], FOUND),
        (["--lang", "rust", "upload"], NOTHING),
        (["--lang", "klingon", "upload"], FAILED),
    ],
)
def test_the_answer_is_the_same_by_a_server_and_without(
    arguments: list[str], status: int, server: Serving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", *arguments]) == status
    by_server = capsys.readouterr()
    with unannounced(server, tmp_path / "index"):
        assert main(["search", *arguments]) == status
    by_itself = capsys.readouterr()
    assert timeless(by_server.out) == timeless(by_itself.out)
    assert by_server.err == by_itself.err


def test_a_search_by_a_server_opens_no_index_and_loads_no_model(server: Serving, tmp_path: Path) -> None:
    code = "import sys; from indexer.cli import main; main(['search', 'upload']); print('numpy' in sys.modules)"

    def loads() -> str:
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return run.stdout.splitlines()[-1]

    assert loads() == "False"
    with unannounced(server, tmp_path / "index"):
        assert loads() == "True"


def test_a_server_with_another_model_or_cross_encoder_is_not_asked(
    server: Serving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "--rerank", "fake", "--json", "upload"]) == FOUND
    why = json.loads(capsys.readouterr().out)["hits"][0]["why"]
    assert "judged" in why or "rerank" in " ".join(why)


def test_a_killed_server_is_not_waited_for(
    process: "subprocess.Popen[bytes]", server: Serving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process.kill()
    process.wait()
    assert servers(tmp_path / "index") == []
    assert main(["search", "upload"]) == FOUND
    assert (tmp_path / "index" / f"{PREFIX}{server.pid}.json").exists()
    (tmp_path / "index" / f"{PREFIX}{server.pid}.json").unlink()


def test_a_server_that_took_over_the_port_is_not_taken_for_the_one_that_is_gone(server: Serving) -> None:
    with pytest.raises(NoAnswerError, match="421"):
        Asked(replace(server, token="another"))


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_what_speaks_otherwise_is_no_answer(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        serving = Serving(host="127.0.0.1", port=port, token="t", pid=os.getpid(), model="", rerank="")

        def speak() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(said)

        speaking = threading.Thread(target=speak)
        speaking.start()
        with pytest.raises(NoAnswerError):
            Asked(serving)
        speaking.join()


def test_another_machine_is_never_asked() -> None:
    with pytest.raises(NoAnswerError, match="not this machine"):
        Asked(Serving(host="192.0.2.1", port=80, token="t", pid=1, model="", rerank=""))


def test_an_answer_is_read_back_as_it_was(server: Serving, tree: Path, tmp_path: Path) -> None:
    with open_index(tmp_path / "index", encoder=FakeEncoder()) as index, Asked(server) as asked:
        one, other = index.search("retry_faild", limit=2), asked.search("retry_faild", limit=2)
        assert replace(other, timings=one.timings) == one
        assert asked.here(tree / "src") == index.here(tree / "src") == "project"
        assert asked.root("project") == index.root("project")
