"""Whatever lies in a folder: it is named with a reason, its neighbours are indexed, nothing stored is lost."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from embedder.fake import FakeEncoder
from indexer import Index, SyncReport, open_index
from indexer.errors import StoreBusyError, StoreVersionError
from indexer.types import Phase, Progress


def reasons(report: SyncReport) -> dict[str, str]:
    """Path to why it is not, or not wholly, in the index."""
    told = [(item.path, item.reason) for item in (*report.skipped, *report.failed)]
    return {str(path): str(reason) for path, reason in (*told, *report.notes)}


def one(index: Index, root: Path) -> SyncReport:
    (report,) = index.sync([root])
    return report


def test_a_folder_of_bad_files_is_indexed_around_them(index: Index, tree: Path) -> None:
    (tree / "binary.py").write_bytes(b"\x7fELF\0\0\0" * 100)
    (tree / "nul.py").write_bytes(b"def a():\n    return '\0'\n")
    (tree / "latin.py").write_bytes("def grüße():\n    return 'café crème'\n".encode("latin-1"))
    (tree / "utf16.py").write_bytes("def sixteen():\n    return 1\n".encode("utf-16"))
    (tree / "one_line.js").write_bytes(b"var a=1;" * 1_300_000)
    with (tree / "huge.c").open("wb") as file:
        file.truncate(200 << 20)
    (tree / "broken.py").write_text("def (:\n  class ][ if\n" * 30 + "def still_here():\n    return 2\n")
    (tree / "deep.py").write_text("(" * 50_000)
    (tree / "cut.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type")
    (tree / "cut.docx").write_bytes(b"PK\x03\x04 and no more")
    (tree / "notes.ipynb").write_text("{ not json")
    with zipfile.ZipFile(tree / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("[Content_Types].xml", "<Types/>")
        bomb.writestr("word/document.xml", b"\0" * (300 << 20))
    (tree / ".env").write_text("PASSWORD=secret_word_of_the_day")
    (tree / "loop").symlink_to(tree, target_is_directory=True)
    (tree / "gone.py").symlink_to(tree / "nowhere.py")
    os.mkfifo(tree / "pipe.py")
    (tree / "empty.py").touch()
    report = one(index, tree)
    told = reasons(report)
    expected = (
        "binary.py nul.py one_line.js huge.c cut.pdf cut.docx notes.ipynb bomb.docx .env loop gone.py pipe.py empty.py"
    )
    assert set(expected.split()) <= set(told)
    assert all(told.values())
    assert index.search("Uploader.retry_failed").hits[0].symbol == "Uploader.retry_failed"
    assert index.search("grüße").hits[0].symbol == "grüße"
    assert index.search("sixteen").hits[0].symbol == "sixteen"
    assert any("still_here" in hit.text for hit in index.search("still_here").hits)
    assert not any("secret_word" in hit.text for hit in index.search("secret_word_of_the_day").hits)


def test_a_name_that_is_not_utf8_is_told_and_skipped(index: Index, tree: Path) -> None:
    raw = os.fsencode(tree) + b"/caf\xe9.py"
    try:
        with open(raw, "w") as file:
            file.write("def hidden(): pass")
    except OSError:
        pytest.skip("this file system takes no such name")
    told = reasons(one(index, tree))
    assert "name is not UTF-8" in told.values()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_told_and_keeps_what_was_indexed(filled: Index, tree: Path) -> None:
    (tree / "src").chmod(0)
    try:
        told = reasons(one(filled, tree))
    finally:
        (tree / "src").chmod(0o755)
    assert "unreadable" in told.values()
    assert filled.search("Uploader.retry_failed").hits[0].symbol == "Uploader.retry_failed"


def test_a_file_that_becomes_unreadable_as_a_document_keeps_its_last_good_text(index: Index, tree: Path) -> None:
    notebook = tree / "notes.ipynb"
    cell = '{"cell_type": "markdown", "metadata": {}, "source": ["walrus migration plan"]}'
    notebook.write_text(f'{{"nbformat": 4, "nbformat_minor": 5, "metadata": {{}}, "cells": [{cell}]}}')
    index.sync([tree])
    assert "walrus" in index.search("walrus migration").hits[0].text
    notebook.write_text("{ cut off")
    told = reasons(one(index, tree))
    assert "notes.ipynb" in told
    assert "walrus" in index.search("walrus migration").hits[0].text


def test_a_full_disk_is_an_error_that_loses_nothing(tmp_path: Path, tree: Path) -> None:
    location = tmp_path / "index"
    with open_index(location, create=True, encoder=FakeEncoder()) as index:
        index.sync([tree])
    for number in range(50):
        (tree / f"more{number}.py").write_text(f"def more{number}():\n    return '{'x' * 2000}'\n" * 40)
    script = (
        "import resource, sys; from pathlib import Path; from embedder.fake import FakeEncoder\n"
        "from indexer import open_index; from indexer.errors import StoreFullError\n"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "limit = (Path(sys.argv[1]) / 'store.sqlite3').stat().st_size + 200_000\n"
        "index = open_index(Path(sys.argv[1]), encoder=FakeEncoder())\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))\n"
        "try: index.sync([Path(sys.argv[2])])\n"
        "except StoreFullError as error: print('full', error, error.hint)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(location), str(tree)], capture_output=True, text=True, cwd=root, check=False
    )
    assert done.stdout.startswith("full"), done.stderr
    assert str(location) in done.stdout
    with open_index(location, encoder=FakeEncoder()) as index:
        assert index.search("Uploader.retry_failed").hits[0].symbol == "Uploader.retry_failed"
        index.sync([tree])
        assert index.search("more49").hits[0].symbol == "more49"


def test_an_index_of_another_version_is_told_and_left_alone(tmp_path: Path, filled: Index) -> None:
    filled.close()
    import sqlite3

    database = tmp_path / "index" / "store.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = database.read_bytes()
    with pytest.raises(StoreVersionError, match="999"):
        open_index(tmp_path / "index", create=True)
    assert database.read_bytes() == before


def test_a_second_writer_is_told_who_writes_and_readers_go_on(tmp_path: Path, tree: Path, filled: Index) -> None:
    script = (
        "import sys; from pathlib import Path; from indexer.store import open_store\n"
        "with open_store(Path(sys.argv[1])).writing():\n    print('writing', flush=True); sys.stdin.read()\n"
    )
    root = Path(__file__).parents[2]
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "index")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "writing\n"
    try:
        with pytest.raises(StoreBusyError, match=str(other.pid)):
            filled.sync([tree])
        assert filled.search("Uploader.retry_failed").hits
    finally:
        other.communicate("")
    filled.sync([tree])


def test_a_file_deleted_while_indexing_is_told(index: Index, tree: Path) -> None:
    def delete(progress: Progress) -> None:
        if progress.phase is Phase.READING:  # the first report comes after the first file, before the second
            (tree / "src/server.go").unlink(missing_ok=True)

    (report,) = index.sync([tree], report=delete)
    assert "deleted" in reasons(report)["src/server.go"]
    assert index.search("Uploader.retry_failed").hits
