"""The write path: files become findable by words first, then by meaning.

A run may be killed at any moment: what was committed stays, and the next run does only what is left,
because what is left is always computed from the files and the store, never remembered beside them.
"""

import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from embedder.types import Encoder
from indexer import reading, walk
from indexer.errors import PathError
from indexer.progress import OnProgress, Pace
from indexer.reading import Job, Outcome
from indexer.settings import Settings
from indexer.store.base import Store
from indexer.targets import Target
from indexer.types import Drift, FileState, IndexedFile, Pending, Phase, Repo, Skipped, SyncReport
from indexer.unwanted import Reason

BATCH_CHUNKS: Final = 2_000  # chunks a transaction: large enough to be fast, small enough to be seen soon
BATCH_SECONDS: Final = 1.0  # and at the latest after this time
FIRST_SECONDS: Final = 0.2  # and the first after this, so that the first files are findable at once
WINDOW: Final = 1_024  # passages sorted by length together; padding falls below 6 % (docs/indexing.md)
ASKS: Final = 64  # times that all chunks are looked through for what has no vector: by window, that grew as n squared
GROUP: Final = 256  # vectors a transaction: what a killed run loses at the most


@dataclass(slots=True)
class _Tally:
    """What a run has done so far."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: list[Skipped] = field(default_factory=list)
    notes: list[tuple[PurePosixPath, str]] = field(default_factory=list)
    added_digests: set[bytes] = field(default_factory=set)

    def count(self, path: PurePosixPath, outcome: Outcome | None, *, new: bool) -> None:
        """Count what came of a file; None: it was not read, because it did not change."""
        if isinstance(outcome, Skipped):
            self.failed.append(outcome)
        elif not isinstance(outcome, IndexedFile):
            self.unchanged += 1
        else:
            self.notes.extend((path, note) for note in outcome.notes)
            if new:
                self.added += 1
                self.added_digests.add(outcome.state.digest)
            else:
                self.changed += 1


def write_texts(
    target: Target,
    repo: Repo,
    *,
    store: Store,
    settings: Settings,
    report: OnProgress | None = None,
    explain: bool = False,
) -> SyncReport:
    """Bring the store's text of one repository to what is on disk.

    Files whose size and time are unchanged are not opened; files whose content is unchanged are not parsed.
    A file that cannot be read keeps what is stored of it. Raises PathError where nothing is found,
    and then changes nothing: a disk that is not mounted must not empty the index. Raises StoreError.
    """
    started = time.monotonic()
    known = store.files(repo.name)
    found, skipped = _find(target, repo, known, settings=settings, report=report, explain=explain)
    if not found:
        if not explain:  # what git ignores is only told with `explain`, and may be all there is
            _, skipped = _find(target, repo, known, settings=settings, report=None, explain=True)
        kept = f"; the {len(known)} files indexed of `{repo.name}` before are kept" if known else ""
        raise nothing_to_index(target, skipped, kept=kept)
    gone = _gone(target, repo, known, found, skipped)
    store.put_repo(repo, expected_files=len({*known, *(item.path for item in found)}) - len(gone))
    tally = _Tally()
    _read(found, repo, known, tally, store=store, settings=settings, report=report)
    renamed = sum(known[path].digest in tally.added_digests for path in gone)
    # Last, so that a renamed file is found under one of its names at any moment.
    store.remove_files(repo.name, gone)
    store.finish_repo(repo.name, indexed_at=time.time())
    return SyncReport(
        repo=repo.name,
        seen=len(found),
        added=tally.added - renamed,
        changed=tally.changed,
        renamed=renamed,
        removed=len(gone) - renamed,
        unchanged=tally.unchanged,
        skipped=tuple(skipped),
        failed=tuple(tally.failed),
        notes=tuple(tally.notes),
        seconds=time.monotonic() - started,
    )


def write_vectors(
    *,
    store: Store,
    encoder: Encoder,
    repo: str | None = None,
    report: OnProgress | None = None,
    deadline: float = math.inf,
) -> int:
    """Encode every passage that has no vector yet, most useful first; return how many were encoded.

    Stops after the first transaction that ends past `deadline`, a moment of `time.monotonic`.
    """
    model = encoder.fingerprint
    total = store.count_pending(model, repo=repo)
    pace = Pace(repo=repo or "", phase=Phase.ENCODING, total=total, report=report)
    encoded = 0
    for window in windows(model, store=store, total=total, repo=repo):
        for start in range(0, len(window), GROUP):
            group = window[start : start + GROUP]
            vectors = encoder.encode([pending.passage for pending in group], role="passage")
            store.put_vectors(model, [pending.key for pending in group], vectors)
            encoded += len(group)
            pace.advance(len(group), chunks=len(group))
            if time.monotonic() >= deadline:
                return encoded
    return encoded


def windows(model: str, *, store: Store, total: int, repo: str | None = None) -> Iterator[list[Pending]]:
    """Yield the passages without a vector, most useful first, in windows sorted by length.

    total: about how many there are. Each window must have got its vectors before the next is asked for.
    """
    while found := store.pending(model, limit=max(WINDOW, total // ASKS), repo=repo):
        for start in range(0, len(found), WINDOW):
            yield sorted(found[start : start + WINDOW], key=lambda pending: len(pending.passage))


def drift(repo: Repo, *, store: Store, settings: Settings) -> Drift:
    """Compare a repository's folder with what is stored of it, by size and time, without opening what is known."""
    known = store.files(repo.name)
    target = Target(root=repo.root, named=() if repo.whole else tuple(sorted(known)), whole=repo.whole)
    found = [item for item in find(target, settings=settings, known=known) if isinstance(item, walk.Found)]
    return Drift(
        added=sum(item.path not in known for item in found),
        changed=sum(item.path in known and not item.unchanged for item in found),
        removed=len(known.keys() - {item.path for item in found}),
    )


def touched(repo: Repo, paths: Iterable[str], *, store: Store, settings: Settings) -> walk.Touched:
    """Tell for which of some paths that changed, relative to the root, a run would have something to do."""
    return walk.touched(repo.root, paths, rules=_rules(settings), known=store.files(repo.name))


def find(
    target: Target, *, settings: Settings, known: Mapping[PurePosixPath, FileState], explain: bool = False
) -> Iterator[walk.Found | Skipped]:
    """List the files of a target under the settings' rules."""
    rules = _rules(settings)
    return walk.walk(target.root, rules=rules, named=target.named, whole=target.whole, known=known, explain=explain)


def _rules(settings: Settings) -> walk.WalkRules:
    return walk.WalkRules(
        max_bytes=settings.max_file_bytes,
        max_document_bytes=settings.max_document_bytes,
        include=settings.include,
        exclude=settings.exclude,
    )


def _find(
    target: Target,
    repo: Repo,
    known: Mapping[PurePosixPath, FileState],
    *,
    settings: Settings,
    report: OnProgress | None,
    explain: bool,
) -> tuple[list[walk.Found], list[Skipped]]:
    pace = Pace(repo=repo.name, phase=Phase.FINDING, total=0, report=report)
    found: list[walk.Found] = []
    skipped: list[Skipped] = []
    for item in find(target, settings=settings, known=known, explain=explain):
        if isinstance(item, Skipped):
            skipped.append(item)
        else:
            found.append(item)
            pace.advance()
    return found, skipped


def nothing_to_index(target: Target, skipped: Sequence[Skipped], *, kept: str = "") -> PathError:
    """Return the error that says that nothing was found, why, and what the index still holds (`kept`)."""
    message = f"nothing to index in {target.root}{kept}"
    if not skipped:
        return PathError(message, hint="the folder is empty; name one that holds source or documents")
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in walk.summary(skipped).most_common(5))
    hint = f"skipped were: {reasons}; `--explain` lists them"
    if target.whole:
        hint += ", and a file that is named itself is indexed whatever ignore rules say"
    return PathError(message, hint=hint)


def _gone(
    target: Target,
    repo: Repo,
    known: Mapping[PurePosixPath, FileState],
    found: Sequence[walk.Found],
    skipped: Sequence[Skipped],
) -> list[PurePosixPath]:
    """Paths that are stored and no longer belong there; what merely cannot be read now stays."""
    if not repo.whole:  # a list of files that were named: each stays until it is gone
        return [path for path in known if not os.path.lexists(target.root / path)]
    if not target.whole:
        return []
    kept = {item.path for item in found}
    unreadable = [item.path for item in skipped if item.reason == Reason.UNREADABLE]
    kept.update(path for path in known if any(path == hidden or path.is_relative_to(hidden) for hidden in unreadable))
    return [path for path in known if path not in kept]


def _read(
    found: Sequence[walk.Found],
    repo: Repo,
    known: Mapping[PurePosixPath, FileState],
    tally: _Tally,
    *,
    store: Store,
    settings: Settings,
    report: OnProgress | None,
) -> None:
    """Read, parse and store what changed, a batch a transaction."""
    pace = Pace(repo=repo.name, phase=Phase.READING, total=len(found), report=report)
    batch: list[IndexedFile] = []
    same: list[FileState] = []
    waiting, due = 0, time.monotonic() + FIRST_SECONDS
    jobs = [
        Job(found=item, digest=known[item.path].digest if item.path in known else None)
        for item in found
        if not item.unchanged
    ]
    with closing(reading.outcomes(jobs, repo=repo.name, settings=settings)) as outcomes:
        for item in found:
            outcome = None if item.unchanged else next(outcomes)
            tally.count(item.path, outcome, new=item.path not in known)
            chunks = 0
            if isinstance(outcome, FileState):
                same.append(outcome)
            elif isinstance(outcome, IndexedFile):
                batch.append(outcome)
                chunks = len(outcome.chunks)
                waiting += chunks
            if batch and (waiting >= BATCH_CHUNKS or time.monotonic() >= due):
                store.put_files(repo.name, batch)
                batch, waiting, due = [], 0, time.monotonic() + BATCH_SECONDS
            pace.advance(chunks=chunks)
    if batch:
        store.put_files(repo.name, batch)
    if same:
        store.touch_files(repo.name, same)
