"""The seam between the indexer and a storage engine. One contract suite runs on every implementation.

Words: a *model* is an `Encoder.fingerprint`; vectors of different models never mix. A chunk is
*pending* for a model while no vector of that model exists for its key.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import PurePosixPath
from typing import Protocol

from embedder.types import Vectors
from indexer.types import Candidate, Chunk, Facets, Field, FileState, Filter, IndexedFile, Pending, Repo, RepoStatus


class Store(Protocol):
    """Holds repositories, files, chunks and vectors; answers queries under one Filter.

    Every read answers from a committed state. Every write is one transaction: after a crash it is
    there wholly or not at all. Candidates come best first, at most `limit`, all of them under the
    filter: engines filter while searching, never after the top `limit`.
    Raises StoreError and its children.
    """

    # -- writing: one process at a time -------------------------------------------------------------
    def writing(self, *, patience: float = 0.0) -> AbstractContextManager[None]:
        """Hold the right to write, or raise StoreBusyError naming the process that holds it.

        patience: seconds to wait for another process first.
        """
        ...

    def writer(self) -> int | None:
        """Return the id of the process that is writing; None where none is, or where that cannot be told."""
        ...

    def put_repo(self, repo: Repo, *, expected_files: int) -> None:
        """Add a repository, or update the one of that name; marks it incomplete until `finish_repo`."""
        ...

    def finish_repo(self, name: str, *, indexed_at: float) -> None:
        """Mark the run over `name` complete: all its text is written."""
        ...

    def remove_repo(self, name: str) -> None:
        """Remove a repository with its files and chunks, and vectors that no chunk uses any more."""
        ...

    def put_files(self, repo: str, files: Sequence[IndexedFile]) -> None:
        """Replace what is stored of each file (by path), in one transaction."""
        ...

    def touch_files(self, repo: str, states: Sequence[FileState]) -> None:
        """Update size and mtime of files whose content is unchanged."""
        ...

    def remove_files(self, repo: str, paths: Iterable[PurePosixPath]) -> None:
        """Remove files with their chunks. Vectors stay until `compact`: a branch switch brings texts back."""
        ...

    def put_vectors(self, model: str, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep unit vectors [len(keys), dim] by (model, key)."""
        ...

    def compact(self) -> None:
        """Rebuild what is derived, so that queries are at their fastest.

        Vectors that no chunk uses go once they outnumber those in use: until then a branch switch finds them again.
        """
        ...

    def keep_model(self, model: str) -> None:
        """Drop the vectors of every other model: those of `model` are complete."""
        ...

    def put_note(self, name: str, text: str) -> None:
        """Remember a text by name, such as the model that the index was made with."""
        ...

    # -- reading: any number of processes -----------------------------------------------------------
    def repos(self, *, model: str | None = None) -> list[RepoStatus]:
        """Every repository, by name; `pending` counts for `model` (all chunks where it is None)."""
        ...

    def repo(self, name: str) -> Repo | None:
        """One repository; None where it is unknown. Cheap: asked for every hit."""
        ...

    def file(self, repo: str, path: PurePosixPath) -> FileState | None:
        """One file's state; None where it is not indexed. Cheap: asked for every hit."""
        ...

    def files(self, repo: str) -> dict[PurePosixPath, FileState]:
        """The files of a repository; empty where it is unknown."""
        ...

    def file_chunks(self, repo: str, path: PurePosixPath) -> list[Chunk]:
        """The chunks of one file, by line."""
        ...

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks of those ids that exist."""
        ...

    def each(self, where: Filter) -> Iterator[Chunk]:
        """Every chunk under the filter, by repository, path and line; of a state that no write changes meanwhile."""
        ...

    def vectors(self, model: str, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Return key to unit vector [dim], of those keys that have one of `model`; to the stored precision."""
        ...

    def pending(self, model: str, *, limit: int, repo: str | None = None) -> list[Pending]:
        """At most `limit` distinct passages without a vector of `model`, most useful first."""
        ...

    def count_pending(self, model: str, *, repo: str | None = None) -> int:
        """How many distinct passages have no vector of `model`."""
        ...

    def note(self, name: str) -> str | None:
        """Return what `put_note` remembered."""
        ...

    def models(self) -> dict[str, int]:
        """Model to number of vectors stored."""
        ...

    def dense(self, vector: Vectors, *, model: str, where: Filter, limit: int) -> list[Candidate]:
        """Chunks by cosine to `vector` [dim]; of very many a store may miss some, never of a selective filter."""
        ...

    def lexical(self, tokens: Sequence[str], *, where: Filter, limit: int) -> list[Candidate]:
        """Chunks by BM25 over the tokens of symbol, signature, title, text and path (`indexer.tokens.split`)."""
        ...

    def fields(self, tokens: Sequence[str], *, where: Filter, limit: int) -> dict[Field, list[Candidate]]:
        """Chunks by BM25 over each field alone, at most `limit` of each; of equal scores there, any."""
        ...

    def rarity(self, tokens: Sequence[str]) -> dict[str, float]:
        """Return the inverse document frequency of each token: ln(1 + (N - n + 0.5) / (n + 0.5)) of n in N chunks."""
        ...

    def symbols(self, names: Sequence[str], *, where: Filter, limit: int) -> list[Candidate]:
        """Chunks that define one of `names`, case-insensitive.

        Symbols are qualified with "." in every language. Score 3: the whole symbol; 2: its last parts
        ("Session.send" of "requests.Session.send"); 1: its last part alone ("send" of "Session.send").
        """
        ...

    def near(self, name: str, *, where: Filter, limit: int) -> dict[str, int]:
        """Symbols defined under the filter that are spelt most like `name`, to the edits that separate them.

        All have the fewest edits (of those, the fewest `signs`), and no part more than the `slips` of the part that
        is asked for (`indexer.spelling`). Of a qualified `name` as many last parts are compared and returned.
        """
        ...

    def holding(self, words: Sequence[str], *, where: Filter) -> Iterator[tuple[Candidate, str]]:
        """Every chunk that has all of these tokens, with its text, by BM25; of no tokens all, useful ones first.

        Read one by one, so that the caller can stop. Tokens are those of `lexical`.
        """
        ...

    def paths(self, words: Sequence[str], *, where: Filter, limit: int) -> list[Candidate]:
        """First chunks of files whose path holds any of `words` (lower case); score is the share of words found."""
        ...

    def facets(self, where: Filter) -> Facets:
        """Chunks under the filter counted by repos, languages, kinds and top folders, most frequent first."""
        ...

    def count(self, where: Filter) -> int:
        """Chunks under the filter."""
        ...

    def statistics(self) -> Mapping[str, int | str]:
        """What `status` and `doctor` show: location, schema version, sizes in bytes, counts."""
        ...

    def check(self) -> None:
        """Read everything once; raise StoreDamagedError naming what is not sound."""
        ...

    def close(self) -> None:
        """Release files and locks."""
        ...
