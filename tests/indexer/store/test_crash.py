"""A writer killed at any moment leaves a store that opens and holds whole transactions."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from indexer.store import open_store
from indexer.store.vectors import SMALL
from indexer.tokens import split
from indexer.types import Filter
from tests.indexer.store.samples import EVERYTHING, MODEL, a_repo, encode_pending, one_chunk_files, unit_vectors

WRITE = """if True:
    import itertools, sys
    from indexer.store import open_store
    from tests.indexer.store.samples import a_repo, encode_pending, one_chunk_files
    store = open_store(sys.argv[1], create=True)
    with store.writing():
        store.put_repo(a_repo(), expected_files=0)
        print("writing", flush=True)
        for number in itertools.count():
            store.put_files("alpha", one_chunk_files({f"{n}.py": f"round{number} {n}" for n in range(150)}))
            encode_pending(store, seed=number)
            store.put_files("alpha", one_chunk_files({f"{number}/{n}.py": f"more {number} {n}" for n in range(50)}))
            store.compact()
"""


def test_a_killed_writer_leaves_whole_transactions(tmp_path: Path) -> None:
    rng = random.Random(5)
    for _ in range(5):
        command = [sys.executable, "-c", WRITE, str(tmp_path)]
        with subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "writing\n"
            time.sleep(rng.uniform(0.01, 0.4))
            os.kill(process.pid, signal.SIGKILL)
        store = open_store(tmp_path)
        files = store.files("alpha")
        chunks = [chunk for path in files for chunk in store.file_chunks("alpha", path)]
        assert store.count(EVERYTHING) == len(files) == len(chunks)
        assert len(files) % 50 == 0
        rounds = {chunk.text.split()[0] for chunk in chunks if chunk.path.parent.name == ""}
        assert len(rounds) <= 1, "files of two transactions that replace each other"
        for chunk in rng.sample(chunks, min(20, len(chunks))):
            found = store.lexical(split(chunk.text), where=EVERYTHING, limit=10_000)
            assert chunk.id in {one.id for one in found}
        waiting = {pending.key for pending in store.pending(MODEL, limit=100_000)}
        dense = store.dense(unit_vectors(1)[0], model=MODEL, where=EVERYTHING, limit=100_000)
        assert {one.id for one in dense} == {chunk.id for chunk in chunks if chunk.key not in waiting}
        with store.writing():
            store.compact()
        store.close()


def test_leftovers_of_a_killed_compact_are_removed_by_the_next(tmp_path: Path) -> None:
    store = open_store(tmp_path, create=True)
    store.put_repo(a_repo(), expected_files=0)
    store.put_files("alpha", one_chunk_files({f"{n}.py": f"text {n}" for n in range(SMALL + 1)}))
    encode_pending(store)
    for name in ("vectors-0123.faiss.partial", "vectors-4567.faiss"):
        (tmp_path / name).write_bytes(b"half")
    store.compact()
    assert len(list(tmp_path.glob("vectors-*"))) == 1
    assert len(store.dense(unit_vectors(1)[0], model=MODEL, where=Filter(), limit=3)) == 3
    store.close()
