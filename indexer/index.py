"""Index: owns the store and the encoder. Every door opens one and calls nothing below it.

What a search does not need is imported inside the methods that do: a search from the command line waits for it.
"""

import json
import math
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import embedder
from embedder.errors import EmbedderError
from embedder.types import Encoder, Reranker
from indexer import clones, duplicates, query, repository, search
from indexer.errors import ModelMismatchError, PathError, QueryError, SyncError
from indexer.progress import OnProgress
from indexer.query import Intent, Query
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
    from indexer.targets import Target
    from indexer.walk import Touched

MODEL_NOTE: Final = "model"  # the name, or the full path, that loads the encoder of the index's vectors
FINGERPRINT_NOTE: Final = "fingerprint"  # and what that encoder called itself
GLOBS_NOTE: Final = "globs of "  # and the name of a repository: the `--include` and `--exclude` of its last run
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
        self._encoder = encoder
        self._reranker = reranker
        self._given = encoder is not None
        self._loaded = ""  # the name that `_encoder` was loaded by
        self._loading = threading.Lock()

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
        encoder, notice = self._query_encoder() if vectors else (None, None)
        return search.search(
            asked,
            asked=text,
            store=self._store,
            encoder=encoder,
            reranker=self._query_reranker(asked),
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

        repo = status.repo
        if not repo.root.exists():
            return Freshness(status=status, commit_on_disk=None, exists=False, drift=Drift(removed=status.files))
        settings = for_repository(self._as_before(repo.name), repo.root)
        return Freshness(
            status=status,
            commit_on_disk=repository.head_commit(repo.root),
            exists=True,
            drift=ingest.drift(repo, store=self._store, settings=settings),
        )

    def inventory(self, name: str) -> "Inventory":
        """Tell of each file of a repository what became of it. Raises PathError for an unknown name."""
        from indexer.inventory import inventory

        repo = self._known(name)
        settings = for_repository(self._as_before(name), repo.root)
        return inventory(repo, store=self._store, settings=settings)

    def statistics(self) -> dict[str, int | str]:
        """Return location, versions, sizes in bytes and counts."""
        return {**self._store.statistics(), "model": self.model_name}

    @property
    def model_name(self) -> str:
        """The encoder that the settings name, else the one the index was made with, else the default."""
        return self.settings.model or self._store.note(MODEL_NOTE) or embedder.DEFAULT_MODEL

    def check(self) -> dict[str, int | str]:
        """Return `statistics` after reading the whole index once. Raises StoreDamagedError where it is not sound."""
        self._store.check()
        return self.statistics()

    def try_model(self) -> str:
        """Encode one text and return the encoder's name and length of vectors. Raises EmbedderError."""
        encoder = self._load(convert=True)
        return f"{encoder.fingerprint}, {encoder.encode(['a test'], role='query').shape[1]} dimensions"

    def encoder(self) -> Encoder:
        """Return the encoder of the index's vectors, loaded once. Raises EmbedderError, also where it is unprepared."""
        return self._load(convert=False)

    @property
    def loaded(self) -> Encoder | None:
        """The encoder where it is loaded already, by a search or a run."""
        return self._encoder

    def try_reranker(self) -> str | None:
        """Score one passage and return the cross-encoder's name; None where there is none. Raises EmbedderError."""
        reranker = self._load_reranker()
        if reranker is None:
            return None
        reranker.score("a test", ["a test"])
        return reranker.name

    @property
    def is_warm(self) -> bool:
        """Tell whether a search would load no model: it is loaded, or there are no vectors to compare with."""
        if self._encoder is not None and (self._given or self.model_name == self._loaded):
            return True
        return not any(self._store.models().values())

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
        are others now. A path that is missing or holds nothing to index does not keep the
        others from being indexed: it is told at the end, by a PathError if nothing else was asked for, else by
        a SyncError with the reports. Raises StoreError for the index, and EmbedderError, before anything is
        written, where vectors are wanted and the model does not load.
        """
        from indexer.targets import resolve_each

        whole = [status.repo.root for status in self._store.repos() if status.repo.whole]
        if name is not None and not (name.strip() and name.isprintable()):
            raise PathError(f"{name!r} is no name for a repository", hint="give it a name of visible characters")
        targets, problems = resolve_each(list(paths), roots=whole)
        if name and len(targets) > 1:
            raise PathError(f"{len(targets)} paths cannot share the name `{name}`", hint="index them one by one")
        reports: list[SyncReport] = []
        with self._store.writing():
            if vectors and targets:
                self._load_or_say_why()
            for target in targets:
                try:
                    reports.append(self._write_texts(target, name=name, explain=explain, again=again, report=report))
                except PathError as error:
                    problems.append(error)
            if vectors and reports:
                reports = self._write_vectors(reports, report=report, deadline=time.monotonic() + seconds)
            self._store.compact()
        totals = {status.repo.name: status for status in self.repos()}
        reports = [replace(one, chunks=totals[one.repo].chunks, pending=totals[one.repo].pending) for one in reports]
        if problems and not reports and len(problems) == 1:
            raise problems[0]
        if problems:
            raise SyncError(problems, reports)
        return reports

    def touched(self, name: str, paths: Iterable[Path]) -> "Touched":
        """Tell for which of some changed paths a `sync` of the repository `name` would have something to do.

        paths: absolute, of files and folders, there or gone. Those of the answer are relative to the repository's
        folder. Ignore rules hold as they do for a whole repository. Raises SettingsError for a file of settings in
        the repository that cannot be read.
        """
        from indexer import ingest
        from indexer.walk import Touched

        repo = self._store.repo(name)
        if repo is None:
            return Touched(due=(), hidden=frozenset())
        inside = [path.relative_to(repo.root).as_posix() for path in paths if repo.root in path.parents]
        settings = for_repository(self._as_before(name), repo.root)
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

    def _write_texts(
        self, target: "Target", *, name: str | None, explain: bool, again: bool, report: OnProgress | None
    ) -> SyncReport:
        from indexer import ingest

        repo = repository.identify(target.root)
        taken = {status.repo.name: status.repo for status in self._store.repos()}
        known = next((one for one in taken.values() if one.root == repo.root), None)
        if name and known and known.name != name:
            raise PathError(
                f"{repo.root} is indexed as `{known.name}`",
                hint=f"to call it `{name}`, first take it out with `gte-search remove {known.name}`",
            )
        if name and name in taken and not known:
            raise PathError(f"`{name}` is the name of {taken[name].root}", hint="choose another with --name")
        roots = {one.name: one.root for one in taken.values()}
        chosen = known.name if known else name or repository.unique_name(repo.name, roots, repo.root)
        repo = replace(repo, name=chosen, whole=target.whole or bool(known and known.whole))
        given = self._as_before(chosen) if again else self.settings
        settings = for_repository(given, target.root)
        done = ingest.write_texts(target, repo, store=self._store, settings=settings, report=report, explain=explain)
        if target.whole:
            self._note_globs(chosen, given)
        note = repository.locate(target.root).note
        return replace(done, notes=((PurePosixPath(), note), *done.notes)) if note else done

    def _note_globs(self, name: str, settings: Settings) -> None:
        note = json.dumps({knob: getattr(settings, knob) for knob in ("include", "exclude") if knob in settings.given})
        if note != (self._store.note(GLOBS_NOTE + name) or "{}"):
            self._store.put_note(GLOBS_NOTE + name, note)

    def _as_before(self, name: str) -> Settings:
        """Return the settings, with the globs that the last run of a repository was given where they are given none."""
        if self.settings.given & {"include", "exclude"}:
            return self.settings
        globs: dict[str, list[str]] = json.loads(self._store.note(GLOBS_NOTE + name) or "{}")
        return replace(
            self.settings,
            include=tuple(globs.get("include", self.settings.include)),
            exclude=tuple(globs.get("exclude", self.settings.exclude)),
            given=self.settings.given | globs.keys(),
        )

    def _write_vectors(
        self, reports: list[SyncReport], *, report: OnProgress | None, deadline: float
    ) -> list[SyncReport]:
        from indexer import ingest

        encoder = self._load(convert=True)
        if not self._store.note(FINGERPRINT_NOTE):
            self._note_model(encoder)
        done = [
            replace(
                one,
                encoded=ingest.write_vectors(
                    store=self._store, encoder=encoder, repo=one.repo, report=report, deadline=deadline
                ),
            )
            for one in reports
        ]
        if not self._store.count_pending(encoder.fingerprint):
            # Only now: until here the vectors of a model used before went on answering.
            self._note_model(encoder)
            self._store.keep_model(encoder.fingerprint)
        return done

    def _note_model(self, encoder: Encoder) -> None:
        self._store.put_note(MODEL_NOTE, embedder.absolute_name(self.model_name))
        self._store.put_note(FINGERPRINT_NOTE, encoder.fingerprint)

    # -- the encoder --------------------------------------------------------------------------------

    def _load_or_say_why(self) -> None:
        """Load the encoder before a run; EmbedderError names the model and how to do without it."""
        try:
            self._load(convert=True)
        except EmbedderError as error:
            raise EmbedderError(
                f"nothing was indexed, because the model `{self.model_name}` does not load: {error}",
                hint=f"{error.hint}; or name another with --model, or index by words alone with --no-vectors",
            ) from error

    def _load(self, *, convert: bool) -> Encoder:
        with self._loading:
            name = self.model_name  # asked every time: another process may have changed the index's model
            if self._encoder is None or (name != self._loaded and not self._given):
                self._encoder = embedder.load(name, threads=self.settings.threads or None, convert=convert)
                self._loaded = name
            return self._encoder

    def _query_encoder(self) -> tuple[Encoder | None, str | None]:
        """Return the encoder, or None and why the search goes by words alone."""
        models = self._store.models()
        if not any(models.values()):
            said = "no vectors yet: found by words, symbols and paths only"
            return None, said if self._store.repos() else None  # an empty index has more to say
        try:
            encoder = self._load(convert=False)
        except EmbedderError as error:
            if self.settings.model:  # asked for by name: the user must know
                raise
            return (
                None,
                f"found by words, symbols and paths only, because the model does not load: {error}; {error.hint}",
            )
        if not models.get(encoder.fingerprint):
            raise ModelMismatchError(stored=", ".join(models), asked=encoder.fingerprint)
        return encoder, None

    def _query_reranker(self, asked: Query) -> Reranker | None:
        """Return the cross-encoder for a question in words; names, paths, exact text and traces are found without."""
        return self._load_reranker() if asked.intent is Intent.MEANING else None

    def _load_reranker(self) -> Reranker | None:
        with self._loading:
            if self._reranker is None and self.settings.rerank:
                self._reranker = embedder.load_reranker(self.settings.rerank, threads=self.settings.threads or None)
            return self._reranker


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
