"""A Backend in memory: sample hits, sample repositories, runs that end when told to."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from indexer.clones import is_address
from indexer.errors import PathError, StoreBusyError
from indexer.jobs import existing
from indexer.query import parse, terms
from indexer.search import NOTHING
from indexer.similar import ALONE
from indexer.types import (
    Context,
    Filter,
    Hit,
    Job,
    JobState,
    Kind,
    Lines,
    Repo,
    RepoStatus,
    SearchResult,
    SimilarResult,
    Terms,
    Timings,
)

RETRY = '''\
def retry(call, attempts=3):
    """Call again after a failure, a little later each time."""
    for attempt in range(attempts):
        try:
            return call()
        except OSError as error:
            if attempt == attempts - 1:
                raise
            time.sleep(2**attempt)  # 1, 2, 4 seconds'''


def hit(path: str = "src/retry.py", **changes: object) -> Hit:
    """Return a sample hit; `changes` are fields of Hit."""
    sample = Hit(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, repr(path))),
        score=1.84,
        repo="uploads",
        path=PurePosixPath(path),
        start=12,
        end=20,
        page=None,
        kind=Kind.FUNCTION,
        language="python",
        symbol="retry",
        title=None,
        text=RETRY,
        matches=((14, 14), (20, 20)),
        stale=False,
        url=None,
        why={"meaning": 1.0, "words": 0.9, "support": -0.06},
    )
    return replace(sample, **changes)  # type: ignore[arg-type]  # the caller names fields of Hit


def result(query: str, hits: Sequence[Hit], **changes: object) -> SearchResult:
    """Return an answer that holds `hits`."""
    sample = SearchResult(
        query=query,
        timings=Timings(encode=6.2, search=4.9, rank=3.1),
        pending_vectors=0,
        total=len(hits),
        total_is_exact=True,
        offset=0,
        confident=True,
        notice=None,
        understood=parse(query).understood(),
        hits=tuple(hits),
        facets={"languages": {"python": 123}, "repos": {"uploads": 123}, "kinds": {"function": 100, "method": 23}},
    )
    return replace(sample, **changes)  # type: ignore[arg-type]  # the caller names fields of SearchResult


def status(name: str = "uploads", **changes: object) -> RepoStatus:
    """Return the status of a repository that is indexed to the end."""
    sample = RepoStatus(
        repo=Repo(name=name, root=Path("/srv") / name, branch="main", commit="0123456789abcdef" * 2 + "01234567"),
        files=120,
        expected_files=120,
        chunks=1_500,
        pending=0,
        indexed_at=1_700_000_000.0,
        complete=True,
        languages={"python": 100, "markdown": 20},
    )
    return replace(sample, **changes)  # type: ignore[arg-type]  # the caller names fields of RepoStatus


def _any(one: Hit, terms: Terms, *, nothing: bool) -> bool:
    """Tell whether a hit matches the terms: each field, where no value matches `nothing`; or any field."""
    fields = [
        (terms.repos, one.repo in terms.repos),
        (terms.languages, one.language in terms.languages),
        (terms.kinds, one.kind in terms.kinds),
        (terms.paths, any(one.path.match(glob.replace("**", "*")) for glob in terms.paths)),
    ]
    if nothing:
        return all(matches for values, matches in fields if values)
    return any(matches for _, matches in fields)


@dataclass
class FakeBackend:
    """Answers from what it was given, and remembers what it was asked."""

    hits: Sequence[Hit] = ()
    statuses: list[RepoStatus] = field(default_factory=lambda: [status()])
    changes: Mapping[str, object] = field(default_factory=dict)  # fields of every SearchResult
    search_error: Exception | None = None
    repos_error: Exception | None = None
    asked: list[dict[str, object]] = field(default_factory=list)
    copies: Sequence[Hit] = ()
    forgotten: bool = False  # the hits were indexed anew since
    runs: list[Job] = field(default_factory=list)

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
        """Return the given hits that pass the filters."""
        if self.search_error:
            raise self.search_error
        self.asked.append(
            {"query": query, "repos": repos, "languages": languages, "kinds": kinds, "paths": paths, "limit": limit}
        )
        given = {"repo": repos, "lang": languages, "kind": kinds, "path": paths}
        where = parse(query, where=Filter(only=terms({name: list(values) for name, values in given.items()}))).where
        passing = [one for one in self.hits if _any(one, where.only, nothing=True)]
        passing = [one for one in passing if not _any(one, where.without, nothing=False)]
        page = passing[offset : offset + limit]
        notice = None if passing else NOTHING  # as the search itself says it
        return result(query, page, **{"total": len(passing), "offset": offset, "notice": notice, **self.changes})

    def similar(self, id: str, *, languages: Sequence[str] = (), limit: int) -> SimilarResult:
        """Return every other hit as a relative, and the given copies."""
        self.asked.append({"like": id, "languages": languages, "limit": limit})
        of = next((one for one in self.hits if one.id == id), None)
        if of is None:
            raise PathError(f"there is no chunk {id}", hint="search again")
        others = [one for one in self.hits if one.id != id and (not languages or one.language in languages)]
        return SimilarResult(
            of=(of,),
            hits=tuple(others[:limit]),
            copies=tuple(self.copies),
            total=len(others),
            pending_vectors=0,
            notice=None if others or self.copies else ALONE,
        )

    def context(self, id: str, *, around: int) -> Context | None:
        """Return a hit with numbered lines around it."""
        of = next((one for one in self.hits if one.id == id), None)
        if of is None or self.forgotten:
            return None
        start = max(1, of.start - around)
        before = [f"line {number}" for number in range(start, of.start)]
        after = [f"line {number}" for number in range(of.end + 1, of.end + around + 1)]
        text = "\n".join([*before, of.text, *after])
        lines = Lines(start=start, end=of.end + around, text=text, exact=True)
        return Context(hit=of, whole=(of.start, of.end), enclosing=(), before=(), after=(), lines=lines)

    def repos(self) -> list[RepoStatus]:
        """Return the given statuses."""
        if self.repos_error:
            raise self.repos_error
        return list(self.statuses)

    def remove(self, name: str) -> None:
        """Forget a repository."""
        self.statuses = [one for one in self.statuses if one.repo.name != name]

    def start_indexing(self, path: str) -> Job:
        """Start a run that lasts until `end` is called."""
        address = path if is_address(path) else None
        target = Path("/clones/name") if address else existing(path)
        if any(run.running for run in self.runs):
            raise StoreBusyError("a run is going on", hint="wait")
        number = len(self.runs)
        job = Job(
            id=f"job-{number}",
            pid=4_000 + number,
            path=target,
            address=address,
            state=JobState.RUNNING,
            started=0.0,
        )
        self.runs.insert(0, job)
        return job

    def is_clone(self, repo: Repo) -> bool:
        """Tell whether it lies where the clones do."""
        return Path("/clones") in repo.root.parents

    def end(self, *, returncode: int, log: str = "") -> None:
        """End the newest run."""
        state = JobState.FAILED if returncode else JobState.DONE
        self.runs[0] = replace(self.runs[0], returncode=returncode, state=state, log=log)

    def jobs(self) -> list[Job]:
        """Return the runs, newest first."""
        return list(self.runs)

    def cancel(self, id: str) -> None:
        """End a run as the user asked."""
        stopped = {"returncode": -15, "state": JobState.CANCELLED}
        self.runs = [replace(run, **stopped) if run.id == id else run for run in self.runs]  # type: ignore[arg-type]  # fields of Job

    def dismiss(self, id: str) -> None:
        """Forget a run."""
        self.runs = [run for run in self.runs if run.id != id]
