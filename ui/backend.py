"""The seam between the pages and the index, and its implementation on an Index in this process.

Texts are indexed by a process of its own, so that the page stays quick and a crash there ends nothing
here; how far it is, is read from the store.
"""

import atexit
import functools
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from embedder.errors import EmbedderError
from indexer import Index, load_settings, open_index
from indexer.api import Opener
from indexer.errors import IndexerError, PathError, StoreBusyError, StoreFullError
from indexer.types import Context, RepoStatus, SearchResult, SimilarResult

FAILURES: Final = (IndexerError, EmbedderError)
"""What a page shows as what happened and what to do; both carry a `hint`."""

LOG_NAME: Final = "page-indexing.log"
TAIL_BYTES: Final = 4_000  # of a log; some 40 lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run of indexing that the page started, as it was when asked for."""

    pid: int
    path: Path
    returncode: int | None  # None while it runs; negative: the signal that ended it
    cancelled: bool = False  # ended because the user said so
    log: str = ""  # the last lines of its output, once it has ended

    @property
    def running(self) -> bool:
        """Tell whether the process is still there."""
        return self.returncode is None


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
        """Take a repository out of the index; its files are not touched."""
        ...

    def start_indexing(self, path: str) -> Job:
        """Index a folder or file in a process of its own. Raises PathError, StoreBusyError while one runs."""
        ...

    def jobs(self) -> list[Job]:
        """Return the runs that were started and not dismissed, newest first."""
        ...

    def cancel(self, pid: int) -> None:
        """Stop a run; what it wrote stays, and the next run goes on from there."""
        ...

    def dismiss(self, pid: int) -> None:
        """Forget a run that has ended."""
        ...


class _Run:
    """A process, its log and whether it was cancelled."""

    def __init__(self, process: "subprocess.Popen[bytes]", path: Path, log: Path) -> None:
        self.process = process
        self.path = path
        self.log = log
        self.cancelled = False

    def job(self) -> Job:
        returncode = self.process.poll()
        log = "" if returncode is None else tail(self.log)
        return Job(pid=self.process.pid, path=self.path, returncode=returncode, cancelled=self.cancelled, log=log)


class LocalBackend:
    """A Backend on the index that `open` opens; one for all sessions of the page."""

    def __init__(self, open: Callable[[], Index], *, index_dir: Path, command: Sequence[str] | None = None) -> None:
        """Keep how to open the index; nothing is opened yet.

        index_dir: folder of the index, where logs go too. command: what to call instead of
        `python -m indexer.cli index`; the path to index is appended.
        """
        self._open = open
        self._index_dir = index_dir
        self._command = command or [sys.executable, "-m", "indexer.cli", "index", "--wait", "--index", str(index_dir)]
        self._runs: list[_Run] = []
        self._starting = threading.Lock()
        atexit.register(self._stop)

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
        return self._open().search(
            query,
            repos=repos,
            languages=languages,
            kinds=kinds,
            paths=paths,
            limit=limit,
            offset=offset,
            facets=True,
        )

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
        """Take a repository out of the index; its files are not touched."""
        self._open().remove(name)

    def start_indexing(self, path: str) -> Job:
        """Index a folder or file in a process of its own.

        Raises PathError, StoreBusyError while one runs, StoreFullError where none can be started.
        """
        target = existing(path)
        with self._starting:
            running = next((job for job in self.jobs() if job.running), None)
            if running:
                raise StoreBusyError(
                    f"{running.path} is being indexed", hint="wait until that run has ended, or stop it first"
                )
            log = self._index_dir / LOG_NAME
            try:
                process = started([*self._command, str(target)], log)
            except OSError as error:
                raise StoreFullError(
                    f"indexing cannot be started: {error}",
                    hint=f"check that {self._index_dir} is a folder that can be written, and that there is room",
                ) from error
            # One log, so one remembered run: the log of an earlier one has just been overwritten.
            self._runs = [_Run(process, target, log)]
            return self._runs[0].job()

    def jobs(self) -> list[Job]:
        """Return the runs that were started and not dismissed, newest first."""
        return [run.job() for run in self._runs]

    def cancel(self, pid: int) -> None:
        """Stop a run; what it wrote stays, and the next run goes on from there."""
        for run in self._runs:
            if run.process.pid == pid and run.process.poll() is None:
                run.cancelled = True
                run.process.terminate()

    def dismiss(self, pid: int) -> None:
        """Forget a run that has ended."""
        self._runs = [run for run in self._runs if run.process.pid != pid or run.process.poll() is None]

    def _stop(self) -> None:
        """End what still runs when the server ends: nobody could see or stop it any more."""
        for run in self._runs:
            self.cancel(run.process.pid)


def started(command: Sequence[str], log: Path, *, stdin: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    """Start a process that writes its output to a log; log and folder are for their owner alone, as the index is.

    Raises OSError.
    """
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600), "wb") as output:
        return subprocess.Popen(command, stdin=stdin, stdout=output, stderr=subprocess.STDOUT)


def existing(path: str) -> Path:
    """Return the absolute path that was typed. Raises PathError if it is empty, relative or leads nowhere."""
    if not path.strip():
        raise PathError("no path was given", hint="type the full path of a folder or file, such as ~/projects/site")
    target = Path(path.strip()).expanduser()
    if not target.is_absolute():
        raise PathError(f"not a full path: {target}", hint=f"type it from the top, such as {Path.home() / target}")
    try:
        found = target.exists()
    except OSError as error:  # a folder above it that may not be entered, a name that is too long
        raise PathError(f"{target} cannot be read: {error.strerror}", hint="check its permissions") from error
    if not found:
        raise PathError(
            f"{target} does not exist", hint="check the spelling; it is a path on the machine that runs this page"
        )
    return target.resolve()


def tail(log: Path) -> str:
    """Return the last lines of a log, at most TAIL_BYTES, the first not cut; or why they cannot be read."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError as error:  # the folder of the index may have been deleted meanwhile
        return f"the log cannot be read: {error}"
    lines = text.strip().splitlines()
    return "\n".join(lines[1:] if size > TAIL_BYTES and len(lines) > 1 else lines)


shared_index: Final = Opener(open_index)
"""The one Index of this process, for every session of the page and for the HTTP API."""


@functools.cache
def shared_backend() -> LocalBackend:
    """Return the one LocalBackend of this process, so that every session sees the same runs."""
    return LocalBackend(shared_index, index_dir=load_settings().index)
