"""The FAISS index over one model's vectors, derived from SQLite and rebuildable from it at any time.

An index is a row of immutable *segments*. The first is the file that `compact` wrote, memory-mapped so that
opening it costs no reading, of the kind that suits its size (`segments`); the others hold, in memory, what was stored
since, and are scanned exactly.
"""

import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import faiss
import numpy as np

from embedder.types import Vectors
from indexer.errors import StoreFullError
from indexer.store import segments
from indexer.store.rows import from_blobs
from indexer.store.segments import Ids, Mask

BLOCK: Final = 16_384  # vectors converted at once: bounds the extra memory
PATTERN: Final = "vectors-*.faiss*"  # index files, finished or not
SMALL: Final = 5_000  # vectors that any process reads from SQLite in some 10 ms: not worth a file
TAIL: Final = 0.1  # share of vectors beside the file from which on it is written anew

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A row of the table `models`."""

    id: int
    dim: int
    file: str | None
    rows: int  # vectors in the file
    until: int  # vectors.id up to which the file holds them


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Vectors that are searched together."""

    index: segments.Index
    passages: Ids  # passages.id of each vector
    owner: faiss.Index | None = None  # keeps the memory of `index` alive where it was read from a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A model's vectors at one moment; searched by any number of threads."""

    file: str | None  # what the first segment was read from
    until: int  # vectors.id up to which they are here
    segments: tuple[Segment, ...]

    def search(self, vector: Vectors, live: Mask, limit: int) -> list[tuple[int, float]]:
        """Return at most `limit` (passages.id, cosine), best first, of the passages that `live` marks by id."""
        found: list[tuple[int, float]] = []
        if limit < 1:
            return found
        for segment in self.segments:
            found.extend(_search(segment, vector, live, limit))
        found.sort(key=lambda hit: (-hit[1], hit[0]))
        return found[:limit]


class VectorIndex:
    """The current snapshot of each model, brought up to date when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._snapshots: dict[int, tuple[int, Snapshot]] = {}  # by models.id, with the generation it was read at
        self._mutex = threading.Lock()

    def snapshot(self, db: sqlite3.Connection, model: Model, *, generation: int) -> Snapshot:
        """Return vectors that include all that `db` sees. `generation` counts the changes of vectors."""
        with self._mutex:
            known, snapshot = self._snapshots.get(model.id, (-1, None))
            if snapshot is None or (known < generation and snapshot.file != model.file):
                snapshot = _opened(self._folder, model)
            if known < generation:
                snapshot = _extended(db, model, snapshot)
                self._snapshots[model.id] = generation, snapshot
            return snapshot


def find_model(db: sqlite3.Connection, fingerprint: str) -> Model | None:
    """Return the model of that fingerprint, or None where the store holds no vector of it."""
    row = db.execute(
        "SELECT id, dim, index_file, index_rows, index_until FROM models WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()
    return None if row is None else Model(id=row[0], dim=row[1], file=row[2], rows=row[3], until=row[4])


def rebuilt(db: sqlite3.Connection, folder: Path, *, most_exact: int) -> list[Model]:
    """Write a new file for each model whose file serves readers badly, and return those. Raises StoreFullError.

    most_exact: numbers in a model's vectors up to which all are scanned exactly.
    Readers learn of a file when its model's row is updated; until then it is one more file in the folder.
    """
    written = []
    for (fingerprint,) in db.execute("SELECT fingerprint FROM models").fetchall():
        model = find_model(db, fingerprint)
        if model is not None and _is_outgrown(db, folder, model, most_exact):
            try:
                written.append(_write(db, folder, model, most_exact))
            except OSError as error:
                raise StoreFullError(
                    f"the index {folder} cannot be written: {error}",
                    hint="free some space there, or name another folder with `--index`",
                ) from error
    return written


def remove_files(db: sqlite3.Connection, folder: Path) -> None:
    """Remove index files that no model names; one that a reader holds open on Windows goes the next time."""
    named = {name for (name,) in db.execute("SELECT index_file FROM models")}
    for path in folder.glob(PATTERN):
        if path.name not in named:
            try:
                path.unlink()
            except PermissionError:
                log.info("%s is still in use", path)


def _search(segment: Segment, vector: Vectors, live: Mask, limit: int) -> Iterator[tuple[int, float]]:
    if len(live) == 0:
        return
    passages = segment.passages
    # Passages younger than the mask were committed after the state that it was read from.
    among = live.take(passages, mode="clip") & (passages < len(live))
    rows, scores = segments.nearest(segment.index, vector, among, limit)
    yield from zip(passages[rows].tolist(), scores, strict=True)


def _is_outgrown(db: sqlite3.Connection, folder: Path, model: Model, most_exact: int) -> bool:
    """Tell whether a file written now would serve readers better than the one there is."""
    if model.file is not None:
        opened = _opened(folder, model).segments
        better = segments.suits_sketches(model.dim, model.rows, most_exact=most_exact)
        if not opened or (better and not segments.is_sketched(opened[0].index)):
            return True
    (total,) = db.execute("SELECT count(*) FROM vectors WHERE model_id = ?", (model.id,)).fetchone()
    query = "SELECT count(*) FROM vectors WHERE id > ? AND model_id = ?"
    (tail,) = db.execute(query, (model.until, model.id)).fetchone()
    gone = model.rows - (total - tail)
    return bool(max(tail, gone) > max(SMALL, TAIL * total))


def _write(db: sqlite3.Connection, folder: Path, model: Model, most_exact: int) -> Model:
    """Write a model's vectors under a new name and return the model that names it. Raises OSError.

    The name is random and becomes known by the commit that stores it: a file never answers for another state
    of SQLite than the one it was made of, such as a restored backup.
    """
    whole = faiss.IndexIDMap(_empty(db, model, most_exact))
    until = 0
    for ids, passages, vectors in _stored(db, model, after=0):
        whole.add_with_ids(vectors, passages)
        until = int(ids[-1])
    name = f"vectors-{secrets.token_hex(8)}.faiss"
    draft = folder / f"{name}.partial"
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600))
        try:
            faiss.write_index(whole, str(draft))
        except RuntimeError as error:  # all that FAISS raises
            raise OSError(f"cannot write {draft}: {error}") from error
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(folder / name)
    finally:
        draft.unlink(missing_ok=True)
    return Model(id=model.id, dim=model.dim, file=name, rows=int(whole.ntotal), until=until)


def _opened(folder: Path, model: Model) -> Snapshot:
    """Return the vectors of the model's file, or none where it is missing or unfit: it is only derived."""
    nothing = Snapshot(file=model.file, until=0, segments=())
    if model.file is None:
        return nothing
    path = folder / model.file
    try:
        owner = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:  # all that FAISS raises
        log.warning("%s is damaged; vectors are read from the database until the next run renews it", path)
        log.debug("FAISS says: %s", error)
        return nothing
    if isinstance(owner, faiss.IndexIDMap):
        index = faiss.downcast_index(owner.index)
        if segments.is_sound(index, dim=model.dim, rows=model.rows):
            segment = Segment(index=index, passages=faiss.vector_to_array(owner.id_map), owner=owner)
            return Snapshot(file=model.file, until=model.until, segments=(segment,))
    log.warning("%s is damaged; vectors are read from the database until the next run renews it", path)
    return nothing


def _extended(db: sqlite3.Connection, model: Model, snapshot: Snapshot) -> Snapshot:
    """Return `snapshot` with the vectors stored since."""
    index, passages, until = segments.exact(model.dim), [], snapshot.until
    for ids, block, vectors in _stored(db, model, after=until):
        index.add(vectors)
        passages.append(block)
        until = int(ids[-1])
    if not passages:
        return snapshot
    row = [*snapshot.segments, Segment(index=index, passages=np.concatenate(passages))]
    # While a run stores batch after batch, each search would add a segment: joining equals keeps them few, and
    # copies each vector only a logarithmic number of times. Files stay as they are.
    while len(row) > 1 and row[-2].owner is None and _size(row[-2]) <= 2 * _size(row[-1]):
        last, before = row.pop(), row.pop()
        row.append(_joined(before, last))
    return Snapshot(file=snapshot.file, until=until, segments=tuple(row))


def _stored(db: sqlite3.Connection, model: Model, *, after: int) -> Iterator[tuple[Ids, Ids, Vectors]]:
    """Yield (vectors.id, passages.id, vectors [n, dim]) in blocks, by vectors.id."""
    cursor = db.execute(
        "SELECT id, passage_id, vector FROM vectors WHERE id > ? AND model_id = ? ORDER BY id", (after, model.id)
    )
    while rows := cursor.fetchmany(BLOCK):
        ids, passages, blobs = zip(*rows, strict=True)
        yield np.array(ids, dtype=np.int64), np.array(passages, dtype=np.int64), from_blobs(blobs, dim=model.dim)


def _empty(db: sqlite3.Connection, model: Model, most_exact: int) -> segments.Index:
    """Return an empty index of the kind that suits the model's vectors."""
    (total,) = db.execute("SELECT count(*) FROM vectors WHERE model_id = ?", (model.id,)).fetchone()
    if not segments.suits_sketches(model.dim, total, most_exact=most_exact):
        return segments.exact(model.dim)
    # Every n-th of all: what comes first are definitions, and the centre of these is not that of the rest.
    every = -(-total // BLOCK)
    # Copied, or each would hold its whole block.
    sample = [vectors[::every].copy() for _, _, vectors in _stored(db, model, after=0)]
    return segments.sketched(np.concatenate(sample))


def _joined(first: Segment, second: Segment) -> Segment:
    index = segments.exact(first.index.d)
    for segment in (first, second):
        for start in range(0, _size(segment), BLOCK):
            index.add(segment.index.reconstruct_n(start, min(BLOCK, _size(segment) - start)))
    return Segment(index=index, passages=np.concatenate([first.passages, second.passages]))


def _size(segment: Segment) -> int:
    return len(segment.passages)
