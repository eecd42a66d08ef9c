"""The page keeps its index fresh by a process that ends with it, and a command finds the page."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from embedder.fake import FakeEncoder
from indexer import Settings, load_settings, open_index
from indexer.jobs import Jobs
from indexer.serving import servers
from tests.indexer.trees import write
from ui.backend import LocalBackend
from ui.watching import LOG_NAME, watching

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60  # generous: the machine may be busy
SENDING = "def send_by_pigeon(letter):\n    return letter\n"
UNTIL_CLOSED = "import sys; print('here', flush=True); sys.stdin.read()"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.setenv("GTE_SEARCH_INDEX", str(tmp_path / "index"))
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return load_settings(user_file=tmp_path / "none.toml")


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_process_writes_a_private_log_and_ends_with_the_page(settings: Settings) -> None:
    with watching(settings, command=[sys.executable, "-c", UNTIL_CLOSED]) as process:
        assert process is not None
        log = settings.index / LOG_NAME
        until(lambda: log.read_text() == "here\n")
        assert log.stat().st_mode & 0o777 == 0o600
        assert process.poll() is None
    assert process.returncode == 0


def test_it_is_not_started_where_the_settings_say_no(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GTE_SEARCH_WATCH", "no")
    with watching(load_settings(), command=[sys.executable, "-c", UNTIL_CLOSED]) as process:
        assert process is None


def test_the_page_goes_on_where_none_can_be_started(settings: Settings, tmp_path: Path) -> None:
    with watching(settings, command=[str(tmp_path / "nothing")]) as process:
        assert process is None


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_it_ends_although_the_page_is_killed(settings: Settings, tmp_path: Path) -> None:
    code = f"""if True:
        import sys, time
        from indexer import load_settings
        from ui.watching import watching
        with watching(load_settings(), command=[sys.executable, "-c", {UNTIL_CLOSED!r}]) as process:
            print(process.pid, flush=True)
            time.sleep({SECONDS})
    """
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as page:
        assert page.stdout is not None
        child = Path("/proc") / page.stdout.readline().strip()
        assert child.exists()
        page.send_signal(signal.SIGKILL)
        page.wait()
        until(lambda: not child.exists() or "Z" in (child / "stat").read_text().split()[2])


def test_an_edited_function_is_found_through_the_page_a_moment_later(settings: Settings, tree: Path) -> None:
    with open_index(create=True, encoder=FakeEncoder()) as index:
        index.sync([tree])
        backend = LocalBackend(lambda: index, jobs=Jobs(settings.index))
        with watching(settings):
            until(lambda: "watching" in (settings.index / LOG_NAME).read_text())
            file = tree / "src/upload.py"
            file.write_text(file.read_text() + "\n\n" + SENDING)
            until(lambda: found(backend))


def found(backend: LocalBackend) -> bool:
    hits = backend.search("send by pigeon", limit=1).hits
    return bool(hits) and hits[0].symbol == "send_by_pigeon" and hits[0].why.get("meaning", 0) > 0


@pytest.mark.skipif(os.name == "nt", reason="the page is ended by a signal of POSIX")
def test_a_page_is_announced_keeps_what_is_indexed_later_fresh_and_takes_both_back(
    settings: Settings, tree: Path, tmp_path: Path
) -> None:
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "ui", "--server.port", str(port)]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as page:
        until(lambda: page.poll() is not None or servers(settings.index))
        (serving,) = servers(settings.index)
        assert (serving.pid, serving.host, serving.port) == (page.pid, "127.0.0.1", port)
        until(lambda: "watching an empty index" in (settings.index / LOG_NAME).read_text())
        with open_index(encoder=FakeEncoder()) as index:
            index.sync([tree])
            write(tree, {"a.py": SENDING})
            until(lambda: [hit for hit in index.search("send_by_pigeon").hits if hit.path.name == "a.py"])
        page.terminate()
        assert page.wait(SECONDS) is not None
    assert servers(settings.index) == []
    assert (settings.index / LOG_NAME).read_text().endswith("stopped watching\n")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
