"""A run killed at any moment, and repeated, ends where an undisturbed run ends."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embedder.fake import FakeEncoder
from indexer import open_index

LOUD_RUN = """
import sys, time
from pathlib import Path
from embedder.fake import FakeEncoder
from indexer import ingest, open_index

class Loud(FakeEncoder):
    def encode(self, texts, *, role):
        print("encoding", flush=True)
        time.sleep(0.02)
        return super().encode(texts, role=role)

ingest.GROUP, ingest.WINDOW, ingest.BATCH_CHUNKS = 8, 32, 20
with open_index(Path(sys.argv[1]), create=True, encoder=Loud()) as index:
    print("started", flush=True)
    index.sync([Path(sys.argv[2])])
"""


def content(index: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything that a search can see, without row numbers and times."""
    with sqlite3.connect(f"file:{index / 'store.sqlite3'}?mode=ro", uri=True) as database:
        chunks = database.execute("SELECT uuid, start, end, kind, symbol FROM chunks ORDER BY uuid").fetchall()
        vectors = database.execute(
            "SELECT p.key, p.text, v.vector FROM vectors AS v JOIN passages AS p ON p.id = v.passage_id ORDER BY p.key"
        ).fetchall()
        files = database.execute("SELECT path, digest FROM files ORDER BY path").fetchall()
    database.close()
    return {"chunks": chunks, "vectors": vectors, "files": files}


@pytest.fixture
def many(tmp_path: Path) -> Path:
    root = tmp_path / "many"
    root.mkdir()
    for number in range(60):
        functions = (f"def f{number}_{i}(x):\n    return x + {number * i}\n" for i in range(4))
        (root / f"m{number}.py").write_text("\n\n".join(functions))
    return root


def test_a_killed_run_repeated_equals_an_undisturbed_one_and_encodes_only_what_is_missing(
    tmp_path: Path, many: Path
) -> None:
    with open_index(tmp_path / "undisturbed", create=True, encoder=FakeEncoder()) as index:
        index.sync([many])
    dice = random.Random(7)
    target = tmp_path / "killed"
    for groups in (0, 0, 4, 5, 6):  # of 30: killed while reading, then while encoding
        process = subprocess.Popen(
            [sys.executable, "-c", LOUD_RUN, str(target), str(many)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        for _ in range(groups):
            assert process.stdout.readline() == "encoding\n"
        time.sleep(dice.uniform(0, 0.02))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    before = len(content(target)["vectors"])
    assert 0 < before < len(content(tmp_path / "undisturbed")["vectors"])  # the kills came in the middle
    with open_index(target, encoder=FakeEncoder()) as index:
        (report,) = index.sync([many])
    assert content(target) == content(tmp_path / "undisturbed")
    assert report.encoded == len(content(target)["vectors"]) - before
