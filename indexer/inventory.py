"""What became of each file of a repository: indexed, left out, not readable, or not looked at yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from indexer import ingest, reading, walk
from indexer.errors import DocumentError
from indexer.settings import Settings
from indexer.store.base import Store
from indexer.targets import Target
from indexer.types import Repo, Skipped

MOST_TRIED: Final = 100  # files that are read to know why they are not indexed; after a whole run they are few


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The files of a repository, each in one place, by path."""

    indexed: tuple[PurePosixPath, ...]
    bytes: int  # that the indexed files have on disk
    waiting: tuple[PurePosixPath, ...]  # new or changed: the next run reads them
    gone: tuple[PurePosixPath, ...]  # indexed, and no longer there or wanted
    failed: tuple[Skipped, ...]  # belong in the index, but cannot be read
    skipped: tuple[Skipped, ...]  # files and whole folders that a rule leaves out


def inventory(repo: Repo, *, store: Store, settings: Settings) -> Inventory:
    """Walk a repository's folder beside what is stored of it; a failure is found by reading the file again."""
    known = store.files(repo.name)
    target = Target(root=repo.root, named=() if repo.whole else tuple(sorted(known)), whole=repo.whole)
    items = list(ingest.find(target, settings=settings, known=known, explain=True))
    found = [item for item in items if isinstance(item, walk.Found)]
    new = [item for item in found if item.path not in known]
    failed = tuple(_failures(new[:MOST_TRIED], settings=settings))
    bad = {item.path for item in failed}
    waiting = [item.path for item in found if not item.unchanged and item.path not in bad]
    due = set(waiting)
    there = {item.path for item in found}
    return Inventory(
        indexed=tuple(path for path in known if path in there and path not in due),
        bytes=sum(state.size for state in known.values()),
        waiting=tuple(waiting),
        gone=tuple(path for path in known if path not in there),
        failed=failed,
        skipped=tuple(item for item in items if isinstance(item, Skipped)),
    )


def _failures(files: list[walk.Found], *, settings: Settings) -> Iterator[Skipped]:
    for file in files:
        try:
            reading.index_file(file, walk.read(file), repo="", settings=settings)
        except DocumentError as error:
            yield Skipped(path=file.path, reason=str(error), hint=error.hint)
