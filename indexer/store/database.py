"""Connections to one SQLite file: any number of readers, one writer, and SQLite's errors in our words."""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from indexer.errors import StoreBusyError, StoreDamagedError, StoreError, StoreFullError
from indexer.store import schema

FILE: Final = "store.sqlite3"
PATIENCE: Final = 10.0  # seconds to wait for another connection's commit

UNWRITABLE: Final = (
    "SQLITE_FULL",
    "SQLITE_READONLY",
    "SQLITE_CANTOPEN",
    "SQLITE_PERM",
    "SQLITE_IOERR_WRITE",
    "SQLITE_IOERR_FSYNC",
    "SQLITE_IOERR_TRUNCATE",
    "SQLITE_IOERR_SHM",
)


class Database:
    """One SQLite file, used by any number of threads."""

    def __init__(self, folder: Path, *, create: bool) -> None:
        """Open the file in `folder`; make both where `create` says so. Raises StoreError and its children."""
        self.path = folder / FILE
        self._idle: list[sqlite3.Connection] = []  # readers that no thread uses now
        self._writer: sqlite3.Connection | None = None
        self._writing = threading.Lock()
        self._closed = False
        if create:
            _make_file(self.path)
        elif not _exists(self.path):
            raise schema.missing(folder)
        self._identity = _identity(self.path)
        with self._errors():
            db = self._connect()
            try:
                if create:
                    schema.create(db)
                schema.check(db, self.path)
            finally:
                db.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees one committed state throughout."""
        with self._errors():
            db = self._take_reader()
            try:
                db.execute("BEGIN")
                yield db
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                if self._closed:
                    db.close()
                else:
                    self._idle.append(db)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the writing connection inside a transaction: committed at the end, undone upon an error."""
        with self._errors(), self._writing:
            db = self._take_writer()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def shrink(self) -> None:
        """Give freed pages back to the disk and fold the log into the file, as far as readers allow."""
        with self._errors(), self._writing:
            db = self._take_writer()
            db.executescript("PRAGMA incremental_vacuum")  # `execute` would stop after the first page
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close every connection; one in use closes when its reading ends."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()
        with self._writing:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _check_usable(self) -> None:
        if self._closed:
            raise StoreError(f"the index {self.path} was closed", hint="open it again")
        if _identity(self.path) != self._identity:  # we would read and write a file that has no name any more
            raise StoreError(f"the index {self.path} was replaced or removed", hint="start this program again")

    def _take_reader(self) -> sqlite3.Connection:
        self._check_usable()
        try:
            return self._idle.pop()
        except IndexError:
            db = self._connect()
            db.execute("PRAGMA query_only = ON")
            return db

    def _take_writer(self) -> sqlite3.Connection:
        self._check_usable()
        if self._writer is None:
            self._writer = self._connect()
            self._writer.execute("PRAGMA synchronous = NORMAL")  # safe in WAL: power loss undoes whole transactions
            self._writer.execute("PRAGMA foreign_keys = ON")
            self._writer.execute("PRAGMA cache_size = -65536")  # 64 MiB: index pages of 10^5 chunks stay in memory
            self._writer.execute("PRAGMA wal_autocheckpoint = 16384")  # pages: a log of 64 MiB spares a run a tenth
        return self._writer

    def _connect(self) -> sqlite3.Connection:
        # isolation_level None: we say BEGIN ourselves. A connection passes from thread to thread, never shared at once.
        return sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _translated(error, self.path) from error


def _translated(error: sqlite3.Error, path: Path) -> StoreError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(UNWRITABLE):
        return StoreFullError(
            f"the index {path} cannot be written: {error}",
            hint="free some space there, make the folder writable, or name another with `--index`",
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusyError(f"the index {path} is in use: {error}", hint="try again in a moment")
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError | sqlite3.IntegrityError):
        return StoreError(f"the index {path} refuses a call: {error}", hint="report this as a bug")
    return StoreDamagedError(
        f"the index {path} is damaged: {error}",
        hint="move the file away and index again with `index-repo PATH`, or restore it from a backup",
    )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells the file from another of the same name, None where it is gone."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise _unusable(path, error) from error


def _make_file(path: Path) -> None:
    """Make folder and file for their owner alone; SQLite gives its log the same rights."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: OSError) -> StoreError:
    if isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError):
        return StoreDamagedError(
            f"{path} cannot be an index: {error.strerror}", hint="name another folder with `--index`"
        )
    return StoreFullError(
        f"the index {path} cannot be opened: {error.strerror or error}",
        hint="free some space there, make the folder writable, or name another with `--index`",
    )
