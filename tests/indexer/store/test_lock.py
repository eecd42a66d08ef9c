"""One writer at a time, among processes and among threads."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.errors import StoreBusyError, StoreError
from indexer.store import Store, open_store
from indexer.types import Filter
from tests.indexer.store.samples import a_repo, one_chunk_files

HOLD = """if True:
    import sys
    from indexer.store import open_store
    with open_store(sys.argv[1]).writing():
        print("holding", flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path, create=True)
    yield opened
    opened.close()


@pytest.fixture
def holder(tmp_path: Path, store: Store) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the right to write."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[3], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        yield process
        process.kill()


def test_a_second_process_is_told_who_writes(store: Store, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(StoreBusyError, match=rf"process {holder.pid} since \d{{4}}-"), store.writing():
        pass
    with pytest.raises(StoreBusyError, match=str(holder.pid)):
        store.put_repo(a_repo(), expected_files=0)
    assert store.repos() == []


def test_readers_are_told_who_writes_without_standing_in_the_way(store: Store, holder: subprocess.Popen[str]) -> None:
    assert store.writer() == holder.pid
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert store.writer() is None
    with store.writing():
        assert store.writer() == os.getpid()
    assert store.writer() is None


def test_another_process_is_waited_for_as_long_as_is_said(store: Store, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(StoreBusyError), store.writing(patience=0.1):
        pass
    threading.Timer(0.3, holder.kill).start()
    with store.writing(patience=30):
        assert holder.wait() < 0


def test_a_killed_process_holds_nothing(store: Store, holder: subprocess.Popen[str]) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with store.writing():
        store.put_repo(a_repo(), expected_files=0)


def test_writing_nests_in_a_thread_and_ends_with_the_outermost(tmp_path: Path, store: Store) -> None:
    other = open_store(tmp_path)
    with store.writing():
        with store.writing():
            store.put_repo(a_repo(), expected_files=0)
        with pytest.raises(StoreBusyError, match=str(os.getpid())), other.writing():
            pass
    with other.writing():
        other.remove_repo("alpha")
    other.close()


def test_an_error_inside_gives_the_right_back(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StoreError, match="unknown"), store.writing():
        store.finish_repo("unknown", indexed_at=0.0)
    other = open_store(tmp_path)
    with other.writing():
        pass
    other.close()
    assert not (tmp_path / "writer.json").exists()


def test_a_second_run_in_another_thread_is_refused_but_its_helpers_write(store: Store) -> None:
    told: list[str] = []

    def second_run() -> None:
        try:
            with store.writing():
                told.append("got in")
        except StoreBusyError as error:
            told.append(str(error))

    def helper() -> None:
        store.put_files("alpha", one_chunk_files({"a.py": "one"}))

    with store.writing():
        store.put_repo(a_repo(), expected_files=0)
        for work in (second_run, helper):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    assert len(told) == 1
    assert str(os.getpid()) in told[0]
    assert store.count(Filter()) == 1
