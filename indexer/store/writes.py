"""The writes of the local store, as functions of a connection inside one transaction."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import numpy as np

from embedder.types import Vectors
from indexer.aside import is_aside
from indexer.errors import StoreError
from indexer.store.bm25 import FIELD_TABLES
from indexer.store.priority import priority
from indexer.store.rows import CHUNKS, encoded, encoded_or_none, symbol_keys, to_blobs, to_chunk
from indexer.tokens import spaced
from indexer.types import Chunk, Field, FileState, IndexedFile, Repo

if TYPE_CHECKING:
    from indexer.store.vectors import Model

STALE_WORDS: Final = 0.05  # share of rows of deleted chunks from which on `words` is made anew
BATCH: Final = 1_000  # chunks whose words are in memory at once
LOOSE_WORDS: Final = 0.1  # share of rows added since its segments were merged from which on they are merged again

INSERT_WORDS: Final = "INSERT INTO words (rowid, symbol, signature, title, body, path) VALUES (?, ?, ?, ?, ?, ?)"
TABLES: Final = ("words", *FIELD_TABLES.values())

Words = tuple[int, str, str, str, str, str, str]
"""Of a chunk: number, and words of symbol, signature, title, docstring, body, path."""


def put_repo(db: sqlite3.Connection, repo: Repo, *, expected_files: int) -> None:
    """Add or update a repository and mark it incomplete."""
    db.execute(
        "INSERT INTO repos (name, root, remote, branch, revision, whole, expected_files) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET root = excluded.root, remote = excluded.remote, branch = excluded.branch,"
        " revision = excluded.revision, whole = excluded.whole, expected_files = excluded.expected_files, complete = 0",
        (
            encoded(repo.name),
            encoded(str(repo.root)),
            encoded_or_none(repo.remote),
            encoded_or_none(repo.branch),
            repo.commit,
            repo.whole,
            expected_files,
        ),
    )


def finish_repo(db: sqlite3.Connection, name: str, *, indexed_at: float) -> None:
    """Mark a repository complete."""
    db.execute("UPDATE repos SET complete = 1, indexed_at = ? WHERE id = ?", (indexed_at, repo_id(db, name)))


def remove_repo(db: sqlite3.Connection, name: str) -> None:
    """Remove a repository with all that only it uses; one that is not there is removed already."""
    db.execute("DELETE FROM repos WHERE name = ?", (encoded(name),))
    _count_change(db, "chunks")
    remove_unused(db)


def put_files(db: sqlite3.Connection, repo: str, files: Sequence[IndexedFile]) -> None:
    """Replace files by path. A chunk id that comes twice is one chunk, a path that comes twice its last file."""
    repo_number = repo_id(db, repo)
    latest = {file.state.path: file for file in files}
    remove_files(db, repo, latest)
    (file_number,) = db.execute("SELECT coalesce(max(id), 0) FROM files").fetchone()
    (chunk_number,) = db.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chunks'").fetchone()
    file_rows, chunk_rows, word_rows = [], [], []
    passages: dict[bytes, str | bytes] = {}
    for file in latest.values():
        file_number += 1
        file_rows.append((file_number, repo_number, *_file_row(file)))
        aside = is_aside(file.state.path)
        path_words = _words(str(file.state.path))
        chunks = {chunk.id: chunk for chunk in file.chunks}.values()
        for ordinal, chunk in enumerate(sorted(chunks, key=lambda chunk: (chunk.start, chunk.end))):
            chunk_number += 1
            key = chunk.key
            passages.setdefault(key, encoded(chunk.passage))
            rank = priority(chunk.kind, aside=aside)
            chunk_rows.append((chunk_number, repo_number, file_number, key, ordinal, rank, *_chunk_row(chunk)))
            word_rows.append(_chunk_words(chunk_number, chunk, path_words))
    db.executemany("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", file_rows)
    db.executemany(
        "INSERT INTO passages (key, text) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET text = excluded.text WHERE text IS NULL",
        passages.items(),
    )
    db.executemany(
        "INSERT INTO chunks (id, repo_id, file_id, passage_id, ordinal, priority, uuid, start, end, page, kind,"
        " language, symbol, symbol_key, name_key, signature, docstring, title, text_at, text)"
        " VALUES (?, ?, ?, (SELECT id FROM passages WHERE key = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        chunk_rows,
    )
    _insert_words(db, word_rows)
    _count_change(db, "chunks")


def touch_files(db: sqlite3.Connection, repo: str, states: Sequence[FileState]) -> None:
    """Update size and mtime; a file whose digest is another changed after all and stays as it is."""
    number = repo_id(db, repo)
    db.executemany(
        "UPDATE files SET size = ?, mtime_ns = ? WHERE repo_id = ? AND path = ? AND digest = ?",
        [(state.size, state.mtime_ns, number, encoded(str(state.path)), state.digest) for state in states],
    )


def remove_files(db: sqlite3.Connection, repo: str, paths: Iterable[PurePosixPath]) -> None:
    """Remove files with their chunks."""
    number = repo_id(db, repo)
    db.executemany("DELETE FROM files WHERE repo_id = ? AND path = ?", [(number, encoded(str(path))) for path in paths])
    _count_change(db, "chunks")


def put_vectors(db: sqlite3.Connection, model: str, keys: Sequence[bytes], vectors: Vectors) -> None:
    """Keep vectors [len(keys), dim] that are not there yet. Raises ValueError for another shape or no numbers."""
    if vectors.ndim != 2 or len(vectors) != len(keys):
        raise ValueError(f"{len(keys)} keys, but vectors of shape {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector holds a number that is not finite")
    if not keys:
        return
    dim = vectors.shape[1]
    db.execute("INSERT INTO models (fingerprint, dim) VALUES (?, ?) ON CONFLICT DO NOTHING", (model, dim))
    number, stored_dim = db.execute("SELECT id, dim FROM models WHERE fingerprint = ?", (model,)).fetchone()
    if stored_dim != dim:
        raise ValueError(f"vectors of `{model}` have {stored_dim} numbers, not {dim}")
    db.executemany("INSERT INTO passages (key) VALUES (?) ON CONFLICT DO NOTHING", [(key,) for key in keys])
    db.executemany(
        "INSERT INTO vectors (model_id, passage_id, vector) SELECT ?, id, ? FROM passages WHERE key = ?"
        " ON CONFLICT DO NOTHING",
        [(number, blob, key) for key, blob in zip(keys, to_blobs(vectors), strict=True)],
    )
    _count_change(db, "vectors")


def remove_most_unused(db: sqlite3.Connection) -> None:
    """Remove unused passages once they outnumber those in use: until then, what comes back needs no encoding."""
    (passages,) = db.execute("SELECT count(*) FROM passages").fetchone()
    (used,) = db.execute("SELECT count(DISTINCT passage_id) FROM chunks").fetchone()
    if passages > 2 * used:
        remove_unused(db)


def keep_model(db: sqlite3.Connection, model: str) -> None:
    """Remove the vectors of every other model."""
    db.execute("DELETE FROM models WHERE fingerprint != ?", (model,))
    _count_change(db, "vectors")


def remove_unused(db: sqlite3.Connection) -> None:
    """Remove passages that no chunk uses with their vectors, and models that are left without any."""
    db.execute("DELETE FROM passages WHERE NOT EXISTS (SELECT 1 FROM chunks AS c WHERE c.passage_id = passages.id)")
    db.execute("DELETE FROM models WHERE NOT EXISTS (SELECT 1 FROM vectors AS v WHERE v.model_id = models.id)")
    _count_change(db, "vectors")


def tidy_words(db: sqlite3.Connection) -> None:
    """Make the tables of words anew where many rows are stale, or merge their segments where many were added."""
    (rows,) = db.execute("SELECT count(*) FROM words_docsize").fetchone()
    (chunks, last) = db.execute("SELECT count(*), coalesce(max(id), 0) FROM chunks").fetchone()
    (optimized,) = db.execute("SELECT value FROM meta WHERE name = 'optimized'").fetchone()
    stale = rows - chunks > STALE_WORDS * rows
    if stale:
        for table in TABLES:
            db.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
        everything = _all_words(db)
        while batch := list(islice(everything, BATCH)):
            _insert_words(db, batch)
        _count_change(db, "chunks")
    if stale or last - optimized > LOOSE_WORDS * rows:
        for table in TABLES:
            db.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
        db.execute("UPDATE meta SET value = ? WHERE name = 'optimized'", (last,))


def name_indexes(db: sqlite3.Connection, models: Iterable["Model"]) -> None:
    """Make each model's file the one that readers open."""
    db.executemany(
        "UPDATE models SET index_file = ?, index_rows = ?, index_until = ? WHERE id = ?",
        [(model.file, model.rows, model.until, model.id) for model in models],
    )
    _count_change(db, "vectors")


def put_note(db: sqlite3.Connection, name: str, text: str) -> None:
    """Keep a text by name, in place of the one before."""
    db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, encoded(text)))


def repo_id(db: sqlite3.Connection, name: str) -> int:
    """Return the number of a repository, or raise StoreError."""
    row = db.execute("SELECT id FROM repos WHERE name = ?", (encoded(name),)).fetchone()
    if row is None:
        raise StoreError(f"the index holds no repository `{name}`", hint="`gte-search repos` lists what it holds")
    return int(row[0])


def _count_change(db: sqlite3.Connection, name: str) -> None:
    """Tell readers that what they derived from chunks or vectors is out of date."""
    db.execute("UPDATE meta SET value = value + 1 WHERE name = ?", (name,))


def _file_row(file: IndexedFile) -> tuple[str | bytes | int | None, ...]:
    state = file.state
    path = str(state.path)
    return (
        encoded(path),
        encoded(path.lower()),
        encoded(state.path.parts[0]) if len(state.path.parts) > 1 else ".",
        state.digest,
        state.size,
        state.mtime_ns,
        file.language,
        json.dumps(file.notes) if file.notes else None,
    )


def _chunk_row(chunk: Chunk) -> tuple[str | bytes | int | None, ...]:
    symbol_key, name_key = (None, None) if chunk.symbol is None else map(encoded, symbol_keys(chunk.symbol))
    ends_passage = chunk.passage.endswith(chunk.text)
    return (
        chunk.id,
        chunk.start,
        chunk.end,
        chunk.page,
        chunk.kind.value,
        chunk.language,
        encoded_or_none(chunk.symbol),
        symbol_key,
        name_key,
        encoded_or_none(chunk.signature),
        encoded_or_none(chunk.docstring),
        encoded_or_none(chunk.title),
        len(chunk.passage) - len(chunk.text) if ends_passage else None,
        None if ends_passage else encoded(chunk.text),
    )


def _chunk_words(number: int, chunk: Chunk, path: str) -> Words:
    symbol, signature, title = _words(chunk.symbol), _words(chunk.signature), _words(chunk.title)
    return number, symbol, signature, title, _words(chunk.docstring), _words(chunk.text), path


def _insert_words(db: sqlite3.Connection, rows: Sequence[Words]) -> None:
    """Add what can be searched of chunks. A table of one field has no row for what lacks it."""
    db.executemany(
        INSERT_WORDS,
        [(number, symbol, signature, title, body, path) for number, symbol, signature, title, _, body, path in rows],
    )
    fields = {
        Field.SYMBOL: [(number, symbol) for number, symbol, *_ in rows],
        Field.SIGNATURE: [(number, signature) for number, _, signature, *_ in rows],
        Field.TITLE: [(number, f"{title} {docstring}".strip()) for number, _, _, title, docstring, *_ in rows],
        Field.PATH: [(number, path) for number, *_, path in rows],
    }
    for field, words in fields.items():
        values = [(number, text) for number, text in words if text]
        db.executemany(f"INSERT INTO {FIELD_TABLES[field]} (rowid, words) VALUES (?, ?)", values)


def _words(text: str | None) -> str:
    return spaced(text) if text else ""


def _all_words(db: sqlite3.Connection) -> Iterator[Words]:
    """Yield what can be searched of every chunk."""
    for number, *row in db.execute(CHUNKS.replace("SELECT", "SELECT c.id,", 1)):
        chunk = to_chunk(tuple(row))
        yield _chunk_words(number, chunk, _words(str(chunk.path)))
