"""Keeps indexed repositories as their files are: what changed on disk is synced a moment later.

The system tells which paths changed (`changes`); a `Watcher` decides which repositories they concern and syncs
those, each as a whole: an unchanged file costs a look at its size and time, and only a whole walk is right about
deleted files and rules that changed. Where many vectors are missing they are made in slices, so that the text of what
is edited meanwhile does not wait for them.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from indexer.errors import IndexerError, InputError, PathError, StoreBusyError, StoreFullError
from indexer.index import Index
from indexer.listing import VERSION_CONTROL
from indexer.progress import OnProgress
from indexer.targets import resolve_targets
from indexer.types import Skipped, SyncReport

QUIET_MS: Final = 100  # without a change, until what changed before is taken for whole
LONGEST_MS: Final = 800  # and at the latest after this time; a branch switch of 1,000 files takes less
TICK_MS: Final = 500  # between two looks at folders that came or went, and at a lock that was held
SLICE_SECONDS: Final = 5.0  # of encoding at a time: then what changed meanwhile is looked at, its text first
RETRY_SECONDS: Final = 30.0  # after a failure that the user must mend, such as a full disk
HIDDEN_SECONDS: Final = 10.0  # between two looks at changes within what rules hide: a build writes there all the time
MOST_HIDDEN: Final = 10_000  # such changes that are kept for the next look
LOCK: Final = "watch.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one sync came to: a report or an error."""

    root: Path
    report: SyncReport | None = None
    error: IndexerError | None = None
    first: bool = False  # since the watch began: the root was brought up to date
    failed: tuple[Skipped, ...] = ()  # of the report's those that failed otherwise, or not at all, at the sync before
    seconds: float = 0.0  # of the whole sync, vectors included


def watched(index: Index, paths: Sequence[Path]) -> list[Path]:
    """Return the folders that `paths` are.

    Raises PathError for a path that is missing, for a file, and for a part of another folder that is named or indexed.
    """
    targets = resolve_targets(paths, roots=whole(index))
    for target in targets:
        if target.named:  # a run indexes it although a rule ignores it; the whole folder is synced by the rules
            raise PathError(
                f"`{target.root / target.named[0]}` is a part of `{target.root}` and not watched by itself",
                hint=f"watch the whole: `gte-search watch {target.root}`",
            )
    return [target.root for target in targets]


def whole(index: Index) -> list[Path]:
    """Return the folders that are indexed as a whole."""
    return [status.repo.root for status in index.repos() if status.repo.whole]


@contextmanager
def alone(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Be the only one that keeps all of the index in `folder` fresh; the system gives it back when a process dies.

    wait: where another one does, wait until it ends instead of raising StoreBusyError.
    """
    lock = FileLock(folder / LOCK, mode=0o600)
    try:
        lock.acquire(timeout=-1 if wait else 0, poll_interval=TICK_MS / 1000)
    except Timeout:
        raise StoreBusyError(
            f"the index {folder} is kept fresh by another process",
            hint="nothing is left to do; an open search page does it too",
        ) from None
    try:
        yield
    finally:
        lock.release()


class _Noise:
    """Changes within what rules hide: looked at together, now and then, since a rule may change unseen."""

    def __init__(self) -> None:
        self.kept: set[Path] = set()  # since the last look
        self._hidden: set[Path] = set()  # files and folders
        self._looked = float("-inf")  # when

    def tells(self, changed: Iterable[Path], now: float) -> bool:
        """Take changed paths; tell whether it is time to look at them and those that are kept."""
        quiet = {path for path in changed if not self._hidden.isdisjoint((path, *path.parents))}
        loud = any(path not in quiet for path in changed)
        self.kept |= quiet
        due = bool(self.kept) and now >= self._looked + HIDDEN_SECONDS
        return loud or due or len(self.kept) > MOST_HIDDEN

    def heard(self, hidden: set[Path], now: float) -> None:
        """Take what the look found hidden."""
        self._hidden = self._hidden | hidden if len(self._hidden) < MOST_HIDDEN else hidden
        self.kept.clear()
        self._looked = now


class Watcher:
    """Syncs folders when they changed, and again later where that failed."""

    def __init__(
        self,
        index: Index,
        roots: Sequence[Path] | None,
        *,
        vectors: bool = True,
        slice_seconds: float = SLICE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch `roots`, absolute folders without links; all of them are due for a first sync.

        None stands for all that are indexed as a whole, at any time: what is indexed later is taken in.
        """
        self.index = index
        self._vectors = vectors
        self._slice = slice_seconds
        self._clock = clock
        self._names: dict[Path, str] = {}  # of those that were synced once
        self._due: dict[Path, float] = {}  # root to the moment from which it is to be synced
        self._told: dict[Path, str] = {}  # the last error of a root, which is told once
        self._failed: dict[Path, frozenset[Skipped]] = {}  # files of a root that its last sync could not read
        self._noise: dict[Path, _Noise] = {}  # of a root, since its last sync
        self._roots: list[Path] = []
        self._follows = roots is None
        self._take_in(whole(index) if roots is None else roots)

    def _take_in(self, roots: Iterable[Path]) -> None:
        for root in roots:
            if root not in self._roots:
                self._roots.append(root)
                self._due[root] = float("-inf")

    @property
    def roots(self) -> tuple[Path, ...]:
        """What is watched: folders whose repository was removed from the index are not any more."""
        return tuple(self._roots)

    def step(self, changed: Collection[Path] = (), *, report: OnProgress | None = None) -> Iterator[Outcome]:
        """Sync every root that one of the changed paths concerns, or that is due; yield what is worth telling.

        changed: absolute paths, there or gone; with none, only what failed before is tried again. A sync that found
        nothing new is not told, nor an error twice. Raises what another try would only repeat: StoreError for an
        index that is gone or damaged, EmbedderError.
        """
        if self._follows:
            self._take_in(whole(self.index))
        vectors = self._vectors
        for root in tuple(self._roots):
            now = self._clock()
            try:
                if self._due.get(root, float("inf")) > now and not self._concerns(root, changed):
                    continue
                outcome = self._synced(root, report, vectors=vectors)
                vectors = vectors and root not in self._due  # one slice a step: the text of the others comes first
            except StoreBusyError as error:
                self._due[root] = now
                outcome = Outcome(root=root, error=error)
            except (InputError, StoreFullError) as error:
                self._due[root] = now + RETRY_SECONDS
                outcome = Outcome(root=root, error=error)
            if outcome is not None and self._is_news(outcome):
                yield outcome

    def _concerns(self, root: Path, changed: Collection[Path]) -> bool:
        if root in changed or self._is_removed(root):
            return True
        name = self._names.get(root)
        inside = [path for path in changed if root in path.parents]
        if name is None:
            return bool(inside)
        noise = self._noise.setdefault(root, _Noise())
        now = self._clock()
        if not noise.tells(inside, now):
            return False
        touched = self.index.touched(name, [*inside, *noise.kept])
        noise.heard({root / path for path in touched.hidden}, now)
        return bool(touched.due)

    def _is_removed(self, root: Path) -> bool:
        name = self._names.get(root)
        if name is None:  # not synced yet: it may have come from the index, and gone from it again
            return self._follows and root not in whole(self.index)
        return self.index.root(name) != root

    def _synced(self, root: Path, report: OnProgress | None, *, vectors: bool) -> Outcome | None:
        name = self._names.get(root)
        if self._is_removed(root):
            self._roots.remove(root)  # or `gte-search remove` would be undone by the next change
            for kept in (self._due, self._names, self._failed, self._noise):
                kept.pop(root, None)  # it may be indexed again, under another name
            error = PathError(f"`{name or root}` was removed from the index", hint="it is not watched any more")
            return Outcome(root=root, error=error)
        started = self._clock()
        (done,) = self.index.sync([root], vectors=vectors, seconds=self._slice, again=True, report=report)
        seconds = self._clock() - started
        self._names[root] = done.repo
        self._told.pop(root, None)
        self._due.pop(root, None)
        self._noise.pop(root, None)  # the rules may be others now
        if done.pending and (done.encoded or vectors != self._vectors):
            self._due[root] = started
        before = self._failed.get(root, frozenset())
        self._failed[root] = frozenset(done.failed)
        failed = tuple(failure for failure in done.failed if failure not in before)
        news = done.added or done.changed or done.renamed or done.removed or (done.encoded and not done.pending)
        if not (news or failed or name is None):
            return None
        return Outcome(root=root, report=done, first=name is None, failed=failed, seconds=seconds)

    def _is_news(self, outcome: Outcome) -> bool:
        if outcome.error is None:
            return True
        before = self._told.get(outcome.root)
        self._told[outcome.root] = str(outcome.error)
        return before != str(outcome.error)


def changes(
    wanted: Callable[[], Collection[Path]], *, index: Path, stop: threading.Event | None = None
) -> Iterator[set[Path]]:
    """Yield what changes in some folders, a burst of changes at a time, and an empty set when all is quiet.

    wanted: tells the folders, asked at every burst. The first comes once they are watched: what changes later is told.
    What version control keeps for itself and the folder `index` are left out. Where a folder goes, such as of a disk
    that was taken out, is back, or is wanted from now on, all are watched anew and told as changed themselves: what
    happened to any of them meanwhile is not known. Ends when `stop` is set. Raises InputError where the system refuses
    to watch.
    """
    import watchfiles

    roots = tuple(wanted())

    def counts(_: watchfiles.Change, path: str) -> bool:
        found = Path(path)
        if index == found or index in found.parents:
            return False
        return any(
            VERSION_CONTROL.isdisjoint(found.relative_to(root).parts) for root in roots if found.is_relative_to(root)
        )

    started = False
    while stop is None or not stop.is_set():
        roots = tuple(wanted())
        there = _identities(roots)
        again = set(there) if started else set()  # what was queued is lost with the watch before
        started = True
        if not there:
            yield set()
            time.sleep(TICK_MS / 1000)
            continue
        bursts = watchfiles.watch(
            *there,
            watch_filter=counts,
            step=QUIET_MS,
            debounce=LONGEST_MS,
            rust_timeout=TICK_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
            stop_event=stop,
        )
        try:
            for burst in bursts:
                changed = {Path(path) for _, path in burst}
                yield changed | again
                again = set()
                # A root that changed may be another folder of the same name and number, which nobody watches.
                if {root: there[root] for root in there if root not in changed} != _identities(wanted()):
                    break
        except FileNotFoundError:  # a root went this very moment; the next look at them tells which
            yield set()
            time.sleep(TICK_MS / 1000)
        except (OSError, RuntimeError) as error:  # its own errors are RuntimeErrors
            raise InputError(
                f"the system does not watch {', '.join(map(str, there))}: {error}",
                hint="name fewer folders, raise `fs.inotify.max_user_watches`, or set WATCHFILES_FORCE_POLLING=1",
            ) from error


def _identities(roots: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Return device and number of each folder that is there: another one under the same name is watched anew."""
    found: dict[Path, tuple[int, int]] = {}
    for root in roots:
        try:
            info = root.stat()
        except OSError:
            continue
        found[root] = (info.st_dev, info.st_ino)
    return found
