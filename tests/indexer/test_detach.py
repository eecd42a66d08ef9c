import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embedder.fake import FakeEncoder
from indexer import detach, open_index
from indexer.cli import FAILED, FOUND, main
from indexer.errors import StoreFullError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GTE_SEARCH_MODEL", "fake")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "indexer.cli", *arguments, "--index", "index"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def pending(index: Path) -> int:
    with open_index(index, encoder=FakeEncoder()) as opened:
        return sum(status.pending for status in opened.repos())


def until_encoded(index: Path) -> None:
    deadline = time.monotonic() + 60
    while pending(index) or (index / "writer.json").exists():
        assert time.monotonic() < deadline, (index / detach.LOG).read_text()
        time.sleep(0.05)


def test_detached_text_is_searchable_at_once_and_vectors_come(tree: Path, tmp_path: Path) -> None:
    done = run("index", "project", "--detach")
    assert done.returncode == 0, done.stderr
    assert "4 files (4 new)" in done.stdout
    assert str(tmp_path / "index" / detach.LOG) in done.stderr
    assert "gte-search status" in done.stderr
    found = run("search", "Uploader.retry_failed", "--json")
    assert json.loads(found.stdout)["hits"][0]["path"] == "src/upload.py"
    until_encoded(tmp_path / "index")


@pytest.mark.skipif(os.name == "nt", reason="permissions are of POSIX")
def test_the_log_is_for_its_owner_alone_and_holds_the_command_and_the_report(tree: Path, tmp_path: Path) -> None:
    run("index", "project", "--detach", "--name", "mine", "--exclude", "docs/")
    log = tmp_path / "index" / detach.LOG
    until_encoded(tmp_path / "index")
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    deadline = time.monotonic() + 60
    while "passages encoded, 0 pending" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    assert "--name=mine --exclude=docs/" in log.read_text()
    assert "mine: 3 files" in log.read_text()


def test_the_background_process_waits_for_a_lock_that_another_holds(tree: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    with open_index(index, create=True, encoder=FakeEncoder()) as opened:
        opened.sync([tree], vectors=False)
        with opened._store.writing():
            process, log = detach.start(
                ["index", "--wait", "--index", str(index), "--model", "fake", str(tree)], folder=index
            )
            deadline = time.monotonic() + 60
            while "waiting" not in log.read_text():
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            assert f"process {os.getpid()}" in log.read_text()
    assert process.wait(60) == 0
    assert pending(index) == 0


def test_a_log_that_cannot_be_written_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(StoreFullError, match="background"):
        detach.start(["status"], folder=tmp_path / "nowhere")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep names in Unicode")
def test_a_path_that_is_not_utf8_stands_in_the_log_as_it_is(tmp_path: Path) -> None:
    process, log = detach.start(["status", os.fsdecode(b"caf\xe9")], folder=tmp_path)
    process.wait(60)
    assert b"caf\xe9" in log.read_bytes().partition(b"\n")[0]


def test_nothing_goes_on_in_the_background_where_no_vector_is_missing(tree: Path, tmp_path: Path) -> None:
    assert main(["index", "project", "--index", "index"]) == FOUND
    assert main(["index", "project", "--index", "index", "--detach"]) == FOUND
    assert not (tmp_path / "index" / detach.LOG).exists()


def test_a_log_that_cannot_be_written_hides_no_path_that_is_missing(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", "project", "--index", "index", "--no-vectors"])
    (tmp_path / "index" / detach.LOG).mkdir()
    assert main(["index", "project", "nowhere", "--index", "index", "--detach"]) == FAILED
    told = capsys.readouterr().err
    assert "nothing goes on in the background" in told
    assert "nowhere" in told
