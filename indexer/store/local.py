"""The embedded store: SQLite holds the truth, FAISS an index derived from it. No server, one folder.

A folder holds `store.sqlite3` with its log, `vectors-*.faiss`, `write.lock` and, during a write, `writer.json`.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from embedder.types import Vectors
from indexer.spelling import Names
from indexer.store import bm25, catalogue, filters, paths, queries, reports, writes
from indexer.store.cache import Cache
from indexer.store.catalogue import Catalogue, Live
from indexer.store.database import Database
from indexer.store.filters import Where
from indexer.store.lock import WriteLock
from indexer.types import Candidate, Chunk, Facets, Field, FileState, Filter, IndexedFile, Pending, Repo, RepoStatus

if TYPE_CHECKING:
    from indexer.store.vectors import VectorIndex

T = TypeVar("T")

MOST_EXACT: Final = 40_000_000  # numbers, 104,000 vectors of 384: scanned in 3 ms, 6 where half pass (segments.py)
ANSWERS: Final = 64  # the filters of a handful of people at once
TERMS: Final = 10_000  # of which it is known how many chunks hold them
PATHS: Final = 8 << 20  # bytes of which files' paths hold a word
CHUNKS: Final = 32 << 20  # bytes of chunks: some thousand, as many as a dozen searches look into
CHUNK: Final = 1_000  # of which a chunk's objects take so many beside its passage and text
# Bytes of BM25 scores. All words of 50,000 chunks take some 70 MB; of a million chunks the 400 words of 25 queries take
# 100 MB, and where these do not fit, each query reads them anew, in half a second.
COLUMNS: Final = 256 << 20


class LocalStore:
    """A Store in a folder of this machine; used by any number of threads.

    A write outside `writing()` holds the right to write for as long as it takes; inside, threads of this object
    share it. `put_vectors` leaves a vector that is there as it is: its model and key say what it must be.
    """

    def __init__(self, folder: Path, *, create: bool = False, most_exact: int = MOST_EXACT) -> None:
        """Open the store, made where it is missing and `create` is set. Raises StoreError and its children.

        most_exact: numbers in a model's vectors up to which `compact` writes a file that is scanned exactly.
        """
        self._folder = folder
        self._most_exact = most_exact
        self._database = Database(folder, create=create)
        self._lock = WriteLock(folder)
        self._cache: Cache[Any] = Cache(ANSWERS)
        self._holders: Cache[int] = Cache(TERMS)
        self._columns: Cache[bm25.Column] = Cache(COLUMNS, cost=lambda column: column.size)
        self._paths: Cache[paths.Holders] = Cache(PATHS, cost=lambda holders: holders.size)
        self._chunks: Cache[Chunk] = Cache(CHUNKS, cost=lambda chunk: 2 * len(chunk.passage) + CHUNK)
        self._catalogue: tuple[int, Catalogue] | None = None  # the latest that was read, of what generation
        self._vectors: VectorIndex | None = None

    # -- writing -----------------------------------------------------------------------------------
    def writing(self, *, patience: float = 0.0) -> AbstractContextManager[None]:
        """Hold the right to write; nests in one thread."""
        return self._lock.held(patience=patience)

    def writer(self) -> int | None:
        """Return the id of the process that is writing; None where none is."""
        return self._lock.holder()

    def put_repo(self, repo: Repo, *, expected_files: int) -> None:
        """Add or update a repository and mark it incomplete."""
        self._write(lambda db: writes.put_repo(db, repo, expected_files=expected_files))

    def finish_repo(self, name: str, *, indexed_at: float) -> None:
        """Mark a repository complete. Raises StoreError where it is unknown."""
        self._write(lambda db: writes.finish_repo(db, name, indexed_at=indexed_at))

    def remove_repo(self, name: str) -> None:
        """Remove a repository, and vectors that no chunk uses; one that is unknown is removed already."""
        self._write(lambda db: writes.remove_repo(db, name))

    def put_files(self, repo: str, files: Sequence[IndexedFile]) -> None:
        """Replace files by path. Raises StoreError where the repository is unknown."""
        self._write(lambda db: writes.put_files(db, repo, files))

    def touch_files(self, repo: str, states: Sequence[FileState]) -> None:
        """Update size and mtime of files of the same digest. Raises StoreError where the repository is unknown."""
        self._write(lambda db: writes.touch_files(db, repo, states))

    def remove_files(self, repo: str, paths: Iterable[PurePosixPath]) -> None:
        """Remove files with their chunks. Raises StoreError where the repository is unknown."""
        self._write(lambda db: writes.remove_files(db, repo, paths))

    def put_vectors(self, model: str, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors that are not there yet. Raises ValueError for a wrong shape or numbers that are none."""
        self._write(lambda db: writes.put_vectors(db, model, keys, vectors))

    def compact(self) -> None:
        """Drop what is unused if it is most; merge the words, renew outgrown FAISS files, shrink the database."""
        with self._lock.joined():
            self._write(writes.remove_most_unused)
            self._write(writes.tidy_words)
            self._write_indexes()
            self._database.shrink()

    def keep_model(self, model: str) -> None:
        """Drop the vectors of every other model."""
        self._write(lambda db: writes.keep_model(db, model))

    def put_note(self, name: str, text: str) -> None:
        """Keep a text by name."""
        self._write(lambda db: writes.put_note(db, name, text))

    # -- reading: values ---------------------------------------------------------------------------
    def repos(self, *, model: str | None = None) -> list[RepoStatus]:
        """Every repository, by name."""

        def read(db: sqlite3.Connection) -> list[RepoStatus]:
            counted = self._counted(db, ("counts", model), lambda: reports.counts(db, model))
            return reports.repos(db, counted)

        return self._read(read)

    def repo(self, name: str) -> Repo | None:
        """One repository; None where it is unknown."""
        return self._read(lambda db: reports.repo(db, name))

    def file(self, repo: str, path: PurePosixPath) -> FileState | None:
        """One file's state; None where it is not indexed."""
        return self._read(lambda db: reports.file(db, repo, path))

    def files(self, repo: str) -> dict[PurePosixPath, FileState]:
        """The files of a repository; empty where it is unknown."""
        return self._read(lambda db: reports.files(db, repo))

    def file_chunks(self, repo: str, path: PurePosixPath) -> list[Chunk]:
        """The chunks of one file, by line."""
        return self._read(lambda db: reports.file_chunks(db, repo, path))

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks of those ids that exist, in the order of `ids`."""

        def read(db: sqlite3.Connection) -> dict[str, Chunk]:
            generation = _generation(db, "chunks")
            found = self._chunks.known(ids, generation)
            if missing := set(ids) - found.keys():
                new = reports.chunks(db, missing)
                self._chunks.keep(new, generation)
                found |= new
            return {id: found[id] for id in ids if id in found}

        return self._read(read)

    def each(self, where: Filter) -> Iterator[Chunk]:
        """Every chunk under the filter, by repository, path and line; holds a connection until it is used up."""
        with self._database.reading() as db:
            yield from reports.each(db, self._where(db, where))

    def vectors(self, model: str, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Key to vector, of those keys that have one."""
        return self._read(lambda db: reports.vectors(db, model, keys))

    def pending(self, model: str, *, limit: int, repo: str | None = None) -> list[Pending]:
        """Passages without a vector: definitions and documents first, tests and examples last."""
        return self._read(lambda db: queries.pending(db, model, repo=repo, limit=limit))

    def count_pending(self, model: str, *, repo: str | None = None) -> int:
        """Count passages without a vector of the model."""

        def read(db: sqlite3.Connection) -> int:
            return self._counted(db, ("pending", (model, repo)), lambda: queries.count_pending(db, model, repo=repo))

        return self._read(read)

    def note(self, name: str) -> str | None:
        """The text that `put_note` kept."""
        return self._read(lambda db: reports.note(db, name))

    def models(self) -> dict[str, int]:
        """Model to number of vectors stored."""
        return dict(self._read(lambda db: self._counted(db, ("models", None), lambda: reports.models(db))))

    def statistics(self) -> Mapping[str, int | str]:
        """Location, schema version, sizes in bytes, counts."""
        return self._read(lambda db: reports.statistics(db, self._folder))

    def check(self) -> None:
        """Read the whole database once. Raises StoreDamagedError naming what is not sound."""
        self._read(lambda db: reports.check(db, self._folder))

    # -- reading: candidates -----------------------------------------------------------------------
    def dense(self, vector: Vectors, *, model: str, where: Filter, limit: int) -> list[Candidate]:
        """Chunks by cosine, of more than `most_exact` nearly all (store/segments.py). ValueError: another dimension."""
        from indexer.store.vectors import VectorIndex, find_model  # here: importing FAISS takes 0.1 s

        def read(db: sqlite3.Connection) -> list[Candidate]:
            known = find_model(db, model)
            if known is None:
                return []
            if vector.shape != (known.dim,):
                raise ValueError(f"vectors of `{model}` have {known.dim} numbers, not shape {vector.shape}")
            if self._vectors is None:
                self._vectors = VectorIndex(self._folder)
            snapshot = self._vectors.snapshot(db, known, generation=_generation(db, "vectors"))
            live = self._live(db, where)
            return catalogue.of_passages(snapshot.search(vector, live.passages, limit), live, limit=limit)

        return self._read(read)

    def lexical(self, tokens: Sequence[str], *, where: Filter, limit: int) -> list[Candidate]:
        """Chunks by BM25 over all their words; of many tokens the rarest count, and never those of half the chunks."""

        def read(db: sqlite3.Connection) -> list[Candidate]:
            return queries.lexical(db, self._telling(db, tokens), where=self._where(db, where), limit=limit)

        return self._read(read)

    def fields(self, tokens: Sequence[str], *, where: Filter, limit: int) -> dict[Field, list[Candidate]]:
        """Chunks by BM25 over each field alone, by the tokens of `lexical`; of equal scores at the limit, any."""

        def read(db: sqlite3.Connection) -> dict[Field, list[Candidate]]:
            generation = _generation(db, "chunks")

            def column_of(field: Field, term: str) -> bm25.Column:
                return self._columns.get((field, term), generation, lambda: bm25.column(db, field, term))

            return bm25.ranked(self._telling(db, tokens), self._live(db, where), column_of=column_of, limit=limit)

        return self._read(read)

    def rarity(self, tokens: Sequence[str]) -> dict[str, float]:
        """Return the inverse document frequency of each token."""
        return self._read(lambda db: queries.rarity(self._held(db, tokens), chunks=self._everything(db)))

    def symbols(self, names: Sequence[str], *, where: Filter, limit: int) -> list[Candidate]:
        """Chunks that define one of `names`; of equal scores definitions come before tests."""
        return self._read(lambda db: queries.symbols(db, names, where=self._where(db, where), limit=limit))

    def near(self, name: str, *, where: Filter, limit: int) -> dict[str, int]:
        """Symbols under the filter that are spelt most like `name`, the most frequent first."""

        def read(db: sqlite3.Connection) -> dict[str, int]:
            known = self._derived(db, ("names", None), lambda: Names(queries.names(db)))
            return queries.near(db, name, known, where=self._where(db, where), limit=limit)

        return self._read(read)

    def holding(self, words: Sequence[str], *, where: Filter) -> Iterator[tuple[Candidate, str]]:
        """Chunks that have all of these tokens, with their text; holds a connection until it is closed."""
        with self._database.reading() as db:
            yield from queries.holding(db, words, where=self._where(db, where))

    def paths(self, words: Sequence[str], *, where: Filter, limit: int) -> list[Candidate]:
        """The first chunk under the filter of files whose path holds a word; of equal scores short paths first."""

        def read(db: sqlite3.Connection) -> list[Candidate]:
            generation = _generation(db, "chunks")

            def holders_of(word: str) -> paths.Holders:
                return self._paths.get(word, generation, lambda: paths.holders(db, word))

            places = self._derived(db, ("paths", None), lambda: paths.shortness(db))
            return paths.ranked(words, self._live(db, where), holders_of=holders_of, places=places, limit=limit)

        return self._read(read)

    def facets(self, where: Filter) -> Facets:
        """Chunks under the filter counted by each field; "." is the folder of files at the root."""
        return self._read(
            lambda db: self._derived(db, ("facets", where), lambda: queries.facets(db, self._where(db, where)))
        )

    def count(self, where: Filter) -> int:
        """Chunks under the filter."""
        return self._read(
            lambda db: self._derived(db, ("count", where), lambda: queries.count(db, self._where(db, where)))
        )

    def close(self) -> None:
        """Close all connections; readings under way in other threads end undisturbed."""
        self._database.close()

    # -- inside ------------------------------------------------------------------------------------
    def _write(self, write: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock.joined(), self._database.transaction() as db:
            return write(db)

    def _read(self, read: Callable[[sqlite3.Connection], T]) -> T:
        with self._database.reading() as db:
            return read(db)

    def _derived(self, db: sqlite3.Connection, key: tuple[str, object], compute: Callable[[], T]) -> T:
        """Return what `compute` reads from files and chunks, kept until these change."""
        return cast(T, self._cache.get(key, _generation(db, "chunks"), compute))

    def _counted(self, db: sqlite3.Connection, key: tuple[str, object], compute: Callable[[], T]) -> T:
        """Return what `compute` reads from chunks and vectors, kept until either changes."""
        # Both counters only grow, so their sum is another after every change.
        return cast(T, self._cache.get(key, _generation(db, "chunks") + _generation(db, "vectors"), compute))

    def _everything(self, db: sqlite3.Connection) -> int:
        """Return how many chunks there are, of any repository."""
        return self._derived(db, ("count", Filter()), lambda: queries.count(db, self._where(db, Filter())))

    def _held(self, db: sqlite3.Connection, tokens: Sequence[str]) -> dict[str, int]:
        """Return how many chunks hold each token."""
        generation = _generation(db, "chunks")

        def count(token: str) -> int:
            return self._holders.get(token, generation, lambda: queries.holders(db, token))

        return {token: count(token) for token in tokens}

    def _telling(self, db: sqlite3.Connection, tokens: Sequence[str]) -> list[str]:
        return queries.telling(self._held(db, tokens), chunks=self._everything(db))

    def _live(self, db: sqlite3.Connection, where: Filter) -> Live:
        def compute() -> Live:
            known = self._derived(db, ("catalogue", None), lambda: self._read_catalogue(db))
            return catalogue.live(db, known, self._where(db, where) if where else None)

        return self._derived(db, ("live", where), compute)

    def _read_catalogue(self, db: sqlite3.Connection) -> Catalogue:
        generation, latest = _generation(db, "chunks"), self._catalogue
        before = latest[1] if latest and latest[0] <= generation else None  # a reader may be behind another
        found = catalogue.read(db, before)
        self._catalogue = generation, found
        return found

    def _where(self, db: sqlite3.Connection, where: Filter) -> Where:
        def resolve(globs: tuple[str, ...]) -> str:
            return self._derived(db, ("globs", globs), lambda: filters.file_ids(db, globs))

        return filters.compiled(where, resolve=resolve)

    def _write_indexes(self) -> None:
        from indexer.store import vectors

        with self._database.reading() as db:
            written = vectors.rebuilt(db, self._folder, most_exact=self._most_exact)
        if written:
            self._write(lambda db: writes.name_indexes(db, written))
        with self._database.reading() as db:
            vectors.remove_files(db, self._folder)


def _generation(db: sqlite3.Connection, name: str) -> int:
    """Return how often "chunks" or "vectors" were changed."""
    (generation,) = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return int(generation)
