"""Index: owns the store and the encoder. Every door opens one and calls nothing below it.

What a search does not need is imported inside the methods that do: a search from the command line waits for it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import embedder
from embedder.errors import EmbedderError
from embedder.types import Encoder, Reranker
from indexer import clones, duplicates, query, repository, search
from indexer.errors import PathError, QueryError
from indexer.models import FINGERPRINT_NOTE, Models
from indexer.progress import OnProgress
from indexer.query import Intent
from indexer.settings import Settings, for_repository
from indexer.store.base import Store
from indexer.types import (
    Context,
    Drift,
    DuplicatesResult,
    Facets,
    FileChunks,
    Filter,
    Hit,
    Repo,
    RepoStatus,
    SearchResult,
    SimilarResult,
    SyncReport,
)

if TYPE_CHECKING:
    from indexer.forecast import Forecast
    from indexer.inventory import Inventory
    from indexer.walk import Touched

PATIENCE: Final = 10.0  # seconds to wait for a watch, which writes a few seconds at a time
MOST_AROUND: Final = 200  # lines or chunks around one: more is the file, which is on disk
MOST_HITS: Final = 1000  # `limit` and `offset` together; what is beyond nobody reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """A repository as indexed, beside its folder as it is now."""

    status: RepoStatus
    commit_on_disk: str | None  # None for a plain folder
    exists: bool  # the folder is still there
    drift: Drift  # what a run would find new, changed or gone


class Index:
    """Repositories and documents, indexed and searchable.

    Safe to search from several threads. One process writes at a time. Use as a context manager, or
    call `close`. Every error is an IndexerError or an EmbedderError, both with a `hint`.
    """

    def __init__(
        self, store: Store, settings: Settings, *, encoder: Encoder | None = None, reranker: Reranker | None = None
    ) -> None:
        """Wrap an open store; `encoder` and `reranker` replace those that the settings name."""
        self.settings = settings
        self._store = store
        self._models = Models(store, settings, encoder=encoder, reranker=reranker)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the store."""
        self._store.close()

    # -- reading ------------------------------------------------------------------------------------

    def search(
        self,
        text: str,
        *,
        repos: Sequence[str] = (),
        languages: Sequence[str] = (),
        kinds: Sequence[str] = (),
        paths: Sequence[str] = (),
        symbols: Sequence[str] = (),
        limit: int = 10,
        offset: int = 0,
        facets: bool = False,
        here: str | None = None,
        vectors: bool = True,
    ) -> SearchResult:
        """Return the best chunks for `text`, best first.

        text: a question, a symbol, a path, an error message or a stack trace; may hold "exact phrases",
        /regular expressions/ and `repo: lang: kind: path: symbol:` filters. The keyword filters restrict further;
        values of one are alternatives. here: the name of a repository to prefer. vectors: False goes by words,
        symbols and paths alone. Raises QueryError for a query or filter that cannot be answered and
        ModelMismatchError where the index was made with another encoder.
        """
        if limit < 1 or offset < 0 or limit + offset > MOST_HITS:
            raise QueryError(
                f"limit {limit} from offset {offset} is out of range",
                hint=f"limit is at least 1, offset at least 0, both together at most {MOST_HITS}",
            )
        asked = query.parse(text, where=_where(repos, languages, kinds, paths, symbols))
        encoder, notice = self._models.for_query() if vectors else (None, None)
        return search.search(
            asked,
            asked=text,
            store=self._store,
            encoder=encoder,
            reranker=self._models.reranker() if asked.intent is Intent.MEANING else None,  # else found without
            limit=limit,
            offset=offset,
            facets=facets,
            here=here,
            notice=notice,
        )

    def chunk(self, id: str) -> Hit | None:
        """Return one chunk by the id that a hit carries; None where it is no longer there."""
        found = self._store.chunks([id]).get(id)
        return search.hit_of(found, self._store) if found else None

    def file(self, repo: str, path: str) -> FileChunks | None:
        """Return what is indexed of one file, by line; None where it is not indexed. path: in the repository."""
        named = PurePosixPath(path)
        state = self._store.file(repo, named)
        if state is None:
            return None
        chunks = tuple(search.hit_of(chunk, self._store) for chunk in self._store.file_chunks(repo, named))
        return FileChunks(repo=repo, path=named, size=state.size, chunks=chunks)

    def facets(
        self,
        *,
        repos: Sequence[str] = (),
        languages: Sequence[str] = (),
        kinds: Sequence[str] = (),
        paths: Sequence[str] = (),
        symbols: Sequence[str] = (),
    ) -> Facets:
        """Count the chunks under the filter by repository, language, kind and top folder. Raises QueryError."""
        return self._store.facets(_where(repos, languages, kinds, paths, symbols))

    def context(self, id: str, *, around: int = 10, neighbours: int = 1) -> Context | None:
        """Return a chunk in its surroundings, as they were when it was indexed; None where it is no longer there.

        around: lines before and after. neighbours: chunks before and after. Raises QueryError for a number
        that is out of range.
        """
        if not (0 <= around <= MOST_AROUND and 0 <= neighbours <= MOST_AROUND):
            raise QueryError(
                f"{around} lines and {neighbours} neighbours are out of range",
                hint=f"both are at least 0 and at most {MOST_AROUND}",
            )
        from indexer import context as surroundings

        found = self._store.chunks([id]).get(id)
        return surroundings.context(found, store=self._store, around=around, neighbours=neighbours) if found else None

    def similar(
        self,
        place: str,
        *,
        repos: Sequence[str] = (),
        languages: Sequence[str] = (),
        kinds: Sequence[str] = (),
        paths: Sequence[str] = (),
        symbols: Sequence[str] = (),
        limit: int = 10,
        folder: Path | None = None,
    ) -> SimilarResult:
        """Return what is related to a piece of code or a document, best first, and its copies.

        place: `PATH:LINE`, `PATH` for a whole file, or the id of a hit; a path of the disk, relative to `folder`
        where that is given, or the whole or the end of a path in a repository. The filters restrict what is
        found. Raises PathError for a place that is not indexed or may be several, and QueryError.
        """
        if not 1 <= limit <= MOST_HITS:
            raise QueryError(f"limit {limit} is out of range", hint=f"limit is at least 1 and at most {MOST_HITS}")
        from indexer import similar
        from indexer.place import chunks_at

        where = _where(repos, languages, kinds, paths, symbols)
        pointed = chunks_at(place, store=self._store, folder=folder)
        model = self._store.note(FINGERPRINT_NOTE) or ""
        return similar.similar(pointed, store=self._store, model=model, where=where, limit=limit)

    def duplicates(
        self,
        path: str | None = None,
        *,
        repos: Sequence[str] = (),
        languages: Sequence[str] = (),
        kinds: Sequence[str] = (),
        paths: Sequence[str] = (),
        symbols: Sequence[str] = (),
        min_lines: int = duplicates.MIN_LINES,
        threshold: float = duplicates.THRESHOLD,
        tests: bool = True,
        limit: int = 50,
        folder: Path | None = None,
    ) -> DuplicatesResult:
        """Group definitions and passages that are copies of each other, or nearly; most lines to save first.

        path: a file, a folder or a repository, of which a group holds at least one copy; named as for `similar`.
        The filters restrict what is compared. min_lines, threshold, tests: see `indexer.duplicates`. Needs no
        vectors. Raises PathError for a path that is not indexed or may be several, and QueryError.
        """
        if limit < 1 or min_lines < 1 or not 0.5 <= threshold <= 1:
            raise QueryError(
                f"limit {limit}, {min_lines} lines or threshold {threshold:g} is out of range",
                hint="limit and lines are at least 1, the threshold is between 0.5 and 1",
            )
        from indexer.place import folder_or_file

        where = _where(repos, languages, kinds, paths, symbols)
        under = folder_or_file(path, store=self._store, folder=folder) if path is not None else None
        return duplicates.duplicates(
            self._store.each(where), under=under, min_lines=min_lines, threshold=threshold, tests=tests, limit=limit
        )

    def repos(self) -> list[RepoStatus]:
        """Return what is indexed of each repository, by name."""
        return self._store.repos(model=self._store.note(FINGERPRINT_NOTE))

    def status(self) -> list[Freshness]:
        """Return each repository beside its folder as it is now; computed from the store and the disk."""
        return [self._freshness(status) for status in self.repos()]

    def _freshness(self, status: RepoStatus) -> Freshness:
        from indexer import ingest
        from indexer.syncing import as_before

        repo = status.repo
        if not repo.root.exists():
            return Freshness(status=status, commit_on_disk=None, exists=False, drift=Drift(removed=status.files))
        settings = for_repository(as_before(repo.name, store=self._store, settings=self.settings), repo.root)
        return Freshness(
            status=status,
            commit_on_disk=repository.head_commit(repo.root),
            exists=True,
            drift=ingest.drift(repo, store=self._store, settings=settings),
        )

    def inventory(self, name: str) -> "Inventory":
        """Tell of each file of a repository what became of it. Raises PathError for an unknown name."""
        from indexer.inventory import inventory
        from indexer.syncing import as_before

        repo = self._known(name)
        settings = for_repository(as_before(name, store=self._store, settings=self.settings), repo.root)
        return inventory(repo, store=self._store, settings=settings)

    def statistics(self) -> dict[str, int | str]:
        """Return location, versions, sizes in bytes and counts."""
        return {**self._store.statistics(), "model": self.model_name}

    @property
    def model_name(self) -> str:
        """The encoder that the settings name, else the one the index was made with, else the default."""
        return self._models.name

    def check(self) -> dict[str, int | str]:
        """Return `statistics` after reading the whole index once. Raises StoreDamagedError where it is not sound."""
        self._store.check()
        return self.statistics()

    def try_model(self) -> str:
        """Encode one text and return the encoder's name and length of vectors. Raises EmbedderError."""
        encoder = self._models.encoder(convert=True)
        return f"{encoder.fingerprint}, {encoder.encode(['a test'], role='query').shape[1]} dimensions"

    def encoder(self) -> Encoder:
        """Return the encoder of the index's vectors, loaded once. Raises EmbedderError, also where it is unprepared."""
        return self._models.encoder(convert=False)

    @property
    def loaded(self) -> Encoder | None:
        """The encoder where it is loaded already, by a search or a run."""
        return self._models.loaded

    def try_reranker(self) -> str | None:
        """Score one passage and return the cross-encoder's name; None where there is none. Raises EmbedderError."""
        reranker = self._models.reranker()
        if reranker is None:
            return None
        reranker.score("a test", ["a test"])
        return reranker.name

    @property
    def is_warm(self) -> bool:
        """Tell whether a search would load no model: it is loaded, or there are no vectors to compare with."""
        return self._models.is_warm

    @property
    def being_written(self) -> bool:
        """Tell whether a process, perhaps this one, is writing the index now."""
        return self._store.writer() is not None

    def root(self, name: str) -> Path | None:
        """Return the folder of a repository; None where it is unknown."""
        repo = self._store.repo(name)
        return repo.root if repo else None

    def here(self, folder: Path) -> str | None:
        """Return the name of the indexed repository that `folder` lies in; the innermost if several."""
        roots = {status.repo.root: status.repo.name for status in self._store.repos()}
        return next((roots[parent] for parent in (folder, *folder.parents) if parent in roots), None)

    # -- writing ------------------------------------------------------------------------------------

    def sync(
        self,
        paths: Iterable[Path],
        *,
        name: str | None = None,
        vectors: bool = True,
        seconds: float = math.inf,
        explain: bool = False,
        again: bool = False,
        report: OnProgress | None = None,
    ) -> list[SyncReport]:
        """Bring the index to what is on disk under `paths`, each a repository, a folder or a file.

        Text of all of them first, searchable at once, then vectors unless `vectors` is False. name: what
        to call the (single) repository. seconds: vectors that take longer are left to the next call. explain:
        also report what ignore rules hide. again: by the globs that each repository's last run was given, unless there
        are others now, and without vectors where that run was. A path that is missing or holds nothing to index does
        not keep the others from being indexed: it is told at the end, by a PathError if nothing else was asked for,
        else by a SyncError with the reports. Raises StoreError for the index, and EmbedderError, before anything is
        written, where vectors are wanted and the model does not load.
        """
        from indexer import syncing

        return syncing.sync(
            paths,
            store=self._store,
            settings=self.settings,
            models=self._models,
            name=name,
            vectors=vectors,
            seconds=seconds,
            explain=explain,
            again=again,
            report=report,
        )

    def touched(self, name: str, paths: Iterable[Path]) -> "Touched":
        """Tell for which of some changed paths a `sync` of the repository `name` would have something to do.

        paths: absolute, of files and folders, there or gone. Those of the answer are relative to the repository's
        folder. Ignore rules hold as they do for a whole repository. Raises SettingsError for a file of settings in
        the repository that cannot be read.
        """
        from indexer import ingest
        from indexer.syncing import as_before
        from indexer.walk import Touched

        repo = self._store.repo(name)
        if repo is None:
            return Touched(due=(), hidden=frozenset())
        inside = [path.relative_to(repo.root).as_posix() for path in paths if repo.root in path.parents]
        settings = for_repository(as_before(name, store=self._store, settings=self.settings), repo.root)
        return ingest.touched(repo, inside, store=self._store, settings=settings)

    def remove(self, name: str) -> None:
        """Remove a repository from the index. Raises PathError for an unknown name.

        Its files are not touched, but for those of a clone that was made for the index, which is deleted.
        """
        repo = self._known(name)
        with self._store.writing(patience=PATIENCE):
            self._store.remove_repo(name)
            self._store.compact()
        clones.forget(repo.root, self.settings.index)

    def _known(self, name: str) -> Repo:
        repo = self._store.repo(name)
        if repo is None:
            known = ", ".join(status.repo.name for status in self._store.repos()) or "none"
            raise PathError(f"no repository `{name}` is indexed", hint=f"indexed are: {known}")
        return repo


def _where(
    repos: Sequence[str], languages: Sequence[str], kinds: Sequence[str], paths: Sequence[str], symbols: Sequence[str]
) -> Filter:
    """Return the filter of the five keyword arguments. Raises QueryError naming what does not exist."""
    given = {"repo": repos, "lang": languages, "kind": kinds, "path": paths, "symbol": symbols}
    return Filter(only=query.terms({name: list(values) for name, values in given.items()}))


def preview(paths: Iterable[Path], settings: Settings) -> "list[Forecast]":
    """Tell what `Index.sync` into an empty index would do, without an index.

    Raises PathError for a path that is missing or holds nothing to index.
    """
    from indexer.forecast import forecast
    from indexer.targets import resolve_targets

    try:
        model = settings.model or embedder.DEFAULT_MODEL
        encoder = embedder.load(model, threads=settings.threads or None, convert=False)
    except EmbedderError:  # not prepared yet, which only a run does: the forecast then has no time for vectors
        encoder = None
    return [
        forecast(target, settings=for_repository(settings, target.root), encoder=encoder)
        for target in resolve_targets(list(paths))
    ]
