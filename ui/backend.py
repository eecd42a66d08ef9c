"""The seam between the pages and the index, and its implementation on an Index in this process.

Texts are indexed by a process of its own, so that the page stays quick and a crash there ends nothing
here; how far it is, is read from the store.
"""

import functools
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

from embedder.errors import EmbedderError
from indexer import Index, clones, load_settings, open_index
from indexer.errors import IndexerError, NotFoundError
from indexer.jobs import Jobs
from indexer.opener import Opener
from indexer.types import Context, Job, Repo, RepoStatus, SearchResult, SimilarResult
from ui import timings

FAILURES: Final = (IndexerError, EmbedderError)
"""What a page shows as what happened and what to do; both carry a `hint`."""


class Backend(Protocol):
    """What the pages need. Every method may raise one of FAILURES."""

    def search(
        self,
        query: str,
        *,
        repos: Sequence[str] = (),
        languages: Sequence[str] = (),
        kinds: Sequence[str] = (),
        paths: Sequence[str] = (),
        limit: int,
        offset: int = 0,
    ) -> SearchResult:
        """Return the best hits, facets included."""
        ...

    def similar(self, id: str, *, languages: Sequence[str] = (), limit: int) -> SimilarResult:
        """Return what is like the hit of this id; raises PathError where it is no longer there."""
        ...

    def context(self, id: str, *, around: int) -> Context | None:
        """Return a hit with `around` lines on each side; None where it is no longer there."""
        ...

    def repos(self) -> list[RepoStatus]:
        """Return what is indexed; raises StoreMissingError where there is no index yet."""
        ...

    def remove(self, name: str) -> None:
        """Take a repository out of the index; its files are not touched, but for a clone that was made for it."""
        ...

    def start_indexing(self, path: str) -> Job:
        """Index a folder, a file or the repository at an address, in a process of its own.

        Raises PathError, StoreBusyError while one runs.
        """
        ...

    def is_clone(self, repo: Repo) -> bool:
        """Tell whether a repository was cloned for the index, and goes with it."""
        ...

    def jobs(self) -> list[Job]:
        """Return the runs that were started and not dismissed, newest first."""
        ...

    def cancel(self, id: str) -> None:
        """Stop a run; what it wrote stays, and the next run goes on from there."""
        ...

    def dismiss(self, id: str) -> None:
        """Forget a run that has ended."""
        ...


class LocalBackend:
    """A Backend on the index that `open` opens; one for all sessions of the page."""

    def __init__(self, open: Callable[[], Index], *, jobs: Jobs) -> None:
        """Keep how to open the index; nothing is opened yet. jobs: the runs of this process."""
        self._open = open
        self._jobs = jobs

    def search(
        self,
        query: str,
        *,
        repos: Sequence[str] = (),
        languages: Sequence[str] = (),
        kinds: Sequence[str] = (),
        paths: Sequence[str] = (),
        limit: int,
        offset: int = 0,
    ) -> SearchResult:
        """Return the best hits, facets included."""
        found = self._open().search(
            query,
            repos=repos,
            languages=languages,
            kinds=kinds,
            paths=paths,
            limit=limit,
            offset=offset,
            facets=True,
        )
        timings.note(found.timings)
        return found

    def similar(self, id: str, *, languages: Sequence[str] = (), limit: int) -> SimilarResult:
        """Return what is like the hit of this id; raises PathError where it is no longer there."""
        return self._open().similar(id, languages=languages, limit=limit)

    def context(self, id: str, *, around: int) -> Context | None:
        """Return a hit with `around` lines on each side; None where it is no longer there."""
        return self._open().context(id, around=around, neighbours=0)

    def repos(self) -> list[RepoStatus]:
        """Return what is indexed; raises StoreMissingError where there is no index yet."""
        return self._open().repos()

    def remove(self, name: str) -> None:
        """Take a repository out of the index; its files are not touched, but for a clone that was made for it."""
        self._open().remove(name)

    def start_indexing(self, path: str) -> Job:
        """Index a folder, a file or the repository at an address, in a process of its own.

        Raises PathError, StoreBusyError while one runs, StoreFullError where none can be started.
        """
        return self._jobs.start(path)

    def is_clone(self, repo: Repo) -> bool:
        """Tell whether a repository was cloned for the index, and goes with it."""
        return clones.is_clone(repo.root, self._open().settings.index)

    def jobs(self) -> list[Job]:
        """Return the runs that were started and not dismissed, newest first."""
        return self._jobs.all()

    def cancel(self, id: str) -> None:
        """Stop a run; what it wrote stays, and the next run goes on from there."""
        with suppress(NotFoundError):  # dismissed in another window
            self._jobs.cancel(id)

    def dismiss(self, id: str) -> None:
        """Forget a run that has ended."""
        with suppress(NotFoundError):
            self._jobs.dismiss(id)


shared_index: Final = Opener(open_index)
"""The one Index of this process, for every session of the page and for the HTTP API."""


@functools.cache
def shared_jobs() -> Jobs:
    """Return the runs of indexing of this process, whoever asked for them: a page or the HTTP API."""
    return Jobs(load_settings().index)


@functools.cache
def shared_backend() -> LocalBackend:
    """Return the one LocalBackend of this process, so that every session sees the same runs."""
    return LocalBackend(shared_index, jobs=shared_jobs())
