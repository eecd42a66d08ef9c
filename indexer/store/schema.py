"""The tables of the local store, and the check that a file holds them.

    repos 1-n files 1-n chunks n-1 passages 1-n vectors n-1 models        words, ..._words: FTS5 over chunks.id

A passage is stored once, however many chunks of however many branches hold it, and vectors hang on passages.
Identities of chunks, passages and vectors are never used twice (AUTOINCREMENT), on which two things rest:
- `words` and its like keep no copy of the text and forget nothing: rows of deleted chunks stay until `compact` and
  join with no chunk. (SQLite below 3.43 deletes from such a table only if told the very tokens inserted.)
- an index derived from `vectors` may hold rows of deleted passages: no chunk leads to them any more.

SQLite's BM25 takes the whole row for the length of a text, so what is short has a table of its own beside `words`: a
name counts for as much in a long definition.

Whoever changes a table, what `indexer.tokens.split` returns, or what a passage holds, raises VERSION.
"""

import sqlite3
from pathlib import Path
from typing import Final

from indexer.errors import StoreDamagedError, StoreMissingError, StoreVersionError

VERSION: Final = 3
APPLICATION: Final = 0x67746573  # "gtes" in SQLite's application_id: `file` and we tell the file from others

TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES
  ('chunks', 0),     -- counts the transactions that changed files or chunks
  ('vectors', 0),    -- counts those that changed vectors or an index file
  ('optimized', 0);  -- chunks.id up to which the segments of `words` are merged

CREATE TABLE notes (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE repos (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  root TEXT NOT NULL,
  remote TEXT, branch TEXT, revision TEXT,
  whole INTEGER NOT NULL,  -- 0: only named files of the root
  expected_files INTEGER NOT NULL,
  indexed_at REAL NOT NULL DEFAULT 0,
  complete INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE files (
  id INTEGER PRIMARY KEY,
  repo_id INTEGER NOT NULL REFERENCES repos ON DELETE CASCADE,
  path TEXT NOT NULL,
  path_lower TEXT NOT NULL,
  folder TEXT NOT NULL,  -- the first one of the path, "." for a file at the root
  digest BLOB NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  language TEXT NOT NULL,
  notes TEXT,  -- JSON list, NULL for none
  UNIQUE (repo_id, path)
);

CREATE TABLE passages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key BLOB NOT NULL UNIQUE,
  text TEXT  -- NULL while only a vector is known
);

CREATE TABLE chunks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid TEXT NOT NULL UNIQUE,
  repo_id INTEGER NOT NULL,  -- of its file, repeated to filter without a join
  file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
  passage_id INTEGER NOT NULL REFERENCES passages,
  ordinal INTEGER NOT NULL,  -- place in its file
  priority INTEGER NOT NULL,  -- smaller is more useful
  start INTEGER NOT NULL, end INTEGER NOT NULL, page INTEGER,
  kind TEXT NOT NULL, language TEXT NOT NULL,
  symbol TEXT,
  symbol_key TEXT,  -- case-folded
  name_key TEXT,  -- its last part
  signature TEXT, docstring TEXT, title TEXT,
  text_at INTEGER,  -- character of the passage at which the text begins; NULL where it does not end the passage
  text TEXT  -- only where text_at is NULL
);
CREATE INDEX chunks_file ON chunks (file_id, ordinal);
CREATE INDEX chunks_passage ON chunks (passage_id);
CREATE INDEX chunks_name ON chunks (name_key) WHERE name_key IS NOT NULL;
CREATE INDEX chunks_priority ON chunks (priority, id, passage_id, repo_id);
CREATE INDEX chunks_facets ON chunks (repo_id, file_id, language, kind);

CREATE VIRTUAL TABLE words USING fts5 (symbol, signature, title, body, path, content='', tokenize='ascii');
CREATE VIRTUAL TABLE symbol_words USING fts5 (words, content='', tokenize='ascii');
CREATE VIRTUAL TABLE signature_words USING fts5 (words, content='', tokenize='ascii');
CREATE VIRTUAL TABLE title_words USING fts5 (words, content='', tokenize='ascii');
CREATE VIRTUAL TABLE path_words USING fts5 (words, content='', tokenize='ascii');
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);

CREATE TABLE models (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  fingerprint TEXT NOT NULL UNIQUE,
  dim INTEGER NOT NULL,
  index_file TEXT,  -- name of the FAISS file, NULL while there is none
  index_rows INTEGER NOT NULL DEFAULT 0,  -- vectors in it
  index_until INTEGER NOT NULL DEFAULT 0  -- vectors.id up to which it holds them
);

CREATE TABLE vectors (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model_id INTEGER NOT NULL REFERENCES models ON DELETE CASCADE,
  passage_id INTEGER NOT NULL REFERENCES passages ON DELETE CASCADE,
  vector BLOB NOT NULL,  -- dim little-endian float16
  UNIQUE (passage_id, model_id)
);
"""


def check(db: sqlite3.Connection, path: Path) -> None:
    """Make sure that `path` holds our tables in our version.

    Raises StoreMissingError, StoreVersionError, StoreDamagedError.
    """
    if is_empty(db):
        raise missing(path.parent)
    application, version = (_pragma(db, name) for name in ("application_id", "user_version"))
    if application != APPLICATION:
        raise StoreDamagedError(
            f"{path} is not an index of gte-search", hint="name another folder with `--index`, or move the file away"
        )
    if version != VERSION:
        raise StoreVersionError(
            f"the index {path.parent} has format {version}, this program reads format {VERSION}",
            hint="use the `gte-search` that wrote it, or index again into a new folder named with `--index`",
        )


def create(db: sqlite3.Connection) -> None:
    """Make the tables where there are none; another process may do the same at the same time."""
    if not is_empty(db):
        return
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    try:
        if is_empty(db):
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {VERSION}")
            for statement in _statements(TABLES):
                db.execute(statement)
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def is_empty(db: sqlite3.Connection) -> bool:
    """Tell whether nothing was ever made there, as in a file of no bytes."""
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return tables == 0 and _pragma(db, "application_id") == 0 and _pragma(db, "user_version") == 0


def missing(folder: Path) -> StoreMissingError:
    """Return the error for a folder without an index."""
    return StoreMissingError(f"there is no index in {folder}", hint="make one with `index-repo PATH`")


def _pragma(db: sqlite3.Connection, name: str) -> int:
    (value,) = db.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _statements(script: str) -> list[str]:
    """Cut a script into statements; `executescript` would commit before it runs."""
    statements, begun = [], ""
    for line in script.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            statements.append(begun)
            begun = ""
    return statements
