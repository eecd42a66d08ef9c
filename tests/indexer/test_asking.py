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
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from embedder.fake import FakeEncoder
from indexer import open_index
from indexer.asking import HELLO_SECONDS, Asked, NoAnswerError
from indexer.cli import FAILED, FOUND, NOTHING, main
from indexer.serving import PREFIX, Serving, servers
from tests.conftest import GUIDE, SERVER, UPLOAD
from tests.indexer.trees import write

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60  # to start, on a busy machine


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An indexed folder, with the index beside it."""
    base = tmp_path_factory.mktemp("asking")
    root = write(base / "project", {"src/upload.py": UPLOAD, "src/server.go": SERVER, "docs/guide.md": GUIDE})
    with open_index(base / "index", create=True, encoder=FakeEncoder()) as index:
        index.sync([root])
    return root


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tree: Path) -> None:
    monkeypatch.setenv("GTE_SEARCH_INDEX", str(tree.parent / "index"))
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tree)


@pytest.fixture(scope="module")
def server(tree: Path) -> Iterator[Serving]:
    """What a server of the index announced, once it answers."""
    port = free_port()
    index = tree.parent / "index"
    command = [sys.executable, "-m", "indexer.cli", "serve", "--port", str(port), "--index", str(index)]
    environment = os.environ | {"GTE_SEARCH_MODEL": "fake", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tree.parent, env=environment) as process:
        deadline = time.monotonic() + SECONDS
        while not (servers(index) and answers(port)):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        (found,) = servers(index)
        assert found.pid == process.pid
        yield found
        process.terminate()
        process.wait(SECONDS)
    assert list(index.glob(f"{PREFIX}*")) == []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def unannounced(server: Serving, tree: Path) -> Iterator[None]:
    file = tree.parent / "index" / f"{PREFIX}{server.pid}.json"
    away = file.rename(tree.parent / "away")
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
        (["--offset", "1", "--path", "src/**", "upload"], FOUND),
        (["--lang", "rust", "upload"], NOTHING),
        (["--lang", "klingon", "upload"], FAILED),
    ],
)
def test_the_answer_is_the_same_by_a_server_and_without(
    arguments: list[str], status: int, server: Serving, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", *arguments]) == status
    by_server = capsys.readouterr()
    with unannounced(server, tree):
        assert main(["search", *arguments]) == status
    by_itself = capsys.readouterr()
    assert timeless(by_server.out) == timeless(by_itself.out)
    assert by_server.err == by_itself.err


def opens_the_index(*arguments: str) -> bool:
    """Tell whether a search in a process of its own does the work itself."""
    code = "import sys; from indexer.cli import main; main(sys.argv[1:]); print('numpy' in sys.modules)"
    command = [sys.executable, "-c", code, "search", *arguments, "upload"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(run.stdout.splitlines()) > 1
    return run.stdout.splitlines()[-1] == "True"


def test_a_search_by_a_server_opens_no_index_and_loads_no_model(server: Serving, tree: Path) -> None:
    assert not opens_the_index()
    with unannounced(server, tree):
        assert opens_the_index()


def test_a_server_with_another_model_or_cross_encoder_is_not_asked(server: Serving) -> None:
    assert opens_the_index("--rerank", "fake")
    assert opens_the_index("--model", FakeEncoder().fingerprint)


def test_a_server_that_is_gone_or_does_not_listen_is_not_waited_for(tree: Path) -> None:
    serving = Serving(host="127.0.0.1", port=free_port(), token="t", pid=os.getpid(), model="fake", rerank="")
    left = tree.parent / "index" / f"{PREFIX}1.json"
    left.write_text(json.dumps(asdict(serving)))
    left.chmod(0o600)
    started = time.monotonic()
    with pytest.raises(NoAnswerError):
        Asked(serving)
    assert time.monotonic() - started < HELLO_SECONDS
    assert main(["search", "upload"]) == FOUND
    left.unlink()


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


def test_an_answer_is_read_back_as_it_was(server: Serving, tree: Path) -> None:
    with open_index(tree.parent / "index", encoder=FakeEncoder()) as index, Asked(server) as asked:
        one, other = index.search("retry_faild", limit=2), asked.search("retry_faild", limit=2)
        assert replace(other, timings=one.timings) == one
        assert asked.here(tree / "src") == index.here(tree / "src") == "project"
        assert asked.root("project") == index.root("project")
