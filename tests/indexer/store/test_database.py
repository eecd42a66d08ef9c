"""Connections: what one reading sees, and how many are kept."""

import threading
from contextlib import closing
from pathlib import Path

import pytest

from indexer.errors import StoreError
from indexer.store.database import Database


def count(db: Database) -> int:
    with db.reading() as connection:
        (found,) = connection.execute("SELECT count(*) FROM meta").fetchone()
    return int(found)


def insert_twice(database: Database) -> None:
    with database.transaction() as db:
        for value in (1, 2):
            db.execute("INSERT INTO meta VALUES ('new', ?)", (value,))


def test_one_reading_sees_one_state_while_another_commits(tmp_path: Path) -> None:
    with closing(Database(tmp_path, create=True)) as database:
        before = count(database)
        with database.reading() as early:
            assert early.execute("SELECT count(*) FROM meta").fetchone() == (before,)
            with database.transaction() as db:
                db.execute("INSERT INTO meta VALUES ('new', 1)")
                assert count(database) == before
            assert early.execute("SELECT count(*) FROM meta").fetchone() == (before,)
            assert count(database) == before + 1


def test_an_error_undoes_the_transaction_and_the_next_one_works(tmp_path: Path) -> None:
    with closing(Database(tmp_path, create=True)) as database:
        before = count(database)
        with pytest.raises(StoreError, match="UNIQUE"):
            insert_twice(database)
        assert count(database) == before
        with database.transaction() as db:
            db.execute("INSERT INTO meta VALUES ('new', 1)")
        assert count(database) == before + 1


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    with closing(Database(tmp_path, create=True)) as database:
        expected = count(database)
        together = threading.Barrier(8)
        counts: list[int] = []

        def read() -> None:
            with database.reading() as connection:
                together.wait()  # all eight hold a connection now
                counts.extend(connection.execute("SELECT count(*) FROM meta").fetchone())

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert counts == [expected] * 8
