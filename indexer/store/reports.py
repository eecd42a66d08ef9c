"""The reads of the local store that return what was put there, as functions of a connection in one transaction."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from embedder.types import Vectors
from indexer.errors import StoreDamagedError
from indexer.store.database import FILE
from indexer.store.filters import Where
from indexer.store.queries import PENDING
from indexer.store.rows import CHUNKS, decoded, decoded_or_none, encoded, from_blobs, to_chunk
from indexer.store.schema import VERSION
from indexer.types import Chunk, FileState, Repo, RepoStatus

BLOCK: Final = 500  # rows or keys at a time: bounds the memory of a read of everything, and the marks of a statement

REPO: Final = "name, root, remote, branch, revision, whole"

Stored = str | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is counted of the repositories, by their numbers in the database."""

    chunks: Mapping[int, int]
    pending: Mapping[int, int]
    languages: Mapping[int, Mapping[str, int]]  # to files, the most frequent first


def counts(db: sqlite3.Connection, model: str | None) -> Counts:
    """Count what there is of every repository; `pending` counts for `model`, all chunks where it is None."""
    chunks = dict(db.execute("SELECT repo_id, count(*) FROM chunks GROUP BY repo_id"))
    if model is None:
        waiting = chunks
    else:
        query = f"SELECT c.repo_id, count(DISTINCT c.passage_id) {PENDING} GROUP BY c.repo_id"
        waiting = dict(db.execute(query, (model, None)))
    languages: dict[int, dict[str, int]] = {}
    query = "SELECT repo_id, language, count(*) FROM files GROUP BY repo_id, language ORDER BY count(*) DESC, language"
    for number, language, files_in_it in db.execute(query):
        languages.setdefault(number, {})[language] = files_in_it
    return Counts(chunks=chunks, pending=waiting, languages=languages)


def repos(db: sqlite3.Connection, counted: Counts) -> list[RepoStatus]:
    """Return every repository, by name."""
    rows = db.execute(f"SELECT id, expected_files, indexed_at, complete, {REPO} FROM repos")
    found = [
        RepoStatus(
            repo=_repo(*identity),
            files=sum(counted.languages.get(number, {}).values()),
            expected_files=expected_files,
            chunks=counted.chunks.get(number, 0),
            pending=counted.pending.get(number, 0),
            indexed_at=indexed_at,
            complete=bool(complete),
            languages=counted.languages.get(number, {}),
        )
        for number, expected_files, indexed_at, complete, *identity in rows
    ]
    return sorted(found, key=lambda status: status.repo.name)


def repo(db: sqlite3.Connection, name: str) -> Repo | None:
    """Return one repository."""
    row = db.execute(f"SELECT {REPO} FROM repos WHERE name = ?", (encoded(name),)).fetchone()
    return _repo(*row) if row else None


def _repo(
    name: Stored, root: Stored, remote: Stored | None, branch: Stored | None, revision: str | None, whole: int
) -> Repo:
    return Repo(
        name=decoded(name),
        root=Path(decoded(root)),
        remote=decoded_or_none(remote),
        branch=decoded_or_none(branch),
        commit=revision,
        whole=bool(whole),
    )


def file(db: sqlite3.Connection, repo: str, path: PurePosixPath) -> FileState | None:
    """Return one file's state."""
    row = db.execute(
        "SELECT digest, size, mtime_ns FROM files WHERE repo_id = (SELECT id FROM repos WHERE name = ?) AND path = ?",
        (encoded(repo), encoded(str(path))),
    ).fetchone()
    return FileState(path=path, digest=row[0], size=row[1], mtime_ns=row[2]) if row else None


def note(db: sqlite3.Connection, name: str) -> str | None:
    """Return a text kept by name."""
    row = db.execute("SELECT text FROM notes WHERE name = ?", (name,)).fetchone()
    return decoded(row[0]) if row else None


def check(db: sqlite3.Connection, folder: Path) -> None:
    """Read every page and index once. Raises StoreDamagedError."""
    faults = [row[0] for row in db.execute("PRAGMA quick_check(5)")]
    faults += [f"row {row[1]} of {row[0]} has no parent" for row in db.execute("PRAGMA foreign_key_check")][:5]
    if faults != ["ok"]:
        raise StoreDamagedError(
            f"the index {folder / FILE} is damaged: {'; '.join(faults)}",
            hint="move the file away and index again with `index-repo PATH`, or restore it from a backup",
        )


def files(db: sqlite3.Connection, repo: str) -> dict[PurePosixPath, FileState]:
    """Return the files of a repository, by path."""
    rows = db.execute(
        "SELECT path, digest, size, mtime_ns FROM files WHERE repo_id = (SELECT id FROM repos WHERE name = ?)"
        " ORDER BY path",
        (encoded(repo),),
    )
    states = (
        FileState(path=PurePosixPath(decoded(path)), digest=digest, size=size, mtime_ns=mtime_ns)
        for path, digest, size, mtime_ns in rows
    )
    return {state.path: state for state in states}


def file_chunks(db: sqlite3.Connection, repo: str, path: PurePosixPath) -> list[Chunk]:
    """Return the chunks of one file, by line."""
    rows = db.execute(
        f"{CHUNKS} WHERE r.name = ? AND f.path = ? ORDER BY c.ordinal", (encoded(repo), encoded(str(path)))
    )
    return [to_chunk(row) for row in rows]


def chunks(db: sqlite3.Connection, ids: Collection[str]) -> dict[str, Chunk]:
    """Return the chunks of those ids that exist."""
    if not ids:
        return {}
    rows = db.execute(f"{CHUNKS} WHERE c.uuid IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),))
    return {chunk.id: chunk for chunk in map(to_chunk, rows.fetchall())}


def each(db: sqlite3.Connection, where: Where) -> Iterator[Chunk]:
    """Yield the chunks under the filter, by repository, path and place in the file."""
    rows = db.execute(f"{CHUNKS} WHERE {where.sql} ORDER BY r.name, f.path, c.ordinal", where.values)
    while block := rows.fetchmany(BLOCK):
        yield from map(to_chunk, block)


def vectors(db: sqlite3.Connection, model: str, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
    """Return key to vector of the model, of those keys that have one."""
    found: dict[bytes, Vectors] = {}
    for start in range(0, len(keys), BLOCK):
        asked = keys[start : start + BLOCK]
        rows = db.execute(
            "SELECT p.key, m.dim, v.vector FROM passages AS p JOIN vectors AS v ON v.passage_id = p.id"
            " JOIN models AS m ON m.id = v.model_id"
            f" WHERE m.fingerprint = ? AND p.key IN ({','.join('?' * len(asked))})",
            (model, *asked),
        )
        found |= {key: from_blobs([blob], dim=dim)[0] for key, dim, blob in rows}
    return found


def models(db: sqlite3.Connection) -> dict[str, int]:
    """Return model to number of vectors."""
    rows = db.execute(
        "SELECT m.fingerprint, count(*) FROM vectors AS v JOIN models AS m ON m.id = v.model_id"
        " GROUP BY m.id ORDER BY m.fingerprint"
    )
    return dict(rows.fetchall())


def statistics(db: sqlite3.Connection, folder: Path) -> Mapping[str, int | str]:
    """Return what `status` and `doctor` show; sizes in bytes."""
    tables = ("repos", "files", "chunks", "passages", "vectors", "models")
    counts = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
    (lossy,) = db.execute("SELECT count(*) FROM files WHERE notes IS NOT NULL").fetchone()
    sizes = {path.name: _size(path) for path in folder.iterdir()}
    return {
        "store": "local",
        "location": str(folder),
        "schema": VERSION,
        "sqlite": sqlite3.sqlite_version,
        "bytes": sum(sizes.values()),
        "bytes_database": sum(size for name, size in sizes.items() if name.startswith(FILE)),
        "bytes_vector_index": sum(size for name, size in sizes.items() if name.startswith("vectors-")),
        **counts,
        "files_with_notes": lossy,
    }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a writer has just replaced it
        return 0
