"""BM25 added up by us: the scores are those of SQLite itself."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from indexer.store import open_store
from indexer.store.bm25 import FIELD_TABLES
from indexer.types import Field, Filter
from tests.indexer.store.samples import a_repo, one_chunk_files, sample_files

ASKED = ["upload", "file", "retry", "session"]


@pytest.mark.parametrize("field", list(Field))
def test_the_sum_over_words_is_what_sqlite_says_of_them_together(tmp_path: Path, field: Field) -> None:
    texts = {f"src/{n}.py": " ".join(random.Random(n).choices([*ASKED, "x", "y"], k=n + 1)) for n in range(40)}
    store = open_store(tmp_path, create=True)
    store.put_repo(a_repo(), expected_files=0)
    store.put_files("alpha", [*sample_files("alpha", random.Random(3), files=30), *one_chunk_files(texts)])
    found = store.fields(ASKED, where=Filter(), limit=1_000)[field]
    store.close()
    table, weights = FIELD_TABLES.get(field, "words"), ", 0, 0, 0, 1, 0" if field is Field.BODY else ""
    asked = " OR ".join(ASKED)
    with closing(sqlite3.connect(tmp_path / "store.sqlite3")) as db:
        rows = db.execute(
            f"SELECT c.uuid, -bm25({table}{weights}) FROM {table} JOIN chunks AS c ON c.id = {table}.rowid"
            f" WHERE {table} MATCH ?",
            (f"body : ({asked})" if field is Field.BODY else asked,),
        )
        expected = dict(rows.fetchall())
    assert {one.id: one.score for one in found} == pytest.approx(expected)


def test_scores_of_before_a_change_are_not_used_after_it(tmp_path: Path) -> None:
    store = open_store(tmp_path, create=True)
    store.put_repo(a_repo(), expected_files=0)
    store.put_files("alpha", one_chunk_files({"a.py": "upload a file"}))
    before = store.fields(["upload"], where=Filter(), limit=9)[Field.BODY]
    store.put_files("alpha", one_chunk_files({"b.py": "upload", "c.py": "nothing"}))
    after = store.fields(["upload"], where=Filter(), limit=9)[Field.BODY]
    store.close()
    assert len(before) == 1
    assert len(after) == 2
